"""The feed route: a subscription's calendar, as every calendar client and every cache on the way wants it."""

from typing import assert_never

from aiohttp import hdrs, web

from feedproxy.feeds import AuthRequired, Nothing, Served, Unknown
from feedproxy.model import Feed
from feedproxy.policy.access import basic_credentials
from feedproxy.policy.httpdate import http_date
from feedproxy.policy.validators import encoding, etag, not_modified
from feedproxy.web import keys
from feedproxy.web.calreply_models import read_guid
from feedproxy.web.request_keys import CACHE_STATUS, SUBSCRIPTION_ID

MAX_AGE = 300
"""Seconds for which a cache on the way need not ask, at most: what changes here is seen there as soon."""
LEAST_MAX_AGE = 30
STALE_WHILE_REVALIDATE = 3_600
UNKNOWN_MAX_AGE = 60


async def feed(request: web.Request) -> web.Response:
    """GET or HEAD the feed. Whoever has the GUID may read it unless the upstream wants credentials for it."""
    subscription_id = read_guid(request.match_info["subscription_id"])
    authorization = request.headers.get(hdrs.AUTHORIZATION)
    if subscription_id is None:
        return _unknown(private=authorization is not None)
    request[SUBSCRIPTION_ID] = subscription_id
    answer = await request.app[keys.FEEDS].answer(subscription_id, basic_credentials(authorization))
    match answer:
        case Served():
            request[CACHE_STATUS] = answer.status
            return _served(request, answer.feed)
        case AuthRequired():
            return _auth_required(request.app[keys.SETTINGS].basic_realm)
        case Unknown():
            return _unknown(private=authorization is not None)
        case Nothing():
            headers = {hdrs.RETRY_AFTER: str(answer.retry_after), hdrs.CACHE_CONTROL: "private, no-store"}
            return web.Response(status=503, text=f"no usable feed: {answer.reason}\n", headers=headers)
        case _:
            assert_never(answer)


def _served(request: web.Request, feed: Feed) -> web.Response:
    chosen = encoding(request.headers.get(hdrs.ACCEPT_ENCODING))
    headers = {hdrs.VARY: hdrs.ACCEPT_ENCODING, hdrs.CACHE_CONTROL: _cache_control(request, feed)}
    if chosen is None:
        return web.Response(status=406, text="gzip or identity, please\n", headers=headers)
    tag = etag(feed.digest, chosen)
    headers[hdrs.ETAG] = tag
    headers[hdrs.LAST_MODIFIED] = http_date(feed.last_modified)
    if not_modified(
        _joined(request, hdrs.IF_NONE_MATCH),
        request.headers.get(hdrs.IF_MODIFIED_SINCE),
        tag=tag,
        last_modified=feed.last_modified,
    ):
        return web.Response(status=304, headers=headers)
    headers[hdrs.CONTENT_TYPE] = "text/calendar; charset=utf-8"
    headers[hdrs.CONTENT_DISPOSITION] = "attachment; filename=calendar.ics"
    if chosen == "gzip":
        headers[hdrs.CONTENT_ENCODING] = "gzip"
        return web.Response(body=feed.gzip, headers=headers)
    return web.Response(body=feed.body, headers=headers)


def _joined(request: web.Request, name: str) -> str | None:
    """Return all fields of one name as one list."""
    fields = request.headers.getall(name, [])
    return ", ".join(fields) if fields else None


def _cache_control(request: web.Request, feed: Feed) -> str:
    """Tell shared caches the truth: nginx and some CDNs reuse a plain `max-age` for requests with credentials."""
    if feed.protected or feed.personal:
        return "private, no-cache"
    left = int((feed.fresh_until - request.app[keys.CLOCK]()).total_seconds())
    max_age = min(max(left, LEAST_MAX_AGE), MAX_AGE)
    stale = request.app[keys.SETTINGS].stale_seconds
    return f"public, max-age={max_age}, stale-while-revalidate={STALE_WHILE_REVALIDATE}, stale-if-error={stale}"


def _auth_required(realm: str) -> web.Response:
    headers = {
        hdrs.WWW_AUTHENTICATE: f'Basic realm="{realm}", charset="UTF-8"',
        hdrs.CACHE_CONTROL: "private, no-store",
        hdrs.VARY: hdrs.ACCEPT_ENCODING,
    }
    return web.Response(status=401, text="this calendar asks for a user name and a password\n", headers=headers)


def _unknown(*, private: bool) -> web.Response:
    """404: calendar clients keep what they have, where a 410 would make Thunderbird disable the calendar for good."""
    control = "private, no-store" if private else f"public, max-age={UNKNOWN_MAX_AGE}"
    return web.Response(status=404, headers={hdrs.CACHE_CONTROL: control, hdrs.VARY: hdrs.ACCEPT_ENCODING})
