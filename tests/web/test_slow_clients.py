"""Clients that drip, stall or crowd, on real sockets: none of them holds us up, and the others are served."""

import asyncio
import io
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from aiohttp import web

from feedproxy.config import load
from feedproxy.metrics import Metrics
from feedproxy.web import serving
from feedproxy.web.access_log import AccessLog
from feedproxy.web.connection import MAX_HEAD, Connection, Patience
from feedproxy.web.crowd import Crowd
from feedproxy.web.lane_check import _Wire
from feedproxy.web.logs import LogBuffer
from feedproxy.web.metrics import METRICS
from tests.web.running import running, utc_now

BIG = 12_000_000
"""Octets of an answer that no kernel takes off our hands: it is more than a socket's buffers hold."""
GET_BIG = b"GET /big HTTP/1.1\r\nHost: x\r\n\r\n"
GET_SMALL = b"GET /small HTTP/1.1\r\nHost: x\r\n\r\n"


@dataclass
class Service:
    port: int
    metrics: Metrics
    asked: list[str]

    def ended(self, reason: str) -> float:
        value = self.metrics.registry.get_sample_value("feedproxy_connections_ended_total", {"reason": reason})
        return value or 0

    async def connect(self, octets: bytes = b"", *, buffer: int = 4_096) -> socket.socket:
        """Open a connection with a small receive buffer and send octets on it; nothing is read."""
        client = socket.socket()
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
        client.setblocking(False)
        loop = asyncio.get_running_loop()
        await loop.sock_connect(client, ("127.0.0.1", self.port))
        await loop.sock_sendall(client, octets)
        return client

    async def is_served(self) -> bool:
        """Tell whether somebody who asks now is answered."""
        client = await self.connect(GET_SMALL)
        with client:
            return (await asyncio.get_running_loop().sock_recv(client, 100)).startswith(b"HTTP/1.1 200 ")


@asynccontextmanager
async def service(tmp_path: Path, **settings: object) -> AsyncIterator[Service]:
    """Serve a big answer, a small one, and one that waits for `gate`, with these settings."""
    asked: list[str] = []

    async def answer(request: web.Request) -> web.Response:
        asked.append(request.path)
        if request.path == "/never":
            await asyncio.Event().wait()
        return web.Response(body=bytes(BIG if request.path == "/big" else 10))

    app = web.Application()
    app.router.add_get("/{path}", answer)
    app[METRICS] = metrics = Metrics(version="", tzdata="", cldr="")
    log = AccessLog(metrics, LogBuffer(io.StringIO()), utc_now)
    checked = load(None, {}, {"stop_seconds": 0.1, **settings})
    listener = serving.listen("127.0.0.1", 0)
    stop, ready = asyncio.Event(), asyncio.Event()
    async with asyncio.TaskGroup() as group:
        group.create_task(serving.serve(app, listener, checked, log, stop=stop, ready=ready.set))
        await ready.wait()
        try:
            yield Service(listener.getsockname()[1], metrics, asked)
        finally:
            stop.set()


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not holds():  # noqa: ASYNC110 # what is waited for sets no event
            await asyncio.sleep(0.02)


async def all_of(client: socket.socket) -> bytes:
    """Read until the service closes."""
    loop = asyncio.get_running_loop()
    parts = []
    try:
        while part := await loop.sock_recv(client, 65_536):
            parts.append(part)
    except ConnectionResetError:
        pass
    return b"".join(parts)


