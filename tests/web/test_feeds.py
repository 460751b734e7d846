"""The feed route through the front door, before an upstream that misbehaves on command."""

import asyncio
import gzip
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from feedproxy import sources
from feedproxy.answer import Served
from feedproxy.cache.memory import MemoryCache
from feedproxy.errors import Unavailable
from feedproxy.model import Feed, LastGood, PersonalEvent
from feedproxy.policy.httpdate import http_date
from feedproxy.subscribed import feed_name
from feedproxy.transform import Base, Options, Shared, index
from feedproxy.transform.personal import uid
from feedproxy.web import keys
from feedproxy.web.health import CACHE
from tests.servers.upstream import Answer, calendar
from tests.web.stage import FAN, GAME, OTHER, PATH, STRANGER, Stage, attach

AT_ONE_IN_NEW_YORK = b"DTSTART;TZID=America/New_York:20261206T130000"


async def test_a_feed_comes_with_iana_zones_and_everything_a_cache_needs(stage: Stage) -> None:
    response = await stage.get()
    body = await response.read()
    assert response.status == 200
    assert response.headers["Content-Type"] == "text/calendar; charset=utf-8"
    assert AT_ONE_IN_NEW_YORK in body
    assert b"BEGIN:VTIMEZONE\r\nTZID:America/New_York" in body
    assert response.headers["Cache-Control"].startswith("max-age=")
    assert response.headers["Vary"] == "Accept-Encoding"
    assert response.headers["ETag"].startswith('"')
    assert response.headers["Last-Modified"] == "Sat, 21 Nov 2026 12:00:00 GMT"


@pytest.mark.parametrize("prefix", ["", "/v1", "/v2", "/V1"])
@pytest.mark.parametrize(
    "name",
    [
        str(GAME),
        str(GAME).upper(),
        GAME.hex,
        GAME.hex.upper(),
        f"{{{GAME}}}",
        f"{GAME}/",
        f"{GAME}.ics",
        f"{GAME}.ICS/",
    ],
)
async def test_every_spelling_of_the_path_is_the_same_feed(stage: Stage, prefix: str, name: str) -> None:
    assert (await stage.get(f"{prefix}/webcal/{name}")).status == 200
    assert (await stage.get(f"{prefix}/WebCal/{name}")).status == 200
    assert len(stage.upstream.requests) == 1


@pytest.mark.parametrize(
    "name",
    [
        "x",
        "0000000-0000-0000-0000-000000000000",
        f"urn:uuid:{GAME}",
        GAME.hex[:8] + "_" + GAME.hex[9:],
        "%D9%A1" * 32,
        "%00",
        "..%2f..%2fetc",
        "%ff%fe",
        "a" * 5000,
    ],
)
async def test_what_is_no_guid_is_unknown_and_asked_of_nobody(stage: Stage, name: str) -> None:
    response = await stage.get(f"/v1/webcal/{name}")
    assert 400 <= response.status < 500
    assert not stage.upstream.requests


async def test_the_second_request_is_served_from_memory(stage: Stage) -> None:
    first, second = await stage.get(), await stage.get()
    assert await first.read() == await second.read()
    assert len(stage.upstream.requests) == 1


async def test_validators_give_304_and_304_says_what_200_would(stage: Stage) -> None:
    full = await stage.get()
    for headers in (
        {"If-None-Match": full.headers["ETag"]},
        {"If-None-Match": f'"other", W/{full.headers["ETag"]}'},
        {"If-None-Match": "*"},
        {"If-Modified-Since": full.headers["Last-Modified"]},
    ):
        response = await stage.get(headers=headers)
        assert response.status == 304, headers
        for name in ("ETag", "Last-Modified", "Cache-Control", "Vary"):
            assert response.headers[name] == full.headers[name]
    changed = {"If-None-Match": '"other"', "If-Modified-Since": full.headers["Last-Modified"]}
    assert (await stage.get(headers=changed)).status == 200, "If-None-Match wins"
    for none in ("yesterday", "Mon, 01 Jan 99999999999999999999 00:00:00 GMT"):
        assert (await stage.get(headers={"If-Modified-Since": none})).status == 200


