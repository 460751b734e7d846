"""The meaning of a VTIMEZONE found in a feed: the offset at every wall-clock time, as RFC 5545 3.6.5 reads it literally.

Every observance has onsets: DTSTART, each RDATE and each instance of its RRULE, in the wall-clock time of its TZOFFSETFROM. The
offset in force is that of the latest onset; before the first onset it is that onset's TZOFFSETFROM. STANDARD and DAYLIGHT
differ in name only (summer is Dublin's standard time, and many a DAYLIGHT has the very offset of its STANDARD).

Onsets are worked out for two centuries at a time and only when asked for. A definition that would be costly is refused.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import islice

from tzmap import definition
from tzmap.clock import wall_seconds, year_of, year_start
from tzmap.definition import Observance
from tzmap.errors import BadDefinition
from tzmap.recurrence import Recurrence, Until
from tzmap.timeline import Timeline

MAX_PER_YEAR = 16
"""Onsets a year of all rules without end: a zone has two, a sloppy list of old and new rules a few more."""
_BLOCK = 200
_COUNTED_YEARS = 400
_SEED_YEARS = 40
"""How far before a stretch the last onset of a rule is looked for: 29 February, or a fifth Sunday, is rare but not rarer."""


class Rules:
    """The rules of one VTIMEZONE. Parsed once, it answers for any wall-clock time; it never changes.

    >>> rules = Rules.parse(b"BEGIN:STANDARD\\nDTSTART:19700101T000000\\nTZOFFSETTO:+0530\\nEND:STANDARD")
    >>> rules.utc_offset(datetime(2026, 7, 1))
    datetime.timedelta(seconds=19800)
    """

    def __init__(self, parsed: definition.Definition) -> None:
        self._observances = [_counted(one) for one in parsed.observances]
        self._blocks: dict[int, Timeline] = {}
        self.tzid = parsed.tzid
        self.location = parsed.location
        self.cdo = parsed.cdo
        endless = [rule for one in self._observances for rule in one.rules if rule.until is None]
        if sum(rule.per_year() for rule in endless) > MAX_PER_YEAR:
            raise BadDefinition(f"more than {MAX_PER_YEAR} onsets a year are no description of a time zone")

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
        """The UTC offset at a wall-clock time: before a gap, first of a fold (RFC 5545 3.3.5)."""
        seconds = wall_seconds(local)
        return timedelta(seconds=self.timeline(local.year, local.year).at(seconds))

    def timeline(self, first_year: int, last_year: int) -> Timeline:
        """The offsets from the beginning of `first_year` to the end of `last_year` at least."""
        first, last = (first_year - 100) // _BLOCK, (last_year - 100) // _BLOCK
        if first != last:
            return self._expand(first_year, last_year)
        if first not in self._blocks:
            begin = first * _BLOCK + 100
            self._blocks[first] = self._expand(begin, begin + _BLOCK - 1)
        return self._blocks[first]

    def _expand(self, first_year: int, last_year: int) -> Timeline:
        onsets = [onset for one in self._observances for onset in _onsets(one, first_year, last_year)]
        onsets.sort(key=lambda onset: onset[0])  # stable: of two at one instant the later in the text counts
        return Timeline(onsets[0][1], ((instant, offset_to) for instant, _, offset_to in onsets))


def _onsets(one: Observance, first_year: int, last_year: int) -> Iterable[tuple[int, int, int]]:
    """The (UTC instant, offset from, offset to) of the onsets that decide in those years."""
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


def _counted(one: Observance) -> Observance:
    """The observance with every COUNT turned into the UNTIL it comes to, or into none where that is centuries away."""
    return replace(one, rules=tuple(_with_until(rule) for rule in one.rules))


def _with_until(rule: Recurrence) -> Recurrence:
    if rule.count is None:
        return rule
    year = rule.start_date.year
    counted = list(islice(rule.walls(year, year + _COUNTED_YEARS), rule.count))
    if len(counted) < rule.count:
        return replace(rule, count=None)
    return replace(rule, count=None, until=Until(counted[-1], utc=False))
