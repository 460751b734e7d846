"""The proxy on a stage: before an upstream that misbehaves on command, at a time that a test winds on."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Protocol
from uuid import UUID

import pytest
from aiohttp import ClientResponse, encode_basic_auth
from aiohttp.test_utils import TestClient, TestServer
from aiohttp.web import Application, AppRunner, Request

from feedproxy.config import Settings
from feedproxy.model import Account, EventDetails
from feedproxy.web import keys
from feedproxy.web.access_log import AccessLog
from feedproxy.web.app import create_app
from feedproxy.web.metrics import METRICS
from feedproxy.web.stamp import request_id
from feedproxy.web.warm_first import put_warm_first
from tests.servers.upstream import Answer, Upstream, calendar, upstream

GAME = UUID("8e71077b-c7f2-42b8-acb9-bda8f804c0d7")
OTHER = UUID("b78b79ba-607b-4f7a-9f4a-a46646f5a52e")
PATH = f"/v1/webcal/{GAME}"
FAN = encode_basic_auth("fan", "päss:word", encoding="utf-8")
STRANGER = encode_basic_auth("stranger", "guess")

Client = TestClient[Request, Application]


class Clock:
    """A clock that a test winds on."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def wind(self, **span: float) -> None:
        self.now += timedelta(**span)


class StartProxy(Protocol):
    async def __call__(self, **settings: object) -> Client: ...


@dataclass
class Stage:
    """The proxy, what is behind it, and the time."""

    client: Client
    upstream: Upstream
    clock: Clock
    restart: StartProxy

    async def get(self, path: str = PATH, headers: Mapping[str, str] = MappingProxyType({})) -> ClientResponse:
        return await self.client.get(path, headers={"Accept-Encoding": "identity", **headers})

    async def settled(self) -> None:
        """Wait until what runs behind has ended."""
        for _ in range(200):
            await asyncio.sleep(0.005)
            feeds = self.client.app[keys.FEEDS] if self.client.app else None
            if feeds is None or not (feeds._flights or feeds._refreshes):
                return
        raise AssertionError("something is still running")


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    clients: list[Client] = []
    async with upstream() as behind:
        clock = Clock()

        async def start(**more: object) -> Client:
            for client in clients:
                await client.close()
            given = {"database_url": f"sqlite:///{tmp_path}/feedproxy.db", "upstream_url": behind.url}
            settings = Settings.model_validate(given | more)
            server = TestServer(create_app(settings, clock=clock))
            client = TestClient(server, auto_decompress=False)
            await client.start_server()
            assert isinstance(server.runner, AppRunner)
            assert server.runner.server is not None
            log = AccessLog(server.app[METRICS], None, clock)
            put_warm_first(server.runner.server, server.app[keys.WARM_FEEDS], log, request_id)
            clients.append(client)
            ready.client = client
            return client

        ready = Stage(None, behind, clock, start)  # type: ignore[arg-type]
        await start()
        behind.answers[GAME] = Answer(calendar("bears", "lions"), etag='"1"')
        yield ready
        for client in clients:
            await client.close()


def details_of(title: str, *, visible_from: datetime | None = None, zone: str = "Australia/Sydney") -> EventDetails:
    """Return a personal event."""
    return EventDetails(
        title=title,
        start=datetime(2026, 12, 1, 9, 0),  # noqa: DTZ001 - a wall-clock time
        end=datetime(2026, 12, 1, 10, 0),  # noqa: DTZ001
        zone=zone,
        notify_before=15,
        visible_from=visible_from,
    )


async def attach(
    stage: Stage, title: str, *, visible_from: datetime | None = None, zone: str = "Australia/Sydney"
) -> Account:
    """Attach a personal event to GAME, as the API does."""
    app = stage.client.app
    assert app is not None
    store = app[keys.STORE]
    account = await store.account("CAL") or await store.add_account("CAL", now=stage.clock())
    details = details_of(title, visible_from=visible_from, zone=zone)
    attached = await store.put_event(account, "booking", details, [GAME], now=stage.clock())
    await app[keys.FEEDS].changed(attached.changed)
    return account
