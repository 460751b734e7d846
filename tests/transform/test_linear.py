"""No input costs more than its size: four times the octets take about four times the work.

Calls are counted by the interpreter's profiler, those of C too. What one call costs cannot be seen that way, so the
ratio of processor times is looked at as well, with a bound that is far from linear and far from quadratic.
"""

import sys
import time
from collections.abc import Callable
from contextlib import suppress
from types import FrameType

import pytest

from feedproxy.errors import FeedRefused
from feedproxy.transform import render

HEAD, END = b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\n", b"END:VCALENDAR\r\n"


def event(n: int, lines: bytes = b"") -> bytes:
    start = b"BEGIN:VEVENT\r\nUID:%d\r\nDTSTAMP:20260101T000000Z\r\nDTSTART:20260701T100000Z\r\n" % n
    return start + lines + b"END:VEVENT\r\n"


def one(lines: bytes) -> bytes:
    return HEAD + event(1, lines) + END


def each(count: int, lines: bytes) -> bytes:
    return HEAD + b"".join(event(n, lines.replace(b"{n}", b"%d" % n)) for n in range(count)) + END


def zone(tzid: bytes) -> bytes:
    standard = b"BEGIN:STANDARD\r\nDTSTART:16010101T020000\r\nTZOFFSETFROM:-0400\r\nTZOFFSETTO:-0500\r\n"
    return b"BEGIN:VTIMEZONE\r\nTZID:" + tzid + b"\r\n" + standard + b"END:STANDARD\r\nEND:VTIMEZONE\r\n"


def lists(name: bytes, value: bytes, count: int) -> bytes:
    return one(name + b";TZID=Asia/Tokyo:" + b",".join([value] * count) + b"\r\n")


def numbered(text: bytes, count: int) -> bytes:
    return b"".join(text % n for n in range(count))


QUOTED_PRINTABLE = b"COMMENT;X=%s;ENCODING=QUOTED-PRINTABLE:=\r\n"
UNCLOSED = b"BEGIN:VEVENT\r\n" + b"BEGIN:VALARM\r\nEND:VALARM\r\n" * 9 + b"BEGIN:VALARM\r\n"
EXDATE = b"EXDATE;TZID=Tokyo Standard Time:20260701T100000\r\n"
EXDATES = b"EXDATE;N=%d;TZID=Tokyo Standard Time:20260701T100000\r\n"
DEFINED = zone(b"Z{n}") + event(1, b"DTEND;TZID=Z{n}:20260701T110000\r\n")

