"""What every cache promises; each backend inherits it and says how it is opened."""

import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import blake2b

import pytest

from feedproxy import gzip_member
from feedproxy.cache import Cache, open_cache
from feedproxy.errors import FetchFailed
from feedproxy.model import Feed, Look

NOW = datetime(2026, 11, 21, 12, 0, 0, 123456, tzinfo=UTC)
LOOK = Look(
    source=bytes(range(32)),
    generation=3,
    fetched_at=NOW + timedelta(seconds=1),
    fresh_until=NOW + timedelta(minutes=15),
    trouble="timeout",
    protected=False,
)


def feed(text: str = "one", *, octets: int = 0) -> Feed:
    """Return a feed that says `text`, and has so many octets more."""
    text_of_start = f"BEGIN:VCALENDAR\r\nX-TEXT:{text}\r\n".encode()
    digest = blake2b(text_of_start, digest_size=16).digest()
    return Feed(
        start=gzip_member.start([gzip_member.deflate([text_of_start])], digest),
        end=gzip_member.end(random.Random(text).randbytes(octets) + b"END:VCALENDAR\r\n"),
        zones=(("Europe/Berlin", 2026, 2027),),
        look=LOOK,
        last_modified=NOW,
        read_at=NOW,
        personal=True,
    )


@asynccontextmanager
async def opened(url: str | None, *, max_octets: int = 1_000_000) -> AsyncIterator[Cache]:
    cache = await open_cache(max_octets=max_octets, redis_url=url)
    try:
        yield cache
    finally:
        await cache.close()


class CacheContract:
    @pytest.fixture
    def url(self) -> str | None:
        """Return what opens this backend."""
        raise NotImplementedError

    @pytest.fixture
    async def cache(self, url: str | None) -> AsyncIterator[Cache]:
        async with opened(url) as cache:
            yield cache

    async def test_what_was_never_put_is_not_there(self, cache: Cache) -> None:
        assert cache.peek("a") is None
        assert await cache.get("a") is None

    async def test_what_was_put_is_there_whole(self, cache: Cache) -> None:
        await cache.put("a", feed())
        assert cache.peek("a") == feed()
        again = await cache.get("a")
        assert again == feed()
        assert again.body == feed().body

    async def test_the_last_put_counts(self, cache: Cache) -> None:
        await cache.put("a", feed("one"))
        await cache.put("a", feed("two"))
        assert cache.peek("a") == feed("two")
        assert await cache.get("a") == feed("two")

    async def test_keys_are_kept_apart(self, cache: Cache) -> None:
        keys = ["a", "A", "a ", "", "a.b", "ä", "a\r\nb", "feedproxy:feed:a"]
        for key in keys:
            await cache.put(key, feed(key.encode().hex()))
        assert [await cache.get(key) for key in keys] == [feed(key.encode().hex()) for key in keys]

    async def test_what_was_dropped_is_gone_and_the_rest_is_not(self, cache: Cache) -> None:
        for key in ("a", "b", "c"):
            await cache.put(key, feed(key))
        await cache.drop(["a", "c", "never there"])
        assert [cache.peek(key) for key in ("a", "b", "c")] == [None, feed("b"), None]
        assert [await cache.get(key) for key in ("a", "b", "c")] == [None, feed("b"), None]

    async def test_dropping_nothing_is_nothing(self, cache: Cache) -> None:
        await cache.drop([])
        await cache.put("a", feed())
        await cache.drop(set())
        assert cache.peek("a") == feed()

    async def test_what_was_dropped_can_be_put_again(self, cache: Cache) -> None:
        await cache.put("a", feed("old"))
        await cache.drop(["a"])
        await cache.put("a", feed("new"))
        assert await cache.get("a") == feed("new")

    async def test_many_feeds_are_dropped_at_once(self, cache: Cache) -> None:
        keys = [f"{n:032x}" for n in range(10_000)]
        await cache.put(keys[0], feed())
        await cache.put(keys[-1], feed())
        await cache.drop(keys)
        assert [await cache.get(key) for key in (keys[0], keys[-1])] == [None, None]

    async def test_memory_is_bounded_in_octets(self, url: str | None) -> None:
        """The least recently used go first; the room that is left holds nearly as many as would fit bare."""
        size = len(feed(octets=10_000).gzip)
        async with opened(url, max_octets=20 * size) as cache:
            for n in range(100):
                await cache.put(str(n), feed(octets=10_000))
                assert cache.peek("0") is not None
            kept = [n for n in range(100) if cache.peek(str(n)) is not None]
        assert kept[0] == 0
        assert kept[1:] == list(range(100 - len(kept) + 1, 100))
        assert 15 <= len(kept) <= 20

    async def test_a_feed_larger_than_memory_ousts_only_its_predecessor(self, url: str | None) -> None:
        async with opened(url, max_octets=100_000) as cache:
            await cache.put("a", feed("old"))
            await cache.put("b", feed("other"))
            await cache.put("a", feed("new", octets=100_000))
            assert cache.peek("a") is None
            assert cache.peek("b") == feed("other")

    async def test_every_field_survives(self, cache: Cache) -> None:
        given = replace(
            feed(),
            look=replace(LOOK, protected=True, trouble=None, generation=0),
            personal=False,
            read_at=None,
            zones=(),
            last_modified=NOW - timedelta(days=400),
        )
        await cache.put("a", given)
        assert await cache.get("a") == given

    async def test_what_many_feeds_begin_with_takes_memory_once(self, url: str | None) -> None:
        large = gzip_member.deflate([random.Random(1).randbytes(100_000)])
        begun = gzip_member.start([large], b"start")
        async with opened(url, max_octets=200_000) as cache:
            for n in range(100):
                await cache.put(str(n), replace(feed(), start=begun))
            assert all(cache.peek(str(n)) is not None for n in range(100))
            await cache.put("other", replace(feed(), start=gzip_member.start([large], b"another")))
            assert cache.peek("99") is None
            assert cache.peek("other") is not None

    async def test_it_is_told_what_leaves_memory_and_not_what_is_replaced(self, url: str | None) -> None:
        left: list[tuple[str, Feed]] = []
        cache = await open_cache(max_octets=100_000, redis_url=url, on_leave=lambda key, feed: left.append((key, feed)))
        try:
            await cache.put("a", feed("one"))
            await cache.put("a", feed("two"))
            assert left == []
            await cache.drop(["a", "b"])
            assert left == [("a", feed("two"))]
            await cache.put("a", feed("three"))
            await cache.put("b", feed("large", octets=99_000))
            assert left[1:] == [("a", feed("three"))]
            await cache.put("c", feed("too large", octets=100_000))
            assert left[2:] == [("c", feed("too large", octets=100_000))]
        finally:
            await cache.close()

    async def test_whoever_is_alone_looks_upstream(self, cache: Cache) -> None:
        for _ in range(2):
            assert await cache.depart("a", after=None, seconds=5) is None
            await cache.land("a", FetchFailed("timeout", "no answer"))

    async def test_all_drops_are_heard_of(self, cache: Cache) -> None:
        assert cache.hears()

    async def test_all_is_well(self, cache: Cache) -> None:
        assert await cache.ping() is None
