"""What is long past left out: some feeds carry ten years that nobody scrolls back to."""

import re
from collections.abc import Iterable, Iterator
from datetime import date, datetime, time, timedelta

from feedproxy.ics.components import SCHEDULED, Component
from feedproxy.ics.times import wall_times
from feedproxy.transform import recurrence
from feedproxy.transform.calendar import Calendar
from feedproxy.transform.report import Journal
from feedproxy.transform.uidset import filtered, uid_sets

STEP = "trim"
HORIZON = timedelta(days=5 * 366)
"""How far beyond its start a recurrence with a COUNT is expanded at least, to see when it ends."""
MAX_STEPS = 300_000
"""What the counted recurrences of a feed may take to expand; where they take more, all of them stay."""

_DURATION = re.compile(rb"\+?P(?:(\d{1,6})W)?(?:(\d{1,6})D)?(?:T(?:(\d{1,6})H)?(?:(\d{1,8})M)?(?:(\d{1,9})S)?)?")
_COUNT = re.compile(rb"(?:^|;)COUNT=", re.IGNORECASE)
_BOUND = re.compile(rb"(?:^|;)(?:UNTIL|COUNT)=", re.IGNORECASE)
_STAMPS = (b"LAST-MODIFIED", b"DTSTAMP")
_CLOSED = frozenset((b"COMPLETED", b"CANCELLED"))
_TIMES = (b"DTSTART", b"DTEND", b"DUE", b"COMPLETED")


class TrimBehind:
    """The step for a feed that is kept: what had ended so many days before the feed itself was last changed goes.

    No clock is asked, so everybody makes the same feed of the same octets at any time. The last change is the newest
    LAST-MODIFIED or DTSTAMP; of a feed whose last event is earlier, that: a season that is over does not fade away.
    """

    def __init__(self, days: int) -> None:
        self.length = timedelta(days=days)

    def __call__(self, calendar: Calendar, journal: Journal) -> Calendar:
        """Leave out what is past."""
        changed = max(_named(calendar, _STAMPS), default=None)
        last = max(_named(calendar, _TIMES), default=None)
        if changed is None or last is None or min(changed, last) - datetime.min < self.length:  # noqa: DTZ901
            return calendar
        return Trim((min(changed, last) - self.length).date())(calendar, journal)


def _named(calendar: Calendar, names: tuple[bytes, ...]) -> Iterator[datetime]:
    """Iterate over the times that properties of these names hold."""
    for component in calendar.components:
        if component.kind in SCHEDULED:
            yield from _times(component, names)


class Trim:
    """The step: a UID set goes when everything in it had ended before the day `since` began.

    Each event is taken by the clock of its own zone; the day is the caller's, so the feed is the same all day. A
    recurrence stays while it may have an instance, a to-do until it is done or dropped; what has no time stays.
    """

    def __init__(self, since: date) -> None:
        self.since = datetime.combine(since, time())

    def __call__(self, calendar: Calendar, journal: Journal) -> Calendar:
        """Leave out what is past."""
        components = calendar.components
        past: set[int] = set()
        counted = [each for each in components if b"COUNT=" in each.text]
        expand = sum(recurrence.steps(each, HORIZON) for each in counted) <= MAX_STEPS
        sets = uid_sets(components)
        for each in sets:
            if all(self._is_past(components[n], expand=expand) for n in each.members):
                past.update(each.members)
        return filtered(calendar, sets, [n for n in range(len(components)) if n not in past], journal, STEP)

    def _is_past(self, component: Component, *, expand: bool) -> bool:
        if component.kind == b"VTODO" and not _is_closed(component):
            return False
        times = _times(component, _TIMES)
        if not times or min(times) >= self.since:
            return False
        length = _end(component, max(times)) - min(times)
        last = _last(component, times, expand=expand)
        return last is not None and min(times) + length <= self.since and last <= self.since - length


def _times(component: Component, names: Iterable[bytes]) -> list[datetime]:
    return [time for name in names for line in component.every(name) for time in wall_times(line.value)]


def _last(component: Component, times: list[datetime], *, expand: bool) -> datetime | None:
    """Return a time after which no instance starts; None where there is none, or where it takes too long to tell."""
    rules = [line.value for line in component.every(b"RRULE")]
    starts = [min(times), *_times(component, (b"RDATE",))]
    if not all(map(_BOUND.search, rules)):
        return None
    if not any(map(_COUNT.search, rules)):
        return max(*starts, recurrence.last_possible(component, min(times), HORIZON)) if rules else max(starts)
    try:
        return max(*starts, *recurrence.times(component, HORIZON)) if expand else None
    except recurrence.Inexpandable:
        return None


def _is_closed(todo: Component) -> bool:
    status = todo.first(b"STATUS")
    return todo.has(b"COMPLETED") or (status is not None and status.value.strip().upper() in _CLOSED)


def _end(component: Component, latest: datetime) -> datetime:
    """Return when the component itself ends: its latest time and its DURATION; a day without an end lasts the day."""
    line = component.first(b"DURATION")
    match = _DURATION.fullmatch(line.value.strip()) if line else None
    if match is not None:
        weeks, days, hours, minutes, seconds = (int(part or 0) for part in match.groups())
        length = timedelta(weeks=weeks, days=days, hours=hours, minutes=minutes, seconds=seconds)
    else:
        start = component.first(b"DTSTART")
        all_day = start is not None and len(start.value.strip()) == 8 and not component.has(b"DTEND")
        length = timedelta(days=1) if all_day else timedelta(0)
    return latest + min(length, datetime.max - latest)  # noqa: DTZ901 - wall-clock times
