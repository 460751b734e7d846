"""A client's connection, and the patience that we have with it.

aiohttp has a deadline for a connection on which nothing is asked (`keepalive_timeout`), but none for a request's head
that drips in, for the size of a head as a whole, or for a client that does not read its answer. They are here. What is
asked and answered at once, as nearly everything is, sets no timer.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

from aiohttp import web
from aiohttp.abc import AbstractAccessLogger

from feedproxy.web.access_log import AccessLog
from feedproxy.web.crowd import Crowd

MAX_LINE = 8_190
MAX_HEADERS = 64
MAX_HEAD = 32_768
"""Octets of a head that is not complete yet: nginx takes as many in all."""
LINGER_SECONDS = 2.0
"""An answer may be given before a body was read to its end; so long the rest is taken and thrown away."""
ORDER_SECONDS = 1.0
"""The crowd is told no more often that a connection waits again: who waits longest is known to a second."""
SLOWEST = 1_000
"""Octets a second that a client has to take of an answer: less than the slowest mobile network carries."""

_TOO_LARGE = (
    b"HTTP/1.1 431 Request Header Fields Too Large\r\nServer: feedproxy\r\nCache-Control: no-store\r\n"
    b"Content-Length: 0\r\nConnection: close\r\n\r\n"
)


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds: for a connection on which nothing is asked, for a head once begun, for an answer that is not taken."""

    idle: float
    head: float
    stalled: float


class Connection(web.RequestHandler):
    """A client's connection. What is not HTTP is answered with a bare 400: aiohttp would echo and log it."""

    __slots__ = (
        *("_access_log", "_crowd", "_ended", "_head_octets", "_head_timer", "_listed_at", "_patience", "_peer"),
        *("_stall_timer", "_unsent", "listed"),
    )

    def __init__(
        self,
        manager: web.Server,
        crowd: Crowd,
        patience: Patience,
        access_log: AccessLog,
        ended: Callable[[str], None],
    ) -> None:
        super().__init__(
            manager,
            loop=asyncio.get_running_loop(),
            access_log_class=cast(type[AbstractAccessLogger], lambda *_: access_log),
            keepalive_timeout=patience.idle,
            max_line_size=MAX_LINE,
            max_field_size=MAX_LINE,
            max_headers=MAX_HEADERS,
            lingering_time=LINGER_SECONDS,
        )
        self.listed = False
        self._listed_at = 0.0
        self._access_log = access_log
        self._crowd = crowd
        self._patience = patience
        self._ended = ended
        self._peer: asyncio.Transport | None = None
        self._head_octets = 0
        self._head_timer: asyncio.TimerHandle | None = None
        self._stall_timer: asyncio.TimerHandle | None = None
        self._unsent = 0

    @property
    def waits(self) -> bool:
        """Whether no request is unanswered, and nothing but a head can come.

        Between the head of a request and its handler, and while the rest of a body is thrown away behind an early
        answer, aiohttp has neither a message nor a request; then it does not wait for one either (`_waiter`).
        """
        idle = not self._messages and not self._request_in_progress
        return idle and (self._waiter is not None or self._request_count == 0)

    @property
    def unsent(self) -> int:
        """Octets of answers that are in our memory still."""
        return self._peer.get_write_buffer_size() if self._peer is not None else 0

    def end(self, reason: str) -> None:
        """Close at once, whatever has not been sent, and say why in the metrics."""
        if self._peer is not None:
            self._ended(reason)
            self._peer.abort()
            self._peer = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin to serve, if there is room."""
        self._peer = cast(asyncio.Transport, transport)
        address = transport.get_extra_info("peername")
        if self._crowd.admit(self, str(address[0]) if isinstance(address, tuple) else ""):
            super().connection_made(transport)
        else:
            self.force_close()
            self._peer.abort()

    def connection_lost(self, exc: BaseException | None) -> None:
        """Forget the connection."""
        self._peer = None
        self._crowd.leave(self)
        self._forget_head()
        self._forget_stall()
        super().connection_lost(exc)

    async def start(self) -> None:
        """Serve until there is no more to serve; what is left of the last answer is not kept for ever."""
        try:
            await super().start()
        finally:
            if self.unsent and self._stall_timer is None:
                self._await_reader()

    def data_received(self, data: bytes) -> None:
        """Take octets; a head that is not complete with them has to be soon."""
        super().data_received(data)
        if not self.waits:
            if self._head_timer is not None:
                self._forget_head()
        elif data:
            self._await_head(len(data))

    def log_access(self, request: web.BaseRequest, response: web.StreamResponse, time: float | None) -> None:
        """Log an answer; the next request is waited for."""
        now = self._loop.time()
        self._access_log.log(request, response, now - time if time is not None else 0.0)
        if not self.listed or now - self._listed_at >= ORDER_SECONDS:
            self._wait_again(now)
        if self._head_timer is not None:
            self._forget_head()

    def pause_writing(self) -> None:
        """Note that the client does not take what is sent as fast as it is."""
        super().pause_writing()
        self._await_reader()
        self._crowd.stalls(self)

    def resume_writing(self) -> None:
        """Note that it has taken most of it."""
        super().resume_writing()
        self._forget_stall()
        self._crowd.flows(self)

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,  # noqa: ARG002 # it quotes what was sent
    ) -> web.StreamResponse:
        """Answer in place of the application, which was not asked or could not be."""
        if status >= 500:
            self.log_exception("a request ended outside the application", exc_info=exc)
        if request.writer.output_size > 0:
            raise ConnectionError("the answer has begun already")
        answer = web.Response(status=status, headers={"Server": "feedproxy", "Cache-Control": "no-store"})
        answer.force_close()
        return answer

    def log_exception(self, *args: object, **kw: object) -> None:
        """Log what went wrong here, and not that a client sent a body which could not be read."""
        if not isinstance(kw.get("exc_info"), web.RequestPayloadError):
            super().log_exception(*args, **kw)

    def _wait_again(self, now: float) -> None:
        self._listed_at = now
        self._crowd.waiting(self)

    def _await_head(self, octets: int) -> None:
        if self._head_timer is None:
            self._head_octets = 0
            self._head_timer = self._loop.call_later(self._patience.head, self.end, "slow-head")
        self._head_octets += octets
        if self._head_octets > MAX_HEAD and self._peer is not None and not self._peer.is_closing():
            self._ended("large-head")
            self._peer.write(_TOO_LARGE)
            self.force_close()

    def _forget_head(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None

    def _await_reader(self) -> None:
        self._unsent = self.unsent
        self._stall_timer = self._loop.call_later(self._patience.stalled, self._look_at_reader)

    def _look_at_reader(self) -> None:
        """End the connection unless a fair share of the answer was taken since the last look."""
        self._stall_timer = None
        unsent = self.unsent
        if unsent and self._unsent - unsent < SLOWEST * self._patience.stalled:
            self.end("stalled")
        elif unsent:
            self._await_reader()

    def _forget_stall(self) -> None:
        if self._stall_timer is not None:
            self._stall_timer.cancel()
            self._stall_timer = None
