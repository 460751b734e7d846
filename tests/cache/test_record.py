from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedproxy import gzip_member
from feedproxy.cache.record import feed_from_parts, feed_to_parts, start_from_parts, start_to_parts
from feedproxy.gzip_member import Start
from feedproxy.model import Feed, Look
from tests.cache.contract import feed

TIMES = st.datetimes(timezones=st.just(UTC))
YEARS = st.integers(1, 9999)
STARTS = st.builds(
    lambda pieces, digest: gzip_member.start([gzip_member.deflate(pieces)], digest),
    st.lists(st.binary(max_size=300)),
    st.binary(max_size=16),
)
LOOKS = st.builds(
    Look,
    source=st.binary(max_size=32),
    generation=st.integers(0, 2**40),
    fetched_at=TIMES,
    fresh_until=TIMES,
    trouble=st.none() | st.text(),
    protected=st.booleans(),
)
FEEDS = st.builds(
    Feed,
    start=STARTS,
    end=st.binary(max_size=1_000).map(gzip_member.end),
    zones=st.lists(st.tuples(st.text(), YEARS, YEARS)).map(tuple),
    look=LOOKS,
    last_modified=TIMES,
    read_at=st.none() | TIMES,
    personal=st.booleans(),
)


def cut(parts: Sequence[bytes], data: st.DataObject) -> list[bytes]:
    """Return the octets of a record in other parts; its header stays whole."""
    header, rest = parts[0], b"".join(parts[1:])
    places = sorted(data.draw(st.lists(st.integers(0, len(rest)), max_size=3)))
    first, *others = (rest[start:end] for start, end in pairwise([0, *places, len(rest)]))
    return [header + first, *others]


@given(FEEDS, st.data())
def test_what_was_written_is_read_back_wherever_it_was_cut(written: Feed, data: st.DataObject) -> None:
    start = start_from_parts(cut(start_to_parts(written.start), data))
    stored = feed_from_parts(cut(feed_to_parts(written), data))
    assert start is not None
    assert gzip_member.is_sound(start)
    assert stored is not None
    assert stored.start == start.digest
    assert stored.begun_by(start) == written
    assert stored.begun_by(start).gzip == written.gzip


def test_a_feed_is_small_beside_what_many_begin_with() -> None:
    large = replace(feed(), start=gzip_member.start([gzip_member.deflate([bytes(range(256)) * 1_000])], bytes(16)))
    assert len(b"".join(feed_to_parts(large))) < len(large.end) + 500
    assert len(b"".join(start_to_parts(large.start))) < len(large.gzip) + 200


BAD_CRC = b'{"digest":"00","length":0,"crc":4294967296}\n'
NO_LENGTH = b'{"digest":"00","length":Infinity,"crc":0}\n'


@pytest.mark.parametrize("read", [feed_from_parts, start_from_parts])
@pytest.mark.parametrize("version", [b"", b"feed2 ", b"feed3 ", b"start2 "])
@given(octets=st.binary() | st.sampled_from([b"{}\n", b"[]\n", b"{}", b"\n", b'{"digest":1}\n', BAD_CRC, NO_LENGTH]))
def test_strange_octets_are_none(read: object, version: bytes, octets: bytes) -> None:
    assert callable(read)
    assert read([version + octets]) is None


@given(st.data())
def test_what_is_cut_short_is_none(data: st.DataObject) -> None:
    octets = b"".join(feed_to_parts(feed()))
    assert feed_from_parts([octets[: data.draw(st.integers(0, len(octets) - 1))]]) is None
    octets = b"".join(start_to_parts(feed().start))
    start = start_from_parts([octets[: data.draw(st.integers(0, len(octets) - 1))]])
    assert start is None or not gzip_member.is_sound(start)


@given(st.data())
def test_a_start_that_has_been_damaged_is_not_sound(data: st.DataObject) -> None:
    start = feed().start
    octets = bytearray(b"".join(start_to_parts(start)))
    at = data.draw(st.integers(len(octets) - len(b"".join(start.blocks)), len(octets) - 1))
    octets[at] ^= 1 << data.draw(st.integers(0, 7))
    read = start_from_parts([bytes(octets)])
    assert read is not None
    assert not gzip_member.is_sound(read) or inflated(read) == inflated(start)


def inflated(start: Start) -> bytes:
    return gzip_member.text(gzip_member.member(start, gzip_member.end(b"")))
