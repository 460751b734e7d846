"""The history is written off the way of feeds: it never waits, never raises, and tells each change of health once."""

import asyncio
import hashlib
import logging
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import pytest

from feedproxy import history
from feedproxy.errors import FeedRefused, FetchFailed, Unavailable
from feedproxy.history import Bounds, History
from feedproxy.looks import Look, body_to_keep, feed_health, past_fetch
from feedproxy.metrics import Metrics
from feedproxy.model import Health
from feedproxy.store import HealthChange, PastLook, Store, open_store
from feedproxy.upstream import Fetched, NotModified
from feedproxy.upstream.exchange import Way

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
FEED = "0123456789abcdef" * 2
BOUNDS = Bounds(fetches=10, bodies=3, octets=10_000, age=timedelta(days=30), stale_after=timedelta(hours=4))
SAID = ('"1"', "yesterday", None, None, None, None)
NOT_MODIFIED = NotModified(*SAID, hops=(), way=Way((), False, None), seconds=0.1)


def fetched(body: bytes) -> Fetched:
    return Fetched(body, *SAID, content_type=None, hops=(), way=Way((), False, None), wire_octets=1, seconds=0.1)


@dataclass(frozen=True)
class State:
    """What is served of a source."""

    digest: bytes = b"one"
    generation: int = 0
    events: int = 7
    fetched_at: datetime = NOW
    trouble: str | None = None


GOOD = State()
TIMEOUT = FetchFailed("timeout", "no answer")
LOOK = Look(FEED, NOT_MODIFIED, None, GOOD, GOOD, protected=False, private=False, seconds=0.2, ended_at=NOW)


def ill(trouble: str = "timeout", *, answer: Fetched | None = None) -> Look:
    return replace(LOOK, answer=answer, after=replace(GOOD, trouble=trouble))


@pytest.mark.parametrize(
    ("look", "told"),
    [
        (LOOK, ("not-modified", 304, "unchanged", None, 7)),
        (replace(LOOK, answer=fetched(b"same")), ("fetched", 200, "unchanged", None, 7)),
        (replace(LOOK, answer=fetched(b"new"), after=State(b"two")), ("fetched", 200, "published", None, 7)),
        (replace(LOOK, answer=fetched(b"new"), after=State(generation=1)), ("fetched", 200, "published", None, 7)),
        (replace(LOOK, answer=fetched(b"first"), before=None), ("fetched", 200, "published", None, 7)),
        (ill("html", answer=fetched(b"<html>")), ("fetched", 200, "kept", "html", None)),
        (ill("timeout"), ("timeout", None, "kept", "timeout", None)),
        (ill("status-503"), ("status-503", 503, "kept", "status-503", None)),
        (
            replace(LOOK, answer=None, after=None, failure=FetchFailed("status-401", "no", upstream_status=401)),
            ("status-401", 401, "withdrawn", "status-401", None),
        ),
        (
            replace(LOOK, answer=None, before=None, after=None, failure=TIMEOUT),
            ("timeout", None, "nothing", "timeout", None),
        ),
    ],
)
def test_a_look_is_told_with_what_it_led_to(look: Look, told: tuple[object, ...]) -> None:
    fetch = past_fetch(look)
    assert (fetch.result, fetch.status, fetch.decision, fetch.reason, fetch.events) == told
    assert (fetch.source, fetch.ended_at, fetch.seconds) == (FEED, NOW, 0.2)


def test_the_upstreams_validators_and_the_length_of_its_body_are_told() -> None:
    fetch = past_fetch(replace(LOOK, answer=fetched(b"four")))
    assert (fetch.etag, fetch.last_modified, fetch.octets) == ('"1"', "yesterday", 4)


def test_a_body_is_kept_that_led_to_something_and_that_no_subscriber_opened() -> None:
    published = replace(LOOK, answer=fetched(b"new"), after=State(b"two"))
    refused = replace(LOOK, answer=fetched(b"<html>"), before=None, after=None, failure=FeedRefused("html", "HTML"))
    assert body_to_keep(published) == b"new"
    assert body_to_keep(ill("sharply-shrunk", answer=fetched(b"less"))) == b"less"
    assert body_to_keep(refused) == b"<html>"
    assert body_to_keep(replace(LOOK, answer=fetched(b"churn"))) is None
    assert body_to_keep(replace(published, private=True)) is None
    assert body_to_keep(LOOK) is None


def test_how_a_feed_is_doing_follows_from_the_look() -> None:
    old = replace(GOOD, trouble="timeout", fetched_at=NOW - timedelta(hours=5))
    withdrawn = replace(LOOK, answer=None, after=None, failure=FetchFailed("status-403", "", upstream_status=403))
    for look, expected in [
        (LOOK, "ok"),
        (ill(), "degraded"),
        (replace(LOOK, after=old), "stale"),
        (withdrawn, "blocked"),
        (replace(withdrawn, protected=True), "auth-needed"),
    ]:
        health = feed_health(look, stale_after=timedelta(hours=4))
        assert health.health == expected
        assert health.last_good_at == (look.after.fetched_at if look.after else None)


def counted() -> Metrics:
    return Metrics(version="1", tzdata="t", cldr="c")


