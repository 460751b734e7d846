"""Errors become HTTP answers here, and nowhere else.

Each route names the shape of its errors: one of `feedproxy.web.calreply_errors`, or `empty` for feeds, whose readers
are calendar apps. An application may want one of the API's three on every route that has one. What nobody foresaw is
logged and answered as a plain 500 in the same shape.
"""

import logging

from aiohttp import web
from aiohttp.typedefs import Handler

from feedproxy.errors import FeedproxyError, TooMany, Unauthorized, Unavailable
from feedproxy.web import calreply_errors
from feedproxy.web.request_keys import PREFERENCES
from feedproxy.web.routes import error_style
from feedproxy.web.stamp import request_id

log = logging.getLogger(__name__)

_CODES = {
    400: "invalidRequest",
    404: "notFound",
    405: "methodNotAllowed",
    413: "tooLarge",
    415: "unsupportedMediaType",
    417: "expectationFailed",
    429: "tooManyRequests",
}
_KEPT_FIELDS = ("Allow", "Retry-After")


@web.middleware
async def answer_errors(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answer what the handler raises in the shape that its route names."""
    try:
        return await handler(request)
    except FeedproxyError as error:
        if isinstance(error, Unavailable):
            log.warning("a request met an outage", exc_info=error, extra={"fields": _request_fields(request)})
        return error_answer(error, _style(request))
    except web.HTTPException as error:
        return _answer_of(error, request)
    except Exception as error:
        fields = _request_fields(request)
        log.exception("a request met an unexpected error", exc_info=error, extra={"fields": fields})
        return error_answer(FeedproxyError("something went wrong here; it is in the log"), _style(request))


def error_answer(error: FeedproxyError, style: str) -> web.Response:
    """Return the answer: the error's status and fields, and its message in the named shape."""
    headers = {"Cache-Control": "no-store"}
    if isinstance(error, Unauthorized):
        headers["WWW-Authenticate"] = error.challenge
    if isinstance(error, Unavailable | TooMany):
        headers["Retry-After"] = str(error.retry_after)
    if style == "empty":
        return web.Response(status=error.status, headers=headers)
    return web.json_response(calreply_errors.body(style, error), status=error.status, headers=headers)


def _answer_of(error: web.HTTPException, request: web.Request) -> web.Response:
    """Shape what aiohttp raised: no such path, method not allowed, body too large."""
    if error.status < 400:
        raise error
    ours = FeedproxyError(error.reason.lower(), code=_CODES.get(error.status, "invalidRequest"))
    ours.status = error.status
    answer = error_answer(ours, _style(request))
    answer.headers.update({name: error.headers[name] for name in _KEPT_FIELDS if name in error.headers})
    return answer


def _style(request: web.Request) -> str:
    preferences = request.get(PREFERENCES)
    if preferences is None or preferences.error_style == "documented":
        return error_style(request)
    return f"calreply-{preferences.error_style.lower()}"


def _request_fields(request: web.Request) -> dict[str, str | None]:
    resource = request.match_info.route.resource
    return {"request_id": request_id(request), "route": resource.name if resource is not None else None}
