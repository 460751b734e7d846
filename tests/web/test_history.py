"""The history of what is served: each look upstream is in it, with the body where that led to something."""

import json
import logging
from collections.abc import Mapping
from typing import Any, cast

import pytest

from feedproxy.model import PastFetch
from feedproxy.policy.secrets import feed_hash
from feedproxy.store import Store
from feedproxy.web import keys
from tests.servers.upstream import Answer, calendar
from tests.web.stage import FAN, GAME, OTHER, PATH, Stage

GAMES = "abcdefgh"


def store_of(stage: Stage) -> Store:
    assert stage.client.app is not None
    return stage.client.app[keys.STORE]


async def looked_again(stage: Stage, answer: Answer, **span: float) -> None:
    """Have the upstream answer so, and look upstream a while later."""
    stage.upstream.answers[GAME] = answer
    stage.clock.wind(**(span or {"hours": 2}))
    await stage.get()
    await stage.settled()


async def fetches_of(stage: Stage) -> tuple[PastFetch, ...]:
    assert stage.client.app is not None
    await stage.client.app[keys.HISTORY].written()
    return await store_of(stage).past_fetches(feed_hash(stage.client.app[keys.SECRET_KEY], GAME), limit=99)


async def test_each_look_is_told_with_what_it_led_to(stage: Stage) -> None:
    stage.upstream.answers[GAME] = Answer(calendar(*GAMES), etag='"1"')
    await stage.get()
    await looked_again(stage, Answer(calendar(*GAMES), etag='"1"'))
    await looked_again(stage, Answer(b"", status=503))
    await looked_again(stage, Answer(b"<html>"))
    await looked_again(stage, Answer(calendar("a")))
    await looked_again(stage, Answer(calendar(*GAMES, "i"), etag='"2"'))
    told = [
        (each.result, each.status, each.decision, each.reason, each.events)
        for each in reversed(await fetches_of(stage))
    ]
    assert told == [
        ("fetched", 200, "published", None, 8),
        ("not-modified", 304, "unchanged", None, 8),
        ("status-503", 503, "kept", "status-503", None),
        ("fetched", 200, "kept", "html", None),
        ("fetched", 200, "kept", "sharply-shrunk", None),
        ("fetched", 200, "published", None, 9),
    ]
    newest, shrunk, *_ = await fetches_of(stage)
    assert shrunk.digest is not None
    assert newest.etag == '"2"'
    feed = newest.source
    assert await store_of(stage).past_body(feed, shrunk.digest) == calendar("a")


async def test_each_change_of_health_is_one_line_and_no_other(stage: Stage, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    await stage.get()
    for answer in [Answer(b"", status=503)] * 4 + [Answer(calendar("bears", "lions"))] * 2:
        await looked_again(stage, answer, hours=1.5)
    await fetches_of(stage)
    said: list[Mapping[str, object]] = [
        cast(Any, record).fields for record in caplog.records if record.getMessage() == "feed.health"
    ]
    assert [(each["was"], each["health"]) for each in said] == [
        ("ok", "degraded"),
        ("degraded", "stale"),
        ("stale", "ok"),
    ]
    metrics = await (await stage.client.get("/metrics")).text()
    assert 'feedproxy_feeds{health="ok"} 1.0' in metrics
    assert 'feedproxy_feeds{health="stale"} 0.0' in metrics


async def test_what_a_subscribers_credentials_opened_is_told_without_its_body(stage: Stage) -> None:
    stage.upstream.answers[GAME] = Answer(calendar("members only"), credentials=FAN)
    assert (await stage.get(headers={"Authorization": FAN})).status == 200
    (fetch,) = await fetches_of(stage)
    assert (fetch.decision, fetch.digest) == ("published", None)
    assert await store_of(stage).kept_bodies("") == frozenset()


async def test_who_asks_for_feeds_that_are_not_there_leaves_no_trace(stage: Stage) -> None:
    stage.upstream.answers[OTHER] = Answer(b"", status=404)
    for path in (f"/v1/webcal/{OTHER}", f"/v1/webcal/{OTHER.hex}"):
        assert (await stage.get(path)).status == 404
    assert stage.client.app is not None
    await stage.client.app[keys.HISTORY].written()
    assert await store_of(stage).feed_healths() == ()
    assert await store_of(stage).past_fetches("", limit=9) == ()


async def test_a_feed_is_served_though_the_history_cannot_be_written(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: object, **__: object) -> None:
        raise RuntimeError("a disk said no")

    monkeypatch.setattr(store_of(stage), "note_looks", broken)
    assert (await stage.get(PATH)).status == 200
    await looked_again(stage, Answer(calendar("bears", "lions", "tigers")))
    assert (await (await stage.get(PATH)).text()).count("BEGIN:VEVENT") == 3
    assert await fetches_of(stage) == ()
    text = await (await stage.client.get("/metrics")).text()
    assert "feedproxy_history_lost_total 2.0" in text
    assert json.loads(await (await stage.client.get("/readyz")).text())["status"] == "ready"
