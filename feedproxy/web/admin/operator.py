"""The administrator's token: without one in the settings there is nothing under /admin."""

from aiohttp import web
from aiohttp.typedefs import Handler

from feedproxy.errors import Forbidden, NotFound, Unauthorized
from feedproxy.policy.secrets import keyed_hash, same
from feedproxy.web import keys
from feedproxy.web.https import came_over_https
from feedproxy.web.metrics import METRICS
from feedproxy.web.wrong_secrets import count_wrong

ROOT = "/admin"


@web.middleware
async def require_operator(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Let nobody but the administrator ask anything under /admin, and nobody keep an answer."""
    if request.path != ROOT and not request.path.startswith(f"{ROOT}/"):
        return await handler(request)
    _check(request)
    answer = await handler(request)
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _check(request: web.Request) -> None:
    """Raise NotFound if there is no token in the settings; Unauthorized, or TooMany, unless it is in the request."""
    settings = request.app[keys.SETTINGS]
    token = settings.admin_token.get_secret_value()
    if not token:
        raise NotFound("not found")
    if settings.require_https and not came_over_https(request, settings):
        raise Forbidden("this API wants HTTPS")
    scheme, _, text = request.headers.get("Authorization", "").strip().partition(" ")
    sent = text.strip().encode("utf-8", "surrogateescape") if scheme.lower() == "bearer" else b""
    if not _is_same(request.app[keys.SECRET_KEY], sent, token.encode()):
        request.app[METRICS].auth_failure("admin")
        if sent:
            count_wrong(request, b"admin_token", sent, "the administrator's token is wrong")
        raise Unauthorized(
            "the administrator's token is needed: Authorization: Bearer <admin_token>",
            challenge='Bearer realm="feedproxy admin"',
        )


def _is_same(key: bytes, sent: bytes, token: bytes) -> bool:
    """Compare digests: they are of one length, whatever was sent."""
    return same(*(keyed_hash(key, "admin-token", octets) for octets in (sent, token)))
