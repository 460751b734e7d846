"""`feedproxy serve`: it says where it listens, ends well, and keeps its workers alive."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from aiohttp import ClientConnectionError, ClientSession, TCPConnector

from feedproxy.demo.subscriptions import LEAGUE
from feedproxy.web import serving as web_serving
from tests.cli.program import feedproxy, serving
from tests.web.running import Upstream


@pytest.fixture
async def upstream() -> AsyncIterator[tuple[Upstream, str]]:
    listener = web_serving.listen("127.0.0.1", 0)
    upstream = Upstream()
    await upstream.start(listener)
    yield upstream, web_serving.url_of(listener)
    await upstream.stop()


def test_a_port_that_is_taken_is_named_in_one_line(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        result = feedproxy(tmp_path, "serve", "--port", str(port))
    assert result.returncode == 2
    assert result.stderr.decode() == (
        f"feedproxy: port: cannot listen on 127.0.0.1:{port}: address already in use; choose another with --port\n"
    )


_LOOKS = """
import gc, time
from benchmarks.feeds import season
from feedproxy.cli.serve import let_threads_turn
from feedproxy.transform import Options, index, settle

def longest(work):
    looks = [0.0]
    def note(phase, info):
        global started
        if phase == "start":
            started = time.thread_time()
        else:
            looks.append(time.thread_time() - started)
    gc.callbacks.append(note)
    work()
    gc.callbacks.remove(note)
    return max(looks)

body = season(29_000, defined=True)
new = body.replace(b"DTSTAMP:20260101", b"DTSTAMP:20260102").replace(b"SUMMARY:Game 7", b"SUMMARY:The game 7")
let_threads_turn()
for work in (lambda: settle(body, new), lambda: index(new, Options())):
    print(min(longest(work) for _ in range(4)))
"""


def test_no_look_for_garbage_holds_requests_up_while_20_megabytes_are_worked_on() -> None:
    """All threads wait meanwhile; in the way that Python does it by itself it is 5 ms, and 95 ms now and then."""
    ran = subprocess.run([sys.executable, "-c", _LOOKS], check=True, capture_output=True, text=True)
    assert all(float(seconds) < 0.003 for seconds in ran.stdout.split())


def test_a_host_that_is_not_this_machine_is_named(tmp_path: Path) -> None:
    result = feedproxy(tmp_path, "serve", "--host", "192.0.2.1")
    assert (result.returncode, result.stderr.count(b"\n")) == (2, 1)
    assert b"192.0.2.1" in result.stderr


def test_a_database_that_cannot_be_opened_is_one_line(tmp_path: Path) -> None:
    result = feedproxy(
        tmp_path, "serve", "--port", "0", extra={"FEEDPROXY_DATABASE_URL": "sqlite:////nonexistent/folder/f.db"}
    )
    assert (result.returncode, result.stderr.count(b"\n")) == (2, 1)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_stop_answers_what_is_in_flight_and_takes_nothing_new(
    tmp_path: Path, upstream: tuple[Upstream, str], number: signal.Signals
) -> None:
    held, upstream_url = upstream
    held.open.clear()
    async with (
        serving(tmp_path, extra={"FEEDPROXY_UPSTREAM_URL": upstream_url}) as (process, url),
        ClientSession() as session,
    ):
        feed = asyncio.ensure_future(session.get(f"{url}/v1/webcal/{LEAGUE.id}"))
        await held.asked.wait()
        process.send_signal(number)
        async with asyncio.timeout(10):
            while await is_answered(session, url):  # noqa: ASYNC110 # it is another process
                await asyncio.sleep(0.05)
        assert process.returncode is None
        assert not feed.done()
        held.open.set()
        async with await feed as answer:
            assert answer.status == 200
            assert (await answer.read()).startswith(b"BEGIN:VCALENDAR")
        async with asyncio.timeout(10):
            assert await process.wait() == 0


async def is_answered(session: ClientSession, url: str) -> bool:
    try:
        async with session.get(f"{url}/healthz"):
            return True
    except ClientConnectionError:
        return False


@pytest.mark.service("redis")
async def test_workers_share_the_port_and_a_dead_one_is_replaced(tmp_path: Path, redis_url: str) -> None:
    settings = {"FEEDPROXY_REDIS_URL": redis_url}
    async with serving(tmp_path, "--workers", "2", extra=settings) as (process, url), ClientSession() as session:
        await until(lambda: len(workers_of(process)) == 2)
        async with asyncio.timeout(20):
            while not await is_answered(session, url):  # noqa: ASYNC110 # it is another process
                await asyncio.sleep(0.1)
        killed, survivor = workers_of(process)
        assert is_alive(survivor)
        os.kill(killed, signal.SIGKILL)
        await until(lambda: len(workers_of(process) - {killed}) == 2)
        assert survivor in workers_of(process)
        process.terminate()
        async with asyncio.timeout(20):
            assert await process.wait() == 0
        assert not is_alive(survivor)


@pytest.mark.service("redis")
async def test_any_worker_tells_the_counters_of_all(tmp_path: Path, redis_url: str) -> None:
    settings = {"FEEDPROXY_REDIS_URL": redis_url}
    each_its_own = TCPConnector(force_close=True)
    async with (
        serving(tmp_path, "--workers", "2", extra=settings) as (process, url),
        ClientSession(connector=each_its_own, headers={"User-Agent": "curl/8"}) as session,
    ):
        await until(lambda: len(workers_of(process)) == 2)
        async with asyncio.timeout(20):
            while not await is_answered(session, url):  # noqa: ASYNC110 # it is another process
                await asyncio.sleep(0.1)
        for _ in range(20):
            async with session.get(f"{url}/readyz"):
                pass
        async with asyncio.timeout(20):  # an answer is counted once it is sent
            while await readyz_count(session, url) != 20:  # noqa: ASYNC110 # it is another process
                await asyncio.sleep(0.1)


async def readyz_count(session: ClientSession, url: str) -> float:
    async with session.get(f"{url}/metrics") as answer:
        lines = (await answer.text()).splitlines()
    counts = [line.rpartition(" ")[2] for line in lines if "requests_total{" in line and '"readyz"' in line]
    return sum(map(float, counts))


def workers_of(process: asyncio.subprocess.Process) -> set[int]:
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    return {int(pid) for pid in children.read_text().split()}


def is_alive(pid: int) -> bool:
    return Path(f"/proc/{pid}").exists()


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not holds():  # noqa: ASYNC110 # it is about other processes
            await asyncio.sleep(0.1)
