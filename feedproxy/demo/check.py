"""The check: what the demonstration promises, asked for over HTTP and read with another program's eyes."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from aiohttp import ClientSession, encode_basic_auth
from icalendar import Calendar

from feedproxy.demo import races
from feedproxy.demo.stage import PERSONAL_TITLE, Stage, attach_event
from feedproxy.demo.subscriptions import CLUB, EXPECTED, LEAGUE, RACES
from feedproxy.policy.access import Credentials

PATIENCE = 5.0
"""Seconds within which an event that was accepted must be in the feed."""

OUTAGE = 3.0
"""Seconds to wait after the upstream's end: long enough that every cached feed is stale."""

UNKNOWN = UUID("00000000-0000-4000-8000-000000000000")
PERSONAL_START = datetime(2026, 12, 5, 17, 15, tzinfo=UTC)  # 12:15 in New York, winter


@dataclass(frozen=True, slots=True)
class Finding:
    """One promise: what it is, whether it is kept, and what was seen."""

    promise: str
    kept: bool
    seen: str


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer over HTTP."""

    status: int
    fields: Mapping[str, str]
    body: bytes


async def check(stage: Stage) -> AsyncIterator[Finding]:
    """Yield the findings, one by one; the upstream is stopped in the course of it."""
    async with ClientSession() as session:
        caller = _Caller(session, stage)
        yield await _times(caller, LEAGUE.id, None)
        yield await _times(caller, CLUB.id, CLUB.credentials)
        yield await _large(caller)
        yield await _personal_event(caller)
        yield await _not_modified(caller)
        yield await _status("protected, no password: 401", 401, caller, CLUB.id)
        yield await _wrong_password(caller)
        yield await _status("unknown subscription: 404", 404, caller, UNKNOWN)
        for page in ("healthz", "readyz", "metrics"):
            answer = await caller.get(page)
            yield Finding(f"/{page}: 200", answer.status == 200, str(answer.status))
        await stage.upstream.stop()
        await asyncio.sleep(OUTAGE)
        yield await _times(caller, LEAGUE.id, None, when="upstream gone, ")
        yield await _times(caller, CLUB.id, CLUB.credentials, when="upstream gone, ")
        yield await _status("upstream gone, no password: 401", 401, caller, CLUB.id)


class _Caller:
    """Asks the service on the stage."""

    def __init__(self, session: ClientSession, stage: Stage) -> None:
        self.session = session
        self.stage = stage

    async def get(
        self, path: str, credentials: Credentials | None = None, fields: Mapping[str, str] | None = None
    ) -> Answer:
        sent = dict(fields or {})
        if credentials:
            sent["Authorization"] = encode_basic_auth(credentials.user.decode(), credentials.password.decode())
        async with self.session.get(f"{self.stage.url}/{path}", headers=sent) as answer:
            return Answer(answer.status, answer.headers, await answer.read())

    async def feed(self, subscription_id: UUID, credentials: Credentials | None = None, etag: str = "") -> Answer:
        return await self.get(f"v1/webcal/{subscription_id}", credentials, {"If-None-Match": etag} if etag else None)


async def _times(caller: _Caller, subscription_id: UUID, credentials: Credentials | None, when: str = "") -> Finding:
    answer = await caller.feed(subscription_id, credentials)
    starts = _starts(answer)
    expected = EXPECTED[subscription_id]
    wrong = [title for title, start in expected.items() if starts.get(title) != start]
    name = "protected" if credentials else "public"
    promise = f"{when}{name} feed: {len(expected)} events at their instants"
    return Finding(promise, answer.status == 200 and not wrong, f"{answer.status}, wrong: {', '.join(wrong) or 'none'}")


async def _large(caller: _Caller) -> Finding:
    starts = _starts(await caller.feed(RACES.id))
    return Finding(f"large feed: {races.EVENTS:,} events", len(starts) == races.EVENTS, f"{len(starts):,}")


async def _personal_event(caller: _Caller) -> Finding:
    status = await attach_event(caller.session, caller.stage)
    loop = asyncio.get_running_loop()
    began = loop.time()
    start = None
    while start is None and loop.time() - began < PATIENCE:
        start = _starts(await caller.feed(LEAGUE.id)).get(PERSONAL_TITLE)
        await asyncio.sleep(0 if start else 0.1)
    promise = f"personal event: 202, and in the feed within {PATIENCE:g} s"
    return Finding(promise, (status, start) == (202, PERSONAL_START), f"{status}, starts {start}")


async def _not_modified(caller: _Caller) -> Finding:
    etag = (await caller.feed(LEAGUE.id)).fields.get("ETag", "none")
    answer = await caller.feed(LEAGUE.id, etag=etag)
    return Finding("nothing has changed: 304", answer.status == 304 and not answer.body, str(answer.status))


async def _wrong_password(caller: _Caller) -> Finding:
    answer = await caller.feed(CLUB.id, Credentials(b"member", b"wrong"))
    challenge = answer.fields.get("WWW-Authenticate", "")
    kept = answer.status == 401 and challenge.startswith("Basic realm=")
    return Finding("protected, wrong password: 401 with a challenge", kept, f"{answer.status} {challenge}")


async def _status(promise: str, status: int, caller: _Caller, subscription_id: UUID) -> Finding:
    answer = await caller.feed(subscription_id)
    return Finding(promise, answer.status == status, str(answer.status))


def _starts(answer: Answer) -> dict[str, datetime]:
    """Read a feed's events with icalendar: start by title, in UTC."""
    if answer.status != 200:
        return {}
    events = Calendar.from_ical(answer.body).walk("VEVENT")
    return {str(event["SUMMARY"]): event.decoded("DTSTART").astimezone(UTC) for event in events}
