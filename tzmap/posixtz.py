"""The POSIX TZ string at the end of a TZif file (RFC 9636 3.3): the rules of a zone from its last recorded onset on."""

import re
from dataclasses import dataclass
from datetime import date

from tzmap.clock import DAY, EPOCH_DAY

_NAME = r"(?:<[^>]+>|[A-Za-z]{3,})"
_OFFSET = r"[+-]?\d{1,3}(?::\d\d){0,2}"
_TZ = re.compile(rf"({_NAME})({_OFFSET})(?:({_NAME})({_OFFSET})?,([^,]+),([^,]+))?")


@dataclass(frozen=True, slots=True)
class Onset:
    """A day of the year and the wall-clock time (seconds, may lie outside the day) at which an offset begins."""

    form: str  # "M" month.week.weekday, "J" day 1-365 without 29 February, "0" day 0-365
    numbers: tuple[int, ...]
    time: int

    def wall(self, year: int) -> int:
        """Return the onset of one year, in seconds of the wall clock before it."""
        return (self._day(year) - EPOCH_DAY) * DAY + self.time

    def _day(self, year: int) -> int:
        new_year = date(year, 1, 1).toordinal()
        if self.form == "0":
            return new_year + self.numbers[0]
        if self.form == "J":
            leap = date(year, 3, 1).toordinal() - new_year == 60
            return new_year + self.numbers[0] - 1 + (leap and self.numbers[0] >= 60)
        month, week, weekday = self.numbers
        first = date(year, month, 1)
        day = first.toordinal() + (weekday - first.isoweekday()) % 7 + 7 * (week - 1)
        length = 31 if month == 12 else (date(year, month + 1, 1) - first).days
        return day if day < first.toordinal() + length else day - 7


@dataclass(frozen=True, slots=True)
class PosixTz:
    """Standard time, and daylight-saving time with its two onsets where the zone has one. Offsets in seconds east."""

    name: str
    offset: int
    dst_name: str = ""
    dst_offset: int = 0
    start: Onset | None = None
    end: Onset | None = None

    def onsets(self, year: int) -> list[tuple[int, bool]]:
        """Return the (UTC instant, is it the start of daylight-saving time) of one year, in order of time."""
        if self.start is None or self.end is None:
            return []
        return sorted([(self.start.wall(year) - self.offset, True), (self.end.wall(year) - self.dst_offset, False)])


def parse(text: str) -> PosixTz | None:
    """Read a TZ string such as `CET-1CEST,M3.5.0,M10.5.0/3`; None for an empty or foreign one."""
    found = _TZ.fullmatch(text)
    if found is None:
        return None
    name, offset, dst_name, dst_offset, start, end = found.groups()
    east = -_seconds(offset)
    if not dst_name:
        return PosixTz(name.strip("<>"), east)
    dst_east = -_seconds(dst_offset) if dst_offset else east + 3600
    return PosixTz(name.strip("<>"), east, dst_name.strip("<>"), dst_east, _onset(start), _onset(end))


def _onset(text: str) -> Onset:
    day, _, time = text.partition("/")
    form = day[0] if day[0] in "MJ" else "0"
    numbers = tuple(int(number) for number in day.lstrip("MJ").split("."))
    return Onset(form, numbers, _seconds(time) if time else 7200)


def _seconds(text: str) -> int:
    """Seconds of `[+-]h[h[h]][:mm[:ss]]`."""
    parts = [int(part) for part in text.lstrip("+-").split(":")] + [0, 0]
    total = parts[0] * 3600 + parts[1] * 60 + parts[2]
    return -total if text.startswith("-") else total
