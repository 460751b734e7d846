"""A request body that drips: aiohttp would wait for its end for ever."""

import asyncio

from aiohttp import StreamReader, web
from aiohttp.typedefs import Handler

from feedproxy.web import keys


@web.middleware
async def limit_body_time(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Break off a body that is not there in time; who reads it then meets a RequestPayloadError."""
    if not request.can_read_body:
        return await handler(request)
    seconds = request.app[keys.SETTINGS].body_seconds
    timer = asyncio.get_running_loop().call_later(seconds, _break_off, request.content)
    try:
        return await handler(request)
    finally:
        timer.cancel()


def _break_off(body: StreamReader) -> None:
    if not body.is_eof():
        body.set_exception(web.RequestPayloadError("the body took too long"))
