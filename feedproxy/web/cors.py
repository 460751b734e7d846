"""Web pages of other origins: preflights, and the fields without which a browser keeps an answer from a page."""

from aiohttp import hdrs, web
from aiohttp.typedefs import Handler

from feedproxy.errors import Forbidden
from feedproxy.web import keys
from feedproxy.web.routes import is_operators


@web.middleware
async def answer_preflight(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answer the question that a browser asks before a page's request: without a token, for it has none to send."""
    origins = request.app[keys.ORIGINS]
    wanted = request.headers.get(hdrs.ACCESS_CONTROL_REQUEST_METHOD)
    origin = request.headers.get(hdrs.ORIGIN)
    if request.method != hdrs.METH_OPTIONS or wanted is None or origin is None or not origins.allowed:
        return await handler(request)
    found = await request.app.router.resolve(request.clone(method=wanted))
    if found.http_exception is not None:
        raise found.http_exception
    if is_operators(found.handler):
        return await handler(request)
    granted = origins.fields(origin)
    if not granted:
        raise Forbidden("pages of this origin may not call this API: cors_origins does not list it")
    resource = found.route.resource
    methods = {route.method for route in resource} if resource is not None else {wanted}
    return web.Response(status=204, headers=dict(granted + origins.preflight_fields(methods)))


async def tell_browsers(request: web.Request, response: web.StreamResponse) -> None:
    """Put in whatever is answered, errors too, who may read it (an `on_response_prepare` signal)."""
    origins = request.app[keys.ORIGINS]
    if not origins.allowed or is_operators(request.match_info.handler):
        return
    response.headers.update(origins.fields(request.headers.get(hdrs.ORIGIN)))
    if origins.listed:
        _vary_by_origin(response)


def _vary_by_origin(response: web.StreamResponse) -> None:
    names = [name.strip() for name in response.headers.get(hdrs.VARY, "").split(",") if name.strip()]
    if not {"*", "origin"} & {name.lower() for name in names}:
        response.headers[hdrs.VARY] = ", ".join([*names, "Origin"])
