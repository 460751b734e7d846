import gzip
from datetime import UTC

from hypothesis import given
from hypothesis import strategies as st

from feedproxy.cache.record import from_octets, to_octets
from feedproxy.model import Feed
from tests.cache.contract import feed

TIMES = st.datetimes(timezones=st.just(UTC))


@given(
    st.binary(max_size=1_000).flatmap(
        lambda body: st.builds(
            Feed,
            body=st.just(body),
            gzip=st.just(gzip.compress(body)),
            digest=st.text(),
            last_modified=TIMES,
            fetched_at=TIMES,
            fresh_until=TIMES,
            protected=st.booleans(),
            personal=st.booleans(),
        )
    )
)
def test_what_was_written_is_read_back(written: Feed) -> None:
    assert from_octets(to_octets(written)) == written


def test_the_body_is_kept_once_and_small() -> None:
    large = feed(octets=100_000)
    assert len(to_octets(large)) < len(large.gzip) + 300


@given(st.binary())
def test_strange_octets_are_no_feed(octets: bytes) -> None:
    assert from_octets(octets) is None
    assert from_octets(b"feed1 " + octets) is None
    assert from_octets(b"feed1 {}\n" + octets) is None
    assert from_octets(b"feed1 []\n" + octets) is None


@given(st.data())
def test_a_damaged_feed_is_none(data: st.DataObject) -> None:
    octets = to_octets(feed())
    length = data.draw(st.integers(0, len(octets) - 1))
    assert from_octets(octets[:length]) is None
