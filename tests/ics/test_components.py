"""Components are found whole, and mended where their boundaries do not add up."""

import re
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feedproxy.errors import FeedRefused
from feedproxy.ics import components
from feedproxy.ics.components import (
    MAX_DEPTH,
    MAX_HEAD,
    MAX_LINES,
    MAX_MENDED,
    Component,
    Stream,
    parse,
    without_nested,
)


def text(*lines: str) -> bytes:
    return "".join(line + "\r\n" for line in lines).encode()


KINDS = {"E": "VEVENT", "T": "VTODO", "A": "VALARM"}


def unabridged(notation: str) -> list[str]:
    """Write `+E 1 -E` in full: BEGIN:VEVENT, X:1, END:VEVENT."""
    prefixes = {"+": "BEGIN:", "-": "END:"}
    return [
        prefixes[word[0]] + KINDS.get(word[1:], word[1:]) if word[0] in prefixes else f"X:{word}"
        for word in notation.split()
    ]


EVENT = Component(
    b"VEVENT",
    text(
        "BEGIN:VEVENT",
        "X-UID:no",
        "BEGIN:VALARM",
        "UID:of-the-alarm",
        "ACTION:DISPLAY",
        "END:VALARM",
        'UID;X="a:b": of-the',
        " -event ",
        "RDATE:1",
        "RDATE:2",
        "END:VEVENT",
    ),
)


def test_own_properties_are_those_of_no_nested_component() -> None:
    assert [line.name for line in EVENT.lines()] == [b"X-UID", b"UID", b"RDATE", b"RDATE"]
    assert EVENT.uid() == b"of-the-event"
    assert EVENT.first(b"ACTION") is None
    assert EVENT.has(b"UID")
    assert not EVENT.has(b"ACTION")
    assert not EVENT.has(b"DTSTAMP")
    assert [line.value for line in EVENT.every(b"RDATE")] == [b"1", b"2"]
    assert EVENT.every(b"EXDATE") == []
    assert Component(b"VTODO", text("BEGIN:VTODO", "END:VTODO")).uid() == b""
    assert without_nested(b"A:1\r\n") == b"A:1\r\n"


def test_the_head_is_what_stands_between_the_components() -> None:
    stream = parse(text("BEGIN:VCALENDAR", "A:1", "BEGIN:VEVENT", "B:1", "END:VEVENT", "C:1", "END:VCALENDAR"))
    assert stream.heads == (b"A:1\r\nC:1\r\n",)
    assert stream.repairs == ()


@pytest.mark.parametrize(
    ("written", "found", "repairs"),
    [
        ("+E 1 +E 2 -E", ["+E 1 -E", "+E 2 -E"], {"end-missing": 1}),
        ("+E +A 1 -E", ["+E +A 1 -A -E"], {"end-missing": 1}),
        ("+E 1 -T 2 -E", ["+E 1 2 -E"], {"stray-end": 1}),
        ("-E +T -T", ["+T -T"], {"stray-end": 1}),
        ("+Y +E 1 -E -Y", ["+Y +E 1 -E -Y"], {}),
        ("+Y +E 1 -E", ["+Y -Y", "+E 1 -E"], {"end-missing": 1}),
        ("+Y +E -E +Y -Y", ["+Y -Y", "+E -E", "+Y -Y"], {"end-missing": 1}),
        ("+A 1 -A", ["+A 1 -A"], {}),
        ("+E +A +Y -Y -A -E", ["+E +A +Y -Y -A -E"], {}),
        ("+E +A +Y -A -Y -E", ["+E +A +Y -Y -A -E"], {"end-missing": 1, "stray-end": 1}),
        ("+E 1 +T 2 -T", ["+E 1 -E", "+T 2 -T"], {"end-missing": 1}),
    ],
)
def test_boundaries_are_mended(written: str, found: list[str], repairs: dict[str, int]) -> None:
    stream = parse(text("BEGIN:VCALENDAR", *unabridged(written), "END:VCALENDAR"))
    assert [component.text for component in stream.components] == [text(*unabridged(one)) for one in found]
    assert dict(stream.repairs) == repairs