async def test_gzip_has_its_own_validator_and_the_same_octets(stage: Stage) -> None:
    plain = await stage.get(headers={"Accept-Encoding": "identity"})
    packed = await stage.get(headers={"Accept-Encoding": "gzip, deflate, br, zstd"})
    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(await packed.read()) == await plain.read()
    assert packed.headers["ETag"] != plain.headers["ETag"]
    again = {"Accept-Encoding": "gzip", "If-None-Match": packed.headers["ETag"]}
    assert (await stage.get(headers=again)).status == 304


async def test_head_says_what_get_would(stage: Stage) -> None:
    got, head = await stage.get(), await stage.client.head(PATH, headers={"Accept-Encoding": "identity"})
    assert head.status == 200
    assert await head.read() == b""
    for name in ("ETag", "Last-Modified", "Content-Type", "Content-Length", "Cache-Control", "Vary"):
        assert head.headers[name] == got.headers[name]


async def test_an_unknown_subscription_is_404_and_asked_for_once_a_minute(stage: Stage) -> None:
    for _ in range(3):
        assert (await stage.get(f"/v1/webcal/{OTHER}")).status == 404
    assert len(stage.upstream.requests) == 1
    stage.upstream.answers[OTHER] = Answer(calendar("late"))
    stage.clock.wind(seconds=61)
    assert (await stage.get(f"/v1/webcal/{OTHER}")).status == 200


async def test_a_protected_feed_asks_for_credentials_and_goes_to_nobody_else(stage: Stage) -> None:
    stage.upstream.answers[GAME] = Answer(calendar("secret"), credentials=FAN)
    anonymous = await stage.get()
    assert anonymous.status == 401
    assert anonymous.headers["WWW-Authenticate"] == 'Basic realm="calendar", charset="UTF-8"'
    fan = await stage.get(headers={"Authorization": FAN})
    assert fan.status == 200
    assert b"secret" in await fan.read()
    for response in (await stage.get(), await stage.get(headers={"Authorization": STRANGER})):
        assert response.status == 401
        assert b"secret" not in await response.read()
        assert "ETag" not in response.headers
    again = await stage.get(headers={"Authorization": FAN, "If-None-Match": fan.headers["ETag"]})
    assert again.status == 304
    for response in (anonymous, fan, again):
        assert "private" in response.headers["Cache-Control"]


async def test_a_protected_feed_is_fetched_once_and_a_wrong_password_does_not_reach_the_upstream_each_time(
    stage: Stage,
) -> None:
    stage.upstream.answers[GAME] = Answer(calendar("secret"), credentials=FAN)
    for _ in range(3):
        assert (await stage.get(headers={"Authorization": FAN})).status == 200
        assert (await stage.get(headers={"Authorization": STRANGER})).status == 401
    assert len(stage.upstream.requests) == 3, "once without credentials, once with each"


