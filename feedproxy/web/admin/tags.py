"""/admin/accounts/{accountCode}/calendars/{calendarCode}/tags: by which subscribers choose."""

from aiohttp import web

from feedproxy.admin import tags
from feedproxy.admin.tags import NewTag, ShownTag, TagChange
from feedproxy.web import keys
from feedproxy.web.admin.exchange import answer, answer_added, answer_list, calendar_of, read_body


async def list_tags(request: web.Request) -> web.Response:
    """GET .../tags."""
    return answer_list([ShownTag.of(each) for each in (await calendar_of(request)).tags])


async def add_tag(request: web.Request) -> web.Response:
    """POST .../tags."""
    calendar, new = await calendar_of(request), await read_body(request, NewTag)
    added = await tags.add(request.app[keys.STORE], calendar, new, now=request.app[keys.CLOCK]())
    path = ("accounts", calendar.account.code, "calendars", calendar.code, "tags", str(added.id))
    return answer_added(ShownTag.of(added), *path)


async def tag(request: web.Request) -> web.Response:
    """GET .../tags/{tagId}."""
    return answer(ShownTag.of(tags.wanted(await calendar_of(request), request.match_info["tag_id"])))


async def change_tag(request: web.Request) -> web.Response:
    """PUT .../tags/{tagId}: what is absent stays."""
    calendar = await calendar_of(request)
    found, change = tags.wanted(calendar, request.match_info["tag_id"]), await read_body(request, TagChange)
    app = request.app
    changed, ids = await tags.change(app[keys.STORE], calendar, found, change, now=app[keys.CLOCK]())
    await app[keys.FEEDS].changed(ids)
    return answer(ShownTag.of(changed))


async def remove_tag(request: web.Request) -> web.Response:
    """DELETE .../tags/{tagId}, if no subscription wants it."""
    calendar = await calendar_of(request)
    found = tags.wanted(calendar, request.match_info["tag_id"])
    await request.app[keys.STORE].remove_tag(calendar, found, now=request.app[keys.CLOCK]())
    return web.Response(status=204)
