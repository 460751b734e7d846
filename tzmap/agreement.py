"""Do a definition's rules and a zone give the same instant at every value that uses the TZID?

The two are functions from wall-clock time to offset, constant over long stretches. So they are compared as functions first;
single values are looked at only when the functions differ somewhere between the first value and the last. Compared at
values, not at onsets: Windows writes 23:59 where the law says midnight, and no event notices.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import NamedTuple

from tzmap import zones
from tzmap.clock import wall_datetime, wall_seconds, year_of, year_start
from tzmap.resolution import Disagreement
from tzmap.rules import Rules
from tzmap.timeline import Timeline

DEFAULT_YEARS = 5
"""Compared when neither values nor a span are given: five years from the year of the tzdata edition."""
_LONGEST_SPAN = 1000
"""Years; a feed that spans more is compared value by value, which costs no more than its values."""


class Verdict(NamedTuple):
    """How many values were looked at one by one, and where the two part, if they do."""

    compared: int
    disagreement: Disagreement | None


class Uses:
    """The values that use one TZID: a span that holds them all, and the values themselves, read only when asked for."""

    def __init__(self, values: Iterable[datetime], span: tuple[datetime, datetime] | None) -> None:
        self._unread = iter(values)
        self._read: tuple[int, ...] | None = None
        if span is not None:
            self.first, self.last = sorted(wall_seconds(end) for end in span)
        elif self.values:
            self.first, self.last = min(self.values), max(self.values)
        else:
            year = int(zones.TZDATA_EDITION[:4])
            self.first, self.last = year_start(year), year_start(year + DEFAULT_YEARS) - 1

    @property
    def values(self) -> tuple[int, ...]:
        """The values in wall-clock seconds, in the order given."""
        if self._read is None:
            self._read = tuple(wall_seconds(value) for value in self._unread)
        return self._read

    @property
    def years(self) -> tuple[int, int]:
        """The first and the last year of the span."""
        return year_of(self.first), year_of(self.last)


def compare(rules: Rules, zone: str | None, offset: timedelta | None, uses: Uses) -> Verdict:
    """Compare a definition's rules with a zone, or with a constant offset where `zone` is None."""
    first_year, last_year = uses.years
    if last_year - first_year > _LONGEST_SPAN and uses.values:
        parts = (
            (wall, rules.timeline(year, year).at(wall), _line(zone, offset, year).at(wall))
            for wall, year in ((wall, year_of(wall)) for wall in uses.values)
        )
        return _verdict(parts, len(uses.values))
    ours, theirs = rules.timeline(first_year, last_year), _line(zone, offset, last_year)
    stretches = ours.differences(theirs, uses.first, uses.last)
    if not stretches:
        return Verdict(0, None)
    if not uses.values:
        start = stretches[0][0]
        return Verdict(0, _disagreement(start, ours.at(start), theirs.at(start), 0))
    return _verdict(((wall, ours.at(wall), theirs.at(wall)) for wall in uses.values), len(uses.values))


def _line(zone: str | None, offset: timedelta | None, last_year: int) -> Timeline:
    if zone is not None:
        return zones.timeline(zone, last_year)
    return Timeline((offset or timedelta()) // timedelta(seconds=1), ())


def _verdict(offsets: Iterable[tuple[int, int, int]], compared: int) -> Verdict:
    differing = [(wall, ours, theirs) for wall, ours, theirs in offsets if ours != theirs]
    return Verdict(compared, _disagreement(*min(differing), len(differing)) if differing else None)


def _disagreement(wall: int, ours: int, theirs: int, count: int) -> Disagreement:
    return Disagreement(wall_datetime(wall), timedelta(seconds=ours), timedelta(seconds=theirs), count)
