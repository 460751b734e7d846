"""What a cache of feeds promises, and which one is opened."""

from collections.abc import Callable, Collection
from datetime import datetime
from typing import Protocol

from feedproxy.cache.landing import Landing
from feedproxy.cache.memory import MemoryCache
from feedproxy.cache.redis import RedisCache
from feedproxy.errors import SettingsError
from feedproxy.model import Feed


class Cache(Protocol):
    """Feeds by key. No operation raises for trouble with a server; what cannot be shared is kept in memory."""

    def peek(self, key: str) -> Feed | None:
        """Return what this process's memory has: the cached path, without an await."""

    async def get(self, key: str) -> Feed | None:
        """Return what memory has, else what the shared second level has."""

    async def put(self, key: str, feed: Feed) -> None:
        """Keep a feed, in place of what was there."""

    async def drop(self, keys: Collection[str]) -> None:
        """Forget feeds everywhere: other processes are told, and have forgotten within two seconds."""

    async def depart(self, key: str, *, after: datetime | None, seconds: float) -> Landing | None:
        """Return None when it is the caller's turn to look upstream for that key; whatever comes of it, then `land`.

        Else what the look of another process has ended in. It is waited for so many seconds, the longest that a process
        which dies keeps the others from looking. A body that is fresh until later than `after` needs no further look
        (None: any body that there is).
        """

    async def land(self, key: str, landing: Landing | None) -> None:
        """Tell the others what the look has ended in; None: they have to look for themselves."""

    def landed(self, key: str) -> Landing | None:
        """Return what was told last of any process's look, if it is remembered."""

    def hears(self) -> bool:
        """Tell whether all that other processes drop is forgotten here in time: not while Redis is down."""

    async def ping(self) -> str | None:
        """Return None when all is well, else one line that says what is not."""

    async def close(self) -> None:
        """Let go of memory and connections."""


async def open_cache(
    *,
    max_octets: int,
    redis_url: str | None,
    on_drop: Callable[[Collection[str]], None] = lambda _keys: None,
    on_leave: Callable[[str, Feed], None] = lambda _key, _feed: None,
    on_there: Callable[[bool], None] = lambda _there: None,
) -> Cache:
    """Open a cache with so many octets of memory, shared through the Redis (or Valkey) of that URL if there is one.

    A Redis that is down stops nothing. `on_drop` is told the keys that another process dropped, `on_leave` each feed
    that leaves memory other than for a newer one, `on_there` whether Redis can be used from now on. Raises
    SettingsError for what is no URL of a Redis.
    """
    memory = MemoryCache(max_octets, on_leave)
    if redis_url is None:
        return memory
    try:
        cache = RedisCache(memory, redis_url, on_drop, on_there)
    except ValueError:  # its text may hold the password
        raise SettingsError("redis_url: a URL such as redis://host:6379/0 is wanted") from None
    await cache.start()
    return cache
