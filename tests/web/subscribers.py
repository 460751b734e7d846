"""The whole service with calendars to subscribe to, an upstream that has their events, and two accounts."""

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any
from uuid import UUID, uuid4

from aiohttp import encode_basic_auth, web
from aiohttp.test_utils import TestClient, TestServer

from feedproxy.config import Settings
from feedproxy.model import Account, Calendar, CalendarDetails, Preferences, Subscription, Tag
from feedproxy.policy import oauth
from feedproxy.sealing import FetchSettings, seal_source
from feedproxy.store import Store
from feedproxy.store.migration import migrate
from feedproxy.web import keys
from feedproxy.web.app import create_app
from tests.servers.upstream import Answer, Upstream, upstream
from tests.web.stage import Clock

SOURCE = UUID("0e1d5b7c-6a70-4d0c-9d38-0f1d3f5f0c11")
OPENING = UUID("8e71077b-c7f2-42b8-acb9-bda8f804c0d7")
LIONS = Tag(UUID(int=1), "Lions")
BEARS = Tag(UUID(int=2), "Bears")
TEAM_A = Tag(UUID(int=3), "Team A", "TeamA")
TAGS = (BEARS, LIONS, TEAM_A)
SECRET = "not-a-secret_1"

_EVENT = """BEGIN:VEVENT\r
UID:{uid}\r
DTSTAMP:20260101T000000Z\r
DTSTART;TZID=America/New_York:20261206T130000\r
SUMMARY:{title}\r
{more}END:VEVENT\r
"""
_EVENTS = (
    (str(OPENING).upper(), "Opening", "CATEGORIES:Lions\r\nX-CALREPLY-TIMEZONE:Eastern Standard Time\r\n"),
    ("derby@games", "Derby", "X-EXTERNAL-ID:90712\r\nCATEGORIES:Lions,Bears,Eastern Standard Time\r\n"),
    ("final@games", "Final", "X-EXTERNAL-ID:37818\r\nCATEGORIES:Bears\r\n"),
    ("away@games", "Away", "CATEGORIES:Lions\r\nX-CALREPLY-TIMEZONE:Pacific Standard Time\r\n"),
    ("gala", "Gala", ""),
)
GAMES = (
    "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//games//EN\r\n"
    + "".join(_EVENT.format(uid=uid, title=title, more=more) for uid, title, more in _EVENTS)
    + "END:VCALENDAR\r\n"
).encode()

DETAILS = {
    "games": CalendarDetails("Games", image="//images.example.com/games.jpg"),
    "members": CalendarDetails("Members", protected=True),
    "single": CalendarDetails("Single", single_subscription=True),
}
EMPTY = {"No events"}
"""The titles of a feed without events: one that says so."""

_EMPTY_DATABASE: list[bytes] = []


@dataclass
class Service:
    """The running service. `mine` has the calendars games, members (protected) and single; `other` has games too."""

    client: TestClient[web.Request, web.Application]
    store: Store
    upstream: Upstream
    clock: Clock
    mine: Account
    other: Account
    tokens: Mapping[str, str]
    """Access tokens by account code."""

    async def ask(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        account: str | None = "acme",
        headers: Mapping[str, str] = MappingProxyType({}),
        redirects: bool = True,
    ) -> tuple[int, Any]:
        """Ask for something with the account's token; return the status and what was answered."""
        headers = {**headers, **({"Authorization": f"Bearer {self.tokens[account]}"} if account else {})}
        data = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        async with self.client.request(method, path, data=data, headers=headers, allow_redirects=redirects) as answer:
            text = await answer.text()
            is_json = answer.content_type == "application/json"
            return answer.status, json.loads(text) if is_json else text

    async def subscribe(self, calendar: str = "games", **fields: object) -> UUID:
        """Subscribe by webcal; return the id."""
        status, said = await self.ask("POST", f"/subscribe/acme/{calendar}", {"subscriptionMethod": "webcal"} | fields)
        assert status == 200, said
        return UUID(said["subscriptionId"])

    async def feed(self, subscription_id: UUID, login: tuple[str, str] | None = None) -> tuple[int, str]:
        """Read a feed as a calendar app does."""
        headers = {"Accept-Encoding": "identity"}
        if login is not None:
            headers["Authorization"] = encode_basic_auth(*login, encoding="utf-8")
        async with self.client.get(f"/v1/webcal/{subscription_id}", headers=headers) as answer:
            return answer.status, await answer.text()

    async def titles(self, subscription_id: UUID) -> set[str]:
        """The titles of a feed's events."""
        status, text = await self.feed(subscription_id)
        assert status == 200
        return {line.removeprefix("SUMMARY:") for line in text.split("\r\n") if line.startswith("SUMMARY:")}

    async def stored(self, subscription_id: UUID) -> Subscription:
        found = await self.store.subscription(subscription_id)
        assert found is not None
        return found


