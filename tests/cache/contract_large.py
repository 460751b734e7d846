"""What every cache promises of feeds that are large: whole or not at all, and the event loop turns meanwhile."""

import random
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from feedproxy import gzip_member
from feedproxy.cache import Cache
from feedproxy.cache.pieces import PIECE
from feedproxy.model import Feed
from tests.cache.contract import feed, opened
from tests.turns import LONGEST, noted_turns


def large(seed: int, *, start: int = 0, end: int = 0) -> Feed:
    """Return a feed whose start and end have so many octets that deflating makes no fewer."""
    noise = random.Random(seed)
    begun = gzip_member.start([gzip_member.deflate_quickly([noise.randbytes(start)])], noise.randbytes(16))
    return replace(feed(), start=begun, end=gzip_member.end(noise.randbytes(end)))


class LargeContract:
    """Beside `CacheContract`, whose `url` it uses."""

    @pytest.fixture
    async def one(self, url: str | None) -> AsyncIterator[Cache]:
        async with opened(url, max_octets=100_000_000) as cache:
            yield cache

    @pytest.fixture
    async def other(self, url: str | None, one: Cache) -> AsyncIterator[Cache]:
        """Give what has all that `one` has."""
        if url is None:
            yield one
            return
        async with opened(url, max_octets=100_000_000) as cache:
            yield cache

    @pytest.mark.parametrize("octets", [PIECE - 1_000, PIECE, 3 * PIECE + 7])
    async def test_a_feed_of_any_length_comes_back_as_it_was(self, one: Cache, other: Cache, octets: int) -> None:
        for n, given in enumerate((large(1, start=octets), large(2, end=octets), large(3, start=octets, end=octets))):
            await one.put(str(n), given)
            got = await other.get(str(n))
            assert got == given
            assert got.gzip == given.gzip

    async def test_nothing_holds_the_event_loop_for_long_while_30_megabytes_go_in_and_out(
        self, one: Cache, other: Cache
    ) -> None:
        """The client of Redis takes 10 ms to send 15 at once, and 30 to read them."""
        longest = []
        for n in range(3):
            given = large(n, start=15_000_000, end=15_000_000)
            with noted_turns() as turns:
                await one.put(str(n), given)
                got = await other.get(str(n))
            assert got == given
            longest.append(max(turns, default=0))
        assert min(longest) < LONGEST
