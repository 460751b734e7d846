"""The instances of a recurrence, in order: rules and dates, less what is excluded, with overrides in their places.

Each rule is expanded in wall-clock time and each time then bound to the zone (RFC 5545 section 3.3.10); DTSTART is the
first instance whatever the rule says. An override takes the place of the instance that its RECURRENCE-ID names, and of
all later ones if it says so.
"""

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import MAXYEAR, UTC, datetime, timedelta
from itertools import islice

from dateutil.rrule import rrule, rrulestr

from feedproxy.ics.components import SCHEDULED, Component
from feedproxy.ics.text import unescape
from feedproxy.ics.times import wall_time
from feedproxy.ops.clocks import Clocks, Moment
from feedproxy.transform.losses import length_of
from feedproxy.transform.recurrence import CYCLE

MOST = 50_000
"""Instances that are gone through to reach those that are asked for, of each rule."""
RULES = 20
"""Of a component with more rules none is expanded."""
YEARS = (1, 6, 60)
"""How far ahead the next instances are looked for, until there are enough."""

_FREQUENCY = re.compile(r"(?:^|;)FREQ=(?:DAILY|WEEKLY|MONTHLY|YEARLY)(?=;|$)")
_BAD_INTERVAL = re.compile(r"(?:^|;)INTERVAL=(?!0*[1-9]\d{0,6}(?:;|$))")
_COUNT = re.compile(r";?COUNT=(\d{1,9})")
_UNTIL = re.compile(r";?UNTIL=([0-9TZ]+)")


@dataclass(frozen=True, slots=True)
class Instance:
    """One instance: when the rule has it, when it is, how long it takes (None: unknown), what it is called.

    `overridden`: a component of its own says so.
    """

    planned: Moment
    start: Moment
    length: timedelta | None
    title: str
    overridden: bool = False
    cancelled: bool = False

    @property
    def end(self) -> datetime:
        """When it ends, as `order` of a moment."""
        return _later(order(self.start), self.length or timedelta(0))


class Inexpandable(Exception):
    """A recurrence by a rule that cannot be read, or that happens too often to be gone through."""


def instances(components: Sequence[Component], clocks: Clocks, since: datetime, until: datetime) -> list[Instance]:
    """Return what happens of one UID's components between two aware times, in order. Raises Inexpandable."""
    master = next((each for each in components if not each.has(b"RECURRENCE-ID")), None)
    overrides = [
        (moment, each) for each in components if each is not master for moment in _times(each, clocks, b"RECURRENCE-ID")
    ]
    found = [_overridden(each, moment, clocks) for moment, each in overrides]
    if master is not None:
        taken = _Taken(moment for moment, _ in overrides)
        ranges = sorted((pair for pair in overrides if _is_range(pair[1])), key=lambda pair: order(pair[0]))
        begins = [order(moment) for moment, _ in ranges]
        for moment in _planned(master, clocks, since, until):
            if moment in taken:
                continue
            at = bisect_right(begins, order(moment))
            found.append(_moved(*ranges[at - 1], moment, clocks) if at else _instance(master, moment, moment, clocks))
    happens = (each for each in found if order(each.start) <= until and max(each.end, order(each.start)) >= since)
    return sorted(happens, key=lambda each: order(each.start))


def order(moment: Moment) -> datetime:
    """Return what moments are sorted by: the instant; of what floats and of days, as if it were in UTC."""
    return moment.instant or moment.wall.replace(tzinfo=UTC)


def next_instances(components: Sequence[Component], clocks: Clocks, now: datetime, count: int) -> list[Instance]:
    """Return the next instances that have not ended by `now`. Raises Inexpandable."""
    found: list[Instance] = []
    for years in YEARS:
        found = instances(components, clocks, now, _later(now, timedelta(days=366 * years)))
        found = [each for each in found if each.end > now or order(each.start) >= now]
        if len(found) >= count:
            break
    return found[:count]


def _planned(master: Component, clocks: Clocks, since: datetime, until: datetime) -> Iterator[Moment]:
    """Iterate over the instances of a master that overrides know nothing of."""
    starts = _times(master, clocks, b"DTSTART")
    if not starts:
        return
    lasts = _length(master, clocks) or timedelta(0)
    excluded = _times(master, clocks, b"EXDATE")
    window = _earlier(since, lasts + timedelta(days=2)), _later(until, timedelta(days=2))
    rules, exceptions = master.every(b"RRULE"), master.every(b"EXRULE")
    if len(rules) + len(exceptions) > RULES:
        raise Inexpandable(f"{rules[0].value.decode() if rules else ''} of so many")
    for line in exceptions:
        excluded += _of_rule(line.value.decode(), starts[0], clocks, *window)
    seen = {(each.wall, each.instant) for each in excluded if each.is_day or each.instant is None}
    instants = {each.instant for each in excluded} - {None}
    found = [*starts[:1], *_times(master, clocks, b"RDATE")]
    for line in rules:
        found += _of_rule(line.value.decode(), starts[0], clocks, *window)
    for moment in found:
        key = (moment.wall, moment.instant)
        if key not in seen and moment.instant not in instants:
            seen.add(key)
            yield moment


