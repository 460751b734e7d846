"""The meaning of a VTIMEZONE found in a feed: the offset at every wall-clock time, read literally (RFC 5545 3.6.5).

Every observance has onsets: DTSTART, each RDATE and each instance of its RRULE, in the wall-clock time of its
TZOFFSETFROM. The offset in force is that of the latest onset; before the first onset it is that onset's
TZOFFSETFROM. STANDARD and DAYLIGHT differ in name only (summer is Dublin's standard time, and many a DAYLIGHT
has the very offset of its STANDARD).

Onsets are worked out for a century at a time and only when asked for. A definition that would be costly is
refused.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import islice

from tzmap import definition
from tzmap.clock import END_YEAR, FIRST_YEAR, wall_seconds, year_of, year_start
from tzmap.definition import Observance
from tzmap.errors import BadDefinition
from tzmap.recurrence import Recurrence, Until
from tzmap.timeline import Timeline

MAX_ONSETS = 8 * (END_YEAR - FIRST_YEAR)
"""Of all rules together: a zone has two onsets a year, a sloppy list of old and new rules a few more."""
_BLOCK = 100
_BLOCK_START = 1500
_COUNTED_YEARS = 400
_RAREST = 12
"""Years in which even 29 February comes once."""
_SEED_YEARS = 40
"""How far before a stretch the last onset of a rule is looked for: 29 February is rare, but not rarer."""


class Rules:
    r"""The rules of one VTIMEZONE. Parsed once, it answers for any wall-clock time; it never changes.

    >>> rules = Rules.parse(b"BEGIN:STANDARD\nDTSTART:19700101T000000\nTZOFFSETTO:+0530\nEND:STANDARD")
    >>> rules.utc_offset(datetime(2026, 7, 1))
    datetime.timedelta(seconds=19800)
    """

    def __init__(self, parsed: definition.Definition) -> None:
        self._observances = [_counted(one) for one in parsed.observances]
        self._blocks: dict[tuple[int, int], Timeline] = {}
        self.tzid = parsed.tzid
        self.location = parsed.location
        self.cdo = parsed.cdo
        if sum(_cost(rule) for one in self._observances for rule in one.rules) > MAX_ONSETS:
            raise BadDefinition(f"more than {MAX_ONSETS} onsets are no description of a time zone")

    @classmethod
    def parse(cls, text: bytes) -> "Rules":
        """Read one VTIMEZONE component (or its observances alone), any line ends; raise BadDefinition only."""
        return cls(definition.parse(text))

    @property
    def offsets(self) -> frozenset[timedelta]:
        """Every offset in force at some time from 1970 to 2037."""
        first, last = year_start(1970), year_start(2038) - 1
        return frozenset(timedelta(seconds=offset) for offset in self.timeline(1970, 2037).between(first, last))

    def utc_offset(self, local: datetime) -> timedelta:
        """Return the UTC offset at a wall-clock time: before a gap, first of a fold (RFC 5545 3.3.5)."""
        wall = wall_seconds(local)
        year = year_of(wall)
        return timedelta(seconds=self.timeline(year, year).at(wall))

    def timeline(self, first_year: int, last_year: int) -> Timeline:
        """Return the offsets from the beginning of `first_year` to the end of `last_year` at least."""
        first, last = (first_year - _BLOCK_START) // _BLOCK, (last_year - _BLOCK_START) // _BLOCK
        if (first, last) not in self._blocks:
            begin, end = first * _BLOCK + _BLOCK_START, (last + 1) * _BLOCK + _BLOCK_START
            self._blocks[first, last] = self._expand(begin, end - 1)
        return self._blocks[first, last]

    def _expand(self, first_year: int, last_year: int) -> Timeline:
        onsets = [onset for one in self._observances for onset in _onsets(one, first_year, last_year)]
        onsets.sort(key=lambda onset: onset[0])  # stable: of two at one instant the later in the text counts
        return Timeline(onsets[0][1], ((instant, offset_to) for instant, _, offset_to in onsets))


def _onsets(one: Observance, first_year: int, last_year: int) -> Iterable[tuple[int, int, int]]:
    """Return the (UTC instant, offset from, offset to) of the onsets that decide in those years."""
    walls = {one.start, *one.dates}
    for rule in one.rules:
        begin, end = first_year, last_year + 1
        if rule.until is not None:
            last = year_of(rule.until.seconds) + 1
            begin, end = min(begin, last), min(end, last)
        walls.update(wall for wall in rule.walls(begin - _SEED_YEARS, end) if _within(rule, wall, one.offset_from))
    return [(wall - one.offset_from, one.offset_from, one.offset_to) for wall in walls]


def _within(rule: Recurrence, wall: int, offset_from: int) -> bool:
    if rule.until is None:
        return True
    return (wall - offset_from if rule.until.utc else wall) <= rule.until.seconds


def _cost(rule: Recurrence) -> int:
    """How many years and onsets there are to look at, if every year is asked for."""
    last = END_YEAR if rule.until is None else min(year_of(rule.until.seconds) + 1, END_YEAR)
    return max(last - max(rule.start_date.year, FIRST_YEAR), 1) * max(rule.per_year(), 1)


def _counted(one: Observance) -> Observance:
    """Turn every COUNT into the UNTIL it comes to, or into none where that is centuries away."""
    return replace(one, rules=tuple(_with_until(rule) for rule in one.rules))


def _with_until(rule: Recurrence) -> Recurrence:
    if rule.count is None:
        return rule
    year = rule.start_date.year
    years = min(rule.count * rule.interval * _RAREST, _COUNTED_YEARS)
    counted = list(islice(rule.walls(year, year + years), rule.count))
    if len(counted) < rule.count:
        return replace(rule, count=None)
    return replace(rule, count=None, until=Until(counted[-1], utc=False))
