"""Lines that are taken together become what each of them becomes by itself."""

from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feedproxy.errors import FeedRefused
from feedproxy.ics.contentline import ContentLine, split
from feedproxy.ics.contentlines import content_lines
from tests.ics import line_by_line

_LINES = (
    "",
    "\t",
    "x",
    "a text; with this",
    "https://example.org/",
    "Passcode: 1234",
    "URL:x",
    "X-LOST",
    "X-A;B=1:2",
    "FREQ=DAILY",
    "a\\",
    "a\\\\",
    "x=",
    "=",
    ";=",
    "RRULE;FREQ=DAILY",
    "exrule;A=1",
    "XRULE;A=1",
    "RRULE",
    "RRULE;X=",
    "SUMMARY:a",
    "DESCRIPTION:b\\",
    "description;X=1:c",
    "x-a;b=1:2",
    "x-a;b=1",
    "x-:1",
    "X-a:1",
    "foo:1",
    "summary:a",
    "Location;x",
    "rrule;FREQ=DAILY",
    'attendee;cn="a;b:x',
    "begin:valarm",
    "End:X-a",
    " begin:valarm",
    "begin:valarm x",
    "begin;x:valarm",
    "BEGIN:VEVENT",
    "END:vevent",
    "BEGIN;X=1:VEVENT",
    "BEGINNING:1",
    "X" * 61 + ":1",
    "COMMENT;ENCODING=QUOTED-PRINTABLE:=",
    "X-N;encoding=quoted-printable:a=",
    'ATTENDEE;CN="a;b',
    'ATTENDEE;CN="a;b:x',
    'ATTENDEE;CN="a;b":x',
    'SUMMARY;X="a:b',
    "BEGIN:a b",
    "dtstart;x",
    "DTSTART;x",
    "\ufeffBEGIN : VEVENT",
    "x-wr-calname:a",
    "COMMENT;ENCODING=QUOTED-PRINTABLE:a\\",
    "foo;ENCODING=QUOTED-PRINTABLE:a=",
    "FOO:1=",
    "\\=",
)


@settings(max_examples=2_000)
@given(st.lists(st.sampled_from(_LINES)), st.sampled_from([1, 20, 4_096]))
def test_lines_are_read_together_as_one_by_one(lines: list[str], few: int) -> None:
    text = "".join(f"{line}\n" for line in lines).encode()
    repairs: dict[str, int] = {}
    with patch.multiple("feedproxy.ics.contentlines", _FEW=few, _MANY=few):
        read = content_lines(text, repairs)
    assert (read, repairs) == line_by_line.content_lines(text)


def test_what_no_reader_has_cleaned_is_read_too() -> None:
    assert content_lines(b"SUMMARY:a\0b\n\1c\n\2\3\n", {}) == b"SUMMARY:ab\\nc\n"


def test_a_component_of_too_many_lines_is_refused_before_all_are_mended() -> None:
    repairs: dict[str, int] = {}
    with pytest.raises(FeedRefused, match="more than 100000 content lines"):
        content_lines(b"BEGIN:VEVENT\n" + b"x-a:1\n" * 1_000_000, repairs)


def test_so_is_one_of_too_many_rules_without_a_colon() -> None:
    repairs: dict[str, int] = {}
    with pytest.raises(FeedRefused, match="more than 100000 content lines"):
        content_lines(b"BEGIN:VEVENT\n" + b"RRULE;FREQ=DAILY\n" * 1_000_000, repairs)
    assert repairs["rule-without-colon"] < 200_000


def test_lines_of_many_components_may_be_as_many_as_they_like() -> None:
    event = b"BEGIN:VEVENT\nx-a:1\njunk\nEND:VEVENT\n"
    repairs: dict[str, int] = {}
    assert content_lines(event * 50_000, repairs).count(b"\n") == 150_000
    assert repairs == {"line-dropped": 50_000}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (  # AALARM is no text, though nobody has registered it: no fold is lost
            b"SUMMARY;ENCODING=QUOTED-PRINTABLE:a=\nb\nAALARM:1\n",
            b"SUMMARY;ENCODING=QUOTED-PRINTABLE:ab\nAALARM:1\n",
        ),
        (
            b"SUMMARY:a\nb\nfoo;ENCODING=QUOTED-PRINTABLE:c=\nd\n",
            b"SUMMARY:a\\nb\nFOO;ENCODING=QUOTED-PRINTABLE:cd\n",
        ),
        (  # the backslashes on both sides of a soft break are one text's
            b"SUMMARY;ENCODING=QUOTED-PRINTABLE:a\\=\n\\\nb\n",
            b"SUMMARY;ENCODING=QUOTED-PRINTABLE:a\\\\\\nb\n",
        ),
        (b'SUMMARY;X="a:b\nc":d\n', b'SUMMARY;X=a:b\\nc":d\n'),
        (b"X-wr-calname:a\nuid:1\n", b"X-wr-calname:a\nUID:1\n"),
    ],
)
def test_lines_that_belong_together(text: bytes, expected: bytes) -> None:
    assert content_lines(text, {}) == expected


@given(st.integers(0, 200), st.sampled_from([":x", ";X=1:x", '"a:b":x', "a:x", ""]))
def test_any_number_of_quotes_closes_if_it_is_even(quotes: int, rest: str) -> None:
    line = ("ATTENDEE;CN=" + '"' * quotes + rest).encode()
    colons = [n for n, octet in enumerate(line) if octet == ord(":") and line.count(b'"', 0, n) % 2 == 0]
    expected = ContentLine(b"ATTENDEE", line[8 : colons[0]], line[colons[0] + 1 :]) if colons else None
    assert split(line) == expected
    repairs: dict[str, int] = {}
    text = content_lines(line + b"\n", repairs)
    if expected is not None:
        assert (text, repairs) == (line + b"\n", {})
    elif rest:
        parameters, _, value = line.partition(b":")
        assert text == parameters.replace(b'"', b"") + b":" + value + b"\n"
        assert repairs == {"quote-unclosed": 1}
    else:
        assert (text, repairs) == (b"", {"line-dropped": 1})