def _of_rule(rule: str, start: Moment, clocks: Clocks, since: datetime, until: datetime) -> list[Moment]:
    """Return the instances of a rule in a window. Raises Inexpandable.

    A rule that no day fulfils keeps dateutil going to the year 9999: so it is expanded there, moved by whole cycles.
    """
    text = rule.upper().strip("; ")
    bound, counted = _UNTIL.search(text), _COUNT.search(text)
    most = int(counted[1]) if counted else MOST + 1
    if _FREQUENCY.search(text) is None or _BAD_INTERVAL.search(text):
        raise Inexpandable(rule)
    years = (MAXYEAR - min(until.year + 1, MAXYEAR)) // CYCLE * CYCLE
    found = []
    try:
        parsed = rrulestr(_COUNT.sub("", _UNTIL.sub("", text)).strip(";"), dtstart=_in(start.wall, years))
        last = _in(until.replace(tzinfo=None), years)
        walls = parsed.replace(until=last) if isinstance(parsed, rrule) else ()
        for n, wall in enumerate(islice(walls, most)):
            moment = clocks.at(_in(wall, -years), start)
            if n >= MOST:
                raise Inexpandable(rule)
            if bound is not None and _is_behind(moment, bound[1]):
                break
            if order(moment) >= since:
                found.append(moment)
    except (ValueError, TypeError, OverflowError, KeyError, AttributeError, IndexError) as error:
        raise Inexpandable(rule) from error
    return found


def _is_behind(moment: Moment, until: str) -> bool:
    """Tell whether an instance comes after an UNTIL: a day, a time of the same clock, or an instant."""
    last = wall_time(until.encode())
    if last is None:
        return False
    if len(until) == len("20260101"):
        return moment.wall.date() > last.date()
    if until.endswith("Z") and moment.instant is not None:
        return moment.instant > last.replace(tzinfo=UTC)
    return moment.wall > last


def _instance(component: Component, planned: Moment, start: Moment, clocks: Clocks) -> Instance:
    title, status = component.first(b"SUMMARY"), component.first(b"STATUS")
    return Instance(
        planned,
        start,
        _length(component, clocks),
        unescape(title.value) if title else "",
        overridden=component.has(b"RECURRENCE-ID"),
        cancelled=status is not None and status.value.strip().upper() == b"CANCELLED",
    )


def _overridden(override: Component, planned: Moment, clocks: Clocks) -> Instance:
    start = next(iter(_times(override, clocks, b"DTSTART")), planned)
    return _instance(override, planned, start, clocks)


def _moved(at: Moment, override: Component, moment: Moment, clocks: Clocks) -> Instance:
    """Return an instance behind an override that stands for all later ones: moved by as much as that."""
    start = next(iter(_times(override, clocks, b"DTSTART")), at)
    return _instance(override, moment, clocks.at(_later(moment.wall, start.wall - at.wall), start), clocks)


def _is_range(override: Component) -> bool:
    line = override.first(b"RECURRENCE-ID")
    return line is not None and b"THISANDFUTURE" in line.parameters.upper()


class _Taken:
    """The instances that have overrides. A day takes whatever is on it; what floats goes by the clock."""

    def __init__(self, moments: Iterable[Moment]) -> None:
        found = list(moments)
        self._instants = {each.instant for each in found} - {None}
        self._walls = {each.wall for each in found}
        self._floating = {each.wall for each in found if each.instant is None}
        self._days = {each.wall.date() for each in found if each.is_day}

    def __contains__(self, moment: Moment) -> bool:
        if moment.wall.date() in self._days:
            return True
        if moment.instant is None:
            return moment.wall in self._walls
        return moment.instant in self._instants or moment.wall in self._floating


def _times(component: Component, clocks: Clocks, name: bytes) -> list[Moment]:
    return [moment for line in component.every(name) for moment in clocks.moments(line)]


def _length(component: Component, clocks: Clocks) -> timedelta | None:
    """Return how long it takes: to its end, its DURATION, a day without either the day."""
    starts, ends = _times(component, clocks, b"DTSTART"), _times(component, clocks, b"DTEND")
    if starts and ends:
        return max(order(ends[0]) - order(starts[0]), timedelta(0))
    if starts and starts[0].is_day and not component.has(b"DURATION"):
        return timedelta(days=1)
    if component.kind not in SCHEDULED:
        return None
    return length_of(component, starts[0].wall if starts else None, None)


def _in(wall: datetime, years: int) -> datetime:
    return wall.replace(year=wall.year + years)


def _later(time: datetime, delta: timedelta) -> datetime:
    try:
        return time + delta
    except OverflowError:
        return datetime.max.replace(tzinfo=time.tzinfo)


def _earlier(time: datetime, delta: timedelta) -> datetime:
    try:
        return time - delta
    except OverflowError:
        return datetime.min.replace(tzinfo=time.tzinfo)
