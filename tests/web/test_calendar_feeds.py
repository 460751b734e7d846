"""Feeds of subscriptions that were made through our API: from their calendar's source, by what each of them wants."""

import asyncio

import pytest

from feedproxy.model import Wishes
from feedproxy.transform.eventid import guid
from tests.web.calendars import (
    LEAGUE,
    SEASON,
    START,
    Club,
    a_club,
    event,
    league,
    looks,
    path,
    uids,
)
from tests.web.stage import OTHER, Stage, details_of

EVERYTHING = ["derby", "away-game", "in-tokyo", "party"]
MOVED = "b78b79ba-607b-4f7a-9f4a-a46646f5a52e"


async def test_a_subscription_is_served_from_its_calendars_source(stage: Stage) -> None:
    club = await a_club(stage)
    assert await club.uids(await club.subscribe()) == EVERYTHING
    assert looks(stage) == 1


async def test_no_upstream_is_needed_for_that(stage: Stage) -> None:
    club = await a_club(stage)
    await stage.restart(upstream_url="", egress_allow=["127.0.0.1"])
    assert await club.uids(await club.subscribe()) == EVERYTHING
    assert (await stage.get(f"/v1/webcal/{OTHER}")).status == 404


@pytest.mark.parametrize(
    ("wishes", "left"),
    [
        (Wishes(zone="Tokyo Standard Time"), EVERYTHING),
        (Wishes(zone="Asia/Tokyo"), EVERYTHING),
        (Wishes(zone="Eastern Standard Time"), ["derby", "away-game", "party"]),
        (Wishes(include_events=(guid("derby"), guid("nobody"))), ["derby"]),
        (Wishes(include_external=("party-7", "away-game")), ["away-game", "party"]),
        (Wishes(exclude_events=(guid("derby"),), exclude_external=("party-7",)), ["away-game", "in-tokyo"]),
        (Wishes(include_events=(guid("derby"), guid("party")), exclude_external=("party-7",)), ["derby"]),
        (Wishes(include_events=(guid("in-tokyo"),), zone="Eastern Standard Time"), ["placeholder@feedproxy"]),
    ],
)
async def test_it_has_what_it_wishes_of_the_calendar(stage: Stage, wishes: Wishes, left: list[str]) -> None:
    club = await a_club(stage)
    assert await club.uids(await club.subscribe(wishes)) == left


async def test_tags_and_zone_and_ids_must_all_let_an_event_through(stage: Stage) -> None:
    club = await a_club(stage, *SEASON, event("trip", START, "CATEGORIES:First team,Tokyo Standard Time"))
    first_team, home = await club.tag("first TEAM"), await club.tag("Home")
    assert await club.uids(await club.subscribe(Wishes(tags=(first_team,)))) == ["derby", "away-game", "trip"]
    assert await club.uids(await club.subscribe(Wishes(tags=(home, first_team), zone="Eastern Standard Time"))) == [
        "derby",
        "away-game",
    ]
    excluded = Wishes(tags=(first_team,), zone="Asia/Tokyo", exclude_external=("derby",))
    assert await club.uids(await club.subscribe(excluded)) == ["away-game", "trip"]


async def test_an_override_that_is_filtered_out_leaves_no_original_in_its_place(stage: Stage) -> None:
    weekly = event("weekly", START, "RRULE:FREQ=WEEKLY;COUNT=3", "SEQUENCE:4", "CATEGORIES:Home")
    moved = event("weekly", "RECURRENCE-ID:20261213T130000Z", "DTSTART:20261214T130000Z", "CATEGORIES:Away")
    club = await a_club(stage, weekly, moved)
    body = await club.body(await club.subscribe(Wishes(tags=(await club.tag("Home"),))))
    assert b"\r\nEXDATE:20261213T130000Z\r\n" in body
    assert b"RECURRENCE-ID" not in body
    assert b"\r\nSEQUENCE:5\r\n" in body


