"""Events that follow each other are mended and weighed many at a time: the same comes out as of each by itself."""

from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feedproxy.ics import reading
from feedproxy.ics.folding import fold
from feedproxy.ics.runs import Piece, Run
from feedproxy.transform.assembly import Rendered, render
from feedproxy.transform.pipeline import opened
from feedproxy.transform.repair import repair
from feedproxy.transform.report import Journal
from feedproxy.transform.streaming import stream
from feedproxy.transform.unique import identity

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
    b"RECURRENCE-ID;TZID=Asia/Tokyo:20260701T1000000",
    b"RECURRENCE-ID;TZID=Tokyo Standard Time:20260701T1000000",
    b"RECURRENCE-ID;TZID=Asia/Tokyo:20260701T100000000",
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
NAMED = ((b"UID:1", STAMP), (STAMP, b"UID:1"), (b"UID:2", STAMP))
NAMELESS: tuple[tuple[bytes, ...], ...] = (
    (),
    (b"UID:1",),
    (STAMP,),
    (STAMP.replace(b"2026", b"2027"),),
    (b"UID:", STAMP),
    (b"UID;X=1:1", STAMP),
    (b"UID:1", b"DTSTAMP:"),
    (b"UID: ", b"DTSTAMP;X=1: ", b"UID:1", STAMP),
    (b"UID;X=1:2", STAMP, STAMP, b"UID:1"),
    (b'UID;X="a:b":', b"DTSTAMP;X=1:20260101T000000Z"),
    (b"DTSTAMP;TZID=Asia/Tokyo:20260101T000000", b"UID;tzid=Asia/Tokyo:1"),
    (b"UID;X=%b:1" % (b"long" * 20), b"DTSTAMP:" + b" " * 80),
    (STAMP, b"UID:" + b"long" * 20),
)
STATUSES = (
    b"STATUS:CONFIRMED",
    b"STATUS;X=1:" + b"T" * 90,
    b"STATUS;TZID=a:b",
    b"BEGIN:VALARM\r\nSTATUS:x\r\nEND:VALARM",
    b"SUMMARY:BEGIN:VEVENT",
)
DATES = (
    b"CREATED:20250101T000000Z",
    b"LAST-MODIFIED;X=1:20250201T000000Z",
    b"CREATED:then",
    b"X-CREATED:20250101T000000Z",
)
KINDS = (b"VTODO", b"VJOURNAL", b"VFREEBUSY", b"X-THING")
WITHIN = (
    b"BEGIN:VALARM\r\nUID:1\r\nDTSTAMP:20250101T000000Z\r\nEND:VALARM",
    b"BEGIN:PARTICIPANT\r\nBEGIN:VLOCATION\r\nUID:2\r\nEND:VLOCATION\r\nEND:PARTICIPANT",
    b"BEGIN:VALARM\r\nBEGIN:VALARM\r\nUID:3\r\nEND:VALARM\r\nUID:4\r\nEND:VALARM",
    b"BEGIN:X-THING\r\nEND:X-THING",
    b"BEGIN:VEVENT\r\nEND:VTODO",
)
OTHERS = (
    b"SUMMARY:one",
    b"SUMMARY:BEGIN:VEVENT",
    b"SUMMARY:END:VEVENT",
    b"DTSTART;TZID=Tokyo Standard Time:20260701T100000",
    b"RRULE:FREQ=DAILY;COUNT=3",
    b"DESCRIPTION:" + b"long " * 20,
)


def component(kind: bytes, *lines: bytes) -> bytes:
    written = (line if b"\r" in line else fold(line) for line in lines)
    return b"\r\n".join([b"BEGIN:" + kind, *written, b"END:" + kind, b""])


def event(*lines: bytes) -> bytes:
    return component(b"VEVENT", *lines)


@st.composite
def calendars(draw: st.DrawFn) -> bytes:
    """A calendar of events of few UIDs; in some it is a UID, a DTSTAMP or all that some events lack.

    And in some there are components of other kinds.
    """
    identities = draw(st.sampled_from([NAMED, NAMED + NAMELESS, NAMELESS]))
    others = draw(st.sampled_from([(), OVERRIDES + VERSIONS + OTHERS, STATUSES, DATES + OTHERS, WITHIN + OTHERS]))
    kinds = draw(st.sampled_from([(b"VEVENT",), (b"VEVENT", *KINDS), KINDS, *((kind,) for kind in KINDS)]))
    lines = st.lists(st.sampled_from(others), max_size=4) if others else st.just([])
    drawn = draw(st.lists(st.tuples(st.sampled_from(kinds), st.sampled_from(identities), lines), max_size=12))
    head = HEAD + draw(st.sampled_from([b"", b"METHOD:CANCEL\r\n"]))
    return head + b"".join(component(kind, *identity, *lines) for kind, identity, lines in drawn) + END


