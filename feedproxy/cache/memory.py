"""Feeds in the memory of this process; the least recently used go first.

There may be millions, most of them small: an entry is the feed and its place in one ordered dict, nothing else
(`cachetools.LRUCache` keeps three dicts, 250 octets an entry more).
"""

from collections import OrderedDict
from collections.abc import Callable, Collection
from datetime import datetime

from feedproxy.cache.landing import Landing
from feedproxy.gzip_member import Start
from feedproxy.model import Feed

OVERHEAD = 330
"""Octets that an entry costs beside the octets of its feed: key, place, record (measured: `python -m benchmarks`)."""
START_OVERHEAD = 500
"""Octets that a start costs beside its blocks."""


class MemoryCache:
    """A cache of one process alone, bounded to `max_octets`; what many feeds begin with counts once.

    `on_leave` is told of each feed that leaves other than for a newer one.
    """

    def __init__(self, max_octets: int, on_leave: Callable[[str, Feed], None] = lambda _key, _feed: None) -> None:
        self._max_octets = max_octets
        self._on_leave = on_leave
        self._octets = 0
        self._feeds: OrderedDict[str, Feed] = OrderedDict()
        self._uses: dict[int, int] = {}

    def peek(self, key: str) -> Feed | None:
        """Return the feed if it is here."""
        feed = self._feeds.get(key)
        if feed is not None:
            self._feeds.move_to_end(key)
        return feed

    async def get(self, key: str) -> Feed | None:
        """Return the feed if it is here: there is nowhere else to look."""
        return self.peek(key)

    async def put(self, key: str, feed: Feed) -> None:
        """Keep the feed, in place of what was there."""
        self.keep(key, feed)

    async def drop(self, keys: Collection[str]) -> None:
        """Forget these feeds."""
        self.forget(keys)

    async def depart(self, key: str, *, after: datetime | None, seconds: float) -> Landing | None:  # noqa: ARG002
        """Return None: nobody else looks upstream."""
        return None

    async def land(self, key: str, landing: Landing | None) -> None:
        """Tell nobody."""

    def landed(self, key: str) -> Landing | None:  # noqa: ARG002
        """Return None: nobody tells anything."""
        return None

    def hears(self) -> bool:
        """Return True: nobody else drops anything."""
        return True

    async def ping(self) -> str | None:
        """Return None: memory is always there."""
        return None

    async def close(self) -> None:
        """Forget everything."""
        self.clear()

    def keep(self, key: str, feed: Feed) -> None:
        """Do what `put` does, at once. A feed that is larger than the whole cache only ousts what was there."""
        before = self._feeds.get(key)
        if before is not None:
            self._count(before, -1)
        if len(feed.end) + OVERHEAD + _octets(feed.start) > self._max_octets:
            self._feeds.pop(key, None)
            self._on_leave(key, feed)
            return
        self._feeds[key] = feed
        self._feeds.move_to_end(key)
        self._count(feed, 1)
        while self._octets > self._max_octets:
            self._left(*self._feeds.popitem(last=False))

    def forget(self, keys: Collection[str]) -> None:
        """Do what `drop` does, at once."""
        for key in keys:
            feed = self._feeds.pop(key, None)
            if feed is not None:
                self._left(key, feed)

    def clear(self) -> None:
        """Forget everything, at once."""
        self.forget(list(self._feeds))

    def _left(self, key: str, feed: Feed) -> None:
        self._count(feed, -1)
        self._on_leave(key, feed)

    def _count(self, feed: Feed, one: int) -> None:
        """Count what a feed takes or leaves: its own octets, and those of its start if it is the only one."""
        start = id(feed.start)
        uses = self._uses[start] = self._uses.get(start, 0) + one
        self._octets += one * (len(feed.end) + OVERHEAD)
        if uses == max(one, 0):
            self._octets += one * _octets(feed.start)
        if not uses:
            del self._uses[start]


def _octets(start: Start) -> int:
    return sum(map(len, start.blocks)) + START_OVERHEAD
