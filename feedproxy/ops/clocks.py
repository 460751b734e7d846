"""Wall-clock times of a feed as instants, and instants as the times of somebody who looks at them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import tzmap
from feedproxy.errors import BadRequest
from feedproxy.ics.contentline import ContentLine, split_at_last_colon
from feedproxy.ics.times import wall_time
from feedproxy.transform.calendar import ZoneUse
from tzmap.resolution import offset_text


@dataclass(frozen=True, slots=True)
class Moment:
    """A time as a feed has it.

    `wall` is the time as written; `is_day`: it is a day, and `wall` its midnight. `tzid` is None for UTC, for days, and
    for times that float; of these `offset` is None, and of what has a TZID that nothing explains.
    """

    wall: datetime
    is_day: bool
    tzid: str | None
    offset: timedelta | None

    @property
    def instant(self) -> datetime | None:
        """The instant in UTC; None for a day and for what floats."""
        return _less(self.wall, self.offset).replace(tzinfo=UTC) if self.offset is not None else None

    def __str__(self) -> str:
        if self.is_day:
            return self.wall.date().isoformat()
        text = self.wall.isoformat(" ")
        if self.tzid is not None:
            return f"{text} {self.tzid}" + (f" ({offset_text(self.offset)})" if self.offset is not None else "")
        return text + ("Z" if self.offset is not None else " floating")


class Clocks:
    """What the TZIDs of a feed stand for: its own definitions where these travel, else the zone data."""

    def __init__(self, zones: Iterable[ZoneUse]) -> None:
        self._rules = {use.tzid: _rules(use.definition) for use in zones if use.definition is not None}

    def moments(self, line: ContentLine) -> list[Moment]:
        """Read the values of a property of a time; of a PERIOD its start. What cannot be read is passed over."""
        line = split_at_last_colon(line.octets) or line
        starts = (value.partition(b"/")[0].strip() for value in line.value.split(b","))
        return [moment for start in starts if (moment := self._moment(start, line)) is not None]

    def offset(self, tzid: str, wall: datetime) -> timedelta | None:
        """Return the UTC offset of a TZID at a wall-clock time; None if nothing explains it."""
        if tzid in self._rules:
            rules = self._rules[tzid]
            return rules.utc_offset(wall) if rules is not None else None
        return tzmap.zone_offset(tzid, wall) if tzid in tzmap.zone_names() else None

    def at(self, wall: datetime, like: Moment) -> Moment:
        """Return a wall-clock time by the clock of another."""
        offset = self.offset(like.tzid, wall) if like.tzid is not None else like.offset
        return Moment(wall, like.is_day, like.tzid, offset)

    def _moment(self, value: bytes, line: ContentLine) -> Moment | None:
        wall = wall_time(value)
        if wall is None:
            return None
        if len(value) == len("20260101"):
            return Moment(wall, True, None, None)
        if value.endswith(b"Z"):
            return Moment(wall, False, None, timedelta(0))
        given = line.parameter(b"TZID")
        tzid = given.strip(b'"').decode("utf-8", "replace") if given is not None else None
        return Moment(wall, False, tzid, self.offset(tzid, wall) if tzid is not None else None)


def viewer(name: str) -> str:
    """Return the IANA zone that somebody means by a name, be it one of Windows. Raises BadRequest."""
    resolution = tzmap.resolve(name)
    if resolution.zone is None:
        raise BadRequest(f"{name!r} is no time zone: give an IANA key such as Europe/Madrid, or a Windows id")
    return resolution.zone


def seen(instant: datetime, zone: str) -> tuple[datetime, timedelta]:
    """Return what a clock of a zone shows at an instant, and its offset."""
    try:
        wall = tzmap.local_time(zone, instant)
    except OverflowError:  # on the last day of the calendar
        wall = instant.replace(tzinfo=None)
    return wall, wall - instant.replace(tzinfo=None)


def seen_text(instant: datetime, zone: str) -> str:
    """Return the same for people: `Wed 2026-07-01 10:00:00 (+02:00)`."""
    wall, offset = seen(instant, zone)
    return f"{wall:%a %Y-%m-%d %H:%M:%S} ({offset_text(offset)})"


def _rules(definition: bytes) -> tzmap.Rules | None:
    try:
        return tzmap.Rules.parse(definition)
    except tzmap.BadDefinition:
        return None


def _less(wall: datetime, offset: timedelta) -> datetime:
    try:
        return wall - offset
    except OverflowError:
        return wall
