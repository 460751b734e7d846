"""`feedproxy source`: the upstream calendars of an account."""

import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import click

from feedproxy.admin import sources
from feedproxy.admin.sources import NewSource, ShownSource, SourceChange
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
from feedproxy.errors import BadRequest
from feedproxy.model import CalendarSource
from feedproxy.sealing import FetchSettings, unseal_source
from feedproxy.store import Store

PASSWORD = "FEEDPROXY_SOURCE_PASSWORD"  # noqa: S105 # where one is, not what it is

source_argument = click.argument("source", metavar="SOURCE")


def options(command: Callable[..., None]) -> Callable[..., None]:
    """Take what can be said of a source."""
    for option in (
        click.option(
            "--header",
            "headers",
            multiple=True,
            help="A header field to send, as `Name: value`, or @FILE with one a line; repeat. Other users of this "
            "machine can see what stands on a command line.",
        ),
        click.option("--password-stdin", is_flag=True, help="Read the password from standard input."),
        click.option("--user", help=f"The user name. The password is read from ${PASSWORD}, else asked for."),
    ):
        command = option(command)
    return command


@click.group()
def source() -> None:
    """Add, list, change and remove the sources of calendars."""


@source.command()
@account_argument
@click.argument("name")
@click.argument("url")
@options
@config_option
def add(account: str, name: str, file: Path | None, **_: object) -> None:
    """Add the source NAME to ACCOUNT: the calendar at URL."""
    new = given(NewSource, **_secrets())

    async def work(store: Store, key: bytes) -> CalendarSource:
        return await sources.add(store, await account_of(store, account), new, key=key, now=utc_now())

    run(file, work)
    click.echo(f"Source {name} is there.")


@source.command("list")
@account_argument
@json_option
@config_option
def list_sources(account: str, machine: bool, file: Path | None) -> None:
    """List the sources of ACCOUNT; of URLs, up to the host."""

    async def work(store: Store, key: bytes) -> list[ShownSource]:
        every = await store.sources(await account_of(store, account))
        return [ShownSource.of(each, unseal_source(key, each)) for each in every]

    print_list(run(file, work), "name", "url", machine=machine)


@source.command()
@account_argument
@source_argument
@click.option("--reveal", is_flag=True, help="With the whole URL, the credentials and the header fields.")
@json_option
@config_option
def show(account: str, source: str, reveal: bool, machine: bool, file: Path | None) -> None:
    """Show the SOURCE of ACCOUNT, by name or id."""

    async def work(store: Store, key: bytes) -> tuple[CalendarSource, FetchSettings]:
        found = await _wanted(store, account, source)
        return found, unseal_source(key, found)

    found, settings = run(file, work)
    secrets = _revealed(settings) if reveal else {}
    print_record(ShownSource.of(found, settings, reveal=reveal), machine=machine, **secrets)


@source.command("set")
@account_argument
@source_argument
@click.option("--name", help="What calendars call it.")
@click.option("--url", help="Where the calendar is. For another host, give user and headers anew.")
@options
@click.option("--no-user", is_flag=True, help="Send no user name and password any more.")
@click.option("--no-headers", is_flag=True, help="Send no header fields any more.")
@config_option
def change(account: str, source: str, file: Path | None, no_user: bool, no_headers: bool, **_: object) -> None:
    """Change what is given of the SOURCE of ACCOUNT, by name or id."""
    said = _secrets()
    if no_user:
        said["credentials"] = None
    if no_headers:
        said["headers"] = {}
    change = given_change(SourceChange, **said)

    async def work(store: Store, key: bytes) -> None:
        await sources.change(store, await _wanted(store, account, source), change, key=key, now=utc_now())

    run(file, work)
    click.echo(f"Source {source} is changed.")


@source.command()
@account_argument
@source_argument
@config_option
def remove(account: str, source: str, file: Path | None) -> None:
    """Remove the SOURCE of ACCOUNT, by name or id, if no calendar uses it."""

    async def work(store: Store, _: bytes) -> None:
        await store.remove_source(await _wanted(store, account, source))

    run(file, work)
    click.echo(f"Source {source} is gone.")


async def _wanted(store: Store, account: str, written: str) -> CalendarSource:
    owner = await account_of(store, account)
    with hint(f"`feedproxy source list {owner.code}` lists them"):
        return await sources.wanted(store, owner, written)


def _secrets() -> dict[str, object]:
    params = click.get_current_context().params
    secrets: dict[str, object] = {}
    if params["user"] is not None:
        password = _password(from_stdin=params["password_stdin"])
        secrets["credentials"] = {"user": params["user"], "password": password}
    elif params["password_stdin"]:
        raise BadRequest("--password-stdin: whose password? give --user, too")
    if params["headers"]:
        secrets["headers"] = _headers(params["headers"])
    return secrets


def _password(*, from_stdin: bool) -> str:
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    if (password := os.environ.get(PASSWORD)) is not None:
        return password
    if sys.stdin.isatty():
        password = click.prompt("Password", hide_input=True, err=True)
        assert isinstance(password, str)
        return password
    raise BadRequest(f"--user: its password is missing; give --password-stdin or set {PASSWORD}")


def _headers(written: Sequence[str]) -> dict[str, str]:
    headers: dict[str, str] = {}
    for line in _lines(written):
        name, colon, value = line.partition(":")
        if not colon:
            raise BadRequest("--header: a field such as `Name: value` is wanted; one of them has no colon")
        if name in headers:
            raise BadRequest(f"--header: {name!r} stands there twice")
        headers[name] = value.strip()
    return headers


def _lines(written: Sequence[str]) -> list[str]:
    lines: list[str] = []
    for each in written:
        lines += Path(each[1:]).read_text("utf-8").splitlines() if each.startswith("@") else [each]
    return [line for line in lines if line.strip()]


def _revealed(settings: FetchSettings) -> dict[str, object]:
    login = settings.credentials
    credentials = {"user": login.user.decode(), "password": login.password.decode()} if login else None
    return {"credentials": credentials, "headers": dict(settings.headers)}
