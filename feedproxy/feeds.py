"""The driver: which feed a subscriber gets, and when to look upstream for it.

    cached and fresh    serve it: no parsing, no database, no await
    cached and stale    serve it, refresh behind
    not cached          make it of the source's last good body; look upstream only when there is none

A GUID that only the upstream knows is asked for without credentials first. What the upstream gives to anybody is one
feed for all; what it wants credentials for is fetched with the client's, and belongs to those credentials alone.
"""

import asyncio
import logging
from collections.abc import Callable, Collection, Coroutine, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TypeVar
from uuid import UUID

from cachetools import LRUCache

from feedproxy.answer import Answer, AuthRequired, Failure, Nothing, Served, Unknown, Withheld
from feedproxy.cache import Cache, Landing
from feedproxy.errors import FeedRefused, FetchFailed, Unavailable
from feedproxy.flights import Flights
from feedproxy.gzip_member import Start
from feedproxy.metrics import Metrics
from feedproxy.model import Changed, Feed, Look, PersonalEvent
from feedproxy.policy.access import Credentials
from feedproxy.policy.secrets import feed_hash, keyed_hash
from feedproxy.sources import LARGE, Source, Sources, SourceState, withdrawn
from feedproxy.store import Store
from feedproxy.transform import Overlay, write_overlay

UNKNOWN_SECONDS = 60
OPEN_REFUSED_SECONDS = 60
CREDENTIALS_REFUSED_SECONDS = 30
"""How long an answer without a feed is believed. A wrong password must not cost the upstream a request each time."""
RETRY_SECONDS = 10
LONGEST_RETRY_SECONDS = 3_600
MEMORY = 100_000
"""Of how many feeds a note is kept: failed, served under credentials, changed, last version before it left memory."""
LEFT_OCTETS = 32_000_000
"""So many octets of feeds that have left memory are kept for when nothing newer can be had."""
LEFT_SECONDS = 1.0
"""How long such a feed is served before it is tried again to make a newer one."""
OVERLAY_SECONDS = 3_600
"""For how long personal events are believed to be as they were read, when nobody has said that they have changed.

Whoever changes them says so; this is for a process that was killed before it could.
"""
PERSONAL_EVENT_OCTETS = 1_000
"""What writing a personal event costs, as octets of a body that cost as much."""

_log = logging.getLogger(__name__)

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class _Failed:
    """What a flight without a newer feed ended in; believed from then until then, by a clock that may be set back."""

    answer: Failure | Served
    since: datetime
    until: datetime


