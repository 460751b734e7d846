"""What changes a feed of a subscription of ours, and how it is told: new octets are later, the same ones stay."""

from datetime import datetime

import pytest
from aiohttp import ClientResponse

from feedproxy.model import Changed, Wishes
from feedproxy.policy.access import Credentials
from feedproxy.policy.httpdate import read_http_date
from feedproxy.sealing import FetchSettings
from tests.servers.upstream import Answer
from tests.web.calendars import LEAGUE, SEASON, START, a_club, event, league, looks, path, uids, url_of
from tests.web.stage import OTHER, Stage, details_of

TWO = Wishes(include_external=("derby", "party"))


def changed_at(response: ClientResponse) -> datetime:
    found = read_http_date(response.headers["Last-Modified"])
    assert found is not None
    return found


async def test_another_filter_is_seen_at_once_and_has_later_octets(stage: Stage) -> None:
    club = await a_club(stage)
    mine, other = await club.subscribe(), await club.subscribe()
    seen = [await stage.get(path(mine))]
    untouched = await stage.get(path(other))
    for wishes in (TWO, Wishes(), TWO):
        stage.clock.wind(seconds=10)
        mine = await club.change(mine, wishes)
        seen.append(await stage.get(path(mine)))
    left = [len(uids(await each.read())) for each in seen]
    assert left == [4, 2, 4, 2]
    dates = [changed_at(each) for each in seen]
    assert dates == sorted(set(dates)), "each is later than the one before"
    assert [each.headers["ETag"] for each in seen[:2]] == [each.headers["ETag"] for each in seen[2:]]
    again = await stage.get(path(other), {"If-None-Match": untouched.headers["ETag"]})
    assert again.status == 304
    assert again.headers["Last-Modified"] == untouched.headers["Last-Modified"]
    await stage.restart()
    restarted = await stage.get(path(mine))
    assert [restarted.headers[name] for name in ("ETag", "Last-Modified")] == [
        seen[-1].headers[name] for name in ("ETag", "Last-Modified")
    ]
    assert looks(stage) == 1


async def test_an_event_that_is_taken_away_leaves_later_octets_also_after_a_restart(stage: Stage) -> None:
    club = await a_club(stage)
    mine = await club.subscribe(events={"seat": details_of("Seat 7")})
    await club.store.put_event(club.account, "bus", details_of("The bus"), [mine.id], now=stage.clock())
    dates = [changed_at(await stage.get(path(mine)))]
    stage.clock.wind(seconds=10)
    await stage.restart()
    await club.store.detach_event(club.account, mine.id, "seat", now=stage.clock())
    after = await stage.get(path(mine))
    dates.append(changed_at(after))
    assert b"Seat 7" not in await after.read()
    stage.clock.wind(seconds=10)
    await stage.restart()
    await club.store.delete_event(club.account, "bus", now=stage.clock())
    dates.append(changed_at(await stage.get(path(mine))))
    assert await club.uids(mine) == uids(league(*SEASON))
    assert dates == sorted(set(dates))


async def test_another_title_makes_new_feeds_and_no_look_upstream(stage: Stage) -> None:
    club = await a_club(stage)
    mine = await club.subscribe(TWO)
    before = await stage.get(path(mine))
    stage.clock.wind(seconds=10)
    await club.redetail(title="Their league")
    after = await stage.get(path(mine))
    assert b"X-WR-CALNAME:Their league\r\n" in await after.read()
    assert changed_at(after) > changed_at(before)
    assert looks(stage) == 1


async def test_what_changes_in_events_that_are_filtered_out_is_sent_to_nobody(stage: Stage) -> None:
    club = await a_club(stage)
    mine = await club.subscribe(TWO)
    before = await stage.get(path(mine))
    stage.clock.wind(minutes=20)
    stage.upstream.answers[LEAGUE] = Answer(league(*SEASON, event("final", START)), etag='"2"')
    await stage.get(path(mine))
    await stage.settled()
    after = await stage.get(path(mine), {"If-None-Match": before.headers["ETag"]})
    assert after.status == 304
    assert looks(stage) == 2


