"""The documentation, served: the OpenAPI document."""

from dataclasses import dataclass

from aiohttp import hdrs, web

from feedproxy.policy.validators import matches

MAX_AGE = 300


@dataclass(frozen=True, slots=True)
class Page:
    """Octets that do not change while the process runs, their type, and their ETag."""

    content_type: str
    body: bytes
    etag: str


@dataclass(frozen=True, slots=True)
class Documentation:
    """The documentation for programs."""

    openapi: Page


DOCUMENTATION = web.AppKey("documentation", Documentation)


async def openapi(request: web.Request) -> web.Response:
    """GET /openapi.json: the OpenAPI 3.1 document."""
    return _answer(request, request.app[DOCUMENTATION].openapi)


def _answer(request: web.Request, page: Page) -> web.Response:
    fields = {hdrs.ETAG: page.etag, hdrs.CACHE_CONTROL: f"max-age={MAX_AGE}"}
    asked = ", ".join(request.headers.getall(hdrs.IF_NONE_MATCH, []))
    if asked and matches(asked, page.etag):
        return web.Response(status=304, headers=fields)
    return web.Response(body=page.body, content_type=page.content_type, charset="utf-8", headers=fields)
