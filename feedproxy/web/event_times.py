"""When a personal event is: from ISO 8601 text and the name of a zone to what a calendar can hold.

A record holds days, or wall-clock times beside their zone, because that is what DTSTART;TZID says. So a time with an
offset is turned into the zone's wall-clock time. And where a clock is set back, the second of two equal times on it
cannot be written that way (RFC 5545 section 3.3.5: the first is meant): such an event is kept in UTC rather than shown
an hour early.
"""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from dateutil.parser import isoparse

import tzmap

UTC_ZONE = "Etc/UTC"

FIRST_YEAR, LAST_YEAR = 2, 9998
"""One year short of what datetime holds, so that no time zone takes a time over the edge."""

_ISO_8601 = re.compile(
    r"""
    (?P<date> \d{4}-\d{2}-\d{2} | \d{8} )
    (?: [Tt\ ] (?P<time> \d{2} (?: :\d{2} (?: :\d{2} (?: [.,]\d{1,9} )? )? | \d{2} (?: \d{2} (?: [.,]\d{1,9} )? )? )? )
        \ ? (?P<offset> [Zz] | [+-]\d{2} (?: :?\d{2} )? )? )?
    """,
    re.VERBOSE | re.ASCII,
)


@dataclass(frozen=True, slots=True)
class Span:
    """From when to when: two dates, the second exclusive, or two naive times in `zone`, an IANA key."""

    start: datetime | date
    end: datetime | date
    zone: str


def read_time(text: str) -> datetime:
    """Read a date or a date and time, with or without an offset, as an aware or naive datetime.

    A date alone is its midnight; fractions of a second are dropped, since calendars have none. Raises ValueError.
    """
    found = _ISO_8601.fullmatch(text.strip())
    if found is None:
        raise ValueError("is not an ISO 8601 date and time such as 2018-10-24T16:33:00")
    wall_clock = "T".join(filter(None, found.group("date", "time")))
    try:
        value = isoparse(wall_clock + (found["offset"] or "")).replace(microsecond=0)
    except (ValueError, OverflowError):
        raise ValueError("is not a date and time of the calendar") from None
    if not FIRST_YEAR <= value.year <= LAST_YEAR:
        raise ValueError(f"is not in the years {FIRST_YEAR} to {LAST_YEAR}")
    return value


def timed(start: datetime, end: datetime | None, zone: str | None) -> Span:
    """Return the span of an event that is not all day; without an end it ends as it starts.

    Naive times are the zone's wall-clock times. Without a zone `start` must have an offset, and the times are in UTC.
    Raises ValueError if the end is before the start.
    """
    if zone is None:
        return _in_utc(start, start if end is None else _in_offset_of(start, end))
    if end is None or end == start:
        end = start
    elif _is_before(end, start, zone):
        raise ValueError("is before start")
    walls = wall_time(start, zone), wall_time(end, zone)
    if all(_means(wall, value, zone) for wall, value in zip(walls, (start, end), strict=True)):
        return Span(*walls, zone)
    return _in_utc(_aware(start, zone), _aware(end, zone))


def whole_days(start: datetime, end: datetime | None, zone: str | None) -> Span:
    """Return the span of an all-day event: the days of the zone that `start` to `end` touch.

    Without an end it is one day; an end at 00:00 of a later day is exclusive, at any other time that day is included.
    Raises ValueError if the end's day is before the start's.
    """
    first = wall_time(start, zone)
    last = first if end is None else wall_time(end if zone else _in_offset_of(start, end), zone)
    if last.date() < first.date():
        raise ValueError("is before start")
    exclusive = last.time() == time() and last.date() > first.date()
    after = last.date() if exclusive else last.date() + timedelta(days=1)
    return Span(first.date(), after, zone or UTC_ZONE)


def wall_time(value: datetime, zone: str | None) -> datetime:
    """Return what the zone's clocks show at an instant; a naive time, or any without a zone, as it is written."""
    if value.tzinfo is None or zone is None:
        return value.replace(tzinfo=None)
    utc = value.astimezone(UTC).replace(tzinfo=None)
    after, before = (tzmap.zone_offset(zone, utc + timedelta(days=days)) for days in (2, -2))
    for offset in after, before:
        if tzmap.zone_offset(zone, utc + offset) == offset:
            return utc + offset
    return utc + after


def _means(wall: datetime, value: datetime, zone: str) -> bool:
    return value.tzinfo is None or _aware(wall, zone) == value


def _aware(value: datetime, zone: str) -> datetime:
    if value.tzinfo is not None:
        return value
    return (value - tzmap.zone_offset(zone, value)).replace(tzinfo=UTC)


def _is_before(end: datetime, start: datetime, zone: str) -> bool:
    """Compare as written if neither has an offset: what clocks do between the two is not the client's mistake."""
    if end.tzinfo is None and start.tzinfo is None:
        return end < start
    return _aware(end, zone) < _aware(start, zone)


def _in_offset_of(start: datetime, end: datetime) -> datetime:
    return end.replace(tzinfo=start.tzinfo) if end.tzinfo is None else end.astimezone(start.tzinfo)


def _in_utc(start: datetime, end: datetime) -> Span:
    if end < start:
        raise ValueError("is before start")
    return Span(start.astimezone(UTC).replace(tzinfo=None), end.astimezone(UTC).replace(tzinfo=None), UTC_ZONE)
