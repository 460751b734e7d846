"""`python -m benchmarks.ops_pages`: what subscribers notice of an operator who browses the pages without a pause.

feedproxy runs as `feedproxy serve` does. The pages are asked for by a process of their own: the list of feeds and the
page of a feed of 400 events, one after the other. Both ways take turns in one run.
"""

import asyncio
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from statistics import median

from aiohttp import ClientSession, encode_basic_auth, web

from benchmarks.feeds import season
from benchmarks.slow_clients import ASKING, feedproxy, measured

ROUNDS = 9
EVENTS = 400
USER, PASSWORD = "operator", "not-a-secret-of-ops"
LOGIN = {"Authorization": encode_basic_auth(USER, PASSWORD)}


async def browse(port: int) -> None:
    """Open pages until standard input ends; say when the first are there, and how many there were."""
    async with ClientSession(f"http://127.0.0.1:{port}", headers=LOGIN) as session:
        paths = ["/ops"]
        paths += re.findall(r'href="(/ops/feeds/\w+)"', await _page(session, "/ops"))
        for path in paths:
            await _page(session, path)
        print("ready", flush=True)
        end = asyncio.create_task(asyncio.to_thread(sys.stdin.read))
        opened = 0
        while not end.done():
            await _page(session, paths[opened % len(paths)])
            opened += 1
        print(opened, flush=True)


@contextmanager
def browsing(port: int, opened: list[int]) -> Iterator[None]:
    """Have a process browse; note how many pages it had."""
    command = [sys.executable, "-m", "benchmarks.ops_pages", "browse", str(port)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as browser:  # noqa: S603 # ourselves
        assert browser.stdout is not None
        assert browser.stdout.readline() == b"ready\n"
        yield
        said, _ = browser.communicate()
        opened.append(int(said))


async def main() -> None:
    """Measure and print."""
    os.environ |= {"FEEDPROXY_OPS_USER": USER, "FEEDPROXY_OPS_PASSWORD": PASSWORD}
    opened: list[int] = []
    ratios = []
    async with feedproxy(_season) as (server, port):
        for _ in range(ROUNDS):
            alone = await measured(server, port)
            with browsing(port, opened):
                beside = await measured(server, port)
            ratios.append([value / before for value, before in zip(beside, alone, strict=True)])
    print(f"{ASKING} clients ask for a feed of {EVENTS} events, while an operator opens pages, and without;")
    print(f"medians of {ROUNDS} ratios, {sum(opened)} pages\n")
    print("| answers a second | CPU an answer | p99 |")
    print("| --- | --- | --- |")
    shown = " | ".join(f"x {median(values):.2f}" for values in zip(*ratios, strict=True))
    print(f"| {shown} |")


async def _season(_: web.Request) -> web.Response:
    return web.Response(body=season(EVENTS, defined=True), content_type="text/calendar")


async def _page(session: ClientSession, path: str) -> str:
    async with session.get(path) as answer:
        assert answer.status == 200, answer.status
        return await answer.text()


if __name__ == "__main__":
    asyncio.run(browse(int(sys.argv[2])) if sys.argv[1:2] == ["browse"] else main())
