"""A stand-in for the CalReply service, on loopback: `/v1/webcal/{guid}` with validators and Basic Auth."""

import hashlib
import socket
from datetime import UTC, datetime

from aiohttp import web

from feedproxy.demo.subscriptions import SUBSCRIPTIONS, Subscription
from feedproxy.policy.access import basic_credentials

LAST_MODIFIED = datetime(2026, 10, 15, 9, 0, tzinfo=UTC)


class StandIn:
    """The stand-in. It counts what it answered, by HTTP status."""

    def __init__(self) -> None:
        self.answered: dict[int, int] = {}
        self._runner: web.AppRunner | None = None
        self._by_id = {str(each.id): each for each in SUBSCRIPTIONS}

    async def start(self, listener: socket.socket) -> None:
        """Begin to answer on a bound socket."""
        app = web.Application()
        app.router.add_get("/v1/webcal/{guid}", self._webcal)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
        await self._runner.setup()
        await web.SockSite(self._runner, listener).start()

    async def stop(self) -> None:
        """Close the port and every connection."""
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    async def _webcal(self, request: web.Request) -> web.Response:
        answer = self._answer(request)
        self.answered[answer.status] = self.answered.get(answer.status, 0) + 1
        return answer

    def _answer(self, request: web.Request) -> web.Response:
        subscription = self._by_id.get(request.match_info["guid"].lower())
        if subscription is None:
            return web.Response(status=404)
        if subscription.credentials not in (None, basic_credentials(request.headers.get("Authorization"))):
            return web.Response(status=401, headers={"WWW-Authenticate": 'Basic realm="stand-in"'})
        answer = web.Response(body=subscription.body, headers=_FIELDS)
        answer.etag = _etag(subscription)
        answer.last_modified = LAST_MODIFIED
        if request.if_none_match and any(each.value == _etag(subscription) for each in request.if_none_match):
            answer = web.Response(status=304, headers={"ETag": f'"{_etag(subscription)}"'})
        return answer


_FIELDS = {
    "Content-Type": "text/calendar",
    "Cache-Control": "private",
    "Content-Disposition": "attachment; filename=calendar.ics",
}


def _etag(subscription: Subscription) -> str:
    return hashlib.sha256(subscription.body).hexdigest()[:16]
