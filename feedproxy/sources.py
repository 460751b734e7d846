"""A source's last good body: fetched, weighed against the one before, indexed once, kept in the store.

In memory there is what the next look upstream needs, for every source; and what the feeds of a body have in common, for
the bodies that were used last. It is made again of the store's when it is wanted.

What a look upstream ends in is decided by pure functions (`feedproxy.policy`); here they are obeyed. A new body is
settled against the one in the store, which all processes share: so what they serve is the same, octet for octet, also
when each fetches for itself from an upstream that writes every answer anew.
"""

import asyncio
import hashlib
import logging
import re
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from time import perf_counter
from typing import TypeVar

from cachetools import LRUCache

import feedproxy
from feedproxy.cache import Landed, Landing
from feedproxy.errors import FeedRefused, FetchFailed, Unavailable
from feedproxy.flights import Flights
from feedproxy.indexed import LARGE, Indexed, IndexedBodies
from feedproxy.looks import Look
from feedproxy.metrics import Metrics
from feedproxy.model import Held, LastGood
from feedproxy.policy.access import Credentials
from feedproxy.policy.freshness import Bounds, Said, lasts, lifetime, retry_after_failure
from feedproxy.policy.publish import KeepLastGood, Publish, confirms, publish
from feedproxy.policy.secrets import log_name
from feedproxy.store import Store
from feedproxy.transform import Base, Options, Shared, assemble, index, lost_ahead, settle
from feedproxy.upstream import Fetched, FetchRequest, NotModified, Route, UpstreamClient
from tzmap import CLDR_VERSION, TZDATA_EDITION

SHARE = 4
"""What is indexed may take a quarter of what feeds may take in memory; what is known of sources, another."""
STATE_OCTETS = 1_000
"""Octets that it takes to know a source."""

STORE_PATIENCE_SECONDS = 2.0
ROUTES = 100_000
"""Of how many sources it is remembered where they have moved."""

EDITION = f"feedproxy {feedproxy.__version__}, tzdata {TZDATA_EDITION}, CLDR {CLDR_VERSION}"
"""What octets depend on beside the body: personal events are written by these, and their zones declared."""

RACES = 8
"""How often another process may be first with a new body before this one leaves it at that."""

_REFRESH_INTERVAL = re.compile(rb"REFRESH-INTERVAL(?:;[^:]*)?:(.*)")
_log = logging.getLogger(__name__)

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Source:
    """Where a body comes from.

    `key` names it in the store and in caches and tells nobody its URL or credentials; `headers` are the operator's own
    for it. `shared`: it is that of a calendar and so of many subscriptions, and its credentials are nobody's of them.
    """

    key: str
    url: str
    credentials: Credentials | None
    headers: Mapping[str, str]
    shared: bool = False

    @property
    def log_name(self) -> str:
        """What logs call it."""
        return log_name(self.key)


@dataclass(frozen=True, slots=True)
class SourceState:
    """What is known of the last good body of a source, and of its freshness.

    `events` counts its components as served, `refresh_interval` is the value of its REFRESH-INTERVAL.

    `digest`, `etag`, `last_modified`, `fetched_at`, `changed_at`, `rendered`, `edition_at`, `generation` and `held` are
    as in `LastGood`; `failures` counts the looks upstream since the body was confirmed, `trouble` is why the last of
    them did not.
    """

    digest: bytes
    events: int
    refresh_interval: str | None
    etag: str | None
    last_modified: str | None
    fetched_at: datetime
    changed_at: datetime
    fresh_until: datetime
    rendered: bytes
    edition_at: datetime
    generation: int
    held: Held | None = None
    failures: int = 0
    trouble: str | None = None

    @property
    def landed(self) -> Landed:
        """What other processes are told of the look that led here."""
        return Landed(self.digest, self.generation, self.fetched_at, self.fresh_until, self.failures, self.trouble)


def withdrawn(source: Source, failure: FetchFailed) -> bool:
    """Tell whether the upstream no longer gives a feed to those who had it.

    Nothing that a calendar's own source answers says that: it is asked with our credentials, not with a subscriber's.
    """
    return not source.shared and refused(failure, source.credentials)


