"""`kill -9` among changes loses nothing that was acknowledged, and leaves nothing half."""

import asyncio
import json
import os
import signal
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from random import Random

import pytest
from aiohttp import ClientError, ClientSession

from feedproxy.store import migrate
from tests.cli.program import serving
from tests.clients.stories import ACCOUNT, ADMIN_TOKEN, Api, manage, subscribe_and_leave
from tests.servers.postgres import running_postgres
from tests.servers.service import PUBLIC
from tests.servers.upstream import Answer, calendar, upstream

CHANGES = 200
KILLS = (*sorted(Random(6).sample(range(20, CHANGES), 3)), CHANGES)  # the same points at every run
"""Behind so many answers the process is killed: at random points, and at the end."""

CLIENTS = (subscribe_and_leave, subscribe_and_leave, subscribe_and_leave, manage, manage)


@dataclass
class Killer:
    """Counts the answers, and kills a process once there are so many."""

    answers: int = 0
    wanted: int = 0
    pid: int = 0

    def __call__(self) -> None:
        self.answers += 1
        if self.pid and self.answers >= self.wanted:
            os.kill(self.pid, signal.SIGKILL)
            self.pid = 0


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.service("postgres"))])
async def settings(
    request: pytest.FixtureRequest, service_program: Callable[[str], Path], tmp_path: Path
) -> AsyncIterator[dict[str, str]]:
    """Give settings for a database, and an upstream that has the events of a calendar."""
    async with upstream() as behind:
        behind.answers[PUBLIC] = Answer(calendar("bears", "lions"), etag='"1"')
        given = {
            "FEEDPROXY_UPSTREAM_URL": behind.url,
            "FEEDPROXY_ADMIN_TOKEN": ADMIN_TOKEN,
            "FEEDPROXY_EGRESS_ALLOW": "127.0.0.1",
        }
        if request.param == "sqlite":
            yield given
            return
        with running_postgres(service_program("postgres")) as postgres:
            url = await postgres.new_database()
            await migrate(url)
            yield given | {"FEEDPROXY_DATABASE_URL": url}


async def set_up(api: Api, settings: dict[str, str]) -> tuple[str, str]:
    """Make the calendar that people subscribe to; return an application's id and secret."""
    source = {"name": "club", "url": f"{settings['FEEDPROXY_UPSTREAM_URL']}/v1/webcal/{PUBLIC}"}
    games = {"code": "games", "source": "club", "onDeactivate": "gone"}
    made = ("/admin/accounts", {"code": "BEARS"}), (f"{ACCOUNT}/sources", source), (f"{ACCOUNT}/calendars", games)
    for path, body in made:
        assert (await api.ask("POST", path, body))[0] == 201
    _, text = await api.ask("POST", f"{ACCOUNT}/applications", {"name": "shop"})
    application = json.loads(text)
    return application["clientId"], application["clientSecret"]


async def play(api: Api, story: Callable[[Api, str], Awaitable[None]], name: str) -> None:
    """Play a client's story again and again, with other names, until the service is killed."""
    for number in count():
        try:
            await story(api, f"{name}-{number}")
        except ClientError:
            return


async def test_kill_9_among_changes_loses_nothing_and_leaves_nothing_half(
    settings: dict[str, str], tmp_path: Path
) -> None:
    killer = Killer()
    async with ClientSession() as session:
        api, login = Api(session, killer), ("", "")
        for killer.wanted in KILLS:
            async with serving(tmp_path, extra=settings) as (process, api.url):
                killer.pid = process.pid
                if killer.wanted == KILLS[0]:
                    login = await set_up(api, settings)
                await api.log_in(api.url, *login)
                await api.verify()
                names = [f"{killer.wanted}-{number}" for number in range(len(CLIENTS))]
                await asyncio.gather(*(play(api, *each) for each in zip(CLIENTS, names, strict=True)))
        async with serving(tmp_path, extra=settings) as (_, api.url):
            await api.log_in(api.url, *login)
            await api.verify()
    assert killer.answers >= CHANGES
