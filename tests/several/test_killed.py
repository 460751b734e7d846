"""Each part is killed while clients read and an application writes.

A client whose feed was cached sees no 5xx, nothing that was acknowledged is lost, and all is well again afterwards.
"""

import asyncio
from pathlib import Path

import pytest

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


async def recovered(service: Several) -> None:
    """Nothing that was acknowledged is lost, and what is accepted now is shown by all within two seconds."""
    await service.well()
    assert len(service.acknowledged) > 3
    await asyncio.sleep(1)
    assert await service.lost() == []
    for number, url in enumerate(service.urls):
        assert await service.attach(url, f"after-{number}") == 202
        await service.shown(f"after-{number}")


async def test_redis(tmp_path: Path, redis: RedisServer, postgres: MortalPostgres) -> None:
    async with several(tmp_path, redis, postgres) as service:
        await warmed(service)
        async with service.load():
            await asyncio.sleep(0.5)
            redis.kill()
            await asyncio.sleep(0.5)
            for number, url in enumerate(service.urls):
                said = await service.ready(url)
                assert said["status"] == "ready"
                assert said["cache"].startswith("Redis cannot be used, feeds are kept in memory: ")
                assert await service.attach(url, f"without-{number}") == 202
                await service.shown(f"without-{number}")
            await asyncio.to_thread(redis.start)
            await asyncio.sleep(1)
        assert set(service.seen) == {200}
        assert not service.refused
        await recovered(service)


async def test_postgresql(tmp_path: Path, redis: RedisServer, postgres: MortalPostgres) -> None:
    async with several(tmp_path, redis, postgres) as service:
        await warmed(service)
        async with service.load():
            await asyncio.sleep(0.5)
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
