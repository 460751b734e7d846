"""`feedproxy feed` beside a running service: what is held back is listed, accepted, and published at the next look."""

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from aiohttp import ClientSession

from tests.cli.program import feedproxy, serving
from tests.servers.upstream import Answer, calendar, upstream
from tests.web.stage import GAME, OTHER, PATH

GAMES = "abcdefgh"


async def run(folder: Path, *arguments: str) -> tuple[int, str, str]:
    done = await asyncio.to_thread(feedproxy, folder, "feed", *arguments)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


LONG_AGO = "2026-01-01 00:00:00.000000"


async def seen(folder: Path, url: str) -> tuple[int, str]:
    """Start the service, look at the feed, let it look upstream, and look again."""
    with closing(sqlite3.connect(folder / "feedproxy.db")) as database, database:
        database.execute("UPDATE last_good SET fetched_at = ?", [LONG_AGO])
    async with serving(folder, extra={"FEEDPROXY_UPSTREAM_URL": url}) as (_, service), ClientSession() as session:
        async with session.get(service + PATH) as response:
            assert response.status == 200
        await looked_upstream(folder)
        async with session.get(service + PATH) as response:
            body = await response.text()
            return body.count("BEGIN:VEVENT"), response.headers["ETag"]


async def looked_upstream(folder: Path) -> None:
    """Wait for what the look behind a stale answer leaves in the store, and a moment for the cache."""
    done = "SELECT 1 FROM last_good WHERE fetched_at > ? OR held_reason IS NOT NULL AND NOT held_accepted"
    for _ in range(200):
        with closing(sqlite3.connect(folder / "feedproxy.db")) as database:
            found = database.execute(done, [LONG_AGO]).fetchone()
        await asyncio.sleep(0.1)
        if found:
            return
    raise AssertionError("nobody has looked upstream")


async def test_what_is_held_back_is_listed_accepted_and_published(tmp_path: Path) -> None:
    async with upstream() as behind:
        behind.answers[GAME] = Answer(calendar(*GAMES))
        assert await run(tmp_path, "held") == (0, "", "")
        events, tag = await seen(tmp_path, behind.url)
        assert events == 8
        behind.answers[GAME] = Answer(calendar("a"))
        assert await seen(tmp_path, behind.url) == (8, tag)
        status, listed, _ = await run(tmp_path, "held")
        assert status == 0
        name, _, _, _, why = listed.rstrip("\n").split(maxsplit=4)
        assert why == "sharply-shrunk: 1 component after 8, and 7 of the lost not over"
        status, nothing, error = await run(tmp_path, "accept", str(OTHER))
        assert (status, nothing, error.count("\n")) == (2, "", 1)
        assert (await run(tmp_path, "accept", name))[0] == 0
        assert (await run(tmp_path, "accept", str(GAME)))[:2] == (
            0,
            "Accepted for 1 feed; the next look upstream publishes it.\n",
        )
        assert (await run(tmp_path, "held"))[1] == listed.rstrip("\n") + " (accepted)\n"
        assert (await seen(tmp_path, behind.url))[0] == 1
        assert await run(tmp_path, "held") == (0, "", "")


async def test_validators_are_renewed(tmp_path: Path) -> None:
    async with upstream() as behind:
        behind.answers[GAME] = Answer(calendar(*GAMES))
        assert await run(tmp_path, "held") == (0, "", "")
        tags = [(await seen(tmp_path, behind.url))[1]]
        for argument in (str(GAME), "--all"):
            status, said, _ = await run(tmp_path, "renew", argument)
            assert (status, said) == (0, "Renewed for 1 feed, from the next look upstream on.\n")
            tags.append((await seen(tmp_path, behind.url))[1])
    assert len({*tags}) == 3


@pytest.mark.parametrize("arguments", [["renew"], ["renew", str(GAME), "--all"], ["renew", "x"], ["renew", str(GAME)]])
async def test_what_is_asked_wrongly_is_said_in_one_line(tmp_path: Path, arguments: list[str]) -> None:
    status, said, error = await run(tmp_path, *arguments)
    assert (status, said, error.count("\n")) == (2, "", 1)
