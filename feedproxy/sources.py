"""A source's last good body: fetched, weighed against the one before, indexed once, kept in memory and in the store.

What a look upstream ends in is decided by pure functions (`feedproxy.policy`); here they are obeyed.
"""

import asyncio
import hashlib
import logging
import re
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from time import perf_counter

from cachetools import LRUCache

from feedproxy.errors import FeedRefused, FetchFailed, Unavailable
from feedproxy.metrics import Metrics
from feedproxy.model import LastGood
from feedproxy.policy.access import Credentials
from feedproxy.policy.freshness import Bounds, Said, lasts, lifetime, retry_after_failure
from feedproxy.policy.publish import KeepLastGood, publish
from feedproxy.policy.secrets import log_name
from feedproxy.store import Store
from feedproxy.transform import Base, Options, index
from feedproxy.upstream import Fetched, FetchRequest, NotModified, Route, UpstreamClient

LARGE = 100_000
"""Octets from which a body is worked on in a thread: it would hold the event loop for more than a millisecond."""

STORE_PATIENCE_SECONDS = 2.0
ROUTES = 100_000
"""Of how many sources it is remembered where they have moved."""

_REFRESH_INTERVAL = re.compile(rb"REFRESH-INTERVAL(?:;[^:]*)?:(.*)")
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Source:
    """Where a body comes from.

    `key` names it in the store and in caches and tells nobody its URL or credentials; `headers` are the operator's own
    for it.
    """

    key: str
    url: str
    credentials: Credentials | None
    headers: Mapping[str, str]

    @property
    def log_name(self) -> str:
        """What logs call it."""
        return log_name(self.key)


@dataclass(frozen=True, slots=True)
class SourceState:
    """The last good body of a source, indexed, and what is known of its freshness.

    `failures` counts the looks upstream since it was confirmed; `doubted` is how many components a body had that was
    held back. It will be believed when one with as many comes next: octets may differ each time (DTSTAMP).
    """

    base: Base
    digest: bytes
    etag: str | None
    last_modified: str | None
    fetched_at: datetime
    changed_at: datetime
    fresh_until: datetime
    failures: int = 0
    doubted: int | None = None


def withdrawn(source: Source, failure: FetchFailed) -> bool:
    """Tell whether the upstream no longer gives a feed to those who had it.

    A 403 without credentials is a firewall's hiccup as often as not, and takes no feed away.
    """
    return failure.upstream_status == 401 or (failure.upstream_status == 403 and source.credentials is not None)


