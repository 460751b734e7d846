"""`feedproxy migrate`: the database's schema, brought up to date."""

import asyncio
from pathlib import Path

import click

from feedproxy import store
from feedproxy.cli.settings import config_option, read_settings


@click.command()
@config_option
def migrate(file: Path | None) -> None:
    """Bring the database's schema up to date. SQLite needs no such call."""
    asyncio.run(store.migrate(read_settings(file).database_url.get_secret_value()))
    click.echo("The schema is up to date.")
