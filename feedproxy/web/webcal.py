"""POST /webcal: a subscription by webcal, answered with its bare URL."""

from typing import assert_never

from aiohttp import web

from feedproxy.errors import BadRequest
from feedproxy.web import subscription_answers as answers
from feedproxy.web.bearer import access_token_for
from feedproxy.web.bodies import read_object
from feedproxy.web.feed_url import feed_url
from feedproxy.web.lenient_model import CODE
from feedproxy.web.subscribing import called_calendar, subscribe_to
from feedproxy.web.subscription_models import SubscribeRequest


async def create(request: web.Request) -> web.Response:
    """POST /webcal/{accountCode}/{calendarCode}: subscribe, and answer with the URL as the application prefers it."""
    token = await access_token_for(request, request.match_info["account_code"])
    calendar = await called_calendar(request, token.account)
    body = SubscribeRequest.read(await read_object(request))
    if calendar.details.protected and not body.subscriber().key:
        raise BadRequest("user name parameter is missing: the calendar is protected", code=CODE)
    made = await subscribe_to(request, calendar, body, "webcal")
    url = feed_url(request, made.subscription.id, login=made.login)
    match token.preferences.webcal_create_body:
        case "bare":
            return web.Response(text=url, headers={"Cache-Control": "no-store"})
        case "json_string":
            return answers.answered(url)
        case "object":
            return answers.answered(answers.made(made.subscription, url=url, login=made.login, is_new=made.is_new))
        case other:
            assert_never(other)
