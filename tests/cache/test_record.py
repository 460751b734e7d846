from dataclasses import replace
from datetime import UTC

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedproxy import gzip_member
from feedproxy.cache.record import feed_from_octets, feed_to_octets, start_from_octets, start_to_octets
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


@given(FEEDS)
def test_what_was_written_is_read_back(written: Feed) -> None:
    start = start_from_octets(start_to_octets(written.start))
    stored = feed_from_octets(feed_to_octets(written))
    assert start is not None
    assert stored is not None
    assert stored.start == start.digest
    assert stored.begun_by(start) == written
    assert stored.begun_by(start).gzip == written.gzip


def test_a_feed_is_small_beside_what_many_begin_with() -> None:
    large = replace(feed(), start=gzip_member.start([gzip_member.deflate([bytes(range(256)) * 1_000])], bytes(16)))
    assert len(feed_to_octets(large)) < len(large.end) + 500
    assert len(start_to_octets(large.start)) < len(large.gzip) + 200


@pytest.mark.parametrize("read", [feed_from_octets, start_from_octets])
@pytest.mark.parametrize("version", [b"", b"feed2 ", b"feed3 ", b"start2 "])
@given(octets=st.binary() | st.sampled_from([b"{}\n", b"[]\n", b"{}", b"\n", b'{"digest":1}\n']))
def test_strange_octets_are_none(read: object, version: bytes, octets: bytes) -> None:
    assert callable(read)
    assert read(version + octets) is None


@given(st.data())
def test_what_is_cut_short_is_none(data: st.DataObject) -> None:
    octets = feed_to_octets(feed())
    assert feed_from_octets(octets[: data.draw(st.integers(0, len(octets) - 1))]) is None
    octets = start_to_octets(feed().start)
    assert start_from_octets(octets[: data.draw(st.integers(0, len(octets) - 1))]) is None


@given(st.data())
def test_a_start_that_does_not_hold_what_it_says_is_none(data: st.DataObject) -> None:
    start = feed().start
    octets = bytearray(start_to_octets(start))
    at = data.draw(st.integers(len(octets) - len(b"".join(start.blocks)), len(octets) - 1))
    octets[at] ^= 1 << data.draw(st.integers(0, 7))
    read = start_from_octets(bytes(octets))
    assert read is None or inflated(read) == inflated(start)


def inflated(start: Start) -> bytes:
    return gzip_member.text(gzip_member.member(start, gzip_member.end(b"")))
