"""`python -m benchmarks.ops_pages [rounds]`: what subscribers notice while pages are read.

feedproxy runs as `feedproxy serve` does, on core 0. On core 1 are wrk, which asks for a feed of 14 events over 64
connections, without a pause or with pauses that leave the server half of its time or more; and whoever reads pages: an
operator who wants to see one feed of 400 events after the other, 5 a second, or a program that asks again as soon as
it is answered, for the list of feeds and for the page of one. The process that makes them runs wherever it finds a core
idle.

They take of two cores what wrk might have used. What that does is shown by strangers: processes that know nothing of
feedproxy, and use as much of the cores as reader and maker of the pages did just before, a page at a time, at the same
priorities. All take turns in each round. Alone comes twice: so one sees how far two measurements of the same are apart.
What the server itself has to do for a page is measured while nobody asks for feeds.
"""

import asyncio
import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from aiohttp import ClientSession, encode_basic_auth, web

from benchmarks.feeds import season
from benchmarks.serve import CLIENT_CORE, CONNECTIONS, FEED, SERVER_CORE, answer, descendants, pinned
from benchmarks.slow_clients import free_port

ROUNDS = 7
PAGES_A_SECOND = 5
PAGES_AT_ONCE = 8
SECONDS = 3
EVENTS, LOOKED_AT = 14, 400
SEEN = 16
"""So many feeds are looked at: when it is the first one's turn again, nothing of it is remembered."""
USER, PASSWORD = "operator", "not-a-secret-of-ops"
LOGIN = {"Authorization": encode_basic_auth(USER, PASSWORD)}
TABLE = Path(__file__).with_name("OPS_PAGES.md")

LOADS = {"full": "", "half": "function delay() return 1 end\n"}
"""How much the server has to do, and the milliseconds that a connection waits for that before it asks again."""
READERS = {"operator": 1 / PAGES_A_SECOND, "program": 0.0}
"""Who reads pages: the seconds from one to the next, 0 if it begins the next when it has one."""


@dataclass(frozen=True, slots=True)
class Round:
    """CPU seconds of the server an answer, answers a second, p99 in seconds, the server's share of its core.

    `pages` a second were read; who read them used that share of a core, and who made them that, or the strangers.
    """

    cpu: float
    rate: float
    p99: float
    busy: float
    pages: float = 0
    reader: float = 0
    maker: float = 0


@dataclass(frozen=True, slots=True)
class Stand:
    """feedproxy: its process, its port, the process that makes pages, whose are which; and where wrk is told to ask."""

    pid: int
    port: int
    maker: int
    pages: Mapping[str, Sequence[str]]
    script: Path


async def asked(stand: Stand) -> Round:
    """Have wrk ask."""
    command = ["taskset", "-c", CLIENT_CORE, "wrk", "-t1", f"-c{CONNECTIONS}", f"-d{SECONDS}s", "--latency"]
    command += ["-H", "Accept-Encoding: identity", "-s", str(stand.script)]
    used = own_seconds(stand.pid)
    wrk = await asyncio.create_subprocess_exec(
        *command, f"http://127.0.0.1:{stand.port}{FEED.format(0)}", stdout=subprocess.PIPE
    )
    said = (await wrk.communicate())[0].decode()
    used = own_seconds(stand.pid) - used
    if "Non-2xx" in said:
        raise RuntimeError(said)
    count, seconds = re.findall(r"(\d+) requests in ([\d.]+)s", said)[0]
    (p99, unit) = re.findall(r"99%\s+([\d.]+)(us|ms|s)", said)[0]
    slowest = float(p99) * {"us": 1e-6, "ms": 1e-3, "s": 1.0}[unit]
    return Round(used / int(count), int(count) / float(seconds), slowest, used / float(seconds))


def own_seconds(pid: int) -> float:
    """Return the CPU time that a process has used, all its threads, but not its children."""
    return sum(int(task.read_text().split()[0]) for task in Path(f"/proc/{pid}/task").glob("*/schedstat")) / 1e9


