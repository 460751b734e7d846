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
    transport: asyncio.Transport
    answers: "_Answers"

    async def told(self, message: object) -> tuple[bool, Any]:
        self.send(message)
        answer: tuple[bool, Any] = pickle.loads(await self.answers.next())  # noqa: S301
        return answer

    def send(self, message: object) -> None:
        octets = pickle.dumps(message)
        self.transport.write(maker.SIZE.pack(len(octets)) + octets)

    async def end(self) -> None:
        self.transport.close()
        self.process.kill()
        await asyncio.to_thread(self.process.wait)


class _Answers(asyncio.Protocol):
    """What comes from there, one message at a time: nothing comes that was not asked for."""

    def __init__(self) -> None:
        self._came = bytearray()
        self._waiting: asyncio.Future[bytes] | None = None
        self._ended = False

    async def next(self) -> bytes:
        """Wait for a message. Raises EOFError if none will come."""
        if self._ended:
            raise EOFError
        self._waiting = asyncio.get_running_loop().create_future()
        return await self._waiting

    def data_received(self, data: bytes) -> None:
        """Take octets; with a message's last one it is there."""
        self._came += data
        if len(self._came) < maker.SIZE.size:
            return
        end = maker.SIZE.size + maker.SIZE.unpack_from(self._came)[0]
        if len(self._came) >= end and self._waiting is not None and not self._waiting.done():
            self._waiting.set_result(bytes(self._came[maker.SIZE.size :]))
            self._came.clear()

    def connection_lost(self, _: Exception | None) -> None:
        """Let nobody wait for more."""
        self._ended = True
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_exception(EOFError())


async def _started(opening: Opening) -> _Maker:
    ours, its = socket.socketpair()
    with its:
        process = subprocess.Popen(  # noqa: S603, ASYNC220 # it takes a millisecond
            [sys.executable, "-m", maker.__name__], stdin=its.fileno()
        )
    transport, answers = await asyncio.get_running_loop().create_unix_connection(_Answers, sock=ours)
    started = _Maker(process, transport, answers)
    started.send(opening)
    return started
