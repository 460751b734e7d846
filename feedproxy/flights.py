"""Work under way, by key: who wants what another is already at joins that one."""

import asyncio
from collections.abc import Callable, Collection, Coroutine
from typing import TypeVar

T = TypeVar("T")


class Flights(dict[str, asyncio.Task[T]]):
    """Tasks by key, never two at once of the same; each leaves when it ends.

    Wait with `asyncio.shield`: a caller that is cancelled must not end what others wait for.
    """

    def join(self, key: str, start: Callable[[], Coroutine[object, object, T]]) -> asyncio.Task[T]:
        """Return the task of that key, started if there is none."""
        task = self.get(key)
        if task is None:
            task = self[key] = asyncio.get_running_loop().create_task(start())
            task.add_done_callback(lambda done: self._ended(key, done))
        return task

    def leave(self, keys: Collection[str]) -> None:
        """Let nobody join what is under way for these keys: it began before something was known."""
        for key in keys:
            self.pop(key, None)

    async def close(self) -> None:
        """End what is under way."""
        tasks = list(self.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _ended(self, key: str, task: asyncio.Task[T]) -> None:
        if self.get(key) is task:
            del self[key]
