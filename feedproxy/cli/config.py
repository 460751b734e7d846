"""`feedproxy config`: the settings as they are in force."""

from pathlib import Path

import click

from feedproxy.cli.settings import config_option, read_settings
from feedproxy.config import effective, markdown_table


@click.command()
@config_option
@click.option("--table", is_flag=True, help="Print the table of all settings instead, as the README has it.")
def config(file: Path | None, table: bool) -> None:
    """Print the settings in force, secrets masked."""
    if table:
        click.echo(markdown_table(), nl=False)
        return
    for name, value in effective(read_settings(file)).items():
        click.echo(f"{name} = {value}")
