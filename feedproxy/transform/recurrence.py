"""The wall-clock times at which a component happens: as far as the check of its time zone must look.

Only used where a feed's own VTIMEZONE and the zone of that name part somewhere in the feed's range.
"""

import re
from collections.abc import Iterator
from datetime import MAXYEAR, datetime, timedelta
from functools import lru_cache
from itertools import islice
from math import prod

from dateutil.rrule import rrule, rrulestr

from feedproxy.ics.components import Component
from feedproxy.ics.contentline import ContentLine
from feedproxy.ics.times import TIME_NAMES, wall_time, wall_times

MAX_STEPS = 300_000
"""What the recurrences of a feed may take to expand; beyond, name and definition must agree throughout the range.

It counts every recurrence of the feed, so that the feed that comes out is looked at as closely as the one that came in.
"""
TOO_MANY_STEPS = MAX_STEPS + 1
MAX_RULES = 100
"""Rules of one component that are looked at: it should have one (RFC 5545 section 3.8.5.3). With more it is taken to
recur for ever, too often to be expanded."""
MAX_INSTANCES = 20_000
MAX_YEARS = 100
AT_LEAST_UNTIL = datetime(2040, 1, 1)  # noqa: DTZ001 - a wall-clock time
"""How far an endless recurrence is looked at however long ago it began: clients show today's instances of it."""
CYCLE = 400
"""Years after which weekdays and leap years come again."""
SPARSE_DAYS = 25_000
"""What a rule is taken to pass over that may happen once in many years, or never."""

_FREQUENCY = re.compile(rb"(?:^|;)FREQ=(DAILY|WEEKLY|MONTHLY|YEARLY)(?=;|$)")
_COUNT = re.compile(rb"(?:^|;)COUNT=(\d{1,9})(?=;|$)")
_UNTIL = re.compile(rb"(?:^|;)UNTIL=([0-9TZ]+)(?=;|$)")
_LIMIT = re.compile(rb";BY(?:DAY|MONTH|MONTHDAY|YEARDAY|WEEKNO|SETPOS)=[^;]*")
_LIMIT_OF_WEEKS = re.compile(rb";BY(?:MONTH|MONTHDAY|YEARDAY|WEEKNO|SETPOS)=[^;]*")
_SPARSE = re.compile(rb";BY(?:MONTH|MONTHDAY|YEARDAY|WEEKNO|SETPOS)=|;BYDAY=(?:[^;]*,)?[+-]?(?:[5-9]|\d\d)")
_WEEKDAYS = re.compile(rb";BYDAY=([^;]*)")
_TIMES_OF_DAY = re.compile(rb";BY(?:HOUR|MINUTE|SECOND)=([^;]*)")


class Inexpandable(Exception):
    """A recurrence that happens too often, or too long, or by a rule that cannot be read."""


def last_possible(component: Component, start: datetime, horizon: timedelta) -> datetime:
    """Return the last wall-clock time at which a recurrence that starts at `start` is looked at."""
    end = last_of_endless(start, horizon)
    last = _last_until(component)
    return end if last is None else min(end, _add(max(start, last), timedelta(days=1)))


def last_of_endless(start: datetime, horizon: timedelta) -> datetime:
    """Return the same of one of whose rules none has an UNTIL."""
    return max(_add(start, horizon), AT_LEAST_UNTIL)


@lru_cache(maxsize=1)
def _last_until(component: Component) -> datetime | None:
    """Return the last UNTIL of a component's rules; None when it has none, or one of them has no UNTIL.

    Kept for the component that was asked for last: it may hold thousands of starts and of rules.
    """
    if has_too_many_rules(component):
        return None
    untils = [until(line.value) for line in component.every(b"RRULE")]
    known = [time for time in untils if time is not None]
    return max(known) if known and len(known) == len(untils) else None


def times(component: Component, horizon: timedelta) -> Iterator[datetime]:
    """Iterate over every wall-clock time that the component names, and over its instances up to the horizon.

    Raises Inexpandable.
    """
    for name in TIME_NAMES:
        for line in component.every(name):
            yield from wall_times(_time(line))
    dtstart = component.first(b"DTSTART")
    start = wall_time(_time(dtstart)) if dtstart else None
    if start is not None:
        if has_too_many_rules(component):
            raise Inexpandable(f"more than {MAX_RULES} rules")
        end = last_possible(component, start, horizon)
        for line in component.every(b"RRULE"):
            yield from _instances(line.value, start, end)


