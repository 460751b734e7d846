"""Several processes of the service, clients that read feeds from them, and one that attaches events."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar
from uuid import UUID

from aiohttp import ClientError, ClientSession, ClientTimeout, TCPConnector, encode_basic_auth

from feedproxy.admin import applications
from feedproxy.admin.applications import NewApplication
from feedproxy.config import Settings
from feedproxy.serverkey import secret_key
from feedproxy.store import migrate, open_store
from tests.cli.program import serving
from tests.servers.postgres import MortalPostgres
from tests.servers.redis import RedisServer
from tests.servers.upstream import Answer, Upstream, calendar, upstream

T = TypeVar("T")

FEEDS = tuple(UUID(int=number) for number in range(1, 6))
BUSY = {"FEEDPROXY_FRESHNESS_DEFAULT": "1", "FEEDPROXY_FRESHNESS_MIN": "1"}
"""Feeds that want a look upstream every second."""


@dataclass
class Several:
    """The service's URLs, what is behind it, and what its clients saw."""

    urls: Sequence[str]
    processes: Sequence[asyncio.subprocess.Process]
    upstream: Upstream
    client_id: str
    client_secret: str
    session: ClientSession
    database_url: str
    seen: Counter[int | str] = field(default_factory=Counter)
    acknowledged: list[str] = field(default_factory=list)
    refused: Counter[int | str] = field(default_factory=Counter)

    async def get(self, url: str, feed: UUID = FEEDS[0]) -> tuple[int, str]:
        """Ask for a feed."""
        async with self.session.get(f"{url}/v1/webcal/{feed}", headers={"User-Agent": "curl/8"}) as answer:
            return answer.status, await answer.text()

    async def ready(self, url: str) -> dict[str, str]:
        """Return what a process says of itself."""
        async with self.session.get(f"{url}/readyz") as answer:
            said: dict[str, str] = await answer.json()
            return said

    async def without_redis(self, url: str) -> float:
        """Return how many processes count themselves as cut off from Redis."""
        async with self.session.get(f"{url}/metrics") as answer:
            lines = (await answer.text()).splitlines()
        return sum(float(line.split()[1]) for line in lines if line.startswith("feedproxy_processes_without_redis "))

    async def counts_without_redis(self, url: str, count: int) -> None:
        """Wait until so many do."""
        async with asyncio.timeout(10):
            while await self.tried(self.without_redis(url)) != count:  # noqa: ASYNC110 # it is another process
                await asyncio.sleep(0.05)

    async def tried(self, asked: Awaitable[T]) -> T | None:
        """Return what was asked for; None if the connection broke."""
        try:
            return await asked
        except (ClientError, OSError):
            return None

    async def answering(self) -> None:
        """Wait until somebody answers."""
        async with asyncio.timeout(20):
            for url in self.urls:
                while await self.tried(self.ready(url)) is None:  # noqa: ASYNC110 # it is another process
                    await asyncio.sleep(0.05)

    async def well(self) -> None:
        """Wait until every process says that all is well."""
        async with asyncio.timeout(10):
            for url in self.urls:
                while await self.ready(url) != {"status": "ready", "store": "ok", "cache": "ok"}:  # noqa: ASYNC110 # it is another process
                    await asyncio.sleep(0.05)

    async def attach(self, url: str, name: str, feed: UUID = FEEDS[0]) -> int | str:
        """Attach an event to a feed; return the status, or what went wrong with the connection."""
        event = {"eventId": name, "title": name, "start": "2026-12-01T09:00:00", "timezone": "UTC"}
        body = {"event": event, "subscriptionIds": [str(feed)]}
        login = {"Authorization": encode_basic_auth(self.client_id, self.client_secret)}
        try:
            grant = {"grant_type": "client_credentials"}
            async with self.session.post(f"{url}/oauth2/token", data=grant, headers=login) as answer:
                if answer.status != 200:
                    return answer.status
                bearer = {"Authorization": f"Bearer {(await answer.json())['access_token']}"}
            async with self.session.post(f"{url}/v1/subscriptionevent/BEARS", json=body, headers=bearer) as answer:
                return answer.status
        except (ClientError, OSError) as error:
            return type(error).__name__

    async def shown(self, name: str, feed: UUID = FEEDS[0]) -> None:
        """Wait until every process serves an event, as all do within two seconds."""
        async with asyncio.timeout(2):
            for url in self.urls:
                while f"SUMMARY:{name}\r\n" not in (await self.get(url, feed))[1]:  # noqa: ASYNC110 # it is another process
                    await asyncio.sleep(0.02)

    async def lost(self) -> list[str]:
        """Return the acknowledged events that a process does not serve."""
        bodies = [(await self.get(url))[1] for url in self.urls]
        return [name for name in self.acknowledged for body in bodies if f"SUMMARY:{name}\r\n" not in body]

    @asynccontextmanager
    async def load(self, clients: int = 4) -> AsyncIterator[None]:
        """Read all feeds from all processes, and attach events, until the end of the block."""
        using = True

        async def read(number: int) -> None:
            while using:
                for feed in FEEDS:
                    try:
                        status, _ = await self.get(self.urls[number % len(self.urls)], feed)
                    except (ClientError, OSError) as error:
                        self.seen[type(error).__name__] += 1
                    else:
                        self.seen[status] += 1
                    await asyncio.sleep(0.01)

        async def write() -> None:
            number = 0
            while using:
                name = f"event-{len(self.acknowledged)}-{number}"
                status = await self.attach(self.urls[number % len(self.urls)], name)
                if status == 202:
                    self.acknowledged.append(name)
                else:
                    self.refused[status] += 1
                number += 1
                await asyncio.sleep(0.1)

        tasks = [asyncio.create_task(read(number)) for number in range(clients)] + [asyncio.create_task(write())]
        try:
            yield
        finally:
            using = False
            await asyncio.gather(*tasks)


