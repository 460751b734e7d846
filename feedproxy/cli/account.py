"""`feedproxy account`: tenants."""

import asyncio
from pathlib import Path

import click

from feedproxy.cli.clock import utc_now
from feedproxy.cli.settings import config_option, opened_store, read_settings
from feedproxy.config import Settings


@click.group()
def account() -> None:
    """Add and list accounts."""


@account.command()
@click.argument("code")
@config_option
def add(code: str, file: Path | None) -> None:
    """Add the account CODE, the accountCode of API paths."""
    asyncio.run(_add(read_settings(file), code))
    click.echo(f"Account {code} is there.")


@account.command("list")
@config_option
def list_accounts(file: Path | None) -> None:
    """List the accounts' codes."""
    for code in asyncio.run(_codes(read_settings(file))):
        click.echo(code)


async def _add(settings: Settings, code: str) -> None:
    async with opened_store(settings) as store:
        await store.add_account(code, now=utc_now())


async def _codes(settings: Settings) -> list[str]:
    async with opened_store(settings) as store:
        return [account.code for account in await store.accounts()]
