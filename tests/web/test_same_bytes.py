"""Nothing changed: the very octets and validators of last time, whoever serves them. Something did: they differ."""

import asyncio
import random
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import pytest
from aiohttp.test_utils import TestClient, TestServer

from feedproxy import sources
from feedproxy.config import Settings
from feedproxy.model import EventDetails
from feedproxy.policy.httpdate import read_http_date
from feedproxy.store import migrate
from feedproxy.web import keys
from feedproxy.web.app import create_app
from tests.servers.postgres import PostgresServer
from tests.servers.upstream import Answer, Upstream, calendar, upstream
from tests.store.conftest import postgres  # noqa: F401 # a fixture
from tests.web.stage import GAME, PATH, Client, Clock, Stage

TEAMS = ("bears", "lions", "packers", "vikings")


class Seen(NamedTuple):
    """What a client keeps of a feed."""

    body: bytes
    etag: str
    last_modified: str

    @property
    def date(self) -> datetime:
        date = read_http_date(self.last_modified)
        assert date is not None
        return date


def churning(*teams: str) -> Callable[[int], bytes]:
    """Write the same feed anew each time: other stamps, events in another order."""

    def body(number: int) -> bytes:
        shuffled = random.Random(number).sample(teams, len(teams))
        text = calendar(*shuffled).replace(b"-//test//", b"-//test %d//" % number)
        return text.replace(b"DTSTAMP:20260101T000000Z", b"DTSTAMP:20261121T%06dZ" % number)

    return body


async def seen(client: Client) -> Seen:
    response = await client.get(PATH, headers={"Accept-Encoding": "identity"})
    assert response.status == 200
    return Seen(await response.read(), response.headers["ETag"], response.headers["Last-Modified"])


async def refreshed(stage: Stage) -> Seen:
    """Return the feed after another look upstream."""
    asked = len(stage.upstream.requests)
    stage.clock.wind(hours=2)
    await seen(stage.client)
    await stage.settled()
    assert len(stage.upstream.requests) > asked
    return await seen(stage.client)


async def test_an_upstream_that_writes_each_answer_anew_changes_nothing(stage: Stage) -> None:
    stage.upstream.answers[GAME] = Answer(anew=churning(*TEAMS))
    first = await seen(stage.client)
    for _ in range(4):
        assert await refreshed(stage) == first
        for headers in ({"If-None-Match": first.etag}, {"If-Modified-Since": first.last_modified}):
            assert (await stage.get(headers=headers)).status == 304


async def test_nor_does_it_after_a_restart(stage: Stage) -> None:
    stage.upstream.answers[GAME] = Answer(anew=churning(*TEAMS))
    first = await seen(stage.client)
    for _ in range(2):
        await stage.restart()
        assert await seen(stage.client) == first
        assert await refreshed(stage) == first


async def test_of_a_change_among_churn_only_the_change_is_seen(stage: Stage) -> None:
    stage.upstream.answers[GAME] = Answer(anew=churning(*TEAMS))
    first = await seen(stage.client)
    stage.upstream.answers[GAME] = Answer(
        anew=lambda number: churning(*TEAMS)(number).replace(b"SUMMARY:lions", b"SUMMARY:tigers")
    )
    second = await refreshed(stage)
    changed = [pair for pair in zip(first.body.split(b"\n"), second.body.split(b"\n"), strict=True) if len({*pair}) > 1]
    assert [before.split(b":")[0] for before, _ in changed] == [b"DTSTAMP", b"SUMMARY"]
    assert second.etag != first.etag
    assert second.date > first.date
    assert await refreshed(stage) == second


async def test_octets_that_another_release_makes_of_a_kept_body_have_a_later_date(stage: Stage) -> None:
    floating = calendar("bears").replace(b'DTSTART;TZID="Eastern Standard Time"', b"DTSTART")
    named = floating.replace(b"PRODID", b"X-WR-TIMEZONE:Europe/Madrid\r\nPRODID", 1)
    stage.upstream.answers[GAME] = Answer(named, etag='"1"')
    first = await seen(stage.client)
    stage.clock.wind(minutes=1)
    await stage.restart(bind_floating=True)
    second = await seen(stage.client)
    assert second.etag != first.etag
    assert second.date > first.date
    headers = {"If-Modified-Since": first.last_modified}
    assert (await stage.get(headers=headers)).status == 200
    for _ in range(2):
        await stage.restart(bind_floating=True)
        assert await seen(stage.client) == second
        assert await refreshed(stage) == second


