"""DATE and DATE-TIME values (RFC 5545 sections 3.3.4 and 3.3.5) as wall-clock times."""

import re
from datetime import date, datetime, timedelta
from functools import lru_cache

TIME_NAMES = (b"DTSTART", b"DTEND", b"DUE", b"RECURRENCE-ID", b"EXDATE", b"RDATE")
"""The properties whose values a TZID parameter binds to a time zone."""

TIME_LIKE = rb"[0-9]{4,10}T[0-9]{0,8}"
"""A DATE-TIME that is not in UTC, or what publishers write for one: without seconds, with digits too many."""
LONGEST_TIME_LIKE = len("1234567890T12345678")
"""Octets of it."""

_DATE_TIME = re.compile(rb"\d{8}(?:T(?!24)\d{6})?")
"""Without the hour 24, which Python reads from 3.14 on."""
_SECOND = len("20260301T2000")
_ALIKE = b"00000000T000000,"
_DIGITS_TO_0 = bytes.maketrans(b"123456789", b"0" * 9)
_LENGTHS = frozenset((len("20260301"), len("20260301T200000")))


def wall_time(value: bytes) -> datetime | None:
    """Read one DATE or DATE-TIME value as a naive time, a DATE as its midnight, Z or not; None if it is neither.

    A leap second is read as the second before it (RFC 5545 section 3.3.12).
    """
    bare = value.strip().removesuffix(b"Z")
    return _wall_time(bare) if len(bare) in _LENGTHS else None


@lru_cache(4_096)
def _wall_time(value: bytes) -> datetime | None:
    if _DATE_TIME.fullmatch(value) is None:
        return None
    if value[_SECOND:] > b"59":
        value = value[:_SECOND] + b"59"
    try:
        return datetime.fromisoformat(value.decode())
    except ValueError:
        return None


def times_of(value: bytes) -> tuple[int, list[datetime]]:
    """Return how many times a list names, of a PERIOD its start and its end, and some between which they all lie."""
    if _is_plain_list(value):
        values = value.split(b",")
        ends = [wall_time(min(values)), wall_time(max(values))]
        if None not in ends:
            return len(values), [end for end in ends if end is not None]
    times = wall_times(value)
    return len(times), times


def _is_plain_list(value: bytes) -> bool:
    """Tell whether a value is DATE-TIMEs and nothing else: with a 0 for each digit they are all alike."""
    size = len(value) + 1
    return size % len(_ALIKE) == 0 and value.translate(_DIGITS_TO_0) + b"," == _ALIKE * (size // len(_ALIKE))


def wall_times(value: bytes) -> list[datetime]:
    """Read a list of values; of a PERIOD its start, and its end when that is a time; what is none is passed over."""
    parts = re.split(rb"[,/]", value)
    return [time for part in parts if (time := wall_time(part)) is not None]


def local(time: datetime) -> bytes:
    """Write a naive time as a DATE-TIME without Z."""
    return day(time) + b"T%02d%02d%02d" % (time.hour, time.minute, time.second)


def utc(instant: datetime) -> bytes:
    """Write an aware time in UTC as a DATE-TIME with Z."""
    offset = instant.utcoffset() or timedelta(0)
    return local(instant.replace(tzinfo=None) - offset) + b"Z"


def day(value: date) -> bytes:
    """Write a DATE."""
    return b"%04d%02d%02d" % (value.year, value.month, value.day)
