"""What other processes have accepted is heard of from the database, each second: no feed is stale for longer.

Redis tells sooner, while it is there; who dies before it has told, or cannot reach Redis, has written it down.
"""

import asyncio
import logging
from collections.abc import AsyncIterator
from datetime import timedelta
from uuid import UUID

from aiohttp import web

from feedproxy.errors import Unavailable
from feedproxy.store import Store
from feedproxy.subscribed import OVERLAY_SECONDS
from feedproxy.web import keys

BEAT_SECONDS = 1.0
FORGET_SECONDS = 600.0
SEQUENCES_KEPT = timedelta(days=100)
"""Longer than any app goes without a look at a feed that somebody still reads."""
MISSING_SECONDS = 60.0
"""For how long a number is asked for that others have overtaken: as long as a statement may take. Some are not used."""
UNDER_WAY = 20
"""So many numbers before the first that is read may belong to writes that were under way then."""

_log = logging.getLogger(__name__)


class ChangeReader:
    """Reads each change once, from about when it was opened."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._last: int | None = None
        self._missing: dict[int, float] = {}

    async def read(self) -> frozenset[UUID]:
        """Return the subscriptions that have changed since the last time. Raises Unavailable."""
        if self._last is None:
            self._last = max(0, await self._store.newest_change() - UNDER_WAY)
        found = await self._store.changes(self._last, tuple(self._missing))
        now = asyncio.get_running_loop().time()
        newest = max((change.number for change in found), default=self._last)
        unseen = {*self._missing, *range(self._last + 1, newest)} - {change.number for change in found}
        since = {number: self._missing.get(number, now) for number in unseen}
        self._missing = {number: then for number, then in since.items() if now < then + MISSING_SECONDS}
        self._last = max(newest, self._last)
        return frozenset().union(*(change.subscription_ids for change in found))


async def hear_changes(app: web.Application) -> AsyncIterator[None]:
    """Forget what has changed, as long as the application runs (a `cleanup_ctx`)."""
    loop = asyncio.get_running_loop()
    tasks = (loop.create_task(_keep_hearing(app)), loop.create_task(_keep_forgetting(app)))
    yield
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)


async def _keep_hearing(app: web.Application) -> None:
    reader = ChangeReader(app[keys.STORE])
    trouble = False
    while True:
        try:
            if changed := await reader.read():
                await app[keys.FEEDS].heard(changed)
            trouble = False
        except Unavailable as outage:
            if not trouble:
                _log.warning("changes cannot be heard of for now", exc_info=outage)
            trouble = True
        except Exception:  # noqa: BLE001 # whatever it is, the next change must be heard of
            _log.exception("changes could not be read")
        await asyncio.sleep(BEAT_SECONDS)


async def _keep_forgetting(app: web.Application) -> None:
    """Forget changes, and what was deleted, when nobody needs it: what was read before is no longer believed."""
    while True:
        await asyncio.sleep(FORGET_SECONDS)
        try:
            now = app[keys.CLOCK]()
            await app[keys.STORE].forget_changes(before=now - timedelta(seconds=2 * OVERLAY_SECONDS))
            await app[keys.STORE].forget_past_sequences(before=now - SEQUENCES_KEPT)
        except Unavailable as outage:
            _log.warning("old changes stay for now", exc_info=outage)
        except Exception:  # noqa: BLE001 # whatever it is, it is tried again
            _log.exception("old changes could not be forgotten")
