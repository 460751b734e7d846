"""What an operator can do to a feed: look upstream, judge what is held back, purge the edges, renew validators."""

from collections.abc import Awaitable, Callable, Mapping

from aiohttp import web

from feedproxy.errors import BadRequest, Conflict, FeedRefused, FetchFailed, NotFound
from feedproxy.sealing import mask_id, unmask_id
from feedproxy.web import keys
from feedproxy.web.field_types import read_guid
from feedproxy.web.ops.desk import Values
from feedproxy.web.ops.exchange import ASIDE, note, now, seen
from feedproxy.web.ops.feeds import name_of
from feedproxy.web.ops.sources import Origin, origin

Fields = Mapping[str, object]


async def act(request: web.Request, fields: Fields) -> tuple[str, Values]:
    """Do what the path says. `of` or `subscription` say whose feed it is, where that is not known."""
    name, action = name_of(request.match_info), _ACTIONS.get(request.match_info["action"])
    if action is None:
        raise NotFound(f"a feed can be told to {', '.join(_ACTIONS)}")
    key = request.app[keys.SECRET_KEY]
    given = unmask_id(key, str(fields.get("of", ""))) or read_guid(str(fields.get("subscription", "")))
    whence = await request.app[ASIDE].do(origin, name, given or seen(request), now(request))
    note(request, request.match_info["action"], f"feed {name}")
    said = await action(request, name, whence)
    of = f"?of={mask_id(key, whence.subscription_id)}" if whence.subscription_id else ""
    return f"/feeds/{name}{of}", {"done": said}


async def refresh(request: web.Request, name: str, whence: Origin) -> str:
    """Look upstream. What comes of it is in the history then, also if it is nothing good."""
    if whence.source is None:
        raise BadRequest(f"{name} is the feed of a subscription that is not known here: give its id")
    try:
        state = await request.app[keys.FEEDS].look_now(whence.source, whence.subscription_id)
        said = state.trouble or "confirmed"
    except (FetchFailed, FeedRefused) as failure:
        said = failure.reason
    await request.app[keys.HISTORY].written()
    return said


async def accept(request: web.Request, name: str, whence: Origin) -> str:
    """Believe what is held back, and look upstream for it."""
    if not await request.app[keys.STORE].accept_held(name):
        raise Conflict(f"nothing is held back of {name}")
    return await refresh(request, name, whence) if whence.source is not None else "accepted"


async def hold(request: web.Request, name: str, _: Origin) -> str:
    """Never believe what is held back, however often it comes, until something better does or it is accepted."""
    if not await request.app[keys.STORE].refuse_held(name):
        raise Conflict(f"nothing is held back of {name}")
    return "held back until it is released"


async def purge(request: web.Request, name: str, whence: Origin) -> str:
    """Have the caches in front let go of their copies."""
    healths = await request.app[keys.STORE].feed_healths(feed=name)
    full = whence.source.key if whence.source else healths[0].source.partition(".")[0] if healths else None
    if full is None:
        raise NotFound(f"there is no feed {name}")
    request.app[keys.FEEDS].purge(full, whence.subscription_id)
    return "purged"


async def renew(request: web.Request, name: str, _: Origin) -> str:
    """Have its validators change, so that every client fetches it whole."""
    if not await request.app[keys.STORE].renew(name, now=now(request)):
        raise NotFound(f"nothing has been served of {name} yet")
    return "renewed from the next look upstream on"


_ACTIONS: Mapping[str, Callable[[web.Request, str, Origin], Awaitable[str]]] = {
    "refresh": refresh,
    "accept": accept,
    "hold": hold,
    "purge": purge,
    "renew": renew,
}