def _time(line: ContentLine) -> bytes:
    """Return the value of a time: what stands behind its last colon, for Google's TZIDs hold others without quotes."""
    return line.value.rpartition(b":")[2]


def steps(component: Component, horizon: timedelta) -> int:
    """Estimate what it takes to expand a component's recurrences, as a number of instances and of days passed over."""
    if has_too_many_rules(component):
        return TOO_MANY_STEPS
    rules = component.every(b"RRULE")
    dtstart = component.first(b"DTSTART")
    start = wall_time(_time(dtstart)) if dtstart else None
    if not rules or start is None:
        return 0
    days = (last_possible(component, start, horizon) - start).days
    return sum(_steps(rule.value, days) for rule in rules)


def has_too_many_rules(component: Component) -> bool:
    """Tell whether a component has more rules than are looked at."""
    return component.text.count(b"\nRRULE") > MAX_RULES


def _steps(rule: bytes, days: int) -> int:
    rule = rule.upper()
    frequency, count, weekdays = _FREQUENCY.search(rule), _COUNT.search(rule), _WEEKDAYS.search(rule)
    if frequency is None:
        return 0
    sparse = _SPARSE.search(rule) is not None
    if sparse and frequency[1] in {b"MONTHLY", b"YEARLY"}:
        days = max(days, SPARSE_DAYS)
    passed = days
    if frequency[1] != b"DAILY":
        passed = min(days, (days // 5 + 1) * (weekdays[1].count(b",") + 1 if weekdays else 1))
    if count is not None and not sparse:
        passed = min(passed, int(count[1]))
    return passed * prod(times[1].count(b",") + 1 for times in _TIMES_OF_DAY.finditer(rule))


def until(rule: bytes) -> datetime | None:
    """Return the UNTIL of a rule as a wall-clock time; None if it has none that can be read."""
    match = _UNTIL.search(rule.upper())
    return wall_time(match[1]) if match else None


def _instances(rule: bytes, start: datetime, end: datetime) -> list[datetime]:
    """Expand a rule. Raises Inexpandable.

    A rule that no day fulfils keeps dateutil going to the year 9999, whatever its UNTIL and COUNT. So what limits the
    days of a week or of every day is left out: the times looked at may be more than those it has, never fewer. And the
    other rules are expanded at the end of dateutil's calendar, moved there by whole cycles.
    """
    rule = rule.upper()
    frequency, count = _FREQUENCY.search(rule), _COUNT.search(rule)
    if frequency is None or end - start > timedelta(days=366 * MAX_YEARS):
        raise Inexpandable(rule.decode())
    limits = {b"DAILY": _LIMIT, b"WEEKLY": _LIMIT_OF_WEEKS}.get(frequency[1])
    whole = _UNTIL.sub(b"", _COUNT.sub(b"", rule)).strip(b";")
    wider = limits.sub(b"", whole) if limits else whole
    wanted = int(count[1]) if count is not None and wider == whole else MAX_INSTANCES + 1
    years = (MAXYEAR - end.year) // CYCLE * CYCLE
    try:
        parsed = rrulestr(wider.decode(), dtstart=_moved(start, years))
        bounded = parsed.replace(until=_moved(end, years)) if isinstance(parsed, rrule) else ()
        found = [_moved(time, -years) for time in islice(bounded, min(wanted, MAX_INSTANCES + 1))]
    except (ValueError, TypeError, OverflowError, KeyError, AttributeError, IndexError) as error:
        raise Inexpandable(rule.decode()) from error
    if len(found) > MAX_INSTANCES:
        raise Inexpandable(rule.decode())
    return found


def _moved(time: datetime, years: int) -> datetime:
    return time.replace(year=time.year + years)


def _add(time: datetime, delta: timedelta) -> datetime:
    try:
        return time + delta
    except OverflowError:
        return datetime.max  # noqa: DTZ901 - a wall-clock time
