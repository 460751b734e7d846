"""What is large goes into Redis and comes from it in pieces, and is there whole or not at all."""

import asyncio
import random
from collections.abc import AsyncIterator, Iterator, Sequence
from itertools import islice, pairwise
from typing import Any

import pytest
from redis.asyncio import Redis
from redis.exceptions import ResponseError

from feedproxy.cache import pieces
from feedproxy.cache.pieces import GATHERED_PREFIX, GATHERED_SECONDS, PIECE, in_pieces, read, write
from feedproxy.cache.redis import PREFIX, START_PREFIX
from tests.cache.contract import feed, opened
from tests.cache.contract_large import large
from tests.servers.redis import RedisServer

pytestmark = pytest.mark.service("redis")

LENGTHS = [0, 1, PIECE - 1, PIECE, PIECE + 1, 3 * PIECE, 3 * PIECE + 7]
NOTHING = 1
"""Octets of memory that hold no feed: it is read in Redis each time."""


def noise(octets: int, seed: int = 0) -> bytes:
    return random.Random(seed).randbytes(octets)


@pytest.fixture
async def client(redis: RedisServer) -> AsyncIterator[Redis]:
    async with Redis.from_url(redis.url, protocol=2) as client:
        yield client


async def gathered(client: Redis) -> Sequence[bytes]:
    """Return the keys of what is not whole."""
    keys: Any = await client.keys(GATHERED_PREFIX + "*")
    assert isinstance(keys, list)
    return keys


@pytest.mark.parametrize("places", [[], [0, 0], [1], [PIECE], [PIECE - 1, PIECE + 1], [5, 2 * PIECE, 2 * PIECE]])
@pytest.mark.parametrize("octets", LENGTHS)
def test_parts_of_any_lengths_are_cut_anew(octets: int, places: list[int]) -> None:
    whole = noise(octets)
    cut = [whole[start:end] for start, end in pairwise([0, *(min(place, octets) for place in places), octets])]
    anew = list(in_pieces(cut))
    assert b"".join(anew) == whole
    assert {len(piece) for piece in anew[:-1]} <= {PIECE}
    assert all(0 < len(piece) <= PIECE for piece in anew[-1:])


@pytest.mark.parametrize("octets", LENGTHS)
async def test_octets_of_any_number_are_read_as_they_were_written(client: Redis, octets: int) -> None:
    for before in (b"", b"before", noise(2 * PIECE, 1)):
        await client.set("a", before, ex=5)
        whole = noise(octets)
        await write(client, "a", [whole[:7], whole[7:]], seconds=1_000)
        assert b"".join(await read(client, "a")) == whole
        assert await client.get("a") == whole
        assert 5 < await client.ttl("a") <= 1_000
        assert not await gathered(client)


async def test_what_is_not_there_is_empty(client: Redis) -> None:
    assert await read(client, "a") == [b""]


async def test_what_is_small_costs_one_command(client: Redis, monkeypatch: pytest.MonkeyPatch) -> None:
    commands = []
    execute = client.execute_command

    async def noted(*arguments: Any, **options: Any) -> object:
        commands.append(arguments[0])
        return await execute(*arguments, **options)  # type: ignore[no-untyped-call]

    monkeypatch.setattr(client, "execute_command", noted)
    await write(client, "a", [noise(PIECE - 1)], seconds=1_000)
    await read(client, "a")
    assert commands == ["SET", "GETRANGE"]


