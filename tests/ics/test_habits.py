"""What is wrong alike in all events is mended in all at once, and becomes what each line becomes by itself."""

import re
from collections.abc import Callable
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feedproxy.errors import FeedRefused
from feedproxy.ics import reading
from feedproxy.ics.contentline import MAX_PARAMETERS
from feedproxy.ics.cutting import STRETCH, cut
from feedproxy.transform import render
from feedproxy.transform.streaming import stream

HEAD, END = b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\n", b"END:VCALENDAR\r\n"
EVENT = (
    b"BEGIN:VEVENT\r\nUID:%d\r\nDTSTAMP:20260101T000000Z\r\nSUMMARY;LANGUAGE=en:Game %d\r\n"
    b"DTSTART;TZID=Europe/Madrid:20260701T100000\r\n"
    b"BEGIN:VALARM\r\nACTION:AUDIO\r\nTRIGGER:-PT5M\r\nEND:VALARM\r\nEND:VEVENT\r\n"
)
HABITS: dict[str, Callable[[bytes], bytes]] = {
    "small letters": lambda text: re.sub(rb"(?m)^[A-Z-]+(:V[A-Z]+)?", lambda name: name[0].lower(), text),
    "names in mixed case": lambda text: text.replace(b"SUMMARY", b"Summary").replace(b"UID", b"Uid"),
    "boundaries in small letters": lambda text: text.replace(b"BEGIN:V", b"begin:v").replace(b"END:V", b"End:v"),
    "blanks in boundaries": lambda text: text.replace(b"BEGIN:VEVENT", b"BEGIN:VEVENT ").replace(b"END:", b"END\t: "),
    "blanks at the end of each line": lambda text: text.replace(b"\r\n", b" \r\n"),
    "blanks at the end of folded lines": lambda text: text.replace(
        b"DTSTART", b"COMMENT:" + b"x" * 67 + b"\r\n " + b"x" * 74 + b"\r\n y\r\nDTSTART"
    ).replace(b"\r\n", b" \r\n"),
    "byte order marks": lambda text: text.replace(b"BEGIN:VEVENT", b"\xef\xbb\xbfBEGIN:VEVENT"),
    "CR CR LF": lambda text: text.replace(b"\r\n", b"\r\r\n"),
    "blank lines": lambda text: text.replace(b"\r\n", b"\r\n\r\n\r\n"),
    "rules without a colon": lambda text: text.replace(b"DTSTART", b"rrule;FREQ=DAILY;COUNT=2\r\nDTSTART"),
    "quotes that do not close": lambda text: text.replace(b"LANGUAGE=en", b'LANGUAGE="en').replace(b"en:", b"en;b:"),
    "many names": lambda text: text.replace(b"DTSTART", b"".join(b"x-%d:1\r\n" % n for n in range(20)) + b"DTSTART"),
    "line breaks in texts": lambda text: text.replace(
        b"DTSTART", b"COMMENT:a\r\ngoes on\r\nhttps://x\r\nPasscode: 1\r\nDTSTART"
    ),
    "carriage returns in texts": lambda text: text.replace(b"Game", b"Game\rand so on"),
    "LF and CRLF": lambda text: text.replace(b"\r\nDTSTART", b"\nDTSTART"),
    "soft line breaks": lambda text: text.replace(
        b"DTSTART", b"COMMENT;ENCODING=QUOTED-PRINTABLE:=C3=A4=\r\nb=\r\nhttps://x\r\nDTSTART"
    ),
    "long lines": lambda text: text.replace(b"Game", b"Game" * 30),
    "Latin-1": lambda text: text.replace(b"Game", b"Stra\xdfe"),
    "Latin-1 and UTF-8": lambda text: text.replace(b"Game", b"\xdf").replace(b"DTSTART", b"X-A:\xc3\x9f\r\nDTSTART"),
    "damaged UTF-8": lambda text: text.replace(b"Game", b"\xc3\x9f\xc3\x9f\xc3\x9f\xc3"),
    "controls": lambda text: text.replace(b"Game", b"Ga\x0bm\x01e"),
    "wide controls": lambda text: text.replace(b"Game", "Ga\u2028m\x85e\x81".encode()),
    "folds": lambda text: text.replace(b"Game", b"G\r\n a\r\n\tme").replace(b"UID", b"U\r\n ID"),
    "folds in a character": lambda text: text.replace(b"Game", b"\xc3\r\n \x9f"),
    "blank lines in folds": lambda text: text.replace(b"Game", b"G\r\n\r\n\r\n a\r\n\r\n\tme"),
    "CR and LF by turns": lambda text: text.replace(b"\r\nD", b"\nD").replace(b"\r\nS", b"\rS"),
}
REPAIRS: dict[str, dict[str, int]] = {
    "blanks in boundaries": {"boundary-blanks": 9},
    "blanks at the end of each line": {"boundary-blanks": 12},
    "blanks at the end of folded lines": {"boundary-blanks": 12},
    "byte order marks": {"boundary-blanks": 3},
    "line breaks in texts": {"line-rejoined": 9},
    "carriage returns in texts": {"line-rejoined": 3},
    "soft line breaks": {"line-rejoined": 6},
    "rules without a colon": {"rule-without-colon": 3},
    "quotes that do not close": {"quote-unclosed": 3},
    "Latin-1": {"not-utf-8": 3},
    "Latin-1 and UTF-8": {"not-utf-8": 3},
    "damaged UTF-8": {"not-utf-8": 3},
    "controls": {"control-characters": 6},
    "wide controls": {"control-characters": 9},
    "blank lines in folds": {"blank-line-in-fold": 6},
}


