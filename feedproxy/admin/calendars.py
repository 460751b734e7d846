"""Calendars: what people subscribe to."""

from collections.abc import Mapping
from dataclasses import fields, replace
from datetime import datetime
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import AfterValidator, ConfigDict, Field

import tzmap
from feedproxy.admin import sources
from feedproxy.admin.fields import CONTROL, Code, Line, ShownModel, StrictModel, Text, also, without_defaults
from feedproxy.admin.tags import ShownTag
from feedproxy.errors import BadRequest, NotFound
from feedproxy.model import Account, Calendar, CalendarDetails, CalendarSource, OnDeactivate
from feedproxy.store import Store

MAX_TIME_ZONES = 200


_IMAGE_PATTERN = rf"^(?:(?:https?:)?//(?:[^{CONTROL}]*[^\s{CONTROL}])?)?$"


def _image(url: str) -> str:
    if url and not url.startswith(("https://", "http://", "//")):
        raise ValueError("a URL such as https://host/image.png or //host/image.png is wanted")
    return url


def _zones(names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(map(_zone, names)))


def _zone(name: str) -> str:
    """Return the Windows id of a zone, or its IANA key if it has none. Raises ValueError for an unknown one."""
    folded = name.strip().casefold()
    iana = next((key for key in tzmap.zone_names() if key.casefold() == folded), None)
    zone = tzmap.windows_id(name) or iana
    if zone is None:
        raise ValueError(f"{name[:60]!r} is no Windows or IANA time zone id")
    return zone


ZoneName = Annotated[str, also(format="time-zone")]


class CalendarChange(StrictModel):
    """What may be changed of a calendar."""

    model_config = ConfigDict(json_schema_extra=without_defaults)

    title: Line = Field(default="", description="What people call it; empty: its code.")
    description: Text = Field(default="", description="Longer text.")
    image: Annotated[Line, AfterValidator(_image), also(pattern=_IMAGE_PATTERN)] = Field(
        default="", description="The URL of a picture."
    )
    source: Line = Field(default="", description="Name or id of the source that its events come from.")
    protected: bool = Field(
        default=False,
        description="Whether its feeds want a user name and password. Who subscribed while it was open has none, "
        "and must subscribe again.",
    )
    single_subscription: bool = Field(
        default=False, description="Whether a subscriber who subscribes again keeps the subscription of before."
    )
    time_zones: Annotated[tuple[ZoneName, ...], Field(max_length=MAX_TIME_ZONES), AfterValidator(_zones)] = Field(
        default=(), description="Its time-zone tags: Windows or IANA ids; kept as Windows ids where there are."
    )
    on_deactivate: OnDeactivate | None = Field(
        default=None, description="What the feed of an ended subscription is; null: as the settings say."
    )


class NewCalendar(CalendarChange):
    """A calendar to be made."""

    model_config = ConfigDict(json_schema_extra={})

    code: Code = Field(description="The calendarCode of API paths, whatever the case.")
    source: Line = Field(description="Name or id of the source that its events come from.")


class ShownCalendar(ShownModel):
    """A calendar. `source` is the name of its source."""

    code: str
    title: str
    description: str
    image: str
    source: str
    protected: bool
    single_subscription: bool
    time_zones: tuple[str, ...]
    on_deactivate: OnDeactivate | None
    tags: tuple[ShownTag, ...]
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, calendar: Calendar) -> Self:
        """Show a calendar."""
        details = {each.name: getattr(calendar.details, each.name) for each in fields(CalendarDetails)}
        return cls(
            code=calendar.code,
            source=calendar.source.name,
            tags=tuple(map(ShownTag.of, calendar.tags)),
            created_at=calendar.created_at,
            updated_at=calendar.updated_at,
            **details,
        )


async def wanted(store: Store, account: Account, code: str) -> Calendar:
    """Return the account's calendar of that code in any case. Raises NotFound."""
    calendar = await store.calendar(account, code)
    if calendar is None:
        raise NotFound(f"the account {account.code} has no calendar {code!r}")
    return calendar


async def add(store: Store, account: Account, new: NewCalendar, *, now: datetime) -> Calendar:
    """Add a calendar. Raises Conflict if its code is taken, BadRequest if there is no such source."""
    details = _details(CalendarDetails(title=new.code), new.code, new.given())
    return await store.add_calendar(account, new.code, details, await _source(store, account, new.source), now=now)


async def change(
    store: Store, calendar: Calendar, change: CalendarChange, *, now: datetime
) -> tuple[Calendar, frozenset[UUID]]:
    """Change what is given of a calendar; return it, and the subscriptions whose feeds that changes.

    Raises BadRequest if there is no such source.
    """
    given = change.given()
    source = await _source(store, calendar.account, given["source"]) if "source" in given else calendar.source
    return await store.change_calendar(calendar, _details(calendar.details, calendar.code, given), source, now=now)


async def _source(store: Store, account: Account, written: str) -> CalendarSource:
    try:
        return await sources.wanted(store, account, written)
    except NotFound as error:
        raise BadRequest(f"source: {error.message}") from None


def _details(before: CalendarDetails, code: str, given: Mapping[str, Any]) -> CalendarDetails:
    names = {each.name for each in fields(CalendarDetails)}
    details = replace(before, **{name: value for name, value in given.items() if name in names})
    return details if details.title else replace(details, title=code)
