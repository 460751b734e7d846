"""A source's body need not stay in memory: what is made of it can be made again, and what is cached is served on."""

import pytest

from feedproxy.errors import Unavailable
from feedproxy.web import keys
from tests.servers.upstream import Answer, calendar
from tests.web.stage import GAME, Stage, attach

GAMES = "abcdefgh"


def forget_bodies(stage: Stage) -> None:
    assert stage.client.app is not None
    stage.client.app[keys.FEEDS]._sources._indexed.clear()


def take_away(stage: Stage, monkeypatch: pytest.MonkeyPatch, *names: str) -> None:
    async def away(*_: object, **__: object) -> None:
        raise Unavailable("the database is away", retry_after=5)

    assert stage.client.app is not None
    for name in names:
        monkeypatch.setattr(stage.client.app[keys.STORE], name, away)


async def body(stage: Stage) -> bytes:
    response = await stage.get()
    assert response.status == 200
    return await response.read()


async def test_a_body_is_made_again_of_the_store(stage: Stage) -> None:
    before = await body(stage)
    forget_bodies(stage)
    await attach(stage, "Dinner")
    after = await body(stage)
    assert b"SUMMARY:Dinner" in after
    assert set(before.splitlines()) <= set(after.splitlines())
    assert len(stage.upstream.requests) == 1


async def test_a_304_needs_no_body(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    before = await body(stage)
    forget_bodies(stage)
    take_away(stage, monkeypatch, "last_good")
    stage.clock.wind(minutes=20)
    for _ in range(2):
        assert await body(stage) == before
        await stage.settled()
    assert len(stage.upstream.requests) == 2
    assert (await stage.get()).headers["Age"] == "0"


async def test_a_cached_feed_is_served_on_while_its_body_can_be_had_nowhere(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The new body is weighed without the old one: whatever it lacks may lie ahead."""
    stage.upstream.answers[GAME] = Answer(calendar(*GAMES))
    before = await body(stage)
    forget_bodies(stage)
    take_away(stage, monkeypatch, "last_good", "save_last_good", "hold_back")
    stage.upstream.answers[GAME] = Answer(calendar("a"))
    stage.clock.wind(hours=2)
    for _ in range(2):
        assert await body(stage) == before
        await stage.settled()
    stage.upstream.answers[GAME] = Answer(calendar(*GAMES[1:]))
    stage.clock.wind(hours=2)
    await body(stage)
    await stage.settled()
    assert (await body(stage)).count(b"BEGIN:VEVENT") == len(GAMES) - 1


async def test_what_is_lost_is_looked_for_in_the_store(stage: Stage) -> None:
    """A season that has ended is no loss."""
    stage.upstream.answers[GAME] = Answer(calendar(*GAMES, start="20260101T130000"))
    await body(stage)
    forget_bodies(stage)
    stage.upstream.answers[GAME] = Answer(calendar("a", start="20261206T130000"))
    stage.clock.wind(hours=2)
    await body(stage)
    await stage.settled()
    assert (await body(stage)).count(b"BEGIN:VEVENT") == 1


async def test_a_body_that_could_not_be_stored_is_looked_for_upstream(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is in the store is older than what was served."""
    await body(stage)
    stage.upstream.answers[GAME] = Answer(calendar("bears", "lions", "packers"), etag='"2"')
    stage.clock.wind(hours=2)
    with monkeypatch.context() as outage:
        take_away(stage, outage, "save_last_good")
        await body(stage)
        await stage.settled()
        served = await stage.get()
        assert b"UID:packers" in await served.read()
    forget_bodies(stage)
    stage.clock.wind(seconds=5)
    await attach(stage, "Dinner")
    after = await stage.get()
    text = await after.read()
    assert b"UID:packers" in text
    assert b"SUMMARY:Dinner" in text
    assert len(stage.upstream.requests) == 3


async def test_a_body_that_another_process_has_dropped_is_looked_for_upstream(stage: Stage) -> None:
    await body(stage)
    app = stage.client.app
    assert app is not None
    (name,) = app[keys.FEEDS]._sources._states
    await app[keys.STORE].drop_last_good(name)
    forget_bodies(stage)
    await attach(stage, "Dinner")
    assert b"SUMMARY:Dinner" in await body(stage)
    assert len(stage.upstream.requests) == 2


async def test_a_body_that_another_process_has_put_there_is_taken_from_the_store(stage: Stage) -> None:
    """Nobody need look upstream for it again."""
    await body(stage)
    app = stage.client.app
    assert app is not None
    sources = app[keys.FEEDS]._sources
    ((name, state),) = sources._states.items()
    stage.upstream.answers[GAME] = Answer(calendar("bears", "lions", "packers"))
    stage.clock.wind(hours=2)
    await body(stage)
    await stage.settled()
    sources._states[name] = state
    forget_bodies(stage)
    await attach(stage, "Dinner")
    assert b"UID:packers" in await body(stage)
    assert len(stage.upstream.requests) == 2
