"""The changes that an edge has still to be told of, and when. Pure: `now` is in seconds of a clock that only grows."""

from collections.abc import Collection
from dataclasses import dataclass, replace

from feedproxy.model import Changed

AGAIN_SECONDS = 2.5
"""Every process has heard of a change after two seconds (`feedproxy.cache`)."""
FIRST_PAUSE = 0.5
LONGEST_PAUSE = 300.0
ATTEMPTS = 12
"""Over about 17 minutes. By then the edge's copy has run out by itself."""


@dataclass(frozen=True, slots=True)
class Due:
    """When a change is to be sent, after how many attempts in vain, and whether once more after that."""

    at: float
    attempts: int = 0
    again: bool = True


class Waiting:
    """Changes, each of them once, so many at most: the oldest make room."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._held: dict[Changed, Due] = {}

    def add(self, changes: Collection[Changed], *, now: float) -> int:
        """Take in what has changed, due at once unless an attempt has just failed. Returns how many made room."""
        for change in changes:
            held = self._held.get(change)
            self._held[change] = replace(held, again=True) if held is not None and held.attempts else Due(now)
        return self._make_room()

    def take(self, count: int, *, now: float) -> dict[Changed, Due]:
        """Hand out so many of those that are due."""
        batch: dict[Changed, Due] = {}
        for change, due in self._held.items():
            if len(batch) == count:
                break
            if due.at <= now:
                batch[change] = due
        for change in batch:
            del self._held[change]
        return batch

    def sent(self, change: Changed, due: Due, *, now: float) -> None:
        """Note what was sent: it is sent a second time a little later, unless it will be anyway."""
        if due.again:
            self._held.setdefault(change, Due(now + AGAIN_SECONDS, again=False))

    def failed(self, change: Changed, due: Due, *, now: float, retry_after: float | None) -> bool:
        """Note an attempt in vain. Returns False if that was the last."""
        attempts = due.attempts + 1
        if attempts == ATTEMPTS:
            return False
        pause = min(FIRST_PAUSE * 2**due.attempts, LONGEST_PAUSE)
        again = due.again or change in self._held
        self._held[change] = Due(now + max(pause, min(retry_after or 0.0, LONGEST_PAUSE)), attempts, again)
        return True

    def next_due(self) -> float | None:
        """Return when there is something to send."""
        return min((due.at for due in self._held.values()), default=None)

    def _make_room(self) -> int:
        surplus = list(self._held)[: max(0, len(self._held) - self._most)]
        for change in surplus:
            del self._held[change]
        return len(surplus)
