"""Feeds as the icalendar library reads them.

It keeps the first VTIMEZONE that it meets under a TZID for the whole process and applies it to later feeds; choosing
the zone provider anew empties that memory.
"""

import zoneinfo
from datetime import UTC, date, datetime
from typing import Any

import icalendar
from icalendar.timezone import tzp

from tests.readers.model import TEXTS, Event

KINDS = ("VEVENT", "VTODO", "VJOURNAL", "VFREEBUSY")


def events(feed: bytes) -> list[Event]:
    """Read a feed's events, with zones from the tzdata package where the feed names one of IANA."""
    zoneinfo.reset_tzpath(())
    zoneinfo.ZoneInfo.clear_cache()
    tzp.use_zoneinfo()
    try:
        calendar = icalendar.Calendar.from_ical(feed)
        return [_event(component) for component in calendar.subcomponents if component.name in KINDS]
    finally:
        zoneinfo.reset_tzpath()
        zoneinfo.ZoneInfo.clear_cache()
        tzp.use_zoneinfo()


def _event(component: Any) -> Event:
    return Event(
        kind=component.name,
        uid=str(component.get("UID", "")),
        start=_first(component, "DTSTART"),
        end=_first(component, "DTEND") or _first(component, "DUE"),
        recurrence_id=_first(component, "RECURRENCE-ID"),
        exdates=_all(component, "EXDATE"),
        rdates=_all(component, "RDATE"),
        texts={name: str(component[name]) for name in TEXTS if name in component},
        alarms=len([each for each in component.subcomponents if each.name == "VALARM"]),
    )


def _first(component: Any, name: str) -> str | None:
    return _text(component[name].dt) if name in component else None


def _all(component: Any, name: str) -> list[str]:
    found = component.get(name, [])
    lists = found if isinstance(found, list) else [found]
    return [_text(value.dt) for each in lists for value in each.dts]


def _text(value: date | datetime | tuple[Any, Any]) -> str:
    if isinstance(value, tuple):
        start, end = value
        written: bytes = b"" if isinstance(end, datetime) else icalendar.vDuration(end).to_ical()  # type: ignore[no-untyped-call]
        return f"{_text(start)}/{written.decode() or _text(end)}"
    if not isinstance(value, datetime):
        return value.isoformat()
    if value.tzinfo is None:
        return value.isoformat()
    return value.astimezone(UTC).replace(tzinfo=None).isoformat() + "Z"
