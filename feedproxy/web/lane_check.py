"""Whether the fast lane fits the aiohttp that is installed: tried once, at the start, without a socket."""

import asyncio
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import cast

from aiohttp import web

from feedproxy.metrics import Metrics
from feedproxy.web.access_log import AccessLog
from feedproxy.web.connection import Patience
from feedproxy.web.crowd import Crowd
from feedproxy.web.lane import Lane, LaneConnection
from feedproxy.web.warm_feeds import WarmFeeds

_HEAD = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
_NEVER = datetime.min.replace(tzinfo=UTC)


class _Wire(asyncio.Transport):
    """Keeps what is sent."""

    def __init__(self) -> None:
        super().__init__({"peername": ("127.0.0.1", 1)})
        self.sent = b""

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.sent += bytes(data)

    def writelines(self, list_of_data: Iterable[bytes | bytearray | memoryview]) -> None:
        self.sent += b"".join(list_of_data)

    def is_closing(self) -> bool:
        return False

    def close(self) -> None:
        """Stay open: the end is told by hand."""

    def get_write_buffer_size(self) -> int:
        return 0


async def lane_fits() -> bool:
    """Tell whether aiohttp is idle when the lane says so, and only then."""
    try:
        return await _idle_at_each_step() == [True, False, False, False, True, False]
    except (AttributeError, TypeError, IndexError):
        return False


async def _idle_at_each_step() -> list[bool]:
    """Return what the lane says: at first, in a head, behind it, while it is answered, afterwards, at the end."""
    gate = asyncio.Event()

    async def answer(_: web.BaseRequest) -> web.Response:
        await gate.wait()
        return web.Response()

    async def settle() -> None:
        for _ in range(10):
            await asyncio.sleep(0)

    manager, wire = web.Server(answer), _Wire()
    crowd = Crowd(most=1, most_per_client=0, uncounted=(), unsent_octets=1, refused=lambda _: None)
    log = AccessLog(Metrics(version="", tzdata="", cldr=""), None, lambda: _NEVER)
    lane = Lane(cast(WarmFeeds, None), log)  # no feed is asked for
    connection = LaneConnection(manager, crowd, Patience(60, 60, 60), log, lambda _: None, lane=lane)
    connection.connection_made(wire)
    await settle()
    steps = [connection.is_idle]
    connection.data_received(_HEAD[:20])
    steps.append(connection.is_idle)
    connection.data_received(_HEAD[20:])
    steps.append(connection.is_idle)
    await settle()
    steps.append(connection.is_idle)
    gate.set()
    await settle()
    steps.append(connection.is_idle and wire.sent.startswith(b"HTTP/1.1 200 ") and connection.has_a_deadline)
    connection.connection_lost(None)
    steps.append(connection.is_idle)
    return steps
