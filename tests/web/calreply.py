"""The API's handlers in an application of their own, over a real store, for tests to talk to."""

from base64 import b64encode
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast
from uuid import UUID

from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from aiohttp.typedefs import Handler
from cachetools import LRUCache

from feedproxy.config import Settings
from feedproxy.errors import FeedproxyError
from feedproxy.feeds import Feeds
from feedproxy.metrics import Metrics
from feedproxy.model import Application
from feedproxy.policy import oauth as policy
from feedproxy.store import Store, open_store
from feedproxy.web import bodies, jobs, keys, oauth, subscription_events
from feedproxy.web.errors import error_answer
from feedproxy.web.login_limits import LoginLimits
from feedproxy.web.metrics import METRICS
from feedproxy.web.request_rates import RequestRates

KEY = b"a key of thirty-two octets......"
SECRET = "not-a-secret_1"
START = datetime(2015, 12, 6, 23, 53, 0, 250_000, tzinfo=UTC)

FIRST = UUID("fcaf2d43-bcbd-4c5a-a7c0-2eb480bb4fd3")
SECOND = UUID("46388f6f-5941-48da-914c-22fed81209dd")


def basic(user: bytes, password: bytes = SECRET.encode()) -> dict[str, str]:
    """Return the header field that holds Basic credentials, octet by octet."""
    return {"Authorization": f"Basic {b64encode(user + b':' + password).decode()}"}


@dataclass
class RecordingFeeds:
    """Stands in for the feeds: remembers what it was told has changed."""

    changes: list[frozenset[UUID]] = field(default_factory=list)

    async def changed(self, subscription_ids: Collection[UUID]) -> None:
        self.changes.append(frozenset(subscription_ids))

    async def heard(self, subscription_ids: Collection[UUID]) -> None:
        """Nothing is cached here."""


@dataclass
class Api:
    """The running application, its store, and two accounts with an application each."""

    client: TestClient[web.Request, web.Application]
    store: Store
    feeds: RecordingFeeds
    now: datetime
    mine: Application
    other: Application

    @property
    def url(self) -> str:
        return str(self.client.make_url("")).rstrip("/")

    def pass_seconds(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)

    async def tokens(self, application: Application | None = None, **fields: str) -> dict[str, Any]:
        answer = await self.client.post(
            "/oauth2/token",
            data={"grant_type": "client_credentials", **fields},
            headers=basic((application or self.mine).client_id.encode()),
        )
        assert answer.status == 200
        return cast(dict[str, Any], await answer.json())

    async def bearer(self, application: Application | None = None) -> dict[str, str]:
        return {"Authorization": f"Bearer {(await self.tokens(application))['access_token']}"}


@asynccontextmanager
async def running_api(folder: Path, **settings: object) -> AsyncIterator[Api]:
    """Run the handlers on a loopback port, over a SQLite file in `folder` unless the settings name another database.

    Two runs over one database are two workers.
    """
    store = await open_store(str(settings.get("database_url", f"sqlite:///{folder / 'api.db'}")))
    try:
        app = web.Application(middlewares=[_answer_errors])
        app.add_routes(
            [
                web.post("/oauth2/token", oauth.token),
                web.post("/oauth2/revoke", oauth.revoke),
                web.post("/oauth2/introspect", oauth.introspect),
                web.get("/.well-known/oauth-authorization-server", oauth.metadata),
                web.post("/subscriptionevent/{account_code}", subscription_events.put_event),
                web.post("/subscriptionevent/{account_code}/update", subscription_events.update_event),
                web.delete("/subscriptionevent/{account_code}/{event_id}", subscription_events.delete_event),
                web.delete(
                    "/subscription/{account_code}/{subscription_id}/subscriptionevent/{event_id}",
                    subscription_events.detach_event,
                ),
                web.get("/jobs/{job_id}", jobs.job),
                web.post("/echo", _echo),
            ]
        )
        api = Api(
            TestClient(TestServer(app)),
            store,
            RecordingFeeds(),
            START,
            await _application(store, "johnsmith", "johnsmithmedia"),
            await _application(store, "Another", "another-client"),
        )
        app[keys.STORE] = store
        app[keys.SECRET_KEY] = KEY
        app[keys.SETTINGS] = Settings.model_validate(settings)
        app[keys.CLOCK] = lambda: api.now
        app[keys.SECRET_LIMITS] = LoginLimits(app[keys.SETTINGS].login_attempts, app[keys.CLOCK])
        app[keys.APPLICATIONS] = LRUCache(10)
        app[keys.REQUEST_RATES] = RequestRates(app[keys.SETTINGS].api_requests_per_minute, app[keys.CLOCK])
        app[METRICS] = Metrics(version="", tzdata="", cldr="")
        app[keys.FEEDS] = cast(Feeds, api.feeds)
        async with api.client:
            yield api
    finally:
        await store.close()


async def _application(store: Store, account_code: str, client_id: str) -> Application:
    if existing := await store.application(client_id):
        return existing
    account = await store.add_account(account_code, now=START)
    digest = policy.secret_digest(KEY, SECRET)
    return await store.add_application(account, client_id=client_id, name="site", secret_digest=digest, now=START)


async def _echo(request: web.Request) -> web.Response:
    return web.json_response(await bodies.read_fields(request))


@web.middleware
async def _answer_errors(request: web.Request, handler: Handler) -> web.StreamResponse:
    try:
        return await handler(request)
    except FeedproxyError as error:
        return error_answer(error, "oauth" if request.path.startswith("/oauth2/") else "calreply-c")
