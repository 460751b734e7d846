"""Lines that are taken together become what each of them becomes by itself."""

from unittest.mock import patch

from hypothesis import given, settings
from hypothesis import strategies as st

from feedproxy.ics.contentline import ContentLine, split
from feedproxy.ics.contentlines import content_lines

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
)


@settings(max_examples=1_000)
@given(st.lists(st.sampled_from(_LINES)))
def test_lines_are_read_together_as_one_by_one(lines: list[str]) -> None:
    text = "".join(f"{line}\n" for line in lines).encode()
    together: dict[str, int] = {}
    one_by_one: dict[str, int] = {}
    read = content_lines(text, together)
    with patch.multiple(
        "feedproxy.ics.contentlines._Reader",
        _pass_over_content=lambda _: False,
        _pass_over_others=lambda _: False,
        _write_capitals=lambda _: None,
    ):
        assert content_lines(text, one_by_one) == read
    assert together == one_by_one


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