@asynccontextmanager
async def beside(*arguments: str, core: str) -> AsyncIterator[list[float]]:
    """Run `benchmarks.beside`; what it says at its end is in the list then."""
    process = await asyncio.create_subprocess_exec(
        "taskset", "-c", core, sys.executable, "-m", "benchmarks.beside", *arguments,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout is not None
    assert await process.stdout.readline() == b"ready\n"
    said: list[float] = []
    yield said
    told, _ = await process.communicate(b"")
    said += json.loads(told)


async def with_pages(stand: Stand, who: str) -> Round:
    """Have wrk ask while somebody reads pages."""
    arguments = ("read", str(stand.port), LOGIN["Authorization"], str(READERS[who]), *stand.pages[who])
    async with beside(*arguments, core=CLIENT_CORE) as said:
        used, began = own_seconds(stand.maker), time.perf_counter()
        found = await asked(stand)
        used, took = own_seconds(stand.maker) - used, time.perf_counter() - began
    opened, reading, seconds = said
    return replace(found, pages=opened / seconds, reader=reading / seconds, maker=used / took)


async def with_strangers(stand: Stand, as_much_as: Round) -> Round:
    """Have wrk ask while strangers work as much as was done for pages."""
    pages = max(as_much_as.pages, 1)
    reading, making, pause = (str(share / pages) for share in (as_much_as.reader, as_much_as.maker, 1))
    async with (
        beside("work", reading, pause, core=CLIENT_CORE) as reader,
        beside("work-when-idle", making, pause, core=f"{SERVER_CORE},{CLIENT_CORE}") as maker,
    ):
        found = await asked(stand)
    return replace(found, reader=reader[1] / reader[2], maker=maker[1] / maker[2])


async def all_in_turn(stand: Stand) -> dict[str, Round]:
    """Have everybody take their turn under one load."""
    found = {"alone": await asked(stand)}
    for who in READERS:
        found[who] = await with_pages(stand, who)
        found[f"{who}'s strangers"] = await with_strangers(stand, found[who])
    return found | {"alone again": await asked(stand)}


@asynccontextmanager
async def started(folder: Path) -> AsyncIterator[Stand]:
    """Run feedproxy with both feeds at hand and a page opened."""
    async with AsyncExitStack() as stack:
        port = free_port()
        settings = {
            "FEEDPROXY_UPSTREAM_URL": await stack.enter_async_context(upstream()),
            "FEEDPROXY_PORT": str(port),
            "FEEDPROXY_DATABASE_URL": f"sqlite:///{folder}/feedproxy.db",
            "FEEDPROXY_OPS_USER": USER,
            "FEEDPROXY_OPS_PASSWORD": PASSWORD,
        }
        pid = stack.enter_context(pinned([sys.executable, "-m", "feedproxy", "serve"], **settings))
        url = f"http://127.0.0.1:{port}"
        async with ClientSession(headers=LOGIN) as session:
            for number in (0, *range(1, 2 * SEEN, 2)):
                await answer(session, url + FEED.format(number), {})
            await asyncio.sleep(1)  # the history is written behind
            looked_at = await large_feeds_pages(session, url)
            pages = {"operator": looked_at, "program": ("/ops", looked_at[0])}
            for page in pages["program"]:
                await answer(session, url + page, LOGIN)
        (maker,) = (each for each in descendants(pid) if makes_pages(each))
        let_run_anywhere(maker)
        yield Stand(pid, port, maker, pages, folder / "wrk.lua")


async def large_feeds_pages(session: ClientSession, url: str) -> Sequence[str]:
    """Return the paths of the larger feeds' pages."""
    async with session.get(f"{url}/ops/api/feeds") as listed:
        feeds = (await listed.json())["feeds"]
    return [f"/ops/feeds/{each['feed']}" for each in feeds if each["events"] == LOOKED_AT]


def let_run_anywhere(pid: int) -> None:
    """Let all threads of a process run on both cores."""
    for thread in Path(f"/proc/{pid}/task").iterdir():
        os.sched_setaffinity(int(thread.name), {int(SERVER_CORE), int(CLIENT_CORE)})


def makes_pages(pid: int) -> bool:
    """Tell whether a descendant of the server is what makes pages."""
    return b"feedproxy.web.ops.maker" in Path(f"/proc/{pid}/cmdline").read_bytes()


@asynccontextmanager
async def upstream() -> AsyncIterator[str]:
    """Serve the feed that is asked for, and under an odd number the one that is looked at."""

    async def feed(request: web.Request) -> web.Response:
        events = LOOKED_AT if int(request.match_info["number"], 16) % 2 else EVENTS
        return web.Response(body=season(events, defined=True), content_type="text/calendar")

    app = web.Application()
    app.router.add_get("/v1/webcal/{number:[0-9a-f]{8}}{rest:.*}", feed)
    runner = web.AppRunner(app)
    await runner.setup()
    port = free_port()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    yield f"http://127.0.0.1:{port}"
    await runner.cleanup()


async def main(rounds: int) -> None:
    """Measure, print and write the table."""
    missing = [tool for tool in ("wrk", "taskset") if shutil.which(tool) is None]
    if missing:
        sys.exit(f"benchmarks.ops_pages needs {', '.join(missing)}: Debian's packages wrk and util-linux")
    found: dict[str, list[dict[str, Round]]] = {load: [] for load in LOADS}
    own: list[Sequence[float]] = []
    with TemporaryDirectory() as name:
        async with started(Path(name)) as stand:
            for n in range(rounds + 1):
                for load, script in LOADS.items():
                    stand.script.write_text(script)
                    turns = await all_in_turn(stand)
                    if n:  # the first warms up
                        found[load].append(turns)
                own.append([await own_part(stand, page) for page in stand.pages["program"]])
                print(".", end="", file=sys.stderr, flush=True)
    text = table(found, own, rounds)
    print(text)
    TABLE.write_text(text)


async def own_part(stand: Stand, page: str) -> float:
    """Return the CPU seconds that the server itself uses for a page, beside what it uses when nothing is asked."""
    async with ClientSession(f"http://127.0.0.1:{stand.port}", headers=LOGIN) as session:
        used, began = own_seconds(stand.pid), time.perf_counter()
        for _ in range(PAGES_AT_ONCE):
            async with session.get(page) as answered:
                await answered.read()
        took, asked_nothing = time.perf_counter() - began, own_seconds(stand.pid)
        await asyncio.sleep(took)
        return (asked_nothing - used - (own_seconds(stand.pid) - asked_nothing)) / PAGES_AT_ONCE


COMPARED = (
    ("alone again", "alone"),
    *((who, "alone") for who in READERS),
    *((who, f"{who}'s strangers") for who in READERS),
)


def table(found: Mapping[str, Sequence[Mapping[str, Round]]], own: Sequence[Sequence[float]], rounds: int) -> str:
    """Return the tables in Markdown."""
    list_part, feed_part = (median(each) * 1e3 for each in zip(*own, strict=True))
    text = (
        f"# Feeds while pages are read\n\nWritten by `python -m benchmarks.ops_pages`, which says how it measures: "
        f"{rounds} rounds of {SECONDS} s each in turn, medians. An operator wants to see {PAGES_A_SECOND} feeds a "
        "second, each for the first time, a program the same two pages as soon as it has one; strangers use as much of "
        "the cores, and know nothing of feedproxy. What feeds cost and how long they take beside pages must be within "
        "5 % of what it is alone, or beside strangers: no more than two measurements of the same are apart (alone "
        "again).\n\n"
        f"Of a page the server itself has {list_part:.1f} ms of work, CPU time, if it is the list of feeds, and "
        f"{feed_part:.1f} ms if it is that of a feed of {LOOKED_AT} events.\n\n"
        "| load | ratio | CPU an answer | p99 | answers a second |\n| --- | --- | --- | --- | --- |\n"
    )
    for load, turns in found.items():
        for of, to in COMPARED:
            ratios = " | ".join(f"x {ratio(turns, of, to, field):.2f}" for field in ("cpu", "p99", "rate"))
            text += f"| {load} | {of} / {to} | {ratios} |\n"
    text += (
        "\n| load | beside | CPU an answer | p99 | answers a second | share of its core | pages a second | "
        "CPU of the reader | of the maker |\n| --- | --- | --- | --- | --- | --- | --- | --- | --- |\n"
    )
    for load, turns in found.items():
        for who in turns[0]:
            cpu, p99, rate, busy, pages, reader, maker = (
                median(getattr(each[who], field) for each in turns)
                for field in ("cpu", "p99", "rate", "busy", "pages", "reader", "maker")
            )
            read = f"{f'{pages:.1f}' if pages else ''} | {reader:.1%} | {maker:.0%}" if reader else " |  | "
            text += (
                f"| {load} | {who} | {cpu * 1e6:.1f} us | {p99 * 1e3:.2f} ms | {rate:,.0f} | {busy:.0%} | {read} |\n"
            )
    return text


def ratio(turns: Sequence[Mapping[str, Round]], of: str, to: str, field: str) -> float:
    """Return how many times that is what it is beside the other, round by round, the median."""
    return float(median(getattr(each[of], field) / getattr(each[to], field) for each in turns))


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]) if sys.argv[1:] else ROUNDS))
