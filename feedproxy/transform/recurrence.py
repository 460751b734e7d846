"""The wall-clock times at which a component happens: as far as the check of its time zone must look.

Only used where a feed's own VTIMEZONE and the zone of that name part somewhere in the feed's range.
"""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import islice

from dateutil.rrule import rrule, rrulestr

from feedproxy.ics.components import Component
from feedproxy.ics.times import TIME_NAMES, wall_time, wall_times

MAX_INSTANCES = 20_000
MAX_YEARS = 100
AT_LEAST_UNTIL = datetime(2040, 1, 1)  # noqa: DTZ001 - a wall-clock time
"""How far an endless recurrence is looked at however long ago it began: clients show today's instances of it."""
_EXPANDABLE = re.compile(rb"(?:^|;)FREQ=(?:DAILY|WEEKLY|MONTHLY|YEARLY)(?:;|$)", re.IGNORECASE)
_COUNT = re.compile(rb"(?:^|;)COUNT=(\d{1,9})(?=;|$)", re.IGNORECASE)
_UNTIL = re.compile(rb"(?:^|;)UNTIL=([0-9TZ]+)", re.IGNORECASE)


class Inexpandable(Exception):
    """A recurrence that happens too often, or too long, or by a rule that cannot be read."""


def last_possible(component: Component, start: datetime, horizon: timedelta) -> datetime:
    """Return the last wall-clock time at which a recurrence that starts at `start` is looked at."""
    end = max(_add(start, horizon), AT_LEAST_UNTIL)
    untils = [_until(line.value) for line in component.every(b"RRULE")]
    known = [until for until in untils if until is not None]
    if not known or len(known) < len(untils):
        return end
    return min(end, _add(max(start, *known), timedelta(days=1)))


def times(component: Component, horizon: timedelta) -> Iterator[datetime]:
    """Iterate over every wall-clock time that the component names, and over its instances up to the horizon.

    Raises Inexpandable.
    """
    for name in TIME_NAMES:
        for line in component.every(name):
            yield from wall_times(line.value)
    dtstart = component.first(b"DTSTART")
    start = wall_time(dtstart.value) if dtstart else None
    if start is not None:
        end = last_possible(component, start, horizon)
        for line in component.every(b"RRULE"):
            yield from _instances(line.value, start, end)


def _until(rule: bytes) -> datetime | None:
    match = _UNTIL.search(rule)
    return wall_time(match[1]) if match else None


def _instances(rule: bytes, start: datetime, end: datetime) -> list[datetime]:
    """Expand a rule. COUNT is ours to count: dateutil goes on to the year 9999 for a rule that no day fulfils."""
    if not _EXPANDABLE.search(rule) or end - start > timedelta(days=366 * MAX_YEARS):
        raise Inexpandable(rule.decode("ascii", "replace"))
    count = _COUNT.search(rule)
    wanted = int(count[1]) if count else MAX_INSTANCES + 1
    text = _COUNT.sub(b"", _UNTIL.sub(b"", rule)).strip(b";").decode("ascii", "replace")
    try:
        parsed = rrulestr(text, dtstart=start)
        bounded = parsed.replace(until=end) if isinstance(parsed, rrule) else ()
        found = list(islice(bounded, min(wanted, MAX_INSTANCES + 1)))
    except (ValueError, TypeError, OverflowError, KeyError, AttributeError, IndexError) as error:
        raise Inexpandable(text) from error
    if len(found) > MAX_INSTANCES:
        raise Inexpandable(text)
    return found


def _add(time: datetime, delta: timedelta) -> datetime:
    try:
        return time + delta
    except OverflowError:
        return datetime.max  # noqa: DTZ901 - a wall-clock time
