"""How fast the pages for operators are asked for: a program that polls them takes no more from feeds than people do."""

import asyncio
import math
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from time import monotonic

from feedproxy.errors import Unavailable
from feedproxy.policy.request_rate import take

AT_ONCE = 20
WITHIN = timedelta(seconds=4)
"""So many requests may come at once; after that, as many in this time."""
MOST = 100
"""So many may wait, or be worked on."""


def never_set() -> datetime:
    """Return the time by a clock that nobody sets."""
    return datetime.min.replace(tzinfo=UTC) + timedelta(seconds=monotonic())


class Pace:
    """Lets requests through at that pace; those that come too early wait, in order of arrival."""

    def __init__(
        self,
        *,
        at_once: int = AT_ONCE,
        clock: Callable[[], datetime] = never_set,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._at_once = at_once
        self._clock = clock
        self._sleep = sleep
        self._line = asyncio.Lock()
        self._full_at: datetime | None = None
        self._here = 0

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Wait for a request's turn. Raises Unavailable when too many wait."""
        if self._here >= MOST:
            raise Unavailable("too many pages are asked for at once", retry_after=math.ceil(WITHIN.total_seconds()))
        self._here += 1
        try:
            async with self._line:
                await self._take()
            yield
        finally:
            self._here -= 1

    async def _take(self) -> None:
        while True:
            taken = take(self._full_at, most=self._at_once, within=WITHIN, now=self._clock())
            if isinstance(taken, datetime):
                self._full_at = taken
                return
            await self._sleep(taken.total_seconds())
