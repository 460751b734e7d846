"""Writes that wait for one another anyway, in one transaction: what comes while one is under way goes into the next.

A transaction costs its statements and a synchronised disk, whether it adds one row or twenty.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

from feedproxy.errors import Unavailable

MOST = 100
"""So many go into one transaction."""

Item = TypeVar("Item")


class Together(Generic[Item]):
    """Writes items with `write`, which takes several and makes all of them durable, or none.

    If it raises, each item is tried by itself: one that cannot be written spoils no other.
    """

    def __init__(self, write: Callable[[Sequence[Item]], Awaitable[None]]) -> None:
        self._write = write
        self._waiting: list[tuple[Item, asyncio.Future[None]]] = []
        self._writing: asyncio.Task[None] | None = None

    async def add(self, item: Item) -> None:
        """Return when the item is durable; raise what kept it from that. A caller that is cancelled stops nothing."""
        loop = asyncio.get_running_loop()
        written: asyncio.Future[None] = loop.create_future()
        self._waiting.append((item, written))
        if self._writing is None:
            self._writing = loop.create_task(self._write_all())
        await written

    async def close(self) -> None:
        """Wait until everything is written."""
        if self._writing is not None:
            await self._writing

    async def _write_all(self) -> None:
        try:
            while self._waiting:
                batch, self._waiting = self._waiting[:MOST], self._waiting[MOST:]
                await self._settle(batch)
        finally:
            self._writing = None

    async def _settle(self, batch: Sequence[tuple[Item, asyncio.Future[None]]]) -> None:
        try:
            await self._write([item for item, _ in batch])
        except Exception as error:  # noqa: BLE001 # whatever it is, those who wait are told
            if len(batch) > 1 and not isinstance(error, Unavailable):
                for each in batch:
                    await self._settle([each])
                return
            for _, written in batch:
                if not written.done():
                    written.set_exception(error)
        else:
            for _, written in batch:
                if not written.done():
                    written.set_result(None)
