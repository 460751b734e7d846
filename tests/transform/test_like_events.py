"""Events that follow each other are mended and weighed many at a time: the same comes out as of each by itself."""

from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feedproxy.ics import reading
from feedproxy.ics.runs import Piece, Run
from feedproxy.transform.assembly import Rendered, render
from feedproxy.transform.pipeline import opened
from feedproxy.transform.repair import repair
from feedproxy.transform.report import Journal

HEAD, END = b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\n", b"END:VCALENDAR\r\n"
STAMP = b"DTSTAMP:20260101T000000Z"
TOKYO = (b"Asia/Tokyo", b"Tokyo Standard Time")
OVERRIDES = (
    b"RECURRENCE-ID:20260701T100000Z",
    b"RECURRENCE-ID;VALUE=DATE-TIME:20260701T100000Z",
    b"RECURRENCE-ID;VALUE=DATE:20260701",
    b"RECURRENCE-ID;TZID=Asia/Tokyo:20260701T100000",
    b'RECURRENCE-ID;TZID="Asia/Tokyo":20260701T100000',
    b"RECURRENCE-ID;TZID=Tokyo Standard Time:20260701T100000",
    b"RECURRENCE-ID;TZID=Asia/Tokyo:20260701T1",
    b"RECURRENCE-ID:",
)
VERSIONS = (
    b"SEQUENCE:1",
    b"SEQUENCE: 2 ",
    b"SEQUENCE;X=1:3",
    b"SEQUENCE:many",
    b"LAST-MODIFIED:20260102T000000Z",
    b"BEGIN:VALARM\r\nSEQUENCE:9\r\nLAST-MODIFIED:20270101T000000Z\r\nEND:VALARM",
)
OTHERS = (
    b"SUMMARY:one",
    b"SUMMARY:BEGIN:VEVENT",
    b"SUMMARY:END:VEVENT",
    b"DTSTART;TZID=Tokyo Standard Time:20260701T100000",
    b"RRULE:FREQ=DAILY;COUNT=3",
    b"DESCRIPTION:" + b"long " * 12 + b"\r\n " + b"and longer " * 3,
)


def event(*lines: bytes) -> bytes:
    return b"\r\n".join([b"BEGIN:VEVENT", *lines, b"END:VEVENT", b""])


@st.composite
def events(draw: st.DrawFn) -> bytes:
    """An event of few UIDs, or of none."""
    named = draw(st.sampled_from([b"UID:1", b"UID:1", b"UID:2"]))
    lines = draw(st.lists(st.sampled_from([*OVERRIDES, *VERSIONS, *OTHERS]), max_size=4))
    return event(named, STAMP, *lines)


calendars = st.lists(events(), max_size=12).map(lambda each: HEAD + b"".join(each) + END)


def one_by_one(body: bytes) -> Rendered:
    """Render a body without runs."""
    with patch.object(reading, "cut", lambda whole: (whole, [])):
        return render(body)


@settings(max_examples=300)
@given(st.lists(calendars, min_size=1, max_size=2).map(b"".join))
def test_many_at_a_time_become_what_each_becomes_by_itself(body: bytes) -> None:
    assert render(body) == one_by_one(body)


def repaired(body: bytes) -> tuple[Piece, ...]:
    """Return what a calendar holds when it is repaired."""
    calendar, _ = opened(body, Journal())
    return repair(calendar, Journal()).pieces


def test_the_overrides_of_a_master_stay_beside_it() -> None:
    overrides = (event(b"UID:1", STAMP, b"RECURRENCE-ID;TZID=Asia/Tokyo:202607%02dT100000" % n) for n in range(1, 31))
    body = HEAD + event(b"UID:1", STAMP, b"RRULE:FREQ=DAILY") + b"".join(overrides) + END
    (run,) = repaired(body)
    assert isinstance(run, Run)
    assert run.uids == [b"1"] * 31
    assert run.recurs == [0]


def test_of_events_of_one_uid_the_last_of_the_highest_sequence_stays() -> None:
    body = HEAD + b"".join(event(b"UID:1", STAMP, b"SEQUENCE:%d" % (n % 7), b"SUMMARY:%d" % n) for n in range(20)) + END
    (run,) = repaired(body)
    assert isinstance(run, Run)
    assert b"SUMMARY:13" in run.text
    assert [(c.rule, c.count, c.examples) for c in render(body).report.changes if c.step == "unique"] == [
        ("clash", 19, ("1",))
    ]


@pytest.mark.parametrize("others", [b"", event(b"UID:2", STAMP)])
def test_two_overrides_that_are_one_under_the_tzid_as_served_are_one(others: bytes) -> None:
    spelled = (event(b"UID:1", STAMP, b"RECURRENCE-ID;TZID=%b:20260701T100000" % tzid) for tzid in TOKYO)
    body = HEAD + others.join(spelled) + END
    out = render(body)
    assert out.body.count(b"UID:1") == 1
    assert [(c.rule, c.count, c.examples) for c in out.report.changes if c.step == "unique"] == [
        ("duplicate", 1, ("1",))
    ]
