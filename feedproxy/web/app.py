"""The application: what it holds while it runs, opened and closed in one place."""

import math
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import timedelta
from functools import partial

from aiohttp import web
from cachetools import LRUCache

import feedproxy
from feedproxy.cache import Cache, open_cache
from feedproxy.config import Settings
from feedproxy.feeds import Feeds
from feedproxy.history import Bounds as HistoryBounds
from feedproxy.history import History
from feedproxy.metrics import Metrics
from feedproxy.ops.served import freshness_bounds, served_options
from feedproxy.policy.cors import Origins
from feedproxy.policy.feed_response import Rules
from feedproxy.policy.freshness import longest
from feedproxy.purge import Purger, deliver, with_tokens
from feedproxy.serverkey import secret_key
from feedproxy.sources import Sources
from feedproxy.store import Store, open_store
from feedproxy.subscribed import Subscribed
from feedproxy.upstream import GuardedSession, UpstreamClient
from feedproxy.upstream.configured import egress_policy, upstream_client
from feedproxy.web import keys
from feedproxy.web.admin.operator import require_operator
from feedproxy.web.coded_bodies import CodedBodies
from feedproxy.web.cors import answer_preflight, tell_browsers
from feedproxy.web.docs import DOCUMENTATION
from feedproxy.web.errors import answer_errors
from feedproxy.web.health import CACHE
from feedproxy.web.heard_changes import hear_changes
from feedproxy.web.https import require_https
from feedproxy.web.login_limits import LoginLimits
from feedproxy.web.metrics import METRICS
from feedproxy.web.openapi import documentation
from feedproxy.web.ops.aside import Aside
from feedproxy.web.ops.desk import open_desk
from feedproxy.web.ops.exchange import ASIDE
from feedproxy.web.ops.gate import PACE, require_ops_login
from feedproxy.web.ops.pace import Pace
from feedproxy.web.request_rates import RequestRates
from feedproxy.web.routes import add_routes
from feedproxy.web.server_timing import tell_timing
from feedproxy.web.slow_bodies import limit_body_time
from feedproxy.web.stamp import stamp
from feedproxy.web.token_expiry import purge_tokens
from feedproxy.web.warm_feeds import WarmFeeds
from tzmap import CLDR_VERSION, TZDATA_EDITION

STALE_WHILE_REVALIDATE = 3_600
STALE_LOOKS = 4
"""A feed that goes on failing is called stale when what was good is older than four longest freshness lifetimes."""
APPLICATIONS = 1_000
"""So many that ask for tokens are not looked up in the database each time."""
CODED_SHARE = 8
"""Feeds in br and zstd may take an eighth of what feeds may take in memory."""
READY_SHARE = 8
"""And answers that are ready, of those feeds that are asked for most, as much again."""