async def test_what_a_source_is_fetched_with_may_change_without_a_feed_being_lost(stage: Stage) -> None:
    """Its body stays as it is the same URL's: nothing is served anew, and what is fetched next is fetched so."""
    club = await a_club(stage)
    mine = await club.subscribe()
    before = await stage.get(path(mine))
    stage.upstream.answers[LEAGUE].credentials = "Basic Y2x1YjprZXk="
    await club.refetch(FetchSettings(url_of(stage, LEAGUE), Credentials(b"club", b"key"), {"X-Api-Key": "7"}))
    after = await stage.get(path(mine), {"If-None-Match": before.headers["ETag"]})
    assert (after.status, looks(stage)) == (304, 1)
    stage.clock.wind(minutes=20)
    await stage.get(path(mine))
    await stage.settled()
    request = stage.upstream.requests[-1]
    assert (request.headers["Authorization"], request.headers["X-Api-Key"]) == ("Basic Y2x1YjprZXk=", "7")
    assert (await stage.get(path(mine))).headers["Cache-Status"].startswith("feedproxy; hit; ttl=")


async def test_another_url_begins_anew_and_the_old_feed_stays_until_the_new_one_is_there(stage: Stage) -> None:
    club = await a_club(stage)
    mine = await club.subscribe()
    before = await club.body(mine)
    stage.upstream.answers[OTHER] = Answer(league(event("friendly", START)), status=503)
    await club.refetch(FetchSettings(url_of(stage, OTHER)))
    assert await club.body(mine) == before
    stage.upstream.answers[OTHER].status = 200
    stage.clock.wind(seconds=15)
    assert await club.uids(mine) == ["friendly"]


@pytest.mark.parametrize("status", [401, 403, 404, 410, 500])
async def test_what_a_source_answers_takes_no_feed_away(stage: Stage, status: int) -> None:
    """Its credentials are the account's: it is not for the upstream to say who of its subscribers may read on."""
    club = await a_club(stage)
    mine, cold = await club.subscribe(), await club.subscribe()
    before = await club.body(mine)
    stage.upstream.answers[LEAGUE] = Answer(status=status)
    for _ in range(3):
        stage.clock.wind(hours=2)
        assert await club.body(mine) == before
        await stage.settled()
    assert await club.uids(cold) == uids(before)
    await stage.restart()
    assert await club.body(mine) == before


async def test_a_source_that_never_answered_is_asked_once_in_a_while_whoever_wants_it(stage: Stage) -> None:
    club = await a_club(stage)
    stage.upstream.answers[LEAGUE].status = 401
    for _ in range(5):
        response = await stage.get(path(await club.subscribe()))
        assert response.status == 503
        assert response.headers["Cache-Control"] == "private, no-store"
        assert await response.text() == "no usable feed: status-401\n"
    assert looks(stage) == 1
    await club.refetch(FetchSettings(url_of(stage, LEAGUE), Credentials(b"club", b"key")))
    stage.upstream.answers[LEAGUE].status = 200
    assert await club.uids(await club.subscribe()) == uids(league(*SEASON))


async def test_a_new_base_is_one_change_to_the_caches_in_front(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    club = await a_club(stage)
    told: list[Changed] = []
    monkeypatch.setattr(club.feeds, "_on_change", told.extend)
    subscriptions = [await club.subscribe() for _ in range(3)]
    tags = [(await stage.get(path(each))).headers["Surrogate-Key"].split() for each in subscriptions]
    assert len({own for own, _ in tags}) == 3
    ((base,),) = {(base,) for _, base in tags}
    stage.clock.wind(minutes=20)
    stage.upstream.answers[LEAGUE] = Answer(league(*SEASON, event("final", START)), etag='"2"')
    for _ in range(2):
        for each in subscriptions:
            await stage.get(path(each))
            await stage.settled()
    assert told == [Changed(base, None)]
    assert club.feeds.in_memory(tags[0][0], None) is not None
    await club.change(subscriptions[0], TWO)
    assert told[1:] == [Changed(tags[0][0], subscriptions[0].id, hard=True)]