def refused(failure: FetchFailed, credentials: Credentials | None) -> bool:
    """Tell whether the upstream no longer gives a feed to who asked with these credentials.

    A 403 without credentials is a firewall's hiccup as often as not, and takes no feed away.
    """
    return failure.upstream_status == 401 or (failure.upstream_status == 403 and credentials is not None)


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
        on_look: Callable[[Look], None] = lambda _: None,
    ) -> None:
        self._store = store
        self._upstream = upstream
        self._metrics = metrics
        self._bounds = bounds
        self._loss_share = loss_share
        self._clock = clock
        self._on_look = on_look
        self._options = options
        self._routes: LRUCache[str, Route] = LRUCache(ROUTES)
        self._readings: Flights[SourceState | None] = Flights()
        self._indexings: Flights[tuple[SourceState, Shared]] = Flights()
        share = max_octets // SHARE
        self._states: LRUCache[str, SourceState] = LRUCache(max(share // STATE_OCTETS, 1))
        self._indexed = IndexedBodies(share)

    def lasts(self, fresh_until: datetime) -> bool:
        """Tell whether a feed that is fresh until then needs no look upstream now."""
        return lasts(fresh_until, self._bounds, now=self._clock())

    @property
    def longest(self) -> timedelta:
        """How long a feed may be served that needs no look upstream, before it is asked again what has become of it."""
        return self._bounds.most

    def known(self, key: str) -> SourceState | None:
        """Return what is in memory of a source."""
        return self._states.get(key)

    async def close(self) -> None:
        """End what runs behind."""
        await self._readings.close()
        await self._indexings.close()

    async def state(self, source: Source) -> SourceState | None:
        """Return what is known of a source without a look upstream; None when nothing good was ever seen."""
        state = self._states.get(source.key)
        if state is not None:
            return state
        return await asyncio.shield(self._readings.join(source.key, lambda: self._stored(source)))

    async def _stored(self, source: Source) -> SourceState | None:
        good = await self._store.last_good(source.key)
        state = await self._restored(source, good) if good is not None else None
        seen = self._states.get(source.key)  # by a look upstream meanwhile
        return seen or (self._remember(source, state) if state is not None else None)

    async def shared(self, source: Source, state: SourceState) -> tuple[SourceState, Shared]:
        """Return what the feeds of a source have in common, and the state it belongs to: that one, or a later one.

        A body that is neither in memory nor in the store (it could not be stored, or another process has put another
        one there) is looked for upstream, unless what is in the store was seen there later. Raises Unavailable while
        the body is not in memory and the store is away; else what `refresh` raises.
        """
        known = self._indexed.get(state.digest)
        if known is not None:
            return state, known.shared
        indexing = f"{source.key} {state.digest.hex()}"
        state_of_body, shared = await asyncio.shield(
            self._indexings.join(indexing, lambda: self._shared(source, state))
        )
        return (state if state_of_body.digest == state.digest else state_of_body), shared

    async def _shared(self, source: Source, state: SourceState) -> tuple[SourceState, Shared]:
        while True:
            known = self._indexed.get(state.digest)
            if known is not None:
                return state, known.shared
            good = await self._store.last_good(source.key)
            if good is not None and good.digest == state.digest:
                return state, (await self._index(good.body)).shared
            self._states.pop(source.key, None)
            stored = await self._stored(source)
            if stored is None or stored.fetched_at < state.fetched_at:
                stored = await self.refresh(source, stored)
            state = stored

    async def _restored(self, source: Source, good: LastGood) -> SourceState | None:
        """Index what the store has; None if it is no longer thought good.

        Where this release or its zone data make other octets of it than were served, they count as changed now.
        """
        try:
            indexed = await self._index(good.body)
        except FeedRefused as refusal:  # an earlier release thought it good
            _log.warning("last good refused", extra={"fields": {"feed": source.log_name, "reason": refusal.reason}})
            return None
        if (good.rendered, good.edition) != (indexed.rendered, EDITION):
            noted = self._as_rendered_now(good, indexed.rendered)
            there: LastGood | None = noted
            async with _store_may_be_away(source):
                if not await self._store.note_rendering(noted, after=good):
                    there = await self._store.last_good(source.key)
            good = there if there is not None and there.digest == good.digest else noted
        interval = _refresh_interval(indexed.shared.base)
        return SourceState(
            digest=good.digest,
            events=indexed.shared.base.events,
            refresh_interval=interval,
            etag=good.etag,
            last_modified=good.last_modified,
            fetched_at=good.fetched_at,
            changed_at=good.changed_at,
            fresh_until=good.fetched_at + lifetime(_said(interval), self._bounds, source=source.key),
            rendered=indexed.rendered,
            edition_at=good.edition_at or good.changed_at,
            generation=good.generation,
            held=good.held,
        )

    def _as_rendered_now(self, good: LastGood, rendered: bytes) -> LastGood:
        now = self._clock()
        return replace(
            good,
            rendered=rendered,
            edition=EDITION,
            edition_at=good.edition_at if good.edition == EDITION else now,
            changed_at=good.changed_at if good.rendered == rendered else _later(good.changed_at, now),
        )

    async def take_over(self, source: Source, landing: Landing) -> SourceState | None:
        """Return the state after another process's look upstream: that body, fresh for as long as there.

        None if it is another one than is known here and not in the store, or not to be read now. Of a look without a
        feed nothing is known here afterwards if the feed was withdrawn.
        """
        if isinstance(landing, FetchFailed):
            if withdrawn(source, landing):
                self._states.pop(source.key, None)
            return None
        state = self._states.get(source.key)
        if state is None or (state.digest, state.generation) != (landing.digest, landing.generation):
            good: LastGood | None = None
            async with _store_may_be_away(source):
                good = await self._store.last_good(source.key)
            state = await self._restored(source, good) if good is not None and good.digest == landing.digest else None
        if state is None:
            return None
        return self._remember(
            source,
            replace(
                state,
                fetched_at=landing.fetched_at,
                fresh_until=landing.fresh_until,
                failures=landing.failures,
                trouble=landing.trouble,
                held=state.held if landing.failures else None,
            ),
        )

    async def refresh(self, source: Source, state: SourceState | None) -> SourceState:
        """Look upstream. Returns the new state, or the old one with the time of the next look.

        Raises FetchFailed or FeedRefused when there is no old one, and FetchFailed in any case when the upstream has
        withdrawn the feed: then it must not be served on. What came of it is told to `on_look`; but not that a feed of
        which there was never anything cannot be had, for anybody may ask for any GUID.
        """
        start = perf_counter()
        answers: list[Fetched | NotModified] = []
        try:
            after = await self._look(source, state, answers)
        except (FetchFailed, FeedRefused) as failure:
            if state is not None or source.shared:
                self._tell(source, state, None, answers, failure=failure, seconds=perf_counter() - start)
            raise
        self._tell(source, state, after, answers, failure=None, seconds=perf_counter() - start)
        return after

    def _tell(
        self,
        source: Source,
        before: SourceState | None,
        after: SourceState | None,
        answers: Sequence[Fetched | NotModified],
        *,
        failure: FetchFailed | FeedRefused | None,
        seconds: float,
    ) -> None:
        """Tell of a look that has ended."""
        protected = source.credentials is not None
        look = Look(
            source=source.key,
            answer=answers[-1] if answers else None,
            failure=failure,
            before=before,
            after=after,
            protected=protected,
            private=protected and not source.shared,
            seconds=seconds,
            ended_at=self._clock(),
        )
        self._on_look(look)

    async def _look(
        self, source: Source, state: SourceState | None, answers: list[Fetched | NotModified]
    ) -> SourceState:
        """Do what `refresh` says; each answer is added to those that came."""
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
        answers.append(answer)
        route = self._remember_route(source, route.noted(answer))
        match answer:
            case NotModified():
                self._metrics.fetch("not-modified", answer.seconds)
                if state is None:
                    raise FetchFailed("status-304", "the upstream answered 304 to a request without validators")
                confirmed = await self._confirmed(source, state, answer)
                if confirmed is None:  # ask for the whole body, to settle it against the one that stands there
                    self._routes.pop(source.key, None)
                    return await self._look(source, replace(state, etag=None, last_modified=None), answers)
                state = confirmed
            case Fetched():
                self._metrics.fetch("fetched", answer.seconds)
                state = await self._fetched(source, state, answer)
        if state.failures == 0:  # the answer was not held back
            self._remember_route(source, route.settled(answer, state.digest))
        return state

    def _remember_route(self, source: Source, route: Route) -> Route:
        """Remember a route that says anything: most do not."""
        if route == Route():
            self._routes.pop(source.key, None)
        else:
            self._routes[source.key] = route
        return route

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
        return await self._kept(source, state, failure)

    async def _kept(self, source: Source, state: SourceState, failure: FetchFailed | FeedRefused) -> SourceState:
        """Keep the last good body for want of another. A doubt wants to be confirmed by the very next look."""
        if state.held is not None and not (state.held.accepted or state.held.refused):
            async with _store_may_be_away(source):
                await self._store.forget_held(source.key)
            state = replace(state, held=None)
        decision = publish(state.events, failure, lost_ahead=0, loss_share=self._loss_share, confirmed=False)
        assert isinstance(decision, KeepLastGood)
        retry_after = failure.retry_after if isinstance(failure, FetchFailed) else None
        return self._look_again(source, state, decision, retry_after)

    async def _held_back(self, source: Source, state: SourceState, decision: KeepLastGood, events: int) -> SourceState:
        """Keep the last good body, and in mind what was doubted."""
        now = self._clock()
        since = state.held.since if state.held is not None and state.held.events == events else now
        refused = state.held is not None and state.held.refused
        held = Held(decision.reason, decision.text, events, since, refused=refused)
        async with _store_may_be_away(source):
            await self._store.hold_back(source.key, state.digest, held)
        return self._look_again(source, replace(state, held=held), decision)

    def _look_again(
        self, source: Source, state: SourceState, decision: KeepLastGood, retry_after: float | None = None
    ) -> SourceState:
        """Say when to look upstream again while the last good body is served."""
        self._metrics.kept_last_good(decision.reason)
        fields = {"feed": source.log_name, "reason": decision.reason, "text": decision.text}
        _log.warning("last good kept", extra={"fields": fields})
        failures = state.failures + 1
        pause = retry_after_failure(failures, decision.reason, retry_after, self._bounds, source=source.key)
        fresh_until = self._clock() + pause
        return self._remember(
            source, replace(state, fresh_until=fresh_until, failures=failures, trouble=decision.reason)
        )

    async def _confirmed(self, source: Source, state: SourceState, answer: NotModified | Fetched) -> SourceState | None:
        """Note that the body is what it was; None if the store has another by now."""
        now = self._clock()
        etag, last_modified = answer.etag or state.etag, answer.last_modified or state.last_modified
        there: tuple[int, datetime] | None = (state.generation, state.changed_at)
        async with _store_may_be_away(source):
            there = await self._store.confirm_last_good(
                source.key, state.digest, fetched_at=now, etag=etag, last_modified=last_modified
            )
        if there is None:
            return None
        generation, changed_at = there
        fresh_until = now + lifetime(_said(state.refresh_interval, answer), self._bounds, source=source.key)
        return self._remember(
            source,
            replace(
                state,
                etag=etag,
                last_modified=last_modified,
                fetched_at=now,
                changed_at=changed_at,
                fresh_until=fresh_until,
                generation=generation,
                held=None,
                failures=0,
                trouble=None,
            ),
        )

    async def _fetched(self, source: Source, state: SourceState | None, answer: Fetched) -> SourceState:
        if state is not None and await _done(partial(_sha256, answer.body), len(answer.body)) == state.digest:
            confirmed = await self._confirmed(source, state, answer)
            if confirmed is not None:
                return confirmed
        for _ in range(RACES):
            settled = await self._settled(source, state, answer)
            if settled is not None:
                return settled
        raise Unavailable("other processes keep storing other bodies of this feed", retry_after=10)

    async def _settled(self, source: Source, state: SourceState | None, answer: Fetched) -> SourceState | None:
        """Settle a body against the one in the store, weigh it and publish it; None if another process was first."""
        last, before = await self._standing(source, state)
        body = answer.body
        if last is not None:
            body = await _done(partial(settle, last.body, answer.body), len(answer.body))
        if last is not None and before is not None and body is last.body:
            return await self._confirmed(source, before, answer)
        try:
            indexed = await self._index(body)
        except FeedRefused as refusal:
            self._metrics.refused(refusal.reason)
            if before is None:
                raise
            return await self._kept(source, before, refusal)
        base, rendered = indexed.shared.base, indexed.rendered
        decision = await self._weighed(before, last, base)
        if isinstance(decision, KeepLastGood):
            assert before is not None, "nothing is doubted without a last good body"
            return await self._held_back(source, before, decision, base.events)
        now = self._clock()
        renew = decision.doubted or (last is not None and before is None)
        earlier = before or last
        same = before is not None and before.rendered == rendered and not renew
        interval = _refresh_interval(base)
        published = SourceState(
            digest=await _done(partial(_sha256, body), len(body)),
            events=base.events,
            refresh_interval=interval,
            etag=answer.etag,
            last_modified=answer.last_modified,
            fetched_at=now,
            changed_at=now if earlier is None else earlier.changed_at if same else _later(earlier.changed_at, now),
            fresh_until=now + lifetime(_said(interval, answer), self._bounds, source=source.key),
            rendered=rendered,
            edition_at=before.edition_at if before is not None else now,
            generation=(earlier.generation if earlier is not None else 0) + renew,
        )
        return await self._saved(source, published, body, after=last.digest if last is not None else None, renew=renew)

    async def _standing(self, source: Source, state: SourceState | None) -> tuple[LastGood | None, SourceState | None]:
        """Return what the store has, and the state made of that; None and what is in memory while it is away.

        The state is None where there is nothing, or nothing that is still thought good.
        """
        last: LastGood | None = None
        async with _store_may_be_away(source):
            last = await self._store.last_good(source.key)
        if last is None:
            return None, state
        if state is None or state.digest != last.digest:
            return last, await self._restored(source, last)
        return last, replace(state, generation=last.generation, changed_at=last.changed_at, held=last.held)

    async def _weighed(self, before: SourceState | None, last: LastGood | None, new: Base) -> Publish | KeepLastGood:
        if before is None:
            return Publish()
        now = self._clock()
        lost = await self._lost_ahead(before, last, new, now) if new.events < before.events else 0
        confirmed = confirms(before.held, new.events, now=now, least=self._bounds.least)
        return publish(before.events, new.events, lost_ahead=lost, loss_share=self._loss_share, confirmed=confirmed)

    async def _lost_ahead(self, before: SourceState, last: LastGood | None, new: Base, now: datetime) -> int:
        """Count what is lost and not over: all that is lost, where there is no body to look into."""
        known = self._indexed.get(before.digest)
        if known is None and last is not None:
            known = await self._index(last.body)
        if known is None:
            return before.events - new.events
        there = known.shared.base
        return await _done(  # to make components of a large body takes 150 ms by itself
            lambda: lost_ahead(there.calendar.components, new.calendar.components, now=now),
            max(there.octets_in, new.octets_in),
        )

    async def _saved(
        self, source: Source, state: SourceState, body: bytes, *, after: bytes | None, renew: bool
    ) -> SourceState | None:
        """Put a body into the store, unless another process was first: then None is returned."""
        good = LastGood(
            source=source.key,
            body=body,
            digest=state.digest,
            etag=state.etag,
            last_modified=state.last_modified,
            events=state.events,
            fetched_at=state.fetched_at,
            changed_at=state.changed_at,
            rendered=state.rendered,
            edition=EDITION,
            edition_at=state.edition_at,
        )
        generation: int | None = state.generation
        async with _store_may_be_away(source):
            generation = await self._store.save_last_good(good, after=after, renew=renew)
        return self._remember(source, replace(state, generation=generation)) if generation is not None else None

    async def _index(self, body: bytes) -> Indexed:
        """Read a body. Raises FeedRefused.

        Ten thousand subscriptions of one calendar have as many sources; their body is read once.
        """
        digest = await _done(partial(_sha256, body), len(body))
        known = self._indexed.get(digest)
        if known is not None:
            return known
        start = perf_counter()

        def work() -> Indexed:
            base = index(body, self._options)
            rendered = _sha256(assemble(base, (), self._options).body)
            return Indexed(Shared(base, self._options), rendered)

        indexed = await asyncio.to_thread(work)  # a small body, too: a zone that is met first takes 10 ms
        self._metrics.rendered(perf_counter() - start, {c.rule: c.count for c in indexed.shared.base.journal.changes()})
        self._indexed[digest] = indexed
        return indexed

    def _remember(self, source: Source, state: SourceState) -> SourceState:
        self._states[source.key] = state
        return state


async def _done(work: Callable[[], T], octets: int) -> T:
    """Do work on so many octets: in a thread, if it would hold the event loop for long."""
    return work() if octets < LARGE else await asyncio.to_thread(work)


def _sha256(octets: bytes) -> bytes:
    return hashlib.sha256(octets).digest()


def _later(before: datetime, now: datetime) -> datetime:
    """Return when octets changed that have changed `before`, too: dates in headers know no less than a second."""
    return max(now, before + timedelta(seconds=1))


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


def _refresh_interval(base: Base) -> str | None:
    return next((m[1].decode() for line in base.calendar.heads[0] if (m := _REFRESH_INTERVAL.match(line))), None)


def _said(interval: str | None, answer: NotModified | Fetched | None = None) -> Said:
    """Gather what the upstream and the feed say of its freshness."""
    if answer is None:
        return Said(refresh_interval=interval)
    return Said(answer.cache_control, answer.expires, answer.date, answer.age, interval)
