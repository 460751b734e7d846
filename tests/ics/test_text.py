"""TEXT values: what is escaped is read back, and nothing in it starts a line."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedproxy.ics.text import escape, unescape

LINE_BREAKS = ["\r\n", "\r", "\n", "\v", "\f", "\x1c", "\x1d", "\x1e", "\x85", "\u2028", "\u2029"]


@given(st.text())
def test_reading_undoes_writing(text: str) -> None:
    without_controls = re.sub("[\x00-\x08\x0e-\x1b\x1f\x7f-\x84\x86-\x9f\ud800-\udfff]", "", text)
    kept = re.sub("\r\n|[\r\n\v\f\x1c-\x1e\x85\u2028\u2029]", "\n", without_controls)
    assert unescape(escape(text)) == kept


@given(st.text())
def test_no_text_starts_a_line(text: str) -> None:
    assert len(escape(text).decode().splitlines()) <= 1


@pytest.mark.parametrize("line_break", LINE_BREAKS)
def test_every_kind_of_line_break_is_written_as_one(line_break: str) -> None:
    assert escape(f"one{line_break}two") == b"one\\ntwo"


def test_separators_and_backslashes_are_escaped() -> None:
    assert escape('a,b;c\\d:e"f\tg') == b'a\\,b\\;c\\\\d:e"f\tg'


@pytest.mark.parametrize(("value", "text"), [(b"a\\Nb", "a\nb"), (b"\\x\\:", "x:"), (b"\\", "\\"), (b"\xff", "\ufffd")])
def test_odd_escapes_are_read_as_clients_read_them(value: bytes, text: str) -> None:
    assert unescape(value) == text
