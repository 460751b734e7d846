"""A service that runs on loopback ports in front of the demonstration's stand-in upstream."""

import asyncio
import io
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from aiohttp import web
from aiohttp.test_utils import unused_port

from feedproxy.config import Settings, load
from feedproxy.demo.upstream import StandIn
from feedproxy.web import serving
from feedproxy.web.access_log import AccessLog
from feedproxy.web.app import create_app
from feedproxy.web.keys import Clock
from feedproxy.web.logs import LogBuffer
from feedproxy.web.metrics import METRICS
from feedproxy.web.wanted_traces import PutTraces


class Upstream(StandIn):
    """The stand-in, which can be made to wait with its answers."""

    def __init__(self) -> None:
        super().__init__()
        self.open = asyncio.Event()
        self.open.set()
        self.asked = asyncio.Event()

    async def _webcal(self, request: web.Request) -> web.Response:
        self.asked.set()
        await self.open.wait()
        return await super()._webcal(request)


def utc_now() -> datetime:
    return datetime.now(UTC)  # noqa: TID251 # the service under test runs in real time


@dataclass
class Running:
    url: str
    port: int
    app: web.Application
    upstream: Upstream
    log: io.StringIO
    buffer: LogBuffer
    settings: Settings
    stop: asyncio.Event = field(default_factory=asyncio.Event)

    def log_lines(self) -> list[str]:
        """What the log holds so far."""
        self.buffer.flush()
        return self.log.getvalue().splitlines()

    async def send(self, octets: bytes) -> bytes:
        """Send octets on a new connection; return all that comes back until the service closes it."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        writer.write(octets)
        try:
            return await asyncio.wait_for(reader.read(), 10)
        except ConnectionResetError:
            return b""
        finally:
            writer.close()


@asynccontextmanager
async def running(
    folder: Path, *, clock: Clock = utc_now, put_traces: PutTraces | None = None, **settings: object
) -> AsyncIterator[Running]:
    upstream = Upstream()
    upstream_listener = serving.listen("127.0.0.1", 0)
    await upstream.start(upstream_listener)
    given = {
        "database_url": f"sqlite:///{folder}/feedproxy.db",
        "upstream_url": serving.url_of(upstream_listener),
        "egress_allow": ["127.0.0.1"],
        "port": unused_port(),
    } | settings
    checked = load(None, {}, given)
    listener = serving.listen("127.0.0.1", checked.port)
    app = create_app(checked, clock=clock)
    log = io.StringIO()
    buffer = LogBuffer(log)
    service = Running(serving.url_of(listener), checked.port, app, upstream, log, buffer, checked)
    ready = asyncio.Event()
    access_log = AccessLog(app[METRICS], buffer, utc_now)
    async with asyncio.TaskGroup() as group:
        serve = serving.serve(
            app, listener, checked, access_log, stop=service.stop, ready=ready.set, put_traces=put_traces
        )
        group.create_task(serve)
        await ready.wait()
        try:
            yield service
        finally:
            service.stop.set()
            await upstream.stop()