async def test_what_is_left_half_way_is_seen_by_nobody_and_expires(
    client: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    def cancelled(parts: Sequence[bytes]) -> Iterator[bytes]:
        yield from islice(in_pieces(parts), 3)
        raise asyncio.CancelledError

    monkeypatch.setattr(pieces, "in_pieces", cancelled)
    await client.set("a", b"before")
    with pytest.raises(asyncio.CancelledError):
        await write(client, "a", [noise(9 * PIECE)], seconds=1_000)
    (key,) = await gathered(client)
    assert await client.strlen(key) == 3 * PIECE
    assert await client.get("a") == b"before"
    assert 0 < await client.ttl(key) <= GATHERED_SECONDS


@pytest.mark.parametrize("lost_after", [1, 2, 3])
async def test_pieces_that_the_server_loses_come_into_no_place(
    client: Redis, redis: RedisServer, monkeypatch: pytest.MonkeyPatch, lost_after: int
) -> None:
    """It may have to make room: `maxmemory` with a policy."""

    def losing(parts: Sequence[bytes]) -> Iterator[bytes]:
        for number, piece in enumerate(in_pieces(parts), 1):
            yield piece
            if number == lost_after:
                redis.command("FLUSHDB")

    monkeypatch.setattr(pieces, "in_pieces", losing)
    with pytest.raises(ResponseError):
        await write(client, "a", [noise(3 * PIECE)], seconds=1_000)
    assert await client.keys("*") == []


async def test_a_server_that_is_full_keeps_no_half_of_it(client: Redis, redis: RedisServer) -> None:
    async with opened(redis.url, max_octets=100_000_000) as one, opened(redis.url) as other:
        await one.put("a", feed())
        used = (await client.info("memory"))["used_memory"]
        redis.command("CONFIG", "SET", "maxmemory", str(used + 4_000_000))
        await one.put("b", large(1, start=20 * PIECE))
        assert one.peek("b") == large(1, start=20 * PIECE)
        assert await other.get("b") is None
        assert await other.get("a") == feed()
        assert not await gathered(client)


async def test_the_last_put_counts_whichever_is_large(redis: RedisServer) -> None:
    given = feed("small"), large(1, end=2 * PIECE), large(2, end=4 * PIECE), large(3, end=3 * PIECE), feed("other")
    async with opened(redis.url, max_octets=NOTHING) as one, opened(redis.url, max_octets=NOTHING) as other:
        for each in given:
            await one.put("a", each)
            assert await other.get("a") == each


async def test_whoever_reads_meanwhile_reads_one_feed_or_the_other_or_none(redis: RedisServer) -> None:
    feeds = [large(n, start=(n % 3) * PIECE, end=(1 + n % 4) * PIECE) for n in range(8)]
    async with opened(redis.url, max_octets=NOTHING) as one, opened(redis.url, max_octets=NOTHING) as other:
        await one.put("a", feeds[0])

        async def put() -> None:
            for each in feeds:
                await one.put("a", each)

        putting, read = asyncio.ensure_future(put()), []
        while not putting.done():
            read.append(await other.get("a"))
        await putting
        assert [each for each in read if each is not None and each not in feeds] == []
        assert await other.get("a") == feeds[-1]


async def test_a_large_feed_that_is_dropped_while_it_is_written_is_gone(
    redis: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with opened(redis.url, max_octets=NOTHING) as one, opened(redis.url, max_octets=NOTHING) as other:
        dropping: list[asyncio.Future[None]] = []

        def dropped(parts: Sequence[bytes]) -> Iterator[bytes]:
            yield from islice(whole := in_pieces(parts), 3)
            dropping.append(asyncio.ensure_future(one.drop(["a"])))
            yield from whole

        monkeypatch.setattr(pieces, "in_pieces", dropped)
        await one.put("a", large(1, end=20 * PIECE))
        await asyncio.gather(*dropping)
        assert len(dropping) == 1
        assert await other.get("a") is None


async def test_of_many_who_want_one_large_start_at_once_one_writes_and_one_reads(
    redis: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[str] = []

    async def write_noted(client: Redis, key: str, parts: Sequence[bytes], *, seconds: int) -> None:
        done.append("write " + key)
        await write(client, key, parts, seconds=seconds)

    async def read_noted(client: Redis, key: str) -> list[bytes]:
        done.append("read " + key)
        return await read(client, key)

    monkeypatch.setattr(pieces, "write", write_noted)
    monkeypatch.setattr(pieces, "read", read_noted)
    given = large(1, start=4 * PIECE)
    start = START_PREFIX + given.start.digest.hex()
    async with opened(redis.url, max_octets=100_000_000) as one, opened(redis.url, max_octets=100_000_000) as other:
        keys = [str(n) for n in range(20)]
        await asyncio.gather(*(one.put(key, given) for key in keys))
        assert await asyncio.gather(*map(other.get, keys)) == [given] * 20
    assert done.count("write " + start) == done.count("read " + start) == 1
    assert done.count("write " + PREFIX + "7") == done.count("read " + PREFIX + "7") == 1


async def test_damage_in_any_piece_is_noticed_and_made_good_by_the_next_put(client: Redis, redis: RedisServer) -> None:
    given = large(1, start=3 * PIECE, end=3 * PIECE)
    start = START_PREFIX + given.start.digest.hex()
    async with opened(redis.url, max_octets=NOTHING) as one, opened(redis.url, max_octets=NOTHING) as other:
        for key in (PREFIX + "a", start):
            for piece in range(3):
                await one.put("a", given)
                await client.setrange(key, piece * PIECE + 1_000, b"damaged")
                assert await other.get("a") is None
            await one.put("a", given)
            await client.set(key, b"".join(await read(client, key))[: 2 * PIECE])
            assert await other.get("a") is None
        await one.put("a", given)
        assert await other.get("a") == given
