"""A CalReply upstream that does what a test tells it to, on loopback."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from uuid import UUID

from aiohttp import web
from aiohttp.test_utils import TestServer

EVENT = """BEGIN:VEVENT\r
UID:{uid}\r
DTSTAMP:20260101T000000Z\r
DTSTART;TZID="{zone}":{start}\r
SUMMARY:{uid}\r
END:VEVENT\r
"""


def calendar(*uids: str, zone: str = "Eastern Standard Time", start: str = "20261206T130000") -> bytes:
    """Return a calendar with one event for each UID."""
    events = "".join(EVENT.format(uid=uid, zone=zone, start=start) for uid in uids)
    return f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//test//EN\r\n{events}END:VCALENDAR\r\n".encode()


@dataclass
class Answer:
    """What the upstream says to a request for one subscription."""

    body: bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    credentials: str | None = None
    """The Authorization value that it wants."""
    etag: str | None = None
    gate: asyncio.Event | None = None
    """While it is not set, the answer waits."""
    anew: Callable[[int], bytes] | None = None
    """Writes the body for each request, by how many there were so far."""


@dataclass
class Upstream:
    """The running stand-in: `answers` by subscription, and every request it got."""

    url: str
    answers: dict[UUID, Answer]
    requests: list[web.Request]
    stop: Callable[[], Awaitable[object]]


@asynccontextmanager
async def upstream() -> AsyncIterator[Upstream]:
    """Run a stand-in on a free port."""
    requests: list[web.Request] = []
    answers: dict[UUID, Answer] = {}

    async def webcal(request: web.Request) -> web.Response:
        requests.append(request)
        number = len(requests)
        answer = answers.get(UUID(request.match_info["guid"]))
        if answer is None:
            return web.Response(status=404)
        if answer.gate is not None:
            await answer.gate.wait()
        if answer.credentials is not None and request.headers.get("Authorization") != answer.credentials:
            return web.Response(status=401, headers={"WWW-Authenticate": 'Basic realm="x"'})
        headers = dict(answer.headers)
        if answer.etag is not None:
            headers["ETag"] = answer.etag
            if request.headers.get("If-None-Match") == answer.etag:
                return web.Response(status=304, headers=headers)
        body = answer.body if answer.anew is None else answer.anew(number)
        return web.Response(status=answer.status, body=body, headers=headers)

    app = web.Application()
    app.router.add_get("/v1/webcal/{guid}", webcal)
    server = TestServer(app)
    await server.start_server()
    try:
        yield Upstream(str(server.make_url("")).rstrip("/"), answers, requests, server.close)
    finally:
        await server.close()
