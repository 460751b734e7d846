"""What is done before the application is asked: a GET of a feed whose answer is ready needs no route and no middleware.

It is a request handler as `aiohttp.web.Server` has one, put before the one that the application has made.
"""

import re
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import lru_cache
from typing import NamedTuple

from aiohttp import HttpVersion11, web

from feedproxy.web.access_log import AccessLog
from feedproxy.web.plain_get import FEED_PATH
from feedproxy.web.warm_feeds import QUESTIONS, Question, RawFields, WarmFeeds
from feedproxy.web.warm_response import WarmResponse, send

Handler = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]

_PATH = re.compile(FEED_PATH)
_FRAMING = frozenset({b"content-length", b"transfer-encoding", b"connection", b"upgrade"})
"""Fields for which there may be a body, another protocol or an end of the connection."""


class _Asked(NamedTuple):
    """A question, and what aiohttp is told of each answer to it that was ready."""

    question: Question
    found: WarmResponse
    unchanged: WarmResponse


def put_warm_first(
    server: web.Server, warm: WarmFeeds, access_log: AccessLog, request_id: Callable[[web.BaseRequest], str]
) -> None:
    """Have a server give answers that are ready before it asks its application."""
    ask_application: Handler = server.request_handler

    @lru_cache(maxsize=QUESTIONS)
    def read(path: str, fields: RawFields) -> _Asked | None:
        plain = _PATH.fullmatch(path)
        if plain is None or not _leaves_the_connection_alone(fields) or not warm.fit(fields):
            return None
        question = warm.question(plain[1], fields)
        if question is None:
            return None
        return _Asked(question, WarmResponse(question, 200), WarmResponse(question, 304))

    async def answer(request: web.BaseRequest) -> web.StreamResponse:
        asked = read(request.raw_path, request.raw_headers)
        if asked is not None and request.method == "GET" and request.version == HttpVersion11:
            transport, ready = request.transport, warm.answer(asked.question)
            if ready is not None and transport is not None and not transport.is_closing():
                name = request_id(request)
                access_log.at_once(ready, name, send(transport, ready, name))
                if request.protocol.writing_paused:
                    with suppress(ConnectionError):  # aiohttp sees for itself that the client has gone
                        await request.writer.drain()
                return asked.found if ready[0] is asked.question.found else asked.unchanged
        return await ask_application(request)

    server.request_handler = answer


def _leaves_the_connection_alone(fields: RawFields) -> bool:
    """Tell whether nothing follows the head of a GET but the next request."""
    framing = [(name, value) for name, value in ((name.lower(), value) for name, value in fields) if name in _FRAMING]
    return all(name == b"connection" and value.lower() == b"keep-alive" for name, value in framing)
