"""The documentation, served: the OpenAPI document, and the page made of it."""

from collections.abc import Mapping
from dataclasses import dataclass

from aiohttp import hdrs, web

from feedproxy.policy.validators import matches

MAX_AGE = 300


@dataclass(frozen=True, slots=True)
class Page:
    """Octets that do not change while the process runs, their type and ETag, and further header fields."""

    content_type: str
    body: bytes
    etag: str
    fields: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Documentation:
    """The documentation, for programs and for people."""

    openapi: Page
    page: Page


DOCUMENTATION = web.AppKey("documentation", Documentation)


async def openapi(request: web.Request) -> web.Response:
    """GET /openapi.json: the OpenAPI 3.1 document."""
    return _answer(request, request.app[DOCUMENTATION].openapi)


async def docs(request: web.Request) -> web.Response:
    """GET /docs: the same for people."""
    return _answer(request, request.app[DOCUMENTATION].page)


def _answer(request: web.Request, page: Page) -> web.Response:
    fields = {**page.fields, hdrs.ETAG: page.etag, hdrs.CACHE_CONTROL: f"max-age={MAX_AGE}"}
    asked = ", ".join(request.headers.getall(hdrs.IF_NONE_MATCH, []))
    if asked and matches(asked, page.etag):
        return web.Response(status=304, headers=fields)
    return web.Response(body=page.body, content_type=page.content_type, charset="utf-8", headers=fields)
