"""The whole service with what the examples of the documentation speak of: account, application, subscription, job."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from aiohttp import ClientSession, web
from yarl import URL

from feedproxy.model import Account, CalendarDetails, Preferences, Subscriber, Wishes
from feedproxy.policy import oauth
from feedproxy.sealing import FetchSettings, seal_source
from feedproxy.web import keys
from feedproxy.web.operations import OPERATIONS, admin, google, subscriptions
from feedproxy.web.operations.paths import PATH_PARAMETERS
from tests.servers.upstream import Answer, calendar, upstream
from tests.web.calreply import basic
from tests.web.running import running
from tests.web.subscribers import put_empty_database

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
CLIENT_ID, SECRET = "bears-app", "not-a-secret_1"
ADMIN_TOKEN = "not-a-secret-of-the-administrator"
LEAGUE = "https://league.example.com"
SUBSCRIPTION = UUID(PATH_PARAMETERS["subscription_id"].example)


@dataclass
class ApiStage:
    """The service, good credentials, and what stands for those ids of the examples that cannot be chosen."""

    url: str
    app: web.Application
    client: ClientSession
    headers: dict[str, dict[str, str]]
    """Header fields by kind of authentication."""
    real: dict[str, str]
    """What stands in the examples for what cannot be chosen, to what it is."""

    def variables(self) -> dict[str, str]:
        """What a shell has to know to run the examples."""
        token = self.headers["bearer"]["Authorization"].removeprefix("Bearer ")
        return {"API": self.url, "ID": CLIENT_ID, "SECRET": SECRET, "TOKEN": token, "ADMIN_TOKEN": ADMIN_TOKEN} | {
            "UPSTREAM": self.real[LEAGUE]
        }

    def made_real(self, text: str) -> str:
        """Replace what cannot be chosen."""
        for documented, real in self.real.items():
            text = text.replace(documented, real)
        return text

    def as_documented(self, text: str) -> str:
        """Write `text`, of an answer, with what stands in the examples."""
        for documented, real in self.real.items():
            text = text.replace(real, documented)
        return text


@asynccontextmanager
async def api_stage(folder: Path, **settings: Any) -> AsyncIterator[ApiStage]:
    """Run the service on a loopback port, over a database in `folder` unless another is named."""
    await put_empty_database(folder)
    async with upstream() as behind:
        behind.answers[SUBSCRIPTION] = Answer(calendar("bears", "lions"), etag='"1"')
        public = "https://feeds.example.com"
        given: dict[str, Any] = {
            "upstream_url": behind.url,
            "public_url": public,
            "admin_token": ADMIN_TOKEN,
            "google_client_id": "bears.apps.example",
            "google_client_secret": SECRET,
        } | settings
        async with (
            running(folder, clock=lambda: NOW, **given) as service,
            ClientSession(service.url) as client,
        ):
            await _put_records(service.app, f"{behind.url}/v1/webcal/{SUBSCRIPTION}")
            headers, real = await _ready(client)
            real[LEAGUE] = behind.url
            yield ApiStage(service.url, service.app, client, headers, real)


async def _put_records(app: web.Application, url: str) -> None:
    """Put in the accounts of the examples, and what is in them."""
    store = app[keys.STORE]
    account = await store.add_account(PATH_PARAMETERS["account_code"].example, now=NOW)
    digest = oauth.secret_digest(app[keys.SECRET_KEY], SECRET)
    registered = Preferences(redirect_uris=(google.CONFIRMATION,))
    for client_id in CLIENT_ID, admin.OTHER_CLIENT:
        await store.add_application(
            account, client_id=client_id, name="site", secret_digest=digest, preferences=registered, now=NOW
        )
    await store.add_account(admin.OTHER_ACCOUNT, now=NOW)
    await _put_calendars(app, account, url)


async def _put_calendars(app: web.Application, account: Account, url: str) -> None:
    store, key = app[keys.STORE], app[keys.SECRET_KEY]
    sealed, url_digest = seal_source(key, FetchSettings(url))
    source_id, unused_id = UUID(PATH_PARAMETERS["source_id"].example), UUID(admin.UNUSED_SOURCE)
    source = await store.add_source(
        account, id=source_id, name="fixtures", sealed=sealed, url_digest=url_digest, now=NOW
    )
    await store.add_source(account, id=unused_id, name="unused", sealed=sealed, url_digest=url_digest, now=NOW)
    details = CalendarDetails(title="Chicago Bears games", time_zones=("Central Standard Time",))
    games = await store.add_calendar(account, PATH_PARAMETERS["calendar_code"].example, details, source, now=NOW)
    tag_id = UUID(PATH_PARAMETERS["tag_id"].example)
    await store.add_tag(games, id=tag_id, text="Under 12", external_id="u12", now=NOW)
    await store.add_calendar(account, admin.OTHER_CALENDAR, details, source, now=NOW)
    youth = await store.add_calendar(account, admin.QUIET_CALENDAR, CalendarDetails(title="Youth"), source, now=NOW)
    await store.subscribe(
        youth,
        id=UUID(admin.QUIET_SUBSCRIPTION),
        method="webcal",
        state="active",
        subscriber=Subscriber(subscriber_id="fan-12", email="fan@example.com"),
        wishes=Wishes(zone="Central Standard Time"),
        login=None,
        now=NOW,
    )


async def _ready(client: ClientSession) -> tuple[dict[str, dict[str, str]], dict[str, str]]:
    """Do what the examples build on: have tokens, subscriptions and a job. Return header fields and ids."""
    examples = {(each.method, each.template): each.example for each in OPERATIONS}
    token, event = examples["POST", "/oauth2/token"], examples["POST", "/subscriptionevent/{account_code}"]
    basics = basic(CLIENT_ID.encode(), SECRET.encode())
    async with client.post("/oauth2/token", data=token.body, headers=basics) as answer:
        pair = await answer.json()
    bearer = {"Authorization": f"Bearer {pair['access_token']}"}
    code = PATH_PARAMETERS["account_code"].example
    async with client.post(f"/subscriptionevent/{code}", json=event.body, headers=bearer) as accepted:
        job_id = accepted.headers["X-Job-Id"]
    real = {token.answer[name]: pair[name] for name in ("access_token", "refresh_token")}
    real[PATH_PARAMETERS["job_id"].example] = job_id
    subscribe = f"/subscribe/{code}/{PATH_PARAMETERS['calendar_code'].example}"
    shown = {**examples["POST", "/subscribe/{account_code}/{calendar_code}"].body, "calendarTags": []}
    for documented, body in (
        (subscriptions.SUBSCRIPTION_ID, shown),
        (subscriptions.ENDING_ID, {"subscriptionMethod": "WebCal"}),
    ):
        async with client.post(subscribe, json=body, headers=bearer) as made:
            real[documented] = (await made.json())["subscriptionId"]
    subscribe, body = f"/google/{code}/{PATH_PARAMETERS['calendar_code'].example}", {"redirectTo": google.CONFIRMATION}
    async with client.post(subscribe, json=body, headers=bearer, allow_redirects=False) as sent_on:
        real[google.STATE] = URL(sent_on.headers["Location"]).query["state"]
    admin_headers = {"Authorization": f"Bearer {ADMIN_TOKEN}"}
    return {"none": {}, "feed": {}, "client": basics, "bearer": bearer, "admin": admin_headers}, real
