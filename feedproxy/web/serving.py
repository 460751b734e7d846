"""An application on a port, until it is told to stop: then what is in flight is answered, and no more taken."""

import asyncio
import logging
import resource
import socket
from collections.abc import Callable

from aiohttp import web

from feedproxy.config import Settings
from feedproxy.errors import SettingsError
from feedproxy.web import keys
from feedproxy.web.access_log import AccessLog
from feedproxy.web.connection import Connection, Patience
from feedproxy.web.crowd import Crowd
from feedproxy.web.lane import Lane, LaneConnection
from feedproxy.web.lane_check import lane_fits
from feedproxy.web.metrics import METRICS
from feedproxy.web.stamp import accept_request_ids, new_request_id, request_id
from feedproxy.web.wanted_traces import PutTraces
from feedproxy.web.warm_first import put_warm_first

BACKLOG = 1_024
OTHER_FILES = 256
"""File descriptors that are not clients' connections: to the upstream, the database, Redis, and what is on disk."""
LOOPBACK = ("127.0.0.0/8", "::1/128")

_log = logging.getLogger(__name__)


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
    put_traces: PutTraces | None = None,
) -> None:
    """Serve until `stop` is set, then end within `stop_seconds`. `ready` is called once connections are taken.

    With traces there is no fast lane: to make a span takes longer than the lane saves.
    """
    runner = web.AppRunner(app, shutdown_timeout=settings.stop_seconds)
    await runner.setup()
    try:
        server = await asyncio.get_running_loop().create_server(
            await _connections(runner, settings, access_log, app, put_traces), sock=listener, backlog=BACKLOG
        )
        try:
            ready()
            await stop.wait()
        finally:
            server.close()
    finally:
        await runner.cleanup()


async def _connections(
    runner: web.AppRunner,
    settings: Settings,
    access_log: AccessLog,
    app: web.Application,
    put_traces: PutTraces | None,
) -> Callable[[], Connection]:
    manager, metrics = runner.server, app[METRICS]
    assert manager is not None
    if keys.WARM_FEEDS in app:
        named = settings.trusted_proxies or put_traces is not None
        put_warm_first(manager, app[keys.WARM_FEEDS], access_log, request_id if named else lambda _: new_request_id())
    if put_traces is not None:
        put_traces(manager, settings.trusted_proxies)
    if settings.trusted_proxies:
        accept_request_ids(manager, settings.trusted_proxies)
    crowd = Crowd(
        most=_connections_at_most(settings.max_connections),
        most_per_client=settings.max_connections_per_client,
        uncounted=(*LOOPBACK, *settings.trusted_proxies),
        unsent_octets=settings.unsent_max_octets,
        refused=metrics.connection_ended,
    )
    patience = Patience(idle=settings.idle_seconds, head=settings.head_seconds, stalled=settings.stalled_seconds)
    if settings.fast_lane and put_traces is None and keys.WARM_FEEDS in app:
        if await lane_fits():
            lane = Lane(app[keys.WARM_FEEDS], access_log)
            return lambda: LaneConnection(manager, crowd, patience, access_log, metrics.connection_ended, lane=lane)
        _log.warning("the fast lane does not fit this release of aiohttp: feeds are served without it")
    return lambda: Connection(manager, crowd, patience, access_log, metrics.connection_ended)


def _connections_at_most(wanted: int) -> int:
    """Raise the limit of open files as far as it may be, and return how many connections that leaves."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    possible = max(hard - OTHER_FILES, 1) if hard != resource.RLIM_INFINITY else wanted
    if possible < wanted:
        fields = {"max_connections": wanted, "possible": possible}
        _log.warning("fewer connections than max_connections: raise LimitNOFILE", extra={"fields": fields})
    return min(wanted, possible)
