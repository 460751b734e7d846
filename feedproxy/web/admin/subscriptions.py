"""/admin/.../subscriptions: who has subscribed, of an account or of a calendar, in pages."""

from uuid import UUID

from aiohttp import web

from feedproxy.admin.subscriptions import ShownSubscription, SubscriptionPage
from feedproxy.errors import BadRequest
from feedproxy.model import Account, Calendar
from feedproxy.web import keys
from feedproxy.web.admin.exchange import account_of, answer, calendar_of
from feedproxy.web.field_types import read_guid

LIMIT = 100
MAX_LIMIT = 1_000


async def of_account(request: web.Request) -> web.Response:
    """GET /admin/accounts/{accountCode}/subscriptions."""
    return await _page(request, await account_of(request), None)


async def of_calendar(request: web.Request) -> web.Response:
    """GET .../calendars/{calendarCode}/subscriptions."""
    calendar = await calendar_of(request)
    return await _page(request, calendar.account, calendar)


async def _page(request: web.Request, account: Account, calendar: Calendar | None) -> web.Response:
    after, limit = _after(request), _limit(request)
    found = await request.app[keys.STORE].subscriptions(account, calendar, after=after, limit=limit + 1)
    shown = tuple(map(ShownSubscription.of, found[:limit]))
    return answer(SubscriptionPage(subscriptions=shown, next=shown[-1].id if len(found) > limit else None))


def _after(request: web.Request) -> UUID | None:
    if (written := request.query.get("after")) is None:
        return None
    if (after := read_guid(written)) is None:
        raise BadRequest("after: the GUID of a subscription is wanted in the query")
    return after


def _limit(request: web.Request) -> int:
    written = request.query.get("limit", str(LIMIT))
    limit = int(written) if written.isascii() and written.isdigit() and len(written) < 9 else 0
    if not 1 <= limit <= MAX_LIMIT:
        raise BadRequest(f"limit: a number from 1 to {MAX_LIMIT} is wanted in the query")
    return limit
