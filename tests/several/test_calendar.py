"""Whatever process is asked, the subscriptions of a calendar have one base, and what they wish is known."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest
from aiohttp import encode_basic_auth

from feedproxy.config import Settings
from feedproxy.model import CalendarDetails, Subscriber, Wishes
from feedproxy.policy.secrets import log_name
from feedproxy.sealing import FetchSettings, seal_source
from feedproxy.serverkey import secret_key
from feedproxy.store import Store, open_store
from tests.servers.postgres import MortalPostgres
from tests.servers.redis import RedisServer
from tests.servers.upstream import calendar
from tests.several.load import BUSY, FEEDS, Several, several

pytestmark = [pytest.mark.service("redis"), pytest.mark.service("postgres")]

SUBSCRIPTIONS = tuple(UUID(int=number) for number in range(100, 150))
BEARS = Wishes(include_external=("bears",))


def now() -> datetime:
    return datetime.now(UTC)  # noqa: TID251 # the processes run in real time


async def subscribe(store: Store, service: Several) -> None:
    """Have subscriptions of a calendar whose source is what the upstream has under the first of FEEDS."""
    account = await store.account("BEARS")
    assert account is not None
    settings = FetchSettings(f"{service.upstream.url}/v1/webcal/{FEEDS[0]}")
    sealed, digest = seal_source(await secret_key(Settings(), store), settings)
    source = await store.add_source(account, id=FEEDS[0], name="x", sealed=sealed, url_digest=digest, now=now())
    league = await store.add_calendar(account, "league", CalendarDetails("League"), source, now=now())
    for each in SUBSCRIPTIONS:
        await store.subscribe(
            league,
            id=each,
            method="webcal",
            state="active",
            subscriber=Subscriber(),
            wishes=Wishes(),
            login=None,
            events=(),
            now=now(),
        )


async def test_a_calendar_is_looked_at_once_and_served_alike_by_all(
    tmp_path: Path, redis: RedisServer, postgres: MortalPostgres
) -> None:
    async with several(tmp_path, redis, postgres, more={}) as service:
        store = await open_store(service.database_url)
        try:
            await subscribe(store, service)
            asked = [service.get(url, each) for each in SUBSCRIPTIONS for url in service.urls for _ in range(5)]
            answers = await asyncio.gather(*asked)
            assert {status for status, _ in answers} == {200}
            assert len({body for _, body in answers}) == 1
            assert len(service.upstream.requests) == 1

            mine = await store.subscription(SUBSCRIPTIONS[0])
            assert mine is not None
            await store.change_subscription(mine, subscriber=mine.subscriber, wishes=BEARS, now=now())
            async with asyncio.timeout(5):
                for url in service.urls:
                    while "UID:lions" in (await service.get(url, mine.id))[1]:  # noqa: ASYNC110 # it is another process
                        await asyncio.sleep(0.02)
            assert "UID:lions" in (await service.get(service.urls[0], SUBSCRIPTIONS[1]))[1]
        finally:
            await store.close()


async def test_an_operator_s_refresh_looks_upstream_whatever_process_has_looked(
    tmp_path: Path, redis: RedisServer, postgres: MortalPostgres
) -> None:
    password = "of-the-operators"
    more = {"FEEDPROXY_OPS_USER": "ops", "FEEDPROXY_OPS_PASSWORD": password}
    login = {"Authorization": encode_basic_auth("ops", password)}
    async with several(tmp_path, redis, postgres, more=more) as service:
        store = await open_store(service.database_url)
        try:
            await subscribe(store, service)
            await service.get(service.urls[0], SUBSCRIPTIONS[0])
            async with asyncio.timeout(10):
                while not (known := await store.feed_healths()):  # noqa: ASYNC110 # it is another process
                    await asyncio.sleep(0.02)
        finally:
            await store.close()
        path = f"/ops/api/feeds/{log_name(known[0].source)}/refresh"
        for looks, url in enumerate(service.urls, 2):
            async with service.session.post(url + path, json={}, headers=login) as answer:
                assert (answer.status, (await answer.json())["done"]) == (200, "confirmed")
            assert len(service.upstream.requests) == looks


async def test_once_a_new_base_was_seen_no_process_serves_the_one_of_before(
    tmp_path: Path, redis: RedisServer, postgres: MortalPostgres
) -> None:
    """Nor for a subscription that was not asked for when it came."""
    async with several(tmp_path, redis, postgres, more=BUSY) as service:
        store = await open_store(service.database_url)
        try:
            await subscribe(store, service)
        finally:
            await store.close()
        for each in SUBSCRIPTIONS[:10]:
            for url in service.urls:
                assert "UID:tigers" not in (await service.get(url, each))[1]
        service.upstream.answers[FEEDS[0]].body = calendar("bears", "lions", "tigers")
        service.upstream.answers[FEEDS[0]].etag = '"2"'
        async with asyncio.timeout(10):
            while "UID:tigers" not in (await service.get(service.urls[0], SUBSCRIPTIONS[0]))[1]:  # noqa: ASYNC110
                await asyncio.sleep(0.02)
        await service.well()
        for each in SUBSCRIPTIONS[:10]:
            for url in service.urls:
                assert "UID:tigers" in (await service.get(url, each))[1]
