"""DATE and DATE-TIME values (RFC 5545 sections 3.3.4 and 3.3.5) as wall-clock times."""

import re
from collections.abc import Iterable
from contextlib import suppress
from datetime import date, datetime, timedelta
from functools import lru_cache

from feedproxy.ics.automata import whole

TIME_NAMES = (b"DTSTART", b"DTEND", b"DUE", b"RECURRENCE-ID", b"EXDATE", b"RDATE")
"""The properties whose values a TZID parameter binds to a time zone."""
TIME_WITH_PARAMETERS = rb";(?<=[DET];)(?:%b)" % b"|".join(rb"(?<=\n%b;)" % name for name in TIME_NAMES)
"""The semicolon behind such a name: it comes first, for it is quickly looked for."""

TIME_LIKE = rb"[0-9]{4,10}T[0-9]{0,8}"
"""A DATE-TIME that is not in UTC, or what publishers write for one: without seconds, with digits too many."""
TIME_AND_BLANKS = rb"(?:[0-9]{8}T[0-9]{6}[\t ]{1,4}|%b)" % TIME_LIKE
"""The same, or a usual one with a few blanks behind it."""
LONGEST_TIME_LIKE = len("1234567890T12345678")
"""Octets of it."""

_DATE_TIME = re.compile(rb"\d{8}(?:T(?!24)\d{6})?")
"""Without the hour 24, which Python reads from 3.14 on."""
_PARTS = {
    b"@times": rb"(?:@time(?:[,/]@time)*+)",
    b"@time": rb"(?:@blanks@moment@blanks|P[0-9DHMSTW]++)",
    b"@moment": rb"(?:@day(?:T@hour)?+Z?+)",
    b"@day": rb"(?:@year@month|@leap0229)",
    b"@year": rb"(?:[1-9][0-9]{3}|0[1-9][0-9]{2}|00[1-9][0-9]|000[1-9])",
    b"@month": rb"(?:(?:0[13578]|1[02])(?:@date|29|3[01])|(?:0[469]|11)(?:@date|29|30)|02@date)",
    b"@date": rb"(?:0[1-9]|1[0-9]|2[0-8])",
    b"@leap": rb"(?:[0-9]{2}@century|@century00)",
    b"@century": rb"(?:0[48]|[2468][048]|[13579][26])",
    b"@hour": rb"(?:[01][0-9]|2[0-3])[0-5][0-9]{3}",
    b"@blanks": rb"[ \t]*+",
}
_UTC_VALUE = re.compile(rb",(\s*+\d{8}T\d{6}Z[^,]*+)")
"""A time in UTC in a list of times that has a comma before it."""
_SECOND = len("20260301T2000")
_LEAP_SECOND = re.compile(rb"(?<=T[0-9]{4})[6-9][0-9]")
_SHORT = 40
"""Octets of a list that is read value by value."""
_ODD = (b"P", b"Z", b" ", b"\t")
"""What is in no list that can be read at once: then seconds alone may be too many, such as leap seconds."""
_LOCAL, _UTC = b"00000000T000000,", b"00000000T000000Z,"
DIGITS_TO_0 = bytes.maketrans(b"123456789", b"0" * 9)
_LENGTHS = frozenset((len("20260301"), len("20260301T200000")))


def _written(pattern: bytes) -> bytes:
    return re.sub(rb"@[a-z]+", lambda part: _written(_PARTS[part[0]]), pattern)


are_times = whole(_written(b"@times"))
"""Tell whether a list has what `wall_time` reads alone, and the durations of PERIODs."""


_TIME = re.compile(_written(rb"\0\s*+(@moment)\s*+(?=\0)"))


def times_among(values: Iterable[bytes]) -> list[bytes]:
    """Return those of some values, in which are no NULs, that `wall_time` reads, without blanks about them."""
    return _TIME.findall(b"\0".join([b"", *values, b""]))


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
    """Return how many times a list names (`are_times`), of a PERIOD both its ends, and two between which all lie."""
    if b"Z" in value or b" " in value or b"\t" in value:
        value = value.translate(None, b"Z \t")
    times = value.replace(b"/", b",").split(b",")
    if b"P" in value:
        times = [time for time in times if not time.startswith(b"P")]
    ends = [min(times), max(times)] if times else []
    return len(times), [time for end in ends if (time := wall_time(end)) is not None]


def _are_like(time: bytes, value: bytes) -> bool:
    """Tell whether a list has times like this one alone: with a 0 for each digit they are all alike."""
    size = len(value) + 1
    return size % len(time) == 0 and value.translate(DIGITS_TO_0) + b"," == time * (size // len(time))


def parted(value: bytes) -> tuple[bytes | None, bytes]:
    """Part a list of times into those that are not in UTC, None where there are none, and those that are.

    In UTC is what begins as such a time does.
    """
    if b"," not in value:
        return (None, value) if _UTC_VALUE.match(b"," + value) else (value, b"")
    times = value.split(b",")
    not_in_utc = [time for time in times if len(time) < len(_LOCAL)]
    local, in_utc = b",".join(not_in_utc), b",".join([time for time in times if len(time) >= len(_LOCAL)])
    if (not not_in_utc or _are_like(_LOCAL, local)) and _are_like(_UTC, in_utc):
        return local or None, in_utc
    parts = _UTC_VALUE.split(b"," + value)
    others = b"".join(parts[::2])
    return others[1:] if others else None, b",".join(parts[1::2])


def wall_times(value: bytes) -> list[datetime]:
    """Read a list of values; of a PERIOD its start, and its end when that is a time; what is none is passed over."""
    if len(value) > _SHORT and not any(octet in value for octet in _ODD) and are_times(value):
        with suppress(ValueError):
            return _all(value)
        return _all(_LEAP_SECOND.sub(b"59", value))
    parts = re.split(rb"[,/]", value)
    return [time for part in parts if (time := wall_time(part)) is not None]


def _all(value: bytes) -> list[datetime]:
    """Read a list of times. Raises ValueError if one has a leap second."""
    return [*map(datetime.fromisoformat, value.decode().replace("/", ",").split(","))]


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
