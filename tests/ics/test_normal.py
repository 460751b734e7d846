"""Any octets are brought into normal form, and what is in it stays as it is."""

import re
from itertools import pairwise
from typing import Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feedproxy.ics.contentline import MAX_PARAMETERS, split
from feedproxy.ics.folding import fold as fold_line
from feedproxy.ics.folding import unfold
from feedproxy.ics.normal import Normal, is_normal, normalise
from tests.feeds import bodies

thorough = settings(max_examples=400)


@thorough
@given(bodies)
def test_any_octets_become_normal_or_nothing(body: bytes) -> None:
    text = normalise(body).text
    assert text == b"" or is_normal(text)


@thorough
@given(
    st.lists(st.sampled_from([0xD800, 0xDBFF, 0xDC00, 0xDFFF, 0x41, 0x20AC, 0xFFFD, 0xD7FF, 0xE000]), max_size=12),
    st.sampled_from(["little", "big"]),
    st.booleans(),
    st.sampled_from([b"", b"", b"\xd8", b"A"]),
)
def test_half_a_pair_of_utf_16_is_read_as_the_decoder_reads_it(
    units: list[int], order: Literal["little", "big"], has_mark: bool, behind: bytes
) -> None:
    units = [*[0xFEFF] * has_mark, *map(ord, "X:"), *units, *map(ord, "x")]
    body = b"".join(unit.to_bytes(2, order) for unit in units) + behind
    encoding = "utf-16-le" if order == "little" else "utf-16-be"
    expected = body.decode(encoding, "replace").removeprefix("\ufeff").encode()
    assert normalise(body).text == normalise(expected).text


@thorough
@given(bodies)
def test_twice_is_once(body: bytes) -> None:
    text = normalise(body).text
    assert normalise(text).text == text


@given(
    st.lists(st.sampled_from(["junk", "a:1", "X-A:1", "X-A:" + "x" * 60 + "\r\n y", "BEGIN:A", "end:a"]), max_size=12)
)
def test_where_components_begin_text_is_brought_into_normal_form_piece_by_piece(lines: list[str]) -> None:
    pieces: list[bytes] = [b"BEGIN:A\r\n"]
    for line in lines:
        text = line.encode() + b"\r\n"
        if line == "BEGIN:A":
            pieces.append(text)
        else:
            pieces[-1] += text
    assert normalise(b"".join(pieces)).text == b"".join(normalise(piece).text for piece in pieces)


@thorough
@given(bodies)
def test_the_normal_form_is_what_it_says(body: bytes) -> None:
    """The definition at the head of the module, clause by clause, by a slower and plainer check than its own."""
    text = normalise(body).text
    decoded = text.decode("utf-8")
    assert not re.search("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029]", decoded)
    physical = text.removesuffix(b"\r\n").split(b"\r\n") if text else []
    assert not any(b"\r" in line or b"\n" in line or not line or len(line) > 75 for line in physical)
    for before, after in pairwise(physical):
        if after.startswith(b" "):
            assert len(before) > 60
            before.decode("utf-8")
    for line in unfold(text).split(b"\r\n")[:-1]:
        content = split(line)
        assert content is not None
        assert content.name.startswith(b"X-") or content.name == content.name.upper()
        if content.name in {b"BEGIN", b"END"}:
            assert content.value == content.value.upper()
            assert content.parameters == b""


@given(
    st.lists(st.text(st.characters(exclude_categories=("Cc", "Cs", "Zl", "Zp")), max_size=30), min_size=1, max_size=4)
)
def test_text_in_any_of_its_encodings_is_read(texts: list[str]) -> None:
    lines = [f"SUMMARY:{text}" for text in texts]
    expected = "".join(line + "\r\n" for line in lines).encode()
    for end in ("\r\n", "\n", "\r", "\n\n"):
        plain = "".join(line + end for line in lines)
        for encoded in (plain.encode(), plain.encode("utf-8-sig"), plain.encode("utf-16")):
            assert unfold(normalise(encoded).text) == expected


@pytest.mark.parametrize("count", [2, 3, 63, 64, 65, 128, 129, 1_000])
@pytest.mark.parametrize("end", ["\r\n", "\n", "\r"])
def test_however_many_blank_lines_there_are_in_a_fold_they_are_one_mend(end: str, count: int) -> None:
    normal = normalise(f"X-A:1{end * count}X-B:1{end * count} 2{end}".encode())
    assert normal == Normal(b"X-A:1\r\nX-B:12\r\n", (("blank-line-in-fold", 1),))


@given(
    st.lists(
        st.tuples(st.sampled_from(["SUMMARY:a", "X-A: b", "UID:\u20ac"]), st.sampled_from(["\r\n", "\n", "\r"])),
        min_size=1,
    ),
    st.booleans(),
)
def test_lines_may_end_in_many_ways_and_the_last_in_none(lines: list[tuple[str, str]], is_ended: bool) -> None:
    body = "".join(line + end for line, end in lines)
    expected = "".join(line + "\r\n" for line, _ in lines).encode()
    assert normalise((body if is_ended else body.rstrip("\r\n")).encode()).text == expected


