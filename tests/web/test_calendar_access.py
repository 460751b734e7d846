"""Who may read a feed of a subscription of ours, and what is left of one that is over."""

from collections.abc import Mapping
from types import MappingProxyType

import pytest
from aiohttp import encode_basic_auth

from feedproxy.model import Wishes
from feedproxy.web.heard_changes import ChangeReader
from tests.servers.upstream import Answer
from tests.web.calendars import LEAGUE, MEMBER, SEASON, START, a_club, event, league, looks, path, uids
from tests.web.stage import STRANGER, Stage, details_of

PRIVATE = "private, no-store"
WRONG = (None, STRANGER, encode_basic_auth("member", "guess"), encode_basic_auth("Member", "0123456789abcdef"))
NO_HEADERS: Mapping[str, str] = MappingProxyType({})


def login(value: str | None) -> Mapping[str, str]:
    return {"Authorization": value} if value else NO_HEADERS


async def test_a_protected_feed_wants_its_login_and_is_private_whatever_the_answer(stage: Stage) -> None:
    club = await a_club(stage)
    mine = await club.subscribe(protected=True)
    for value in WRONG:
        refused = await stage.get(path(mine), login(value))
        assert refused.status == 401
        assert refused.headers["WWW-Authenticate"] == 'Basic realm="calendar", charset="UTF-8"'
        assert refused.headers["Cache-Control"] == PRIVATE
    assert looks(stage) == 0, "nothing is fetched for who may not read it"
    for _ in range(2):
        opened = await stage.get(path(mine), login(MEMBER))
        assert uids(await opened.read()) == uids(league(*SEASON))
        assert opened.headers["Cache-Control"] == "private, no-cache"
        assert not {"Surrogate-Key", "CDN-Cache-Control"} & set(opened.headers)
    same = await stage.get(path(mine), {"If-None-Match": opened.headers["ETag"], **login(MEMBER)})
    assert (same.status, same.headers["Cache-Control"]) == (304, "private, no-cache")
    for value in WRONG:
        assert (await stage.get(path(mine), login(value))).status == 401, "nor when it is in memory"


async def test_an_open_feed_minds_no_credentials(stage: Stage) -> None:
    club = await a_club(stage)
    mine = await club.subscribe()
    for value in (STRANGER, None, MEMBER):
        response = await stage.get(path(mine), login(value))
        assert response.status == 200
        assert response.headers["Cache-Control"].startswith("private" if value else "max-age=")
    assert looks(stage) == 1


async def test_a_calendar_that_becomes_protected_closes_the_feeds_that_have_no_login(stage: Stage) -> None:
    """Those of before too, and what is left of ended ones; and they open again with the calendar."""
    club = await a_club(stage, on_deactivate="freeze")
    mine, ended, has_login = await club.subscribe(), await club.subscribe(), await club.subscribe(protected=True)
    await club.deactivate(ended)
    for each in (mine, ended):
        assert await club.uids(each) == uids(league(*SEASON))
    await club.redetail(protected=True)
    for each in (mine, ended):
        for value in (None, STRANGER, MEMBER):
            refused = await stage.get(path(each), login(value))
            assert (refused.status, refused.headers["Cache-Control"]) == (401, PRIVATE)
    assert uids(await club.body(has_login, Authorization=MEMBER)) == uids(league(*SEASON))
    await club.redetail(protected=False)
    for each in (mine, ended):
        assert await club.uids(each) == uids(league(*SEASON))
    assert (await stage.get(path(has_login))).status == 401, "who has a login keeps it"


async def test_wrong_passwords_are_limited_and_the_right_one_passes_all_the_same(stage: Stage) -> None:
    await stage.restart(login_attempts=3)
    club = await a_club(stage)
    mine = await club.subscribe(protected=True)
    guesses = [encode_basic_auth("member", str(n)) for n in range(5)]
    statuses = [(await stage.get(path(mine), login(guess))).status for guess in guesses]
    assert statuses == [401, 401, 401, 429, 429]
    limited = await stage.get(path(mine), login(guesses[-1]))
    assert (limited.headers["Cache-Control"], limited.headers["Retry-After"]) == (PRIVATE, "300")
    assert (await stage.get(path(mine), login(MEMBER))).status == 200


async def test_another_filter_reaches_a_protected_feed(stage: Stage) -> None:
    club = await a_club(stage)
    mine = await club.subscribe(protected=True)
    headers = {"Authorization": MEMBER}
    assert uids(await club.body(mine, **headers)) == uids(league(*SEASON))
    await club.change(mine, Wishes(include_external=("derby",)))
    assert uids(await club.body(mine, **headers)) == ["derby"]
    assert (await stage.get(path(mine))).status == 401


async def test_a_pending_subscription_is_unknown_until_it_is_active(stage: Stage) -> None:
    club = await a_club(stage)
    mine = await club.subscribe(state="pending")
    assert (await stage.get(path(mine))).status == 404
    _, changed = await club.store.activate(mine.id, subscriber=mine.subscriber, now=stage.clock())
    await club.feeds.changed(changed)
    assert await club.uids(mine) == uids(league(*SEASON))


