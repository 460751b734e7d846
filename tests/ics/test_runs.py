"""Runs are a shorter way to the same: whatever is cut out, the feed says what it says when everything is read."""

from collections.abc import Callable
from unittest.mock import patch

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from feedproxy.errors import FeedRefused
from feedproxy.ics import cutting, reading
from feedproxy.ics.components import MARK, MAX_LINES, SCHEDULED, Component, parse
from feedproxy.ics.cutting import STRETCH, cut
from feedproxy.ics.folding import unfold
from feedproxy.ics.normal import is_normal, normalise, wide_encoding
from feedproxy.ics.runs import Run, restored, singly
from feedproxy.transform import render
from feedproxy.transform.streaming import stream
from tests.feeds import SAMPLES, bodies

HEAD, TAIL = b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\n", b"END:VCALENDAR\r\n"


def event(uid: bytes, *lines: bytes) -> bytes:
    stated = [b"BEGIN:VEVENT", b"UID:" + uid, b"DTSTAMP:20260101T000000Z", *lines, b"END:VEVENT", b""]
    return b"\r\n".join(stated)


def feed(*events: bytes) -> bytes:
    return HEAD + b"".join(events) + TAIL


def said(body: bytes) -> tuple[bytes, object]:
    """What comes out, folding apart, and what is reported, in any order; the reason when nothing comes out."""
    try:
        out = render(body)
    except FeedRefused as refusal:
        return refusal.reason.encode(), None
    report = out.report.to_json()
    del report["octets"], report["changes"]
    return unfold(out.body), (report, sorted(map(str, out.report.changes)))


def line_by_line(body: bytes) -> tuple[bytes, object]:
    """The same when no run is cut out."""
    with patch.object(reading, "cut", lambda whole, **_: (whole, [])):
        return said(body)


@settings(max_examples=400)
@given(bodies)
def test_what_is_read_in_runs_says_what_it_says_read_line_by_line(body: bytes) -> None:
    assert said(body) == line_by_line(body)


@settings(max_examples=200)
@given(bodies)
def test_without_the_automaton_the_same_is_cut_out(body: bytes) -> None:
    """As under Pyodide. The automaton takes a stretch as one run, the expression may find it in two."""
    text = normalise(body).text
    with patch.object(cutting, "all_alike", lambda _: False), patch.object(cutting, "all_identified", lambda _: False):
        whole = b"".join(run.text for run in cut(text)[1])
        with patch.object(cutting, "all_plain", lambda *_, **__: False):
            assert b"".join(run.text for run in cut(text)[1]) == whole


@given(st.lists(st.sampled_from(SAMPLES), min_size=1, max_size=3), st.sampled_from([b"\r\n", b"\n", b"\r"]))
def test_what_is_cut_out_is_put_back_in_its_place(samples: list[bytes], line_end: bytes) -> None:
    body = b"".join(samples).replace(b"\r\n", b"\n").replace(b"\n", line_end)
    rest, runs = cut(body)
    assume(wide_encoding(body[:4]) is None)
    whole = parse(normalise(body).text)
    found = restored(parse(normalise(rest).text), runs)
    assert found is not None
    pieces = found.pieces
    components = [each for piece in pieces for each in (piece.components() if isinstance(piece, Run) else [piece])]
    assert [(c.kind, unfold(c.text), c.scope) for c in components] == [
        (c.kind, unfold(c.text), c.scope) for c in whole.components
    ]


@given(st.sampled_from(SAMPLES))
def test_a_run_is_in_normal_form_and_knows_its_events(body: bytes) -> None:
    for run in cut(body)[1]:
        assert is_normal(run.text)
        events = run.components()
        assert b"".join(each.text for each in events) == run.text
        named = [each for each in events if each.kind in SCHEDULED]
        assert [each.kind for each in events] == [*(run.kinds or [b"VEVENT"] * len(events))]
        assert [each.uid() if each.kind in SCHEDULED else b"" for each in events] == run.uids
        unstamped = [each for each in named if not (each.value(b"DTSTAMP") or b"").strip()]
        assert [events[n] for n in run.unstamped] == unstamped
        assert run.is_identified == (not unstamped and all(each.uid() for each in named))
        assert [each.text for each in run.recurring()] == [each.text for each in events if each.first(b"RRULE")]


