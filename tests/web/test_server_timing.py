"""Server-Timing: each step that an answer waited for, where the setting allows it; nothing of what was in memory."""

import re

from feedproxy import steps
from tests.servers.upstream import Answer, calendar
from tests.web.stage import GAME, OTHER, PATH, Stage

TIMING = re.compile(r"fetch;dur=\d+\.\d, render;dur=\d+\.\d")


async def test_a_feed_that_was_fetched_says_how_long_that_took_and_one_in_memory_says_nothing(stage: Stage) -> None:
    await stage.restart(server_timing=True)
    stage.upstream.answers[OTHER] = Answer(calendar("tigers"))
    for path in (PATH, f"/webcal/{OTHER}"):
        fetched = await stage.get(path)
        assert TIMING.fullmatch(fetched.headers["Server-Timing"])
        for _ in range(3):
            assert "Server-Timing" not in (await stage.get(path)).headers


async def test_a_look_upstream_that_failed_is_told_too(stage: Stage) -> None:
    await stage.restart(server_timing=True)
    stage.upstream.answers[GAME] = Answer(b"", status=503)
    response = await stage.get()
    assert response.status == 503
    assert response.headers["Server-Timing"].startswith("fetch;dur=")


async def test_it_is_off_unless_a_setting_allows_it(stage: Stage) -> None:
    assert "Server-Timing" not in (await stage.get()).headers


def test_each_listener_hears_of_its_own_steps_alone() -> None:
    outer: list[steps.Step] = []
    inner: list[steps.Step] = []
    with steps.told_to(outer.append):
        with steps.told_to(inner.append):
            steps.took("fetch", 1, "fetched")
        steps.took("render", 2, "rendered")
    steps.took("render", 3, "rendered")
    assert inner == [steps.Step("fetch", 1, "fetched")]
    assert outer == [steps.Step("fetch", 1, "fetched"), steps.Step("render", 2, "rendered")]