async def prepared(database_url: str) -> tuple[str, str]:
    """Migrate a database and make an application in it; return the client id and the secret."""
    await migrate(database_url)
    store = await open_store(database_url)
    try:
        now = datetime.now(UTC)  # noqa: TID251 # the processes run in real time
        account = await store.add_account("BEARS", now=now)
        key = await secret_key(Settings(), store)
        application, secret = await applications.add(store, account, NewApplication(), key=key, now=now)
    finally:
        await store.close()
    return application.client_id, secret


@asynccontextmanager
async def several(
    folder: Path,
    redis: RedisServer,
    postgres: MortalPostgres,
    *arguments: str,
    processes: int = 2,
    more: Mapping[str, str] = BUSY,
) -> AsyncIterator[Several]:
    """Run processes of the service, each with a port of its own, before an upstream that has some feeds."""
    settings = {
        "FEEDPROXY_REDIS_URL": redis.url,
        "FEEDPROXY_DATABASE_URL": await postgres.server.new_database(),
        **more,
    }
    client_id, client_secret = await prepared(settings["FEEDPROXY_DATABASE_URL"])
    async with (
        upstream() as behind,
        ClientSession(connector=TCPConnector(limit=0, force_close=True), timeout=ClientTimeout(total=30)) as session,
    ):
        for feed in FEEDS:
            behind.answers[feed] = Answer(calendar("bears", "lions"), etag='"1"')
        settings["FEEDPROXY_UPSTREAM_URL"] = behind.url
        services = [serving(folder, *arguments, extra=settings) for _ in range(processes)]
        running = await asyncio.gather(*(each.__aenter__() for each in services))
        try:
            there = Several(
                urls=[url for _, url in running],
                processes=[process for process, _ in running],
                upstream=behind,
                client_id=client_id,
                client_secret=client_secret,
                session=session,
                database_url=settings["FEEDPROXY_DATABASE_URL"],
            )
            yield there
        finally:
            await asyncio.gather(*(each.__aexit__(None, None, None) for each in services))
