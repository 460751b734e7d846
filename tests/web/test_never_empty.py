"""What is lost is doubted: until it comes again, lies in the past, or an operator says that it is right."""

from dataclasses import replace
from datetime import datetime
from typing import NamedTuple

import pytest

from feedproxy.model import Held
from feedproxy.policy.httpdate import read_http_date
from feedproxy.store import Store
from feedproxy.subscribed import feed_name
from feedproxy.web import keys
from tests.servers.upstream import Answer, calendar
from tests.web.stage import GAME, Stage

GAMES = "abcdefgh"


class Seen(NamedTuple):
    body: bytes
    etag: str
    last_modified: str

    @property
    def date(self) -> datetime:
        date = read_http_date(self.last_modified)
        assert date is not None
        return date

    @property
    def games(self) -> int:
        return self.body.count(b"\nBEGIN:VEVENT") - self.body.count(b"UID:placeholder@feedproxy")


async def seen(stage: Stage) -> Seen:
    response = await stage.get()
    assert response.status == 200
    return Seen(await response.read(), response.headers["ETag"], response.headers["Last-Modified"])


async def after(stage: Stage, answer: Answer, **span: float) -> Seen:
    """Return the feed after a look upstream that gets this answer."""
    stage.upstream.answers[GAME] = answer
    asked = len(stage.upstream.requests)
    stage.clock.wind(**span or {"hours": 2})
    await seen(stage)
    await stage.settled()
    assert len(stage.upstream.requests) > asked
    return await seen(stage)


def store_of(stage: Stage) -> Store:
    assert stage.client.app is not None
    return stage.client.app[keys.STORE]


def name(stage: Stage) -> str:
    assert stage.client.app is not None
    return feed_name(stage.client.app[keys.SECRET_KEY], GAME, None)


async def held(stage: Stage) -> list[Held]:
    return [held for _, held in await store_of(stage).held()]


@pytest.fixture
async def full(stage: Stage) -> Seen:
    stage.upstream.answers[GAME] = Answer(calendar(*GAMES))
    return await seen(stage)


async def test_what_was_doubted_is_doubted_and_confirmed_across_restarts(stage: Stage, full: Seen) -> None:
    assert await after(stage, Answer(calendar("a"))) == full
    [doubt] = await held(stage)
    assert (doubt.reason, doubt.text) == ("sharply-shrunk", "1 component after 8, and 7 of the lost not over")
    await stage.restart()
    assert await held(stage) == [doubt]
    assert (await after(stage, Answer(calendar("a")))).games == 1
    assert await held(stage) == []


async def test_a_second_process_that_looks_at_the_same_moment_confirms_nothing(stage: Stage, full: Seen) -> None:
    assert await after(stage, Answer(calendar())) == full
    await stage.restart()
    assert await after(stage, Answer(calendar()), seconds=20) == full
    await stage.restart()
    assert (await after(stage, Answer(calendar()), seconds=20)).games == 0


@pytest.mark.parametrize(
    "between",
    [
        Answer(b"<html>"),
        Answer(b"", status=503),
        Answer(calendar(*GAMES), status=206),
        Answer(calendar(*GAMES)),
        Answer(calendar(*GAMES[:2])),
    ],
    ids=["html", "503", "206", "good", "other-loss"],
)
async def test_only_the_very_next_look_confirms(stage: Stage, full: Seen, between: Answer) -> None:
    for answer in (Answer(calendar("a")), between, Answer(calendar("a"))):
        assert await after(stage, answer) == full
    assert (await after(stage, Answer(calendar("a")))).games == 1


async def test_a_season_that_has_ended_may_go_at_once(stage: Stage) -> None:
    stage.upstream.answers[GAME] = Answer(calendar(*GAMES, start="20261115T130000"))
    assert (await seen(stage)).games == 8
    assert (await after(stage, Answer(calendar()))).games == 0
    assert await held(stage) == []


async def test_a_window_that_moves_on_may_lose_most_of_its_events(stage: Stage) -> None:
    past, ahead = calendar(*GAMES, start="20261101T130000"), calendar("next")
    stage.upstream.answers[GAME] = Answer(past.replace(b"END:VCALENDAR", ahead[ahead.index(b"BEGIN:VEVENT") : -2]))
    assert (await seen(stage)).games == 9
    assert (await after(stage, Answer(ahead))).games == 1


async def test_an_operator_s_word_holds_for_the_next_look_of_any_process_once(stage: Stage, full: Seen) -> None:
    loss = Answer(calendar("a"))
    assert await after(stage, loss) == full
    assert await store_of(stage).accept_held(name(stage)) == 1
    await stage.restart()
    assert await after(stage, Answer(b"", status=503)) == full
    assert (await after(stage, loss, seconds=200)).games == 1
    assert (await after(stage, Answer(calendar(*GAMES)))).games == 8
    assert (await after(stage, loss)).games == 8, "it was said of the one before"


async def test_an_operator_s_word_is_not_of_what_is_worse(stage: Stage, full: Seen) -> None:
    assert await after(stage, Answer(calendar("a", "b"))) == full
    await store_of(stage).accept_held(name(stage))
    assert await after(stage, Answer(calendar())) == full
    assert [doubt.reason for doubt in await held(stage)] == ["suddenly-empty"]


async def test_after_a_loss_that_was_believed_the_same_octets_have_another_validator(stage: Stage, full: Seen) -> None:
    """Evolution empties a calendar and keeps the ETag of before: a 304 for that would leave it empty for good."""
    for _ in range(2):
        empty = await after(stage, Answer(calendar()))
    assert empty.games == 0
    again = await after(stage, Answer(calendar(*GAMES)))
    assert again.body == full.body
    assert again.etag not in {full.etag, empty.etag}
    assert full.date < empty.date < again.date
    for headers in ({"If-None-Match": full.etag}, {"If-Modified-Since": full.last_modified}):
        assert (await stage.get(headers=headers)).status == 200
    await stage.restart()
    assert await seen(stage) == again


async def test_a_body_that_this_release_refuses_is_followed_by_another_validator(stage: Stage, full: Seen) -> None:
    store = store_of(stage)
    good = await store.last_good(name(stage))
    assert good is not None
    await store.drop_last_good(name(stage))
    await store.save_last_good(replace(good, body=b"<html>", digest=b"of an earlier release"), after=None)
    stage.clock.wind(minutes=1)
    await stage.restart()
    again = await seen(stage)
    assert again.body == full.body
    assert again.etag != full.etag


async def test_an_operator_renews_validators_where_a_cache_has_served_garbage(stage: Stage, full: Seen) -> None:
    assert await after(stage, Answer(calendar(*GAMES))) == full
    store = store_of(stage)
    assert await store.renew(name(stage), now=stage.clock()) == 1
    renewed = await after(stage, Answer(calendar(*GAMES)))
    assert renewed.body == full.body
    assert renewed.etag != full.etag
    for headers in ({"If-None-Match": full.etag}, {"If-Modified-Since": full.last_modified}):
        assert (await stage.get(headers=headers)).status == 200
    assert await after(stage, Answer(calendar(*GAMES))) == renewed
    await stage.restart()
    assert await seen(stage) == renewed
    await store_of(stage).renew(None, now=stage.clock())
    assert (await after(stage, Answer(calendar(*GAMES)))).etag not in {full.etag, renewed.etag}
