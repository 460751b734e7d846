"""What a new body has lost that is still ahead. That a season ended or a window moved on is no loss.

Judged simply, and when in doubt as still ahead: of a recurrence only one whose every rule has an UNTIL can be over.
"""

import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from feedproxy.ics.components import SCHEDULED, Component
from feedproxy.ics.times import wall_time, wall_times
from feedproxy.transform.recurrence import until
from feedproxy.transform.unique import identity

SLACK = timedelta(days=2)
"""A DATE lasts its whole day, and a wall clock may be 14 hours behind or ahead of UTC."""

_LAST_TIMES = {b"VEVENT": b"DTEND", b"VTODO": b"DUE", b"VJOURNAL": b"DTSTART", b"VFREEBUSY": b"DTEND"}
_DURATION = re.compile(rb"\+?P(?:(\d{1,4})W)?(?:(\d{1,5})D)?(?:T(?:(\d{1,6})H)?(?:(\d{1,7})M)?(?:(\d{1,9})S)?)?")


def lost_ahead(last: Iterable[Component], new: Iterable[Component], *, now: datetime) -> int:
    """Count the components of `last` that `new` lacks (by kind, UID and RECURRENCE-ID) and that are not over `now`."""
    kept = {identity(component) for component in new}
    return sum(identity(component) not in kept and not is_over(component, now=now) for component in last)


def is_over(component: Component, *, now: datetime) -> bool:
    """Tell whether it has certainly ended, with all its instances, whatever zone its times are in."""
    if component.kind not in SCHEDULED:
        return False
    end = _last_time(component)
    return end is not None and now.astimezone(UTC).replace(tzinfo=None) - end > SLACK


def _last_time(component: Component) -> datetime | None:
    """Return a wall-clock time at which it is over; None if that cannot be said."""
    start, end = _time(component, b"DTSTART"), _time(component, _LAST_TIMES[component.kind])
    length = length_of(component, start, end)
    if length is None or any(b"PERIOD" in line.parameters.upper() for line in component.every(b"RDATE")):
        return None
    times = [time for time in (start, end) if time is not None]
    for line in component.every(b"RDATE"):
        times += wall_times(line.value)
    if (recurrence := component.first(b"RECURRENCE-ID")) is not None:
        if b"RANGE" in recurrence.parameters.upper():
            return None
        times += wall_times(recurrence.value)
    for line in component.every(b"RRULE"):
        last = until(line.value)
        if last is None:
            return None
        times.append(last)
    try:
        return max(times) + length
    except OverflowError:
        return None


def length_of(component: Component, start: datetime | None, end: datetime | None) -> timedelta | None:
    """Return how long it takes; None if that, or when it is, cannot be read. A to-do ends when it is due, if ever."""
    duration = component.first(b"DURATION")
    if duration is not None:
        match = _DURATION.fullmatch(duration.value.strip().upper())
        if match is None or start is None:
            return None
        weeks, days, hours, minutes, seconds = (int(part or 0) for part in match.groups())
        return timedelta(weeks=weeks, days=days, hours=hours, minutes=minutes, seconds=seconds)
    if end is not None:
        return max(end - (start or end), timedelta(0))
    has_end = component.has(_LAST_TIMES[component.kind])
    return timedelta(0) if start is not None and component.kind == b"VEVENT" and not has_end else None


def _time(component: Component, name: bytes) -> datetime | None:
    line = component.first(name)
    return wall_time(line.value) if line else None
