"""A month of a calendar, in weeks, as it hangs on a wall."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import tzmap
from feedproxy.ops.at import Span, happening
from feedproxy.ops.instances import Instance, order
from feedproxy.transform.calendar import Calendar

MOST_A_DAY = 6
"""So many events of a day are drawn; the others are counted."""


@dataclass(frozen=True, slots=True)
class Entry:
    """An event on a day: when it begins there, None for all of the day or a day after its first."""

    time: str | None
    title: str
    uid: str
    cancelled: bool


@dataclass(frozen=True, slots=True)
class Day:
    """A day and what happens on it; `more` is not listed."""

    date: date
    entries: tuple[Entry, ...]
    more: int


@dataclass(frozen=True, slots=True)
class Month:
    """A month by the clock of a zone, in weeks from Monday to Sunday: days of the months beside it fill these up."""

    first: date
    zone: str
    weeks: tuple[tuple[Day, ...], ...]

    @property
    def before(self) -> date:
        """The first day of the month before."""
        return (self.first - timedelta(days=1)).replace(day=1)

    @property
    def after(self) -> date:
        """The first day of the month after."""
        return (self.first + timedelta(days=31)).replace(day=1)


def month_of(calendar: Calendar, first: date, zone: str) -> Month:
    """Draw the month that begins on that day."""
    monday = first - timedelta(days=first.weekday())
    after = (first + timedelta(days=31)).replace(day=1)
    sunday = after + timedelta(days=(7 - after.weekday()) % 7)
    days = [monday + timedelta(days=n) for n in range((sunday - monday).days)]
    found: dict[date, list[Entry]] = {day: [] for day in days}
    for uid, instance in happening(calendar, Span(_instant(monday, zone), _instant(sunday, zone), zone)):
        for day, entry in _entries(uid, instance, zone):
            if day in found:
                found[day].append(entry)
    drawn = [Day(day, tuple(_sorted(found[day])[:MOST_A_DAY]), max(len(found[day]) - MOST_A_DAY, 0)) for day in days]
    return Month(first, zone, tuple(tuple(drawn[n : n + 7]) for n in range(0, len(drawn), 7)))


def _entries(uid: str, instance: Instance, zone: str) -> list[tuple[date, Entry]]:
    """Return the days on which an instance is, at most those of six weeks, and how it stands there."""
    start, end = _wall(instance, order(instance.start), zone), _wall(instance, instance.end, zone)
    last = (end - timedelta(microseconds=1)).date() if end > start else start.date()
    count = min((last - start.date()).days + 1, 42)
    time = None if instance.start.is_day else f"{start:%H:%M}"
    return [
        (start.date() + timedelta(days=n), Entry(None if n else time, instance.title, uid, instance.cancelled))
        for n in range(count)
    ]


def _wall(instance: Instance, moment: datetime, zone: str) -> datetime:
    """Return what the clock shows; what has no instant is at its own time by every clock."""
    return moment.replace(tzinfo=None) if instance.start.instant is None else tzmap.local_time(zone, moment)


def _instant(day: date, zone: str) -> datetime:
    midnight = datetime(day.year, day.month, day.day)  # noqa: DTZ001 - a wall-clock time
    return (midnight - tzmap.zone_offset(zone, midnight)).replace(tzinfo=UTC)


def _sorted(entries: Sequence[Entry]) -> list[Entry]:
    return sorted(entries, key=lambda each: each.time or "")
