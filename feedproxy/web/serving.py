"""An application on a port, until it is told to stop: then what is in flight is answered, and no more taken.

aiohttp has no deadline for a request's head, so `keepalive_timeout` is ours: aiohttp starts it with a connection and
after each answer, and does not prolong it for octets that drip in.
"""

import asyncio
import socket
from collections.abc import Callable
from typing import cast

from aiohttp import web
from aiohttp.abc import AbstractAccessLogger

from feedproxy.config import Settings
from feedproxy.errors import SettingsError
from feedproxy.web.access_log import AccessLog

BACKLOG = 1_024
MAX_LINE = 8_190
MAX_HEADERS = 64
LINGER_SECONDS = 2.0
"""An answer may be given before a body was read to its end; so long the rest is taken and thrown away."""


class Connection(web.RequestHandler):
    """A client's connection. What is not HTTP is answered with a bare 400: aiohttp would echo and log it."""

    __slots__ = ()

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


def listen(host: str, port: int, *, shared: bool = False) -> socket.socket:
    """Bind a port; `shared` with other processes of this user (SO_REUSEPORT). Raises SettingsError if it is taken."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    except socket.gaierror as error:
        raise SettingsError(f"host: {host!r} is no address of this machine: {error.strerror}") from None
    listener = socket.socket(family, kind, protocol)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if shared:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    try:
        listener.bind(address)
    except OSError as error:
        listener.close()
        reason = (error.strerror or str(error)).lower()
        raise SettingsError(f"port: cannot listen on {host}:{port}: {reason}; choose another with --port") from None
    return listener


def url_of(listener: socket.socket) -> str:
    """Return the http URL that a bound socket is reached by."""
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


async def serve(
    app: web.Application,
    listener: socket.socket,
    settings: Settings,
    access_log: AccessLog,
    *,
    stop: asyncio.Event,
    ready: Callable[[], None],
) -> None:
    """Serve until `stop` is set, then end within `stop_seconds`. `ready` is called once connections are taken."""
    runner = web.AppRunner(app, shutdown_timeout=settings.stop_seconds)
    await runner.setup()
    try:
        server = await asyncio.get_running_loop().create_server(
            _connections(runner, settings, access_log), sock=listener, backlog=BACKLOG
        )
        try:
            ready()
            await stop.wait()
        finally:
            server.close()
    finally:
        await runner.cleanup()


def _connections(runner: web.AppRunner, settings: Settings, access_log: AccessLog) -> Callable[[], Connection]:
    manager = runner.server
    assert manager is not None
    loop = asyncio.get_running_loop()

    def connection() -> Connection:
        return Connection(
            manager,
            loop=loop,
            access_log_class=cast(type[AbstractAccessLogger], lambda *_: access_log),
            keepalive_timeout=settings.idle_seconds,
            max_line_size=MAX_LINE,
            max_field_size=MAX_LINE,
            max_headers=MAX_HEADERS,
            lingering_time=LINGER_SECONDS,
        )

    return connection