@given(st.lists(st.sampled_from(["\x85", "\u2028", "\u2029", "\x80", "\x9f", "\xa0", "\u2027", "\u3028", "a"])))
def test_wide_breaks_are_spaces_and_wide_controls_go(characters: list[str]) -> None:
    text = "".join(characters)
    normal = normalise(f"SUMMARY:{text}\r\n".encode())
    expected = re.sub("[\x80\x9f]", "", re.sub("[\x85\u2028\u2029]", " ", text))
    assert unfold(normal.text).decode() == f"SUMMARY:{expected}\r\n"
    assert dict(normal.repairs).get("control-characters", 0) == len(re.findall("[\x80\x85\x9f\u2028\u2029]", text))


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"A:1",
        b"A:1\n",
        b"A:1\r",
        b"\r\nA:1\r\n",
        b"A:1\r\n\r\nB:2\r\n",
        b" A:1\r\n",
        b"A\r\n",
        b"a:1\r\n",
        b"A;B=1\r\n",
        b'A;B="1:2\r\n',
        b"begin:VEVENT\r\n",
        b"BEGIN:vevent\r\n",
        b"BEGIN:VEVENT \r\n",
        b"BEGIN;X=1:VEVENT\r\n",
        b"BEGIN:" + b"X" * 61 + b"\r\n",
        b"A:" + b"1" * 74 + b"\r\n",
        b"A:" + b"1" * 58 + b"\r\n 2\r\n",
        b"A:" + b"1" * 70 + b"\r\n\t2\r\n",
        b"A:" + b"1" * 70 + b"\r\n " + b"2" * 75 + b"\r\n",
        b"A:" + b"1" * 70 + b"\xc3\r\n \xa4\r\n",
        b"A:\xff\r\n",
        b"A:\x00\r\n",
        b"A:\x0b\r\n",
        b"A:\x7f\r\n",
        b"A:\xc2\x85\r\n",
        b"A:\xe2\x80\xa8\r\n",
        b"\xef\xbb\xbfA:1\r\n",
    ],
)
def test_each_clause_is_checked(text: bytes) -> None:
    assert not is_normal(text)


@pytest.mark.parametrize(
    "text",
    [
        b"A:\r\n",
        b"A:\t1 \r\n",
        b'A;B="1:2";C:3\r\n',
        b"X-a_b.c/d:1\r\n",
        b"BEGINNING:1\r\nENDED;A=1:2\r\n",
        b"BEGIN:X-SEAT\r\nEND:X-SEAT\r\n",
        b"A:" + b"1" * 73 + b"\r\n",
        b"A:" + b"1" * 59 + b"\r\n 2\r\n",
        b"A:" + b"1" * 73 + b"\r\n " + b"2" * 74 + b"\r\n 3\r\n",
        b"A;B=" + b"1" * 71 + b"\r\n 2:3\r\n",
        b'A;B="' + b":" * 70 + b'\r\n :":3\r\n',
        "A:ä\u200b\r\n".encode(),
    ],
)
def test_what_is_in_normal_form_is_left_as_it_is(text: bytes) -> None:
    assert is_normal(text)
    assert normalise(text).text is text


def test_damaged_utf_8_is_not_taken_for_latin_1() -> None:
    line = "SUMMARY:日本語のカレンダー".encode()
    assert normalise(line[:-1] + b"\r\n").text.decode().startswith("SUMMARY:日本語のカレンダ\ufffd")


def test_octets_that_windows_1252_lacks_are_read_as_latin_1() -> None:
    assert normalise(b"SUMMARY:caf\xe9\x81\r\n").text == "SUMMARY:café\r\n".encode()


def test_a_line_that_says_something_is_dropped_only_with_a_word() -> None:
    assert normalise(b"what is this\nUID:1\n").repairs == (("line-dropped", 1),)
    assert normalise(b"   \nUID:1\n").repairs == ()


@thorough
@given(st.lists(st.text("a\\", min_size=1, max_size=4), min_size=1, max_size=6))
def test_a_lost_line_break_is_written_out_and_behind_a_lone_backslash_its_letter(lines: list[str]) -> None:
    """However many lines follow each other, each break is read by the backslashes before it."""
    expected = ""
    for line in lines:
        odd = (len(expected) - len(expected.rstrip("\\"))) % 2
        expected += ("n" if odd else "\\n") + line
    normal = normalise("\r\n".join(["DESCRIPTION:", *lines, "UID:1", ""]).encode())
    assert unfold(normal.text).split(b"\r\n")[0] == f"DESCRIPTION:{expected}".encode()
    assert dict(normal.repairs) == {"line-rejoined": len(lines)}


@given(st.lists(st.sampled_from(["=4A=", "=", "x=", "x==", "RRULE;FREQ=", ";="]), max_size=6))
def test_soft_breaks_join_any_number_of_lines(lines: list[str]) -> None:
    normal = normalise("\r\n".join(["COMMENT;ENCODING=QUOTED-PRINTABLE:=", *lines, "end", "UID:1", ""]).encode())
    text = "".join(line[:-1] for line in ["=", *lines, "end="])
    assert unfold(normal.text) == f"COMMENT;ENCODING=QUOTED-PRINTABLE:{text}\r\nUID:1\r\n".encode()
    assert dict(normal.repairs) == {"line-rejoined": len(lines) + 1}


