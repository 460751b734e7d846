"""Whether a definition's rules and a zone give the same instant at every value that uses the TZID.

The two are functions from wall-clock time to offset, constant over long stretches. So they are compared as
functions first; single values are looked at only when the functions differ somewhere between the first value
and the last. Compared at values, not at onsets: Windows writes 23:59 where the law says midnight, and no event
notices.
"""

from bisect import bisect_right
from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import cached_property, partial
from itertools import chain, compress
from typing import NamedTuple

from tzmap import zones
from tzmap.clock import END_YEAR, wall_datetime, wall_seconds, year_of, year_start
from tzmap.resolution import Disagreement
from tzmap.rules import Rules
from tzmap.timeline import Timeline

DEFAULT_YEARS = 5
"""Compared when neither values nor a span are given: five years from the year of the tzdata edition."""


class Verdict(NamedTuple):
    """How many values were looked at one by one, and where the two part, if they do."""

    compared: int
    disagreement: Disagreement | None


class Uses:
    """The values that use one TZID: a span that holds them all, and the values themselves, read only when asked for."""

    def __init__(self, values: Iterable[datetime], span: tuple[datetime, datetime] | None) -> None:
        self._unread = iter(values)
        self._read: tuple[datetime, ...] | None = None
        ends = span or self.values
        if ends:
            walls = [wall_seconds(end) for end in ends]
            self.first, self.last = min(walls), max(walls)
        else:
            year = int(zones.TZDATA_EDITION[:4])
            self.first, self.last = year_start(year), year_start(year + DEFAULT_YEARS) - 1
        if any(end.year >= END_YEAR for end in ends):  # such values are read as days of the cycle from 2000 on
            self.first, self.last = min(self.first, year_start(2000)), year_start(END_YEAR) - 1

    @property
    def values(self) -> tuple[datetime, ...]:
        """The values as naive datetimes, in the order given."""
        if self._read is None:
            self._read = tuple([value.replace(tzinfo=None) if value.tzinfo else value for value in self._unread])
        return self._read

    @cached_property
    def walls(self) -> list[int]:
        """The same in seconds."""
        return [*map(wall_seconds, self.values)]


def compare(rules: Rules, zone: str | None, offset: timedelta | None, uses: Uses) -> Verdict:
    """Compare a definition's rules with a zone, or with a constant offset where `zone` is None."""
    first_year, last_year = year_of(uses.first), year_of(uses.last)
    ours = rules.timeline(first_year, last_year)
    theirs = Timeline(_seconds(offset), ()) if zone is None else zones.timeline(zone, last_year)
    stretches = ours.differences(theirs, uses.first, uses.last)
    if not stretches:
        return Verdict(0, None)
    values = uses.values or (wall_datetime(stretches[0][0]),)
    edges = [*chain.from_iterable(stretches)]
    behind = map(partial(bisect_right, edges), uses.walls or [stretches[0][0]])
    differing = [*compress(values, [count % 2 for count in behind])]
    if not differing:
        return Verdict(len(uses.values), None)
    value = min(differing)
    wall = wall_seconds(value)
    by_rules, by_zone = timedelta(seconds=ours.at(wall)), timedelta(seconds=theirs.at(wall))
    count = len(differing) if uses.values else 0
    return Verdict(len(uses.values), Disagreement(value, by_rules, by_zone, count))


def _seconds(offset: timedelta | None) -> int:
    return (offset or timedelta()) // timedelta(seconds=1)
