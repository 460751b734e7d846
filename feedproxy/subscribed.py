"""What a subscription's feed is made of: where its base comes from, and what of that the subscriber wants.

    made through our API        the source of its calendar, shared by all who subscribe to that; what the store says
    known to the upstream       what the upstream has under its GUID, for the credentials that the client sends

What the store says is read once, and believed until somebody says that it has changed.
"""

import asyncio
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from uuid import UUID

from cachetools import LRUCache

from feedproxy.answer import AuthRequired, Gone, Unknown
from feedproxy.errors import Unavailable
from feedproxy.flights import Flights
from feedproxy.model import CalendarSource, FeedLogin, OnDeactivate, Subscription, Wishes
from feedproxy.policy.access import Credentials
from feedproxy.policy.secrets import feed_hash, keyed_hash, same, source_hash
from feedproxy.sealing import unseal_source
from feedproxy.sources import Source
from feedproxy.store import Store
from feedproxy.transform.naming import UNNAMED, Naming
from feedproxy.transform.selection import EVERYTHING, Selection

MEMORY = 100_000
"""Of how many subscriptions it is kept what was read."""
SOURCES = 10_000
"""Of how many calendars' sources it is kept how they are fetched."""
ALIKE = 4_096
"""So many selections and names of calendars are kept once for all subscriptions that have them."""
OVERLAY_SECONDS = 3_600
"""For how long it is believed what was read, when nobody has said that it has changed; personal events too.

Whoever changes it says so; this is for a process that was killed before it could.
"""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A feed that may be served, and what it is made of.

    `name` is what it is called in caches, `open_name` what it would be if it were open to all: the same, unless it
    belongs to `credentials` alone. `private`: it does. `ended`: what is left of a subscription that was deactivated.
    `since` is the last time that anything of this changed. `version` tells a reading from a later one.
    """

    subscription_id: UUID
    open_name: str
    name: str
    credentials: Credentials | None
    source: Source
    version: int
    selection: Selection = EVERYTHING
    naming: Naming = UNNAMED
    ended: OnDeactivate | None = None
    since: datetime | None = None

    @property
    def private(self) -> bool:
        """Whether it belongs to credentials."""
        return self.credentials is not None


@dataclass(frozen=True, slots=True)
class _Ours:
    """What the store says of a subscription of a calendar; `ended` is None while it is not over.

    `closed`: it wants its `login`. If there is none, nobody may read it: the calendar was open when it was made, or its
    events go to Google.
    """

    source: Source
    selection: Selection
    naming: Naming
    closed: bool
    login: FeedLogin | None
    pending: bool
    ended: OnDeactivate | None
    since: datetime


@dataclass(frozen=True, slots=True)
class _Read:
    """What was read of a GUID, and when: it is ours, or only the upstream may know it.

    `since`: when something was taken from the latter.
    """

    ours: _Ours | None
    since: datetime | None
    at: datetime


class Subscribed:
    """What is known of subscriptions in this process. `hears`: it is told in time of all that changes."""

    def __init__(
        self,
        *,
        store: Store,
        key: bytes,
        upstream_url: str,
        upstream_headers: Mapping[str, str],
        on_deactivate: OnDeactivate,
        refresh_minutes: int,
        hears: Callable[[], bool],
        clock: Callable[[], datetime],
    ) -> None:
        self._store = store
        self._key = key
        self._upstream_url = upstream_url
        self._upstream_headers = upstream_headers
        self._on_deactivate = on_deactivate
        self._refresh_minutes = refresh_minutes
        self._hears = hears
        self._clock = clock
        self._known: LRUCache[str, _Read] = LRUCache(MEMORY)
        self._versions: LRUCache[str, int] = LRUCache(MEMORY)
        self._readings: Flights[_Read] = Flights()
        self._sources: LRUCache[tuple[UUID, bytes], Source] = LRUCache(SOURCES)

    async def wanted(
        self, subscription_id: UUID, credentials: Credentials | None
    ) -> Wanted | AuthRequired | Unknown | Gone:
        """Return what the feed is made of for who has these credentials, or why there is none for him.

        Raises Unavailable while the store is away, SealBroken if it was written under another secret key.
        """
        name = feed_name(self._key, subscription_id, None)
        version = self._versions.get(name, 0)
        read = await self._read(subscription_id, name)
        ours = read.ours
        if ours is None:
            return self._upstreams(subscription_id, name, credentials, version, read.since)
        if ours.pending:
            return Unknown()
        if not ours.closed:
            credentials = None
        elif ours.login is None or credentials is None or not self._opens(ours.login, credentials):
            return AuthRequired()
        if ours.ended == "gone":
            return Gone()
        return self._wanted(subscription_id, name, credentials, ours, version)

    async def heeds_credentials(self, subscription_id: UUID) -> bool:
        """Tell whether it matters to a feed which credentials it is asked for with. Raises as `wanted` does."""
        ours = (await self._read(subscription_id, feed_name(self._key, subscription_id, None))).ours
        return ours is None or ours.closed

    def of(self, subscription: Subscription) -> Wanted | None:
        """Return what the feed of a subscription is made of, whoever asks; None if only the upstream knows it.

        Raises SealBroken.
        """
        name = feed_name(self._key, subscription.id, None)
        ours = self._ours(subscription)
        return self._wanted(subscription.id, name, None, ours, self._versions.get(name, 0)) if ours else None

    def source_of(self, source: CalendarSource) -> Source:
        """Return how a calendar's source is fetched. Raises SealBroken.

        With another URL it is another source, whose last good body is its own.
        """
        place = source.id, source.sealed
        known = self._sources.get(place)
        if known is None:
            settings = unseal_source(self._key, source)
            name = source_hash(self._key, source.id, source.url_digest)
            known = Source(name, settings.url, settings.credentials, settings.headers, shared=True)
            self._sources[place] = known
        return known

    def version(self, subscription_id: UUID) -> int:
        """Return what tells a reading of a subscription from a later one."""
        return self._versions.get(feed_name(self._key, subscription_id, None), 0)

    def is_current(self, wanted: Wanted) -> bool:
        """Tell whether nothing of it has changed since it was read."""
        return self._versions.get(wanted.open_name, 0) == wanted.version

    def forget(self, names: Collection[str]) -> None:
        """Believe no longer what was read of the feeds that are open under these names, or is being read."""
        for name in names:
            self._versions[name] = self._versions.get(name, 0) + 1
            self._known.pop(name, None)
        self._readings.leave(names)

    async def close(self) -> None:
        """End what runs behind."""
        await self._readings.close()

    async def _read(self, subscription_id: UUID, name: str) -> _Read:
        known = self._known.get(name)
        age = self._clock() - known.at if known is not None else timedelta.max
        if known is not None and self._hears() and timedelta(0) <= age < timedelta(seconds=OVERLAY_SECONDS):
            return known
        try:
            return await asyncio.shield(self._readings.join(name, lambda: self._read_anew(subscription_id, name)))
        except Unavailable:
            if known is None:
                raise
            return known

    async def _read_anew(self, subscription_id: UUID, name: str) -> _Read:
        version = self._versions.get(name, 0)
        now = self._clock()
        subscription = await self._store.subscription(subscription_id)
        read = _Read(None, None, now)
        if subscription is not None:
            taken = subscription.updated_at > subscription.created_at
            read = _Read(self._ours(subscription), subscription.updated_at if taken else None, now)
        if self._versions.get(name, 0) == version:
            self._known[name] = read
        return read

    def _ours(self, subscription: Subscription) -> _Ours | None:
        calendar = subscription.calendar
        if calendar is None:
            return None
        over = subscription.state == "inactive"
        return _Ours(
            source=self.source_of(calendar.source),
            selection=_selection(subscription.wishes),
            naming=_naming(calendar.details.title, calendar.details.description, self._refresh_minutes),
            closed=calendar.details.protected or subscription.login is not None,
            login=subscription.login,
            pending=subscription.state == "pending",
            ended=(calendar.details.on_deactivate or self._on_deactivate) if over else None,
            since=max(subscription.updated_at, calendar.updated_at),
        )

    def _wanted(
        self, subscription_id: UUID, name: str, credentials: Credentials | None, ours: _Ours, version: int
    ) -> Wanted:
        return Wanted(
            subscription_id=subscription_id,
            open_name=name,
            name=feed_name(self._key, subscription_id, credentials),
            credentials=credentials,
            source=ours.source,
            version=version,
            selection=ours.selection,
            naming=ours.naming,
            ended=ours.ended,
            since=ours.since,
        )

    def _upstreams(
        self,
        subscription_id: UUID,
        open_name: str,
        credentials: Credentials | None,
        version: int,
        since: datetime | None,
    ) -> Wanted | Unknown:
        """Ask the upstream, if there is one, with the client's credentials: the feed is another for others."""
        if not self._upstream_url:
            return Unknown()
        name = feed_name(self._key, subscription_id, credentials)
        url = subscription_url(self._upstream_url, subscription_id)
        source = Source(name, url, credentials, self._upstream_headers)
        return Wanted(subscription_id, open_name, name, credentials, source, version, since=since)

    def _opens(self, login: FeedLogin, credentials: Credentials) -> bool:
        """Compare in constant time; both halves are looked at, whatever the first says."""
        user = same(credentials.user, login.user_name.encode())
        digest = keyed_hash(self._key, "feed-password", credentials.password)
        return same(digest, login.password_digest) and user


def subscription_url(upstream_url: str, subscription_id: UUID) -> str:
    """Return where a CalReply service has a subscription's feed."""
    return f"{upstream_url}/v1/webcal/{subscription_id}"


def feed_name(key: bytes, subscription_id: UUID, credentials: Credentials | None) -> str:
    """Return the name of a feed in caches and in the store: keyed hashes, so that it gives away neither of the two."""
    name = feed_hash(key, subscription_id)
    if credentials is None:
        return name
    return name + "." + keyed_hash(key, "credentials", credentials.octets).hex()[:32]


@lru_cache(ALIKE)
def _selection(wishes: Wishes) -> Selection:
    """Return what wishes choose among the events of a base."""
    return Selection(
        include=frozenset((*wishes.include_events, *wishes.include_external)),
        exclude=frozenset((*wishes.exclude_events, *wishes.exclude_external)),
        tags=frozenset(tag.text for tag in wishes.tags),
        zone=wishes.zone,
    )


@lru_cache(ALIKE)
def _naming(title: str, description: str, refresh_minutes: int) -> Naming:
    return Naming(title, description, refresh_minutes)