class TestHeads:
    async def test_one_that_drips_is_not_waited_for(self, tmp_path: Path) -> None:
        async with service(tmp_path, head_seconds=0.4) as served:
            with await served.connect(b"GET /small HTTP/1.1\r\n") as client:
                closed = asyncio.ensure_future(all_of(client))
                loop = asyncio.get_running_loop()
                while not closed.done():
                    try:
                        await loop.sock_sendall(client, b"X-A: a\r\n")
                    except ConnectionError:
                        break
                    await asyncio.wait((closed,), timeout=0.05)
                assert await closed == b""
            assert served.ended("slow-head") == 1
            assert served.asked == []

    async def test_one_that_stops_after_an_answered_request_is_not_waited_for_either(self, tmp_path: Path) -> None:
        async with service(tmp_path, head_seconds=0.3) as served:
            with await served.connect(GET_SMALL) as client:
                await until(lambda: served.asked == ["/small"])
                await asyncio.sleep(0.05)
                await asyncio.get_running_loop().sock_sendall(client, b"GET /sm")
                assert (await all_of(client)).startswith(b"HTTP/1.1 200 ")
            assert served.ended("slow-head") == 1

    async def test_one_that_comes_slowly_but_in_time_is_answered(self, tmp_path: Path) -> None:
        async with service(tmp_path, head_seconds=5) as served:
            with await served.connect() as client:
                loop = asyncio.get_running_loop()
                for octet in GET_SMALL:
                    await loop.sock_sendall(client, bytes([octet]))
                    await asyncio.sleep(0.002)
                assert (await loop.sock_recv(client, 100)).startswith(b"HTTP/1.1 200 ")

    async def test_the_deadline_is_for_the_head_and_not_for_the_answer_or_the_pause_after_it(
        self, tmp_path: Path
    ) -> None:
        async with service(tmp_path, head_seconds=0.2) as served:
            loop = asyncio.get_running_loop()
            with await served.connect(GET_SMALL[:9]) as client:
                await loop.sock_sendall(client, GET_SMALL[9:])
                assert (await loop.sock_recv(client, 1_000)).startswith(b"HTTP/1.1 200 ")
                await asyncio.sleep(0.5)
                await loop.sock_sendall(client, GET_SMALL)
                assert (await loop.sock_recv(client, 1_000)).startswith(b"HTTP/1.1 200 ")
            with await served.connect(b"GET /never HTTP/1.1\r\nHost: x\r\n\r\n") as client:
                await asyncio.sleep(0.5)
                assert served.ended("slow-head") == 0

    async def test_one_that_goes_on_for_ever_is_too_large(self, tmp_path: Path) -> None:
        async with service(tmp_path) as served:
            field = b"X-%03d: " + b"a" * 1_000 + b"\r\n"
            fields = b"".join(field % n for n in range(MAX_HEAD // 1_000 + 2))
            with await served.connect(b"GET / HTTP/1.1\r\n" + fields) as client:
                assert (await all_of(client)).startswith(b"HTTP/1.1 431 ")
            assert served.ended("large-head") == 1
            assert await served.is_served()

    async def test_a_large_body_is_none_however_soon_it_comes(self) -> None:
        """aiohttp holds neither a message nor a request while it hands one over to its handler."""

        async def answer(request: web.BaseRequest) -> web.Response:
            return web.Response(text=f"{len(await request.read())} octets")

        crowd = Crowd(most=1, most_per_client=0, uncounted=(), unsent_octets=1, refused=lambda _: None)
        log = AccessLog(Metrics(version="", tzdata="", cldr=""), None, utc_now)
        connection, wire = Connection(web.Server(answer), crowd, Patience(9, 9, 9), log, lambda _: None), _Wire()
        connection.connection_made(wire)
        for turns in range(5):
            wire.sent = b""
            connection.data_received(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % (2 * MAX_HEAD))
            for _ in range(turns):
                await asyncio.sleep(0)
            connection.data_received(bytes(2 * MAX_HEAD))
            for _ in range(20):
                await asyncio.sleep(0)
            assert wire.sent.startswith(b"HTTP/1.1 200 "), turns
            assert wire.sent.endswith(b"%d octets" % (2 * MAX_HEAD))
        connection.connection_lost(None)

    async def test_what_is_left_of_a_large_body_behind_an_early_answer_is_none_either(self, tmp_path: Path) -> None:
        async with service(tmp_path) as served:
            head = b"POST /small HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % (4 * MAX_HEAD)
            loop = asyncio.get_running_loop()
            with await served.connect(head) as client:
                assert (await loop.sock_recv(client, 1_000)).startswith(b"HTTP/1.1 405 ")
                await loop.sock_sendall(client, bytes(4 * MAX_HEAD) + GET_SMALL)
                assert (await loop.sock_recv(client, 1_000)).startswith(b"HTTP/1.1 200 ")
            assert served.ended("large-head") == 0


class TestReaders:
    async def test_one_that_takes_nothing_is_left(self, tmp_path: Path) -> None:
        async with service(tmp_path, stalled_seconds=0.3) as served:
            with await served.connect(GET_BIG):
                await until(lambda: served.ended("stalled") == 1)
            assert await served.is_served()

    async def test_one_that_takes_an_octet_now_and_then_is_left_too(self, tmp_path: Path) -> None:
        async with service(tmp_path, stalled_seconds=0.4) as served:
            with await served.connect(GET_BIG) as client:
                while not served.ended("stalled"):
                    await asyncio.get_running_loop().sock_recv(client, 1)
                    await asyncio.sleep(0.02)

    async def test_one_that_is_slow_but_steady_gets_everything(self, tmp_path: Path) -> None:
        async with service(tmp_path, stalled_seconds=0.3) as served:
            with await served.connect(GET_BIG, buffer=200_000) as client:
                loop = asyncio.get_running_loop()
                received = 0
                while received < BIG:
                    part = await loop.sock_recv(client, 100_000)
                    assert part, "the connection was closed"
                    received += len(part)
                    await asyncio.sleep(0.005)
            assert served.ended("stalled") == 0

    async def test_one_that_asks_and_asks_but_never_reads_is_left(self, tmp_path: Path) -> None:
        async with service(tmp_path, stalled_seconds=0.3) as served:
            with await served.connect(GET_SMALL) as client:

                async def ask() -> None:
                    while True:
                        await asyncio.get_running_loop().sock_sendall(client, GET_SMALL * 100)

                asking = asyncio.ensure_future(ask())
                await until(lambda: served.ended("stalled") == 1)
                with pytest.raises(ConnectionError):
                    await asking

    async def test_what_is_left_of_the_last_answer_is_not_kept_for_ever(self, tmp_path: Path) -> None:
        request = GET_BIG.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
        async with service(tmp_path, stalled_seconds=0.3) as served:
            with await served.connect(request):
                await until(lambda: served.ended("stalled") == 1)

    async def test_together_they_hold_no_more_memory_than_the_settings_say(self, tmp_path: Path) -> None:
        async with service(tmp_path, unsent_max_octets=2 * BIG) as served:
            clients = [await served.connect(GET_BIG) for _ in range(5)]
            await until(lambda: len(served.asked) == 5 and served.ended("unsent") >= 2)
            assert await served.is_served()
            assert served.ended("unsent") <= 3
            assert len(await all_of(clients[0])) < BIG
            for client in clients:
                client.close()


class TestCrowds:
    async def test_of_idle_connections_the_oldest_make_room_and_everybody_is_served(self, tmp_path: Path) -> None:
        async with service(tmp_path, max_connections=5) as served:
            idle = [await served.connect(b"GET /dri" if n % 2 else b"") for n in range(20)]
            assert await served.is_served()
            assert served.ended("crowded") == 16
            assert [await all_of(client) for client in idle[:15]] == [b""] * 15
            for client in idle:
                client.close()

    async def test_a_connection_that_is_being_answered_is_never_sacrificed(self, tmp_path: Path) -> None:
        async with service(tmp_path, max_connections=2) as served:
            busy = [await served.connect(b"GET /never HTTP/1.1\r\nHost: x\r\n\r\n") for _ in range(2)]
            await until(lambda: len(served.asked) == 2)
            with await served.connect(GET_SMALL) as turned_away:
                assert await all_of(turned_away) == b""
            busy[0].close()
            await until_true(served.is_served)
            busy[1].close()


async def until_true(holds: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(20):
        while True:
            try:
                if await holds():
                    return
            except ConnectionError:
                pass
            await asyncio.sleep(0.02)


async def test_a_body_that_drips_is_broken_off(tmp_path: Path) -> None:
    async with running(tmp_path, body_seconds=0.5) as proxy:
        head = b"POST /oauth2/token HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{"
        answer = await proxy.send(head)
        assert answer.startswith(b"HTTP/1.1 400 ")
        assert b"invalid_request" in answer


async def test_a_client_that_leaves_in_the_middle_of_its_body_is_no_error_of_ours(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with running(tmp_path) as proxy:
        _, writer = await asyncio.open_connection("127.0.0.1", proxy.port)
        writer.write(b"POST /oauth2/token HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{")
        await writer.drain()
        await asyncio.sleep(0.1)
        writer.close()
        await until(lambda: len(proxy.log_lines()) == 1)
    assert [record.getMessage() for record in caplog.records if record.levelname == "ERROR"] == []
