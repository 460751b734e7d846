"""The history of a zone for a writer of VTIMEZONE: onsets, and the eras in which they followed one yearly rule."""

from bisect import bisect_right
from collections import defaultdict
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property, lru_cache
from typing import NamedTuple

from tzmap import recurrence, zones
from tzmap.clock import DAY, END_YEAR, wall_datetime, year_of
from tzmap.posixtz import PosixTz
from tzmap.recurrence import WEEKDAYS
from tzmap.zones import LocalType, Zone

_FEWEST = 3
"""Onsets in consecutive years that make an era."""


class Onset(NamedTuple):
    """A moment at which a zone's offset changes; or (only the last) its daylight-saving time becomes its standard."""

    instant: int
    offset_from: int
    offset_to: int
    daylight: bool
    name: str
    final: bool

    @property
    def wall(self) -> int:
        """The moment in the wall-clock time before it, as DTSTART and RDATE write it."""
        return self.instant + self.offset_from


@dataclass(frozen=True, slots=True, eq=False)
class Era:
    """Onsets alike that follow one yearly rule, from `first` to `last`, or without end where `endless`."""

    first: Onset
    last: Onset
    rule: str
    endless: bool


@dataclass(frozen=True)
class History:
    """The onsets of a zone in order of time, and beside each the era it belongs to, if any."""

    initial: LocalType
    onsets: list[Onset]
    eras: list[Era | None]

    @cached_property
    def endless(self) -> list[Era]:
        """The eras of the zone's present rule; most often two."""
        return [era for era in dict.fromkeys(self.eras) if era is not None and era.endless]

    def needed(self, start: int, end: int) -> range:
        """Return the indexes of the onsets that decide between two instants: the last before, and all within."""
        before = bisect_right(self.onsets, start, key=lambda onset: onset.instant) - 1
        return range(max(before, 0), bisect_right(self.onsets, end, key=lambda onset: onset.instant))

    def changing(self, index: int) -> bool:
        """Whether another onset follows within the year: the clocks of that time went back and forth."""
        following = self.onsets[index + 1 : index + 2]
        return bool(following) and following[0].instant - self.onsets[index].instant < 400 * DAY


@lru_cache(maxsize=1024)
def history(key: str) -> History:
    """Return the onsets of a zone: to 2100, or to the end of time where no era describes its present rule."""
    zone = zones.load(key)
    found = _history(zone, 2100)
    changes_for_ever = zone.rule is not None and zone.rule.start is not None
    return _history(zone, END_YEAR) if changes_for_ever and not found.endless else found


def _history(zone: Zone, through: int) -> History:
    onsets = _onsets(zone, through)
    eras: list[Era | None] = [None] * len(onsets)
    tail = _endless(zone.rule, onsets, eras)
    _ended(onsets[: len(onsets) - tail], eras)
    return History(zone.first, onsets, eras)


def _onsets(zone: Zone, through: int) -> list[Onset]:
    found = []
    changes = zone.onsets(through)
    stays = zone.rule is None or zone.rule.start is None
    before = zone.first
    for index, (instant, after) in enumerate(changes):
        final = stays and index == len(changes) - 1
        if after.offset != before.offset or (final and before.dst and not after.dst):
            daylight = after.offset > before.offset if after.dst != before.dst else after.dst
            found.append(Onset(instant, before.offset, after.offset, daylight and not final, after.name, final))
        before = after
    return found


def _endless(rule: PosixTz | None, onsets: list[Onset], eras: list[Era | None]) -> int:
    """Mark the eras of the zone's present rule; return how many of the latest onsets follow it."""
    if rule is None or rule.start is None:
        return 0
    years = range(year_of(onsets[0].instant), year_of(onsets[-1].instant) + 1)
    ruled = [instant for year in years for instant, _ in rule.onsets(year)]
    pair = {rule.offset, rule.dst_offset}
    count = 0
    for onset, instant in zip(reversed(onsets), reversed(ruled), strict=False):
        if onset.instant != instant or {onset.offset_from, onset.offset_to} != pair:
            break
        count += 1
    found = [(indexes, _fit(onsets, indexes)) for indexes in _alike(onsets, len(onsets) - count, len(onsets))]
    if not all(text for _, text in found):
        return 0
    for indexes, text in found:
        _mark(eras, indexes, Era(onsets[indexes[0]], onsets[indexes[-1]], text or "", endless=True))
    return count


def _ended(onsets: list[Onset], eras: list[Era | None]) -> None:
    """Mark the eras of the past: alike onsets in consecutive years that one rule describes."""
    for indexes in _alike(onsets, 0, len(onsets)):
        run: list[int] = []
        for index in [*indexes, None]:
            if index is not None and _continues(onsets, run, index):
                run.append(index)
                continue
            if len(run) >= _FEWEST:
                _mark(eras, run, Era(onsets[run[0]], onsets[run[-1]], _fit(onsets, run) or "", endless=False))
            run = [] if index is None else [index]


def _continues(onsets: list[Onset], run: list[int], index: int) -> bool:
    if not run:
        return True
    next_year = _date(onsets[index]).year - _date(onsets[run[-1]]).year == 1
    return next_year and _fit(onsets, [*run, index]) is not None


def _alike(onsets: list[Onset], start: int, stop: int) -> list[list[int]]:
    """Indexes of onsets with the same offsets, name, time of day, weekday and month, grouped."""
    groups = defaultdict[tuple[object, ...], list[int]](list)
    for index in range(start, stop):
        onset = onsets[index]
        day = _date(onset)
        groups[onset[1:], onset.wall % DAY, day.weekday(), day.month].append(index)
    return list(groups.values())


def _fit(onsets: list[Onset], indexes: list[int]) -> str | None:
    """Return the BY parts of the yearly rule that gives these onsets, of one weekday and month, and none between."""
    days = [_date(onsets[index]) for index in indexes]
    weekday = WEEKDAYS[days[0].weekday()]
    month = f"BYMONTH={days[0].month}"
    if days[-1].year - days[0].year == len(days) - 1:
        if all((day + timedelta(days=7)).month != day.month for day in days):
            return f"{month};BYDAY=-1{weekday}"
        nth = {(day.day + 6) // 7 for day in days}
        if len(nth) == 1:
            return f"{month};BYDAY={nth.pop()}{weekday}"
    first, last = min(day.day for day in days), max(day.day for day in days)
    numbers = ",".join(str(number) for number in range(first, last + 1))
    rule = recurrence.parse(f"FREQ=YEARLY;{month};BYMONTHDAY={numbers};BYDAY={weekday}", onsets[indexes[0]].wall, None)
    given = rule.walls(days[0].year, days[-1].year)
    if list(given) != [onsets[index].wall for index in indexes]:
        return None
    return f"{month};BYMONTHDAY={numbers};BYDAY={weekday}"


def _mark(eras: list[Era | None], indexes: list[int], era: Era) -> None:
    for index in indexes:
        eras[index] = era


def _date(onset: Onset) -> date:
    return wall_datetime(onset.wall).date()
