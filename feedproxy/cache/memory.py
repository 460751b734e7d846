"""Feeds in the memory of this process; the least recently used go first."""

from collections.abc import Collection

from cachetools import LRUCache

from feedproxy.model import Feed

OVERHEAD = 800
"""Octets that an entry costs beside its body: key, record, headers of the objects (measured: 400 to 800)."""


def _size(feed: Feed) -> int:
    return len(feed.body) + len(feed.gzip) + OVERHEAD


class MemoryCache:
    """A cache of one process alone, bounded to `max_octets`."""

    def __init__(self, max_octets: int) -> None:
        self._feeds: LRUCache[str, Feed] = LRUCache(max_octets, getsizeof=_size)

    def peek(self, key: str) -> Feed | None:
        """Return the feed if it is here."""
        return self._feeds.get(key)

    async def get(self, key: str) -> Feed | None:
        """Return the feed if it is here: there is nowhere else to look."""
        return self.peek(key)

    async def put(self, key: str, feed: Feed) -> None:
        """Keep the feed, in place of what was there."""
        self.keep(key, feed)

    async def drop(self, keys: Collection[str]) -> None:
        """Forget these feeds."""
        self.forget(keys)

    async def ping(self) -> str | None:
        """Return None: memory is always there."""
        return None

    async def close(self) -> None:
        """Forget everything."""
        self.clear()

    def keep(self, key: str, feed: Feed) -> None:
        """Do what `put` does, at once. A feed that is larger than the whole cache only ousts what was there."""
        self._feeds.pop(key, None)
        if _size(feed) <= self._feeds.maxsize:
            self._feeds[key] = feed

    def forget(self, keys: Collection[str]) -> None:
        """Do what `drop` does, at once."""
        for key in keys:
            self._feeds.pop(key, None)

    def clear(self) -> None:
        """Forget everything, at once."""
        self._feeds.clear()
