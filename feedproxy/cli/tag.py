"""`feedproxy tag`: the tags of a calendar."""

from pathlib import Path

import click

from feedproxy.admin import tags
from feedproxy.admin.tags import NewTag, ShownTag, TagChange
from feedproxy.cli.calendar import calendar_argument, calendar_of
from feedproxy.cli.clock import utc_now
from feedproxy.cli.records import (
    account_argument,
    given,
    given_change,
    hint,
    json_option,
    print_list,
    print_record,
    run,
)
from feedproxy.cli.settings import config_option
from feedproxy.model import Calendar, Tag
from feedproxy.store import Store

tag_argument = click.argument("tag", metavar="TAG")
external_id_option = click.option("--external-id", help="What you call the tag.")


@click.group()
def tag() -> None:
    """Add, list, change and remove the tags of calendars."""


@tag.command()
@account_argument
@calendar_argument
@click.argument("text")
@external_id_option
@config_option
def add(account: str, calendar: str, file: Path | None, **_: object) -> None:
    """Add a tag to the CALENDAR of ACCOUNT: events with TEXT among their CATEGORIES. Its GUID is printed."""
    new = given(NewTag)

    async def work(store: Store, _: bytes) -> Tag:
        return await tags.add(store, await calendar_of(store, account, calendar), new, now=utc_now())

    click.echo(run(file, work).id)


@tag.command("list")
@account_argument
@calendar_argument
@json_option
@config_option
def list_tags(account: str, calendar: str, machine: bool, file: Path | None) -> None:
    """List the tags of the CALENDAR of ACCOUNT."""
    found = run(file, lambda store, _: calendar_of(store, account, calendar))
    print_list([ShownTag.of(each) for each in found.tags], "id", "text", "external_id", machine=machine)


@tag.command()
@account_argument
@calendar_argument
@tag_argument
@json_option
@config_option
def show(account: str, calendar: str, tag: str, machine: bool, file: Path | None) -> None:
    """Show a TAG, by its GUID."""
    _, found = run(file, lambda store, _: _wanted(store, account, calendar, tag))
    print_record(ShownTag.of(found), machine=machine)


@tag.command("set")
@account_argument
@calendar_argument
@tag_argument
@click.option("--text", help="One of an event's CATEGORIES, whatever the case.")
@external_id_option
@click.option("--no-external-id", is_flag=True, help="You call it nothing any more.")
@config_option
def change(account: str, calendar: str, tag: str, file: Path | None, no_external_id: bool, **_: object) -> None:
    """Change what is given of a TAG, by its GUID."""
    change = given_change(TagChange, **({"external_id": None} if no_external_id else {}))

    async def work(store: Store, _: bytes) -> None:
        await tags.change(store, *await _wanted(store, account, calendar, tag), change, now=utc_now())

    run(file, work)
    click.echo(f"Tag {tag} is changed.")


@tag.command()
@account_argument
@calendar_argument
@tag_argument
@config_option
def remove(account: str, calendar: str, tag: str, file: Path | None) -> None:
    """Remove a TAG, by its GUID, if no subscription wants it."""

    async def work(store: Store, _: bytes) -> None:
        await store.remove_tag(*await _wanted(store, account, calendar, tag), now=utc_now())

    run(file, work)
    click.echo(f"Tag {tag} is gone.")


async def _wanted(store: Store, account: str, calendar: str, written: str) -> tuple[Calendar, Tag]:
    found = await calendar_of(store, account, calendar)
    with hint(f"`feedproxy tag list {found.account.code} {found.code}` lists them"):
        return found, tags.wanted(found, written)
