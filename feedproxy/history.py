"""The history of looks upstream, and how feeds are doing: written off the way of whoever waits for a feed.

What is told here waits in memory, in a queue with an end, until it is in the store. When the queue is full or the store
away, it is counted as lost and no feed is any the worse for it: the next look tells again how the feed is doing.
"""

import asyncio
import hashlib
import logging
import zlib
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Self

from feedproxy.errors import Unavailable
from feedproxy.looks import Look, body_to_keep, feed_health, past_fetch
from feedproxy.metrics import Metrics
from feedproxy.model import FeedHealth, PastFetch
from feedproxy.policy.secrets import log_name
from feedproxy.store import HealthChange, PastLook, Store

WAITING = 1_000
WAITING_OCTETS = 64_000_000
"""So many looks may wait for the store, and so many octets of bodies with them; a body too many is left out."""
BATCH = 100
TIDY_SECONDS = 30.0
COUNTED_WITHIN = timedelta(days=1)
"""A feed that nobody asks for is not looked at: how it was doing then says nothing."""
CLOSE_SECONDS = 2.0
"""How long the end of the process waits for the store to take what is left."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Bounds:
    """What stays: of each source so many fetches and bodies; of all bodies so many octets, deflated; of all, an age.

    A feed that goes on failing is `stale` when what was good is older than `stale_after` (`feedproxy.policy.health`).
    """

    fetches: int
    bodies: int
    octets: int
    age: timedelta
    stale_after: timedelta


@dataclass(frozen=True, slots=True)
class _Waiting:
    fetch: PastFetch
    health: FeedHealth
    body: bytes | None

    @property
    def octets(self) -> int:
        return len(self.body or b"")


class History:
    """Takes looks and brings them into the store; open in one event loop, as an async context manager."""

    def __init__(self, store: Store, metrics: Metrics, bounds: Bounds, clock: Callable[[], datetime]) -> None:
        self._store = store
        self._metrics = metrics
        self._bounds = bounds
        self._clock = clock
        self._waiting: deque[_Waiting] = deque()
        self._octets = 0
        self._some = asyncio.Event()
        self._none = asyncio.Event()
        self._none.set()
        self._away = False
        self._worker: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self._worker = asyncio.get_running_loop().create_task(self._work())
        return self

    async def __aexit__(self, *_: object) -> None:
        """Wait a little for what is left, then let it go."""
        assert self._worker is not None
        with suppress(TimeoutError):
            async with asyncio.timeout(CLOSE_SECONDS):
                await self.written()
        self._worker.cancel()
        await asyncio.gather(self._worker, return_exceptions=True)

    def note(self, look: Look) -> None:
        """Take a look. Nobody waits, and nothing is raised."""
        if len(self._waiting) >= WAITING:
            self._metrics.history_lost(1)
            return
        body = body_to_keep(look) if self._bounds.bodies else None
        if body is not None and self._octets + len(body) > WAITING_OCTETS:
            body = None
        health = feed_health(look, stale_after=self._bounds.stale_after)
        waiting = _Waiting(past_fetch(look), health, body)
        self._waiting.append(waiting)
        self._octets += waiting.octets
        self._none.clear()
        self._some.set()

    async def written(self) -> None:
        """Wait until all that was told is in the store, or lost."""
        await self._none.wait()

    async def _work(self) -> None:
        """Write what waits; tidy up now and then, and count when a feed is doing otherwise."""
        await self._tidy()
        while True:
            try:
                async with asyncio.timeout(TIDY_SECONDS):
                    await self._some.wait()
            except TimeoutError:
                await self._tidy()
                continue
            self._some.clear()
            changed = False
            while self._waiting:
                batch = [self._waiting.popleft() for _ in range(min(BATCH, len(self._waiting)))]
                self._octets -= sum(each.octets for each in batch)
                changed = await self._write(batch) or changed
            if changed:
                await self._tidy()
            if not self._waiting:
                self._none.set()

    async def _write(self, batch: Sequence[_Waiting]) -> bool:
        """Bring looks into the store; return whether a feed is doing otherwise now."""
        try:
            looks = await asyncio.to_thread(lambda: [_deflated(each) for each in batch])
            bounds = self._bounds
            changes = await self._store.note_looks(looks, fetches_kept=bounds.fetches, bodies_kept=bounds.bodies)
        except Exception as error:  # noqa: BLE001 # whatever it is, feeds go on
            self._metrics.history_lost(len(batch))
            self._complain(error)
            return False
        self._away = False
        for change in changes:
            _log_change(change)
        return bool(changes)

    async def _tidy(self) -> None:
        """Forget what is too old or too much, and count how feeds are doing."""
        now = self._clock()
        try:
            await self._store.forget_history(before=now - self._bounds.age, octets=self._bounds.octets)
            counts = await self._store.count_healths(looked_since=now - COUNTED_WITHIN)
        except Exception as error:  # noqa: BLE001 # whatever it is, feeds go on
            self._complain(error)
            return
        self._metrics.health({each: (count, _age(oldest, now)) for each, (count, oldest) in counts.items()})

    def _complain(self, error: Exception) -> None:
        """Say of an outage once that it is one, and of all else each time where it came from."""
        if not isinstance(error, Unavailable):
            _log.error("the history could not be written", exc_info=error)
        elif not self._away:
            self._away = True
            _log.warning("the history is not written: the store is unavailable", exc_info=error)


def _deflated(waiting: _Waiting) -> PastLook:
    body = waiting.body
    if body is None:
        return PastLook(waiting.fetch, None, waiting.health)
    fetch = replace(waiting.fetch, digest=hashlib.sha256(body).digest())
    return PastLook(fetch, zlib.compress(body), waiting.health)


def _age(moment: datetime | None, now: datetime) -> float:
    return max((now - moment).total_seconds(), 0.0) if moment is not None else 0.0


def _log_change(change: HealthChange) -> None:
    """Tell in the log that a feed is doing otherwise. That one seen for the first time is well is no news."""
    now = change.now
    if change.before is None and now.health == "ok":
        return
    fields = {
        "feed": log_name(now.source),
        "health": now.health,
        "was": change.before,
        "reason": now.reason,
        "last_good": now.last_good_at.isoformat() if now.last_good_at is not None else None,
        "events": now.events,
    }
    _log.log(logging.INFO if now.health == "ok" else logging.WARNING, "feed.health", extra={"fields": fields})