async def test_a_wrong_password_does_not_reach_the_store_each_time(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage.upstream.answers[GAME] = Answer(calendar("secret"), credentials=FAN)
    assert (await stage.get(headers={"Authorization": STRANGER})).status == 401

    async def asked(*_: object) -> None:
        raise AssertionError

    monkeypatch.setattr(stage.client.app[keys.STORE], "last_good", asked)
    assert (await stage.get(headers={"Authorization": STRANGER})).status == 401


@pytest.mark.parametrize("header", ["Basic", "Basic !!!", "Basic Zm9v", "Bearer x", "Basic " + "A" * 4000, "Basic é"])
async def test_garbage_for_credentials_is_no_credentials(stage: Stage, header: str) -> None:
    assert (await stage.get(headers={"Authorization": header})).status == 200
    stage.upstream.answers[OTHER] = Answer(calendar("secret"), credentials=FAN)
    assert (await stage.get(f"/v1/webcal/{OTHER}", headers={"Authorization": header})).status == 401


async def test_withdrawn_credentials_end_the_feed_also_after_a_restart(stage: Stage) -> None:
    stage.upstream.answers[GAME] = Answer(calendar("secret"), credentials=FAN)
    assert (await stage.get(headers={"Authorization": FAN})).status == 200
    stage.upstream.answers[GAME] = Answer(calendar("secret"), credentials=STRANGER)
    stage.clock.wind(hours=2)
    await stage.get(headers={"Authorization": FAN})
    await stage.settled()
    assert (await stage.get(headers={"Authorization": FAN})).status == 401
    await stage.restart()
    stage.clock.wind(hours=2)
    assert (await stage.get(headers={"Authorization": FAN})).status == 401


async def test_a_feed_that_becomes_protected_is_public_no_more(stage: Stage) -> None:
    assert (await stage.get()).status == 200
    stage.upstream.answers[GAME].credentials = FAN
    stage.upstream.answers[GAME].etag = '"2"'
    stage.clock.wind(hours=2)
    await stage.get()
    await stage.settled()
    assert (await stage.get()).status == 401
    assert (await stage.get(headers={"Authorization": FAN})).status == 200


@pytest.mark.parametrize(
    "garbage",
    [
        Answer(b"<!DOCTYPE html><html><body>maintenance</body></html>"),
        Answer(b""),
        Answer(calendar("bears", "lions")[:-30]),
        Answer(b'{"error": "no"}'),
        Answer(calendar("bears", "lions"), status=206),
        Answer(b"", status=503, headers={"Retry-After": "30"}),
        Answer(b"", status=404),
        Answer(b"", status=410),
        Answer(b"", status=429),
        Answer(b"", status=302, headers={"Location": "http://169.254.169.254/latest/meta-data/"}),
        Answer(calendar()),
    ],
    ids=["html", "empty", "truncated", "json", "206", "503", "404", "410", "429", "redirect", "no-events"],
)
async def test_a_bad_fetch_never_wipes_a_calendar(stage: Stage, garbage: Answer) -> None:
    good = await stage.get()
    body = await good.read()
    stage.upstream.answers[GAME] = garbage
    for _ in range(2):
        stage.clock.wind(hours=2)
        response = await stage.get()
        assert response.status == 200
        assert await response.read() == body
        assert response.headers["ETag"] == good.headers["ETag"]
        await stage.settled()
    # one look behind each stale answer, and no calendar yet
    if garbage.body != calendar():
        assert await (await stage.get()).read() == body


async def test_an_emptied_calendar_is_believed_when_it_is_seen_twice(stage: Stage) -> None:
    await stage.get()
    stage.upstream.answers[GAME] = Answer(calendar())
    for _ in range(2):
        stage.clock.wind(hours=2)
        assert b"UID:bears" in await (await stage.get()).read()
        await stage.settled()
    body = await (await stage.get()).read()
    assert b"UID:bears" not in body
    assert body.count(b"BEGIN:VEVENT") == 1, "Evolution needs one event to give up the others"


async def test_a_shrunken_calendar_is_believed_the_second_time_though_its_stamps_differ(stage: Stage) -> None:
    stage.upstream.answers[GAME] = Answer(calendar(*"abcdefgh"))
    await stage.get()
    for day in (b"01", b"02"):
        stage.upstream.answers[GAME] = Answer(calendar("a").replace(b"DTSTAMP:202601", b"DTSTAMP:2026" + day))
        stage.clock.wind(hours=2)
        assert b"UID:h" in await (await stage.get()).read()
        await stage.settled()
    assert b"UID:h" not in await (await stage.get()).read()


async def test_the_feed_outlives_the_upstream_and_our_own_restart(stage: Stage) -> None:
    good = await stage.get()
    body = await good.read()
    await stage.upstream.stop()
    stage.clock.wind(days=30)
    await stage.restart()
    for _ in range(2):
        response = await stage.get()
        assert response.status == 200
        assert await response.read() == body
        assert response.headers["ETag"] == good.headers["ETag"]
        assert response.headers["Last-Modified"] == good.headers["Last-Modified"]
        await stage.settled()


async def test_a_protected_feed_outlives_the_upstream_for_its_credentials_alone(stage: Stage) -> None:
    stage.upstream.answers[GAME] = Answer(calendar("secret"), credentials=FAN)
    assert (await stage.get(headers={"Authorization": FAN})).status == 200
    await stage.upstream.stop()
    stage.clock.wind(days=3)
    await stage.restart()
    assert b"secret" in await (await stage.get(headers={"Authorization": FAN})).read()
    for headers in ({}, {"Authorization": STRANGER}):
        response = await stage.get(headers=headers)
        assert response.status in {401, 503}
        assert b"secret" not in await response.read()


async def test_the_store_may_be_away(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is in memory is served and refreshed; what is not is 503, and the upstream is left in peace."""
    await stage.get()
    store_is_away(stage, monkeypatch)
    stage.clock.wind(hours=2)
    for _ in range(3):
        assert (await stage.get()).status == 200
        await stage.settled()
    assert len(stage.upstream.requests) == 2
    response = await stage.get(f"/v1/webcal/{OTHER}", headers={"Authorization": FAN})
    assert (response.status, response.headers["Retry-After"]) == (503, "5")


async def test_a_feed_that_has_changed_is_served_as_it_was_while_nothing_newer_can_be_read(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = await (await stage.get()).read()
    await attach(stage, "Your table")
    with monkeypatch.context() as outage:
        store_is_away(stage, outage)
        for _ in range(3):
            response = await stage.get()
            assert (response.status, await response.read()) == (200, before)
            stage.clock.wind(seconds=2)
    assert b"Your table" in await (await stage.get()).read()


async def test_a_feed_that_was_withdrawn_is_not_served_as_it_was(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    await stage.get()
    stage.upstream.answers[GAME].credentials = FAN
    stage.clock.wind(hours=2)
    await stage.get()
    await stage.settled()
    store_is_away(stage, monkeypatch)
    stage.clock.wind(hours=2)
    assert (await stage.get()).status == 503


def store_is_away(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    async def away(*_: object, **__: object) -> None:
        raise Unavailable("the database is away", retry_after=5)

    for name in ("events_of", "last_good", "save_last_good", "confirm_last_good", "drop_last_good"):
        monkeypatch.setattr(stage.client.app[keys.STORE], name, away)


async def test_a_store_that_cannot_be_written_delays_nobody(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sources, "STORE_PATIENCE_SECONDS", 0.01)

    async def locked(*_: object, **__: object) -> None:
        await asyncio.Event().wait()

    for name in ("save_last_good", "confirm_last_good"):
        monkeypatch.setattr(stage.client.app[keys.STORE], name, locked)
    for _ in range(2):
        assert (await asyncio.wait_for(stage.get(), 2)).status == 200
        stage.clock.wind(hours=2)


async def test_a_feed_that_other_processes_share_is_served_while_the_store_is_away(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Redis has it, this process's memory has not: it is as good as cached here, fresh or stale."""
    await stage.get()
    app = stage.client.app
    cache, name = app[CACHE], feed_name(app[keys.SECRET_KEY], GAME, None)
    assert isinstance(cache, MemoryCache)
    shared = cache.peek(name)
    assert shared is not None
    cache.clear()

    async def get(key: str) -> Feed | None:
        cache.keep(key, shared)
        return shared

    async def away(*_: object, **__: object) -> None:
        raise Unavailable("the database is away", retry_after=5)

    monkeypatch.setattr(cache, "get", get)
    for method in ("events_of", "last_good"):
        monkeypatch.setattr(app[keys.STORE], method, away)
    stage.clock.wind(hours=2)
    assert (await stage.get()).status == 200


async def test_a_last_good_body_that_is_no_longer_thought_good_is_fetched_anew(stage: Stage) -> None:
    app = stage.client.app
    now = stage.clock()
    good = LastGood(feed_name(app[keys.SECRET_KEY], GAME, None), b"<html>", b"digest", None, None, 1, now, now)
    await app[keys.STORE].save_last_good(good, after=None)
    assert (await stage.get()).status == 200


async def test_what_nobody_foresaw_keeps_the_feed_and_does_not_ask_the_upstream_each_time(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    good = await (await stage.get()).read()
    stage.upstream.answers[GAME] = Answer(calendar("bears", "lions", "packers"))

    def broken(*_: object) -> None:
        raise RuntimeError("a mistake of ours")

    monkeypatch.setattr(sources, "index", broken)
    stage.clock.wind(hours=2)
    for _ in range(5):
        assert await (await stage.get()).read() == good
        await stage.settled()
    assert len(stage.upstream.requests) == 2
    assert [record.message for record in caplog.records] == ["a feed could not be made"]
    stage.clock.wind(seconds=10)
    await stage.get()
    await stage.settled()
    assert len(stage.upstream.requests) == 3, "it is tried again"
    stage.upstream.answers[OTHER] = Answer(calendar("bears"))
    response = await stage.get(f"/v1/webcal/{OTHER}")
    assert (response.status, await response.text()) == (503, "no usable feed: internal-error\n")


@pytest.mark.parametrize("way", [1, -1])
async def test_a_clock_that_jumps_stops_no_feed(stage: Stage, way: int) -> None:
    await stage.get()
    assert (await stage.get(f"/v1/webcal/{OTHER}")).status == 404
    stage.upstream.answers[GAME] = Answer(calendar("bears", "lions", "packers"))
    stage.upstream.answers[OTHER] = Answer(calendar("late"))
    stage.clock.wind(days=400 * way)
    await stage.get()
    await stage.settled()
    assert b"packers" in await (await stage.get()).read()
    assert (await stage.get(f"/v1/webcal/{OTHER}")).status == 200
    assert len(stage.upstream.requests) == 4


async def test_retry_after_of_the_upstream_is_told_and_obeyed(stage: Stage) -> None:
    stage.upstream.answers[GAME] = Answer(status=503, headers={"Retry-After": "300"})
    for _ in range(2):
        response = await stage.get()
        assert (response.status, response.headers["Retry-After"]) == (503, "300")
        stage.clock.wind(seconds=200)
    assert len(stage.upstream.requests) == 1


async def test_nothing_cached_and_nobody_there_is_503_with_retry_after(stage: Stage) -> None:
    await stage.upstream.stop()
    response = await stage.get()
    assert response.status == 503
    assert int(response.headers["Retry-After"]) > 0
    assert "127.0.0.1" not in await response.text()


async def test_a_stale_feed_is_served_at_once_and_refreshed_behind(stage: Stage) -> None:
    await stage.get()
    gate = asyncio.Event()
    stage.upstream.answers[GAME] = Answer(calendar("bears", "lions", "packers"), gate=gate)
    stage.clock.wind(hours=2)
    stale = await asyncio.wait_for(stage.get(), 2)
    assert b"packers" not in await stale.read()
    gate.set()
    await stage.settled()
    fresh = await stage.get()
    assert b"packers" in await fresh.read()
    assert fresh.headers["Last-Modified"] > stale.headers["Last-Modified"]


async def test_conditional_requests_go_upstream_and_a_304_changes_nothing(stage: Stage) -> None:
    before = await stage.get()
    stage.clock.wind(hours=2)
    await stage.get()
    await stage.settled()
    after = await stage.get()
    assert stage.upstream.requests[-1].headers["If-None-Match"] == '"1"'
    assert after.headers["ETag"] == before.headers["ETag"]
    assert after.headers["Last-Modified"] == before.headers["Last-Modified"]


async def test_a_thousand_cold_requests_are_one_look_upstream(stage: Stage) -> None:
    answers = await asyncio.gather(*(stage.client.app[keys.FEEDS].answer(GAME, None) for _ in range(1000)))
    assert len({answer.feed.digest for answer in answers if isinstance(answer, Served)}) == 1
    assert len(stage.upstream.requests) == 1


async def test_no_answer_is_kept_ready_for_a_feed_that_was_asked_for_once(stage: Stage) -> None:
    ready = stage.client.app[keys.WARM_FEEDS]._ready
    assert [(await stage.get(), len(ready))[1] for _ in range(3)] == [0, 1, 1]


async def test_a_warm_hit_touches_no_store_no_shared_cache_and_no_thread(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    await attach(stage, "Dinner")
    bodies = [await (await stage.get()).read()]

    def touched(*_: object, **__: object) -> None:
        raise AssertionError

    app = stage.client.app
    for name in dir(app[keys.STORE]):
        if not name.startswith("_"):
            monkeypatch.setattr(app[keys.STORE], name, touched)
    for name in ("get", "put", "drop"):
        monkeypatch.setattr(app[CACHE], name, touched)
    monkeypatch.setattr(asyncio, "to_thread", touched)
    for encoding in ("identity", "gzip"):
        response = await stage.get(headers={"Accept-Encoding": encoding})
        assert response.status == 200
        body = await response.read()
        bodies.append(gzip.decompress(body) if encoding == "gzip" else body)
        again = await stage.get(headers={"Accept-Encoding": encoding, "If-None-Match": response.headers["ETag"]})
        assert again.status == 304
    assert len(set(bodies)) == 1


async def test_a_changed_calendar_costs_no_look_at_the_personal_events(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Until an hour has passed, or when it would not be heard of that they have changed."""
    read = 0
    store = stage.client.app[keys.STORE]
    events_of = store.events_of

    async def counted(subscription_id: UUID) -> tuple[PersonalEvent, ...]:
        nonlocal read
        read += 1
        found: tuple[PersonalEvent, ...] = await events_of(subscription_id)
        return found

    monkeypatch.setattr(store, "events_of", counted)
    await attach(stage, "Dinner")
    responses = [await stage.get()]

    async def changed(uid: str) -> int:
        before = read
        stage.upstream.answers[GAME] = Answer(calendar("bears", uid))
        stage.clock.wind(minutes=20)
        await stage.get()
        await stage.settled()
        responses.append(await stage.get())
        body = await responses[-1].read()
        assert f"UID:{uid}".encode() in body
        assert b"Dinner" in body
        assert body.index(b"TZID:Australia/Sydney") < body.index(b"BEGIN:VEVENT")
        return read - before

    assert [await changed(uid) for uid in ("packers", "vikings", "falcons")] == [0, 0, 1]
    monkeypatch.setattr(stage.client.app[CACHE], "hears", lambda: False)
    assert await changed("eagles") == 1
    assert len({response.headers["ETag"] for response in responses}) == 5
    dates = [response.headers["Last-Modified"] for response in responses]
    assert dates == sorted(set(dates))
    last = responses[-1]
    await stage.restart()
    again = await stage.get()
    assert (again.headers["ETag"], again.headers["Last-Modified"]) == (
        last.headers["ETag"],
        last.headers["Last-Modified"],
    )


async def test_an_event_that_was_announced_while_nobody_heard_is_in_a_feed_that_is_being_made(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Memory is cleared when Redis is there again: what has been taken from it until then may be old."""
    await attach(stage, "Dinner")
    await stage.get()
    app = stage.client.app
    feeds, cache = app[keys.FEEDS], app[CACHE]
    assert isinstance(cache, MemoryCache)
    shared = feeds._sources.shared

    async def overtaken(source: sources.Source, state: sources.SourceState) -> tuple[sources.SourceState, Shared]:
        with monkeypatch.context() as unheard:
            unheard.setattr(feeds, "changed", nobody_hears)
            await attach(stage, "Supper")
        cache.clear()
        return await shared(source, state)

    async def nobody_hears(_: object) -> None:
        pass

    monkeypatch.setattr(feeds._sources, "shared", overtaken)
    stage.upstream.answers[GAME] = Answer(calendar("packers"))
    stage.clock.wind(minutes=20)
    await stage.get()
    await stage.settled()
    monkeypatch.undo()
    assert b"Supper" in await (await stage.get()).read()


async def test_last_modified_grows_though_only_another_process_has_served_other_octets_since(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A client may have got those: what came before them must not look as old as it is."""
    before = await stage.get()
    stage.clock.wind(minutes=20)
    store, changed_back = stage.client.app[keys.STORE], stage.clock()
    confirm = store.confirm_last_good

    async def confirmed(*arguments: Any, **more: Any) -> tuple[int, datetime]:
        there = await confirm(*arguments, **more)
        assert there is not None
        generation, _ = there
        return generation, changed_back

    monkeypatch.setattr(store, "confirm_last_good", confirmed)
    await stage.get()
    await stage.settled()
    after = await stage.get()
    assert after.headers["ETag"] == before.headers["ETag"]
    assert after.headers["Last-Modified"] == http_date(changed_back)


async def test_subscriptions_with_the_same_calendar_share_it(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is read once, and what their feeds begin with is one object."""
    read: list[bytes] = []

    def noted(body: bytes, options: Options) -> Base:
        read.append(body)
        return index(body, options)

    monkeypatch.setattr(sources, "index", noted)
    stage.upstream.answers[OTHER] = Answer(stage.upstream.answers[GAME].body)
    await attach(stage, "Dinner", zone="America/New_York")
    app = stage.client.app
    answers = [await app[keys.FEEDS].answer(each, None) for each in (GAME, OTHER)]
    game, other = (answer.feed for answer in answers if isinstance(answer, Served))
    assert game.start.blocks[2] is other.start.blocks[2]
    assert game.digest != other.digest
    assert len(read) == 1


async def test_a_component_that_has_the_uid_of_a_personal_event_gives_way_to_it(stage: Stage) -> None:
    own = uid("CAL", "booking")
    await attach(stage, "Dinner")
    stage.upstream.answers[GAME] = Answer(calendar("bears", own))
    assert (await (await stage.get()).read()).count(own.encode()) == 1
    stage.upstream.answers[GAME] = Answer(calendar("lions", own))
    stage.clock.wind(minutes=20)
    await stage.get()
    await stage.settled()
    body = await (await stage.get()).read()
    assert body.count(own.encode()) == 1
    assert b"UID:lions" in body
    assert b"SUMMARY:Dinner" in body


async def test_it_is_told_why_a_feed_is_not_newer(stage: Stage) -> None:
    feeds = stage.client.app[keys.FEEDS]

    async def said() -> tuple[str, str | None]:
        answer = await feeds.answer(GAME, None)
        assert isinstance(answer, Served)
        await stage.settled()
        return answer.status, answer.reason

    assert [await said(), await said()] == [("miss", None), ("hit", None)]
    stage.upstream.answers[GAME].status = 503
    stage.upstream.answers[GAME].etag = None
    stage.clock.wind(hours=2)
    assert [await said(), await said()] == [("stale", None), ("stale", "status-503")]
    stage.upstream.answers[GAME].status = 200
    stage.clock.wind(hours=2)
    assert [await said(), await said()] == [("stale", "status-503"), ("hit", None)]


async def test_last_modified_grows_when_an_event_is_hidden_again_also_if_the_feed_was_forgotten(stage: Stage) -> None:
    cache = stage.client.app[CACHE]
    assert isinstance(cache, MemoryCache)
    for forgotten in (False, True):
        stage.clock.wind(minutes=1)
        await attach(stage, "Dinner")
        seen = await stage.get()
        if forgotten:
            cache.clear()
        await attach(stage, "Dinner", visible_from=stage.clock() + timedelta(hours=1))
        hidden = await stage.get()
        assert b"Dinner" not in await hidden.read()
        assert hidden.headers["Last-Modified"] > seen.headers["Last-Modified"]


async def test_a_known_feed_outlives_a_404_and_an_unknown_one_is_asked_for_again_after_a_minute(stage: Stage) -> None:
    await stage.get()
    known, unknown = stage.upstream.answers.pop(GAME), f"/v1/webcal/{OTHER}"
    stage.clock.wind(hours=2)
    for _ in range(3):
        assert (await stage.get()).status == 200
        assert (await stage.get(unknown)).status == 404
        await stage.settled()
    assert len(stage.upstream.requests) == 3
    stage.upstream.answers[OTHER] = known
    stage.clock.wind(seconds=59)
    assert (await stage.get(unknown)).status == 404
    stage.clock.wind(seconds=2)
    assert (await stage.get(unknown)).status == 200


async def test_upstream_max_age_is_obeyed_within_bounds(stage: Stage) -> None:
    stage.upstream.answers[GAME].headers["Cache-Control"] = "max-age=3000"
    await stage.get()
    stage.clock.wind(seconds=2600)
    await stage.get()
    await stage.settled()
    assert len(stage.upstream.requests) == 1
    stage.clock.wind(seconds=800)
    await stage.get()
    await stage.settled()
    assert len(stage.upstream.requests) == 2


async def test_a_personal_event_is_in_the_next_feed_and_nobody_elses(stage: Stage) -> None:
    stage.upstream.answers[OTHER] = Answer(calendar("bears"))
    before = await stage.get()
    await attach(stage, "Dinner")
    after = await stage.get()
    body = await after.read()
    assert b"SUMMARY:Dinner\r\nDTSTART;TZID=Australia/Sydney:20261201T090000" in body
    assert b"BEGIN:VTIMEZONE\r\nTZID:Australia/Sydney" in body
    assert b"TRIGGER:-PT15M" in body
    assert AT_ONE_IN_NEW_YORK in body
    assert after.headers["ETag"] != before.headers["ETag"]
    assert after.headers["Last-Modified"] > before.headers["Last-Modified"]
    assert after.headers["Cache-Control"] == "private, no-cache"
    assert b"Dinner" not in await (await stage.get(f"/v1/webcal/{OTHER}")).read()
    assert len(stage.upstream.requests) == 2, "an overlay costs no look upstream"


async def test_an_updated_event_grows_its_sequence_and_last_modified(stage: Stage) -> None:
    await attach(stage, "Dinner")
    first = await (await stage.get()).read()
    stage.clock.wind(minutes=1)
    await attach(stage, "Supper")
    second = await (await stage.get()).read()
    assert b"SEQUENCE:0" in first
    assert b"LAST-MODIFIED:20261121T120000Z" in first
    assert b"SEQUENCE:1" in second
    assert b"LAST-MODIFIED:20261121T120100Z" in second
    assert b"Dinner" not in second


async def test_a_personal_event_reaches_protected_feeds_too(stage: Stage) -> None:
    stage.upstream.answers[GAME] = Answer(calendar("secret"), credentials=FAN)
    assert b"Dinner" not in await (await stage.get(headers={"Authorization": FAN})).read()
    await attach(stage, "Dinner")
    assert b"Dinner" in await (await stage.get(headers={"Authorization": FAN})).read()


async def test_an_event_is_hidden_until_it_may_be_seen(stage: Stage) -> None:
    await attach(stage, "Surprise", visible_from=stage.clock() + timedelta(minutes=5))
    assert b"Surprise" not in await (await stage.get()).read()
    stage.clock.wind(minutes=6)
    await stage.get()
    await stage.settled()
    seen = await stage.get()
    assert b"Surprise" in await seen.read()
    assert seen.headers["Last-Modified"] == "Sat, 21 Nov 2026 12:05:00 GMT"
    await stage.restart()
    again = await stage.get()
    assert (again.headers["Last-Modified"], again.headers["ETag"]) == (
        seen.headers["Last-Modified"],
        seen.headers["ETag"],
    )


async def test_an_event_accepted_while_the_upstream_is_slow_is_served_all_the_same(stage: Stage) -> None:
    await stage.get()
    stage.upstream.answers[GAME].gate = gate = asyncio.Event()
    stage.clock.wind(hours=2)
    await stage.get()
    await attach(stage, "Dinner")
    response = await asyncio.wait_for(stage.get(), 2)
    assert b"Dinner" in await response.read()
    gate.set()
    await stage.settled()
    assert b"Dinner" in await (await stage.get()).read()


async def test_a_403_takes_no_open_feed_away(stage: Stage) -> None:
    """A firewall's hiccup is no withdrawal."""
    body = await (await stage.get()).read()
    stage.upstream.answers[GAME] = Answer(b"", status=403)
    for _ in range(2):
        stage.clock.wind(hours=2)
        assert await (await stage.get()).read() == body
        await stage.settled()


async def test_an_event_accepted_while_the_feed_is_being_made_is_in_it(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = stage.client.app[keys.STORE]
    events_of, calls = store.events_of, 0

    async def overtaken(subscription_id: UUID) -> tuple[PersonalEvent, ...]:
        nonlocal calls
        calls += 1
        found: tuple[PersonalEvent, ...] = await events_of(subscription_id)
        if calls == 1:
            await attach(stage, "Dinner")
        return found

    monkeypatch.setattr(store, "events_of", overtaken)
    assert b"Dinner" in await (await stage.get()).read()
    assert calls == 2


async def test_a_feed_that_has_moved_for_good_is_asked_for_at_its_new_place_after_three_looks(stage: Stage) -> None:
    stage.upstream.answers[GAME] = Answer(status=301, headers={"Location": f"/v1/webcal/{OTHER}"})
    stage.upstream.answers[OTHER] = Answer(calendar("bears", "lions"))
    for _ in range(4):
        assert (await stage.get()).status == 200
        await stage.settled()
        stage.clock.wind(days=1)
    asked = [UUID(request.match_info["guid"]) for request in stage.upstream.requests]
    assert asked == [GAME, OTHER, GAME, OTHER, GAME, OTHER, OTHER]


async def test_what_the_egress_policy_refuses_is_counted_by_its_reason(stage: Stage) -> None:
    stage.upstream.answers[GAME] = Answer(status=302, headers={"Location": "https://169.254.169.254/latest/"})
    assert (await stage.get()).status == 503
    metrics = await (await stage.get("/metrics")).text()
    assert 'feedproxy_rejected_destination_total{mode="enforce",reason="metadata"} 1.0' in metrics