HOSTILE: dict[str, Callable[[int], bytes]] = {
    "events": lambda n: each(n, b"SUMMARY:x\r\n"),
    "one long line": lambda n: one(b"DESCRIPTION:" + b"x" * 90 * n + b"\r\n"),
    "short folds": lambda n: one(b"DESCRIPTION:x\r\n" + b" y\r\n" * 20 * n),
    "long folds": lambda n: one(b"DESCRIPTION:" + b"x" * 63 + b"\r\n" + (b" " + b"y" * 74 + b"\r\n") * n),
    "blank lines": lambda n: HEAD + b"\r\n" * 40 * n + END,
    "lost folds": lambda n: one(b"DESCRIPTION:" + b"x" * 20 * n + b"\r\n" + b"junk\r\n" * 3 * n),
    "lines of a name without end": lambda n: one(b"X" * 20 * n + b":1\r\n" + b"junk\r\n" * 3 * n),
    "quoted-printable": lambda n: one(QUOTED_PRINTABLE % (b"y" * 30 * n) + b"j=\r\n" * 4 * n),
    "backslashes": lambda n: one(b"DESCRIPTION:" + b"\\" * 90 * n + b"\r\n" + b"\\\\\\\r\n" * n),
    "Latin-1": lambda n: one(b"DESCRIPTION:\xe4\xf6\r\n" * 4 * n),
    "controls": lambda n: one(b"DESCRIPTION:" + b"\x0b\x00" * 40 * n + b"\r\n"),
    "quotes": lambda n: one(b"ATTENDEE;CN=" + b'"' * 90 * n + b":a\r\n"),
    "unclosed quotes": lambda n: one(b'ATTENDEE;CN="a;b\r\n' * 4 * n),
    "parameters": lambda n: one(b"DTEND" + b";X=1" * 20 * n + b";TZID=UTC:20260701T100000\r\n"),
    "deep nesting": lambda n: one(numbered(b"BEGIN:X%d\r\n", 3 * n) + b"END:VALARM\r\n" * 3 * n),
    "unclosed components": lambda n: HEAD + b"BEGIN:VEVENT\r\nUID:1\r\n" * 3 * n + END,
    "unclosed alarms": lambda n: HEAD + UNCLOSED * n + END,
    "unclosed that hold events": lambda n: HEAD + b"".join(b"BEGIN:X%d\r\n" % m + event(m) for m in range(n)) + END,
    "one kind that holds all events": lambda n: HEAD + b"BEGIN:X\r\n" + b"".join(map(event, range(n))) + END,
    "ends": lambda n: HEAD + b"END:VEVENT\r\n" * 6 * n + END,
    "calendars": lambda n: (HEAD + END) * 2 * n,
    "clashes": lambda n: HEAD + b"".join(event(1, b"SEQUENCE:%d\r\n" % m) for m in range(n)) + END,
    "RDATE list": lambda n: lists(b"RDATE", b"20260701T100000", 5 * n),
    "RDATE list, half in UTC": lambda n: lists(b"RDATE", b"20260701T100000,20260701T100000Z", 3 * n),
    "EXDATE lines": lambda n: one(EXDATE * 2 * n),
    "EXDATE lines of their own": lambda n: one(numbered(EXDATES, n)),
    "TZIDs": lambda n: each(n, b"DTEND;TZID=Zone {n}:20260701T110000\r\n"),
    "definitions": lambda n: HEAD + b"".join(DEFINED.replace(b"{n}", b"%d" % m) for m in range(n)) + END,
    "definitions of one TZID": lambda n: HEAD + zone(b"Z") * n + event(1, b"DTEND;TZID=Z:20260701T110000\r\n") + END,
    "years": lambda n: each(n, b"DTEND;TZID=Asia/Tokyo:{n}0701T110000\r\n"),
    "rules that end in a separator": lambda n: one(b"RRULE:FREQ=DAILY;\r\n" * 4 * n),
    "rules that no day fulfils": lambda n: each(n, b"RRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30\r\n"),
    "markup": lambda n: b"<html" * 20 * n,
}


def work(body: bytes) -> int:
    """Count what the interpreter does: each call of a function, of Python or of C."""
    count = 0

    def observe(frame: FrameType, what: str, argument: object) -> None:
        nonlocal count
        count += 1

    sys.setprofile(observe)
    try:
        with suppress(FeedRefused):
            render(body)
    finally:
        sys.setprofile(None)
    return count


def seconds(body: bytes, runs: int) -> float:
    """Return the least processor time of a few runs."""
    least = float("inf")
    for _ in range(runs):
        start = time.process_time()
        with suppress(FeedRefused):
            render(body)
        least = min(least, time.process_time() - start)
    return least


@pytest.mark.parametrize("kind", HOSTILE)
def test_four_times_the_octets_are_four_times_the_calls(kind: str) -> None:
    render(one(EXDATE))
    small, large = HOSTILE[kind](100), HOSTILE[kind](400)
    assert work(large) < 6 * work(small) + 500


@pytest.mark.parametrize("kind", HOSTILE)
def test_eight_times_the_octets_are_far_from_64_times_the_time(kind: str) -> None:
    size = 50 if kind.startswith("definitions") else 500
    small, large = HOSTILE[kind](size), HOSTILE[kind](8 * size)
    assert seconds(large, 2) < 24 * max(seconds(small, 5), 0.0005)
