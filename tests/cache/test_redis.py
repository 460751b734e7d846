"""The cache that processes share through Redis: what they see of each other, and what an outage costs."""

import asyncio
import logging
import multiprocessing
import random
import threading
from collections.abc import AsyncIterator, Callable, Collection
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from multiprocessing.connection import Connection

import pytest

from feedproxy import gzip_member
from feedproxy.cache import Cache, Landed, open_cache
from feedproxy.cache import redis as redis_cache
from feedproxy.cache.redis import CHANNEL, KEPT_SECONDS, PREFIX, START_PREFIX, RedisCache
from feedproxy.errors import FetchFailed, SettingsError
from tests.cache.contract import LOOK, NOW, CacheContract, feed, opened
from tests.cache.contract_large import LargeContract
from tests.servers.redis import RedisServer, free_port

pytestmark = pytest.mark.service("redis")


async def until(condition: Callable[[], bool], *, seconds: float = 10) -> None:
    """Wait for something that another task or process brings about."""
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110 # nothing announces it
            await asyncio.sleep(0.01)


async def until_well(cache: Cache, *, well: bool = True) -> None:
    async with asyncio.timeout(10):
        while (await cache.ping() is None) is not well:  # noqa: ASYNC110 # nothing announces it
            await asyncio.sleep(0.02)


