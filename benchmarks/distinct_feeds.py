"""`python -m benchmarks.distinct_feeds`: what a running service takes in memory for feeds that have nothing in common.

feedproxy runs as `feedproxy serve` does, before an upstream of its own; each feed is asked for once. Measured is what
the process has to itself in memory, between the first feeds, which fill whatever has a fixed size, and the last.
"""

import asyncio
import random
import re
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

from aiohttp import ClientSession, web

from benchmarks.feeds import season
from benchmarks.slow_clients import feedproxy

FEEDS = 3_000
WARM = 2_000
AT_ONCE = 16
WORDS = 5_000
SETTLED_SECONDS = 2.0


def words(chance: random.Random) -> list[str]:
    """Return words that no other language has."""
    return ["".join(chance.choices("abcdefghijklmnopqrstuvwxyz", k=chance.randrange(3, 9))) for _ in range(WORDS)]


def distinct_season(number: int, language: list[str]) -> bytes:
    """Return a feed of 14 KB with texts and UIDs of its own."""
    chance = random.Random(number)  # noqa: S311 # the same in each run
    said = iter(lambda: " ".join(chance.choices(language, k=6)).encode(), b"")
    body = season(18, defined=False).replace(b"UID:event-", b"UID:event-%d-" % number)
    return re.sub(rb"(?<=\r\nDESCRIPTION:)", lambda _: next(said) + b"\\n", body)


def anonymous_octets(pid: int) -> int:
    """Return the octets of memory that belong to a process alone and to no file."""
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Anonymous:"):
            return int(line.split()[1]) * 1_024
    raise AssertionError("no such line")


async def memory_of_distinct_feeds() -> float:
    """Return the octets that a process takes for each feed more."""
    language = words(random.Random(0))  # noqa: S311 # the same in each run

    async def feed(request: web.Request) -> web.Response:
        number = UUID(request.path.rpartition("/")[2]).int
        return web.Response(body=distinct_season(number, language), headers={"ETag": f'"{number}"'})

    async with feedproxy(feed) as (server, port), ClientSession(auto_decompress=False) as session:

        async def ask(numbers: Iterator[int]) -> None:
            for number in numbers:
                url = f"http://127.0.0.1:{port}/v1/webcal/{UUID(int=number)}"
                async with session.get(url, headers={"Accept-Encoding": "gzip"}) as response:
                    assert response.status == 200, response.status
                    await response.read()

        async def anonymous_after(numbers: range) -> int:
            each = iter(numbers)
            await asyncio.gather(*(ask(each) for _ in range(AT_ONCE)))
            await asyncio.sleep(SETTLED_SECONDS)
            return anonymous_octets(server)

        before = await anonymous_after(range(WARM))
        return (await anonymous_after(range(WARM, WARM + FEEDS)) - before) / FEEDS


def table() -> Iterator[str]:
    """Iterate over the lines of the table."""
    octets = asyncio.run(memory_of_distinct_feeds())
    yield "| a running service | measured | must be |"
    yield "| --- | --- | --- |"
    yield f"| memory for 1,000 distinct feeds of 14 KB | {octets / 1e3:.2f} MB | 4.5 MB |"


if __name__ == "__main__":
    for line in table():
        print(line)