@asynccontextmanager
async def kept(folder: Path, bounds: Bounds = BOUNDS) -> AsyncIterator[tuple[History, Store, Metrics]]:
    """Give a history that is written into a store."""
    store, metrics = await open_store(f"sqlite:///{folder}/feedproxy.db"), counted()
    try:
        async with History(store, metrics, bounds, lambda: NOW + timedelta(seconds=60)) as told:
            yield told, store, metrics
    finally:
        await store.close()


async def test_looks_come_into_the_store_with_their_bodies(tmp_path: Path) -> None:
    async with kept(tmp_path) as (told, store, _):
        told.note(replace(LOOK, answer=fetched(b"new"), after=State(b"two")))
        told.note(LOOK)
        await told.written()
        unchanged, published = await store.past_fetches(FEED, limit=9)
        assert [unchanged.decision, published.decision] == ["unchanged", "published"]
        assert published.digest == hashlib.sha256(b"new").digest()
        assert await store.past_body(FEED, published.digest) == b"new"


async def test_bodies_can_be_turned_off(tmp_path: Path) -> None:
    async with kept(tmp_path, replace(BOUNDS, bodies=0)) as (told, store, _):
        told.note(replace(LOOK, answer=fetched(b"new"), after=State(b"two")))
        await told.written()
        (published,) = await store.past_fetches(FEED, limit=9)
        assert (published.octets, published.digest) == (3, None)
        assert await store.kept_bodies(FEED) == frozenset()


async def test_each_change_of_health_is_one_event_in_the_log_and_counted_at_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    async with kept(tmp_path) as (told, _, metrics):
        for look in (LOOK, LOOK, ill(), ill(), ill("html"), LOOK, LOOK):
            told.note(look)
            await told.written()
        count = metrics.registry.get_sample_value("feedproxy_feeds", {"health": "ok"})
        age = metrics.registry.get_sample_value("feedproxy_oldest_last_good_age_seconds", {"health": "ok"})
    records = [record for record in caplog.records if record.getMessage() == "feed.health"]
    fields: list[Mapping[str, object]] = [cast(Any, record).fields for record in records]
    assert [(each["was"], each["health"], each["reason"]) for each in fields] == [
        ("ok", "degraded", "timeout"),
        ("degraded", "not-a-calendar", "html"),
        ("not-a-calendar", "ok", None),
    ]
    assert {each["feed"] for each in fields} == {FEED[:16]}
    assert [record.levelname for record in records] == ["WARNING", "WARNING", "INFO"]
    assert (count, age) == (1, 60)


class Stubborn:
    """A store that can be away, or slow, and remembers what it was told."""

    def __init__(self) -> None:
        self.error: Exception | None = None
        self.open = asyncio.Event()
        self.open.set()
        self.told: list[PastLook] = []

    async def note_looks(self, looks: Sequence[PastLook], **_: int) -> tuple[HealthChange, ...]:
        await self.open.wait()
        if self.error is not None:
            raise self.error
        self.told += looks
        return ()

    async def forget_history(self, **_: object) -> None:
        if self.error is not None:
            raise self.error

    async def count_healths(self, **_: object) -> dict[Health, tuple[int, datetime | None]]:
        return {}


def into(store: Stubborn, metrics: Metrics) -> History:
    return History(cast(Store, store), metrics, BOUNDS, lambda: NOW)


async def test_a_store_that_is_away_harms_nobody_and_is_told_of_once(caplog: pytest.LogCaptureFixture) -> None:
    store, metrics = Stubborn(), counted()
    store.error = Unavailable("the database cannot be reached", retry_after=5)
    async with into(store, metrics) as told:
        for _ in range(3):
            told.note(LOOK)
            await told.written()
        store.error = None
        told.note(LOOK)
        await told.written()
    assert len(store.told) == 1
    assert metrics.registry.get_sample_value("feedproxy_history_lost_total") == 3
    assert [record.getMessage() for record in caplog.records] == [
        "the history is not written: the store is unavailable"
    ]


async def test_an_error_that_nobody_foresaw_ends_nothing(caplog: pytest.LogCaptureFixture) -> None:
    store, metrics = Stubborn(), counted()
    store.error = RuntimeError("a disk said no")
    async with into(store, metrics) as told:
        told.note(LOOK)
        await told.written()
        store.error = None
        told.note(LOOK)
        await told.written()
    assert len(store.told) == 1
    assert "the history could not be written" in caplog.text


async def test_what_waits_has_an_end_in_number_and_in_octets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history, "WAITING", 3)
    monkeypatch.setattr(history, "WAITING_OCTETS", 5)
    store, metrics = Stubborn(), counted()
    store.open.clear()
    async with into(store, metrics) as told:
        for body in (b"one", b"two", b"3"):
            told.note(replace(LOOK, answer=fetched(body), after=State(b"two")))
        told.note(LOOK)
        assert metrics.registry.get_sample_value("feedproxy_history_lost_total") == 1
        store.open.set()
        await told.written()
    assert [look.deflated_body is not None for look in store.told] == [True, False, True]


async def test_the_end_of_the_process_waits_for_what_is_left_but_not_for_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history, "CLOSE_SECONDS", 0.01)
    quick, stuck = Stubborn(), Stubborn()
    stuck.open.clear()
    for store in (quick, stuck):
        async with into(store, counted()) as told:
            told.note(LOOK)
    assert (len(quick.told), len(stuck.told)) == (1, 0)