class TestRedis(CacheContract, LargeContract):
    @pytest.fixture
    def url(self, redis: RedisServer) -> str:
        return redis.url

    async def test_one_puts_and_the_other_gets(self, url: str) -> None:
        async with opened(url) as one, opened(url) as other:
            await one.put("a", feed())
            assert other.peek("a") is None
            assert await other.get("a") == feed()
            assert other.peek("a") == feed()

    async def test_a_protected_feed_stays_in_the_process(self, url: str, redis: RedisServer) -> None:
        async with opened(url) as one, opened(url) as other:
            await one.put("a", replace(feed(), look=replace(LOOK, protected=True)))
            assert one.peek("a") is not None
            assert await other.get("a") is None
            assert redis.command("KEYS", "feedproxy:*") == b"*0"

    async def test_a_large_feed_is_shared_too(self, url: str) -> None:
        large = feed(octets=300_000)
        random_like = "".join(f"{n * 2_654_435_761 % 2**32:08x}" for n in range(60_000))
        for each in (large, feed(random_like)):
            async with opened(url, max_octets=10_000_000) as one, opened(url, max_octets=10_000_000) as other:
                await one.put("a", each)
                assert await other.get("a") == each

    async def test_what_many_feeds_begin_with_is_in_redis_once(self, url: str, redis: RedisServer) -> None:
        large = feed(octets=100)
        begun = gzip_member.start([gzip_member.deflate([random.Random(1).randbytes(100_000)])], b"sixteen octets..")
        feeds = {str(n): replace(large, start=begun, last_modified=NOW + timedelta(days=n)) for n in range(20)}
        async with opened(url) as one:
            for key, each in feeds.items():
                await one.put(key, each)
        async with opened(url) as other:
            got = {key: await other.get(key) for key in feeds}
        assert got == feeds
        assert len({id(each.start) for each in got.values() if each is not None}) == 1
        sizes = [int(redis.command("STRLEN", PREFIX + key).removeprefix(b":")) for key in feeds]
        assert max(sizes) < 1_000
        assert int(redis.command("STRLEN", START_PREFIX + b"sixteen octets..".hex()).removeprefix(b":")) > 100_000

    async def test_a_feed_without_its_start_is_none_and_can_be_put_again(self, url: str, redis: RedisServer) -> None:
        async with opened(url) as one, opened(url) as other:
            for damage in (["DEL"], ["SET", "feed1 damaged"], ["SET", ""]):
                await one.put("a", feed())
                command, *rest = damage
                redis.command(command, START_PREFIX + feed().start.digest.hex(), *rest)
                assert await other.get("a") is None
            await one.put("a", feed())
            assert await other.get("a") == feed()

    async def test_a_start_lasts_as_long_as_the_last_feed_that_has_it(self, cache: Cache, redis: RedisServer) -> None:
        await cache.put("a", feed())
        key = START_PREFIX + feed().start.digest.hex()
        redis.command("EXPIRE", key, "60")
        await cache.put("b", feed())
        assert int(redis.command("TTL", key).removeprefix(b":")) > KEPT_SECONDS - 60

    async def test_a_feed_outlives_the_process(self, url: str) -> None:
        async with opened(url) as cache:
            await cache.put("a", feed())
        async with opened(url) as cache:
            assert await cache.get("a") == feed()

    async def test_one_drops_and_the_other_forgets_within_two_seconds(self, url: str) -> None:
        async with opened(url) as one, opened(url) as other:
            await one.put("a", feed())
            await one.put("b", feed())
            await other.get("a")
            await other.get("b")
            await one.drop(["a"])
            await until(lambda: other.peek("a") is None, seconds=2)
            assert await other.get("a") is None
            assert other.peek("b") == feed()

    async def test_a_drop_is_told_to_others_and_not_to_oneself(self, url: str) -> None:
        told: dict[str, list[Collection[str]]] = {"one": [], "other": []}
        one = await open_cache(max_octets=1_000, redis_url=url, on_drop=told["one"].append)
        other = await open_cache(max_octets=1_000, redis_url=url, on_drop=told["other"].append)
        await one.drop(["b", "a"])
        await until(lambda: bool(told["other"]))
        await other.drop(["c"])
        await until(lambda: bool(told["one"]))
        await one.close()
        await other.close()
        assert told == {"one": [["c"]], "other": [["a", "b"]]}

    async def test_a_listener_that_fails_does_not_stop_the_next_drop(
        self, url: str, caplog: pytest.LogCaptureFixture
    ) -> None:
        told: list[Collection[str]] = []

        def listener(keys: Collection[str]) -> None:
            told.append(keys)
            raise ValueError("listener")

        async with opened(url) as one:
            other = await open_cache(max_octets=1_000, redis_url=url, on_drop=listener)
            await one.drop(["a"])
            await one.drop(["b"])
            await until(lambda: len(told) == 2)
            await other.close()
        assert told == [["a"], ["b"]]
        assert [record.levelno for record in caplog.records] == [logging.ERROR] * 2

    async def test_feeds_expire_in_redis(self, cache: Cache, redis: RedisServer) -> None:
        await cache.put("a", feed())
        left = int(redis.command("TTL", PREFIX + "a").removeprefix(b":"))
        assert KEPT_SECONDS - 60 < left <= KEPT_SECONDS

    async def test_what_is_no_feed_in_redis_is_not_served(self, cache: Cache, redis: RedisServer) -> None:
        redis.command("SET", PREFIX + "a", "feed0 from the past")
        redis.command("LPUSH", PREFIX + "b", "a list")
        assert await cache.get("a") is None
        assert await cache.get("b") is None
        assert await cache.ping() is None

    async def test_strange_announcements_are_passed_over(self, url: str, redis: RedisServer) -> None:
        async with opened(url) as one, opened(url) as other:
            await other.put("a", feed())
            for strange in ("", "null", "[]", "{}", '["x"]', '["x", 5]', '["x", [5, {}]]', "\x00"):
                redis.command("PUBLISH", CHANNEL, strange)
            await one.drop(["a"])
            await until(lambda: other.peek("a") is None)

    async def test_a_redis_that_refuses_writes_is_told_and_still_read(self, cache: Cache, redis: RedisServer) -> None:
        await cache.put("a", feed())
        redis.command("CONFIG", "SET", "maxmemory", "1")
        await cache.put("b", feed())
        assert cache.peek("b") == feed()
        trouble = await cache.ping()
        assert trouble is not None
        assert "maxmemory" in trouble
        async with opened(redis.url) as other:
            assert await other.get("a") == feed()

    async def test_a_read_that_a_drop_overtakes_is_not_kept(self, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
        async with opened(url) as one, opened(url) as other:
            assert isinstance(other, RedisCache)
            await one.put("a", feed())
            read = other._redis.getrange

            async def slow_read(*arguments: object) -> object:
                found = await read(*arguments)  # type: ignore[arg-type]
                await other.drop(["a"])
                return found

            monkeypatch.setattr(other._redis, "getrange", slow_read)
            assert await other.get("a") is None
            assert other.peek("a") is None

    async def test_a_read_does_not_replace_what_was_put_meanwhile(
        self, url: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        async with opened(url) as one, opened(url) as other:
            assert isinstance(other, RedisCache)
            await one.put("a", feed("old"))
            read = other._redis.getrange

            async def slow_read(*arguments: object) -> object:
                found = await read(*arguments)  # type: ignore[arg-type]
                await other.put("a", feed("new"))
                return found

            monkeypatch.setattr(other._redis, "getrange", slow_read)
            assert await other.get("a") == feed("new")
            assert other.peek("a") == feed("new")

    async def test_a_write_that_a_drop_of_nothing_overtakes_stays(
        self, url: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        async with opened(url) as one, opened(url) as other:
            assert isinstance(one, RedisCache)
            write = one._redis.set

            async def slow_write(*arguments: object, **options: object) -> object:
                await one.drop([])
                return await write(*arguments, **options)  # type: ignore[arg-type]

            monkeypatch.setattr(one._redis, "set", slow_write)
            await one.put("a", feed())
            assert await other.get("a") == feed()

    async def test_a_write_that_a_drop_overtakes_is_taken_back(self, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
        async with opened(url) as one, opened(url) as other:
            assert isinstance(one, RedisCache)
            write = one._redis.set

            async def slow_write(*arguments: object, **options: object) -> object:
                await one.drop(["a"])
                return await write(*arguments, **options)  # type: ignore[arg-type]

            monkeypatch.setattr(one._redis, "set", slow_write)
            await one.put("a", feed())
            assert await other.get("a") is None


GOOD = Landed(LOOK.source, LOOK.generation, LOOK.fetched_at, LOOK.fresh_until, 0, None)


class TestLooks:
    """One look upstream at a time for a key, whatever process makes it."""

    @pytest.fixture(autouse=True)
    def _patient(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(redis_cache, "PATIENCE_SECONDS", 5)  # a busy machine is no Redis that is away

    async def test_one_looks_and_the_others_are_told(self, redis: RedisServer) -> None:
        async with opened(redis.url) as one, opened(redis.url) as other:
            for landing in (GOOD, FetchFailed("status-503", "no", upstream_status=503)):
                assert await one.depart("a", after=NOW + timedelta(days=1), seconds=5) is None
                waiting = [asyncio.create_task(other.depart("a", after=None, seconds=5)) for _ in range(10)]
                assert await other.depart("b", after=None, seconds=5) is None
                await asyncio.sleep(0.1)
                assert not any(task.done() for task in waiting)
                await one.land("a", landing)
                told = await asyncio.gather(*waiting)
                assert {type(each) for each in told} == {type(landing)}
                assert told[0] == landing or isinstance(landing, FetchFailed)
                await other.land("b", None)

    async def test_what_was_not_told_is_looked_for_by_one_after_the_other(self, redis: RedisServer) -> None:
        async with opened(redis.url) as one, opened(redis.url) as other:
            assert await one.depart("a", after=None, seconds=5) is None
            waiting = asyncio.create_task(other.depart("a", after=None, seconds=5))
            await asyncio.sleep(0.1)
            await one.land("a", None)
            assert await waiting is None
            third = asyncio.create_task(one.depart("a", after=None, seconds=5))
            await asyncio.sleep(0.1)
            assert not third.done()
            await other.land("a", GOOD)
            assert await third == GOOD

    async def test_who_comes_later_is_told_as_long_as_it_is_fresh(self, redis: RedisServer) -> None:
        async with opened(redis.url) as one:
            assert await one.depart("a", after=None, seconds=5) is None
            await one.land("a", GOOD)
        async with opened(redis.url) as late:
            assert await late.depart("a", after=None, seconds=5) == GOOD
            assert await late.depart("a", after=GOOD.fresh_until - timedelta(seconds=1), seconds=5) == GOOD
            assert await late.depart("a", after=GOOD.fresh_until, seconds=5) is None
            await late.land("a", FetchFailed("timeout", "no answer"))
            assert await late.depart("a", after=None, seconds=5) is None

    async def test_a_process_that_dies_keeps_the_others_for_no_longer_than_it_said(self, redis: RedisServer) -> None:
        async with opened(redis.url) as dead, opened(redis.url) as one:
            assert await dead.depart("a", after=None, seconds=0.5) is None
            async with asyncio.timeout(5):
                assert await one.depart("a", after=None, seconds=0.5) is None
            await one.land("a", None)
            assert await one.depart("a", after=None, seconds=5) is None
            await dead.land("a", None)
            waiting = asyncio.create_task(dead.depart("a", after=None, seconds=0.3))
            await asyncio.sleep(0.1)
            assert not waiting.done(), "only who holds a lock gives it back"
            await waiting

    async def test_nobody_waits_when_redis_goes(self, redis: RedisServer) -> None:
        async with opened(redis.url) as one, opened(redis.url) as other:
            assert await one.depart("a", after=None, seconds=60) is None
            waiting = asyncio.create_task(other.depart("a", after=None, seconds=60))
            await asyncio.sleep(0.1)
            assert not waiting.done()
            redis.kill()
            async with asyncio.timeout(5):
                assert await waiting is None
            await one.land("a", GOOD)
            assert one.landed("a") == GOOD

    async def test_a_feed_of_another_body_is_forgotten_when_it_is_told_of(self, redis: RedisServer) -> None:
        async with opened(redis.url) as one, opened(redis.url) as other:
            for key in ("a", "b"):
                await other.put(key, feed())
            await one.land("b", GOOD)
            await one.land("a", replace(GOOD, digest=bytes(32)))
            await until(lambda: other.peek("a") is None)
            assert other.peek("b") is not None
            assert other.landed("b") == GOOD


def drop_in_a_loop_of_its_own(url: str) -> None:
    async def work() -> None:
        async with opened(url) as cache:
            assert await cache.get("a") == feed()
            await cache.drop(["a"])

    asyncio.run(work())


def drop_in_a_process(connection: Connection, url: str) -> None:
    drop_in_a_loop_of_its_own(url)
    connection.send("dropped")


class TestApart:
    async def test_two_event_loops_see_each_others_drops(self, redis: RedisServer) -> None:
        async with opened(redis.url) as cache:
            await cache.put("a", feed())
            thread = threading.Thread(target=drop_in_a_loop_of_its_own, args=(redis.url,))
            thread.start()
            await until(lambda: cache.peek("a") is None)
            await asyncio.to_thread(thread.join)
            assert await cache.get("a") is None

    async def test_two_processes_see_each_others_drops(self, redis: RedisServer) -> None:
        async with opened(redis.url) as cache:
            await cache.put("a", feed())
            context = multiprocessing.get_context("spawn")
            ours, theirs = context.Pipe()
            process = context.Process(target=drop_in_a_process, args=(theirs, redis.url))
            process.start()
            theirs.close()
            assert await asyncio.to_thread(ours.recv) == "dropped"
            await until(lambda: cache.peek("a") is None, seconds=2)
            await asyncio.to_thread(process.join)
            process.close()
            ours.close()


@pytest.mark.parametrize("url", ["redis://h:port", "redis://:pa55word@h/0?socket_timeout=x", "http://:pa55word@h/"])
async def test_what_is_no_url_of_a_redis_names_the_setting(url: str) -> None:
    with pytest.raises(SettingsError, match=r"^redis_url: ") as wrong:
        await open_cache(max_octets=1_000, redis_url=url)
    assert "pa55word" not in wrong.value.message


@asynccontextmanager
async def deaf_server() -> AsyncIterator[str]:
    """Give the URL of a server that takes connections and never answers."""

    async def listen(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while await reader.read(1_000):
            pass
        writer.close()

    server = await asyncio.start_server(listen, "127.0.0.1", 0)
    async with server:
        yield f"redis://:pa55word@127.0.0.1:{server.sockets[0].getsockname()[1]}/0"


class TestOutage:
    async def test_without_redis_it_is_a_memory_cache_that_says_so(self) -> None:
        async with opened(f"redis://:pa55word@127.0.0.1:{free_port()}/0") as cache:
            await cache.put("a", feed())
            assert await cache.get("a") == feed()
            assert await cache.get("b") is None
            await cache.drop(["a"])
            assert await cache.get("a") is None
            trouble = await cache.ping()
        assert trouble is not None
        assert trouble.startswith("Redis cannot be used, feeds are kept in memory: ")
        assert "\n" not in trouble
        assert "pa55word" not in trouble

    async def test_a_redis_that_does_not_answer_is_not_waited_for(self) -> None:
        async with deaf_server() as url, opened(url) as cache:
            async with asyncio.timeout(5):
                for n in range(1_000):
                    await cache.put(str(n), feed())
                    await cache.get(f"not {n}")
            assert cache.peek("999") == feed()
            assert await cache.ping() is not None

    async def test_a_redis_killed_under_use_is_missed_by_nobody_and_found_again(self, redis: RedisServer) -> None:
        async with opened(redis.url) as one, opened(redis.url) as other:
            rounds, using = 0, True

            async def use() -> None:
                nonlocal rounds
                while using:
                    await one.put("a", feed(str(rounds)))
                    assert one.peek("a") is not None or await one.get("a") is None
                    await other.get("a")
                    await other.drop(["b"])
                    rounds += 1
                    await asyncio.sleep(0.005)

            async with asyncio.timeout(60):
                used = [asyncio.create_task(use()) for _ in range(5)]
                await until(lambda: rounds > 20)
                redis.kill()
                await until_well(one, well=False)
                assert not one.hears()
                seen = rounds
                await until(lambda: rounds > seen + 20)
                await asyncio.to_thread(redis.start)
                await until_well(one)
                await until_well(other)
                assert one.hears()
                seen = rounds
                await until(lambda: rounds > seen + 20)
                using = False
                await asyncio.gather(*used)
            await one.put("c", feed())
            assert await other.get("c") == feed()
            await other.drop(["c"])
            await until(lambda: one.peek("c") is None)

    async def test_what_is_in_memory_stays_when_redis_is_back(self, redis: RedisServer) -> None:
        """What was dropped meanwhile is heard of from the store; and there may be nothing else to serve."""
        there: list[bool] = []
        cache = await open_cache(max_octets=1_000_000, redis_url=redis.url, on_there=there.append)
        await cache.put("a", feed())
        redis.kill()
        await until_well(cache, well=False)
        await asyncio.to_thread(redis.start)
        await until_well(cache)
        assert cache.peek("a") == feed()
        await cache.close()
        assert (there[0], there[-1], False in there) == (True, True, True)

    async def test_a_drop_during_an_outage_reaches_redis_and_the_others_after_it(self, redis: RedisServer) -> None:
        """The server is only out of reach, and keeps what it has."""
        async with opened(redis.url) as one:
            await one.put("a", feed())
            redis.command("CLIENT", "PAUSE", "1500", "ALL")
            await one.drop(["a"])
            assert one.peek("a") is None
            assert await one.ping() is not None
            await until_well(one)
            async with opened(redis.url) as other:
                assert await other.get("a") is None

    async def test_a_server_that_falls_silent_is_noticed(self, redis: RedisServer) -> None:
        async with opened(redis.url) as cache:
            assert await cache.ping() is None
            redis.command("CLIENT", "PAUSE", "3500", "ALL")
            assert isinstance(cache, RedisCache)
            await until(lambda: cache._trouble is not None, seconds=4)
            await until_well(cache)

    async def test_closing_during_an_outage_ends(self, redis: RedisServer) -> None:
        async with opened(redis.url) as cache:
            redis.kill()
            await cache.put("a", feed())
        assert cache.peek("a") is None
