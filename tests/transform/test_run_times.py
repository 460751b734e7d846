"""Times and rules of events that follow each other are read many at a time: the same comes out as of each by itself."""

from datetime import timedelta
from unittest.mock import patch

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from feedproxy.ics import reading
from feedproxy.ics.folding import fold, fold_each
from feedproxy.ics.runs import Run
from feedproxy.transform import run_times
from feedproxy.transform.assembly import render
from feedproxy.transform.definitions import Served
from feedproxy.transform.report import Contexts, Journal, Report
from feedproxy.transform.streaming import stream
from feedproxy.transform.timezones import counted
from feedproxy.transform.tzid_rename import Rename
from feedproxy.transform.tzid_uses import Census

HEAD, END = b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\n", b"END:VCALENDAR\r\n"
PARTING = (
    b"BEGIN:VTIMEZONE\r\nTZID:Eastern Standard Time\r\nBEGIN:STANDARD\r\nDTSTART:16010101T000000\r\n"
    b"TZOFFSETFROM:-0500\r\nTZOFFSETTO:-0500\r\nEND:STANDARD\r\nEND:VTIMEZONE\r\n"
)
"""Its rules part from the zone's in summer: each value is looked at."""
TZIDS = (
    b";TZID=Asia/Tokyo",
    b";TZID=Tokyo Standard Time",
    b";TZID=Eastern Standard Time",
    b';TZID="Eastern Standard Time"',
    b";TZID=UTC",
    b";TZID=",
    b";TZID=GMT+05:30",
    b";TZID=(UTC+01:00) Amsterdam, Berlin, Bern",
    b';TZID="(UTC+01:00) Amsterdam, Berlin, Bern, Rome, Stockholm, Vienna"',
    b";TZID=" + b"long-name-" * 7,
    b";TZID=Nowhere",
    b";TZID",
    b";tzid=Asia/Tokyo",
    b"; TZID=Asia/Tokyo",
    b";TZID=Asia/Tokyo;TZID=Nowhere",
    b"",
)
BEFORE = (b"", b"", b"", b";VALUE=DATE-TIME", b";VALUE=DATE", b";X-VOBJ-ORIGINAL-TZID=UTC", b';X="a:b;TZID=c"')
VALUES = (
    b"20260701T100000",
    b"20260101T100000",
    b"20260701T100000Z",
    b"20260701",
    b"20260701,20260702",
    b"20260701T100000,20260702T100000,20260703T100000,20260704T100000",
    b"20260701T100000,20260732T100000",
    b"20260701T100000Z,20260702T100000Z,20260703T100000Z,20260704T100000Z,20260705T100000Z",
    b"20260701T100000,20260702T100000Z",
    b"20260701T100000/PT1H,20260702T100000/20260702T110000",
    b"20260701T100000Z/PT1H",
    b"20260701,20260701T100000",
    b"2026",
    b"20260701T10000000",
    b"20260732T100000",
    b"2026-07-01T10:00:00",
    b"",
    b"tbd",
    b"tbd:tbd",
    b"to be said, or:20260701T100000; so",
    b" 20260701T100000",
    b"20260701T100000 ",
    b"0T,",
)
OTHERS = (b"X-A", b"X-a", b"CREATED")
NAMES = (b"DTSTART", b"DTSTART", b"DTEND", b"EXDATE", b"RDATE", b"RECURRENCE-ID", *OTHERS)
RULES = (
    b"RRULE:FREQ=DAILY;COUNT=3",
    b"RRULE:freq=weekly;count=2;",
    b"RRULE;X=a:FREQ=DAILY;COUNT=2, ",
    b"RRULE:FREQ=DAILY;UNTIL=20260801T000000",
    b"RRULE:FREQ=DAILY;UNTIL=20260801T000000Z",
    b"RRULE:FREQ=YEARLY",
    b"RRULE:FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR,SA,SU;BYMONTH=1,2,3,4,5,6,7,8,9,10,11,12;count=9",
    b"EXRULE:FREQ=DAILY;COUNT=2;",
    b"DESCRIPTION:UNTIL=20260801T000000;TZID=",
)


@st.composite
def times(draw: st.DrawFn) -> bytes:
    name, before, behind, value = map(draw, map(st.sampled_from, (NAMES, BEFORE, BEFORE, VALUES)))
    tzid = draw(st.sampled_from([*filter(_is_plain, TZIDS)] if name in OTHERS else TZIDS))
    return fold(name + before + tzid + behind + b":" + value)


def _is_plain(tzid: bytes) -> bool:
    return tzid.startswith(b";TZID=")


