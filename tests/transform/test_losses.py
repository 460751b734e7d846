"""What is over is no loss; what may still come is one."""

from datetime import UTC, datetime

import pytest

from feedproxy.transform import Options, index, lost_ahead
from feedproxy.transform.calendar import Calendar

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
PAST, LATELY, AHEAD = b"20261118T100000", b"20261120T100000", b"20261201T100000"


def calendar(*lines: bytes, kind: bytes = b"VEVENT", uid: bytes = b"1") -> Calendar:
    component = [b"BEGIN:" + kind, b"UID:" + uid, b"DTSTAMP:20260101T000000Z", *lines, b"END:" + kind]
    whole = [b"BEGIN:VCALENDAR", b"VERSION:2.0", b"PRODID:x", *component, b"END:VCALENDAR", b""]
    return index(b"\r\n".join(whole), Options()).calendar


def lost(last: Calendar, new: Calendar | None = None) -> int:
    return lost_ahead(last.components, new.components if new else (), now=NOW)


@pytest.mark.parametrize(
    "lines",
    [
        [b"DTSTART:" + PAST],
        [b"DTSTART:" + PAST + b"Z", b"DTEND:" + PAST + b"Z"],
        [b"DTSTART;TZID=Asia/Tokyo:" + PAST],
        [b"DTSTART;VALUE=DATE:20261118"],
        [b"DTSTART:20261115T100000", b"DURATION:P3D"],
        [b"DTSTART:20260101T100000", b"RRULE:FREQ=DAILY;UNTIL=20261118T100000Z"],
        [b"DTSTART:20260101T100000", b"RDATE:20260102T100000,20261118T100000"],
        [b"DTSTART:20261010T100000", b"RECURRENCE-ID:20261009T100000"],
    ],
)
def test_what_is_over_is_no_loss(lines: list[bytes]) -> None:
    assert lost(calendar(*lines)) == 0


@pytest.mark.parametrize(
    "lines",
    [
        [b"DTSTART:" + AHEAD],
        [b"DTSTART:" + LATELY],
        [b"DTSTART:" + PAST, b"DTEND:" + AHEAD],
        [b"DTSTART:" + PAST, b"DURATION:P3D"],
        [b"DTSTART:" + PAST, b"DURATION:a while"],
        [b"DTSTART:" + PAST, b"DTEND:later"],
        [b"DTSTART:soon"],
        [],
        [b"DTSTART:20200101T100000", b"RRULE:FREQ=DAILY"],
        [b"DTSTART:20200101T100000", b"RRULE:FREQ=DAILY;COUNT=3"],
        [b"DTSTART:20200101T100000", b"RRULE:FREQ=DAILY;UNTIL=" + AHEAD],
        [b"DTSTART:20200101T100000", b"RRULE:FREQ=DAILY;UNTIL=20210101", b"RRULE:FREQ=WEEKLY"],
        [b"DTSTART:20200101T100000", b"DURATION:P400D", b"RRULE:FREQ=DAILY;UNTIL=20260101T100000"],
        [b"DTSTART:20200101T100000", b"RDATE:" + AHEAD],
        [b"DTSTART:20200101T100000", b"RDATE;VALUE=PERIOD:20200101T100000/P9000D"],
        [b"DTSTART:20200101T100000", b"RECURRENCE-ID;RANGE=THISANDFUTURE:20200101T100000"],
        [b"DTSTART:20200101T100000", b"RECURRENCE-ID:" + AHEAD],
        [b"DTSTART:99991231T100000", b"DURATION:P9999D"],
    ],
)
def test_what_is_or_may_be_ahead_is_a_loss(lines: list[bytes]) -> None:
    assert lost(calendar(*lines)) == 1


def test_a_to_do_is_over_when_it_was_due() -> None:
    assert lost(calendar(b"DUE:" + PAST, kind=b"VTODO")) == 0
    assert lost(calendar(b"DTSTART:" + PAST, kind=b"VTODO")) == 1
    assert lost(calendar(b"X-NOTE:1", kind=b"X-THING")) == 1


def test_what_is_still_there_is_not_lost_whatever_it_says_now() -> None:
    last, new = calendar(b"DTSTART:" + AHEAD), calendar(b"DTSTART:" + PAST, b"SUMMARY:moved")
    assert lost(last, new) == 0
    assert lost(last, calendar(b"DTSTART:" + AHEAD, uid=b"2")) == 1