@asynccontextmanager
async def running_service(folder: Path, **settings: object) -> AsyncIterator[Service]:
    """Run the service on a loopback port, over a SQLite file in `folder`."""
    await put_empty_database(folder)
    async with upstream() as behind:
        behind.answers[SOURCE] = Answer(GAMES, etag='"1"')
        given = {
            "database_url": f"sqlite:///{folder}/feedproxy.db",
            "public_url": "https://feeds.example.com",
            "egress_allow": ["127.0.0.1"],
        }
        clock = Clock()
        app = create_app(Settings.model_validate(given | settings), clock=clock)
        async with TestClient(TestServer(app), auto_decompress=False) as client:
            store, key = app[keys.STORE], app[keys.SECRET_KEY]
            accounts, tokens = {}, {}
            for code in "acme", "Other":
                accounts[code] = await store.add_account(code, now=clock())
                tokens[code] = await _token(store, key, accounts[code], clock)
                sealed = seal_source(key, FetchSettings(f"{behind.url}/v1/webcal/{SOURCE}"))
                await _add_calendars(store, accounts[code], sealed, now=clock())
            yield Service(client, store, behind, clock, accounts["acme"], accounts["Other"], tokens)


async def prefer(service: Service, **preferences: Any) -> None:
    """Give the application of `acme` preferences."""
    application = await service.store.application("app-of-acme")
    assert application is not None
    await service.store.change_application(application, name="site", preferences=Preferences(**preferences))


async def change(service: Service, code: str, **details: Any) -> Calendar:
    """Change a calendar of `acme`."""
    calendar = await service.store.calendar(service.mine, code)
    assert calendar is not None
    wanted = CalendarDetails(**{"title": calendar.details.title} | details)
    changed, _ = await service.store.change_calendar(calendar, wanted, calendar.source, now=service.clock())
    return changed


async def _token(store: Store, key: bytes, account: Account, clock: Clock) -> str:
    client_id = f"app-of-{account.code}"
    digest = oauth.secret_digest(key, SECRET)
    application = await store.add_application(
        account, client_id=client_id, name="site", secret_digest=digest, now=clock()
    )
    pair = oauth.issue(
        key,
        application,
        access_token=f"access-of-{account.code}",
        refresh_token=f"refresh-of-{account.code}",
        family=uuid4(),
        now=clock(),
        lifetimes=oauth.Lifetimes(access=86_400),
    )
    await store.add_tokens(application, pair.access, pair.refresh)
    return pair.access_token


async def _add_calendars(store: Store, account: Account, sealed: tuple[bytes, bytes], *, now: datetime) -> None:
    source = await store.add_source(account, id=uuid4(), name="games", sealed=sealed[0], url_digest=sealed[1], now=now)
    for code, details in DETAILS.items():
        calendar = await store.add_calendar(account, code, details, source, now=now)
        for tag in TAGS if code != "members" else ():
            await store.add_tag(calendar, id=tag.id, text=tag.text, external_id=tag.external_id, now=now)


async def put_empty_database(folder: Path) -> None:
    """Put a migrated one into the folder: that is done once, for it takes longer than most tests."""
    path = folder / "feedproxy.db"
    if _EMPTY_DATABASE:
        path.write_bytes(_EMPTY_DATABASE[0])
    else:
        await migrate(f"sqlite:///{path}")
        _EMPTY_DATABASE.append(path.read_bytes())
