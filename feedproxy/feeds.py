"""The driver: which feed a subscriber gets, and when to look upstream for it.

    cached and fresh    serve it: no parsing, no database, no await
    cached and stale    serve it, refresh behind
    not cached          make it of the source's last good body; look upstream only when there is none

What a feed is made of, and for whom, says `feedproxy.subscribed`. A source may be that of many subscriptions: it is
looked at once for all of them, and what they begin with is shared.

A GUID that only the upstream knows is asked for without credentials first. What the upstream gives to anybody is one
feed for all; what it wants credentials for is fetched with the client's, and belongs to those credentials alone.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Collection, Coroutine, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from cachetools import LRUCache

from feedproxy.answer import Answer, AuthRequired, Failure, Gone, Nothing, Served, Unknown, Withheld
from feedproxy.cache import Cache, Landed, Landing
from feedproxy.composing import Composer, gzip_of, look_of
from feedproxy.errors import FeedRefused, FetchFailed, SealBroken, Unavailable
from feedproxy.flights import Flights
from feedproxy.metrics import Metrics
from feedproxy.model import CalendarSource, Changed, Feed, Frozen, Look, Subscription
from feedproxy.policy.access import Credentials
from feedproxy.policy.secrets import log_name
from feedproxy.sources import Source, Sources, SourceState, refused, withdrawn
from feedproxy.store import Store
from feedproxy.subscribed import Subscribed, Wanted, feed_name
from feedproxy.transform import CalendarEvent

UNKNOWN_SECONDS = 60
OPEN_REFUSED_SECONDS = 60
CREDENTIALS_REFUSED_SECONDS = 30
"""How long an answer without a feed is believed. A wrong password must not cost the upstream a request each time."""
RETRY_SECONDS = 10
LONGEST_RETRY_SECONDS = 3_600
NEVER = datetime.max.replace(tzinfo=UTC)
MEMORY = 100_000
"""Of how many feeds a note is kept: failed, served under credentials."""
SEEN = 10_000
"""Of how many feeds that only the upstream knows it is kept in memory whose they are, for an operator to look anew."""
LEFT_OCTETS = 32_000_000
"""So many octets of feeds that have left memory are kept for when nothing newer can be had."""
LEFT_SECONDS = 1.0
"""How long such a feed is served before it is tried again to make a newer one."""

AT_ONCE = 250
"""Of so many feeds it is noted at once that they have changed: that takes 2 ms."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Failed:
    """What a flight without a newer feed ended in; believed from then until then, by a clock that may be set back."""

    answer: Failure | Served
    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class _InVain:
    """A look at a source of which nothing is known, how it failed, and until when it is not tried again."""

    source: Source
    failure: FetchFailed | FeedRefused
    since: datetime
    until: datetime

    def holds(self, source: Source, now: datetime) -> bool:
        """Tell whether it would be in vain again: not where anything else is sent."""
        return self.source == source and self.since <= now < self.until


@dataclass(frozen=True, slots=True)
class _Looked:
    """What a look ended in; `here`: it was this process that looked."""

    state: SourceState
    here: bool


class _Overtaken(Exception):  # it is caught at once
    """What a feed is made of has changed while it was made."""


