"""Subscriptions as they are made, by whichever route."""

from dataclasses import dataclass
from uuid import uuid4

from aiohttp import web

from feedproxy.errors import BadRequest
from feedproxy.model import Account, Calendar, Method, State, Subscription
from feedproxy.web import keys
from feedproxy.web.feed_login import NewLogin, new_login
from feedproxy.web.lenient_model import CODE
from feedproxy.web.subscription_models import SubscribeRequest


@dataclass(frozen=True, slots=True)
class Made:
    """A subscription that was made, or one that was there and has been updated; with the login of a protected one."""

    subscription: Subscription
    is_new: bool
    login: NewLogin | None


async def called_calendar(request: web.Request, account: Account) -> Calendar:
    """Return the account's calendar whose code is in the path. Raises BadRequest if it has none of that code."""
    code = request.match_info["calendar_code"]
    calendar = await request.app[keys.STORE].calendar(account, code)
    if calendar is None:
        raise BadRequest(f"calendar code {code[:60]!r} is unknown", code=CODE)
    return calendar


async def subscribe_to(
    request: web.Request, calendar: Calendar, body: SubscribeRequest, method: Method, state: State = "active"
) -> Made:
    """Make the subscription that the body describes, and tell the feeds. Raises BadRequest before anything is kept."""
    app, subscriber = request.app, body.subscriber()
    wishes, events = body.wishes(calendar), body.private_events()
    login = None
    if calendar.details.protected and method == "webcal":
        login = new_login(subscriber.key if app[keys.SETTINGS].protected_user_name == "given" else "")
    subscribed = await app[keys.STORE].subscribe(
        calendar,
        id=uuid4(),
        method=method,
        state=state,
        subscriber=subscriber,
        wishes=wishes,
        login=login.stored(app[keys.SECRET_KEY]) if login else None,
        events=events,
        now=app[keys.CLOCK](),
    )
    await app[keys.FEEDS].changed(subscribed.changed)
    return Made(subscribed.subscription, subscribed.is_new, login)
