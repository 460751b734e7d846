"""Work for the pages of operators, done beside: in another process, one piece at a time (`feedproxy.web.ops.maker`).

To explain a body or to write a page takes milliseconds to seconds of Python, and a thread of this process would hold
the interpreter lock meanwhile. Nor is there a thread that speaks with the process: whoever hands the lock over waits
until the kernel runs that thread, which takes long on a busy machine. The process is started when it is first needed.
"""

import asyncio
import pickle
import socket
import subprocess
import sys
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from typing import Any, Concatenate, ParamSpec, TypeVar

from feedproxy.errors import Unavailable
from feedproxy.web.ops import maker
from feedproxy.web.ops.desk import Desk

RETRY_SECONDS = 5

P = ParamSpec("P")
T = TypeVar("T")

Opening = Callable[[], Awaitable[Desk]]


class Aside:
    """Does work beside. `opening` gives how the process there opens its desk, as something that can be sent."""

    def __init__(self, opening: Callable[[], Opening]) -> None:
        self._opening = opening
        self._maker: _Maker | None = None
        self._turn = asyncio.Lock()

    async def do(
        self, work: Callable[Concatenate[Desk, P], Coroutine[Any, Any, T]], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Return what a function of a module returns for the desk and arguments that can be sent.

        Positional arguments only. Raises Unavailable, or as the function does.
        """
        assert not kwargs
        async with self._turn:
            try:
                if self._maker is None:
                    self._maker = await _started(self._opening())
                good, said = await self._maker.told((work, args))
            except BaseException as error:  # half an answer may be on its way: nothing more is asked there
                await self.close()
                if isinstance(error, OSError | EOFError):
                    raise Unavailable("what was at work for this page has ended", retry_after=RETRY_SECONDS) from None
                raise
        if good:
            return said  # type: ignore[no-any-return]
        raise said

    async def close(self) -> None:
        """End what is at work."""
        ended, self._maker = self._maker, None
        if ended is not None:
            await ended.end()


@dataclass(frozen=True, slots=True)
class _Maker:
    """The process beside, and the socket that leads to it."""

    process: subprocess.Popen[bytes]
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def told(self, message: object) -> tuple[bool, Any]:
        self.send(message)
        await self.writer.drain()
        size = await self.reader.readexactly(maker.SIZE.size)
        answer: tuple[bool, Any] = pickle.loads(await self.reader.readexactly(*maker.SIZE.unpack(size)))  # noqa: S301
        return answer

    def send(self, message: object) -> None:
        octets = pickle.dumps(message)
        self.writer.write(maker.SIZE.pack(len(octets)) + octets)

    async def end(self) -> None:
        self.writer.close()
        self.process.kill()
        await asyncio.to_thread(self.process.wait)


async def _started(opening: Opening) -> _Maker:
    ours, its = socket.socketpair()
    with its:
        process = subprocess.Popen(  # noqa: S603, ASYNC220 # it takes a millisecond
            [sys.executable, "-m", maker.__name__], stdin=its.fileno()
        )
    started = _Maker(process, *await asyncio.open_unix_connection(sock=ours))
    started.send(opening)
    return started