class Feeds:
    """Everything that the feed route asks and the API tells. Open in one event loop; `close` ends what runs behind."""

    def __init__(
        self,
        *,
        store: Store,
        cache: Cache,
        sources: Sources,
        subscribed: Subscribed,
        metrics: Metrics,
        key: bytes,
        clock: Callable[[], datetime],
        flight_seconds: float,
        on_change: Callable[[Collection[Changed]], None] = lambda _: None,
    ) -> None:
        self._store = store
        self._cache = cache
        self._sources = sources
        self._subscribed = subscribed
        self._composer = Composer(store=store, cache=cache, sources=sources, clock=clock)
        self._metrics = metrics
        self._key = key
        self._clock = clock
        self._flight_seconds = flight_seconds
        self._on_change = on_change
        self._flights: Flights[Answer] = Flights()
        self._refreshes: Flights[Answer] = Flights()
        self._looks: Flights[_Looked] = Flights()
        self._drops: set[asyncio.Task[None]] = set()
        self._failed: LRUCache[tuple[str, bool], _Failed] = LRUCache(MEMORY)
        self._in_vain: LRUCache[str, _InVain] = LRUCache(MEMORY)
        self._variants: LRUCache[str, set[str]] = LRUCache(MEMORY)
        self._seen: LRUCache[str, UUID] = LRUCache(SEEN)
        self._left: LRUCache[str, Feed] = LRUCache(LEFT_OCTETS, getsizeof=_octets)

    async def answer(
        self, subscription_id: UUID, credentials: Credentials | None, may_try: Callable[[], bool] = lambda: True
    ) -> Answer:
        """Return the feed of a subscription, or why there is none. Trouble upstream is an answer, not an exception.

        `may_try` is asked before credentials that have never opened the feed are tried.
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
        if feed is not None and (not feed.look.base or self._is_of_now(feed.look)):
            return feed
        return self._peek(own_name) if own_name is not None else None

    def needs_nothing(self, feed: Feed) -> bool:
        """Tell whether nobody need look upstream for a feed now, nor has in vain: to serve it is a hit and no more."""
        return feed.look.trouble is None and self._sources.lasts(feed.fresh_until)

    async def snapshot(self, subscription: Subscription) -> Frozen | None:
        """Return the feed of a subscription as it is now, without a look upstream; None if there is none."""
        name = self._name(subscription.id)
        feed = next((feed for each in (name, *self._variants.get(name, ())) if (feed := self._peek(each))), None)
        try:
            wanted = self._subscribed.of(subscription)
            if feed is None and wanted is not None:
                state = await self._sources.state(wanted.source)
                feed = await self._composer.rendered(wanted, state) if state is not None else None
        except (FetchFailed, FeedRefused, SealBroken, Unavailable) as failure:
            _log.warning("a feed could not be kept", extra={"fields": {"feed": log_name(name)}}, exc_info=failure)
        return Frozen(await gzip_of(feed), feed.last_modified) if feed is not None else None

    async def events(self, subscription: Subscription) -> Sequence[CalendarEvent]:
        """List the events that the calendar of a subscription has; none if they cannot be had.

        Looks upstream only if nothing of the calendar is known: nobody has asked for its feed yet.
        """
        try:
            wanted = self._subscribed.of(subscription)
            if wanted is None:
                return ()
            looked = await self._looked(wanted, refresh=False)
            return (await self._sources.shared(wanted.source, looked.state))[1].events
        except (FetchFailed, FeedRefused, SealBroken, Unavailable) as failure:
            _log.warning("a calendar's events could not be read", exc_info=failure)
            return ()

    async def look_now(self, source: Source, subscription_id: UUID | None) -> SourceState:
        """Look upstream for a source, however fresh it is; `subscription_id` is whose own it is, if it is not shared.

        A look that is under way is joined. Raises FetchFailed, FeedRefused, Unavailable, SealBroken.
        """
        self._in_vain.pop(source.key, None)
        state = await self._told(source, await self._sources.state(source))
        wanted = None
        if subscription_id is not None:
            found = await self._subscribed.wanted(subscription_id, None)
            wanted = found if isinstance(found, Wanted) else None
            self._failed.pop((source.key, False), None)
            self._failed.pop((source.key, True), None)
        looks = self._looks.join(source.key, lambda: self._look(source, wanted, state, anew=True))
        return (await asyncio.shield(looks)).state

    def purge(self, name: str, subscription_id: UUID | None) -> None:
        """Tell the caches in front that their copies of a feed, or of all feeds of a source, may not be served on."""
        self._on_change([Changed(name, subscription_id, hard=True)])

    def source_of(self, source: CalendarSource) -> Source:
        """Return how a calendar's source is fetched. Raises SealBroken."""
        return self._subscribed.source_of(source)

    def subscription_seen(self, name: str) -> UUID | None:
        """Return whose feed, open to all, is called so in logs, if this process has looked upstream for it lately."""
        return self._seen.get(name)

    async def changed(self, subscription_ids: Collection[UUID]) -> None:
        """Forget the cached feeds of subscriptions that have changed: here, and in every other process."""
        await self.heard(subscription_ids)
        async for some in _in_turns(subscription_ids):
            self._on_change([Changed(self._name(each), each, hard=True) for each in some])

    async def heard(self, subscription_ids: Collection[UUID]) -> None:
        """Forget feeds of subscriptions that have changed a while ago, by whatever process.

        One of them may not have been told; or was rendering the old overlay when it was, and has cached it since.
        """
        async for some in _in_turns(subscription_ids):
            keys = [self._name(subscription_id) for subscription_id in some]
            await self._cache.drop([*keys, *self._forget(keys)])

    def forget(self, keys: Collection[str]) -> None:
        """Forget what another process said has changed; the cache itself has forgotten already."""
        variants = self._forget(keys)
        if variants:
            self._behind(self._cache.drop(variants))

    def left(self, name: str, feed: Feed) -> None:
        """Note what a feed was when it left memory."""
        self._composer.left(name, feed)
        if _octets(feed) <= LEFT_OCTETS:
            self._left[name] = feed

    async def close(self) -> None:
        """End what runs behind."""
        for flights in (self._flights, self._refreshes, self._looks):
            await flights.close()
        for task in self._drops:
            task.cancel()
        await asyncio.gather(*self._drops, return_exceptions=True)
        await self._subscribed.close()
        await self._sources.close()

    def _name(self, subscription_id: UUID, credentials: Credentials | None = None) -> str:
        return feed_name(self._key, subscription_id, credentials)

    def _behind(self, work: Coroutine[object, object, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._drops.add(task)
        task.add_done_callback(self._drops.discard)

    def _peek(self, name: str) -> Feed | None:
        """Look into this process's memory: the cached path. What a later look has overtaken is not there."""
        feed = self._cache.peek(name)
        return feed if feed is None or not feed.look.base or self._is_of_now(feed.look) else None

    def _is_of_now(self, look: Look) -> bool:
        """Tell whether the source has no other body by now: the feeds that share it are not told one by one."""
        landing = self._cache.landed(look.base)
        if isinstance(landing, Landed) and _is_later(landing, look):
            return False
        state = self._sources.known(look.base)
        return state is None or not _is_later(state.landed, look)

    async def _answer(
        self, subscription_id: UUID, credentials: Credentials | None, may_try: Callable[[], bool]
    ) -> Answer:
        """Look for an open feed first, then for that of the credentials."""
        cached = self._cached(subscription_id, None)
        if cached is None and credentials is not None:
            cached = self._cached(subscription_id, credentials)
        if cached is not None:
            return cached
        if credentials is None or not await self._heeds_credentials(subscription_id):
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

    async def _heeds_credentials(self, subscription_id: UUID) -> bool:
        try:
            return await self._subscribed.heeds_credentials(subscription_id)
        except (Unavailable, SealBroken):
            return True

    async def _opened_before(self, subscription_id: UUID, credentials: Credentials) -> bool:
        """Tell whether these credentials open the feed, or have: then nobody need ask whether it is open to all."""
        try:
            wanted = await self._subscribed.wanted(subscription_id, credentials)
            if isinstance(wanted, Wanted):
                return wanted.source.shared or await self._sources.state(wanted.source) is not None
        except (Unavailable, SealBroken):
            return False
        return isinstance(wanted, Gone)

    def _cached(self, subscription_id: UUID, credentials: Credentials | None) -> Served | None:
        feed = self._peek(self._name(subscription_id, credentials))
        return self._served(subscription_id, credentials, feed) if feed is not None else None

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

    def _failure(self, name: str, *, refresh: bool) -> Failure | Served | None:
        """Return what the last flight of this kind ended in, if that was no newer feed and is not long ago."""
        failed = self._failed.get((name, refresh))
        return failed.answer if failed is not None and failed.since <= self._clock() < failed.until else None

    async def _make(self, subscription_id: UUID, credentials: Credentials | None, *, refresh: bool) -> Answer:
        """Make the feed. However that fails, it is tried again after a while only, not at the next request."""
        name = self._name(subscription_id, credentials)
        fields = {"feed": log_name(name)}
        answer: Failure | Served
        seconds: float
        try:
            if not refresh and credentials is None and await self._cache.get(name) is not None:
                cached = self._cached(subscription_id, None)
                if cached is not None:
                    return cached
            made = await self._wanted(subscription_id, credentials, refresh=refresh)
            if isinstance(made, Served):
                return made
            answer, seconds = made
        except FeedRefused as refusal:
            _log.warning("feed refused", extra={"fields": fields | {"reason": refusal.reason}})
            answer, seconds = Nothing(refusal.reason, RETRY_SECONDS), RETRY_SECONDS
        except Unavailable as outage:
            _log.warning("the store is unavailable", extra={"fields": fields}, exc_info=outage)
            answer, seconds = Nothing("store-unavailable", outage.retry_after), outage.retry_after
        except SealBroken as broken:
            _log.error("a calendar's source cannot be read", extra={"fields": fields | {"error": broken.message}})
            answer, seconds = Nothing("seal-broken", RETRY_SECONDS), RETRY_SECONDS
        except Exception:  # noqa: BLE001 # whatever it is, the feed of before is served on
            _log.exception("a feed could not be made", extra={"fields": fields})
            answer, seconds = Nothing("internal-error", RETRY_SECONDS), RETRY_SECONDS
        left = None if refresh else self._left_over(name, credentials)
        if isinstance(answer, Nothing) and left is not None:
            answer, seconds = Served(left, "stale", answer.reason), LEFT_SECONDS
        self._remember(name, answer, seconds, refresh=refresh)
        return answer

    async def _wanted(
        self, subscription_id: UUID, credentials: Credentials | None, *, refresh: bool
    ) -> Served | tuple[Failure, float]:
        """Make the feed that is wanted now; or say why there is none, and for how many seconds that is believed."""
        while True:
            version = self._subscribed.version(subscription_id)
            wanted = await self._subscribed.wanted(subscription_id, credentials)
            if isinstance(wanted, Wanted):
                try:
                    return await self._made(wanted, refresh=refresh)
                except _Overtaken:
                    continue
                except FetchFailed as failure:
                    return await self._without_feed(wanted, failure, refresh=refresh)
            if self._subscribed.version(subscription_id) == version:
                return await self._without_wish(self._name(subscription_id, credentials), credentials, wanted)

    def _remember(self, name: str, answer: Failure | Served, seconds: float, *, refresh: bool) -> None:
        now = self._clock()
        self._failed[name, refresh] = _Failed(answer, now, now + timedelta(seconds=seconds))

    def _left_over(self, name: str, credentials: Credentials | None) -> Feed | None:
        """Return the feed as it last was in memory, unless it has been withdrawn since."""
        landing = self._cache.landed(name)
        if isinstance(landing, FetchFailed) and refused(landing, credentials):
            return None
        return self._cache.peek(name) or self._left.get(name)

    async def _without_wish(
        self, name: str, credentials: Credentials | None, answer: AuthRequired | Unknown | Gone
    ) -> tuple[Failure, float]:
        """Let go of a feed that nobody may have any more. Which credentials open it costs no more to find out again."""
        self._left.pop(name, None)
        if self._cache.peek(name) is not None:
            await self._cache.drop([name])
        return answer, UNKNOWN_SECONDS if credentials is None else 0

    async def _made(self, wanted: Wanted, *, refresh: bool) -> Served:
        """Make a feed of what is known; look upstream when nothing is, or to refresh what is no longer fresh."""
        if wanted.ended is not None:
            feed = await self._ended(wanted)
            return self._served(wanted.subscription_id, wanted.credentials, feed)
        looked = await self._looked(wanted, refresh=refresh)
        if not self._subscribed.is_current(wanted):
            raise _Overtaken
        feed = await self._publish(wanted, looked.state)
        if looked.here:
            return Served(feed, "miss", looked.state.trouble)
        served = self._served(wanted.subscription_id, wanted.credentials, feed)
        if not refresh and feed.look.base and not self._is_of_now(feed.look):
            self._remember(wanted.name, served, LEFT_SECONDS, refresh=False)
        return served

    async def _looked(self, wanted: Wanted, *, refresh: bool) -> _Looked:
        """Return what is known of the source; look upstream, once for all who want that, as far as it is needed."""
        source = wanted.source
        state = await self._told(source, await self._sources.state(source))
        if state is not None and not (refresh and not self._sources.lasts(state.fresh_until)):
            return _Looked(state, here=False)
        in_vain = self._in_vain.get(source.key)
        if state is None and in_vain is not None and in_vain.holds(source, self._clock()):
            raise in_vain.failure.with_traceback(None)  # each time that it is raised adds to what it has
        return await asyncio.shield(self._looks.join(source.key, lambda: self._look(source, wanted, state)))

    async def _look(
        self, source: Source, wanted: Wanted | None, before: SourceState | None, *, anew: bool = False
    ) -> _Looked:
        """Look upstream, unless another process does or, but for `anew`, just has: then take over what it has seen."""
        try:
            after = NEVER if anew else self._clock() if before is not None else None
            landing = await self._cache.depart(source.key, after=after, seconds=self._flight_seconds)
            if landing is None:
                return _Looked(await self._look_here(source, wanted, before), here=True)
            state = await self._sources.take_over(source, landing)
            if isinstance(landing, FetchFailed) and (before is None or withdrawn(source, landing)):
                raise landing
            if state is None:
                return _Looked(await self._look_here(source, wanted, before), here=True)
            return _Looked(state, here=False)
        except (FetchFailed, FeedRefused) as failure:
            if isinstance(failure, FetchFailed):
                _log.warning("fetch failed", extra={"fields": {"feed": source.log_name, "reason": failure.reason}})
            if source.shared:
                now = self._clock()
                until = now + timedelta(seconds=_retry_after(failure))
                self._in_vain[source.key] = _InVain(source, failure, now, until)
            raise

    async def _look_here(self, source: Source, wanted: Wanted | None, before: SourceState | None) -> SourceState:
        """Look upstream, and tell the other processes what came of it; `wanted` is the feed that it is for."""
        if wanted is not None and not source.shared and not wanted.private:
            self._seen[source.log_name] = wanted.subscription_id
        landing: Landing | None = None
        try:
            state = await self._sources.refresh(source, before)
            landing = state.landed
            # Whoever hears of the look forgets the feed of before: it has its successor first.
            if wanted is not None and not source.shared:
                landing = None
                with suppress(_Overtaken):
                    feed = await self._publish(wanted, state)
                    landing = state.landed if feed.look.source == state.digest else None
        except FetchFailed as failure:
            landing = failure
            raise
        finally:
            await self._cache.land(source.key, landing)
        private, whose = (wanted.private, wanted.subscription_id) if wanted is not None else (False, None)
        if before is not None and _is_another(before, state) and not private:
            self._on_change([Changed(source.key, None if source.shared else whose)])
        return state

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

    async def _without_feed(self, wanted: Wanted, failure: FetchFailed, *, refresh: bool) -> tuple[Failure, float]:
        """Say what a failed look upstream means when there is nothing to fall back on, and for how many seconds.

        What a calendar's own source answers is no word on its subscribers.
        """
        if not wanted.source.shared and failure.upstream_status in {401, 403}:
            await self._cache.drop([wanted.name])
            self._left.pop(wanted.name, None)
            if refresh:
                self._on_change([Changed(wanted.open_name, wanted.subscription_id, hard=True)])
            return AuthRequired(), CREDENTIALS_REFUSED_SECONDS if wanted.private else OPEN_REFUSED_SECONDS
        if not wanted.source.shared and failure.upstream_status in {400, 404, 410}:
            return Unknown(), CREDENTIALS_REFUSED_SECONDS if wanted.private else UNKNOWN_SECONDS
        retry_after = _retry_after(failure)
        return Nothing(failure.reason, retry_after), retry_after

    async def _ended(self, wanted: Wanted) -> Feed:
        """Return what is left of the feed of a subscription that was deactivated."""
        frozen: Frozen | None = None
        if wanted.ended == "freeze":
            frozen = await self._store.frozen(wanted.subscription_id) or await self._freeze(wanted)
        feed = await self._composer.ended(wanted, frozen)
        await self._put(wanted, feed)
        return feed

    async def _freeze(self, wanted: Wanted) -> Frozen:
        """Keep the feed as it would be now, or what another process has kept."""
        looked = await self._looked(wanted, refresh=False)
        feed = await self._composer.rendered(wanted, looked.state)
        frozen = Frozen(await gzip_of(feed), feed.last_modified)
        await self._store.keep_frozen(wanted.subscription_id, frozen)
        return await self._store.frozen(wanted.subscription_id) or frozen

    async def _publish(self, wanted: Wanted, state: SourceState) -> Feed:
        """Put the feed together and into the cache, unless it is there already."""
        there = self._cache.peek(wanted.name)
        if there is not None and there.look == look_of(wanted, state) and there.read_at is not None:
            return there
        feed = await self._composer.feed(wanted, state)
        await self._put(wanted, feed)
        is_another = (feed.look.source, feed.look.generation) != (state.digest, state.generation)
        if is_another and not wanted.private and not wanted.source.shared:
            self._on_change([Changed(wanted.name, wanted.subscription_id)])
        return feed

    async def _put(self, wanted: Wanted, feed: Feed) -> None:
        """Put a feed into the cache. Raises _Overtaken if it is not what is wanted now."""
        if not self._subscribed.is_current(wanted):
            raise _Overtaken
        if wanted.private:
            self._variants.setdefault(wanted.open_name, set()).add(wanted.name)
        self._left.pop(wanted.name, None)  # before there can be another that leaves
        await self._cache.put(wanted.name, feed)
        self._failed.pop((wanted.name, False), None)

    def _forget(self, keys: Collection[str]) -> list[str]:
        """Note that these subscriptions have changed; return the names under which they are cached for credentials."""
        self._subscribed.forget(keys)
        for key in keys:
            self._failed.pop((key, False), None)
        return [variant for key in keys for variant in self._variants.pop(key, ())]


async def _in_turns(ids: Collection[UUID]) -> AsyncIterator[Sequence[UUID]]:
    """Give many ids a few at a time; others get their turn in between."""
    every = list(ids)
    for start in range(0, len(every), AT_ONCE):
        yield every[start : start + AT_ONCE]
        await asyncio.sleep(0)


def _octets(feed: Feed) -> int:
    """Return what a feed takes in memory that shares nothing with others."""
    return sum(map(len, feed.start.blocks)) + len(feed.end)


def _is_another(before: SourceState, now: SourceState) -> bool:
    return (before.digest, before.generation) != (now.digest, now.generation)


def _is_later(landed: Landed, look: Look) -> bool:
    """Tell whether a look after that one has found another body."""
    another = (landed.digest, landed.generation) != (look.source, look.generation)
    return another and landed.fetched_at > look.fetched_at


def _retry_after(failure: FetchFailed | FeedRefused) -> int:
    asked = failure.retry_after if isinstance(failure, FetchFailed) else None
    return int(min(max(asked or 0, RETRY_SECONDS), LONGEST_RETRY_SECONDS))
