"""Members put together of parts hold what the parts hold, and every reader of gzip takes them."""

import gzip
import random
import subprocess
import zlib
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedproxy import gzip_member
from feedproxy.gzip_member import CHECKED_AT_ONCE, Start, deflate, deflate_quickly, end, is_sound, member, start

texts = st.lists(st.one_of(st.binary(max_size=50), st.just(b"BEGIN:VEVENT\r\n" * 20)), max_size=5)


@given(texts, texts, st.binary(max_size=100))
def test_a_member_holds_its_parts_one_after_the_other(first: list[bytes], second: list[bytes], last: bytes) -> None:
    put_together = member(start([deflate(first), deflate_quickly(second)], b""), end(last))
    assert gzip.decompress(put_together) == b"".join([*first, *second, last])
    assert gzip_member.text(put_together) == gzip.decompress(put_together)


def test_a_part_of_many_megabytes_is_one_among_others() -> None:
    pieces = [b"%09d" % n for n in range(200_000)]
    large = member(start([deflate([b"head"]), deflate(pieces)], b""), end(b"tail"))
    assert gzip.decompress(large) == b"".join([b"head", *pieces, b"tail"])


@pytest.mark.parametrize("octets", [0, 1, 1 << 14, (1 << 14) + 1, 100_000, 1 << 18, (1 << 18) + 1])
@pytest.mark.parametrize("first", [b"", b"head"])
def test_parts_of_any_length_follow_one_another(first: bytes, octets: int) -> None:
    text = bytes(range(250)) * (octets // 250 + 1)
    put_together = member(start([deflate([first]), deflate([text[:octets]])], b""), end(b"tail"))
    assert gzip.decompress(put_together) == first + text[:octets] + b"tail"


def test_one_start_serves_many_ends_and_one_end_many_starts() -> None:
    starts = [start([deflate([text])], b"") for text in (b"one", b"two" * 100_000)]
    ends = {text: end(text) for text in (b"", b"a", b"b" * 100_000)}
    for begun in starts:
        for text, ending in ends.items():
            assert gzip.decompress(member(begun, ending)).endswith(text)
            assert len(gzip.decompress(member(begun, ending))) == begun.length + len(text)


def test_the_gzip_program_reads_it() -> None:
    put_together = member(start([deflate([b"one, "]), deflate_quickly([b"two, "])], b""), end(b"three"))
    assert subprocess.run(["gzip", "-dc"], input=put_together, capture_output=True, check=True).stdout == (
        b"one, two, three"
    )


@pytest.mark.parametrize("place", [0, 12, -8, -4])
def test_damage_is_noticed(place: int) -> None:
    octets = bytearray(member(start([deflate([b"one, two"])], b""), end(b"three")))
    octets[place] ^= 1
    with pytest.raises(zlib.error):
        gzip_member.text(bytes(octets))


LONG = CHECKED_AT_ONCE + 1


@pytest.mark.parametrize("text", [b"", b"one", b"x" * LONG, random.Random(1).randbytes(LONG), b"y" * 5 * LONG])
def test_a_start_that_holds_what_it_says_is_sound_wherever_it_was_cut(text: bytes) -> None:
    begun = start([deflate([b"head"]), deflate_quickly([text])], b"")
    assert is_sound(begun)
    octets = b"".join(begun.blocks)
    places = [0, 1, 9, 10, 11, len(octets) // 2, len(octets) - 1, len(octets), len(octets)]
    assert is_sound(replace(begun, blocks=tuple(octets[one:other] for one, other in pairwise(places))))


def test_a_start_that_does_not_is_noticed() -> None:
    begun = start([deflate([b"one, two"])], b"")
    octets = b"".join(begun.blocks)
    ended = member(begun, end(b""))
    wrong = [
        replace(begun, crc=begun.crc ^ 1),
        replace(begun, length=begun.length + 1),
        *(replace(begun, blocks=(octets[:place],)) for place in range(len(octets))),
        replace(begun, blocks=(octets, b"more")),
        replace(begun, blocks=(ended,)),
        replace(begun, blocks=()),
    ]
    assert [each for each in wrong if is_sound(each)] == []


def test_the_first_octets_name_no_time_and_no_system() -> None:
    assert member(Start((gzip_member.HEADER,), 0, 0, b""), end(b""))[:10] == b"\x1f\x8b\x08" + bytes(6) + b"\xff"


def test_an_end_may_refer_to_what_all_its_starts_end_with() -> None:
    opening = b"BEGIN:VEVENT\r\nUID:personal-"
    primed = end(b"1\r\n" + opening + b"2\r\n", opening)
    assert len(primed) < len(end(b"1\r\n" + opening + b"2\r\n"))
    for before in (b"", b"one", b"two" * 100_000):
        begun = start([deflate([before]), deflate([opening])], b"")
        assert gzip.decompress(member(begun, primed)) == before + opening + b"1\r\n" + opening + b"2\r\n"


@pytest.mark.parametrize("octets", [16_383, 16_384, 16_385, 65_537, 1_000_003])
def test_the_crc_is_right_whatever_is_the_length_of_what_follows(octets: int) -> None:
    put_together = member(start([deflate([b"one"]), deflate([b"x" * octets])], b""), end(b"y" * octets))
    assert gzip.decompress(put_together) == b"one" + b"x" * octets + b"y" * octets
