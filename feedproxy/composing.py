"""A feed put together: the base of its source, what the subscription wants of that, its personal events, its name.

It is dated by when its octets came to be: the same for the same octets, later than any others before.
"""

import asyncio
from collections.abc import Callable, Collection, Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TypeVar

from cachetools import LRUCache

from feedproxy import gzip_member
from feedproxy.cache import Cache
from feedproxy.gzip_member import Start
from feedproxy.indexed import LARGE
from feedproxy.model import Feed, Frozen, Look, PersonalEvent
from feedproxy.sources import Sources, SourceState
from feedproxy.store import Store
from feedproxy.subscribed import OVERLAY_SECONDS, Wanted
from feedproxy.transform import Overlay, Shared, empty_calendar, still, write_overlay
from feedproxy.transform.personal import OPENING

JOINED_AT_ONCE = 1_000_000
"""Octets of a feed up to which its gzip member is put together in the event loop: that takes 0.3 ms at most."""
MEMORY = 100_000
"""Of how many feeds it is kept what they were when they left memory."""

T = TypeVar("T")


class Composer:
    """Puts feeds together; what is in the cache of a subscription's own is used again."""

    def __init__(self, *, store: Store, cache: Cache, sources: Sources, clock: Callable[[], datetime]) -> None:
        self._store = store
        self._cache = cache
        self._sources = sources
        self._clock = clock
        self._versions: LRUCache[str, tuple[str, datetime]] = LRUCache(MEMORY)

    def left(self, name: str, feed: Feed) -> None:
        """Note what a feed was when it left memory: the next one of other octets is later, if there can be one."""
        self._versions[name] = feed.digest, feed.last_modified

    async def feed(self, wanted: Wanted, state: SourceState) -> Feed:
        """Return the feed. Raises Unavailable, and what `Sources.shared` raises."""
        return await self._renewed(wanted, state) or await self.rendered(wanted, state)

    async def _renewed(self, wanted: Wanted, state: SourceState) -> Feed | None:
        """Put what is in memory of this subscription's own on the base as it is now.

        None where its personal events must be read: they are not at hand, may have changed, or one of them may stand
        in for a component of the base.
        """
        before = self._cache.peek(wanted.name)
        if before is None or before.read_at is None or not self._cache.hears():
            return None
        if self._clock() >= before.read_at + timedelta(seconds=OVERLAY_SECONDS):
            return None
        look = look_of(wanted, state)
        if (look.source, look.generation) == (before.look.source, before.look.generation):
            return self._dated(wanted, replace(before, look=look), state.changed_at)
        state, shared = await self._sources.shared(wanted.source, state)
        if shared.personal_uids:
            return None
        overlay = Overlay(frozenset(), before.zones, before.end)
        chooses = bool(wanted.selection) and shared.base.octets_in >= LARGE
        start = await _done(lambda: _start(shared, overlay, wanted), in_thread=chooses)
        if self._cache.peek(wanted.name) is not before:
            return None
        return self._dated(wanted, replace(before, start=start, look=look_of(wanted, state)), state.changed_at)

    async def rendered(self, wanted: Wanted, state: SourceState) -> Feed:
        """Return the feed with its personal events as the store has them. Raises as `feed` does."""
        now = self._clock()
        events = await self._store.events_of(wanted.subscription_id)
        visible = [event for event in events if _appears(event, now) is None]
        appearing = [time for event in events if (time := _appears(event, now)) is not None]
        state, shared = await self._sources.shared(wanted.source, state)

        def work() -> tuple[Start, Overlay]:
            overlay = write_overlay(visible)
            return _start(shared, overlay, wanted), overlay

        start, overlay = await _done(work, in_thread=bool(visible) or shared.base.octets_in >= LARGE)
        look = look_of(wanted, state)
        feed = Feed(
            start=start,
            end=overlay.end,
            zones=overlay.zones,
            look=replace(look, fresh_until=min([look.fresh_until, *appearing])) if appearing else look,
            last_modified=state.changed_at,
            read_at=None if appearing else state.fetched_at,
            personal=bool(events),
        )
        return self._dated(wanted, feed, state.changed_at, _times(wanted, visible, state))

    async def ended(self, wanted: Wanted, frozen: Frozen | None) -> Feed:
        """Return what is left of a deactivated subscription's feed: what it was, or else a calendar without events."""
        now = self._clock()

        def work() -> tuple[Start, bytes, bool]:
            text = gzip_member.text(frozen.gzip) if frozen is not None else empty_calendar(wanted.naming)
            return *still(text), OPENING in text

        large = frozen is not None and gzip_member.length(frozen.gzip) >= LARGE
        start, end, personal = await _done(work, in_thread=large)
        look = Look(
            source=b"",
            generation=0,
            fetched_at=now,
            fresh_until=now + self._sources.longest,
            trouble=None,
            protected=wanted.private,
        )
        since = frozen.last_modified if frozen is not None else wanted.since or now
        feed = Feed(start, end, (), look, since, read_at=None, personal=personal)
        return feed if frozen is not None else self._dated(wanted, feed, since)

    def _dated(self, wanted: Wanted, feed: Feed, changed_at: datetime, times: Collection[datetime] = ()) -> Feed:
        """Date a feed. Of the same octets, other ones may have been served in between by another process.

        Then the source says so: `changed_at`. `times` are those at which something changed that the feed is made of.
        """
        before = self._cache.peek(wanted.name)
        version = self._versions.get(wanted.name) if before is None else (before.digest, before.last_modified)
        if version is None:
            return replace(feed, last_modified=max([changed_at, *times]))
        digest, last_modified = version
        if digest == feed.digest:
            return replace(feed, last_modified=max(changed_at, last_modified))
        return replace(feed, last_modified=max(changed_at, *times, last_modified + timedelta(seconds=1)))


async def gzip_of(feed: Feed) -> bytes:
    """Return the octets of a feed as one gzip member; those of a large one are put together in a thread."""
    return await _done(lambda: feed.gzip, in_thread=feed.octets > JOINED_AT_ONCE)


def look_of(wanted: Wanted, state: SourceState) -> Look:
    """Return what a feed has from the last look upstream."""
    return Look(
        source=state.digest,
        generation=state.generation,
        fetched_at=state.fetched_at,
        fresh_until=state.fresh_until,
        trouble=state.trouble,
        protected=wanted.private,
        base=wanted.source.key if wanted.source.shared else "",
    )


def _start(shared: Shared, overlay: Overlay, wanted: Wanted) -> Start:
    if not wanted.selection:
        return shared.start(overlay, naming=wanted.naming)
    kept = shared.kept(wanted.selection)
    return shared.start(overlay, kept.indices, kept.changed, wanted.naming)


def _times(wanted: Wanted, visible: Iterable[PersonalEvent], state: SourceState) -> list[datetime]:
    """Return when what a feed has beside its base came to be as it is."""
    times = [state.edition_at] if wanted.selection else []
    if wanted.since is not None:
        times.append(wanted.since)
    for event in visible:
        times += [state.edition_at, event.updated_at, event.details.visible_from or event.updated_at]
    return times


def _appears(event: PersonalEvent, now: datetime) -> datetime | None:
    """Return when an event that is hidden now will be seen; None for one that is seen."""
    visible_from = event.details.visible_from
    return visible_from if visible_from is not None and visible_from > now else None


async def _done(work: Callable[[], T], *, in_thread: bool) -> T:
    """Do work: in a thread, if it may hold the event loop for long, as a time zone does that is met first (10 ms)."""
    return await asyncio.to_thread(work) if in_thread else work()
