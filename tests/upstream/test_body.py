"""The body reader by itself: pieces of any size, and bombs."""

import gzip
import tracemalloc
import zlib
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedproxy.errors import FetchFailed
from feedproxy.upstream.body import BodyReader

CODINGS = {
    None: lambda body: body,
    "gzip": gzip.compress,
    "deflate": zlib.compress,
}


@given(
    body=st.binary(max_size=300_000) | st.builds(bytes, st.integers(0, 300_000)),
    coding=st.sampled_from(list(CODINGS)),
    cuts=st.lists(st.integers(0, 300_000), max_size=5),
)
def test_a_body_is_the_same_in_whatever_pieces_it_comes(body: bytes, coding: str | None, cuts: list[int]) -> None:
    sent = CODINGS[coding](body)
    reader = BodyReader(coding, max_octets=400_000)
    for start, end in pairwise([0, *sorted(min(cut, len(sent)) for cut in cuts), len(sent)]):
        reader.feed(sent[start:end])
    assert reader.finish() == body
    assert reader.wire_octets == len(sent)


@given(body=st.binary(min_size=1, max_size=1_000), coding=st.sampled_from(["gzip", "deflate"]), data=st.data())
def test_a_coded_body_that_stops_early_is_noticed(body: bytes, coding: str, data: st.DataObject) -> None:
    sent = CODINGS[coding](body)
    reader = BodyReader(coding, max_octets=10_000)
    reader.feed(sent[: data.draw(st.integers(1, len(sent) - 1))])
    with pytest.raises(FetchFailed) as failed:
        reader.finish()
    assert failed.value.reason == "broken-body"


@given(
    octets=st.binary(max_size=1_000),
    coding=st.sampled_from([None, "gzip", "deflate", "br", "gzip,gzip", "utf-8", "\0"]),
)
def test_octets_are_a_body_or_a_named_failure(octets: bytes, coding: str | None) -> None:
    try:
        reader = BodyReader(coding, max_octets=500)
        reader.feed(octets)
        assert len(reader.finish()) <= 500
    except FetchFailed as failed:
        assert failed.reason in {"broken-body", "too-large"}  # noqa: PT017 # both outcomes are good


@pytest.mark.parametrize("coding", ["gzip", "deflate"])
def test_a_bomb_costs_no_more_than_the_limit(coding: str) -> None:
    sent = CODINGS[coding](bytes(200_000_000))
    assert len(sent) < 1_000_000
    tracemalloc.start()
    try:
        reader = BodyReader(coding, max_octets=1_000_000)
        with pytest.raises(FetchFailed) as failed:
            reader.feed(sent)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert failed.value.reason == "too-large"
    assert peak < 4_000_000


def test_a_bomb_of_members_is_refused_at_the_first_too_many() -> None:
    reader = BodyReader("gzip", max_octets=10_000_000)
    with pytest.raises(FetchFailed, match="goes on after the end"):
        reader.feed(gzip.compress(b"") * 40_000)


def test_a_gzip_body_may_have_members_that_meet_where_the_pieces_do() -> None:
    reader = BodyReader("gzip", max_octets=100)
    reader.feed(gzip.compress(b"one"))
    reader.feed(b"")
    reader.feed(gzip.compress(b" and the other"))
    assert reader.finish() == b"one and the other"
