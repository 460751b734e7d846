"""A content line taken apart and put together again."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedproxy.ics.contentline import ContentLine, split, split_at_last_colon
from tests.feeds import lines


@given(st.one_of(lines(), st.binary(max_size=60)))
def test_what_is_put_together_is_what_was_taken_apart(line: bytes) -> None:
    for content in (split(line), split_at_last_colon(line)):
        assert content is None or content.octets == line


@pytest.mark.parametrize(
    ("line", "name", "parameters", "value"),
    [
        (b"SUMMARY:Match", b"SUMMARY", b"", b"Match"),
        (b"SUMMARY:", b"SUMMARY", b"", b""),
        (b"URL:https://example.org:8080/", b"URL", b"", b"https://example.org:8080/"),
        (b'DTSTART;TZID="a:b;c":20260701', b"DTSTART", b';TZID="a:b;c"', b"20260701"),
        (b'ATTENDEE;CN="A";X=B;Y:mailto:a@b', b"ATTENDEE", b';CN="A";X=B;Y', b"mailto:a@b"),
        (b"X-Odd_name.of/some:1", b"X-Odd_name.of/some", b"", b"1"),
        (b'SUMMARY:a "b:c', b"SUMMARY", b"", b'a "b:c'),
    ],
)
def test_name_parameters_and_value_are_found(line: bytes, name: bytes, parameters: bytes, value: bytes) -> None:
    assert split(line) == ContentLine(name, parameters, value)


@pytest.mark.parametrize(
    "line", [b"", b"no content line", b":value", b"SUMMARY", b"SUMMARY;X=1", b'SUMMARY;X="1:2', "ÄNDERUNG:1".encode()]
)
def test_what_is_no_content_line_is_none(line: bytes) -> None:
    assert split(line) is None


def test_a_time_begins_behind_the_last_colon() -> None:
    """Google leaves the colon of an offset without quotes."""
    line = split_at_last_colon(b"DTSTART;TZID=GMT+05:30:20260701T100000")
    assert line == ContentLine(b"DTSTART", b";TZID=GMT+05:30", b"20260701T100000")
    for other in (b"DTSTART;TZID=Club:no time: at all", b'DTSTART;TZID=Club:X="1:20260701"', b'DTSTART;A="1:2'):
        assert split_at_last_colon(other) == split(other)
    assert split_at_last_colon(b"DTSTART;TZID=Club") is None
    assert split_at_last_colon(b"no content line: at all") is None


@pytest.mark.parametrize(
    ("parameters", "value"),
    [
        (b";TZID=Club", b"Club"),
        (b';X="TZID=no";tzid="a;b"', b'"a;b"'),
        (b";TZID", b""),
        (b";TZID=", b""),
        (b"; TZID =Club", b"Club"),
        (b';X="a;TZID=b";TZID=Club', b"Club"),
        (b';TZID"a"=b;TZID=Club', b"Club"),
        (b";X=1" * 10_000 + b";TZID=Club", b"Club"),
        (b";X-TZID=no", None),
        (b"", None),
    ],
)
def test_a_parameter_is_found_by_its_name_alone(parameters: bytes, value: bytes | None) -> None:
    assert ContentLine(b"DTSTART", parameters, b"").parameter(b"TZID") == value


@pytest.mark.parametrize(
    ("parameters", "tzid", "become"),
    [
        (b";A=1;TZID=old;B=2", b"new", b";A=1;TZID=new;B=2"),
        (b";A=1;tzid=old;B=2;TZID=older", b"new", b";A=1;TZID=new;B=2"),
        (b";A=1", b"new", b";A=1;TZID=new"),
        (b";TZID=old", b"a:b;c,d", b';TZID="a:b;c,d"'),
        (b";TZID=old", b'a"b', b";TZID=a'b"),
        (b';A="x:y";TZID="old";B', None, b';A="x:y";B'),
        (b";A=1", None, b";A=1"),
    ],
)
def test_a_parameter_is_set_in_its_place(parameters: bytes, tzid: bytes | None, become: bytes) -> None:
    assert ContentLine(b"DTSTART", parameters, b"1").with_parameter(b"TZID", tzid).octets == b"DTSTART" + become + b":1"


def test_a_value_is_replaced_alone() -> None:
    assert ContentLine(b"A", b";B=1", b"old").with_value(b"new").octets == b"A;B=1:new"
