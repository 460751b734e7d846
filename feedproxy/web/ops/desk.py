"""What pages are made of, in the process that makes them; and what is asked for, as it is sent there.

That process reads the database itself, so that the server has nothing to do but to ask, and to pass on octets. It never
writes there: a writer who gets no processor would keep everybody from writing.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from cachetools import LRUCache

from feedproxy.config import Settings
from feedproxy.model import CalendarSource
from feedproxy.ops.anatomy import Shown, Subject, anatomy
from feedproxy.policy.content_coding import Coding
from feedproxy.policy.secrets import log_name, source_hash
from feedproxy.store import Store
from feedproxy.store.database import open_database

BATCH = 200
"""So many sources are read at a time."""
KEPT = timedelta(seconds=30)
"""For how long it is believed that there are no other sources."""
REMEMBERED = 8
"""So many feeds need not be worked out again, as long as nothing of them changes and the minute is the same."""

Values = Mapping[str, object]


@dataclass(slots=True)
class Desk:
    """The settings, the server's key, the store."""

    settings: Settings
    key: bytes
    store: Store
    _sources: dict[str, CalendarSource] = field(default_factory=dict)
    _read_at: datetime | None = None
    _anatomies: LRUCache[tuple[Subject, datetime], Shown] = field(default_factory=lambda: LRUCache(REMEMBERED))

    async def sources(self, now: datetime) -> Mapping[str, CalendarSource]:
        """Return the sources of all calendars by the names of their feeds."""
        if self._read_at is None or not timedelta(0) <= now - self._read_at < KEPT:
            self._sources, self._read_at = await self._every_source(), now
        return self._sources

    def anatomy(self, subject: Subject, now: datetime) -> Shown:
        """Return what is to be shown of a feed's bodies, as it is in this minute."""
        if subject.is_too_large:
            return {"tooLarge": True}
        key = subject, now.replace(second=0, microsecond=0)
        shown = self._anatomies.get(key)
        if shown is None:
            shown = self._anatomies[key] = anatomy(subject, self.settings, key[1])
        return shown

    async def _every_source(self) -> dict[str, CalendarSource]:
        found: dict[str, CalendarSource] = {}
        after: UUID | None = None
        while batch := await self.store.every_source(after=after, limit=BATCH):
            for each in batch:
                found[log_name(source_hash(self.key, each.id, each.url_digest))] = each
            after = batch[-1].id
        return found


@dataclass(frozen=True, slots=True)
class Asked:
    """A request for a page: its path, what stands in the path's places, its query, the time, the token for its forms.

    `coding` is in what coding the answer is wanted.
    `seen` is whose feed it is that is asked for, if the server has looked upstream for it lately and nobody else knows.
    """

    path: str
    places: Mapping[str, str]
    query: Mapping[str, str]
    now: datetime
    token: str
    seen: UUID | None
    coding: Coding = "identity"

    @property
    def reveal(self) -> bool:
        """Whether what is masked is to be shown."""
        return self.query.get("reveal") == "1"


View = Callable[[Desk, Asked], Awaitable[Values]]
"""What a page shows and programs are told. If that is what is masked otherwise, its `reveal` is True."""


async def open_desk(settings: Settings, key: bytes) -> Desk:
    """Open the store that the server has open; it has seen to the tables."""
    return Desk(settings, key, Store(open_database(settings.database_url.get_secret_value())))