def events(number: int) -> bytes:
    return b"".join(EVENT.replace(b"%d", b"%d" % n) for n in range(number))


def said(body: bytes) -> tuple[bytes, object]:
    """What comes out, octet for octet, and what is reported; the reason when nothing comes out."""
    try:
        out = render(body)
    except FeedRefused as refusal:
        return refusal.reason.encode(), None
    report = out.report.to_json()
    changes = sorted(map(str, out.report.changes))
    return out.body, (changes, report | {"changes": []})


def line_by_line(body: bytes) -> tuple[bytes, object]:
    with patch.object(reading, "cut", lambda whole, **_: (whole, [])):
        return said(body)


@pytest.mark.parametrize("habit", HABITS)
def test_events_that_are_wrong_alike_are_a_run_at_once(habit: str) -> None:
    body = HEAD + HABITS[habit](events(3)) + END
    rest, [run] = cut(body)
    assert run.uids == [b"0", b"1", b"2"]
    assert rest == cut(HEAD + events(3) + END)[0]
    assert run.repairs == REPAIRS.get(habit, {})
    assert said(body) == line_by_line(body)


@pytest.mark.parametrize("habit", HABITS)
def test_so_are_to_dos_and_events_by_turns(habit: str) -> None:
    text = HABITS[habit](events(2).replace(b"VEVENT", b"VTODO", 2))
    _, [run] = cut(HEAD + text + END)
    assert run.uids == [b"0", b"1"]
    assert [component.kind for component in run.components()] == [b"VTODO", b"VEVENT"]
    assert said(HEAD + text + END) == line_by_line(HEAD + text + END)


@pytest.mark.parametrize("habit", HABITS)
def test_each_stretch_of_them_is_a_run(habit: str) -> None:
    text = HABITS[habit](events(2_000))
    _, runs = cut(HEAD + text + END)
    assert sum(len(run.uids) for run in runs) == 2_000
    assert len(runs) == len(text) // STRETCH + 1