def test_components_outside_any_calendar_are_kept() -> None:
    around = unabridged("+E 1 -E")
    stream = parse(
        text(
            *around,
            "BEGIN:VCALENDAR",
            "END:VCALENDAR",
            *around,
            "JUNK:1",
            "BEGIN:X",
            "BEGIN:VTODO",
            "END:VTODO",
            "END:X",
        )
    )
    assert [(c.kind, c.scope) for c in stream.components] == [(b"VEVENT", 0), (b"VEVENT", 0), (b"X", 0)]
    assert dict(stream.repairs) == {"outside-calendar": 1}
    assert stream.outside == (0, 1, 2)


def test_a_calendar_that_begins_ends_the_one_before() -> None:
    stream = parse(text(*unabridged("+VCALENDAR 1 +E +VCALENDAR 2 +T -T -VCALENDAR")))
    assert stream.heads == (b"X:1\r\n", b"X:2\r\n")
    assert [(c.kind, c.scope) for c in stream.components] == [(b"VEVENT", 0), (b"VTODO", 1)]


@settings(max_examples=300)
@given(
    st.lists(
        st.sampled_from(
            [
                "BEGIN:VCALENDAR",
                "END:VCALENDAR",
                "X:END:VCALENDAR",
                "X:BEGIN:VCALENDAR",
                "BEGIN:VTODO",
                "END:VTODO",
                "BEGIN:VALARM",
                "END:VALARM",
                "X:1",
            ]
        ),
        max_size=12,
    ),
    st.booleans(),
)
def test_what_is_well_formed_is_found_as_the_rest_is(lines: list[str], is_ended: bool) -> None:
    def found() -> Stream | str:
        try:
            return parse(text(*lines, *["BEGIN:VCALENDAR", "END:VCALENDAR"] * is_ended))
        except FeedRefused as refusal:
            return refusal.message

    with patch.object(components, "_NEXT", re.compile(rb"")):
        one_by_one = found()
    assert found() == one_by_one


@settings(max_examples=300)
@given(
    st.lists(
        st.sampled_from(
            [
                "BEGIN:VTIMEZONE TZID:A END:VTIMEZONE",
                "BEGIN:VTIMEZONE TZID:B BEGIN:STANDARD END:STANDARD END:VTIMEZONE",
                "BEGIN:VTIMEZONE TZID:B BEGIN:STANDARD",
                "END:STANDARD",
                "END:VTIMEZONE",
                "BEGIN:VEVENT END:VEVENT",
                "END:VCALENDAR BEGIN:VCALENDAR",
                "X:1",
            ]
        ),
        max_size=24,
    )
)
def test_definitions_that_are_there_again_are_found_as_others_are(parts: list[str]) -> None:
    def found() -> Stream | str:
        try:
            return parse(text(*" ".join(["BEGIN:VCALENDAR", *parts, "END:VCALENDAR"]).split()))
        except FeedRefused as refusal:
            return refusal.message

    with patch.object(components._Reader, "_take_definitions_again", return_value=False):
        one_by_one = found()
    assert found() == one_by_one


def test_absurdly_many_definitions_are_refused_however_few_tzids_they_have() -> None:
    """Equal ones are not counted: there are publishers who write one before each event."""
    feed = ["BEGIN:VCALENDAR", *["BEGIN:VTIMEZONE", "TZID:A", "END:VTIMEZONE"] * 9]
    others = [line for n in range(2) for line in ("BEGIN:VTIMEZONE", "TZID:A", f"X-N:{n}", "END:VTIMEZONE")]
    with patch.object(components, "MAX_DEFINITIONS", 3):
        assert len(parse(text(*feed, *others, "END:VCALENDAR")).components) == 11
        with pytest.raises(FeedRefused, match="3 VTIMEZONEs say different things") as refusal:
            parse(text(*feed, *others, "BEGIN:VTIMEZONE", "END:VTIMEZONE", "END:VCALENDAR"))
    assert refusal.value.reason == "excessive"


