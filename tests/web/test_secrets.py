"""Nothing that an outsider can reach tells a GUID, a credential or an upstream URL; nor do logs, metrics and traces.

Secrets are planted wherever the service keeps any; every route is asked, as whoever has none of them may; and all that
is said is searched for them.
"""

import json
import logging
import re
from base64 import b64encode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from aiohttp import ClientSession
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from feedproxy.model import CalendarDetails, FeedLogin, Subscriber, Wishes
from feedproxy.policy.access import Credentials
from feedproxy.policy.secrets import keyed_hash
from feedproxy.sealing import FetchSettings, seal_source
from feedproxy.web import keys
from feedproxy.web.logs import JsonFormatter
from feedproxy.web.routes import ROWS
from feedproxy.web.traces import put_traces
from tests.servers.upstream import Answer, Upstream, calendar, upstream
from tests.web.running import Running, running
from tests.web.stage import Clock, details_of

OPEN, PROTECTED, FAILING, LEAGUE = (UUID(f"{digit * 8}-c7f2-42b8-acb9-bda8f804c0d7") for digit in "1234")
OURS = UUID("55555555-c7f2-42b8-acb9-bda8f804c0d7")
GUIDS = (OPEN, PROTECTED, FAILING, LEAGUE, OURS)
PASSWORDS = ("hunter2-of-the-fan", "hunter2-of-the-league", "hunter2-guessed")
WORDS = ("hunter2-header", "hunter2-query", f"hunter2-secret-key-{'k' * 32}", f"hunter2-admin-token-{'t' * 32}")
THE_UPSTREAMS = "aiohttp.access"
"""The logger of the stand-in, which may say what it was asked; the service has an access log of its own."""
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")


def basic(user: str, password: str) -> str:
    return "Basic " + b64encode(f"{user}:{password}".encode()).decode()


FAN, GUESS = basic("fan", PASSWORDS[0]), basic("fan", PASSWORDS[2])


@dataclass
class Planted:
    """The service with secrets in it, and all that it says."""

    service: Running
    behind: Upstream
    clock: Clock
    exporter: InMemorySpanExporter
    said: list[str]

    async def ask(self, method: str, path: str, **headers: str) -> int:
        """Ask, as an outsider does, and note all of the answer."""
        body = json.dumps({"password": PASSWORDS[2], "subscriptionIds": [str(OPEN)], "url": f"http://x/{OPEN}"})
        async with (
            ClientSession() as session,
            session.request(
                method,
                self.service.url + path,
                headers={"Content-Type": "application/json", **headers},
                data=body if method in ("POST", "PUT", "PATCH") else None,
                allow_redirects=False,
            ) as answer,
        ):
            self.said += [f"{method} {answer.status}", str(answer.headers), await answer.text("latin-1")]
            return answer.status

    def secrets(self) -> list[str]:
        """Every spelling of what was planted."""
        guids = [text for guid in GUIDS for text in (str(guid), guid.hex, b64encode(guid.bytes).decode())]
        return [*guids, "hunter2", FAN, GUESS, self.behind.url.removeprefix("http://"), "/v1/webcal/" + str(LEAGUE)[:8]]


@asynccontextmanager
async def planted(folder: Path) -> AsyncIterator[Planted]:
    exporter, provider, clock = InMemorySpanExporter(), TracerProvider(), Clock()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    async with (
        upstream() as behind,
        running(
            folder,
            clock=clock,
            put_traces=partial(put_traces, provider),
            upstream_url=behind.url,
            upstream_headers={"X-Key": WORDS[0]},
            secret_key=WORDS[2],
            admin_token=WORDS[3],
            server_timing=True,
            public_url="https://feeds.example.com",
        ) as service,
    ):
        behind.answers[OPEN] = Answer(calendar("bears"), etag='"1"')
        behind.answers[PROTECTED] = Answer(calendar("members"), credentials=FAN)
        behind.answers[FAILING] = Answer(calendar("a", "b"))
        behind.answers[LEAGUE] = Answer(calendar("cup"), credentials=basic("operator", PASSWORDS[1]))
        await _put_calendar(service, behind)
        yield Planted(service, behind, clock, exporter, [])