_HEADS = (b"VERSION:2.0\r\n", b"", b"METHOD:CANCEL\r\n", b"X-A:" + b"x" * 71 + b"\r\n y\r\n", b"x-a:1\r\n", b"X-A:1\n")
_ZONE = (
    b"BEGIN:VTIMEZONE\r\nTZID:Z\r\nBEGIN:STANDARD\r\nDTSTART:16010101T000000\r\nTZOFFSETFROM:%b\r\nTZOFFSETTO:%b\r\n"
    b"END:STANDARD\r\nEND:VTIMEZONE\r\n"
)
_IN_STREAMS = (
    event(b"1", b"STATUS:CONFIRMED"),
    event(b"1", b"SEQUENCE:1"),
    event(b"1", b"RECURRENCE-ID:20260701T100000Z"),
    event(b"2", b"SUMMARY:xEND:VCALENDAR\r\nBEGIN:VCALENDAR"),
    event(b"3", b"DTSTART;TZID=Z:20260701T100000", b"RRULE:FREQ=DAILY;COUNT=3"),
    event(b"4", b"X-A:END:VCALENDAR", b"X-B:BEGIN:VCALENDAR"),
    b"BEGIN:VEVENT\r\nSUMMARY:x\r\nEND:VEVENT\r\n",
)
_ODD = (b"", b"BEGIN:X-OPEN\r\n", b"END:X-OPEN\r\n", b"X-B:1\r\n", event(b"5").replace(b"VEVENT", b"VTODO"))
_calendars = st.builds(
    lambda head, zones, events, odd, end: b"".join([b"BEGIN:VCALENDAR\r\n", head, *zones, *events, odd, end]),
    st.sampled_from(_HEADS),
    st.lists(st.sampled_from([_ZONE % ((offset,) * 2) for offset in (b"+0100", b"+0900")]), max_size=1),
    st.lists(st.sampled_from(_IN_STREAMS), max_size=3),
    st.sampled_from([b""] * 9 + [*_ODD]),
    st.sampled_from([TAIL] * 19 + [b"", b"END:VCALENDAR", TAIL + event(b"6")]),
)
_MORE_DEFINITIONS = st.sampled_from(
    [b"", b"", b"", _ZONE % (b"+0100", b"+0100"), _ZONE.replace(b"Z", b"Y") % (b"+0100", b"+0100")]
)


@settings(max_examples=400)
@given(
    st.lists(_calendars, min_size=1, max_size=8).map(b"".join),
    _MORE_DEFINITIONS,
    st.sampled_from([b"\r\n", b"\n"]),
    st.booleans(),
)
def test_many_calendars_in_one_body_say_what_they_say_read_line_by_line(
    body: bytes, definition: bytes, line_end: bytes, begins: bool
) -> None:
    body = body.replace(b"BEGIN:VEVENT", definition + b"BEGIN:VEVENT").replace(b"\r\n", line_end)
    body = body if begins else body.removeprefix(b"BEGIN:VCALENDAR")
    with patch.object(reading, "cut", lambda whole, **_: (whole, [])):
        line_by_line = said(body)
        found = read_or_refused(body)
    assert said(body) == line_by_line
    assert read_or_refused(body) == found


def read_or_refused(body: bytes) -> object:
    """The heads of a body, and what stands in which VCALENDAR."""
    try:
        found = reading.read(body)
    except FeedRefused as refusal:
        return refusal.reason
    held = [(each.kind, unfold(each.text), each.scope) for each in singly(found.pieces)]
    return found.heads, sorted(held, key=lambda each: each[0] == b"VTIMEZONE")


