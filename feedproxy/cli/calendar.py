"""`feedproxy calendar`: what people subscribe to."""

from collections.abc import Callable
from pathlib import Path
from typing import get_args

import click

from feedproxy.admin import calendars
from feedproxy.admin.calendars import CalendarChange, NewCalendar, ShownCalendar
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
from feedproxy.model import Calendar, OnDeactivate
from feedproxy.store import Store

AS_THE_SETTINGS_SAY = "default"

calendar_argument = click.argument("calendar", metavar="CALENDAR")


def options(command: Callable[..., None]) -> Callable[..., None]:
    """Take what can be said of a calendar, but for its source."""
    for option in (
        click.option(
            "--on-deactivate",
            "ended",
            type=click.Choice([*get_args(OnDeactivate), AS_THE_SETTINGS_SAY]),
            help=f"What the feed of an ended subscription is; {AS_THE_SETTINGS_SAY}: as the settings say.",
        ),
        click.option("--time-zone", "time_zones", multiple=True, help="A time-zone tag: a Windows or IANA id; repeat."),
        click.option(
            "--single-subscription/--many-subscriptions",
            "single_subscription",
            default=None,
            help="Whether a subscriber who subscribes again keeps the subscription of before.",
        ),
        click.option(
            "--protected/--open",
            default=None,
            help="Whether its feeds want a user name and password. Who subscribed while it was open has none, and "
            "must subscribe again.",
        ),
        click.option("--image", help="The URL of a picture."),
        click.option("--description", help="Longer text."),
        click.option("--title", help="What people call it; the code, if it is left out."),
    ):
        command = option(command)
    return command


@click.group()
def calendar() -> None:
    """Add, list, change and remove calendars."""


@calendar.command()
@account_argument
@click.argument("code")
@click.option("--source", required=True, help="Name or id of the source of its events.")
@options
@config_option
def add(account: str, code: str, file: Path | None, **_: object) -> None:
    """Add the calendar CODE, the calendarCode of API paths, to ACCOUNT."""
    new = given(NewCalendar, **_ended())

    async def work(store: Store, _: bytes) -> Calendar:
        return await calendars.add(store, await account_of(store, account), new, now=utc_now())

    run(file, work)
    click.echo(f"Calendar {code} is there.")


@calendar.command("list")
@account_argument
@json_option
@config_option
def list_calendars(account: str, machine: bool, file: Path | None) -> None:
    """List the calendars of ACCOUNT."""

    async def work(store: Store, _: bytes) -> tuple[Calendar, ...]:
        return await store.calendars(await account_of(store, account))

    print_list([ShownCalendar.of(each) for each in run(file, work)], "code", "title", "source", machine=machine)


@calendar.command()
@account_argument
@calendar_argument
@json_option
@config_option
def show(account: str, calendar: str, machine: bool, file: Path | None) -> None:
    """Show the CALENDAR of ACCOUNT, by code."""
    found = run(file, lambda store, _: calendar_of(store, account, calendar))
    print_record(ShownCalendar.of(found), machine=machine)


@calendar.command("set")
@account_argument
@calendar_argument
@click.option("--source", help="Name or id of the source of its events.")
@options
@click.option("--no-time-zones", is_flag=True, help="It has no time-zone tags any more.")
@config_option
def change(account: str, calendar: str, no_time_zones: bool, file: Path | None, **_: object) -> None:
    """Change what is given of the CALENDAR of ACCOUNT, by code."""
    change = given_change(CalendarChange, **(_ended() | ({"time_zones": ()} if no_time_zones else {})))

    async def work(store: Store, _: bytes) -> None:
        await calendars.change(store, await calendar_of(store, account, calendar), change, now=utc_now())

    run(file, work)
    click.echo(f"Calendar {calendar} is changed.")


@calendar.command()
@account_argument
@calendar_argument
@click.option("--force", is_flag=True, help="Also if it has active subscriptions: their feeds end.")
@config_option
def remove(account: str, calendar: str, force: bool, file: Path | None) -> None:
    """Remove the CALENDAR of ACCOUNT, by code, with its tags and subscriptions."""

    async def work(store: Store, _: bytes) -> None:
        await store.remove_calendar(await calendar_of(store, account, calendar), force=force, now=utc_now())

    run(file, work)
    click.echo(f"Calendar {calendar} is gone.")


async def calendar_of(store: Store, account: str, code: str) -> Calendar:
    """Return the account's calendar of that code. Raises NotFound with the command that lists them."""
    owner = await account_of(store, account)
    with hint(f"`feedproxy calendar list {owner.code}` lists them"):
        return await calendars.wanted(store, owner, code)


def _ended() -> dict[str, object]:
    ended = click.get_current_context().params["ended"]
    return {} if ended is None else {"on_deactivate": None if ended == AS_THE_SETTINGS_SAY else ended}
