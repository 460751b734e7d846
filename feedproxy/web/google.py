"""Subscriptions by Google: whoever subscribes gives consent first, and is sent on with the result.

What is made here is a subscription and a consent that is kept; nothing writes into Google calendars yet.
"""

import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass

from aiohttp import hdrs, web

from feedproxy.errors import BadRequest, FeedproxyError, FetchFailed, Forbidden, NotFound
from feedproxy.model import Calendar, Subscriber, Subscription
from feedproxy.policy.redirect_uris import with_result
from feedproxy.upstream.code_exchange import Tokens, exchange_code
from feedproxy.web import calreply_errors, consent, keys
from feedproxy.web.bearer import access_token_for
from feedproxy.web.bodies import read_object
from feedproxy.web.lenient_model import CODE
from feedproxy.web.subscribing import called_calendar, subscribe_to
from feedproxy.web.subscription_models import SubscribeRequest

log = logging.getLogger(__name__)

RESULT_NAMES = frozenset(
    {"success", "subscriberId", "new", "isNewSubscription", "subscriptionId", "subscriptionType", "errors"}
)
"""The parameters that a result has, all of them."""

_NOT_KEPT = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}

_USED_UP = "This link was used before, or is too old. Go back to the page that you came from and subscribe again.\n"


@dataclass(frozen=True, slots=True)
class ByGoogle:
    """A subscription by Google; `consent_url` is where the subscriber has to give consent first, if he has not.

    Who has given it before is told that he is not new, as the API always did.
    """

    subscription: Subscription
    redirect_to: str
    consent_url: str | None
    is_new: bool = False


async def subscribe_by_google(request: web.Request, calendar: Calendar, body: SubscribeRequest) -> ByGoogle:
    """Make the subscription that the body describes, pending if there is no consent yet.

    Raises BadRequest, also if `redirectTo` is none of the application's, and NotSetUp, before anything is kept.
    """
    redirect_to = consent.registered_redirect(request, body.redirect_to)
    consent.require_google(request)
    if await consent.is_held(request, calendar.account, body.subscriber()):
        made = await subscribe_to(request, calendar, body, "google")
        return ByGoogle(made.subscription, redirect_to, None)
    made = await subscribe_to(request, calendar, body, "google", "pending")
    url = await consent.consent_url(request, made.subscription, redirect_to)
    return ByGoogle(made.subscription, redirect_to, url, is_new=made.is_new)


async def create(request: web.Request) -> web.Response:
    """POST /google/{accountCode}/{calendarCode}: subscribe, and send on to Google's page, or with the result."""
    token = await access_token_for(request, request.match_info["account_code"])
    calendar = await called_calendar(request, token.account)
    body = SubscribeRequest.read(await read_object(request))
    if calendar.details.protected and not body.subscriber().key:
        raise BadRequest("user name parameter is missing: the calendar is protected", code=CODE)
    by_google = await subscribe_by_google(request, calendar, body)
    if by_google.consent_url is not None:
        return _sent_on(by_google.consent_url)
    result = _success(by_google.subscription, is_new=by_google.is_new)
    return _sent_on(with_result(by_google.redirect_to, list(result.items()), RESULT_NAMES))


async def callback(request: web.Request) -> web.Response:
    """GET /google/callback: take a consent, or its refusal, and send on with the result."""
    if request.method != hdrs.METH_GET:  # to look is not to give consent
        raise web.HTTPMethodNotAllowed(request.method, [hdrs.METH_GET])
    asked = await consent.taken_up(request, request.query.get("state", ""))
    if asked is None:
        return web.Response(status=400, text=_USED_UP, headers=_NOT_KEPT)
    try:
        result = await _concluded(request, asked)
    except FeedproxyError as error:
        result = _failure(error)
    return _sent_on(with_result(asked.redirect_to, list(result.items()), RESULT_NAMES))


async def _concluded(request: web.Request, asked: consent.Asked) -> Mapping[str, str]:
    """Keep the consent, make the subscription active, and return the result. Raises FeedproxyError."""
    app = request.app
    pending = await app[keys.STORE].subscription(asked.subscription_id)
    if pending is None:
        raise NotFound("the subscription is gone; make a new one")
    tokens = await _granted(request)
    await consent.keep_grant(request, pending, tokens)
    known = Subscriber(email="" if pending.subscriber.email else tokens.email)
    active, ids = await app[keys.STORE].activate(pending.id, subscriber=known, now=app[keys.CLOCK]())
    await app[keys.FEEDS].changed(ids)
    return _success(active, is_new=pending.state == "pending" and active.id == pending.id)


async def _granted(request: web.Request) -> Tokens:
    """Swap the code that came for tokens. Raises Forbidden if consent was not given, or not to the calendar."""
    app, settings = request.app, request.app[keys.SETTINGS]
    if "error" in request.query or not request.query.get("code"):
        raise Forbidden("consent was not given", code="accessDenied")
    consent.require_google(request)
    try:
        tokens = await exchange_code(
            app[keys.GOOGLE],
            settings.google_token_url,
            code=request.query["code"],
            client_id=settings.google_client_id,
            client_secret=settings.google_client_secret.get_secret_value(),
            redirect_uri=consent.callback_url(request),
        )
    except FetchFailed as failure:
        log.warning("no tokens for a consent", extra={"fields": {"reason": failure.reason, "message": failure.message}})
        raise FeedproxyError("Google gave nothing for the consent; try again") from failure
    if not tokens.refresh_token or (tokens.scopes and consent.CALENDAR_SCOPE not in tokens.scopes):
        raise Forbidden("consent was given, but not to write into the calendar at any time", code="accessDenied")
    return tokens


def _success(subscription: Subscription, *, is_new: bool) -> Mapping[str, str]:
    """Return the result; `new` is what one page of the reference calls isNewSubscription."""
    subscriber = {"subscriberId": subscription.subscriber.key} if subscription.subscriber.key else {}
    new = str(is_new).lower()
    return {
        "success": "true",
        **subscriber,
        "new": new,
        "isNewSubscription": new,
        "subscriptionId": str(subscription.id),
        "subscriptionType": subscription.method,
    }


def _failure(error: FeedproxyError) -> Mapping[str, str]:
    errors = calreply_errors.body("calreply-c", error)["errors"]
    return {"success": "false", "subscriptionType": "google", "errors": json.dumps(errors, separators=(",", ":"))}


def _sent_on(url: str) -> web.Response:
    """Answer with a place to go to; in the body too, since a page's script cannot read Location."""
    return web.json_response({"redirectTo": url}, status=302, headers={hdrs.LOCATION: url, **_NOT_KEPT})
