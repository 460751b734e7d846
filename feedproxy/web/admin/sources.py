"""/admin/accounts/{accountCode}/sources: the upstream calendars of an account."""

import logging

from aiohttp import web

from feedproxy.admin import sources
from feedproxy.admin.sources import NewSource, ShownSource, SourceChange
from feedproxy.model import CalendarSource
from feedproxy.sealing import unseal_source
from feedproxy.web import keys
from feedproxy.web.admin.exchange import account_of, answer, answer_added, answer_list, flag, read_body

log = logging.getLogger(__name__)


async def list_sources(request: web.Request) -> web.Response:
    """GET .../sources."""
    every = await request.app[keys.STORE].sources(await account_of(request))
    return answer_list([_shown(request, each) for each in every])


async def add_source(request: web.Request) -> web.Response:
    """POST .../sources."""
    owner, new = await account_of(request), await read_body(request, NewSource)
    app = request.app
    added = await sources.add(app[keys.STORE], owner, new, key=app[keys.SECRET_KEY], now=app[keys.CLOCK]())
    return answer_added(_shown(request, added), "accounts", owner.code, "sources", str(added.id))


async def source(request: web.Request) -> web.Response:
    """GET .../sources/{sourceId}; with `?reveal=true` the whole URL, which is logged."""
    found, reveal = await _source_of(request), flag(request, "reveal")
    if reveal:
        fields = {"account": found.account.code, "source": str(found.id)}
        log.warning("an operator was shown the URL of a source", extra={"fields": fields})
    return answer(_shown(request, found, reveal=reveal))


async def change_source(request: web.Request) -> web.Response:
    """PUT .../sources/{sourceId}: what is absent stays."""
    found, change = await _source_of(request), await read_body(request, SourceChange)
    app = request.app
    ids = await sources.change(app[keys.STORE], found, change, key=app[keys.SECRET_KEY], now=app[keys.CLOCK]())
    await app[keys.FEEDS].changed(ids)
    return answer(_shown(request, await sources.wanted(app[keys.STORE], found.account, str(found.id))))


async def remove_source(request: web.Request) -> web.Response:
    """DELETE .../sources/{sourceId}, if no calendar uses it."""
    await request.app[keys.STORE].remove_source(await _source_of(request))
    return web.Response(status=204)


async def _source_of(request: web.Request) -> CalendarSource:
    owner = await account_of(request)
    return await sources.wanted(request.app[keys.STORE], owner, request.match_info["source_id"])


def _shown(request: web.Request, source: CalendarSource, *, reveal: bool = False) -> ShownSource:
    return ShownSource.of(source, unseal_source(request.app[keys.SECRET_KEY], source), reveal=reveal)
