"""What the handlers under /ops share: one view answers people with a page and programs with JSON."""

import logging
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import TypeVar
from uuid import UUID

from aiohttp import hdrs, web
from aiohttp.typedefs import Handler

from feedproxy.web import bodies, keys
from feedproxy.web.network import network_of
from feedproxy.web.ops.aside import Aside
from feedproxy.web.ops.gate import API, ROOT, check_form, form_token
from feedproxy.web.ops.pages import Values, json_text, render

ASIDE = web.AppKey("aside", Aside)

View = Callable[[web.Request], Awaitable[Values]]
Action = Callable[[web.Request, Mapping[str, object]], Awaitable[tuple[str, Values]]]
"""Does what a form asks; returns where to go from there below /ops, and what to say of it."""

T = TypeVar("T")

log = logging.getLogger(__name__)


def page(template: str, view: View) -> Handler:
    """Return a handler that answers with a page."""

    async def show(request: web.Request) -> web.Response:
        frame = {"token": form_token(request), "path": request.path, "query": dict(request.query)}
        text = await request.app[ASIDE].do(render, template, await view(request), frame)
        return web.Response(text=text, content_type="text/html")

    return show


def data(view: View) -> Handler:
    """Return a handler that answers with JSON."""

    async def tell(request: web.Request) -> web.Response:
        return web.json_response(text=await request.app[ASIDE].do(json_text, await view(request)))

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


def reveals(request: web.Request, what: str) -> bool:
    """Tell whether an operator asks for what is masked; that is logged, `what` being its masked name."""
    if request.query.get("reveal") != "1":
        return False
    log.warning("an operator was shown what is masked", extra={"fields": _who(request) | {"what": what}})
    return True


def note(request: web.Request, action: str, what: str) -> None:
    """Log what an operator has done."""
    log.warning("an operator intervened", extra={"fields": _who(request) | {"action": action, "what": what}})


def iso(instant: datetime | None) -> str | None:
    """Return a time for JSON."""
    return instant.isoformat() if instant is not None else None


def masked(text: str) -> str:
    """Return a text of which only so much is left that one can tell it from another."""
    return f"{text[:4]}***" if len(text) > 8 else "***" if text else ""


def masked_guid(guid: UUID) -> str:
    """Return a GUID with all but its first digits masked."""
    return f"{str(guid)[:4]}****-****"


def now(request: web.Request) -> datetime:
    """Return the time."""
    return request.app[keys.CLOCK]()


async def _done(request: web.Request, action: Action) -> tuple[str, Values]:
    fields = await bodies.read_object(request)
    check_form(request, fields.get("token"))
    return await action(request, fields)


def _who(request: web.Request) -> dict[str, object]:
    return {"user": request.app[keys.SETTINGS].ops_user, "network": network_of(request)}
