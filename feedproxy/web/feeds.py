"""The feed route: a subscription's calendar. What is said of it is decided in `feedproxy.policy.feed_response`."""

from datetime import timedelta
from typing import assert_never
from uuid import UUID

from aiohttp import hdrs, web
from multidict import CIMultiDict

from feedproxy.answer import Answer, AuthRequired, Gone, Nothing, Served, Unknown, Withheld
from feedproxy.policy import feed_response
from feedproxy.policy.access import Credentials, basic_credentials
from feedproxy.policy.feed_response import Reply
from feedproxy.policy.secrets import keyed_hash
from feedproxy.subscribed import feed_name
from feedproxy.web import keys
from feedproxy.web.login_limits import Login
from feedproxy.web.network import network_of
from feedproxy.web.request_keys import CACHE_STATUS, SUBSCRIPTION_ID
from feedproxy.web.sliced_body import sliced
from feedproxy.web.warm_feeds import read_asked


async def feed(request: web.Request) -> web.Response:
    """GET or HEAD the feed. Whoever has the GUID may read it unless credentials are wanted for it."""
    app, rules, warm = request.app, request.app[keys.RULES], request.app[keys.WARM_FEEDS]
    question = warm.question(request.match_info["subscription_id"], request.raw_headers)
    if question is None:
        return _without_feed(feed_response.unknown(read_asked(request.headers), rules))
    asked, subscription_id = question.asked, question.subscription_id
    request[SUBSCRIPTION_ID] = subscription_id
    answer, wait = await _answer(request, subscription_id)
    match answer:
        case Served():
            request[CACHE_STATUS] = answer.status
            tags = feed_response.tags_of(question.name, answer.feed)
            now = app[keys.CLOCK]()
            reply = feed_response.served(
                answer.feed, answer.status, asked, rules, tags=tags, now=now, reason=answer.reason
            )
            if reply.coding is None:
                warm.keep(question, answer, None)
                return _without_feed(reply)
            body = await app[keys.CODED_BODIES].body(answer.feed, reply.coding)
            warm.keep(question, answer, body)
            return web.Response(status=reply.status, headers=CIMultiDict(reply.fields), body=sliced(body))
        case AuthRequired():
            return _without_feed(feed_response.credentials_wanted(rules))
        case Unknown():
            return _without_feed(feed_response.unknown(asked, rules))
        case Gone():
            return _without_feed(feed_response.gone(asked, rules))
        case Nothing():
            return _without_feed(feed_response.nothing_usable(rules, answer.reason, answer.retry_after))
        case Withheld():
            return _without_feed(feed_response.too_many_guesses(rules, wait))
        case _:
            assert_never(answer)


async def _answer(request: web.Request, subscription_id: UUID) -> tuple[Answer, timedelta]:
    """Ask for the feed; count credentials that have to be tried, and say how long they have to wait if they may not."""
    app = request.app
    credentials = basic_credentials(request.headers.get(hdrs.AUTHORIZATION))
    if credentials is None:
        return await app[keys.FEEDS].answer(subscription_id, None), timedelta(0)
    credentials = credentials.in_utf8()
    login: Login | None = None
    wait: timedelta | None = None

    def may_try() -> bool:
        nonlocal login, wait
        login = _login(request, subscription_id, credentials)
        wait = app[keys.LOGIN_LIMITS].attempt(login)
        return wait is None

    answer = await app[keys.FEEDS].answer(subscription_id, credentials, may_try)
    if login is not None and isinstance(answer, Served | Nothing):
        app[keys.LOGIN_LIMITS].forgive(login)
    return answer, wait or timedelta(0)


def _login(request: web.Request, subscription_id: UUID, credentials: Credentials) -> Login:
    key = request.app[keys.SECRET_KEY]
    return Login(
        network=network_of(request),
        door=feed_name(key, subscription_id, None),
        credentials=keyed_hash(key, "credentials", credentials.octets),
    )


def _without_feed(reply: Reply) -> web.Response:
    return web.Response(status=reply.status, headers=CIMultiDict(reply.fields), text=reply.text or None)
