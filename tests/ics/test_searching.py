"""What looks for octets in long text finds what `in`, `replace` and a walk over it find."""

from unittest.mock import patch

from hypothesis import given
from hypothesis import strategies as st

from feedproxy.ics.searching import holds, line_end, without

texts = st.text("\r\n xT", max_size=60).map(str.encode)


@given(texts, st.sampled_from([b"\n", b"\r\n ", b"\n\n", b"xT"]))
def test_octets_are_found_and_taken_out_as_the_interpreter_does_it(text: bytes, octets: bytes) -> None:
    assert holds(text, octets) == (octets in text)
    assert without(text, octets) == text.replace(octets, b"")


@given(texts, st.integers(0, 70), st.integers(1, 8))
def test_the_end_of_a_line_is_the_first_cr_or_lf_or_the_end_of_the_text(text: bytes, at: int, window: int) -> None:
    with patch("feedproxy.ics.searching._WINDOW", window):
        assert line_end(text, at) == next((n for n in range(at, len(text)) if text[n] in b"\r\n"), len(text))
