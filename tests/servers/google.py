"""Google's token endpoint as a stand-in on loopback: it says what a test wants and keeps what it was asked."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestServer

CALENDAR = "https://www.googleapis.com/auth/calendar"
EMAIL = "https://www.googleapis.com/auth/userinfo.email"
ID_TOKEN = "e30.eyJlbWFpbCI6ImZhbkBleGFtcGxlLmNvbSJ9.c2ln"
"""Of fan@example.com."""
GRANTED = {
    "access_token": "ya29.access",
    "refresh_token": "1//refresh",
    "expires_in": 3599,
    "scope": f"openid {EMAIL} {CALENDAR}",
    "token_type": "Bearer",
    "id_token": ID_TOKEN,
}


@dataclass
class Google:
    """The running stand-in: what it answers, and the forms that were posted to it."""

    url: str
    status: int = 200
    answer: Mapping[str, Any] = field(default_factory=lambda: GRANTED)
    asked: list[dict[str, str]] = field(default_factory=list)


@asynccontextmanager
async def google() -> AsyncIterator[Google]:
    """Run the stand-in on a free port."""

    async def token(request: web.Request) -> web.Response:
        state.asked.append({name: str(value) for name, value in (await request.post()).items()})
        return web.json_response(state.answer, status=state.status)

    app = web.Application()
    app.router.add_post("/token", token)
    server = TestServer(app)
    await server.start_server()
    state = Google(str(server.make_url("/token")))
    try:
        yield state
    finally:
        await server.close()
