"""What takes long for a large feed is done in a thread: the event loop turns meanwhile."""

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from feedproxy import gzip_member
from feedproxy.gzip_member import Start
from feedproxy.transform.calendar import Calendar
from tests.servers.redis import running_redis
from tests.servers.upstream import Answer
from tests.web.calendars import a_club, event, league, path
from tests.web.stage import GAME, Stage

EVENTS = 9_000
"""So many have a megabyte and more."""


@pytest.fixture
def in_the_loop(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What is done with many octets, or with many events one by one, in the thread of the event loop."""
    done: list[str] = []
    here = threading.get_ident()

    def watch(owner: Any, name: str, size: Callable[..., int]) -> None:
        """Let `size` say of what comes out, and of what goes in, how much it is."""
        work = getattr(owner, name)

        def watched(*args: Any) -> Any:
            result = work(*args)
            if threading.get_ident() == here and size(result, *args) > 500_000:
                done.append(name)
            return result

        monkeypatch.setattr(owner, name, watched)

    watch(gzip_member, "member", lambda member, *_: gzip_member.length(member))
    watch(gzip_member, "text", lambda text, _: len(text))
    watch(gzip_member, "deflate", lambda part, _: part.length)
    watch(gzip_member, "is_sound", lambda _, start: start.length)
    components = vars(Calendar)["components"].func

    def singly(calendar: Calendar) -> Any:
        if threading.get_ident() == here and calendar.events() > EVENTS // 2:
            done.append("components")
        return components(calendar)

    monkeypatch.setattr(Calendar, "components", property(singly))
    return done


def season(events: int = EVENTS) -> list[str]:
    return [event(f"game-{n}", "DTSTART:20261206T130000Z", f"DESCRIPTION:{'x' * 20}") for n in range(events)]


async def test_of_a_feed_that_loses_events_and_is_served_in_every_coding(stage: Stage, in_the_loop: list[str]) -> None:
    stage.upstream.answers[GAME] = Answer(league(*season()))
    for coding in ("identity", "gzip", "br"):
        answer = await stage.get(headers={"Accept-Encoding": coding})
        assert answer.status == 200
        await answer.read()
    stage.upstream.answers[GAME] = Answer(league(*season(EVENTS - 1)))
    stage.clock.wind(hours=2)
    await stage.get()
    await stage.settled()
    answer = await stage.get()
    assert (await answer.read()).count(b"BEGIN:VEVENT") == EVENTS - 1
    assert in_the_loop == []


@pytest.mark.parametrize("kept", [True, False])
async def test_of_a_subscription_that_ends(stage: Stage, in_the_loop: list[str], kept: bool) -> None:
    club = await a_club(stage, *season(), on_deactivate="freeze")
    mine = await club.subscribe()
    await (await stage.get(path(mine))).read()
    await club.deactivate(mine, keep=kept)
    answer = await stage.get(path(mine))
    assert (await answer.read()).count(b"BEGIN:VEVENT") == EVENTS
    assert in_the_loop == []


@pytest.mark.service("redis")
async def test_of_a_feed_that_processes_share(
    stage: Stage, in_the_loop: list[str], monkeypatch: pytest.MonkeyPatch, service_program: Callable[[str], Path]
) -> None:
    """What is in Redis is checked: by the second of them alone, as it has to read it there."""
    checked: list[int] = []
    is_sound = gzip_member.is_sound

    def noted(start: Start) -> bool:
        checked.append(start.length)
        return is_sound(start)

    monkeypatch.setattr(gzip_member, "is_sound", noted)
    stage.upstream.answers[GAME] = Answer(league(*season()))
    with running_redis(service_program("redis")) as server:
        for number in range(2):
            await stage.restart(redis_url=server.url)
            answer = await stage.get()
            assert (await answer.read()).count(b"BEGIN:VEVENT") == EVENTS
            assert len(checked) == number
        await stage.restart()
    assert checked[0] > 500_000
    assert in_the_loop == []