@given(st.lists(st.sampled_from(["DESCRIPTION:\xe4", "X-A:\xdf\xe4", "UID:1", "X-B:b"]), min_size=1))
def test_each_line_that_is_not_utf_8_is_counted(lines: list[str]) -> None:
    normal = normalise("".join(f"{line}\r\n" for line in lines).encode("latin-1"))
    assert normal.text == "".join(f"{line}\r\n" for line in lines).encode()
    assert dict(normal.repairs).get("not-utf-8", 0) == sum(not line.isascii() for line in lines)


LINES = {
    b"DESCRIPTION:stra\xdfe": "DESCRIPTION:straße",
    "DESCRIPTION:straße".encode(): "DESCRIPTION:straße",
    b"X-A:\x80 1": "X-A:€ 1",
    b"X-A:\xe2\x82\xac 1 \xe2\x82": "X-A:\u00e2\u201a\u00ac 1 \u00e2\u201a",
    b"X-A:\xe2\x82\xac\xe2\x82\xac 1 \xe2\x82": "X-A:€€ 1 \ufffd",
    "X-A:\ufffd".encode(): "X-A:\ufffd",
    b"UID:1": "UID:1",
}
"""As they come in, and as they are read."""


@given(st.lists(st.sampled_from(sorted(LINES)), min_size=1))
def test_each_line_is_read_in_the_encoding_that_it_is_in(lines: list[bytes]) -> None:
    normal = normalise(b"\r\n".join([*lines, b""]))
    assert normal.text.decode() == "".join(f"{LINES[line]}\r\n" for line in lines)
    assert dict(normal.repairs).get("not-utf-8", 0) == sum(LINES[line].encode() != line for line in lines)


@given(st.lists(st.sampled_from(['X-A;B="c', "text", "rrule", "\t", "EXRULES;A=1", "a b"]), max_size=8))
def test_lines_without_a_colon_are_dropped_together_and_counted(lines: list[str]) -> None:
    normal = normalise("\n".join(["UID:1", *lines, "UID:2", ""]).encode())
    assert normal.text == b"UID:1\r\nUID:2\r\n"
    folds = sum(line.startswith("\t") for line in lines)
    assert dict(normal.repairs).get("line-dropped", 0) == len(lines) - folds


PARAMETERS = pytest.mark.parametrize(
    "parameter", [b";X=1", b';X="a:b;c"', b',"mailto:a"', b'""'], ids=["bare", "quoted", "list", "empty"]
)


@PARAMETERS
@pytest.mark.parametrize("fold", [b"", b"\r\n ", b"\n\t"])
def test_a_line_with_more_parameters_than_anybody_reads_is_dropped_with_a_word(parameter: bytes, fold: bytes) -> None:
    number = MAX_PARAMETERS // len(parameter) + 1
    many = b"UID:1\r\nATTENDEE;A=1" + (parameter + fold) * number + b":mailto:a@b\r\nUID:2\r\n"
    assert normalise(many) == Normal(b"UID:1\r\nUID:2\r\n", (("line-dropped", 1),))
    lines = b"UID:1\r\nATTENDEE;A=1" + parameter * number + b":mailto:a@b\r\nUID:2\r\n"
    folded = b"".join(fold_line(line) + b"\r\n" for line in lines.split(b"\r\n")[:-1])
    assert normalise(folded) == normalise(many)
    assert not is_normal(folded)


@PARAMETERS
def test_a_line_with_many_parameters_is_kept(parameter: bytes) -> None:
    line = b"ATTENDEE;A=1" + parameter * ((MAX_PARAMETERS - 4) // len(parameter)) + b":mailto:a@b"
    normal = normalise(b"UID:1\r\n" + line + b"\r\nUID:2\r\n")
    assert normal == Normal(b"UID:1\r\n" + fold_line(line) + b"\r\nUID:2\r\n")
    assert is_normal(normal.text)


@pytest.mark.parametrize(
    "start", [b"ATTACH:", b"ATTACH;VALUE=BINARY:", b'ATTACH;FILENAME="a:b":', b"A:;A=1", b"ATTACH;A=1:;"]
)
def test_a_value_may_be_of_megabytes(start: bytes) -> None:
    line = start + b"AAAA;" * MAX_PARAMETERS
    assert unfold(normalise(b"UID:1\r\n" + line + b"\r\nUID:2\r\n").text) == b"UID:1\r\n" + line + b"\r\nUID:2\r\n"


def test_a_value_of_megabytes_stays_behind_a_quote_that_does_not_close() -> None:
    normal = normalise(b'ATTACH;FILENAME="a.jpg:' + b"AAAA" * MAX_PARAMETERS + b"\r\n")
    assert unfold(normal.text) == b"ATTACH;FILENAME=a.jpg:" + b"AAAA" * MAX_PARAMETERS + b"\r\n"
    assert normal.repairs == (("quote-unclosed", 1),)