def test_of_many_calendars_without_components_each_has_its_head() -> None:
    stream = parse(text(*unabridged("+VCALENDAR 1 2 -VCALENDAR +VCALENDAR -VCALENDAR +VCALENDAR 3 -VCALENDAR")))
    assert stream.heads == (b"X:1\r\nX:2\r\n", b"", b"X:3\r\n")


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        (["A:1"], "not-a-calendar"),
        (["BEGIN:VCALENDAR"], "truncated"),
        (["BEGIN:VCALENDAR", "END:VCALENDAR", "BEGIN:VEVENT"], "truncated"),
        (["BEGIN:VCALENDAR", "BEGIN:VEVENT", "END:VEVENT"], "truncated"),
        (["BEGIN:VCALENDAR", *["BEGIN:X"] * MAX_DEPTH, *["END:X"] * MAX_DEPTH, "END:VCALENDAR"], "excessive"),
        (["BEGIN:VCALENDAR", *["END:X"] * (MAX_MENDED + 1), "END:VCALENDAR"], "excessive"),
        (["BEGIN:VCALENDAR", *["BEGIN:VEVENT"] * (MAX_MENDED + 1), "END:VCALENDAR"], "excessive"),
        (["BEGIN:VCALENDAR", *["BEGIN:VEVENT", "END:VALARM"] * (MAX_MENDED + 1), "END:VCALENDAR"], "excessive"),
        (
            [
                "BEGIN:VCALENDAR",
                *["BEGIN:VEVENT", "BEGIN:VALARM", "END:VEVENT", "END:VALARM"] * (2 * MAX_MENDED + 1),
                "END:VCALENDAR",
            ],
            "excessive",
        ),
        (["BEGIN:VCALENDAR", *["A:1"] * (MAX_HEAD + 1), "END:VCALENDAR"], "excessive"),
        (["BEGIN:VCALENDAR", *["A:1", "BEGIN:X", "END:X"] * (MAX_HEAD + 1), "END:VCALENDAR"], "excessive"),
        (["BEGIN:VCALENDAR", "BEGIN:X", *["A:1"] * MAX_LINES, "END:X", "END:VCALENDAR"], "excessive"),
        (
            ["BEGIN:VCALENDAR", "BEGIN:X", *["BEGIN:Y", "END:Y"] * (MAX_LINES // 2), "END:X", "END:VCALENDAR"],
            "excessive",
        ),
    ],
)
def test_what_is_no_whole_calendar_is_refused(lines: list[str], reason: str) -> None:
    with pytest.raises(FeedRefused) as refusal:
        parse(text(*lines))
    assert refusal.value.reason == reason


def test_what_is_just_not_excessive_is_read() -> None:
    nested = ["BEGIN:X"] * (MAX_DEPTH - 1) + ["END:X"] * (MAX_DEPTH - 1)
    stream = parse(
        text("BEGIN:VCALENDAR", *nested, *["END:X"] * MAX_MENDED, *["BEGIN:VEVENT"] * MAX_MENDED, "END:VCALENDAR")
    )
    assert [c.kind for c in stream.components] == [b"X", *[b"VEVENT"] * MAX_MENDED]
    assert dict(stream.repairs) == {"stray-end": MAX_MENDED, "end-missing": MAX_MENDED}


def test_ends_that_are_crossed_may_be_as_many_as_are_missing_and_close_nothing() -> None:
    missing, stray = ["BEGIN:VEVENT", "BEGIN:VALARM", "END:VEVENT"], ["BEGIN:VEVENT", "END:VALARM", "END:VEVENT"]
    stream = parse(text("BEGIN:VCALENDAR", *missing * MAX_MENDED, *stray * MAX_MENDED, "END:VCALENDAR"))
    assert dict(stream.repairs) == {"end-missing": MAX_MENDED, "stray-end": MAX_MENDED}
    assert len(stream.components) == 2 * MAX_MENDED


def test_as_many_lines_as_there_may_be_are_read_and_folds_do_not_count() -> None:
    event = ["BEGIN:VEVENT", *["A:1\r\n 2"] * (MAX_LINES - 2), "END:VEVENT"]
    head = ["A:1\r\n 2"] * (MAX_HEAD // 2)
    stream = parse(text("BEGIN:VCALENDAR", *head, *event, *event, *head, "END:VCALENDAR", *["A:1"] * (MAX_HEAD + 1)))
    assert stream.heads == (text(*head, *head),)
    assert [component.text for component in stream.components] == [text(*event), text(*event)]
