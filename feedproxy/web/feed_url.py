"""The URLs that we are reached by, as clients are told them."""

from urllib.parse import quote
from uuid import UUID

from aiohttp import web

from feedproxy.web import keys
from feedproxy.web.feed_login import NewLogin
from feedproxy.web.https import came_over_https


def public_url(request: web.Request) -> str:
    """Return the URL that clients reach us by, without a slash at its end: as the settings say, or the request."""
    settings = request.app[keys.SETTINGS]
    scheme = "https" if came_over_https(request, settings) else "http"
    return settings.public_url or f"{scheme}://{request.host}"


def feed_url(request: web.Request, subscription_id: UUID, scheme: str = "webcal", login: NewLogin | None = None) -> str:
    """Return the URL of a subscription's feed, with a login in it if one is given."""
    place = public_url(request).partition("://")[2]
    userinfo = f"{quote(login.user_name, safe='')}:{quote(login.password, safe='')}@" if login else ""
    return f"{scheme}://{userinfo}{place}/v1/webcal/{subscription_id}"
