"""What an operator is shown of a subscription is what its subscriber is served, and why."""

import asyncio
import json
from pathlib import Path
from uuid import UUID

import pytest
from click.testing import CliRunner, Result

from feedproxy.cli import main
from feedproxy.model import Wishes
from feedproxy.ops.event import explain_event
from feedproxy.ops.explain import SERVED, examine
from feedproxy.ops.explain_formats import as_json, as_text
from feedproxy.ops.own import Own, chosen, merged
from feedproxy.ops.subscription import Looked, look, served_body
from feedproxy.transform import index
from feedproxy.transform.eventid import guid
from tests.ops.test_golden import NOW
from tests.web.calendars import Club, a_club
from tests.web.stage import Stage, details_of


async def looked_at(club: Club, subscription_id: UUID) -> Looked:
    return await look(
        club.store,
        club.key,
        subscription_id,
        None,
        upstream_url="",
        upstream_headers={},
        on_deactivate="freeze",
        refresh_minutes=60,
        now=club.stage.clock(),
    )


@pytest.mark.parametrize(
    "wishes",
    [
        Wishes(),
        Wishes(zone="Eastern Standard Time"),
        Wishes(include_events=(guid("derby"),)),
        Wishes(exclude_external=("party-7",)),
        Wishes(include_external=("nobody",)),
    ],
)
async def test_what_is_shown_as_served_is_what_is_served(stage: Stage, wishes: Wishes) -> None:
    club = await a_club(stage)
    for events in ({}, {"mine": details_of("Mine")}):
        subscription = await club.subscribe(wishes, events=events)
        body = await club.body(subscription)
        looked = await looked_at(club, subscription.id)
        assert served_body(looked, SERVED) == body
        assert looked.kept is not None
        own = Own(looked.wanted.selection, looked.personal, looked.wanted.naming)
        report = examine("x", looked.kept.body, own=own).report
        assert report is not None
        assert report.octets_out == len(body)
        assert report.components_out.get("VTIMEZONE", 0) == body.count(b"BEGIN:VTIMEZONE")


@pytest.mark.parametrize("over", ["freeze", "empty"])
async def test_what_is_left_of_a_deactivated_one_is_shown(stage: Stage, over: str) -> None:
    club = await a_club(stage, on_deactivate=over)
    subscription = await club.subscribe()
    await club.body(subscription)
    await club.deactivate(subscription)
    looked = await looked_at(club, subscription.id)
    assert served_body(looked, SERVED) == await club.body(subscription)
    assert looked.wanted.ended == over


def explained(looked: Looked, uid: str) -> tuple[list[str], tuple[str, ...]]:
    """The steps that touched an event of a subscription, and why the last of them left it out."""
    assert looked.kept is not None
    own = Own(looked.wanted.selection, looked.personal, looked.wanted.naming)
    found = explain_event(looked.kept.body, uid, index(looked.kept.body, SERVED), SERVED, now=NOW, own=own)
    gone = found.dropped_by
    return [effect.step for effect in found.effects], gone.rules if gone else ()


async def test_why_an_event_is_not_there_is_said(stage: Stage) -> None:
    club = await a_club(stage)
    home = await club.tag("Home")
    subscription = await club.subscribe(Wishes(tags=(home,), zone="Eastern Standard Time"))
    await club.body(subscription)
    looked = await looked_at(club, subscription.id)
    assert explained(looked, "derby") == ([], ())
    assert explained(looked, "away-game") == (["selection"], ("it has none of the tags Home",))
    assert explained(looked, "in-tokyo") == (
        ["selection"],
        ("it has none of the tags Home", "it is not of the time zone Eastern Standard Time"),
    )


async def test_a_private_event_is_explained_by_the_step_that_put_it_in(stage: Stage) -> None:
    club = await a_club(stage)
    subscription = await club.subscribe(events={"mine": details_of("Mine")})
    uid = (await club.uids(subscription))[-1]
    assert uid.startswith("personal-")
    assert explained(await looked_at(club, subscription.id), uid) == (["merge"], ())


async def test_the_whole_says_what_is_wanted_and_how_much_that_leaves_out(stage: Stage) -> None:
    club = await a_club(stage)
    subscription = await club.subscribe(Wishes(zone="Eastern Standard Time"), events={"mine": details_of("Mine")})
    await club.body(subscription)
    looked = await looked_at(club, subscription.id)
    assert looked.kept is not None
    own = Own(looked.wanted.selection, looked.personal, looked.wanted.naming)
    explanation = examine("x", looked.kept.body, own=own)
    assert "selection  time-zone              x 1  e.g. in-tokyo" in as_text(explanation)
    assert explanation.calendar is not None
    assert explanation.calendar.events() == 4
    assert as_json(explanation)["personal_events"] == 1
    base = index(looked.kept.body, SERVED)
    assert b"X-WR-CALNAME:Our league" in merged(chosen(base, own, SERVED), own).heads[0]


def run(folder: Path, *arguments: str) -> Result:
    settings = {
        "FEEDPROXY_DATABASE_URL": f"sqlite:///{folder}/feedproxy.db",
        "FEEDPROXY_EGRESS_ALLOW": "127.0.0.1",
    }
    return CliRunner(env=settings).invoke(main, arguments, catch_exceptions=False)


async def test_the_commands_take_an_id(stage: Stage, tmp_path: Path) -> None:
    club = await a_club(stage)
    subscription = await club.subscribe(Wishes(exclude_external=("party-7",)))
    await club.body(subscription)

    async def said(*arguments: str) -> tuple[int, str]:
        done = await asyncio.to_thread(run, tmp_path, *arguments)
        return done.exit_code, done.output

    code, text = await said("explain", str(subscription.id), "--uid", "party")
    assert code == 0
    assert "  calendar   CLUB/league, 'Our league'\n" in text
    assert "UID party is not served: selection left it out (it is excluded by its id)" in text
    code, text = await said("diff", f"{subscription.id}@last", f"{subscription.id}@served", "--json")
    assert code == 1
    assert [event["uid"] for event in json.loads(text)["removed"]] == ["party"]
    assert (await said("lint", f"{subscription.id}@served", "--fail-on", "note"))[0] == 0
    assert (await said("diff", f"{subscription.id}@first", "x"))[0] == 2
