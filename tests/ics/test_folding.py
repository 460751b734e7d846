"""Folding and unfolding are inverse, and a fold is where every client expects it."""

from unittest.mock import patch

from hypothesis import given
from hypothesis import strategies as st

from feedproxy.ics.folding import LIMIT, fold, unfold, write

texts = st.text(st.characters(exclude_categories=("Cc", "Cs")), max_size=400)


@given(st.one_of(texts.map(str.encode), st.binary(max_size=400).filter(lambda line: b"\n" not in line)))
def test_unfolding_undoes_folding(line: bytes) -> None:
    assert unfold(fold(line)) == line


@given(texts)
def test_no_physical_line_is_too_long_and_no_character_is_split(text: str) -> None:
    parts = fold(text.encode()).split(b"\r\n")
    assert all(len(part) <= LIMIT for part in parts)
    assert "".join(part.decode().removeprefix(" " if n else "") for n, part in enumerate(parts)) == text


@given(st.integers(32_000, 100_000))
def test_a_long_line_of_ascii_is_cut_every_74_octets_behind_the_first_75(octets: int) -> None:
    line = (b"%07d" * (octets // 7 + 1) % tuple(range(octets // 7 + 1)))[:octets]
    assert fold(line) == b"\r\n ".join([line[:75], *(line[at : at + 74] for at in range(75, octets, 74))])


@given(st.one_of(texts.map(str.encode), st.binary(max_size=400)), st.integers(76, 200))
def test_a_line_folded_by_stretches_is_folded_as_at_once(line: bytes, stretch: int) -> None:
    expected = fold(line)
    with patch("feedproxy.ics.folding._STRETCH", stretch):
        assert fold(line) == expected


def test_a_line_of_75_octets_is_not_folded() -> None:
    assert fold(b"x" * 75) == b"x" * 75
    assert fold(b"x" * 76) == b"x" * 75 + b"\r\n x"


def test_octets_that_are_no_characters_are_folded_too() -> None:
    assert unfold(fold(b"\x80" * 300)) == b"\x80" * 300


@given(st.lists(texts, max_size=5))
def test_lines_are_written_each_with_its_end(lines: list[str]) -> None:
    assert (
        unfold(write([b"X:" + line.encode() for line in lines])) == "".join(f"X:{line}\r\n" for line in lines).encode()
    )
