"""What is done before the application is asked: a GET of a feed whose answer is ready needs no route and no middleware.

It is a request handler as `aiohttp.web.Server` has one, put before the one that the application has made.
"""

import re
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import lru_cache

from aiohttp import HttpVersion11, web

from feedproxy.web.access_log import AccessLog
from feedproxy.web.plain_get import FEED_PATH
from feedproxy.web.warm_feeds import QUESTIONS, Question, RawFields, WarmFeeds
from feedproxy.web.warm_response import WarmResponse, send

PATHS = 8_192
"""Of so many paths it is kept what they are."""

Handler = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]

_PATH = re.compile(FEED_PATH)
_FRAMING = frozenset({b"content-length", b"transfer-encoding", b"connection", b"upgrade"})
"""Fields for which there may be a body, another protocol or an end of the connection."""


def put_warm_first(
    server: web.Server, warm: WarmFeeds, access_log: AccessLog, request_id: Callable[[web.BaseRequest], str]
) -> None:
    """Have a server give answers that are ready before it asks its application."""
    ask_application: Handler = server.request_handler
    response = lru_cache(maxsize=QUESTIONS)(WarmResponse)

    @lru_cache(maxsize=QUESTIONS)
    def read(guid: str, fields: RawFields) -> Question | None:
        return warm.question(guid, fields) if _leaves_the_connection_alone(fields) and warm.fit(fields) else None

    async def answer(request: web.BaseRequest) -> web.StreamResponse:
        guid = _guid(request.raw_path)
        if guid is not None and request.method == "GET" and request.version == HttpVersion11:
            transport, question = request.transport, read(guid, request.raw_headers)
            ready = warm.answer(question) if question is not None else None
            if question is not None and ready is not None and transport is not None and not transport.is_closing():
                name = request_id(request)
                access_log.at_once(ready, name, send(transport, ready, name))
                if request.protocol.writing_paused:
                    with suppress(ConnectionError):  # aiohttp sees for itself that the client has gone
                        await request.writer.drain()
                return response(question, ready[0].status)
        return await ask_application(request)

    server.request_handler = answer


@lru_cache(maxsize=PATHS)
def _guid(path: str) -> str | None:
    """Return the GUID in the path of a feed, if it is as plain as nearly all are."""
    found = _PATH.fullmatch(path)
    return found[1] if found is not None else None


def _leaves_the_connection_alone(fields: RawFields) -> bool:
    """Tell whether nothing follows the head of a GET but the next request."""
    framing = [(name, value) for name, value in ((name.lower(), value) for name, value in fields) if name in _FRAMING]
    return all(name == b"connection" and value.lower() == b"keep-alive" for name, value in framing)
