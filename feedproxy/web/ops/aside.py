"""Work for the pages of operators, done beside: in another process, one piece at a time, when a processor is idle.

To explain a body or to write a page takes milliseconds to seconds of Python, and a thread of this process would hold
the interpreter lock meanwhile, five milliseconds at a time: feeds would wait for that. The process is started when it
is first needed, and gives way before it imports what it needs.
"""

import asyncio
import os
import pickle
import signal
import threading
from collections.abc import Awaitable, Callable, Coroutine
from concurrent.futures import Executor, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context, parent_process
from multiprocessing.connection import wait
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, TypeVar

from feedproxy.errors import Unavailable

if TYPE_CHECKING:
    from feedproxy.web.ops.desk import Desk

RETRY_SECONDS = 5

P = ParamSpec("P")
T = TypeVar("T")


class Aside:
    """Does work beside. `start` makes what does it; `close` ends that."""

    def __init__(self, start: Callable[[], Executor]) -> None:
        self._start = start
        self._executor: Executor | None = None

    async def do(
        self, work: Callable[Concatenate["Desk", P], Coroutine[Any, Any, T]], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Return what a function of a module returns for the desk and arguments that can be sent.

        Positional arguments only. Raises Unavailable, or as the function does.
        """
        assert not kwargs
        if self._executor is None:
            self._executor = self._start()
        try:
            return await asyncio.get_running_loop().run_in_executor(self._executor, _done, work, *args)
        except BrokenProcessPool:
            self._executor = None
            raise Unavailable("what was at work for this page has ended", retry_after=RETRY_SECONDS) from None

    def close(self) -> None:
        """Begin no more work."""
        if self._executor is not None:
            self._executor.shutdown(wait=False, cancel_futures=True)


def process(opening: Callable[[], Awaitable["Desk"]]) -> Executor:
    """Return a process beside this one; it opens its desk so."""
    octets = pickle.dumps(opening)  # or all that this names is imported before the process gives way
    return ProcessPoolExecutor(max_workers=1, mp_context=get_context("spawn"), initializer=_begin, initargs=(octets,))


class _Process:
    """The process beside, as it sees itself."""

    def __init__(self, opening: bytes) -> None:
        self._opening = opening
        self._loop = asyncio.Runner()
        self._desk: Desk | None = None

    def done(self, work: Callable[..., Coroutine[Any, Any, T]], *args: object) -> T:
        return self._loop.run(self._work(work, *args))

    async def _work(self, work: Callable[..., Coroutine[Any, Any, T]], *args: object) -> T:
        if self._desk is None:
            self._desk = await pickle.loads(self._opening)()  # noqa: S301 # from the server
        return await work(self._desk, *args)


_processes: list[_Process] = []
"""This one, if it is the process beside."""


def _begin(opening: bytes) -> None:
    """Give way to others, leave Ctrl-C to the server, and end with it however it ends."""
    _give_way()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    server = parent_process()
    assert server is not None
    threading.Thread(target=_end_with, args=(server.sentinel,), daemon=True).start()
    _processes.append(_Process(opening))


def _give_way() -> None:
    """Run when nobody else wants the processor; where there is no such class, be as nice as can be."""
    try:
        os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
    except (AttributeError, OSError):
        os.nice(19)


def _done(work: Callable[..., Coroutine[Any, Any, T]], *args: object) -> T:
    return _processes[0].done(work, *args)


def _end_with(sentinel: int) -> None:
    wait([sentinel])
    os._exit(0)
