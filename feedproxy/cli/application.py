"""`feedproxy application`: the API clients of an account."""

from collections.abc import Callable
from pathlib import Path
from typing import get_args

import click

from feedproxy.admin import applications
from feedproxy.admin.applications import ApplicationChange, NewApplication, ShownApplication
from feedproxy.cli.clock import utc_now
from feedproxy.cli.records import (
    account_argument,
    account_of,
    given,
    given_change,
    hint,
    json_option,
    print_list,
    print_record,
    run,
)
from feedproxy.cli.settings import config_option
from feedproxy.model import Application, ErrorStyle, WebcalBody
from feedproxy.store import Store

client_id_argument = click.argument("client_id", metavar="CLIENT_ID")


def options(command: Callable[..., None]) -> Callable[..., None]:
    """Take what can be said of an application."""
    for option in (
        click.option("--redirect-url", "redirect_urls", multiple=True, help="Where people may be sent on to; repeat."),
        click.option("--webcal-body", type=click.Choice(get_args(WebcalBody)), help="What answers a new webcal."),
        click.option("--error-style", type=click.Choice(get_args(ErrorStyle)), help="The shape of its errors."),
        click.option("--name", help="What the client is called in lists."),
    ):
        command = option(command)
    return command


@click.group()
def application() -> None:
    """Add, list, change and remove API clients; renew their secrets."""


@application.command()
@account_argument
@options
@config_option
def add(account: str, file: Path | None, **_: object) -> None:
    """Add an API client to ACCOUNT; its secret is shown this once."""
    new = given(NewApplication)

    async def work(store: Store, key: bytes) -> tuple[Application, str]:
        return await applications.add(store, await account_of(store, account), new, key=key, now=utc_now())

    added, secret = run(file, work)
    _print_secret(added, secret)


@application.command("list")
@account_argument
@json_option
@config_option
def list_applications(account: str, machine: bool, file: Path | None) -> None:
    """List the API clients of ACCOUNT."""

    async def work(store: Store, _: bytes) -> tuple[Application, ...]:
        return await store.applications(await account_of(store, account))

    print_list([ShownApplication.of(each) for each in run(file, work)], "client_id", "name", machine=machine)


@application.command()
@account_argument
@client_id_argument
@json_option
@config_option
def show(account: str, client_id: str, machine: bool, file: Path | None) -> None:
    """Show an API client of ACCOUNT."""
    found = run(file, lambda store, _: _wanted(store, account, client_id))
    print_record(ShownApplication.of(found), machine=machine)


@application.command("set")
@account_argument
@client_id_argument
@options
@click.option("--no-redirect-urls", is_flag=True, help="Nobody is sent on any more.")
@config_option
def change(account: str, client_id: str, no_redirect_urls: bool, file: Path | None, **_: object) -> None:
    """Change what is given of an API client of ACCOUNT."""
    change = given_change(ApplicationChange, **({"redirect_urls": ()} if no_redirect_urls else {}))

    async def work(store: Store, _: bytes) -> None:
        await applications.change(store, await _wanted(store, account, client_id), change)

    run(file, work)
    click.echo(f"Application {client_id} is changed.")


@application.command()
@account_argument
@client_id_argument
@config_option
def rotate(account: str, client_id: str, file: Path | None) -> None:
    """Give an API client of ACCOUNT another secret, shown this once; the one before and all its tokens end."""

    async def work(store: Store, key: bytes) -> tuple[Application, str]:
        found = await _wanted(store, account, client_id)
        return found, await applications.rotate(store, found, key=key)

    rotated, secret = run(file, work)
    _print_secret(rotated, secret)


@application.command()
@account_argument
@client_id_argument
@config_option
def remove(account: str, client_id: str, file: Path | None) -> None:
    """Remove an API client of ACCOUNT and its tokens."""

    async def work(store: Store, _: bytes) -> None:
        await applications.remove(store, await _wanted(store, account, client_id))

    run(file, work)
    click.echo(f"Application {client_id} is gone.")


async def _wanted(store: Store, account: str, client_id: str) -> Application:
    owner = await account_of(store, account)
    with hint(f"`feedproxy application list {owner.code}` lists them"):
        return await applications.wanted(store, owner, client_id)


def _print_secret(application: Application, secret: str) -> None:
    click.echo(f"client_id     {application.client_id}")
    click.echo(f"client_secret {secret}")
    click.echo("The secret is kept as a hash only: note it now.", err=True)
