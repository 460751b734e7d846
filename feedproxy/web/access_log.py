"""The access log: one JSON line a request, and the same facts counted.

It names the route, never the path: a GUID in a URL is a secret, so a feed appears as a keyed hash of it.
"""

import json
from collections.abc import Callable
from datetime import datetime

from aiohttp import web
from aiohttp.abc import AbstractAccessLogger

from feedproxy.metrics import Metrics
from feedproxy.policy.secrets import feed_hash, log_name
from feedproxy.web import keys
from feedproxy.web.client_family import client_family
from feedproxy.web.logs import LogBuffer, timestamp
from feedproxy.web.request_keys import CACHE_STATUS, REQUEST_ID, SUBSCRIPTION_ID
from feedproxy.web.warm_feeds import Said, WarmAnswer
from feedproxy.web.warm_response import WarmResponse

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})

MAX_NOTES = 128
"""So many answers are noted before lines are made of them."""

_Note = tuple[Said, str, int, int, str]
"""Of an answer: what is said of all such; second, microsecond, octets, request id."""

_THOUSANDTHS = tuple(f"{n:03}" for n in range(1_000))
"""To format a number takes three times as long as to put all else of a line together."""


class AccessLog(AbstractAccessLogger):
    """Writes and counts each answer once it is sent. `buffer` None: it is counted only.

    Answers that are sent at once are noted, and their lines made when they are written: one after the other, that takes
    half as long.
    """

    def __init__(self, metrics: Metrics, buffer: LogBuffer | None, clock: Callable[[], datetime]) -> None:
        self._metrics = metrics
        self._buffer = buffer
        self._clock = clock
        self._notes: list[_Note] = []
        if buffer is not None:
            buffer.add_source(self._lines)

    def log(self, request: web.BaseRequest, response: web.StreamResponse, time: float) -> None:
        """Note an answer that took `time` seconds, unless it was ready: then that was done `at_once`."""
        if isinstance(response, WarmResponse):
            return
        route = route_name(request)
        method = request.method if request.method in METHODS else "OTHER"
        family = client_family(request.headers.get("User-Agent", ""))
        self._metrics.request(route, method, response.status, family, time)
        if self._buffer is None:
            return
        line = {
            "time": timestamp(self._clock()),
            "level": "info",
            "event": "request",
            "method": method,
            "route": route,
            "feed": feed_asked_for(request),
            "status": response.status,
            "bytes": response.body_length,
            "duration_ms": round(time * 1000, 2),
            "cache": request.get(CACHE_STATUS),
            "client": family,
            "request_id": request.get(REQUEST_ID),
        }
        self._buffer.write(json.dumps({name: value for name, value in line.items() if value is not None}))

    def at_once(self, answer: WarmAnswer, request_id: str, octets: int) -> None:
        """Note an answer of so many octets that was ready and sent as soon as it was asked for."""
        said, _, _, second, microsecond = answer
        said.tally.times += 1
        if self._buffer is not None:
            self._notes.append((said, second, microsecond, octets, request_id))
            if len(self._notes) >= MAX_NOTES:
                self._buffer.flush()

    def _lines(self) -> list[str]:
        notes = self._notes.copy()
        del self._notes[: len(notes)]  # in place: another thread may write, and what is noted meanwhile stays
        return [
            f'{second}{_THOUSANDTHS[microsecond // 1000]}{said.before}{octets}{said.behind}{name}"}}'
            for said, second, microsecond, octets, name in notes
        ]


def route_name(request: web.BaseRequest) -> str:
    """Name the route; what was no HTTP never came to the application and has no request id."""
    if not isinstance(request, web.Request) or REQUEST_ID not in request:
        return "malformed"
    resource = request.match_info.route.resource
    return resource.name or "unnamed" if resource is not None else "unknown"


def feed_asked_for(request: web.BaseRequest) -> str | None:
    """Return what the log calls the feed that was asked for; None where it was none."""
    if not isinstance(request, web.Request) or SUBSCRIPTION_ID not in request:
        return None
    return log_name(feed_hash(request.app[keys.SECRET_KEY], request[SUBSCRIPTION_ID]))