@pytest.mark.parametrize("keep", [True, False], ids=["kept when it ended", "kept when it was asked for"])
async def test_a_frozen_feed_stays_as_it_was_for_ever(stage: Stage, keep: bool) -> None:
    """Whatever becomes of the calendar, its source and the process."""
    club = await a_club(stage, on_deactivate="freeze")
    mine = await club.subscribe(Wishes(exclude_external=("party",)), events={"seat": details_of("Seat 7")})
    before = await seen(stage, path(mine))
    await club.deactivate(mine, keep=keep)
    frozen = await seen(stage, path(mine))
    assert frozen["body"] == before["body"]
    assert frozen["Last-Modified"] == before["Last-Modified"]
    assert frozen["Cache-Control"] == "private, no-cache", "it has personal events still"
    stage.upstream.answers[LEAGUE] = Answer(league(*SEASON, event("final", START)), etag='"2"')
    await club.redetail(title="Another")
    await club.store.detach_event(club.account, mine.id, "seat", now=stage.clock())
    stage.clock.wind(days=3)
    assert await seen(stage, path(mine)) == frozen
    await stage.settled()
    await stage.upstream.stop()
    assert await seen(stage, path(mine)) == frozen
    await stage.restart()
    assert await seen(stage, path(mine)) == frozen


async def seen(stage: Stage, feed: str) -> Mapping[str, object]:
    """Return what a client has of a feed."""
    response = await stage.get(feed)
    said = {name: response.headers[name] for name in ("ETag", "Last-Modified", "Cache-Control")}
    return {"status": response.status, "body": await response.read(), **said}


async def test_an_ended_feed_may_be_empty_or_gone_as_the_setting_or_the_calendar_says(stage: Stage) -> None:
    await stage.restart(on_deactivate="gone")
    club = await a_club(stage)
    mine, closed = await club.subscribe(), await club.subscribe(protected=True)
    assert await club.uids(mine) == uids(league(*SEASON))
    stage.clock.wind(seconds=10)
    await club.deactivate(mine, closed)
    for _ in range(2):
        gone = await stage.get(path(mine))
        assert (gone.status, await gone.read()) == (410, b"")
        assert gone.headers["Cache-Control"] == "max-age=60"
        refused, ended = await stage.get(path(closed)), await stage.get(path(closed), login(MEMBER))
        assert (refused.status, refused.headers["Cache-Control"]) == (401, PRIVATE)
        assert (ended.status, ended.headers["Cache-Control"]) == (410, PRIVATE)
    await club.redetail(on_deactivate="empty")
    empty = await stage.get(path(mine))
    body = await empty.read()
    assert uids(body) == ["placeholder@feedproxy"]
    assert b"\r\nX-WR-CALNAME:Our league\r\n" in body
    assert empty.headers["Cache-Control"].startswith("max-age=3600")
    await club.redetail(on_deactivate="freeze")
    assert await club.uids(mine) == uids(league(*SEASON))
    assert uids(await club.body(closed, Authorization=MEMBER)) == uids(league(*SEASON))


async def test_an_empty_feed_needs_nothing_of_the_upstream(stage: Stage) -> None:
    await stage.restart(on_deactivate="empty")
    club = await a_club(stage)
    mine = await club.subscribe()
    await club.deactivate(mine)
    assert await club.uids(mine) == ["placeholder@feedproxy"]
    assert looks(stage) == 0


async def test_a_subscription_that_was_never_read_is_frozen_as_it_would_be(stage: Stage) -> None:
    club = await a_club(stage)
    read, unread = await club.subscribe(), await club.subscribe(Wishes(include_external=("derby",)))
    assert await club.feeds.snapshot(unread) is None, "nothing of it is known"
    await club.body(read)
    await club.deactivate(unread)
    stage.upstream.answers[LEAGUE].body = league(event("derby", "DTSTART:20270101T000000Z"))
    stage.clock.wind(days=1)
    assert b"DTSTART:20261206T130000Z" in await club.body(unread)


async def test_the_snapshot_of_a_protected_feed_is_what_its_subscriber_sees(stage: Stage) -> None:
    club = await a_club(stage)
    mine = await club.subscribe(Wishes(include_external=("derby",)), protected=True)
    before = await club.body(mine, Authorization=MEMBER)
    await club.deactivate(mine)
    assert await club.body(mine, Authorization=MEMBER) == before
    assert (await stage.get(path(mine))).status == 401


async def test_the_events_of_a_calendar_are_those_of_its_base(stage: Stage) -> None:
    club = await a_club(stage)
    mine = await club.subscribe(Wishes(include_external=("derby",)))
    for _ in range(2):
        found = {each.name: each.external_id for each in await club.feeds.events(mine)}
        assert found == {"derby": "derby", "away-game": "away-game", "in-tokyo": "in-tokyo", "party": "party-7"}
    assert looks(stage) == 1


async def test_what_another_process_changes_is_heard_of_from_the_database(stage: Stage) -> None:
    """As it is read each second, whether anybody has told it or not."""
    club = await a_club(stage)
    reader = ChangeReader(club.store)
    await reader.read()
    mine, closed = await club.subscribe(), await club.subscribe(protected=True)
    headers = {"Authorization": MEMBER}
    await club.body(mine)
    await club.body(closed, **headers)
    for each in (mine, closed):
        await club.store.change_subscription(
            each, subscriber=each.subscriber, wishes=Wishes(include_external=("derby",)), now=stage.clock()
        )
    assert len(await club.uids(mine)) == 4
    await club.feeds.heard(await reader.read())
    assert await club.uids(mine) == ["derby"]
    assert uids(await club.body(closed, **headers)) == ["derby"]
