"""The wall-clock times at which a component happens: as far as the check of its time zone must look.

Only used where a feed's own VTIMEZONE and the zone of that name part somewhere in the feed's range. What recurs too
often or too long to be expanded is answered with a grid that is sure to meet every stretch of time zone rules it
touches: that errs on the side of keeping the definition.
"""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import islice

from dateutil.rrule import rrule, rrulestr

from feedproxy.ics.components import Component
from feedproxy.ics.times import TIME_NAMES, wall_time, wall_times

MAX_INSTANCES = 4_000
MAX_YEARS = 60
GRID = timedelta(hours=1)
_EXPANDABLE = re.compile(rb"(?:^|;)FREQ=(?:DAILY|WEEKLY|MONTHLY|YEARLY)(?:;|$)", re.IGNORECASE)
_COUNT = re.compile(rb"(?:^|;)COUNT=(\d{1,9})(?=;|$)", re.IGNORECASE)
_UNTIL = re.compile(rb"(?:^|;)UNTIL=([0-9TZ]+)", re.IGNORECASE)


def last_possible(component: Component, start: datetime, horizon: timedelta) -> datetime:
    """Return the last wall-clock time at which a recurrence that starts at `start` is looked at."""
    end = _add(start, horizon)
    untils = [until for line in component.lines() if line.name == b"RRULE" and (until := _until(line.value))]
    return min(end, max(start, *untils) + timedelta(days=1)) if untils else end


def times(component: Component, horizon: timedelta) -> Iterator[datetime]:
    """Iterate over every wall-clock time that the component names, and over its instances up to the horizon."""
    lines = list(component.lines())
    for line in lines:
        if line.name in TIME_NAMES:
            yield from wall_times(line.value)
    start = next((time for line in lines if line.name == b"DTSTART" and (time := wall_time(line.value))), None)
    if start is not None:
        end = last_possible(component, start, horizon)
        for line in lines:
            if line.name == b"RRULE":
                yield from _instances(line.value, start, end)


def _until(rule: bytes) -> datetime | None:
    match = _UNTIL.search(rule)
    return wall_time(match[1]) if match else None


def _instances(rule: bytes, start: datetime, end: datetime) -> Iterator[datetime]:
    """Expand a rule. COUNT is ours to count: dateutil goes on to the year 9999 for a rule that no day fulfils."""
    count = _COUNT.search(rule)
    limit = min(MAX_INSTANCES, int(count[1])) if count else MAX_INSTANCES
    exhaustive = count is not None and limit < MAX_INSTANCES
    if _EXPANDABLE.search(rule) and end - start <= timedelta(days=366 * MAX_YEARS):
        try:
            found = list(islice(_bounded(rule, start, end), limit))
        except (ValueError, TypeError, OverflowError, KeyError, AttributeError, IndexError):
            found = []  # no rule that dateutil reads: nobody knows the instances
            exhaustive, limit = False, 0
        yield from found
        if exhaustive or len(found) < limit:
            return
    yield from _grid(start, end)


def _bounded(rule: bytes, start: datetime, end: datetime) -> Iterator[datetime]:
    text = _COUNT.sub(b"", _UNTIL.sub(b"", rule)).strip(b";").decode("ascii", "replace")
    parsed = rrulestr(text, dtstart=start)
    if not isinstance(parsed, rrule):
        raise TypeError("not one rule")
    return iter(parsed.replace(until=end))


def _grid(start: datetime, end: datetime) -> Iterator[datetime]:
    """Every hour for ten years at the start and at the end of the range: more than any client shows."""
    stretch = timedelta(days=3_660)
    time = start
    while time <= end:
        yield time
        time = _add(time, GRID)
        if start + stretch < time < end - stretch:
            time = end - stretch


def _add(time: datetime, delta: timedelta) -> datetime:
    try:
        return time + delta
    except OverflowError:
        return datetime.max  # noqa: DTZ901 - a wall-clock time