@st.composite
def feeds(draw: st.DrawFn) -> bytes:
    """A feed of a few events with times of any form, and rules."""
    lines = st.lists(st.one_of(times(), times(), times(), st.sampled_from(RULES).map(fold)), max_size=4)
    events = [
        b"\r\n".join([b"BEGIN:VEVENT", b"UID:%d" % (n // 2), b"DTSTAMP:20260101T000000Z", *found, b"END:VEVENT", b""])
        for n, found in enumerate(draw(st.lists(lines, min_size=1, max_size=5)))
    ]
    return HEAD + draw(st.sampled_from([b"", PARTING])) + b"".join(events) + END


def said(body: bytes) -> tuple[bytes, Report]:
    out = render(body)
    return out.body, out.report


def one_by_one(body: bytes) -> tuple[bytes, Report]:
    """Render a body without runs."""
    with patch.object(reading, "cut", lambda whole, **_: (whole, [])):
        return said(body)


def one(*lines: bytes) -> bytes:
    """Return a feed of one event with these lines, and a plain one."""
    event = [b"BEGIN:VEVENT", b"UID:1", b"DTSTAMP:20260101T000000Z", *map(fold, lines), b"END:VEVENT"]
    plain = [b"BEGIN:VEVENT", b"UID:2", b"DTSTAMP:20260101T000000Z", b"DTSTART;TZID=UTC:20260701T100000", b"END:VEVENT"]
    return HEAD + b"\r\n".join([*event, *plain, END])


@settings(max_examples=1_000)
@given(feeds())
@example(one(b"EXDATE;TZID=Nowhere::0,20260703T100000Z:"))
@example(one(b"EXDATE;TZID=UTC:20;260702T100000"))
@example(one(b"DTSTART;TZID=Tokyo Standard Time:20260701T100000Z", b"RRULE:FREQ=DAILY;UNTIL=20260801T000000"))
def test_times_of_any_form_become_in_runs_what_each_becomes_by_itself(body: bytes) -> None:
    assert said(body) == one_by_one(body)


@settings(max_examples=200)
@given(feeds())
def test_times_of_any_form_are_streamed_as_they_are_rendered(body: bytes) -> None:
    assert b"".join(stream(body)) == render(body).body


@settings(max_examples=200)
@given(feeds())
def test_where_few_times_are_alike_the_same_comes_out(body: bytes) -> None:
    with patch.object(run_times, "MAX_BEFORE", 0):
        few = said(body)
    assert said(body) == few


def test_an_event_whose_rule_ends_in_utc_with_its_start_takes_no_other_from_its_run() -> None:
    starts = b"DTSTART;TZID=UTC:20260701T100000"
    events = [one(starts).removeprefix(HEAD).removesuffix(END) for _ in range(3)]
    ending = events[0].replace(b"END:", b"RRULE:FREQ=DAILY;UNTIL=20260801T000000\r\nEND:", 1)
    body = HEAD + b"".join(
        event.replace(b"UID:", b"UID:%d-" % n) for n, event in enumerate([events[0], ending, events[2]])
    )
    body += END
    assert said(body) == one_by_one(body)
    assert render(body).body.count(b"UNTIL=20260801T000000Z\r\n") == 1
    census = Census(timedelta(days=1), Contexts())
    (run,) = reading.read(body).pieces
    assert isinstance(run, Run)
    pairs = Rename(census, {(0, "UTC"): Served(None)}, Journal()).run(run)
    assert [len(was.uids) if isinstance(was, Run) else 1 for was, _ in pairs] == [2, 1, 3]


@pytest.mark.parametrize(
    "line",
    [
        b"DTEND;TZID=Asia/Tokyo:20260701T100000Z",
        b"DTEND;VALUE=DATE;TZID=Asia/Tokyo:20260701",
        b"DTEND;VALUE=DATE-TIME;TZID=Tokyo Standard Time:20260701T110000",
        b"DTEND;TZID=UTC:20260701T110000",
        b"DTEND;TZID=(UTC+09:00) Osaka, Sapporo, Tokyo:20260701T110000",
        b"DTEND;TZID=:20260701T110000",
        b"EXDATE;TZID=Tokyo Standard Time:" + b",".join(b"202607%02dT110000" % day for day in range(1, 20)),
        b"X-A;TZID=Tokyo Standard Time:20260701T110000",
        b"RRULE:freq=daily;",
    ],
)
def test_what_many_publishers_write_costs_no_event_its_run(line: bytes) -> None:
    pieces = reading.read(one(line)).pieces
    assert [piece.uids for piece in pieces if isinstance(piece, Run)] == [[b"1", b"2"]]
    with patch.object(run_times, "_odd", wraps=run_times._odd) as odd:
        assert said(one(line)) == one_by_one(one(line))
    assert all(not run_times._odd(*call.args) for call in odd.call_args_list)


@pytest.mark.parametrize(
    ("line", "takes_steps"),
    [
        (b"DTSTART:19700101T100000", False),
        (b"DTSTART:19700101T100000\r\nSUMMARY:;TZID=UTC", False),
        (b"DTSTART;TZID=UTC:19700101T100000Z", False),
        (b"DTSTART;TZID=UTC:19700101T100000", True),
        (b"DTSTART;VALUE=DATE-TIME;TZID=UTC:19700101T100000", True),
        (b"DTSTART:19700101T100000\r\nEXDATE;TZID=UTC:" + b",".join([b"19700102T100000"] * 200), True),
    ],
)
def test_a_rule_takes_steps_where_a_tzid_binds_a_value(line: bytes, takes_steps: bool) -> None:
    body = one(*line.split(b"\r\n"), b"RRULE:FREQ=DAILY")
    steps = []
    for whole in (reading.read(body), _read_one_by_one(body)):
        census = Census(timedelta(days=1), Contexts())
        for piece in whole.pieces:
            counted(census, piece)
        steps.append(census.steps)
    assert steps[0] == steps[1]
    assert (steps[0] > 0) == takes_steps


def _read_one_by_one(body: bytes) -> reading.Reading:
    with patch.object(reading, "cut", lambda whole, **_: (whole, [])):
        return reading.read(body)


@given(st.lists(st.text("abü", max_size=300).map(str.encode)))
def test_lines_are_folded_together_as_each_is_by_itself(lines: list[bytes]) -> None:
    assert fold_each(lines) == [*map(fold, lines)]
