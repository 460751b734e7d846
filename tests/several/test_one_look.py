"""However many processes there are, a source is looked at once."""

import asyncio
from pathlib import Path

import pytest

from tests.servers.postgres import MortalPostgres
from tests.servers.redis import RedisServer
from tests.several.load import FEEDS, Several, several

pytestmark = [pytest.mark.service("redis"), pytest.mark.service("postgres")]


async def test_a_thousand_cold_requests_over_two_processes_are_one_request_upstream(
    tmp_path: Path, redis: RedisServer, postgres: MortalPostgres
) -> None:
    async with several(tmp_path, redis, postgres, more={}) as service:
        gate = service.upstream.answers[FEEDS[0]].gate = asyncio.Event()
        asked = [asyncio.create_task(service.get(service.urls[number % 2])) for number in range(1_000)]
        await asyncio.sleep(2)
        assert not any(task.done() for task in asked)
        gate.set()
        answers = await asyncio.gather(*asked)
        assert {status for status, _ in answers} == {200}
        assert len({body for _, body in answers}) == 1
        assert len(service.upstream.requests) == 1


async def test_what_the_upstream_does_not_know_is_asked_for_once(
    tmp_path: Path, redis: RedisServer, postgres: MortalPostgres
) -> None:
    async with several(tmp_path, redis, postgres, more={}) as service:
        gate = service.upstream.answers[FEEDS[0]].gate = asyncio.Event()
        service.upstream.answers[FEEDS[0]].status = 404
        asked = [asyncio.create_task(service.get(service.urls[number % 2])) for number in range(20)]
        await asyncio.sleep(1)
        gate.set()
        assert {status for status, _ in await asyncio.gather(*asked)} == {404}
        assert len(service.upstream.requests) == 1


async def test_what_one_process_has_fetched_no_other_fetches_while_it_is_fresh(
    tmp_path: Path, redis: RedisServer, postgres: MortalPostgres
) -> None:
    """Nor while the database is away, as long as the body is what it was."""
    busy = {"FEEDPROXY_FRESHNESS_DEFAULT": "2", "FEEDPROXY_FRESHNESS_MIN": "1"}
    async with several(tmp_path, redis, postgres, more=busy) as service:
        await asked_by_turns(service, seconds=3)
        assert len(service.upstream.requests) <= 1 + 3 / 1.8
        await asyncio.to_thread(postgres.kill)
        service.upstream.requests.clear()
        await asked_by_turns(service, seconds=3)
        assert len(service.upstream.requests) <= 1 + 3 / 1.8


async def asked_by_turns(service: Several, *, seconds: float) -> None:
    loop = asyncio.get_running_loop()
    end = loop.time() + seconds
    while loop.time() < end:
        for url in service.urls:
            assert (await service.get(url))[0] == 200
        await asyncio.sleep(0.02)
