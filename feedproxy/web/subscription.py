"""Subscriptions that are there: shown, listed, updated, deactivated."""

from collections.abc import Sequence

from aiohttp import web

from feedproxy.errors import BadRequest, NotFound
from feedproxy.model import Account, Calendar, Subscription
from feedproxy.web import keys
from feedproxy.web import subscription_answers as answers
from feedproxy.web.bearer import access_token, access_token_for
from feedproxy.web.bodies import read_object
from feedproxy.web.consent import consent_url, wanted_again
from feedproxy.web.field_types import Flag, read_guid
from feedproxy.web.freezing import frozen
from feedproxy.web.lenient_model import CODE, LenientModel
from feedproxy.web.subscribing import called_calendar
from feedproxy.web.subscription_models import NOT_OF_CALENDAR, DeactivateRequest, UpdateRequest

LISTED = 1_000
"""So many subscriptions are in one list: reading and writing these takes a moment, not seconds."""


class ListQuery(LenientModel):
    """The query of GET /subscription/{accountCode}/{calendarCode}/{username}."""

    all_calendars: Flag = False


async def show(request: web.Request) -> web.Response:
    """GET /subscription/{subscriptionId}: what the subscription is."""
    token = await access_token(request)
    subscription = await _known(request, token.account, request.match_info["subscription_id"])
    return answers.answered(await _shown(request, subscription, subscription.method))


async def show_all(request: web.Request) -> web.Response:
    """GET /subscription/{accountCode}/{calendarCode}/{username}: the subscriber's newest ones, ended or not."""
    token = await access_token_for(request, request.match_info["account_code"])
    calendar = await called_calendar(request, token.account)
    wanted = None if ListQuery.read(request.query).all_calendars else calendar
    key = request.match_info["subscription"]
    found = await request.app[keys.STORE].subscriptions_of(token.account, wanted, key, limit=LISTED)
    shown = [await _shown(request, each, answers.METHOD_NAMES[each.method]) for each in found if each.calendar]
    return answers.answered(shown)


async def update(request: web.Request) -> web.Response:
    """PUT /subscription/{accountCode}/{calendarCode}/{subscriptionId}: change what is named, leave what is not."""
    token = await access_token_for(request, request.match_info["account_code"])
    calendar = await called_calendar(request, token.account)
    subscription = await _known(request, token.account, request.match_info["subscription"])
    if not _is_of(subscription, calendar):
        raise BadRequest(NOT_OF_CALENDAR, code=CODE)
    body = UpdateRequest.read(await read_object(request))
    back_to = await wanted_again(request, subscription, body.redirect_to)
    changed, ids = await request.app[keys.STORE].change_subscription(
        subscription,
        subscriber=body.subscriber(subscription.subscriber),
        wishes=body.wishes(calendar, subscription.wishes),
        now=request.app[keys.CLOCK](),
    )
    await request.app[keys.FEEDS].changed(ids)
    url = await consent_url(request, changed, back_to) if back_to is not None else None
    return answers.answered(answers.updated(changed, url))


async def deactivate(request: web.Request) -> web.Response:
    """DELETE or POST /subscription/{accountCode}/{calendarCode}: end one subscription, or all of a subscriber."""
    token = await access_token_for(request, request.match_info["account_code"])
    calendar = await called_calendar(request, token.account)
    body = DeactivateRequest.read({**request.query, **await read_object(request)})
    if request.method == "POST" and body.model_extra:
        raise BadRequest("only id or username are wanted here; to subscribe, POST to /subscribe", code=CODE)
    ending = [each for each in await _called(request, token.account, calendar, body) if each.state != "inactive"]
    ids = await request.app[keys.STORE].deactivate(
        {each.id: await frozen(request, calendar, each) for each in ending},
        by="DeactivatedById" if body.id else "DeactivatedByUsername",
        facts=body.facts(),
        now=request.app[keys.CLOCK](),
    )
    await request.app[keys.FEEDS].changed(ids)
    return web.Response()


async def _known(request: web.Request, account: Account, text: str) -> Subscription:
    """Return the account's subscription of that GUID. Raises NotFound, for another account's too."""
    guid = read_guid(text)
    subscription = await request.app[keys.STORE].subscription(guid) if guid else None
    if subscription is None or subscription.account.id != account.id or subscription.calendar is None:
        raise NotFound("there is no such subscription")
    return subscription


async def _called(
    request: web.Request, account: Account, calendar: Calendar, body: DeactivateRequest
) -> Sequence[Subscription]:
    """Return what a request to deactivate names, ended or not. Raises BadRequest if it names nothing, and NotFound."""
    if body.id is None and body.username is None:
        raise BadRequest("id or username is required", code=CODE)
    if body.id is None:
        return await request.app[keys.STORE].subscriptions_of(account, calendar, body.username or "")
    subscription = await _known(request, account, body.id)
    if not _is_of(subscription, calendar):
        raise NotFound("there is no such subscription to this calendar")
    names = {name.casefold() for name in (subscription.subscriber.subscriber_id, subscription.subscriber.user_name)}
    if body.username is not None and body.username.casefold() not in names:
        raise BadRequest("id and username are not of the same subscription", code=CODE)
    return (subscription,)


async def _shown(request: web.Request, subscription: Subscription, method: str) -> dict[str, object]:
    calendar, wishes = subscription.calendar, subscription.wishes
    assert calendar is not None
    chosen = wishes.include_events or wishes.include_external or wishes.exclude_events or wishes.exclude_external
    events = await request.app[keys.FEEDS].events(subscription) if chosen else ()
    return answers.shown(subscription, calendar, events, method)


def _is_of(subscription: Subscription, calendar: Calendar) -> bool:
    return subscription.calendar is not None and subscription.calendar.id == calendar.id
