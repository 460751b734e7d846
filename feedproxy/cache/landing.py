"""What a look upstream ended in, as one process tells it to the others; and who waits to be told."""

import asyncio
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from cachetools import LRUCache

from feedproxy.errors import FetchFailed

MEMORY = 100_000
"""Of how many sources it is kept what was told last."""


@dataclass(frozen=True, slots=True)
class Landed:
    """There is a body that may be served: the store's last good one of that digest (SHA-256) and generation.

    `fetched_at`, `fresh_until`, `failures` and `trouble` are as in `feedproxy.sources.SourceState`.
    """

    digest: bytes
    generation: int
    fetched_at: datetime
    fresh_until: datetime
    failures: int
    trouble: str | None


Landing = Landed | FetchFailed


def landing_to_text(landing: Landing) -> str:
    """Write a landing."""
    match landing:
        case Landed():
            body: list[object] = [landing.digest.hex(), landing.generation]
            times = [landing.fetched_at.isoformat(), landing.fresh_until.isoformat()]
            fields = ["landed", *body, *times, landing.failures, landing.trouble]
        case FetchFailed():
            fields = ["failed", landing.reason, landing.message, landing.upstream_status, landing.retry_after]
    return json.dumps(fields)


def landing_from_text(text: str | bytes) -> Landing | None:
    """Read a landing back; None when it is none."""
    try:
        said: object = json.loads(text)
        match said:
            case ["landed", str(digest), int(number), str(at), str(until), int(failures), str() | None as trouble]:
                times = datetime.fromisoformat(at), datetime.fromisoformat(until)
                return Landed(bytes.fromhex(digest), number, *times, failures, trouble)
            case ["failed", str(reason), str(message), int() | None as status, float() | int() | None as after]:
                return FetchFailed(reason, message, upstream_status=status, retry_after=after)
            case _:
                return None
    except ValueError:
        return None


class Landings:
    """What this process was told of the looks of all, by key."""

    def __init__(self) -> None:
        self._last: LRUCache[str, Landing] = LRUCache(MEMORY)
        self._waiting: dict[str, set[asyncio.Future[Landing | None]]] = {}

    def last(self, key: str) -> Landing | None:
        """Return what was told last."""
        return self._last.get(key)

    def tell(self, key: str, landing: Landing | None) -> None:
        """Note a landing, and let those who wait for it know; None: there is nothing to tell."""
        if landing is not None:
            self._last[key] = landing
        for waiter in self._waiting.get(key, ()):
            if not waiter.done():
                waiter.set_result(landing)

    def wake(self) -> None:
        """Let all know that nothing may be told to them any more."""
        for key in list(self._waiting):
            self.tell(key, None)

    @contextmanager
    def waiting(self, key: str) -> Iterator[asyncio.Future[Landing | None]]:
        """Give what will be told next."""
        waiter: asyncio.Future[Landing | None] = asyncio.get_running_loop().create_future()
        waiters = self._waiting.setdefault(key, set())
        waiters.add(waiter)
        try:
            yield waiter
        finally:
            waiters.discard(waiter)
            if not waiters and self._waiting.get(key) is waiters:
                del self._waiting[key]
