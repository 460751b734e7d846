"""Who may see the pages for operators, and what each answer of theirs carries.

Without a user name and a password in the settings there is nothing under /ops. A browser sends credentials of HTTP
Basic with whatever another site has it post, so a form counts only with a token that is made of them; JSON may be sent
by our own pages alone, for a browser asks before it posts that (CORS), and is never told that it may.
"""

import math
from datetime import timedelta
from functools import partial
from operator import xor
from secrets import token_bytes

from aiohttp import hdrs, web
from aiohttp.typedefs import Handler

from feedproxy.errors import FeedproxyError, Forbidden, NotFound, Unauthorized
from feedproxy.policy.access import Credentials, basic_credentials
from feedproxy.policy.secrets import keyed_hash, same
from feedproxy.web import keys
from feedproxy.web.https import came_over_https
from feedproxy.web.login_limits import Login
from feedproxy.web.metrics import METRICS
from feedproxy.web.network import network_of
from feedproxy.web.ops.pace import Pace
from feedproxy.web.ops.pages import SECURITY_FIELDS, error_page

ROOT = "/ops"
API = "/ops/api"

PACE = web.AppKey("ops_pace", Pace)

_PAD = 32
"""As long as what is masked with it."""


@web.middleware
async def require_ops_login(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Let nobody but operators ask anything under /ops, at a bounded pace, and nobody keep an answer."""
    if not _is_under(request, ROOT):
        return await handler(request)
    wait = _check(request)
    if wait is not None:
        seconds = str(math.ceil(wait.total_seconds()))
        headers = {**SECURITY_FIELDS, hdrs.RETRY_AFTER: seconds}
        return web.Response(status=429, text="too many passwords were tried\n", headers=headers)
    answer = await _answered(request, partial(_in_turn, handler))
    answer.headers.update(SECURITY_FIELDS)
    return answer


def form_token(request: web.Request) -> str:
    """Return what a form must carry to count.

    No two are alike, so that the length of a compressed page tells nobody who has it loaded what it is (BREACH).
    """
    pad = token_bytes(_PAD)
    return (pad + _xor(pad, _form_secret(request))).hex()


def check_form(request: web.Request, sent: object) -> None:
    """Raise Forbidden unless a form carries what it must, or it is JSON that is sent."""
    if _is_under(request, API):
        if request.content_type != "application/json":
            raise Forbidden("Content-Type: application/json is wanted here, so that no other site can ask")
    elif not same(_form_secret(request), _unmasked(str(sent or ""))):
        raise Forbidden("the form is not from one of these pages, or the password has changed: load the page again")


def _form_secret(request: web.Request) -> bytes:
    return keyed_hash(request.app[keys.SECRET_KEY], "ops-form", _wanted(request).octets)


def _unmasked(token: str) -> bytes:
    try:
        octets = bytes.fromhex(token)
    except ValueError:
        return b""
    return _xor(octets[:_PAD], octets[_PAD:])


def _xor(some: bytes, others: bytes) -> bytes:
    return bytes(map(xor, some, others))


async def _in_turn(handler: Handler, request: web.Request) -> web.StreamResponse:
    async with request.app[PACE].turn():
        return await handler(request)


async def _answered(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Show what is refused on a page, too, but not to programs."""
    if _is_under(request, API):
        return await handler(request)
    try:
        return await handler(request)
    except FeedproxyError as error:
        return error_page(error.status, error.message)
    except web.HTTPClientError as error:
        return error_page(error.status, error.reason.lower())


def _check(request: web.Request) -> timedelta | None:
    """Raise NotFound if there are no such pages, Unauthorized without the right credentials.

    Returns how long to wait if too many were tried.
    """
    settings, limits = request.app[keys.SETTINGS], request.app[keys.LOGIN_LIMITS]
    if not settings.ops_user or not settings.ops_password.get_secret_value():
        raise NotFound("not found")
    if settings.require_https and not came_over_https(request, settings):
        raise Forbidden("these pages want HTTPS")
    sent = basic_credentials(request.headers.get(hdrs.AUTHORIZATION))
    if sent is None:
        raise _unauthorized()
    key = request.app[keys.SECRET_KEY]
    digests = [keyed_hash(key, "ops-login", each.octets) for each in (sent.in_utf8(), _wanted(request))]
    login = Login(network_of(request), "ops", digests[0])
    wait = limits.attempt(login)
    if wait is not None:
        request.app[METRICS].auth_failure("limited")
        return wait
    if not same(*digests):
        request.app[METRICS].auth_failure("ops")
        raise _unauthorized()
    limits.forgive(login)
    return None


def _wanted(request: web.Request) -> Credentials:
    settings = request.app[keys.SETTINGS]
    return Credentials(settings.ops_user.encode(), settings.ops_password.get_secret_value().encode())


def _unauthorized() -> Unauthorized:
    return Unauthorized(
        "the user name and password of the pages for operators are needed",
        challenge='Basic realm="feedproxy ops", charset="UTF-8"',
    )


def _is_under(request: web.Request, root: str) -> bool:
    return request.path == root or request.path.startswith(f"{root}/")