def one_by_one(body: bytes) -> Rendered:
    """Render a body without runs."""
    with patch.object(reading, "cut", lambda whole, **_: (whole, [])):
        return render(body)


@settings(max_examples=300)
@given(st.lists(calendars(), min_size=1, max_size=2).map(b"".join))
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


@given(
    st.lists(
        st.tuples(
            st.sampled_from([*OVERRIDES, *OVERRIDES, b"X-A:1"]),
            st.sampled_from([b"X-A:1", b"RECURRENCE-ID:2", b"SUMMARY:x\r\n y"]),
        ),
        min_size=1,
        max_size=6,
    )
)
def test_overrides_are_told_apart_as_each_is(drawn: list[tuple[bytes, ...]]) -> None:
    calendar, _ = opened(HEAD + b"".join(event(b"UID:1", STAMP, *lines) for lines in drawn) + END, Journal())
    for run in calendar.pieces:
        assert isinstance(run, Run)
        assert run.recurrence_ids() == [identity(each)[2:] for each in run.components()]


@pytest.mark.parametrize("others", [b"", event(b"UID:2", STAMP)])
def test_two_overrides_that_are_one_under_the_tzid_as_served_are_one(others: bytes) -> None:
    spelled = (event(b"UID:1", STAMP, b"RECURRENCE-ID;TZID=%b:20260701T100000" % tzid) for tzid in TOKYO)
    body = HEAD + others.join(spelled) + END
    out = render(body)
    assert out.body.count(b"UID:1") == 1
    assert [(c.rule, c.count, c.examples) for c in out.report.changes if c.step == "unique"] == [
        ("duplicate", 1, ("1",))
    ]


@pytest.mark.parametrize(
    ("changed", "stamps"),
    [
        ((b"LAST-MODIFIED:20260102T000000Z",), [b"20260102T000000Z"]),
        ((b"CREATED:20250101T000000Z", b"LAST-MODIFIED:20260102T000000Z", b"X-A:1"), [b"20260102T000000Z"]),
        ((b"CREATED:20250101T000000Z", b"X-A:1"), [b"20250101T000000Z"]),
        ((b"LAST-MODIFIED:20260102T000000Z\r\n 1",), [b"19700101T000000Z"]),
        ((b"LAST-MODIFIED:20260102T000000", b"CREATED:20250101T000000Z"), [b"20250101T000000Z"]),
        ((b"LAST-MODIFIED:20260102T000000Z", b"LAST-MODIFIED:20260103T000000Z"), [b"20260102T000000Z"]),
        ((b"BEGIN:VALARM\r\nLAST-MODIFIED:20260102T000000Z\r\nEND:VALARM",), [b"19700101T000000Z"]),
    ],
)
def test_all_are_stamped_with_when_each_was_changed(changed: tuple[bytes, ...], stamps: list[bytes]) -> None:
    body = HEAD + b"".join(event(b"UID:%d" % n, *changed) for n in range(9)) + END
    (run,) = repaired(body)
    assert isinstance(run, Run)
    assert [each.value(b"DTSTAMP") for each in run.components()] == stamps * 9
    assert render(body) == one_by_one(body)


def test_what_one_says_twice_and_another_does_not_stamps_that_one_alone() -> None:
    changed = b"LAST-MODIFIED:20260102T000000Z"
    body = HEAD + event(b"UID:1", changed, changed) + event(b"UID:2", b"X-A:1") + END
    (run,) = repaired(body)
    assert isinstance(run, Run)
    assert [each.value(b"DTSTAMP") for each in run.components()] == [b"20260102T000000Z", b"19700101T000000Z"]


def test_events_without_uid_and_stamp_are_given_both_in_one_run() -> None:
    body = HEAD + b"".join(event(b"SUMMARY:%d" % n, b"RRULE:FREQ=DAILY") for n in range(3)) + event() + END
    (run,) = repaired(body.replace(event(b"SUMMARY:1", b"RRULE:FREQ=DAILY"), event()))
    assert isinstance(run, Run)
    assert run.recurs == [0, 1]
    assert [each.uid() for each in run.components()] == run.uids
    assert run.text.count(b"DTSTAMP:19700101T000000Z\r\n") == 2
    assert run.is_identified


@pytest.mark.parametrize("kinds", [(b"VEVENT",), (b"VTODO", b"VEVENT"), (b"X-THING", b"VEVENT")])
def test_components_that_say_nothing_go_but_for_those_that_need_no_uid(kinds: tuple[bytes, ...]) -> None:
    body = HEAD + b"".join(map(component, kinds)) * 20 + END
    assert [piece.text for piece in repaired(body)] == [component(b"X-THING") * 20] * (b"X-THING" in kinds)
    assert render(body) == one_by_one(body)