async def _put_calendar(service: Running, behind: Upstream) -> None:
    """Add a calendar whose source has secrets, and a subscription that has a password and a private event."""
    store, key, now = service.app[keys.STORE], service.app[keys.SECRET_KEY], service.app[keys.CLOCK]()
    account = await store.add_account("acme", now=now)
    url = f"{behind.url}/v1/webcal/{LEAGUE}?key={WORDS[1]}"
    settings = FetchSettings(url, Credentials(b"operator", PASSWORDS[1].encode()), {"X-Key": WORDS[0]})
    sealed, digest = seal_source(key, settings)
    source = await store.add_source(account, id=uuid4(), name="league", sealed=sealed, url_digest=digest, now=now)
    league = await store.add_calendar(account, "league", CalendarDetails("League", protected=True), source, now=now)
    await store.subscribe(
        league,
        id=OURS,
        method="webcal",
        state="active",
        subscriber=Subscriber(user_name="fan"),
        wishes=Wishes(),
        login=FeedLogin("fan", keyed_hash(key, "feed-password", PASSWORDS[0].encode())),
        events=[("table", details_of("Your table"))],
        now=now,
    )


async def _feeds_in_every_state(stage: Planted) -> None:
    """Have each feed served, refused, stale for every kind of cause, and withdrawn."""
    for guid in GUIDS:
        await stage.ask("GET", f"/v1/webcal/{guid}")
        await stage.ask("GET", f"/webcal/{guid.hex}.ics?key={WORDS[1]}", Authorization=GUESS)
    assert await stage.ask("GET", f"/webcal/{PROTECTED}", Authorization=FAN) == 200
    assert await stage.ask("GET", f"/webcal/{OURS}", Authorization=FAN) == 200
    for answer in (
        Answer(b"", status=503),
        Answer(b"<html>" + str(FAILING).encode()),
        Answer(b"", status=302, headers={"Location": f"http://10.0.0.1/{FAILING}?key={WORDS[1]}"}),
        Answer(b"", status=302, headers={"Location": f"/v1/webcal/{FAILING}?key={WORDS[1]}"}),
        Answer(b"", status=401),
    ):
        stage.behind.answers |= dict.fromkeys((FAILING, LEAGUE, PROTECTED), answer)
        for _ in range(2):
            stage.clock.wind(hours=2)
            for guid, authorization in ((FAILING, None), (OURS, FAN), (PROTECTED, FAN)):
                headers = {"Authorization": authorization} if authorization else {}
                await stage.ask("GET", f"/webcal/{guid}", **headers)
    await stage.behind.stop()
    stage.clock.wind(hours=2)
    for guid in GUIDS:
        await stage.ask("GET", f"/webcal/{guid}")


def _paths(template: str) -> list[str]:
    """Fill a route's template with what an outsider may have come by, or make up."""
    plain = re.sub(r"\[[^]]*\]", "", template)
    return [re.sub(r"\{\w+\}", value, plain) for value in ("acme", str(OURS), "%7B0%7D")]


async def test_nothing_that_is_said_tells_a_secret(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    async with planted(tmp_path) as stage:
        await _feeds_in_every_state(stage)
        for row in ROWS:
            for path in _paths(row.template):
                await stage.ask(row.method, path)
                await stage.ask(row.method, path, Authorization=GUESS)
            for method in METHODS:
                await stage.ask(method, _paths(row.template)[0], Authorization="Bearer " + WORDS[1])
        await stage.ask("GET", f"/nowhere/{OPEN}", Authorization=GUESS)
        await stage.service.send(f"GET /{OPEN} HTTP/9.9\r\nAuthorization: {GUESS}\r\n\r\n".encode())
        await stage.service.app[keys.HISTORY].written()
        await stage.ask("GET", "/metrics")
        said = [*stage.said, *stage.service.log_lines()]
        ours = [record for record in caplog.records if record.name != THE_UPSTREAMS]
        said += [JsonFormatter().format(record) for record in ours]
        said += [span.to_json() for span in stage.exporter.get_finished_spans()]
        secrets = stage.secrets()
    together = "\n".join(said)
    for expected in ('"event": "feed.health"', '"last good kept"', "feedproxy_feeds{", '"http.route"', "Proxy-Status"):
        assert expected in together, "the test has looked at all that it is about"
    assert [(secret, text) for text in said for secret in secrets if secret in text] == []