def test_events_of_many_calendars_are_one_run() -> None:
    calendars = [feed(event(b"%d" % n)) for n in range(9)]
    body = b"".join([*calendars[:4], feed(), *calendars[4:]])
    first, last = reading.read(body).pieces
    assert isinstance(first, Run)
    assert first.uids == [b"%d" % n for n in range(8)]
    assert [each.scope for each in first.components()] == [0, 1, 2, 3, 5, 6, 7, 8]
    assert last.scope == 9


@pytest.mark.parametrize("heads", [(b"",), (b"", b"X-A:1\r\n", b"X-A:2\r\n")], ids=["alike", "different"])
def test_calendars_with_the_same_definitions_are_one_context(heads: tuple[bytes, ...]) -> None:
    """So that what a TZID stands for is found out, and reported, once for all of them."""
    zones = [_ZONE % (offset, offset) for offset in (b"+0100", b"+0900")]
    calendars = (
        b"BEGIN:VCALENDAR\r\n%b%b" % (heads[n % len(heads)], zones[n // 20])
        + event(b"%d" % n, b"DTSTART;TZID=Z:20260701T10%02d00" % n)
        + event(b"%d" % (100 + n), b"DTSTART;TZID=Z:20260701T11%02d00" % n)
        + TAIL
        for n in range(40)
    )
    body = b"".join(calendars)
    pieces = reading.read(body).pieces
    assert sum(isinstance(piece, Run) for piece in pieces) == 2
    assert sum(not isinstance(piece, Run) and piece.kind == b"VTIMEZONE" for piece in pieces) == 40
    assert [(zone.written, zone.scope, zone.uses) for zone in render(body).report.zones] == [
        ("Z", 0, 40),
        ("Z", 20, 40),
    ]


def test_what_stands_behind_the_last_events_is_of_their_calendar() -> None:
    zone = _ZONE % (b"+0900", b"+0900")
    calendar = event(b"1") + zone + event(b"2")
    body = feed(calendar) * 3 + feed(calendar, b"X-A:1\r\n", calendar, zone, event(b"3"), b"X-B:1\r\n")
    own = HEAD.partition(b"\r\n")[2]
    assert reading.read(body).heads == (own, own, own, own + b"X-A:1\r\nX-B:1\r\n")


def test_definitions_before_each_event_interrupt_no_run() -> None:
    zone = _ZONE % (b"+0900", b"+0900")
    body = feed(*(zone + event(b"%d" % n, b"DTSTART;TZID=Z:20260701T100000") for n in range(30)))
    assert [len(piece.uids) for piece in reading.read(body).pieces if isinstance(piece, Run)] == [29, 1]
    assert render(body).report.components_in == {"VTIMEZONE": 30, "VEVENT": 30}


def test_a_recurrence_in_a_zone_with_a_colon_is_looked_at_in_a_run_too() -> None:
    rules = b"BEGIN:STANDARD\r\nDTSTART:16010101T000000\r\nTZOFFSETFROM:-0500\r\nTZOFFSETTO:-0500\r\nEND:STANDARD\r\n"
    definition = b"BEGIN:VTIMEZONE\r\nTZID:(UTC-05:00) Eastern\r\n" + rules + b"END:VTIMEZONE\r\n"
    start = b'DTSTART;TZID="(UTC-05:00) Eastern":20260101T100000'
    body = feed(definition, event(b"1", start, b"RRULE:FREQ=MONTHLY;COUNT=12"))
    assert cut(body)[1][0].recurs == [0]
    assert said(body) == line_by_line(body)


@pytest.mark.parametrize(
    "tzid",
    [
        lambda length: (b"long-name-" * 9)[:length],
        lambda length: b'"%b: x"' % (b"a long name, " * 9)[:length],
        lambda length: b'"%b"' % b"Eastern Standard Time".ljust(length),
    ],
)
@pytest.mark.parametrize("time", [b"DTSTART;TZID=%b:20260101T100000", b"RECURRENCE-ID;TZID=%b:0000002026T010110"])
def test_a_time_that_has_to_be_folded_is_read_as_it_is_by_itself(tzid: Callable[[int], bytes], time: bytes) -> None:
    """The fold comes into the TZID, behind it, or into the value."""
    for length in range(30, 80):
        body = feed(event(b"1", time % tzid(length)), event(b"2", b"SUMMARY:x"))
        assert cut(normalise(body).text)[1]
        assert said(body) == line_by_line(body)
        assert is_normal(render(body).body)


@pytest.mark.parametrize("quote", [b"", b'"'], ids=["bare", "quoted"])
def test_a_parameter_may_be_folded_anywhere(quote: bytes) -> None:
    """Within TZID too, and then that is read as it is by itself."""
    for length in range(40, 75):
        parameters = b"A=%b%b%b;TZID=%bTokyo Standard Time%b" % (quote, b"a" * length, quote, quote, quote)
        body = feed(event(b"1", b"X-A;%b:20260701T100000" % parameters), event(b"2", b"SUMMARY:x"))
        assert said(body) == line_by_line(body)
        assert b"".join(stream(body)) == render(body).body


@pytest.mark.parametrize(
    "value", [b"100000701T100000", b"2026070110T000000", b"20260701T1000", b"2026T", b"99999999T999999"]
)
@pytest.mark.parametrize("tzid", [b"Eastern Standard Time", b"long-name-" * 5])
@pytest.mark.parametrize("rule", [b"RRULE:FREQ=WEEKLY;COUNT=3", b"SUMMARY:once"])
def test_what_stands_for_a_time_is_read_in_a_run_as_it_is_by_itself(value: bytes, tzid: bytes, rule: bytes) -> None:
    """The rules that Eastern Standard Time has here part from the zone's: each of its values is looked at."""
    rules = b"BEGIN:STANDARD\r\nDTSTART:16010101T000000\r\nTZOFFSETFROM:-0500\r\nTZOFFSETTO:-0500\r\nEND:STANDARD\r\n"
    definition = b"BEGIN:VTIMEZONE\r\nTZID:Eastern Standard Time\r\n" + rules + b"END:VTIMEZONE\r\n"
    start = b"DTSTART;TZID=Eastern Standard Time:20260101T100000"
    odd = event(b"1", start, b"EXDATE;TZID=%b:%b" % (tzid, value), rule)
    body = feed(definition, odd, event(b"2", start.replace(b"2026", b"2028")))
    assert [run.uids for run in cut(normalise(body).text)[1]] == [[b"1", b"2"]]
    assert said(body) == line_by_line(body)
    assert b"".join(stream(body)) == render(body).body


def test_an_event_with_many_rules_recurs_once() -> None:
    body = feed(event(b"1", b"DTSTART:20260701T100000Z", *[b"RRULE:FREQ=DAILY;COUNT=2"] * 3), event(b"2", b"SUMMARY:x"))
    assert [run.recurs for run in cut(body)[1]] == [[0]]


PLAIN = (
    (b"SUMMARY:one", b"LOCATION:two"),
    (b"DTSTART;TZID=Europe/Madrid:20260701T100000", b"DTEND:20260701T120000Z"),
    (b'DTSTART;TZID="W. Europe Standard Time":20260701T100000',),
    (b"DTSTART;TZID=Europe/Madrid:100000701T100000", b"DTEND;TZID=Europe/Madrid:20260701T1200"),
    (b"DTSTART;VALUE=DATE:20260701",),
    (b"DTSTART;TZID=Europe/Madrid:20260701T10000000",),
    (b"DTSTART;TZID=Europe/Madrid:20260701T100000Z",),
    (b"EXDATE;TZID=Europe/Madrid:20260701T100000" + b",20260702T100000" * 9,),
    (b"DTSTART;tzid=GMT+01:00:20260701T100000",),
    (b"RRULE;X=1:Freq=Daily;",),
    (b"RRULE:FREQ=DAILY;COUNT=3", b"EXDATE;TZID=Europe/Madrid:20260702T100000"),
    (b'ATTENDEE;CN="A: B";X=1:mailto:a@example.com',),
    (b"X-lower-Case;a=b:c",),
    (b"BEGIN:VALARM", b"ACTION:DISPLAY", b"DESCRIPTION:now", b"TRIGGER:-PT5M", b"END:VALARM", b"STATUS:CONFIRMED"),
    (b"DESCRIPTION:" + b"long " * 30,),
    (b"ATTENDEE" + b";MEMBER=abcdefghijklmnop" * 9 + b":mailto:a@example.com",),
    (b'ATTENDEE;MEMBER="mailto:a@example.com"' + b',"mailto:a@example.com"' * 9 + b":mailto:a@example.com",),
    ("SUMMARY:Año".encode(),),
    (b"UID:again" * 2, b"DTSTAMP:20260101T000000Z"),
    (b'UID;X="a:b":again', b"DTSTAMP;X=1:", b"UID:", b"DTSTAMP:"),
    (b"BEGIN:VLOCATION", b"UID:within", b"NAME:x", b"END:VLOCATION"),
    (b"BEGIN:VALARM", b"DTSTAMP:20260101T000000Z", b"END:VALARM"),
    (b"BEGIN:PARTICIPANT", b"BEGIN:VRESOURCE", b"RESOURCE-TYPE:ROOM", b"END:VRESOURCE", b"END:PARTICIPANT"),
    (b"BEGIN:X-A", b"BEGIN:X-B", b"END:X-B", b"END:X-A", b"BEGIN:X-B", b"END:X-B"),
)
NOT_PLAIN = (
    (b"BEGIN:VTODO", b"END:VTODO"),
    (b"BEGIN:VALARM", b"BEGIN:VALARM", b"END:VALARM", b"END:VALARM"),
    (b"BEGIN:A", b"BEGIN:B", b"BEGIN:C", b"END:C", b"END:B", b"END:A"),
    (b"BEGIN:A", b"END:B"),
    (b"BEGIN:VALARM", b"DTSTART:20260101T000000Z", b"END:VALARM"),
    (b"UID;tzid=Europe/Madrid:again",),
    (b"DTSTAMP; TZID=Europe/Madrid:20260101T000000",),
    (b"SUMMARY:a control", b"\x0b before a blank"),
    (b"no content line",),
)


@pytest.mark.parametrize("lines", PLAIN)
def test_what_needs_no_mending_is_cut_out(lines: tuple[bytes, ...]) -> None:
    rest, runs = cut(normalise(feed(event(b"1@example.com", *lines))).text)
    assert [run.uids for run in runs] == [[b"1@example.com"]]
    assert rest == HEAD + b"BEGIN:" + MARK + b"\r\nEND:" + MARK + b"\r\n" + TAIL


THING = b"BEGIN:X-THING\r\nUID:thing\r\nEND:X-THING\r\n"
"""It has no UID that names it."""


def other(kind: bytes, uid: bytes) -> bytes:
    return event(uid).replace(b"VEVENT", kind)


@pytest.mark.parametrize("behind", [b"", b"BEGIN:VTIMEZONE\r\nTZID:x\r\nEND:VTIMEZONE\r\n"], ids=["head", "definition"])
def test_components_of_any_kind_are_a_run(behind: bytes) -> None:
    components = [THING, event(b"1"), other(b"VTODO", b"1"), THING, THING.replace(b"THING", b"OTHER"), event(b"2")]
    rest, [run] = cut(feed(behind, *components))
    assert rest == feed(behind, b"BEGIN:" + MARK + b"\r\nEND:" + MARK + b"\r\n")
    assert run.texts() == components
    assert run.kinds == [b"X-THING", b"VEVENT", b"VTODO", b"X-THING", b"X-OTHER", b"VEVENT"]
    assert (run.uids, run.named) == ([b"", b"1", b"1", b"", b"", b"2"], [b"1", b"1", b"2"])
    assert run.is_identified


@pytest.mark.parametrize("kind", [b"VTODO", b"VJOURNAL", b"VFREEBUSY", b"X-THING", b"ANY/THING.1"])
def test_components_of_another_kind_are_a_run(kind: bytes) -> None:
    components = [other(kind, b"%d" % n) for n in range(3)]
    _, [run] = cut(feed(*components))
    assert run.components() == [Component(kind, text) for text in components]
    assert b"".join(stream(feed(*components))) == render(feed(*components)).body


@pytest.mark.parametrize("kind", [b"VTIMEZONE", b"VCALENDAR"])
def test_what_others_tell_apart_is_in_no_run(kind: bytes) -> None:
    body = feed(other(kind, b"1"), other(kind, b"2"))
    assert cut(body) == (body, [])


def test_components_of_any_kind_in_many_calendars_are_one_run() -> None:
    kinds = (b"VTODO", b"VJOURNAL", b"VTODO", b"VEVENT")
    calendars = [feed(other(kind, b"%d" % n), THING, other(kind, b"b%d" % n)) for n, kind in enumerate(kinds)]
    first, *_ = reading.read(b"".join(calendars)).pieces
    assert isinstance(first, Run)
    assert first.kinds == [each for kind in kinds[:3] for each in (kind, b"X-THING", kind)]
    assert [component.scope for component in first.components()] == [0, 0, 0, 1, 1, 1, 2, 2, 2]


def test_properties_between_components_interrupt_no_run() -> None:
    lines = [b"X-A:%d\r\n" % n for n in range(30)]
    body = feed(*(text for n in range(30) for text in (event(b"%d" % n), other(b"VTODO", b"%d" % n), lines[n])))
    found = reading.read(body)
    assert len(found.pieces) < 4
    assert found.heads == (HEAD.removeprefix(b"BEGIN:VCALENDAR\r\n") + b"".join(lines),)
    assert said(body) == line_by_line(body)
    assert b"".join(stream(body)) == render(body).body


@pytest.mark.parametrize(
    "body",
    [
        b"BEGIN:VTODO\r\nUID:open\r\n" + feed(event(b"1"), b"X-A:1\r\n", event(b"2"), b"X-A:2\r\n", event(b"3")),
        feed(b"BEGIN:VTODO\r\nUID:open\r\n", event(b"1"), b"X-A:1\r\n", event(b"2"), b"X-A:2\r\n", event(b"3")),
        feed(b"BEGIN:X\r\n", event(b"1"), b"X-A:1\r\n", event(b"2"), b"X-A:2\r\n", event(b"3"), b"END:X\r\n"),
        feed(event(b"1"), b"X-A:1\r\n", event(b"2")) + feed(event(b"3"), b"X-A:3\r\n", event(b"4"), b"X-A:4\r\n"),
        feed(event(b"1")) + feed(event(b"2"), b"X-A:2\r\n", event(b"3"), b"X-A:3\r\n", event(b"4")) + feed(event(b"5")),
        feed(event(b"1")) + feed(event(b"2"), b"X-A:2\r\n") + feed(event(b"3"), b"X-A:3\r\n"),
        feed(event(b"1")) + feed(event(b"2"), _ZONE % (b"+0100", b"+0100"), event(b"3"), b"X-A:3\r\n", event(b"4")),
        feed(event(b"1"), b" folded\r\n", event(b"2"), b"X-A:" + b"x" * 64 + b"\r\n y\r\n", event(b"3"), event(b"4")),
        event(b"1") + b"X-A:1\r\n" + event(b"2") + b"X-A:2\r\n" + event(b"3") + feed(event(b"4")),
        feed(other(b"VTODO", b"1"), event(b"2")) + feed(other(b"VTODO", b"3"), event(b"4")) + feed(event(b"5")),
    ],
    ids=["open-before", "open-within", "held", "two", "three", "ended", "defined", "folded", "outside", "kinds"],
)
def test_properties_between_components_are_of_what_is_open(body: bytes) -> None:
    with patch.object(reading, "cut", lambda whole, **_: (whole, [])):
        expected = reading.read(body).heads
    assert reading.read(body).heads == expected
    assert said(body) == line_by_line(body)
    assert b"".join(stream(body)) == render(body).body


def test_a_component_that_may_stand_in_another_begins_no_run() -> None:
    opened = b"BEGIN:X-OUTER\r\nX-A:1\r\n"
    for body in (feed(opened, THING, event(b"1"), event(b"2")), feed(other(b"VTODO", b"1")[:-11], THING, event(b"1"))):
        assert all(THING not in run.text for run in cut(body)[1])
        assert said(body) == line_by_line(body)


def test_a_kind_that_stands_in_others_too_is_in_no_run() -> None:
    alarmed = event(b"1", b"BEGIN:VALARM", b"X-A:1", b"END:VALARM")
    alone = b"BEGIN:VALARM\r\nX-A:1\r\nEND:VALARM\r\n"
    assert cut(feed(alarmed, alone, event(b"2")))[1][0].texts() == [alarmed]


@pytest.mark.parametrize("lines", NOT_PLAIN)
def test_what_may_need_mending_stays(lines: tuple[bytes, ...]) -> None:
    body = feed(event(b"1@example.com", *lines))
    assert cut(body) == (body, [])


@pytest.mark.parametrize("behind", [b" folded\r\n", b"\r\n folded\r\n", b"\tfolded\r\n"])
def test_an_end_that_goes_on_in_the_next_line_ends_no_run(behind: bytes) -> None:
    body = HEAD + event(b"1@example.com") + behind + TAIL
    assert cut(body) == (body, [])


def test_one_event_that_needs_mending_parts_two_runs() -> None:
    within = b"BEGIN:A", b"BEGIN:A", b"END:A", b"END:A"
    rest, runs = cut(feed(event(b"1"), event(b"2"), event(b"3", *within), event(b"4")))
    assert [run.uids for run in runs] == [[b"1", b"2"], [b"4"]]
    assert rest.count(b"BEGIN:VEVENT") == 1


@pytest.mark.parametrize(
    "line",
    [b"no content line", b"SUMMARY:Stra\xdfe", b"SUMMARY:\x00", b"SUMMARY:" + b"x" * 90, b"SUMMARY:x\r\n\tx", b"a:1\r"],
)
def test_what_is_plain_once_its_octets_are_mended_is_a_run_among_others(line: bytes) -> None:
    """The events before and behind it are in other stretches, and are runs at once."""
    many = b"".join(event(b"%d" % n, b"SUMMARY:" + b"x" * 60) for n in range(2_000))
    pieces = reading.read(feed(many, event(b"odd", line), many.replace(b"UID:", b"UID:again-"))).pieces
    uids = [uid for piece in pieces if isinstance(piece, Run) for uid in piece.uids]
    first = [b"%d" % n for n in range(2_000)]
    assert uids == [*first, b"odd", *(b"again-" + uid for uid in first)]
    assert len(pieces) < 6


def test_runs_end_where_they_get_long() -> None:
    runs = cut(feed(*(event(b"%d" % n, b"SUMMARY:" + b"x" * 60) for n in range(2_000))))[1]
    assert sum(len(run.uids) for run in runs) == 2_000
    assert all(STRETCH <= len(run.text) < STRETCH + 400 for run in runs[1:-1])


def test_an_event_stays_folded_as_it_is_beside_one_that_must_be_folded() -> None:
    kept = event(b"1", b"DESCRIPTION:" + b"k" * 52 + b"\r\n " + b"k" * 20)
    assert cut(feed(kept))[1][0].text == kept
    [run] = reading.read(feed(kept, event(b"2", b"SUMMARY:" + b"x" * 90)), divided=False).pieces
    assert isinstance(run, Run)
    assert run.text == kept + event(b"2", b"SUMMARY:" + b"x" * 67 + b"\r\n " + b"x" * 23)


def test_a_feed_that_holds_the_mark_itself_is_read_line_by_line() -> None:
    own = b"BEGIN:" + MARK.lower() + b"\r\nX:1\r\nEND:" + MARK.lower() + b"\r\n"
    body = feed(event(b"1"), own)
    assert cut(body) == (body, [])
    assert own.upper() in render(body).body


def test_an_event_in_a_component_that_nobody_knows_stays_there() -> None:
    outer = b"BEGIN:X-OUTER\r\n" + event(b"1") + b"X-A:b\r\n" + event(b"2") + b"END:X-OUTER\r\n"
    assert outer in render(feed(outer)).body


def test_a_uid_in_two_places_parts_its_events_from_their_runs() -> None:
    run = Run([b"".join(event(uid) for uid in (b"a", b"b", b"c", b"d"))], [b"a", b"b", b"c", b"d"], [])
    parted = run.parted({b"b", b"d"})
    assert [piece.text for piece in parted] == [event(uid) for uid in (b"a", b"b", b"c", b"d")]
    assert [isinstance(piece, Run) for piece in parted] == [True, False, True, False]


@pytest.mark.parametrize("control", [b"\x00", b"\x0b", b"\x1f", b"\x7f"])
@pytest.mark.parametrize("before", [b"BEGIN:VEVENT", b"UID:", b"DTSTAMP:", b"SUMMARY:", b"END:VEVENT"])
def test_an_event_with_a_control_before_a_line_is_not_plain(control: bytes, before: bytes) -> None:
    event = b"BEGIN:VEVENT\r\nUID:a\r\nDTSTAMP:20260101T000000Z\r\nSUMMARY:b\r\nEND:VEVENT\r\n"
    spoilt = event.replace(before, control * 2 + before)
    _, runs = cut(b"BEGIN:VCALENDAR\r\n" + event + spoilt + event + b"END:VCALENDAR\r\n")
    assert not any(control in run.text for run in runs)


@pytest.mark.parametrize("fold", [b"", b"DESCRIPTION:" + b"x" * 63 + b"\r\n " + b"x" * 9], ids=["short", "folded"])
def test_plain_events_that_stand_alone_are_left_behind_the_first_of_them(fold: bytes) -> None:
    odd = event(b"odd", b"BEGIN:A", b"BEGIN:A", b"END:A", b"END:A")
    lone = (event(b"%d" % n, *[fold] * bool(fold)) + odd.replace(b"odd", b"odd%d" % n) for n in range(50))
    body = feed(*lone, event(b"a"), event(b"b"))
    assert len(cut(body)[1]) == 8
    assert said(body) == line_by_line(body)


@given(bodies)
def test_what_is_known_to_be_normal_is_cut_as_what_is_not(body: bytes) -> None:
    text = normalise(body).text
    assert cut(text, is_normal=True) == cut(text)


def test_a_plain_event_may_have_no_more_lines_than_another_may() -> None:
    most = event(b"a", *[b"X-A:1"] * (MAX_LINES - event(b"a").count(b"\n")))
    assert [run.text for run in cut(feed(most, most))[1]] == [most, most]
    with pytest.raises(FeedRefused) as refusal:
        cut(feed(event(b"b"), most.replace(b"X-A:1\r\n", b"X-A:1\r\nX-B:2\r\n", 1)))
    assert refusal.value.reason == "excessive"


def test_overrides_with_a_tzid_that_needs_a_fold_are_the_same_plain_or_not() -> None:
    override = event(b"a", b"RECURRENCE-ID;TZID=%b:20260701T100000" % (b"X" * 80))
    odd = override.replace(b"UID:a", b"UID;X-B=c:a")
    out = render(feed(override, override, odd)).body
    assert out.count(b"BEGIN:VEVENT") == 1
