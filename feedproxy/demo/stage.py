"""The stage: the stand-in and feedproxy on loopback ports, an account, an API client; all of it gone afterwards."""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from aiohttp import ClientSession, encode_basic_auth

from feedproxy.admin import applications
from feedproxy.admin.applications import NewApplication
from feedproxy.config import Settings, load
from feedproxy.demo.subscriptions import LEAGUE
from feedproxy.demo.upstream import StandIn
from feedproxy.errors import SettingsError
from feedproxy.serverkey import secret_key
from feedproxy.store import open_store
from feedproxy.web import serving
from feedproxy.web.access_log import AccessLog
from feedproxy.web.app import create_app
from feedproxy.web.logs import LogBuffer
from feedproxy.web.metrics import METRICS

HOST = "127.0.0.1"
DEFAULT_PORT = 8080
ACCOUNT = "DEMO"

SETTINGS = """\
port = {port}
database_url = "sqlite:///{folder}/feedproxy.db"
upstream_url = "{upstream}"
freshness_default = 2
freshness_min = 2
freshness_max = 2
"""
"""Feeds are looked at every two seconds, so that one sees it happen."""

PERSONAL_TITLE = "Your seat: block C, row 12"


def event_request(event_id: str, title: str) -> dict[str, object]:
    """Return a body for the API that puts an event into the league's feed."""
    event = {
        "eventId": event_id,
        "title": title,
        "start": "2026-12-05T12:15:00",
        "end": "2026-12-05T12:45:00",
        "timezone": "Eastern Standard Time",
        "location": "Gate 4",
        "notifyBefore": 60,
    }
    return {"event": event, "subscriptionIds": [str(LEAGUE.id)]}


@dataclass(frozen=True, slots=True)
class Stage:
    """What is running, and how to reach it."""

    url: str
    settings_file: Path
    upstream: StandIn
    client_id: str
    client_secret: str


@asynccontextmanager
async def stage(
    folder: Path, port: int | None, buffer: LogBuffer, clock: Callable[[], datetime]
) -> AsyncIterator[Stage]:
    """Set everything up in `folder`; on `port`, or on 8080, or if that is taken on a free one."""
    upstream = StandIn()
    upstream_listener = serving.listen(HOST, 0)
    listener = _listen(port)
    await upstream.start(upstream_listener)
    settings_file = _write_settings(folder, listener.getsockname()[1], serving.url_of(upstream_listener))
    settings = load(settings_file, {})
    client_id, client_secret = await _client(settings, clock())
    stop, ready = asyncio.Event(), asyncio.Event()
    app = create_app(settings, clock=clock)
    access_log = AccessLog(app[METRICS], buffer, clock)
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(serving.serve(app, listener, settings, access_log, stop=stop, ready=ready.set))
            await ready.wait()
            try:
                yield Stage(serving.url_of(listener), settings_file, upstream, client_id, client_secret)
            finally:
                stop.set()
    finally:
        await upstream.stop()


async def access_token(session: ClientSession, stage: Stage) -> str:
    """Get a token for the API, as its clients do."""
    login = {"Authorization": encode_basic_auth(stage.client_id, stage.client_secret)}
    grant = {"grant_type": "client_credentials"}
    async with session.post(f"{stage.url}/oauth2/token", data=grant, headers=login, raise_for_status=True) as answer:
        return str((await answer.json())["access_token"])


async def attach_event(session: ClientSession, stage: Stage) -> int:
    """Put the personal event into the league's feed through the API. Returns the HTTP status."""
    headers = {"Authorization": f"Bearer {await access_token(session, stage)}"}
    url = f"{stage.url}/v1/subscriptionevent/{ACCOUNT}"
    async with session.post(url, json=event_request("seat-1207", PERSONAL_TITLE), headers=headers) as answer:
        return answer.status


def _write_settings(folder: Path, port: int, upstream: str) -> Path:
    file = folder / "feedproxy.toml"
    file.write_text(SETTINGS.format(port=port, folder=folder.resolve(), upstream=upstream))
    return file


def _listen(port: int | None) -> socket.socket:
    if port is not None:
        return serving.listen(HOST, port)
    try:
        return serving.listen(HOST, DEFAULT_PORT)
    except SettingsError:
        return serving.listen(HOST, 0)


async def _client(settings: Settings, now: datetime) -> tuple[str, str]:
    store = await open_store(settings.database_url.get_secret_value())
    try:
        account = await store.add_account(ACCOUNT, now=now)
        key = await secret_key(settings, store)
        application, secret = await applications.add(store, account, NewApplication(name="demo"), key=key, now=now)
        return application.client_id, secret
    finally:
        await store.close()
