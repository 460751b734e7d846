"""The pages for operators in front of an account with a calendar and what it needs, at a time that a test winds on."""

import re
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar
from uuid import UUID

from aiohttp import ClientResponse, encode_basic_auth, web
from aiohttp.test_utils import TestServer

from feedproxy.config import Settings
from feedproxy.model import Account, Calendar, CalendarDetails, Subscriber, Wishes
from feedproxy.policy import oauth
from feedproxy.policy.access import Credentials
from feedproxy.policy.secrets import log_name, source_hash
from feedproxy.sealing import FetchSettings, mask_id, seal_source
from feedproxy.web import keys
from feedproxy.web.app import create_app
from feedproxy.web.ops.aside import Aside
from feedproxy.web.ops.desk import Desk
from feedproxy.web.ops.exchange import ASIDE
from feedproxy.web.ops.gate import PACE
from feedproxy.web.ops.pace import Pace
from tests.servers.upstream import Answer, Upstream, calendar, upstream
from tests.web.stage import Client, Clock

USER, PASSWORD = "operator", "not-a-secret-of-ops"
LOGIN = {"Authorization": encode_basic_auth(USER, PASSWORD)}
UPSTREAM_ID = UUID("5a0f5b0e-8a3e-4d7c-9d0a-9e610d9f6c52")
"""Under what the upstream has the calendar: the part of its URL that is a secret."""
FAN = UUID("8e71077b-c7f2-42b8-acb9-bda8f804c0d7")
LONE = UUID("b78b79ba-607b-4f7a-9f4a-a46646f5a52e")
"""A subscription that only the upstream knows."""
SOURCE = UUID("0d9f6c52-5a0f-4b0e-8a3e-4d7c1d0a9e61")
SECRETS = (
    str(UPSTREAM_ID),
    str(FAN),
    str(LONE),
    "fan@mail.example",
    "fan-number-12",
    "upstream-password",
    "shop-secret",
)


P = ParamSpec("P")
T = TypeVar("T")


@dataclass
class OpsStage:
    """The service, what is behind it, the time, and what things are called in URLs."""

    client: Client
    upstream: Upstream
    clock: Clock
    feed: str
    fan: str

    @property
    def app(self) -> web.Application:
        assert self.client.app is not None
        return self.client.app

    async def ask(
        self, path: str, method: str = "GET", headers: Mapping[str, str] = LOGIN, **more: Any
    ) -> ClientResponse:
        return await self.client.request(method, path, headers=headers, allow_redirects=False, **more)

    async def text(self, path: str) -> str:
        """Return the page of a path."""
        answer = await self.ask(path)
        assert answer.status == 200, await answer.text()
        return await answer.text()

    async def told(self, path: str) -> Any:
        """Return what programs are told."""
        answer = await self.ask(f"/ops/api{path}")
        assert answer.status == 200, await answer.text()
        return await answer.json()

    async def submit(self, path: str, **fields: str) -> ClientResponse:
        """Send a form as a page has it."""
        match = re.search(r'name="token" value="(\w+)"', await self.text("/ops"))
        assert match is not None
        return await self.ask(path, "POST", data={"token": match[1], **fields})

    async def read(self, subscription_id: UUID = FAN) -> bytes:
        """Read a feed as a subscriber does."""
        answer = await self.client.get(f"/webcal/{subscription_id}")
        body = await answer.read()
        await self.app[keys.HISTORY].written()
        return body


class Here(Aside):
    """Makes pages in this process, with the server's store."""

    def __init__(self, app: web.Application) -> None:
        self._app = app

    async def do(
        self, work: Callable[Concatenate[Desk, P], Coroutine[Any, Any, T]], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        desk = Desk(self._app[keys.SETTINGS], self._app[keys.SECRET_KEY], self._app[keys.STORE])
        return await work(desk, *args, **kwargs)

    async def close(self) -> None:
        """There is nothing to end."""


@asynccontextmanager
async def ops_stage(folder: Path, *, beside: bool = False, **settings: object) -> AsyncIterator[OpsStage]:
    """Run the service; pages are made here unless they are to be made `beside`: starting a process takes its time."""
    clock = Clock()
    async with upstream() as behind:
        given = {
            "database_url": f"sqlite:///{folder}/feedproxy.db",
            "upstream_url": behind.url,
            "ops_user": USER,
            "ops_password": PASSWORD,
        }
        app = create_app(Settings.model_validate(given | settings), clock=clock)
        if not beside:
            app[ASIDE] = Here(app)
        app[PACE] = Pace(at_once=1_000)
        behind.answers[UPSTREAM_ID] = Answer(calendar("bears", "lions", "packers", start="20261206T130000"))
        behind.answers[LONE] = Answer(calendar("alone"))
        async with Client(TestServer(app)) as client:
            feed = await put_account(app, behind.url)
            yield OpsStage(client, behind, clock, feed, mask_id(app[keys.SECRET_KEY], FAN))


async def put_account(app: web.Application, upstream_url: str) -> str:
    """Make an account with an application, a calendar and a subscription; return the name of the calendar's feed."""
    store, key, now = app[keys.STORE], app[keys.SECRET_KEY], app[keys.CLOCK]()
    account = await store.add_account("BEARS", name="Chicago Bears", now=now)
    digest = oauth.secret_digest(key, "shop-secret")
    await store.add_application(account, client_id="bears-shop", name="shop", secret_digest=digest, now=now)
    games = await _put_calendar(app, account, f"{upstream_url}/v1/webcal/{UPSTREAM_ID}")
    await store.add_tag(games, id=UUID(int=7), text="Under 12", now=now)
    await store.subscribe(
        games,
        id=FAN,
        method="webcal",
        state="active",
        subscriber=Subscriber(subscriber_id="fan-number-12", email="fan@mail.example"),
        wishes=Wishes(),
        login=None,
        now=now,
    )
    return log_name(source_hash(key, games.source.id, games.source.url_digest))


async def _put_calendar(app: web.Application, account: Account, url: str) -> Calendar:
    store, key, now = app[keys.STORE], app[keys.SECRET_KEY], app[keys.CLOCK]()
    fetched = FetchSettings(url, Credentials(b"proxy", b"upstream-password"))
    sealed, url_digest = seal_source(key, fetched)
    source = await store.add_source(account, id=SOURCE, name="fixtures", sealed=sealed, url_digest=url_digest, now=now)
    return await store.add_calendar(account, "games", CalendarDetails(title="Bears games"), source, now=now)
