"""Requests of each application, counted in the memory of this process (`feedproxy.policy.request_rate`)."""

from collections.abc import Callable
from datetime import datetime, timedelta

from cachetools import LRUCache

from feedproxy.errors import TooMany
from feedproxy.policy.request_rate import take

MEMORY = 100_000
"""Of how many applications it is kept how much they have asked."""


class RequestRates:
    """Lets each application ask `per_minute` times a minute; 0: as often as it likes."""

    def __init__(self, per_minute: int, clock: Callable[[], datetime]) -> None:
        self._per_minute = per_minute
        self._clock = clock
        self._full_at: LRUCache[str, datetime] = LRUCache(MEMORY)

    def check(self, client_id: str) -> None:
        """Count a request of an application. Raises TooMany, which counts for nothing."""
        if not self._per_minute:
            return
        taken = take(self._full_at.get(client_id), most=self._per_minute, now=self._clock())
        if isinstance(taken, timedelta):
            raise TooMany(f"this application may ask {self._per_minute} times a minute", wait=taken)
        self._full_at[client_id] = taken
