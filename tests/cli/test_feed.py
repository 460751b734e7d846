"""`feedproxy feed` beside a running service: what is held back is listed, accepted, and published at the next look."""

import asyncio
import json
import sqlite3
import zlib
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import cast

import pytest
from aiohttp import ClientSession

from feedproxy.config import Settings
from feedproxy.model import Decision, FeedHealth, Health, PastFetch
from feedproxy.policy.secrets import feed_hash
from feedproxy.serverkey import secret_key
from feedproxy.store import PastLook, open_store
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


NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


async def looked_at(folder: Path) -> None:
    """Leave in the store what two looks upstream at GAME came to: a feed, and one that has lost all but one event."""
    store = await open_store(f"sqlite:///{folder}/feedproxy.db")
    feed = feed_hash(await secret_key(Settings(), store), GAME)
    looks: list[PastLook] = []
    for body, decision, reason, health in (
        (calendar(*GAMES), "published", None, "ok"),
        (calendar("a"), "kept", "sharply-shrunk", "shrunk"),
    ):
        moment = NOW + timedelta(hours=len(looks))
        fetch = PastFetch(feed, moment, 0.214, "fetched", cast(Decision, decision), reason, 200, octets=len(body))
        fetch = replace(fetch, digest=sha256(body).digest(), events=8 if reason is None else None)
        now = FeedHealth(feed, cast(Health, health), moment, moment, reason, NOW, 8)
        looks.append(PastLook(fetch, zlib.compress(body), now))
    await store.note_looks(looks, fetches_kept=9, bodies_kept=9)
    await store.close()


async def test_the_last_looks_upstream_and_their_bodies_can_be_looked_at(tmp_path: Path) -> None:
    await looked_at(tmp_path)
    status, listed, _ = await run(tmp_path, "history", str(GAME))
    name = listed.partition(" ")[0]
    first, digest = (sha256(body).hexdigest()[:12] for body in (calendar(*GAMES), calendar("a")))
    assert status == 0
    assert [line.split() for line in listed.splitlines()] == [
        f"{name} shrunk since 2026-11-21 13:00 UTC, last good 2026-11-21 12:00 UTC".split(),
        [],
        ["ended", "(UTC)", "took", "result", "status", "octets", "events", "decision", "why", "body"],
        f"2026-11-21 13:00:00 0.21 s fetched 200 {len(calendar('a'))} kept sharply-shrunk {digest}".split(),
        f"2026-11-21 12:00:00 0.21 s fetched 200 {len(calendar(*GAMES))} 8 published {first}".split(),
    ]
    (fetch,) = json.loads((await run(tmp_path, "history", name, "--json", "--limit", "1"))[1])["fetches"]
    assert (fetch["decision"], fetch["reason"], fetch["body"]) == ("kept", "sharply-shrunk", digest)
    done = await asyncio.to_thread(feedproxy, tmp_path, "feed", "history", str(GAME), "--body", digest)
    assert done.stdout == calendar("a")


@pytest.mark.parametrize("arguments", [[str(OTHER)], [str(GAME), "--body", "f" * 13]])
async def test_what_the_history_has_not_is_said_in_one_line(tmp_path: Path, arguments: list[str]) -> None:
    await looked_at(tmp_path)
    status, said, error = await run(tmp_path, "history", *arguments)
    assert (status, said, error.count("\n")) == (2, "", 1)


@pytest.mark.parametrize(
    "arguments",
    [["renew"], ["renew", str(GAME), "--all"], ["renew", "x"], ["renew", str(GAME)]],
)
async def test_what_is_asked_wrongly_is_said_in_one_line(tmp_path: Path, arguments: list[str]) -> None:
    status, said, error = await run(tmp_path, *arguments)
    assert (status, said, error.count("\n")) == (2, "", 1)
