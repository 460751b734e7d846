"""`feedproxy application`: the API clients of an account."""

import asyncio
from pathlib import Path

import click

from feedproxy.accounts import add_application, secret_key
from feedproxy.cli.clock import utc_now
from feedproxy.cli.settings import config_option, opened_store, read_settings
from feedproxy.config import Settings
from feedproxy.errors import NotFound
from feedproxy.model import Application


@click.group()
def application() -> None:
    """Add API clients."""


@application.command()
@click.argument("code")
@click.option("--name", default="", help="What the client is called in lists.")
@config_option
def add(code: str, name: str, file: Path | None) -> None:
    """Add an API client to the account CODE; its secret is shown this once."""
    added, secret = asyncio.run(_add(read_settings(file), code, name))
    click.echo(f"client_id     {added.client_id}")
    click.echo(f"client_secret {secret}")
    click.echo("The secret is kept as a hash only: note it now.", err=True)


async def _add(settings: Settings, code: str, name: str) -> tuple[Application, str]:
    async with opened_store(settings) as store:
        account = await store.account(code)
        if account is None:
            raise NotFound(f"there is no account {code!r}; `feedproxy account add {code}` makes it")
        key = await secret_key(settings, store)
        return await add_application(store, account, name, key=key, now=utc_now())
