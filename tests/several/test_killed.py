"""Each part is killed while clients read and an application writes.

A client whose feed was cached sees no 5xx, nothing that was acknowledged is lost, and all is well again afterwards.
"""

import asyncio
import os
import signal
from pathlib import Path

import pytest
from aiohttp import ClientError

from tests.cli.test_serve import until, workers_of
from tests.servers.postgres import MortalPostgres
from tests.servers.redis import RedisServer
from tests.several.load import FEEDS, Several, several

pytestmark = [pytest.mark.service("redis"), pytest.mark.service("postgres")]


async def warmed(service: Several) -> None:
    """Have every feed in the memory of every process."""
    await service.well()
    for url in service.urls:
        for feed in FEEDS:
            assert (await service.get(url, feed))[0] == 200


async def accepted(service: Several, name: str) -> None:
    """Have an event accepted: the feeds that had it in memory have forgotten themselves."""
    assert await service.attach(service.urls[0], name) == 202
    service.acknowledged.append(name)


async def recovered(service: Several) -> None:
    """Nothing that was acknowledged is lost, and what is accepted now is shown by all within two seconds."""
    await service.well()
    assert service.acknowledged
    await asyncio.sleep(1)
    assert await service.lost() == []
    for number, url in enumerate(service.urls):
        assert await service.attach(url, f"after-{number}") == 202
        await service.shown(f"after-{number}")


async def test_redis(tmp_path: Path, redis: RedisServer, postgres: MortalPostgres) -> None:
    """Feeds are fresh all the while: what is accepted is shown because the database tells."""
    async with several(tmp_path, redis, postgres, more={}) as service:
        await warmed(service)
        async with service.load():
            await asyncio.sleep(0.5)
            redis.kill()
            await asyncio.sleep(0.5)
            assert [await service.without_redis(url) for url in service.urls] == [1, 1]
            for number, url in enumerate(service.urls):
                said = await service.ready(url)
                assert said["status"] == "ready"
                assert said["cache"].startswith("Redis cannot be used, feeds are kept in memory: ")
                assert await service.attach(url, f"without-{number}", FEEDS[1]) == 202
                await service.shown(f"without-{number}", FEEDS[1])
            await asyncio.to_thread(redis.start)
            await asyncio.sleep(1)
        assert set(service.seen) == {200}
        assert not service.refused
        await recovered(service)
        assert [await service.without_redis(url) for url in service.urls] == [0, 0]


async def test_postgresql(tmp_path: Path, redis: RedisServer, postgres: MortalPostgres) -> None:
    async with several(tmp_path, redis, postgres) as service:
        await warmed(service)
        async with service.load():
            await asyncio.sleep(0.5)
            await accepted(service, "just before")
            await asyncio.to_thread(postgres.kill)
            for url in service.urls:
                assert (await service.ready(url))["status"] == "not ready"
                assert await service.attach(url, "not now") == 503
            await asyncio.sleep(1.5)
            await asyncio.to_thread(postgres.start)
            await asyncio.sleep(0.5)
        assert set(service.seen) == {200}
        assert set(service.refused) <= {503}
        await recovered(service)


async def test_redis_and_postgresql(tmp_path: Path, redis: RedisServer, postgres: MortalPostgres) -> None:
    """Redis is back first: what it could not announce is not known yet, and nothing can be read anew."""
    async with several(tmp_path, redis, postgres) as service:
        await warmed(service)
        async with service.load():
            await asyncio.sleep(0.5)
            redis.kill()
            await accepted(service, "just before")
            await asyncio.to_thread(postgres.kill)
            await asyncio.sleep(0.5)
            await asyncio.to_thread(redis.start)
            await asyncio.sleep(1.5)
            await asyncio.to_thread(postgres.start)
            await asyncio.sleep(0.5)
        assert set(service.seen) == {200}
        await recovered(service)


async def test_the_upstream(tmp_path: Path, redis: RedisServer, postgres: MortalPostgres) -> None:
    async with several(tmp_path, redis, postgres) as service:
        await warmed(service)
        async with service.load():
            await asyncio.sleep(0.5)
            await service.upstream.stop()
            await asyncio.sleep(2)
        assert set(service.seen) == {200}
        assert not service.refused
        await recovered(service)


async def test_a_worker_with_and_without_redis(tmp_path: Path, redis: RedisServer, postgres: MortalPostgres) -> None:
    """A connection that a worker had dies with it; the next one is another's, and a new worker soon has its share."""
    async with several(tmp_path, redis, postgres, "--workers", "2", processes=1) as service:
        (process,), (url,) = service.processes, service.urls
        await until(lambda: len(workers_of(process)) == 2)
        await service.answering()
        await warmed(service)
        async with service.load():
            await asyncio.sleep(0.5)
            redis.kill()
            await service.counts_without_redis(url, 2)
            killed, survivor = workers_of(process)
            os.kill(killed, signal.SIGKILL)
            await until(lambda: len(workers_of(process) - {killed}) == 2)
            assert survivor in workers_of(process)
            await asyncio.to_thread(redis.start)
            await service.counts_without_redis(url, 0)
        assert service.seen.pop(200) > 100
        assert all(isinstance(seen, str) for seen in service.seen), "connections break, nothing is refused"
        await recovered(service)


async def test_who_is_killed_while_it_looks_upstream_keeps_the_others_no_longer_than_a_fetch_may_take(
    tmp_path: Path, redis: RedisServer, postgres: MortalPostgres
) -> None:
    cap = {"FEEDPROXY_FETCH_TOTAL_SECONDS": "3", "FEEDPROXY_FETCH_CONNECT_SECONDS": "1"}
    async with several(tmp_path, redis, postgres, more=cap) as service:
        gate = service.upstream.answers[FEEDS[0]].gate = asyncio.Event()
        first = asyncio.create_task(service.get(service.urls[0]))
        await until(lambda: len(service.upstream.requests) == 1)
        loop = asyncio.get_running_loop()
        asked = loop.time()
        second = asyncio.create_task(service.get(service.urls[1]))
        await asyncio.sleep(0.5)
        service.processes[0].kill()
        gate.set()
        status, _ = await second
        assert status == 200
        assert loop.time() < asked + 3 + 2
        assert len(service.upstream.requests) == 2
        with pytest.raises(ClientError):
            await first
