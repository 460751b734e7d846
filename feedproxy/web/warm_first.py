"""What is done before the application is asked: a GET of a feed whose answer is ready needs no route and no middleware.

It is a request handler as `aiohttp.web.Server` has one, put before the one that the application has made.
"""

import re
from collections.abc import Awaitable, Callable
from functools import lru_cache

from aiohttp import HttpVersion11, web

from feedproxy.web.plain_get import FEED_PATH
from feedproxy.web.warm_feeds import WarmFeeds
from feedproxy.web.warm_response import WarmResponse

PATHS = 8_192
"""Of so many paths it is kept what they are."""

Handler = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]

_PATH = re.compile(FEED_PATH)


def put_warm_first(server: web.Server, warm: WarmFeeds) -> None:
    """Have a server give answers that are ready before it asks its application."""
    ask_application: Handler = server.request_handler

    async def answer(request: web.BaseRequest) -> web.StreamResponse:
        if request.method == "GET" and request.version == HttpVersion11 and request.keep_alive:
            guid = _guid(request.raw_path)
            if guid is not None and not request.can_read_body and warm.fit(request.headers):
                question = warm.question(guid, request.raw_headers)
                ready = warm.answer(question) if question is not None else None
                if question is not None and ready is not None:
                    return WarmResponse(question, ready)
        return await ask_application(request)

    server.request_handler = answer


@lru_cache(maxsize=PATHS)
def _guid(path: str) -> str | None:
    """Return the GUID in the path of a feed, if it is as plain as nearly all are."""
    found = _PATH.fullmatch(path)
    return found[1] if found is not None else None