async def test_private_and_personal_events_stand_beside_what_is_wished_for(stage: Stage) -> None:
    club = await a_club(stage)
    mine = await club.subscribe(Wishes(include_external=("derby",)), events={"seat": details_of("Seat 7")})
    other = await club.subscribe()
    attached = await club.store.put_event(club.account, "bus", details_of("The bus"), [mine.id], now=stage.clock())
    await club.feeds.changed(attached.changed)
    body = await club.body(mine)
    assert b"SUMMARY:Seat 7" in body
    assert b"SUMMARY:The bus" in body
    assert uids(body)[0] == "derby"
    assert len(uids(body)) == 3
    assert b"Seat 7" not in await club.body(other)
    response = await stage.get(path(mine))
    assert response.headers["Cache-Control"] == "private, no-cache"


async def test_the_calendars_title_and_description_are_the_feeds(stage: Stage) -> None:
    club = await a_club(stage, title="Bears; and Lions", description="All games")
    body = await club.body(await club.subscribe())
    for line in (
        rb"NAME:Bears\; and Lions",
        rb"X-WR-CALNAME:Bears\; and Lions",
        b"DESCRIPTION:All games",
        b"X-WR-CALDESC:All games",
    ):
        assert b"\r\n" + line + b"\r\n" in body
    assert b"The upstream's title" not in body


INTERVAL = b"\r\nREFRESH-INTERVAL;VALUE=DURATION:PT1440M\r\nX-PUBLISHED-TTL:PT1440M\r\n"


async def test_a_calendars_feed_asks_for_looks_as_the_setting_says(stage: Stage) -> None:
    await stage.restart(refresh_interval_minutes=1_440)
    club = await a_club(stage)
    mine = await club.subscribe()
    body = await club.body(mine)
    assert INTERVAL in body.partition(b"BEGIN:VEVENT")[0]
    await stage.restart(refresh_interval_minutes=1_440)
    assert await club.body(mine) == body
    assert b"REFRESH-INTERVAL" not in await (await stage.get()).read(), "the upstream's own feed stays as it is"
    await stage.restart(refresh_interval_minutes=0)
    assert await club.body(mine) == body.replace(INTERVAL, b"\r\n")


async def test_that_changes_nothing_about_when_we_look_upstream(stage: Stage) -> None:
    await stage.restart(refresh_interval_minutes=1_440, freshness_default=60)
    club = await a_club(stage)
    mine = await club.subscribe()
    for seen in 1, 2:
        assert INTERVAL in await club.body(mine)
        await stage.settled()
        assert looks(stage) == seen
        stage.clock.wind(seconds=67)


async def test_two_calendars_of_one_source_are_one_look_upstream_and_two_titles(stage: Stage) -> None:
    club = await a_club(stage)
    bears = await club.subscribe()
    other = await club.store.add_calendar(
        club.account, "lions", club.calendar.details, club.calendar.source, now=stage.clock()
    )
    lions_club = Club(stage, club.account, other)
    await lions_club.redetail(title="Lions")
    lions = await lions_club.subscribe()
    assert b"X-WR-CALNAME:Our league\r\n" in await club.body(bears)
    assert b"X-WR-CALNAME:Lions\r\n" in await lions_club.body(lions)
    assert looks(stage) == 1


async def test_a_thousand_cold_subscriptions_of_one_calendar_are_one_request_upstream(stage: Stage) -> None:
    club = await a_club(stage)
    subscriptions = [await club.subscribe(Wishes(exclude_external=(str(n % 7),))) for n in range(100)]
    served = await asyncio.gather(*map(club.uids, subscriptions * 10))
    assert all(left == EVERYTHING for left in served)
    assert looks(stage) == 1


async def test_a_refresh_for_one_is_a_refresh_for_all(stage: Stage) -> None:
    club = await a_club(stage)
    subscriptions = [await club.subscribe() for _ in range(5)]
    for each in subscriptions:
        await club.body(each)
    stage.clock.wind(minutes=20)
    stage.upstream.answers[LEAGUE].body = league(*SEASON, event("final", START))
    stage.upstream.answers[LEAGUE].etag = '"2"'
    assert await club.uids(subscriptions[0]) == EVERYTHING, "the one of before is served while the new one is fetched"
    await stage.settled()
    assert [await club.uids(each) for each in subscriptions] == [[*EVERYTHING, "final"]] * 5
    assert looks(stage) == 2