def create_app(settings: Settings, *, clock: keys.Clock) -> web.Application:
    """Return the application; store, cache and upstream client are open from its start-up to its clean-up.

    Start-up raises SettingsError if the store cannot be used.
    """
    timed = [tell_timing] if settings.server_timing else []
    first = (*timed, answer_errors, require_operator, require_ops_login)
    app = web.Application(middlewares=[*first, answer_preflight, require_https, limit_body_time])
    app[keys.SETTINGS] = settings
    app[keys.CLOCK] = clock
    app[keys.ORIGINS] = origins = Origins(frozenset(settings.cors_origins))
    app[keys.RULES] = _rules(settings, origins)
    app[keys.CODED_BODIES] = CodedBodies(settings.cache_octets // CODED_SHARE)
    app[keys.APPLICATIONS] = LRUCache(APPLICATIONS)
    app[keys.LOGIN_LIMITS] = LoginLimits(settings.login_attempts, clock)
    app[keys.SECRET_LIMITS] = LoginLimits(settings.login_attempts, clock)
    app[keys.REQUEST_RATES] = RequestRates(settings.api_requests_per_minute, clock)
    app[METRICS] = Metrics(version=feedproxy.__version__, tzdata=TZDATA_EDITION, cldr=CLDR_VERSION)
    app[ASIDE] = Aside(lambda: partial(open_desk, settings, app[keys.SECRET_KEY]))
    app[PACE] = Pace()
    app[DOCUMENTATION] = documentation(settings.public_url or "http://127.0.0.1:8080")
    app.cleanup_ctx.extend((_resources, purge_tokens, hear_changes))
    app.on_response_prepare.extend((stamp, tell_browsers))
    add_routes(app.router)
    return app


async def _resources(app: web.Application) -> AsyncIterator[None]:
    settings = app[keys.SETTINGS]
    async with AsyncExitStack() as stack:
        store = await open_store(settings.database_url.get_secret_value())
        stack.push_async_callback(store.close)
        app[keys.STORE] = store
        app[keys.SECRET_KEY] = await secret_key(settings, store)
        cache = await open_cache(
            max_octets=settings.cache_octets,
            redis_url=settings.redis_url.get_secret_value() or None,
            on_drop=lambda names: app[keys.FEEDS].forget(names),  # noqa: PLW0108 # there are no feeds yet
            on_leave=lambda name, feed: app[keys.FEEDS].left(name, feed),  # noqa: PLW0108
            on_there=app[METRICS].redis,
        )
        stack.push_async_callback(cache.close)
        app[CACHE] = cache
        stack.push_async_callback(app[ASIDE].close)
        upstream = await stack.enter_async_context(upstream_client(settings, app[METRICS]))
        purger = await stack.enter_async_context(_purger(app, await stack.enter_async_context(_way_to_edges(app))))
        app[keys.GOOGLE] = await stack.enter_async_context(_way_to_google(app))
        app[keys.HISTORY] = await stack.enter_async_context(
            History(store, app[METRICS], history_bounds(settings), app[keys.CLOCK])
        )
        app[keys.FEEDS] = feeds = _feeds(app, store, cache, upstream, purger)
        stack.push_async_callback(feeds.close)
        app[keys.WARM_FEEDS] = WarmFeeds(
            feeds,
            app[keys.RULES],
            app[keys.SECRET_KEY],
            app[METRICS],
            app[keys.CLOCK],
            max_octets=settings.cache_octets // READY_SHARE,
        )
        yield


def _way_to_edges(app: web.Application) -> GuardedSession:
    settings = app[keys.SETTINGS]
    return GuardedSession(
        egress_policy(settings, [edge.url for edge in settings.edges if edge.url]), metrics=app[METRICS]
    )


def _way_to_google(app: web.Application) -> GuardedSession:
    settings = app[keys.SETTINGS]
    return GuardedSession(egress_policy(settings, [settings.google_token_url]), metrics=app[METRICS])


def _purger(app: web.Application, session: GuardedSession) -> Purger:
    return Purger(with_tokens(app[keys.SETTINGS].edges), partial(deliver, session), app[METRICS])


def _feeds(app: web.Application, store: Store, cache: Cache, upstream: UpstreamClient, purger: Purger) -> Feeds:
    settings = app[keys.SETTINGS]
    sources = Sources(
        store=store,
        upstream=upstream,
        metrics=app[METRICS],
        bounds=freshness_bounds(settings),
        loss_share=settings.loss_share,
        max_octets=settings.cache_octets,
        options=served_options(settings),
        clock=app[keys.CLOCK],
        on_look=app[keys.HISTORY].note,
    )
    subscribed = Subscribed(
        store=store,
        key=app[keys.SECRET_KEY],
        upstream_url=settings.upstream_url,
        upstream_headers={name: value.get_secret_value() for name, value in settings.upstream_headers.items()},
        on_deactivate=settings.on_deactivate,
        refresh_minutes=settings.refresh_interval_minutes,
        hears=cache.hears,
        clock=app[keys.CLOCK],
    )
    return Feeds(
        store=store,
        cache=cache,
        sources=sources,
        subscribed=subscribed,
        metrics=app[METRICS],
        key=app[keys.SECRET_KEY],
        clock=app[keys.CLOCK],
        flight_seconds=settings.fetch_total_seconds,
        on_change=purger.changed,
    )


def history_bounds(settings: Settings) -> HistoryBounds:
    """Return what the settings say of the history."""
    return HistoryBounds(
        fetches=settings.history_fetches,
        bodies=settings.history_bodies,
        octets=settings.history_octets,
        age=timedelta(days=settings.history_days),
        stale_after=STALE_LOOKS * timedelta(seconds=settings.freshness_max),
    )


def _rules(settings: Settings, origins: Origins) -> Rules:
    return Rules(
        longest=math.ceil(longest(freshness_bounds(settings)).total_seconds()),
        stale_while_revalidate=STALE_WHILE_REVALIDATE,
        stale_if_error=settings.stale_seconds,
        edge_control=settings.edge_control_fields,
        edge_tags=settings.edge_tag_fields,
        capability=settings.capability_url_seconds,
        uncompressed=tuple(part.lower() for part in settings.uncompressed_user_agents),
        realm=settings.basic_realm,
        by_origin=origins.listed,
        for_all=origins.for_all,
    )