async def test_another_edition_that_makes_the_same_octets_keeps_their_date(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = await seen(stage.client)
    stage.clock.wind(minutes=1)
    monkeypatch.setattr(sources, "EDITION", "tzdata 2099z")
    await stage.restart()
    assert await seen(stage.client) == first


async def test_personal_events_written_by_another_edition_have_a_later_date(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, now = stage.client.app[keys.STORE], stage.clock()
    account = await store.add_account("acme", now=now)
    start = datetime(2026, 12, 24, 18)  # noqa: DTZ001 # a wall clock
    details = EventDetails("Dinner", start, start + timedelta(hours=1), "Asia/Tokyo")
    await store.put_event(account, "e", details, [GAME], now=now)
    first = await seen(stage.client)
    stage.clock.wind(minutes=1)
    await stage.restart()
    assert await seen(stage.client) == first
    monkeypatch.setattr(sources, "EDITION", "tzdata 2099z")
    await stage.restart()
    second = await seen(stage.client)
    assert second.date > first.date
    await stage.restart()
    assert await seen(stage.client) == second


class Workers:
    """Two processes, each with a cache of its own, share a store."""

    @pytest.fixture
    async def behind(self) -> AsyncIterator[Upstream]:
        async with upstream() as running:
            yield running

    @pytest.fixture
    def clock(self) -> Clock:
        return Clock()

    @pytest.fixture
    async def pair(self, url: str, behind: Upstream, clock: Clock) -> AsyncIterator[tuple[Client, Client]]:
        settings = Settings.model_validate({"database_url": url, "upstream_url": behind.url})
        async with AsyncExitStack() as stack:
            clients = [TestClient(TestServer(create_app(settings, clock=clock))) for _ in range(2)]
            for client in clients:
                await client.start_server()
                stack.push_async_callback(client.close)
            yield clients[0], clients[1]

    async def at_once(self, pair: tuple[Client, Client], behind: Upstream, answer: Answer) -> list[Seen]:
        """Have both look upstream at the same moment, each for an answer of its own."""
        behind.answers[GAME] = answer
        answer.gate = asyncio.Event()
        asked = len(behind.requests)
        looks = [asyncio.create_task(seen(client)) for client in pair]
        for _ in range(400):
            await asyncio.sleep(0.01)
            if len(behind.requests) == asked + 2:
                break
        assert len(behind.requests) == asked + 2
        answer.gate.set()
        await asyncio.gather(*looks)
        for client in pair:
            feeds = client.app[keys.FEEDS]
            await asyncio.gather(*feeds._flights.values(), *feeds._refreshes.values())
        return [await seen(client) for client in pair]

    async def test_what_both_fetch_first_at_the_same_moment_ends_in_the_same_octets(
        self, pair: tuple[Client, Client], behind: Upstream
    ) -> None:
        first, second = await self.at_once(pair, behind, Answer(anew=churning(*TEAMS)))
        assert first == second

    async def test_and_so_does_what_both_find_changed(
        self, pair: tuple[Client, Client], behind: Upstream, clock: Clock
    ) -> None:
        before, _ = await self.at_once(pair, behind, Answer(anew=churning(*TEAMS)))
        clock.wind(hours=2)
        first, second = await self.at_once(pair, behind, Answer(anew=churning(*TEAMS, "saints")))
        assert first == second
        assert first.date > before.date
        for team in TEAMS:
            event = before.body[before.body.index(b"UID:" + team.encode()) :].partition(b"END:VEVENT")[0]
            assert event in first.body, "what did not change has the octets of before"

    async def test_a_304_for_a_body_that_another_has_replaced_is_not_believed(
        self, pair: tuple[Client, Client], behind: Upstream, clock: Clock
    ) -> None:
        behind.answers[GAME] = Answer(calendar("bears"), etag='"1"')
        assert await seen(pair[0]) == await seen(pair[1])
        clock.wind(hours=2)
        behind.answers[GAME] = Answer(calendar("bears", "lions"), etag='"2"')
        await self.refreshed(pair[0])
        behind.answers[GAME] = Answer(calendar("bears"), etag='"1"')
        one = await self.refreshed(pair[1])
        assert b"UID:lions" not in one.body
        clock.wind(hours=2)
        assert await self.refreshed(pair[0]) == one

    async def refreshed(self, client: Client) -> Seen:
        await seen(client)
        feeds = client.app[keys.FEEDS]
        await asyncio.gather(*feeds._refreshes.values())
        return await seen(client)


class TestWorkersWithSQLite(Workers):
    @pytest.fixture
    async def url(self, tmp_path: Path) -> str:
        return f"sqlite:///{tmp_path / 'store.db'}"


@pytest.mark.service("postgres")
class TestWorkersWithPostgreSQL(Workers):
    @pytest.fixture
    async def url(self, postgres: PostgresServer) -> str:  # noqa: F811 # the fixture
        url = await postgres.new_database()
        await migrate(url)
        return url
