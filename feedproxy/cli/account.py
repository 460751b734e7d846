"""`feedproxy account`: tenants."""

from pathlib import Path

import click

from feedproxy.admin import accounts
from feedproxy.admin.accounts import AccountChange, NewAccount, ShownAccount
from feedproxy.cli.clock import utc_now
from feedproxy.cli.records import account_of, given, given_change, json_option, print_list, print_record, run
from feedproxy.cli.settings import config_option
from feedproxy.model import Account
from feedproxy.store import Store

code_argument = click.argument("code")
name_option = click.option("--name", help="What people call it, the merchantName of webhooks.")


@click.group()
def account() -> None:
    """Add, list, change and remove accounts."""


@account.command()
@code_argument
@name_option
@config_option
def add(code: str, file: Path | None, **_: object) -> None:
    """Add the account CODE, the accountCode of API paths."""
    new = given(NewAccount)
    run(file, lambda store, _: accounts.add(store, new, now=utc_now()))
    click.echo(f"Account {code} is there.")


@account.command("list")
@json_option
@config_option
def list_accounts(machine: bool, file: Path | None) -> None:
    """List the accounts."""
    every = run(file, lambda store, _: store.accounts())
    print_list([ShownAccount.of(each) for each in every], "code", "name", machine=machine)


@account.command()
@code_argument
@json_option
@config_option
def show(code: str, machine: bool, file: Path | None) -> None:
    """Show the account CODE."""
    print_record(ShownAccount.of(run(file, lambda store, _: account_of(store, code))), machine=machine)


@account.command("set")
@code_argument
@name_option
@config_option
def change(code: str, file: Path | None, **_: object) -> None:
    """Change what is given of the account CODE."""
    change = given_change(AccountChange)

    async def work(store: Store, _: bytes) -> Account:
        return await accounts.change(store, await account_of(store, code), change)

    click.echo(f"Account {run(file, work).code} is changed.")


@account.command()
@code_argument
@click.option("--force", is_flag=True, help="Also if it has calendars: every feed of theirs ends.")
@config_option
def remove(code: str, force: bool, file: Path | None) -> None:
    """Remove the account CODE and all that is in it."""

    async def work(store: Store, _: bytes) -> None:
        await accounts.remove(store, await account_of(store, code), force=force, now=utc_now())

    run(file, work)
    click.echo(f"Account {code} is gone.")
