"""POST /subscribe: a subscription by the method that fits the subscriber's device."""

from aiohttp import web

from feedproxy.web import subscription_answers as answers
from feedproxy.web.bearer import access_token_for
from feedproxy.web.bodies import read_object
from feedproxy.web.consent import google_is_set_up
from feedproxy.web.feed_url import feed_url
from feedproxy.web.google import subscribe_by_google
from feedproxy.web.subscribing import called_calendar, subscribe_to
from feedproxy.web.subscription_models import SubscribeRequest


async def subscribe(request: web.Request) -> web.Response:
    """POST /subscribe/{accountCode}/{calendarCode}: subscribe, and say under which URL, or where consent is given."""
    token = await access_token_for(request, request.match_info["account_code"])
    calendar = await called_calendar(request, token.account)
    body = SubscribeRequest.read(await read_object(request))
    if body.method == "google" and (body.subscription_method is not None or google_is_set_up(request)):
        by_google = await subscribe_by_google(request, calendar, body)
        url, is_new = by_google.consent_url, None if by_google.consent_url else by_google.is_new
        return answers.answered(answers.made(by_google.subscription, is_new=is_new, redirect_to=url))
    made = await subscribe_to(request, calendar, body, "webcal")
    url = feed_url(request, made.subscription.id, login=made.login)
    return answers.answered(answers.made(made.subscription, url=url, login=made.login, is_new=made.is_new))
