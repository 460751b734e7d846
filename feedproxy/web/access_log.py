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
from feedproxy.web.warm_feeds import Question, WarmAnswer
from feedproxy.web.warm_response import WarmResponse

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})

_THOUSANDTHS = tuple(f"{n:03}" for n in range(1_000))
"""To format a number takes three times as long as to put all else of a line together."""


class AccessLog(AbstractAccessLogger):
    """Writes and counts each answer once it is sent. `buffer` None: it is counted only."""

    def __init__(self, metrics: Metrics, buffer: LogBuffer | None, clock: Callable[[], datetime]) -> None:
        self._metrics = metrics
        self._buffer = buffer
        self._clock = clock

    def log(self, request: web.BaseRequest, response: web.StreamResponse, time: float) -> None:
        """Note an answer that took `time` seconds."""
        if isinstance(response, WarmResponse):
            self._metrics.request("feed", "GET", response.status, response.question.family, time)
            self._metrics.feed("hit")
            if self._buffer is not None:
                milliseconds = str(round(time * 1000, 2))
                self._buffer.write(
                    _warm_line(
                        response.question, response.answer, response.request_id, response.body_length, milliseconds
                    )
                )
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

    def at_once(self, question: Question, answer: WarmAnswer, request_id: str, octets: int) -> None:
        """Note an answer of so many octets that was ready and sent as soon as it was asked for."""
        self._metrics.at_once(answer[0], question.family)
        if self._buffer is not None:
            self._buffer.write(_warm_line(question, answer, request_id, octets, "0.0"))


def _warm_line(question: Question, answer: WarmAnswer, request_id: str, octets: int, milliseconds: str) -> str:
    """Return the same line as for any other answer; nearly all of it is ready too."""
    status, _, _, second, microsecond = answer
    found, unchanged, behind = question.logged
    before = found if status == 200 else unchanged
    moment = _THOUSANDTHS[microsecond // 1000]
    return f'{second}{moment}{before}{octets}, "duration_ms": {milliseconds}{behind}{request_id}"}}'


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