def test_a_run_that_is_cancelled_stays_one() -> None:
    statuses = (b"STATUS:CONFIRMED", b"STATUS:TENTATIVE")
    body = HEAD + b"METHOD:CANCEL\r\n" + event(b"UID:1", STAMP, *statuses) + event(b"UID:2", STAMP) + END
    (run,) = repaired(body)
    assert isinstance(run, Run)
    assert run.text == b"".join(event(b"STATUS:CANCELLED", uid, STAMP) for uid in (b"UID:1", b"UID:2"))


def test_calendars_of_which_some_are_cancelled_stay_one_run() -> None:
    cancel = b"METHOD:CANCEL\r\n"
    heads = [cancel if n % 3 else b"" for n in range(12)]
    alarm = b"BEGIN:VALARM\r\nACTION:AUDIO\r\nTRIGGER:-PT5M\r\nEND:VALARM\r\n"
    lines = [(b"UID:%d" % n, STAMP, b"X-A:1\r\n%b" % alarm[:-2]) for n in range(12)]
    body = b"".join(HEAD + head + event(*each) + END for head, each in zip(heads, lines, strict=True))
    first, last = repaired(body)
    assert isinstance(first, Run)
    expected = [event(*[b"STATUS:CANCELLED"] * bool(head), *each) for head, each in zip(heads, lines, strict=True)]
    assert first.text + last.text == b"".join(expected)
    assert [(c.rule, c.count) for c in render(body).report.changes if c.rule == "method-cancel"] == [
        ("method-cancel", 8)
    ]


@pytest.mark.parametrize("lacks", [(b"SUMMARY:1",), (b"UID:1",), (STAMP, b"STATUS;X=1:x"), ()])
@pytest.mark.parametrize("kind", [b"VEVENT", b"VTODO"])
def test_components_without_uid_or_stamp_are_cancelled_at_once(kind: bytes, lacks: tuple[bytes, ...]) -> None:
    named = (component(b"VEVENT", b"UID:n%d" % n, STAMP) for n in range(9))
    nameless = (component(kind, *lacks, b"X-A:%d" % n) if n % 3 else component(kind) for n in range(9))
    texts = [text for pair in zip(named, nameless, strict=True) for text in pair]
    for held in (texts, texts[::-1], texts[1::2]):
        body = HEAD + b"METHOD:CANCEL\r\n" + b"".join(held) + END
        assert render(body) == one_by_one(body)
        assert all(isinstance(piece, Run) for piece in repaired(body))


@pytest.mark.parametrize("own", [(), (b"STATUS:CONFIRMED", b"STATUS;X=1:x"), (b"SEQUENCE:3",), (b"SEQUENCE:1",)])
def test_overrides_of_a_series_that_is_cancelled_are_cancelled_at_once(own: tuple[bytes, ...]) -> None:
    overrides = [event(b"UID:%d" % (n % 3), STAMP, b"RECURRENCE-ID:20260701T1000%02dZ" % n, *own) for n in range(12)]
    cancels = [event(b"UID:%d" % n, b"SEQUENCE:%d" % (1 + n), STAMP) for n in range(2)]
    body = HEAD + b"".join(overrides) + END + HEAD + b"METHOD:CANCEL\r\n" + b"".join(cancels) + END
    assert render(body) == one_by_one(body)
    assert render(body).body.count(b"STATUS:CANCELLED") == (2 if own == (b"SEQUENCE:3",) else 10)
    assert isinstance(repaired(body)[0], Run) == (b"SEQUENCE" not in b"".join(own))


@settings(max_examples=300)
@given(calendars())
def test_a_stream_of_them_says_the_same(body: bytes) -> None:
    assert b"".join(stream(body)) == render(body).body


def test_what_gives_way_in_one_piece_leaves_the_others_whole() -> None:
    odd = component(b"VTODO", b"UID:%d", STAMP, b"BEGIN:A", b"BEGIN:A", b"END:A", b"END:A")
    twice = event(b"UID:1", STAMP), event(b"UID:2", STAMP), event(b"UID:1", STAMP)
    body = HEAD + odd % 1 + b"".join(twice) + odd % 2 + b"".join(twice) + odd % 1 + END
    assert [piece.text for piece in repaired(body)] == [odd % 1, b"".join(twice[:2]), odd % 2]


@pytest.mark.parametrize(("titles", "rules"), [("aab", ["duplicate", "clash"]), ("abb", ["clash", "duplicate"])])
def test_what_is_met_first_is_reported_first(titles: str, rules: list[str]) -> None:
    out = render(HEAD + b"".join(event(b"UID:1", STAMP, b"SUMMARY:" + title.encode()) for title in titles) + END)
    assert [c.rule for c in out.report.changes if c.step == "unique"] == rules
