"""The recurrence rule of an observance (RFC 5545 3.3.10): on which days of a year an offset begins.

FREQ=YEARLY and FREQ=MONTHLY with every BY part: more than any zone on Earth needs, and nothing finer can be the
rule of a zone. The days depend only on the year's length and the weekday it begins with, so a rule is worked
out for at most 14 shapes of year and then read from a table.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple

from tzmap.clock import DAY, END_YEAR, EPOCH_DAY, year_start
from tzmap.errors import BadDefinition

WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
MAX_BREADTH = 32
"""Onsets a year that a rule may consider."""
_LIMITS = {
    "BYMONTH": (1, 12),
    "BYMONTHDAY": (-31, 31),
    "BYYEARDAY": (-366, 366),
    "BYWEEKNO": (-53, 53),
    "BYSETPOS": (-366, 366),
    "BYHOUR": (0, 23),
    "BYMINUTE": (0, 59),
    "BYSECOND": (0, 59),
}
_PLAIN = ("BYDAY", "UNTIL", "COUNT", "INTERVAL", "WKST", "RSCALE", "SKIP", "FREQ")


class YearShape(NamedTuple):
    """A kind of year: leap or not, and the weekday (0 is Monday) of 1 January. Days are counted from 0."""

    leap: bool
    first_weekday: int

    @property
    def length(self) -> int:
        """Days of the year."""
        return 365 + self.leap

    def month(self, month: int) -> tuple[int, int]:
        """Return the first day of a month, and the first day after it."""
        starts = (0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334, 365)
        begin, end = starts[month - 1], starts[month]
        return begin + (self.leap and month > 2), end + (self.leap and month > 1)

    def month_of(self, day: int) -> int:
        """Return the month a day lies in."""
        return next(month for month in range(12, 0, -1) if day >= self.month(month)[0])

    def weekdays(self, nth: int, weekday: int, begin: int, end: int) -> list[int]:
        """Return the days in [begin, end) that are that weekday; unless 0, only the nth, from the back if negative."""
        days = range(begin + (weekday - self.first_weekday - begin) % 7, end, 7)
        if nth == 0:
            return list(days)
        at = nth - 1 if nth > 0 else nth
        return [days[at]] if -len(days) <= at < len(days) else []

    def weeks(self, week_start: int) -> tuple[int, int]:
        """Return the first day of week 1, which has four days or more in the year, and the number of weeks.

        Of a week across New Year only the days within the year it is numbered in are ever taken.
        """
        lead = (week_start - self.first_weekday) % 7
        first = lead if lead < 4 else lead - 7
        return first, (self.length - first + 3) // 7


class Until(NamedTuple):
    """The last onset a rule may have, in seconds of UTC or of the wall clock."""

    seconds: int
    utc: bool


@dataclass(frozen=True, slots=True)
class Recurrence:
    """One RRULE. `start` is the wall-clock second of DTSTART; a BY part not given is not in `parts`."""

    start: int
    monthly: bool = False
    interval: int = 1
    count: int | None = None
    until: Until | None = None
    week_start: int = 0
    weekdays: tuple[tuple[int, int], ...] = ()  # (ordinal or 0, weekday)
    parts: dict[str, tuple[int, ...]] = field(default_factory=dict)
    _table: dict[YearShape, list[int]] = field(default_factory=dict, repr=False, compare=False)

    @property
    def start_date(self) -> date:
        """The date of DTSTART."""
        return date.fromordinal(self.start // DAY + EPOCH_DAY)

    def walls(self, first_year: int, last_year: int) -> Iterable[int]:
        """Return the wall-clock seconds of the onsets in those years, from DTSTART on; UNTIL and COUNT not applied."""
        begin = self.start_date.year
        for year in range(max(first_year, begin), min(last_year + 1, END_YEAR)):
            if self.monthly or (year - begin) % self.interval == 0:
                new_year = year_start(year)
                leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
                for second in self._seconds(YearShape(leap, date(year, 1, 1).weekday())):
                    if new_year + second >= self.start:
                        yield new_year + second

    def breadth(self) -> int:
        """How many onsets of one year have to be considered: the cost of the rule."""
        months = len(self.parts.get("BYMONTH", range(12)))
        in_month = (
            len(self.parts["BYMONTHDAY"])
            if "BYMONTHDAY" in self.parts
            else sum(1 if nth else 5 for nth, _ in self.weekdays)
        )
        days = max(in_month, 1) * months
        if "BYYEARDAY" in self.parts:
            days = len(self.parts["BYYEARDAY"])
        elif "BYWEEKNO" in self.parts:
            days = 7 * len(self.parts["BYWEEKNO"])
        elif self._counts_in_year():
            days = sum(1 if nth else 53 for nth, _ in self.weekdays)
        return days * len(self._times())

    def per_year(self) -> int:
        """Return the greatest number of onsets in a year."""
        shapes = (YearShape(leap, weekday) for leap in (False, True) for weekday in range(7))
        return max(len(self._seconds(shape)) for shape in shapes)

    def _times(self) -> list[int]:
        """Return the seconds of the day at which onsets happen."""
        hour, rest = divmod(self.start % DAY, 3600)
        minute, second = divmod(rest, 60)
        part = self.parts.get
        hours, minutes, seconds = part("BYHOUR", (hour,)), part("BYMINUTE", (minute,)), part("BYSECOND", (second,))
        return [h * 3600 + m * 60 + s for h in hours for m in minutes for s in seconds]

    def _seconds(self, shape: YearShape) -> list[int]:
        """Return the seconds of a year of that shape at which onsets happen, from its beginning."""
        if shape not in self._table:
            first, step = self.start_date.month, self.interval if self.monthly else 1
            self._table[shape] = self._picked(shape, [month for month in range(1, 13) if (month - first) % step == 0])
        return self._table[shape]

    def _picked(self, shape: YearShape, months: list[int]) -> list[int]:
        """Return the seconds of a year, among the given months, that every part allows."""
        allowed = [month for month in months if month in self.parts.get("BYMONTH", (month,))]
        if self._counts_in_year():
            sets = [[day for day in self._of_year(shape) if shape.month_of(day) in allowed]]
        else:
            sets = [self._of_month(shape, month) for month in allowed]
        if not self.monthly:
            sets = [[day for days in sets for day in days]]
        sets = [[day * DAY + time for day in days for time in self._times()] for days in sets]
        if "BYSETPOS" in self.parts:
            sets = [[seconds[at] for at in _positions(self.parts["BYSETPOS"], len(seconds))] for seconds in sets]
        return sorted({second for seconds in sets for second in seconds})

    def _counts_in_year(self) -> bool:
        """Whether days and weekday ordinals are counted within the year rather than within each month."""
        if self.monthly:
            return False
        by_weekday = bool(self.weekdays) and "BYMONTH" not in self.parts
        return by_weekday or bool(self.parts.keys() & {"BYYEARDAY", "BYWEEKNO"})

    def _of_year(self, shape: YearShape) -> list[int]:
        sets = []
        if "BYYEARDAY" in self.parts:
            sets.append(set(_positions(self.parts["BYYEARDAY"], shape.length)))
        if "BYWEEKNO" in self.parts:
            first, weeks = shape.weeks(self.week_start)
            starts = [first + 7 * at for at in _positions(self.parts["BYWEEKNO"], weeks)]
            sets.append({day for start in starts for day in range(max(start, 0), min(start + 7, shape.length))})
        if "BYMONTHDAY" in self.parts:
            sets.append({day for month in range(1, 13) for day in self._month_days(shape, month)})
        if self.weekdays or "BYYEARDAY" not in self.parts:
            # a week without BYDAY means the weekday of DTSTART
            weekdays = self.weekdays or ((0, self.start_date.weekday()),)
            sets.append({day for nth, weekday in weekdays for day in shape.weekdays(nth, weekday, 0, shape.length)})
        return sorted(set.intersection(*sets))

    def _of_month(self, shape: YearShape, month: int) -> list[int]:
        begin, end = shape.month(month)
        days = set(self._month_days(shape, month)) if "BYMONTHDAY" in self.parts else None
        if self.weekdays:
            named = {day for nth, weekday in self.weekdays for day in shape.weekdays(nth, weekday, begin, end)}
            days = named if days is None else days & named
        if days is None:
            start = self.start_date
            in_month = self.monthly or "BYMONTH" in self.parts or month == start.month
            days = {begin + start.day - 1} if in_month and start.day <= end - begin else set()
        return sorted(days)

    def _month_days(self, shape: YearShape, month: int) -> list[int]:
        begin, end = shape.month(month)
        return [begin + at for at in _positions(self.parts["BYMONTHDAY"], end - begin)]


def _positions(numbers: tuple[int, ...], length: int) -> list[int]:
    """Return the indexes, from 0, of numbers that count from 1 or (negative) from the back, where they exist."""
    return sorted({n - 1 if n > 0 else length + n for n in numbers if 0 < abs(n) <= length})


def parse(text: str, start: int, until: Until | None) -> Recurrence:
    """Read an RRULE value, its UNTIL already read; raise BadDefinition for one no zone can have."""
    given = parts_of(text)
    frequency = given.get("FREQ", "")
    if frequency not in {"YEARLY", "MONTHLY"}:
        raise BadDefinition(
            f"RRULE FREQ={frequency[:20]} is no rule of a time zone: its offsets begin on days of a year"
        )
    unknown = given.keys() - _LIMITS.keys() - set(_PLAIN)
    if unknown or given.get("RSCALE", "GREGORIAN") != "GREGORIAN":
        raise BadDefinition(f"RRULE part {min(unknown, default='RSCALE')[:20]} cannot be read; see RFC 5545 3.3.10")
    rule = Recurrence(
        start=start,
        monthly=frequency == "MONTHLY",
        interval=_number("INTERVAL", given.get("INTERVAL", "1"), 1, 999_999),
        count=_number("COUNT", given["COUNT"], 1, 999_999) if "COUNT" in given else None,
        until=until,
        week_start=_weekday(given.get("WKST", "MO"))[1],
        weekdays=tuple(_weekday(day) for day in given["BYDAY"].split(",", MAX_BREADTH)) if "BYDAY" in given else (),
        parts={key: _numbers(key, value) for key, value in given.items() if key in _LIMITS},
    )
    if rule.monthly and 12 % rule.interval:
        raise BadDefinition(
            f"RRULE FREQ=MONTHLY;INTERVAL={rule.interval} is no rule of a time zone: it changes every year"
        )
    if rule.breadth() > MAX_BREADTH:
        raise BadDefinition(f"RRULE names more than {MAX_BREADTH} onsets a year, which no time zone has")
    return rule


def parts_of(text: str) -> dict[str, str]:
    """Return the parts of an RRULE value, upper-cased, by name."""
    pairs = (part.partition("=") for part in text.upper().split(";") if part.strip())
    return {key.strip(): value.strip() for key, _, value in pairs}


def _weekday(text: str) -> tuple[int, int]:
    found = re.fullmatch(r"([+-]?[0-9]{1,2})?(MO|TU|WE|TH|FR|SA|SU)", text.strip())
    if found is None:
        raise BadDefinition(f"RRULE weekday {text[:20]!r} cannot be read; see RFC 5545 3.3.10")
    return int(found[1] or 0), WEEKDAYS.index(found[2])


def _numbers(key: str, text: str) -> tuple[int, ...]:
    lowest, highest = _LIMITS[key]
    return tuple(sorted({_number(key, number, lowest, highest) for number in text.split(",", 2 * MAX_BREADTH)}))


def _number(key: str, text: str, lowest: int, highest: int) -> int:
    if not re.fullmatch(r"\s*[+-]?[0-9]{1,6}\s*", text) or not lowest <= int(text) <= highest:
        raise BadDefinition(f"RRULE {key}={text[:20]} is not a number from {lowest} to {highest}")
    return int(text)
