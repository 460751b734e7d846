"""HTTPS or not, and who says so: X-Forwarded-Proto counts only when a listed proxy sent it."""

from aiohttp import web
from aiohttp.typedefs import Handler

from feedproxy.config import Settings
from feedproxy.errors import Forbidden
from feedproxy.policy.client_network import is_trusted
from feedproxy.web import keys


@web.middleware
async def require_https(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Refuse API requests over plain HTTP if the settings say so; feeds and the operators' pages stay reachable."""
    settings = request.app[keys.SETTINGS]
    if settings.require_https and request.method not in ("GET", "HEAD") and not came_over_https(request, settings):
        raise Forbidden("this API wants HTTPS")
    return await handler(request)


def came_over_https(request: web.BaseRequest, settings: Settings) -> bool:
    """Whether the client reached us, or a proxy of ours, over HTTPS."""
    if request.secure:
        return True
    forwarded = request.headers.get("X-Forwarded-Proto", "").rpartition(",")[2].strip().lower()
    return forwarded == "https" and is_trusted(request.remote, settings.trusted_proxies)
