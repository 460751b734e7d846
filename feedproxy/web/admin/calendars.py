"""/admin/accounts/{accountCode}/calendars: what people subscribe to."""

from aiohttp import web

from feedproxy.admin import calendars
from feedproxy.admin.calendars import CalendarChange, NewCalendar, ShownCalendar
from feedproxy.web import keys
from feedproxy.web.admin.exchange import account_of, answer, answer_added, answer_list, calendar_of, flag, read_body


async def list_calendars(request: web.Request) -> web.Response:
    """GET .../calendars."""
    every = await request.app[keys.STORE].calendars(await account_of(request))
    return answer_list([ShownCalendar.of(each) for each in every])


async def add_calendar(request: web.Request) -> web.Response:
    """POST .../calendars."""
    owner, new = await account_of(request), await read_body(request, NewCalendar)
    added = await calendars.add(request.app[keys.STORE], owner, new, now=request.app[keys.CLOCK]())
    return answer_added(ShownCalendar.of(added), "accounts", owner.code, "calendars", added.code)


async def calendar(request: web.Request) -> web.Response:
    """GET .../calendars/{calendarCode}."""
    return answer(ShownCalendar.of(await calendar_of(request)))


async def change_calendar(request: web.Request) -> web.Response:
    """PUT .../calendars/{calendarCode}: what is absent stays."""
    found, change = await calendar_of(request), await read_body(request, CalendarChange)
    app = request.app
    changed, ids = await calendars.change(app[keys.STORE], found, change, now=app[keys.CLOCK]())
    await app[keys.FEEDS].changed(ids)
    return answer(ShownCalendar.of(changed))


async def remove_calendar(request: web.Request) -> web.Response:
    """DELETE .../calendars/{calendarCode}; with `?force=true` also if it has active subscriptions."""
    found, force = await calendar_of(request), flag(request, "force")
    ids = await request.app[keys.STORE].remove_calendar(found, force=force, now=request.app[keys.CLOCK]())
    await request.app[keys.FEEDS].changed(ids)
    return web.Response(status=204)