class Sources:
    """The sources in use. One look upstream at a time for each is the caller's affair (`feedproxy.feeds`)."""

    def __init__(
        self,
        *,
        store: Store,
        upstream: UpstreamClient,
        metrics: Metrics,
        bounds: Bounds,
        loss_share: float,
        max_octets: int,
        options: Options,
        clock: Callable[[], datetime],
    ) -> None:
        self._store = store
        self._upstream = upstream
        self._metrics = metrics
        self._bounds = bounds
        self._loss_share = loss_share
        self._clock = clock
        self._options = options
        self._routes: LRUCache[str, Route] = LRUCache(ROUTES)
        self._states: LRUCache[str, SourceState] = LRUCache(max_octets, getsizeof=lambda s: s.base.octets_in + 2_000)

    def lasts(self, fresh_until: datetime) -> bool:
        """Tell whether a feed that is fresh until then needs no look upstream now."""
        return lasts(fresh_until, self._bounds, now=self._clock())

    async def state(self, source: Source) -> SourceState | None:
        """Return what is known of a source without a look upstream; None when nothing good was ever seen."""
        state = self._states.get(source.key)
        if state is not None:
            return state
        good = await self._store.last_good(source.key)
        if good is None:
            return None
        try:
            base = await self._index(good.body)
        except FeedRefused as refusal:  # an earlier release thought it good
            _log.warning("last good refused", extra={"fields": {"feed": source.log_name, "reason": refusal.reason}})
            return None
        fresh_until = good.fetched_at + lifetime(_said(base), self._bounds, source=source.key)
        state = SourceState(
            base=base,
            digest=good.digest,
            etag=good.etag,
            last_modified=good.last_modified,
            fetched_at=good.fetched_at,
            changed_at=good.changed_at,
            fresh_until=fresh_until,
        )
        return self._remember(source, state)

    async def refresh(self, source: Source, state: SourceState | None) -> SourceState:
        """Look upstream. Returns the new state, or the old one with the time of the next look.

        Raises FetchFailed or FeedRefused when there is no old one, and FetchFailed in any case when the upstream has
        withdrawn the feed: then it must not be served on.
        """
        route = self._routes.get(source.key, Route())
        request = FetchRequest(
            url=source.url,
            credentials=source.credentials,
            etag=state.etag if state else None,
            last_modified=state.last_modified if state else None,
            headers=source.headers,
        )
        start = perf_counter()
        try:
            answer = await self._fetch(route.applied(request, state.digest if state else None))
        except FetchFailed as failure:
            self._routes.pop(source.key, None)
            self._metrics.fetch(failure.reason, perf_counter() - start)
            return await self._failed(source, state, failure)
        self._routes[source.key] = route = route.noted(answer)
        match answer:
            case NotModified():
                self._metrics.fetch("not-modified", answer.seconds)
                state = await self._confirmed(source, state, answer)
            case Fetched():
                self._metrics.fetch("fetched", answer.seconds)
                state = await self._fetched(source, state, answer)
        if state.failures == 0:  # the answer was not held back
            self._routes[source.key] = route.settled(answer, state.digest)
        return state

    async def _fetch(self, request: FetchRequest) -> Fetched | NotModified:
        """Ask with the credentials in UTF-8; an upstream that does not take them may know them in Latin-1."""
        try:
            return await self._upstream.fetch(request)
        except FetchFailed as failure:
            latin_1 = request.credentials.in_latin_1() if request.credentials else None
            if failure.upstream_status != 401 or latin_1 is None:
                raise
            return await self._upstream.fetch(replace(request, credentials=latin_1))

    async def _failed(self, source: Source, state: SourceState | None, failure: FetchFailed) -> SourceState:
        if withdrawn(source, failure):
            self._states.pop(source.key, None)
            async with _store_may_be_away(source):
                await self._store.drop_last_good(source.key)
            raise failure
        if state is None:
            raise failure
        return self._kept(source, state, failure.reason, failure.retry_after)

    def _kept(
        self,
        source: Source,
        state: SourceState,
        reason: str,
        retry_after: float | None = None,
        doubted: int | None = None,
    ) -> SourceState:
        """Keep the last good body and say when to look again."""
        self._metrics.kept_last_good(reason)
        _log.warning("last good kept", extra={"fields": {"feed": source.log_name, "reason": reason}})
        failures = state.failures + 1
        pause = retry_after_failure(failures, reason, retry_after, self._bounds, source=source.key)
        return self._remember(
            source, replace(state, fresh_until=self._clock() + pause, failures=failures, doubted=doubted)
        )

    async def _confirmed(self, source: Source, state: SourceState | None, answer: NotModified | Fetched) -> SourceState:
        """Note that the body is what it was."""
        if state is None:
            raise FetchFailed("status-304", "the upstream answered 304 to a request without validators")
        now = self._clock()
        etag, last_modified = answer.etag or state.etag, answer.last_modified or state.last_modified
        async with _store_may_be_away(source):
            await self._store.confirm_last_good(source.key, fetched_at=now, etag=etag, last_modified=last_modified)
        fresh_until = now + lifetime(_said(state.base, answer), self._bounds, source=source.key)
        return self._remember(
            source,
            replace(
                state,
                etag=etag,
                last_modified=last_modified,
                fetched_at=now,
                fresh_until=fresh_until,
                failures=0,
                doubted=None,
            ),
        )

    async def _fetched(self, source: Source, state: SourceState | None, answer: Fetched) -> SourceState:
        digest = hashlib.sha256(answer.body).digest()
        if state is not None and digest == state.digest:
            return await self._confirmed(source, state, answer)
        try:
            base = await self._index(answer.body)
        except FeedRefused as refusal:
            self._metrics.refused(refusal.reason)
            if state is None:
                raise
            return self._kept(source, state, refusal.reason)
        decision = publish(
            state.base.events if state else None,
            base.events,
            loss_share=self._loss_share,
            confirmed=state is not None and state.doubted == base.events,
        )
        if isinstance(decision, KeepLastGood) and state is not None:
            return self._kept(source, state, decision.reason, doubted=base.events)
        return await self._published(source, answer, base, digest)

    async def _published(self, source: Source, answer: Fetched, base: Base, digest: bytes) -> SourceState:
        now = self._clock()
        state = SourceState(
            base=base,
            digest=digest,
            etag=answer.etag,
            last_modified=answer.last_modified,
            fetched_at=now,
            changed_at=now,
            fresh_until=now + lifetime(_said(base, answer), self._bounds, source=source.key),
        )
        good = LastGood(
            source=source.key,
            body=answer.body,
            digest=digest,
            etag=answer.etag,
            last_modified=answer.last_modified,
            events=base.events,
            fetched_at=now,
            changed_at=now,
        )
        async with _store_may_be_away(source):
            await self._store.save_last_good(good)
        return self._remember(source, state)

    async def _index(self, body: bytes) -> Base:
        start = perf_counter()
        if len(body) < LARGE:
            base = index(body, self._options)
        else:
            base = await asyncio.to_thread(index, body, self._options)
        self._metrics.rendered(perf_counter() - start, {c.rule: c.count for c in base.journal.changes()})
        return base

    def _remember(self, source: Source, state: SourceState) -> SourceState:
        if state.base.octets_in + 2_000 <= self._states.maxsize:
            self._states[source.key] = state
        return state


@asynccontextmanager
async def _store_may_be_away(source: Source) -> AsyncIterator[None]:
    """Go on from memory when the store cannot be written: it holds what the next process starts with.

    Nobody waits long for a locked database; the write is made when it can be.
    """
    try:
        async with asyncio.timeout(STORE_PATIENCE_SECONDS):
            yield
    except (Unavailable, TimeoutError) as outage:
        _log.warning("last good not stored yet", extra={"fields": {"feed": source.log_name}}, exc_info=outage)


def _said(base: Base, answer: NotModified | Fetched | None = None) -> Said:
    """Gather what the upstream and the feed say of its freshness."""
    interval = next((m[1].decode() for line in base.calendar.heads[0] if (m := _REFRESH_INTERVAL.match(line))), None)
    if answer is None:
        return Said(refresh_interval=interval)
    return Said(answer.cache_control, answer.expires, answer.date, answer.age, interval)
