"""What every answer carries: a request id that is in the log line too, and no software versions."""

import itertools
import secrets

from aiohttp import web

from feedproxy.web.request_keys import REQUEST_ID

STAMP = (("X-Content-Type-Options", "nosniff"), ("Server", "feedproxy"))
"""What is the same in every answer."""

_process = secrets.token_hex(4)
_numbers = itertools.count(1)


def new_request_id() -> str:
    """Return an id: random per process, then counted, so that it costs no system call."""
    return f"{_process}-{next(_numbers):x}"


def request_id(request: web.BaseRequest) -> str:
    """Return the id of this request."""
    if REQUEST_ID not in request:
        request[REQUEST_ID] = new_request_id()
    return request[REQUEST_ID]


async def stamp(request: web.Request, response: web.StreamResponse) -> None:
    """Sign an answer just before it is sent (an `on_response_prepare` signal)."""
    response.headers["X-Request-Id"] = request_id(request)
    response.headers.update(STAMP)
