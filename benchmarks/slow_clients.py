"""`python -m benchmarks.slow_clients`: what 2,000 connections that only wait, drip or stall cost everybody else.

feedproxy runs as `feedproxy serve` does. The slow connections are held by a process of their own, the questions are
asked by this one; all take turns in one run, so that a noisy moment hits them alike.
"""

import asyncio
import contextlib
import os
import resource
import socket
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from statistics import median, quantiles
from time import perf_counter

from aiohttp import web

from benchmarks.feeds import season

SLOW = 2_000
ASKING = 16
SECONDS = 1.0
ROUNDS = 3
FEED = "/v1/webcal/8e71077b-c7f2-42b8-acb9-bda8f804c0d7"
REQUEST = f"GET {FEED} HTTP/1.1\r\nHost: localhost\r\nAccept-Encoding: identity\r\n\r\n".encode()

KINDS = {
    "idle: nothing is asked": (b"", b""),
    "dripping: a head, an octet every second": (b"GET /webcal/", b"a"),
    "stalled: a feed is asked for and not read": (REQUEST, b""),
}
"""What each connection sends at first, and every second from then on."""


class Asking(asyncio.Protocol):
    """A client that asks for the feed again as soon as it has it; `seconds` are what each answer took."""

    def __init__(self, octets: int, seconds: list[float]) -> None:
        self._octets = octets
        self._seconds = seconds
        self._missing = 0
        self._since = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask for the first time."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._ask()

    def data_received(self, data: bytes) -> None:
        """Count the octets of the answer, which is as long as the one before."""
        self._missing -= len(data)
        if self._missing == 0:
            self._seconds.append(perf_counter() - self._since)
            self._ask()

    def _ask(self) -> None:
        self._missing, self._since = self._octets, perf_counter()
        self._transport.write(REQUEST)


async def measured(server: int, port: int) -> tuple[float, float, float]:
    """Ask for some time; return answers a second, CPU seconds of the server (its pid) per answer, p99 in seconds."""
    octets = len(await answer(port))
    seconds: list[float] = []
    loop = asyncio.get_running_loop()
    began, used = perf_counter(), cpu_seconds(server)
    clients = [await loop.create_connection(lambda: Asking(octets, seconds), "127.0.0.1", port) for _ in range(ASKING)]
    await asyncio.sleep(SECONDS)
    took, used = perf_counter() - began, cpu_seconds(server) - used
    for transport, _ in clients:
        transport.abort()
    return len(seconds) / took, used / len(seconds), quantiles(seconds, n=100)[98]


async def answer(port: int) -> bytes:
    """Return one whole answer, head and body."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(REQUEST.replace(b"\r\n\r\n", b"\r\nConnection: keep-alive\r\n\r\n"))
    head = await reader.readuntil(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 "), head
    length = next(int(line[15:]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:"))
    body = await reader.readexactly(length)
    writer.close()
    return head + body


def cpu_seconds(pid: int) -> float:
    """Return the CPU time that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


async def hold(port: int, first: bytes, then: bytes) -> None:
    """Hold slow connections until standard input ends; one that is closed is opened again, as an attacker would."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    loop = asyncio.get_running_loop()

    async def slow() -> None:
        client = socket.socket()
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        client.setblocking(False)
        with client, contextlib.suppress(ConnectionError):
            await loop.sock_connect(client, ("127.0.0.1", port))
            await loop.sock_sendall(client, first)
            opened.release()
            while True:
                await asyncio.sleep(1)
                await loop.sock_sendall(client, then)

    async def again_and_again(n: int) -> None:
        await asyncio.sleep(n / SLOW)  # so that they do not all speak at once
        while True:
            await slow()
            await asyncio.sleep(0.1)

    opened = asyncio.Semaphore(0)
    tasks = [asyncio.create_task(again_and_again(n)) for n in range(SLOW)]
    for _ in range(SLOW):
        await opened.acquire()
    print("ready", flush=True)
    await asyncio.to_thread(sys.stdin.read)
    for task in tasks:
        task.cancel()


@contextmanager
def held(port: int, kind: str) -> Iterator[None]:
    """Have a process hold slow connections of a kind."""
    command = [sys.executable, "-m", "benchmarks.slow_clients", "hold", str(port), kind]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:  # noqa: S603 # ourselves
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"ready\n"
        yield
        holder.communicate()


async def one_season(_: web.Request) -> web.Response:
    """Answer with a feed of 14 events, whatever is asked for."""
    return web.Response(body=season(14, defined=True), content_type="text/calendar")


@asynccontextmanager
async def feedproxy(
    feed: Callable[[web.Request], Awaitable[web.Response]] = one_season,
) -> AsyncIterator[tuple[int, int]]:
    """Run feedproxy before an upstream that answers so; give its process id and port."""
    app = web.Application()
    app.router.add_get("/{path:.*}", feed)
    runner = web.AppRunner(app)
    await runner.setup()
    upstream, port = free_port(), free_port()
    await web.TCPSite(runner, "127.0.0.1", upstream).start()
    with tempfile.TemporaryDirectory() as folder:
        settings = {
            "FEEDPROXY_UPSTREAM_URL": f"http://127.0.0.1:{upstream}",
            "FEEDPROXY_PORT": str(port),
            "FEEDPROXY_LOG_LEVEL": "error",
        }
        command = [sys.executable, "-m", "feedproxy", "serve"]
        server = await asyncio.create_subprocess_exec(
            *command, cwd=folder, env=os.environ | settings, stderr=subprocess.DEVNULL
        )
        try:
            await answered(port)
            yield server.pid, port
        finally:
            server.terminate()
            await server.wait()
    await runner.cleanup()


async def answered(port: int) -> None:
    """Wait for the first answer."""
    async with asyncio.timeout(20):
        while True:
            with contextlib.suppress(ConnectionError):
                await answer(port)
                return
            await asyncio.sleep(0.1)


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


async def main() -> None:
    """Measure and print."""
    print(f"{ASKING} clients ask for a feed of 14 events, with {SLOW:,} connections beside them and without, in turn;")
    print(f"medians of {ROUNDS} ratios\n")
    print("| beside | answers a second | CPU an answer | p99 |")
    print("| --- | --- | --- | --- |")
    async with feedproxy() as (server, port):
        for kind in KINDS:
            ratios = []
            for _ in range(ROUNDS):
                alone = await measured(server, port)
                with held(port, kind):
                    beside = await measured(server, port)
                ratios.append([value / before for value, before in zip(beside, alone, strict=True)])
            shown = " | ".join(f"x {median(values):.2f}" for values in zip(*ratios, strict=True))
            print(f"| {kind} | {shown} |")


if __name__ == "__main__":
    if sys.argv[1:2] == ["hold"]:
        asyncio.run(hold(int(sys.argv[2]), *KINDS[sys.argv[3]]))
    else:
        asyncio.run(main())
