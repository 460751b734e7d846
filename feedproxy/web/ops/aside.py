"""Work for the pages of operators, done beside: in another process, one piece at a time, at a low priority.

To explain a body or to write a page takes milliseconds to seconds of Python, and a thread of this process would hold
the interpreter lock meanwhile, five milliseconds at a time: feeds would wait for that. The process is started when it
is first needed.
"""

import asyncio
import os
import signal
import threading
from collections.abc import Callable
from concurrent.futures import Executor, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context, parent_process
from multiprocessing.connection import wait
from typing import ParamSpec, TypeVar

from feedproxy.errors import Unavailable

NICENESS = 10
RETRY_SECONDS = 5

P = ParamSpec("P")
T = TypeVar("T")


class Aside:
    """Does work beside. `start` makes what does it; `close` ends that."""

    def __init__(self, start: Callable[[], Executor]) -> None:
        self._start = start
        self._executor: Executor | None = None

    async def do(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Return what a function of a module returns for arguments that can be sent. Raises Unavailable, or as it does.

        Positional arguments only.
        """
        assert not kwargs
        if self._executor is None:
            self._executor = self._start()
        try:
            return await asyncio.get_running_loop().run_in_executor(self._executor, work, *args)
        except BrokenProcessPool:
            self._executor = None
            raise Unavailable("what was at work for this page has ended", retry_after=RETRY_SECONDS) from None

    def close(self) -> None:
        """Begin no more work."""
        if self._executor is not None:
            self._executor.shutdown(wait=False, cancel_futures=True)


def process() -> Executor:
    """Return a process beside this one."""
    return ProcessPoolExecutor(max_workers=1, mp_context=get_context("spawn"), initializer=_begin)


def _begin() -> None:
    """Give way to others, leave Ctrl-C to the server, and end with it however it ends."""
    os.nice(NICENESS)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    server = parent_process()
    assert server is not None
    threading.Thread(target=_end_with, args=(server.sentinel,), daemon=True).start()


def _end_with(sentinel: int) -> None:
    wait([sentinel])
    os._exit(0)
