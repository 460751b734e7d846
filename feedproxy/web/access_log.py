"""The access log: one JSON line a request, and the same facts counted.

It names the route, never the path: a GUID in a URL is a secret, so a feed appears as a keyed hash of it.
"""

import json
from collections.abc import Callable
from datetime import datetime
from functools import lru_cache

from aiohttp import web
from aiohttp.abc import AbstractAccessLogger

from feedproxy.metrics import Metrics
from feedproxy.policy.secrets import feed_hash, log_name
from feedproxy.web import keys
from feedproxy.web.logs import LogBuffer, timestamp
from feedproxy.web.request_keys import CACHE_STATUS, REQUEST_ID, SUBSCRIPTION_ID

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})

CLIENT_FAMILIES = (
    ("google-calendar-importer", "google"),
    ("dataaccessd", "apple"),
    ("calendaragent", "apple"),
    ("outlook", "outlook"),
    ("microsoft", "outlook"),
    ("exchange", "outlook"),
    ("thunderbird", "thunderbird"),
    ("evolution", "evolution"),
    ("icsx5", "icsx5"),
    ("vdirsyncer", "vdirsyncer"),
    ("curl/", "curl"),
)
"""What is looked for in a User-Agent, in this order, without regard to case."""


@lru_cache(maxsize=1_024)
def client_family(user_agent: str) -> str:
    """Return which kind of calendar client this is, of few enough kinds for a metric's label."""
    lowered = user_agent.lower()
    return next((family for mark, family in CLIENT_FAMILIES if mark in lowered), "other")


class AccessLog(AbstractAccessLogger):
    """Writes and counts each answer once it is sent. `buffer` None: it is counted only."""

    def __init__(self, metrics: Metrics, buffer: LogBuffer | None, clock: Callable[[], datetime]) -> None:
        self._metrics = metrics
        self._buffer = buffer
        self._clock = clock

    def log(self, request: web.BaseRequest, response: web.StreamResponse, time: float) -> None:
        """Note an answer that took `time` seconds."""
        route = _route(request)
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
            "feed": _feed(request),
            "status": response.status,
            "bytes": response.body_length,
            "duration_ms": round(time * 1000, 2),
            "cache": request.get(CACHE_STATUS),
            "client": family,
            "request_id": request.get(REQUEST_ID),
        }
        self._buffer.write(json.dumps({name: value for name, value in line.items() if value is not None}))


def _route(request: web.BaseRequest) -> str:
    """Name the route; what was no HTTP never came to the application and has no request id."""
    if not isinstance(request, web.Request) or REQUEST_ID not in request:
        return "malformed"
    resource = request.match_info.route.resource
    return resource.name or "unnamed" if resource is not None else "unknown"


def _feed(request: web.BaseRequest) -> str | None:
    if not isinstance(request, web.Request) or SUBSCRIPTION_ID not in request:
        return None
    return log_name(feed_hash(request.app[keys.SECRET_KEY], request[SUBSCRIPTION_ID]))
