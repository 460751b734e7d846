"""What the handlers under /ops share: one view answers people with a page and programs with JSON."""

import logging
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from uuid import UUID

from aiohttp import hdrs, web
from aiohttp.typedefs import Handler

from feedproxy.policy.content_coding import coding
from feedproxy.policy.secrets import log_name
from feedproxy.web import bodies, keys
from feedproxy.web.network import network_of
from feedproxy.web.ops.aside import Aside
from feedproxy.web.ops.desk import Asked, Values, View
from feedproxy.web.ops.gate import API, ROOT, check_form, form_token
from feedproxy.web.ops.pages import Made, make_json, make_page

ASIDE = web.AppKey("aside", Aside)

Action = Callable[[web.Request, Mapping[str, object]], Awaitable[tuple[str, Values]]]
"""Does what a form asks; returns where to go from there below /ops, and what to say of it."""

log = logging.getLogger(__name__)


def page(template: str, view: View) -> Handler:
    """Return a handler that answers with a page."""

    async def show(request: web.Request) -> web.Response:
        made = await request.app[ASIDE].do(make_page, template, view, _asked(request))
        return _answer(request, made, "text/html")

    return show


def data(view: View) -> Handler:
    """Return a handler that answers with JSON."""

    async def tell(request: web.Request) -> web.Response:
        made = await request.app[ASIDE].do(make_json, view, _asked(request))
        return _answer(request, made, "application/json")

    return tell


def form(action: Action) -> Handler:
    """Return a handler that does what a form asks and leads to a page."""

    async def submit(request: web.Request) -> web.Response:
        place, _ = await _done(request, action)
        return web.Response(status=303, headers={hdrs.LOCATION: ROOT + place})

    return submit


def order(action: Action) -> Handler:
    """Return a handler that does what JSON asks and says what came of it."""

    async def obey(request: web.Request) -> web.Response:
        place, values = await _done(request, action)
        return web.json_response({**values, "location": API + place})

    return obey


def note(request: web.Request, action: str, what: str) -> None:
    """Log what an operator has done."""
    log.warning("an operator intervened", extra={"fields": _who(request) | {"action": action, "what": what}})


def now(request: web.Request) -> datetime:
    """Return the time."""
    return request.app[keys.CLOCK]()


def seen(request: web.Request) -> UUID | None:
    """Return whose feed it is that the path names, if this process has looked upstream for it lately."""
    name = request.match_info.get("feed_name")
    return request.app[keys.FEEDS].subscription_seen(log_name(name.lower())) if name is not None else None


def _asked(request: web.Request) -> Asked:
    places, query = dict(request.match_info), dict(request.query)
    wanted = coding(request.headers.get(hdrs.ACCEPT_ENCODING))
    return Asked(request.path, places, query, now(request), form_token(request), seen(request), wanted)


def _answer(request: web.Request, made: Made, content_type: str) -> web.Response:
    """Answer with what was made; that what is masked is shown is logged."""
    if made.reveals:
        fields = _who(request) | {"what": request.path}
        log.warning("an operator was shown what is masked", extra={"fields": fields})
    return web.Response(body=made.octets, headers=made.fields, content_type=content_type, charset="utf-8")


async def _done(request: web.Request, action: Action) -> tuple[str, Values]:
    fields = await bodies.read_object(request)
    check_form(request, fields.get("token"))
    return await action(request, fields)


def _who(request: web.Request) -> dict[str, object]:
    return {"user": request.app[keys.SETTINGS].ops_user, "network": network_of(request)}
