"""What every answer carries: a request id that is in the log line too, and no software versions."""

import itertools
import re
import secrets

from aiohttp import web

from feedproxy.policy.client_network import is_trusted
from feedproxy.web.request_keys import REQUEST_ID

STAMP = (("X-Content-Type-Options", "nosniff"), ("Server", "feedproxy"))
"""What is the same in every answer."""

_SANE_ID = re.compile(r"[A-Za-z0-9._~+/=:@-]{1,128}")
"""Letters, digits and marks that mean nothing in a header field, in JSON or in a shell: UUIDs, nginx's, AWS's."""

PROCESS = secrets.token_hex(4)
"""What the request ids of this process begin with."""

_numbers = itertools.count(1)


def new_request_id() -> str:
    """Return an id: random per process, then counted, so that it costs no system call."""
    return f"{PROCESS}-{next(_numbers):x}"


def request_id(request: web.BaseRequest) -> str:
    """Return the id of this request."""
    if REQUEST_ID not in request:
        request[REQUEST_ID] = new_request_id()
    return request[REQUEST_ID]


def accept_request_ids(server: web.Server, trusted: tuple[str, ...]) -> None:
    """Have a server take the X-Request-Id that one of these networks of reverse proxies gives a request, if it is sane.

    Whatever else is sent there is nobody's: an id of ours takes its place.
    """
    answer = server.request_handler

    async def named(request: web.BaseRequest) -> web.StreamResponse:
        sent = request.headers.get("X-Request-Id")
        if sent is not None and _SANE_ID.fullmatch(sent) and is_trusted(request.remote, trusted):
            request[REQUEST_ID] = sent
        return await answer(request)

    server.request_handler = named


async def stamp(request: web.Request, response: web.StreamResponse) -> None:
    """Sign an answer just before it is sent (an `on_response_prepare` signal)."""
    response.headers["X-Request-Id"] = request_id(request)
    response.headers.update(STAMP)
