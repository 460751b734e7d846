"""Bodies are made once, and kept within bounds."""

import asyncio
from dataclasses import dataclass
from typing import cast

import pytest

from feedproxy.model import Feed
from feedproxy.policy.content_coding import Coding
from feedproxy.web import coded_bodies
from feedproxy.web.coded_bodies import LARGE, OVERHEAD, CodedBodies


@dataclass(frozen=True)
class Octets:
    """All that is asked of a feed."""

    body: bytes
    digest: str
    gzip: bytes = b"packed"

    @property
    def octets(self) -> int:
        return len(self.body)


def feed_of(body: bytes, digest: str = "a1b2") -> Feed:
    return cast(Feed, Octets(body, digest))


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """Every body that is compressed."""
    bodies: list[bytes] = []
    compress = coded_bodies.compress

    def note(body: bytes, coding: coded_bodies.Made) -> bytes:
        bodies.append(body)
        return compress(body, coding)

    monkeypatch.setattr(coded_bodies, "compress", note)
    return bodies


@pytest.mark.parametrize(
    ("size", "coding"), [(size, coding) for size in (100, LARGE) for coding in ("identity", "br", "zstd")]
)
async def test_a_thousand_who_want_it_at_once_and_later_share_one_body(
    made: list[bytes], size: int, coding: Coding
) -> None:
    bodies, feed = CodedBodies(1_000_000), feed_of(bytes(size))
    found = await asyncio.gather(*(bodies.body(feed, coding) for _ in range(1_000)))
    found.append(await bodies.body(feed, coding))
    assert len(set(map(id, found))) == 1
    assert made == [feed.body]


async def test_what_is_at_hand_is_not_made(made: list[bytes]) -> None:
    bodies, feed = CodedBodies(1_000_000), feed_of(b"plain")
    assert await bodies.body(feed, "gzip") == b"packed"
    assert not made


async def test_the_least_recently_used_goes_first(made: list[bytes]) -> None:
    feeds = [feed_of(b"%d" % n, str(n)) for n in range(3)]
    bodies = CodedBodies(3 * OVERHEAD)  # room for two
    for feed in (feeds[0], feeds[1], feeds[0], feeds[2], feeds[0], feeds[1]):
        await bodies.body(feed, "br")
    assert made == [b"0", b"1", b"2", b"1"]


async def test_a_body_beyond_all_bounds_is_served_and_not_kept(made: list[bytes]) -> None:
    bodies, feed = CodedBodies(OVERHEAD), feed_of(b"x")
    assert await bodies.body(feed, "zstd") == await bodies.body(feed, "zstd")
    assert len(made) == 2
