"""What feedproxy needs beside itself, asked whether it is there: database, Redis, upstream, and their clocks."""

import os
from collections.abc import AsyncIterator, Callable
from datetime import datetime

from feedproxy.cache import open_cache
from feedproxy.config import Settings, effective
from feedproxy.errors import EgressDenied, FeedproxyError, FetchFailed
from feedproxy.ops.doctor import Finding, clock_finding
from feedproxy.policy.httpdate import read_http_date
from feedproxy.store.examination import examine_database, sqlite_file
from feedproxy.upstream import GuardedSession

Clock = Callable[[], datetime]

LITTLE_MEMORY = 1_000_000


async def store_findings(settings: Settings, clock: Clock) -> AsyncIterator[Finding]:
    """Look whether the database can be used, its tables are this release's, and its clock agrees with ours."""
    url, shown = settings.database_url.get_secret_value(), effective(settings)["database_url"]
    path = sqlite_file(url)
    if path is not None:
        folder = path.absolute().parent
        if not os.access(folder, os.W_OK | os.X_OK):
            yield Finding("store", "failure", f"{folder} cannot be written to", f"make {folder}, and it our user's")
            return
        if not path.exists():
            yield Finding("store", "ok", f"{path} will be made at the first start")
            return
    before = clock()
    try:
        examined = await examine_database(url)
    except FeedproxyError as error:
        yield Finding("store", "failure", error.message, "start the database, or set database_url right")
        return
    if examined.trouble is None:
        yield Finding("store", "ok", f"{shown}, and its tables are this release's")
    elif path is not None and examined.is_old:
        yield Finding("store", "ok", f"{shown} is brought to this release's tables at the next start")
    else:
        fix = "feedproxy migrate" if examined.is_old else "install the newer feedproxy here too"
        yield Finding("store", "failure", examined.trouble, fix)
    if examined.clock is not None:
        yield clock_finding("database", examined.clock, before, clock(), exact=True)


async def cache_finding(settings: Settings) -> Finding:
    """Look whether Redis can be written to, if there is to be one."""
    url = settings.redis_url.get_secret_value()
    if not url:
        return Finding("cache", "ok", "in the memory of one process")
    cache = await open_cache(max_octets=LITTLE_MEMORY, redis_url=url)
    try:
        trouble = await cache.ping()
    finally:
        await cache.close()
    if trouble is None:
        return Finding("cache", "ok", f"{effective(settings)['redis_url']} can be written to")
    fix = "start Redis, or set redis_url right; until then each process looks upstream for itself"
    return Finding("cache", "failure" if settings.workers > 1 else "warning", trouble, fix)


async def upstream_findings(settings: Settings, session: GuardedSession, clock: Clock) -> AsyncIterator[Finding]:
    """Look whether the upstream answers, whatever it says, and whether its clock agrees with ours."""
    if not settings.upstream_url:
        yield Finding("upstream", "ok", "none is set: calendars have sources of their own")
        return
    before = clock()
    try:
        reply = await session.send("GET", f"{settings.upstream_url}/", headers={"Accept": "*/*"})
    except FetchFailed as failure:
        fix = "" if isinstance(failure, EgressDenied) else "look at upstream_url, its name in DNS, and the firewalls"
        yield Finding("upstream", "failure", failure.message, fix)
        return
    if reply.status >= 500:
        fix = "ask who runs it; last good feeds are served meanwhile"
        yield Finding("upstream", "warning", f"{settings.upstream_url} answers with {reply.status}", fix)
    else:
        yield Finding("upstream", "ok", f"{settings.upstream_url} answers")
    theirs = read_http_date(reply.headers.get("Date"))
    if theirs is not None:
        yield clock_finding("upstream", theirs, before, clock(), exact=False)