class Feeds:
    """Everything that the feed route asks and the API tells. Open in one event loop; `close` ends what runs behind."""

    def __init__(
        self,
        *,
        store: Store,
        cache: Cache,
        sources: Sources,
        metrics: Metrics,
        upstream_url: str,
        upstream_headers: Mapping[str, str],
        key: bytes,
        clock: Callable[[], datetime],
        flight_seconds: float,
        on_change: Callable[[Collection[Changed]], None] = lambda _: None,
    ) -> None:
        self._store = store
        self._cache = cache
        self._sources = sources
        self._metrics = metrics
        self._upstream_url = upstream_url
        self._upstream_headers = upstream_headers
        self._key = key
        self._clock = clock
        self._flight_seconds = flight_seconds
        self._on_change = on_change
        self._flights: Flights[Answer] = Flights()
        self._refreshes: Flights[Answer] = Flights()
        self._drops: set[asyncio.Task[None]] = set()
        self._failed: LRUCache[tuple[str, bool], _Failed] = LRUCache(MEMORY)
        self._variants: LRUCache[str, set[str]] = LRUCache(MEMORY)
        self._changes: LRUCache[str, int] = LRUCache(MEMORY)
        self._versions: LRUCache[str, tuple[str, datetime]] = LRUCache(MEMORY)
        self._left: LRUCache[str, Feed] = LRUCache(LEFT_OCTETS, getsizeof=_octets)

    async def answer(
        self, subscription_id: UUID, credentials: Credentials | None, may_try: Callable[[], bool] = lambda: True
    ) -> Answer:
        """Return the feed of a subscription, or why there is none. Trouble upstream is an answer, not an exception.

        `may_try` is asked before credentials that have never opened the feed are tried upstream.
        """
        answer = await self._answer(subscription_id, credentials, may_try)
        if isinstance(answer, Served):
            self._metrics.feed(answer.status)
            if answer.status == "stale":
                self._metrics.stale(max(0.0, (self._clock() - answer.feed.fresh_until).total_seconds()))
        elif isinstance(answer, AuthRequired):
            self._metrics.auth_failure("basic" if credentials else "missing")
        elif isinstance(answer, Withheld):
            self._metrics.auth_failure("limited")
        return answer

    def in_memory(self, name: str, own_name: str | None) -> Feed | None:
        """Return the feed that is open to all, or else that of the credentials, as `feed_name` calls them."""
        feed = self._cache.peek(name)
        return feed if feed is not None or own_name is None else self._cache.peek(own_name)

    def needs_nothing(self, feed: Feed) -> bool:
        """Tell whether nobody need look upstream for a feed now, nor has in vain: to serve it is a hit and no more."""
        return feed.look.trouble is None and self._sources.lasts(feed.fresh_until)

    async def changed(self, subscription_ids: Collection[UUID]) -> None:
        """Forget the cached feeds of subscriptions whose overlay has changed: here, and in every other process."""
        await self.heard(subscription_ids)
        self._on_change([Changed(self._name(each), each, hard=True) for each in subscription_ids])

    async def heard(self, subscription_ids: Collection[UUID]) -> None:
        """Forget feeds whose overlay has changed a while ago, by whatever process.

        One of them may not have been told; or was rendering the old overlay when it was, and has cached it since.
        """
        keys = [self._name(subscription_id) for subscription_id in subscription_ids]
        await self._cache.drop([*keys, *self._forget(keys)])

    def forget(self, keys: Collection[str]) -> None:
        """Forget what another process said has changed; the cache itself has forgotten already."""
        variants = self._forget(keys)
        if variants:
            self._behind(self._cache.drop(variants))

    def left(self, name: str, feed: Feed) -> None:
        """Note what a feed was when it left memory: the next one of other octets is later, if there can be one."""
        self._versions[name] = feed.digest, feed.last_modified
        if _octets(feed) <= LEFT_OCTETS:
            self._left[name] = feed

    async def close(self) -> None:
        """End what runs behind."""
        tasks = [*self._flights.values(), *self._refreshes.values(), *self._drops]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _name(self, subscription_id: UUID, credentials: Credentials | None = None) -> str:
        return feed_name(self._key, subscription_id, credentials)

    def _behind(self, work: Coroutine[object, object, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._drops.add(task)
        task.add_done_callback(self._drops.discard)

    async def _answer(
        self, subscription_id: UUID, credentials: Credentials | None, may_try: Callable[[], bool]
    ) -> Answer:
        """Look for an open feed first, then for that of the credentials."""
        cached = self._cached(subscription_id, None)
        if cached is None and credentials is not None:
            cached = self._cached(subscription_id, credentials)
        if cached is not None:
            return cached
        if credentials is None:
            return await self._uncached(subscription_id, None)
        failure = self._failure(self._name(subscription_id, credentials), refresh=False)
        if failure is not None:
            return failure
        if not await self._opened_before(subscription_id, credentials):
            answer = await self._uncached(subscription_id, None)
            if isinstance(answer, Served):
                return answer
            if not may_try():
                return Withheld()
        return await self._uncached(subscription_id, credentials)

    async def _opened_before(self, subscription_id: UUID, credentials: Credentials) -> bool:
        """Tell whether these credentials have opened the feed: then nobody need ask whether it is open to all."""
        try:
            return await self._sources.state(self._source(subscription_id, credentials)) is not None
        except Unavailable:
            return False

    def _source(self, subscription_id: UUID, credentials: Credentials | None) -> Source:
        url = subscription_url(self._upstream_url, subscription_id)
        return Source(self._name(subscription_id, credentials), url, credentials, self._upstream_headers)

    def _cached(self, subscription_id: UUID, credentials: Credentials | None) -> Served | None:
        """Look into this process's memory: the cached path."""
        feed = self._cache.peek(self._name(subscription_id, credentials))
        if feed is None:
            return None
        return self._served(subscription_id, credentials, feed)

    def _served(self, subscription_id: UUID, credentials: Credentials | None, feed: Feed) -> Served:
        """Serve a feed that is there; refresh it behind if it is time for that."""
        trouble = feed.look.trouble
        if self._sources.lasts(feed.fresh_until):
            return Served(feed, "hit" if trouble is None else "stale", trouble)
        failure = self._refresh_behind(subscription_id, credentials)
        return Served(feed, "stale", failure.reason if isinstance(failure, Nothing) else trouble)

    def _refresh_behind(self, subscription_id: UUID, credentials: Credentials | None) -> Failure | Served | None:
        """Refresh a feed, or return why that is not tried now."""
        failure = self._failure(self._name(subscription_id, credentials), refresh=True)
        if failure is None:
            self._flight(subscription_id, credentials, refresh=True)
        return failure

    async def _uncached(self, subscription_id: UUID, credentials: Credentials | None) -> Answer:
        failure = self._failure(self._name(subscription_id, credentials), refresh=False)
        if failure is not None:
            return failure
        return await asyncio.shield(self._flight(subscription_id, credentials, refresh=False))

    def _flight(self, subscription_id: UUID, credentials: Credentials | None, *, refresh: bool) -> asyncio.Task[Answer]:
        """Join the flight of this feed, or start it: never two at once.

        A refresh flies by itself: who wants the feed now does not wait for an upstream that is slow.
        """
        flights = self._refreshes if refresh else self._flights
        name = self._name(subscription_id, credentials)
        return flights.join(name, lambda: self._make(subscription_id, credentials, refresh=refresh))

    async def _make(self, subscription_id: UUID, credentials: Credentials | None, *, refresh: bool) -> Answer:
        """Make the feed. However that fails, it is tried again after a while only, not at the next request."""
        source = self._source(subscription_id, credentials)
        answer: Failure | Served
        seconds: float
        try:
            if not refresh and credentials is None and await self._cache.get(source.key) is not None:
                cached = self._cached(subscription_id, None)
                if cached is not None:
                    return cached
            return await self._from_source(subscription_id, source, refresh=refresh)
        except FetchFailed as failure:
            answer, seconds = await self._without_feed(source, failure)
            if refresh and isinstance(answer, AuthRequired):
                self._on_change([Changed(self._name(subscription_id), subscription_id, hard=True)])
        except FeedRefused as refusal:
            _log.warning("feed refused", extra={"fields": {"feed": source.log_name, "reason": refusal.reason}})
            answer, seconds = Nothing(refusal.reason, RETRY_SECONDS), RETRY_SECONDS
        except Unavailable as outage:
            _log.warning("the store is unavailable", extra={"fields": {"feed": source.log_name}}, exc_info=outage)
            answer, seconds = Nothing("store-unavailable", outage.retry_after), outage.retry_after
        except Exception:  # noqa: BLE001 # whatever it is, the feed of before is served on
            _log.exception("a feed could not be made", extra={"fields": {"feed": source.log_name}})
            answer, seconds = Nothing("internal-error", RETRY_SECONDS), RETRY_SECONDS
        left = None if refresh else self._left_over(source)
        if isinstance(answer, Nothing) and left is not None:
            answer, seconds = Served(left, "stale", answer.reason), LEFT_SECONDS
        now = self._clock()
        self._failed[source.key, refresh] = _Failed(answer, now, now + timedelta(seconds=seconds))
        return answer

    def _left_over(self, source: Source) -> Feed | None:
        """Return the feed as it last was in memory, unless it has been withdrawn since."""
        landing = self._cache.landed(source.key)
        gone = isinstance(landing, FetchFailed) and withdrawn(source, landing)
        return self._left.get(source.key) if not gone else None

    def _failure(self, name: str, *, refresh: bool) -> Failure | Served | None:
        """Return what the last flight of this kind ended in, if that was no newer feed and is not long ago."""
        failed = self._failed.get((name, refresh))
        return failed.answer if failed is not None and failed.since <= self._clock() < failed.until else None

    async def _from_source(self, subscription_id: UUID, source: Source, *, refresh: bool) -> Answer:
        """Make the feed of what is known; look upstream when nothing is, or to refresh what is no longer fresh."""
        if not self._upstream_url:
            return Unknown()
        state = await self._told(source, await self._sources.state(source))
        if state is None or (refresh and not self._sources.lasts(state.fresh_until)):
            after = self._clock() if state is not None else None
            landing = await self._cache.depart(source.key, after=after, seconds=self._flight_seconds)
            if landing is None:
                return await self._look_upstream(subscription_id, source, state)
            before, state = state, await self._sources.take_over(source, landing)
            if isinstance(landing, FetchFailed) and (before is None or withdrawn(source, landing)):
                raise landing
            if state is None:
                return await self._look_upstream(subscription_id, source, before)
        return self._served(subscription_id, source.credentials, await self._publish(subscription_id, source, state))

    async def _told(self, source: Source, state: SourceState | None) -> SourceState | None:
        """Return the state after the last look of any process, as far as it was told."""
        landing = self._cache.landed(source.key)
        if state is None or landing is None:
            return state
        if isinstance(landing, FetchFailed):
            return await self._sources.take_over(source, landing) if withdrawn(source, landing) else state
        if landing.fresh_until <= state.fresh_until:
            return state
        return await self._sources.take_over(source, landing) or state

    async def _look_upstream(self, subscription_id: UUID, source: Source, before: SourceState | None) -> Answer:
        """Look upstream, publish what comes of it, and tell the other processes."""
        landing: Landing | None = None
        try:
            state = await self._sources.refresh(source, before)
            feed = await self._publish(subscription_id, source, state)
            landing = state.landed if feed.look.source == state.digest else None
        except FetchFailed as failure:
            landing = failure
            raise
        finally:
            await self._cache.land(source.key, landing)
        if before is not None and _is_another(before, state) and source.credentials is None:
            self._on_change([Changed(source.key, subscription_id)])
        return Served(feed, "miss", state.trouble)

    async def _without_feed(self, source: Source, failure: FetchFailed) -> tuple[Failure, int]:
        """Say what a failed look upstream means when there is nothing to fall back on, and for how many seconds."""
        _log.warning("fetch failed", extra={"fields": {"feed": source.log_name, "reason": failure.reason}})
        if failure.upstream_status in {401, 403}:
            await self._cache.drop([source.key])
            self._left.pop(source.key, None)
            return AuthRequired(), CREDENTIALS_REFUSED_SECONDS if source.credentials else OPEN_REFUSED_SECONDS
        if failure.upstream_status in {400, 404, 410}:
            return Unknown(), CREDENTIALS_REFUSED_SECONDS if source.credentials else UNKNOWN_SECONDS
        retry_after = int(min(max(failure.retry_after or 0, RETRY_SECONDS), LONGEST_RETRY_SECONDS))
        return Nothing(failure.reason, retry_after), retry_after

    async def _publish(self, subscription_id: UUID, source: Source, state: SourceState) -> Feed:
        """Put the subscription's overlay on the base and the feed into the cache.

        An overlay that changes while it is being rendered is rendered again.
        """
        open_name = self._name(subscription_id)
        while True:
            changes = self._changes.get(open_name, 0)
            feed = await self._renewed(source, state) or await self._render(subscription_id, source, state)
            if self._changes.get(open_name, 0) == changes:
                break
        if source.credentials is not None:
            self._variants.setdefault(open_name, set()).add(source.key)
        self._left.pop(source.key, None)  # before there can be another that leaves
        await self._cache.put(source.key, feed)
        self._failed.pop((source.key, False), None)
        if source.credentials is None and (feed.look.source, feed.look.generation) != (state.digest, state.generation):
            self._on_change([Changed(source.key, subscription_id)])
        return feed

    async def _renewed(self, source: Source, state: SourceState) -> Feed | None:
        """Put what is in memory of this subscription's own on the base as it is now.

        None where its personal events must be read: they are not at hand, may have changed, or one of them may stand
        in for a component of the base.
        """
        before = self._cache.peek(source.key)
        if before is None or before.read_at is None or not self._cache.hears():
            return None
        if self._clock() >= before.read_at + timedelta(seconds=OVERLAY_SECONDS):
            return None
        look = _look(source, state)
        if (look.source, look.generation) == (before.look.source, before.look.generation):
            return self._dated(source, replace(before, look=look), state)
        state, shared = await self._sources.shared(source, state)
        if shared.personal_uids or self._cache.peek(source.key) is not before:
            return None
        overlay = Overlay(frozenset(), before.zones, before.end)
        feed = replace(before, start=shared.start(overlay), look=_look(source, state))
        return self._dated(source, feed, state)

    async def _render(self, subscription_id: UUID, source: Source, state: SourceState) -> Feed:
        now = self._clock()
        events = await self._store.events_of(subscription_id)
        visible = [event for event in events if _appears(event, now) is None]
        appearing = [time for event in events if (time := _appears(event, now)) is not None]
        state, shared = await self._sources.shared(source, state)

        def work() -> tuple[Start, Overlay]:
            overlay = write_overlay(visible)
            return shared.start(overlay), overlay

        start, overlay = await _done(work, shared.base.octets_in + PERSONAL_EVENT_OCTETS * len(visible))
        look = _look(source, state)
        feed = Feed(
            start=start,
            end=overlay.end,
            zones=overlay.zones,
            look=replace(look, fresh_until=min([look.fresh_until, *appearing])) if appearing else look,
            last_modified=state.changed_at,
            read_at=None if appearing else state.fetched_at,
            personal=bool(events),
        )
        times: list[datetime] = []
        for event in visible:
            times += [state.edition_at, event.updated_at, event.details.visible_from or event.updated_at]
        return self._dated(source, feed, state, times)

    def _dated(self, source: Source, feed: Feed, state: SourceState, times: Collection[datetime] = ()) -> Feed:
        """Date a feed by when its octets came to be: the same for the same octets, later than any others before.

        Of the same octets, other ones may have been served in between by another process: then the source says so.
        """
        before = self._cache.peek(source.key)
        version = self._versions.get(source.key) if before is None else (before.digest, before.last_modified)
        if version is None:
            return replace(feed, last_modified=max([state.changed_at, *times]))
        digest, last_modified = version
        if digest == feed.digest:
            return replace(feed, last_modified=max(state.changed_at, last_modified))
        return replace(feed, last_modified=max(state.changed_at, *times, last_modified + timedelta(seconds=1)))

    def _forget(self, keys: Collection[str]) -> list[str]:
        """Note that these overlays have changed; return the names under which they are cached for credentials."""
        for key in keys:
            self._changes[key] = self._changes.get(key, 0) + 1
            self._failed.pop((key, False), None)
        return [variant for key in keys for variant in self._variants.pop(key, ())]


async def _done(work: Callable[[], T], octets: int) -> T:
    """Do work on so many octets: in a thread, if it would hold the event loop for long."""
    return work() if octets < LARGE else await asyncio.to_thread(work)


def _octets(feed: Feed) -> int:
    """Return what a feed takes in memory that shares nothing with others."""
    return sum(map(len, feed.start.blocks)) + len(feed.end)


def _look(source: Source, state: SourceState) -> Look:
    return Look(
        source=state.digest,
        generation=state.generation,
        fetched_at=state.fetched_at,
        fresh_until=state.fresh_until,
        trouble=state.trouble,
        protected=source.credentials is not None,
    )


def subscription_url(upstream_url: str, subscription_id: UUID) -> str:
    """Return where a CalReply service has a subscription's feed."""
    return f"{upstream_url}/v1/webcal/{subscription_id}"


def feed_name(key: bytes, subscription_id: UUID, credentials: Credentials | None) -> str:
    """Return the name of a feed in caches and in the store: keyed hashes, so that it gives away neither of the two."""
    name = feed_hash(key, subscription_id)
    if credentials is None:
        return name
    return name + "." + keyed_hash(key, "credentials", credentials.octets).hex()[:32]


def _is_another(before: SourceState, now: SourceState) -> bool:
    return (before.digest, before.generation) != (now.digest, now.generation)


def _appears(event: PersonalEvent, now: datetime) -> datetime | None:
    """Return when an event that is hidden now will be seen; None for one that is seen."""
    visible_from = event.details.visible_from
    return visible_from if visible_from is not None and visible_from > now else None