LINES = (
    b"SUMMARY:a", b"summary:a", b"Summary;Language=en:b", b"x-foo:1", b"X-foo:2", b"foo:bar", b"foo;a", b"uid:again",
    b"uid: a ", b"UID:" + b"u" * 71 + b"\r\n v ", b"UID:" + b"u" * 50 + b" " * 21 + b"\r\n v", b"UID:u" + b" " * 68,
    b"DTEND;TZID=Europe/Madrid:20260701T110000\t ", b"DTEND;TZID=Europe/Madrid:20260701T11 ",
    b"DTEND;TZID=Europe/Madrid:20260701T110000     ", b"RECURRENCE-ID;TZID=Europe/Madrid:20260701T100000 ",
    b"DTEND;TZID=Europe/Madrid/" + b"x" * 24 + b":20260701T110000    ",
    b"DTEND;TZID=Europe/Madrid/" + b"x" * 30 + b":20260701T110000    ", b"DTSTAMP:20260101T000000Z ",
    b"RRULE;FREQ=DAILY", b"RRULE;X=1:FREQ=DAILY", b"RRULE;FREQ=DA\r\n ILY", b"RRULE;X=1\r\n ;Y=2:FREQ=DAILY",
    b'ATTENDEE;CN="a;b:x', b'ATTENDEE;CN="a;b":x', b'ATTENDEE;CN="a;b', b'ATTENDEE;CN="a\r\n b":x',
    b'ATTENDEE;CN="a\x00;b:x', b"DESCRIPTION:text\\", b"DESCRIPTION:text", b"goes on", b"https://x",
    b"COMMENT;ENCODING=QUOTED-PRINTABLE:a=", b"ATTACH;ENCODING=BASE64:abc=", b"DESCRIPTION:" + b"x" * 90,
    b"DESCRIPTION:" + b"x" * 53 + b"\r\n " + b"y" * 9, b"DESCRIPTION:" + b"x" * 63 + b"\r\n " + b"y" * 9,
    b"DESCRIPTION:x\r\n y", b"summ\r\n ary:x", b"BEGIN:VAL \r\n ARM", b"BEGIN:VALARM ", b"END:VALARM ",
    b"begin:valarm\r\naction:audio\r\nend:valarm", b"", b"\r\n x", b"\r\n X-B:1", b"\r\n\r\n X-B:1",
    b"\xef\xbb\xbfSUMMARY:x", b"SUMMARY :x",
    b"dtstart;tzid=Europe/Berlin:20260101T100000", b"RECURRENCE-ID:20260101T000000Z", b"UID:", b"SUMMARY:a\rb",
    b"X-LOST", b"FREQ=DAILY", b"goes on: there", b"Location;Room 5", b"location: there", b"Passcode: 1", b"goes on\\",
    b"foo;ENCODING=QUOTED-PRINTABLE:x=", b"b=", b"GOES ON", b"text\r\n that is folded", b'SUMMARY;X="a:b', b"B\x00",
    b"DESCRIPTION:" + b"x" * 63 + b"\r\n " + b"y" * 9 + b"\r\ntext", b"text " * 20, b"BEGIN : VALARM", b"BEGIN:a b",
    b"SUMMARY:a\nb", b"X-A:\x0b\xc2\x85", b"X-A:a\r\n\x01 X-B:1", b"X-A:a\r\n\x0bX-B:1", b"\x01", b"X-A:\xc3\r\n\t\x9f",
    b"SUMMARY:" + b"z" * 68, b"COMMENT:\xfc", "summary:ü".encode() * 9, b"X-" + b"n" * 60 + b":1",
)  # fmt: skip


@settings(max_examples=1_000)
@given(
    st.lists(st.lists(st.sampled_from(LINES), max_size=3), max_size=4),
    st.lists(st.sampled_from([*HABITS.values()]), max_size=2),
    st.sampled_from([b"", b"junk\r\n", b" folded\r\n", b"x-a:1\r\n", b"BEGIN:VTODO\r\nUID:t\r\nEND:VTODO\r\n"]),
)
def test_whatever_else_is_wrong_all_is_as_if_read_line_by_line(
    others: list[list[bytes]], habits: list[Callable[[bytes], bytes]], behind: bytes
) -> None:
    text = b"".join(
        EVENT.replace(b"%d", b"%d" % n).replace(b"DTSTART", b"\r\n".join([*lines, b"DTSTART"]))
        for n, lines in enumerate(others)
    )
    for habit in habits:
        text = habit(text)
    body = HEAD + text + behind + END
    found, expected = said(body), line_by_line(body)
    assert found == expected
    if found[1] is not None:
        assert b"".join(stream(body)) == found[0]


def test_a_line_of_too_many_parameters_is_left_out_whatever_its_quotes() -> None:
    line = b"ATTENDEE;CN=" + b'"' * (MAX_PARAMETERS + 1) + b":a\r\n"
    body = HEAD + events(2).replace(b"DTSTART", line + b"DTSTART") + END
    assert cut(body) == (body, [])
    assert b"ATTENDEE" not in render(body).body


def test_text_that_is_mended_like_that_stays_folded_as_it_is_or_is_read_line_by_line() -> None:
    kept = b"DESCRIPTION:" + b"k" * 52 + b"\r\n " + b"k" * 20
    body = HEAD + events(1).replace(b"SUMMARY", b"Summary") + EVENT.replace(b"SUMMARY", kept + b"\r\nSUMMARY") + END
    assert cut(body) == (body, [])
    assert kept in render(body).body


def test_when_two_stretches_are_no_runs_even_so_no_other_is_tried() -> None:
    odd = EVENT.replace(b"SUMMARY", b"summary") + b"X-OF-THE-CALENDAR:1\r\n"
    body = HEAD + odd * (3 * STRETCH // len(odd)) + HABITS["small letters"](events(2_000)) + END
    assert cut(body) == (body, [])
    assert render(body).report.components_out["VEVENT"] == 2_001
