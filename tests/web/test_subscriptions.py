"""Subscriptions over the API: made, shown, changed and ended, and what the subscriber then sees in the feed."""

import asyncio
import json
import re
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlsplit
from uuid import UUID

import pytest

from feedproxy.model import Subscriber, Subscription, Wishes
from feedproxy.web import keys, subscription
from tests.web.reference_bodies import published, with_real_tags
from tests.web.subscribers import (
    BEARS,
    EMPTY,
    LIONS,
    OPENING,
    TAGS,
    TEAM_A,
    Service,
    change,
    prefer,
    running_service,
)

ALL = {"Opening", "Derby", "Final", "Away", "Gala"}
IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 10_3 like Mac OS X) AppleWebKit/602.1.50"
NOWHERE = UUID("11111111-2222-4333-8444-555555555555")
TALK = {
    "eventId": "BookingId:12345678",
    "title": "The Lion King",
    "start": "2026-12-04T19:00:00+10",
    "end": "2026-12-04T23:00:00+10",
    "timezone": "AUS Eastern Standard Time",
    "notifyBefore": 60,
}


@pytest.fixture
async def service(tmp_path: Path) -> AsyncIterator[Service]:
    async with running_service(tmp_path) as service:
        yield service


def made_real(name: str) -> bytes:
    """A published body with the tags of its placeholders, for webcal."""
    return with_real_tags(name).replace(b'"google"', b'"webcal"')


class TestSubscribing:
    async def test_answers_as_the_reference_shows(self, service: Service) -> None:
        status, said = await service.ask("POST", "/v2/subscribe/ACME/Games/", {"userAgent": IPHONE, "UserName": "js"})
        subscription_id = said["subscriptionId"]
        assert (status, list(said.items())) == (
            200,
            [
                ("success", True),
                ("statusCode", 200),
                ("errors", []),
                ("subscriptionType", "webcal"),
                ("subscriptionId", subscription_id),
                ("subscriberId", "js"),
                ("subscriptionUrl", f"webcal://feeds.example.com/v1/webcal/{subscription_id}"),
                ("isNewSubscription", True),
            ],
        )
        assert str(UUID(subscription_id)) == subscription_id
        assert await service.titles(UUID(subscription_id)) == ALL

    async def test_without_a_subscriber_or_a_public_url_goes_by_the_request(self, tmp_path: Path) -> None:
        async with running_service(tmp_path, public_url="") as service:
            status, said = await service.ask("POST", "/subscribe/acme/games", {"subscriptionMethod": "WebCal"})
            assert status == 200
            assert "subscriberId" not in said
            host = urlsplit(str(service.client.make_url(""))).netloc
            assert said["subscriptionUrl"] == f"webcal://{host}/v1/webcal/{said['subscriptionId']}"

    async def test_as_published_keeps_all_that_was_said(self, service: Service) -> None:
        status, said = await service.ask("POST", "/v2/subscribe/acme/games", made_real("subscribe"))
        assert (status, said["subscriberId"]) == (200, "jsmith")
        kept = await service.stored(UUID(said["subscriptionId"]))
        assert (kept.state, kept.method, kept.login) == ("active", "webcal", None)
        assert kept.wishes == Wishes(TAGS, "Eastern Standard Time", (str(OPENING),), ("90712", "37818"))
        assert kept.subscriber == Subscriber(
            "jsmith",
            email="jsmith@gmail.com",
            facts={
                "additionalOptIn": False,
                "marketingAllowed": False,
                "urlReferrer": "http://m.facebook.com/",
                "ipAddress": "64.64.64.64",
                "userAgent": kept.subscriber.facts["userAgent"],
                "utmSource": "Facebook",
                "utmMedium": "Display",
                "utmCampaign": "2016",
                "utmContent": "Mobile_320x50",
            },
        )
        assert await service.titles(kept.id) == {"Opening", "Derby", "Final"}

    async def test_as_published_with_events_puts_them_into_this_feed_alone(self, service: Service) -> None:
        status, said = await service.ask("POST", "/v2/subscribe/acme/games", made_real("subscribe_with_events"))
        assert status == 200
        assert await service.titles(UUID(said["subscriptionId"])) == ALL | {"The Lion King"}
        assert await service.titles(await service.subscribe()) == ALL

    async def test_with_an_event_that_is_wrong_makes_nothing(self, service: Service) -> None:
        for wrong in {"end": "2026-12-04T18:00:00+10"}, {"timezone": "Nowhere"}, {"title": None}:
            body = {"subscriptionMethod": "webcal", "subscriberId": "jsmith", "events": [TALK, {**TALK, **wrong}]}
            status, said = await service.ask("POST", "/subscribe/acme/games", body)
            assert (status, said["errors"][0][0]) == (400, "invalidParameter")
        assert await service.store.subscriptions(service.mine, limit=10) == ()

    async def test_twice_makes_two(self, service: Service) -> None:
        assert await service.subscribe(subscriberId="jsmith") != await service.subscribe(subscriberId="jsmith")


class TestThePublishedBodies:
    """Octet for octet, with placeholders that are no ids: each is read, and answered as what it then means."""

    @pytest.mark.parametrize(
        ("asked", "name", "expected", "shape"),
        [
            ("POST /v2/subscribe/acme/games", "subscribe", 400, "A"),
            ("POST /v2/subscribe/acme/games", "subscribe_with_events", 200, ""),
            ("POST /v1/webcal/acme/games", "webcal", 400, "C"),
            ("PUT /v1/subscription/acme/games/{}", "include_events", 400, "B"),
            ("PUT /v1/subscription/acme/games/{}", "exclude_events", 400, "B"),
            ("DELETE /v1/subscription/acme/games/", "deactivate_by_id", 404, "A"),
            ("POST /v1/subscription/acme/games/", "deactivate_by_id", 404, "A"),
            ("POST /v1/subscription/acme/games/", "deactivate_by_user_name", 200, ""),
        ],
    )
    async def test_are_read(self, service: Service, asked: str, name: str, expected: int, shape: str) -> None:
        method, _, path = asked.format(await service.subscribe()).partition(" ")
        headers = {"Content-Type": "application/x-www-form-urlencoded"}  # curl's own, where the example names none
        status, said = await service.ask(method, path, published(name), headers=headers)
        assert status == expected
        if shape:
            assert shape_of(said, status) == shape
            assert ("is not a GUID" in json.dumps(said)) == (status == 400)

    async def test_that_choose_google_are_answered_with_googles_page(self, tmp_path: Path) -> None:
        async with running_service(tmp_path, google_client_id="id", google_client_secret="secret") as service:
            body = with_real_tags("subscribe")
            assert (await service.ask("POST", "/v2/subscribe/acme/games", body))[0] == 400
            assert await service.store.subscriptions(service.mine, limit=1) == ()
            await prefer(service, redirect_uris=("https://yourdomain.com/confirmation",))
            status, said = await service.ask("POST", "/v2/subscribe/acme/games", body)
            assert (status, list(said)) == (
                200,
                [
                    *("success", "statusCode", "errors", "subscriptionType", "subscriptionId", "subscriberId"),
                    "redirectTo",
                ],
            )
            assert (said["subscriptionType"], said["subscriberId"]) == ("google", "jsmith")
            assert said["redirectTo"].startswith("https://accounts.google.com/o/oauth2/v2/auth?")
            pending = await service.stored(UUID(said["subscriptionId"]))
            assert (pending.state, pending.wishes.tags) == ("pending", TAGS)
            _, shown = await service.ask("GET", f"/subscription/{pending.id}")
            assert (shown["subscriptionType"], shown["isActive"]) == ("google", False)
            assert (await service.feed(pending.id))[0] == 404
            assert await service.ask("DELETE", f"/subscription/acme/games?id={pending.id}") == (200, "")
            assert (await service.stored(pending.id)).state == "inactive"


class TestASingleSubscription:
    async def test_is_updated_by_the_second_call(self, service: Service) -> None:
        first = await service.subscribe("single", subscriberId="jsmith", calendarTags=[{"externalId": "TeamA"}])
        assert await service.titles(first) == EMPTY
        body = {"subscriptionMethod": "webcal", "userName": "jsmith", "tagId": str(BEARS.id), "events": [TALK]}
        status, said = await service.ask("POST", "/subscribe/acme/single", body)
        assert (status, said["subscriptionId"], said["isNewSubscription"]) == (200, str(first), False)
        assert await service.titles(first) == {"Derby", "Final", "The Lion King"}
        assert await service.subscribe("single", subscriberId="other") != first
        await service.ask("DELETE", "/subscription/acme/single", {"id": str(first)})
        assert await service.subscribe("single", subscriberId="jsmith") != first

    async def test_is_one_when_two_come_at_once(self, service: Service) -> None:
        body = {"subscriptionMethod": "webcal", "subscriberId": "jsmith"}
        answers = await asyncio.gather(*(service.ask("POST", "/subscribe/acme/single", body) for _ in range(4)))
        assert [status for status, _ in answers] == [200] * 4
        assert len({said["subscriptionId"] for _, said in answers}) == 1
        assert sorted(said["isNewSubscription"] for _, said in answers) == [False, False, False, True]


class TestAProtectedCalendar:
    async def test_has_a_login_that_is_told_once(self, service: Service) -> None:
        body = {"subscriptionMethod": "webcal", "subscriberId": "jsmith"}
        status, said = await service.ask("POST", "/subscribe/acme/members", body)
        assert status == 200
        assert list(said)[-4:] == ["subscriptionUrl", "username", "password", "isNewSubscription"]
        login, subscription_id = (said["username"], said["password"]), UUID(said["subscriptionId"])
        assert said["subscriptionUrl"] == f"webcal://{':'.join(login)}@feeds.example.com/v1/webcal/{subscription_id}"
        assert re.fullmatch("[A-Za-z0-9]{12}", login[0])
        assert re.fullmatch("[A-Za-z0-9]{22}", login[1])
        assert (await service.feed(subscription_id))[0] == 401
        assert (await service.feed(subscription_id, (login[0], login[1][:-1])))[0] == 401
        assert (await service.feed(subscription_id, login))[0] == 200
        assert login[1] not in json.dumps(await service.ask("GET", f"/subscription/{subscription_id}"))
        assert login[1].encode() not in repr(await service.stored(subscription_id)).encode()

    async def test_has_the_user_name_that_was_given_where_the_settings_say_so(self, tmp_path: Path) -> None:
        async with running_service(tmp_path, protected_user_name="given") as service:
            for given, shown in ("jö/h n@x", "j%C3%B6%2Fh%20n%40x"), ("a:b", None), ("", None):
                body = {"subscriptionMethod": "webcal", "subscriberId": given}
                _, said = await service.ask("POST", "/subscribe/acme/members", body)
                login, subscription_id = (said["username"], said["password"]), UUID(said["subscriptionId"])
                userinfo = said["subscriptionUrl"].removeprefix("webcal://").partition("@")[0]
                assert userinfo == f"{shown or login[0]}:{login[1]}"
                assert (login[0] == given) == (shown is not None)
                assert (await service.feed(subscription_id, login))[0] == 200

    async def test_of_single_subscriptions_opens_with_the_newest_login(self, service: Service) -> None:
        await change(service, "members", protected=True, single_subscription=True)
        body = {"subscriptionMethod": "webcal", "subscriberId": "jsmith"}
        (_, old), (_, new) = [await service.ask("POST", "/subscribe/acme/members", body) for _ in range(2)]
        assert new["subscriptionId"] == old["subscriptionId"]
        subscription_id = UUID(new["subscriptionId"])
        assert (await service.feed(subscription_id, (old["username"], old["password"])))[0] == 401
        assert (await service.feed(subscription_id, (new["username"], new["password"])))[0] == 200


class TestShowing:
    async def test_has_the_members_of_the_reference_in_their_order(self, service: Service) -> None:
        service.clock.wind(microseconds=933_000)
        subscription_id = await service.subscribe(
            subscriberId="jsmith",
            emailAddress="jsmith@gmail.com",
            calendarTags=[{"externalId": "TeamA"}, {"internalId": str(LIONS.id)}],
            timeZoneId="eastern standard time",
            requestEventIds=[OPENING.hex],
            externalEventIds=["derby@games", "nothing"],
        )
        status, said = await service.ask("GET", f"/v1/subscription/{subscription_id}")
        opening = {"id": str(OPENING), "name": "Opening", "isExcluded": False}
        [first, derby] = said.pop("events")
        assert (status, first) == (200, opening)
        assert list(derby.items())[1:] == [("name", "Derby"), ("externalId", "90712"), ("isExcluded", False)]
        assert list(said.items()) == [
            ("subscriptionId", str(subscription_id)),
            ("calendar", {"code": "games", "name": "Games", "image": "//images.example.com/games.jpg"}),
            ("tags", [{"id": str(LIONS.id), "name": "Lions"}, {"id": str(TEAM_A.id), "name": "Team A"}]),
            ("timezoneId", "Eastern Standard Time"),
            ("subscriptionType", "webcal"),
            ("subscriberId", "jsmith"),
            ("emailAddress", "jsmith@gmail.com"),
            ("createdAt", "2026-11-21T12:00:00.933"),
            ("isActive", True),
        ]

    async def test_leaves_out_what_there_is_not(self, service: Service) -> None:
        subscription_id = await service.subscribe("single")
        _, said = await service.ask("GET", f"/subscription/{subscription_id.hex.upper()}/")
        assert list(said) == [
            *("subscriptionId", "calendar", "tags", "subscriptionType", "createdAt", "isActive", "events"),
        ]
        assert (said["calendar"], said["tags"], said["events"]) == ({"code": "single", "name": "Single"}, [], [])

    async def test_has_no_events_while_the_calendar_cannot_be_had(self, service: Service) -> None:
        subscription_id = await service.subscribe(requestEventIds=[str(OPENING)])
        await service.upstream.stop()
        status, said = await service.ask("GET", f"/subscription/{subscription_id}")
        assert (status, said["events"]) == (200, [])

    async def test_logs_why_at_no_greater_length_each_time(
        self, service: Service, caplog: pytest.LogCaptureFixture
    ) -> None:
        subscription_id = await service.subscribe(requestEventIds=[str(OPENING)])
        await service.upstream.stop()
        lengths = []
        for _ in range(4):
            caplog.clear()
            assert (await service.ask("GET", f"/subscription/{subscription_id}"))[0] == 200
            lengths.append(caplog.text.count("\n"))
        assert max(lengths) == lengths[0]

    async def test_tells_the_windows_id_of_a_zone(self, service: Service) -> None:
        subscription_id = await service.subscribe(timezoneIanaId="Europe/Berlin")
        _, said = await service.ask("GET", f"/subscription/{subscription_id}")
        assert said["timezoneId"] == "W. Europe Standard Time"

    @pytest.mark.parametrize("text", [str(NOWHERE), "x", "0000000-0000-0000-0000-000000000001", "%00", "%2F"])
    async def test_what_is_unknown_is_404(self, service: Service, text: str) -> None:
        refusal = (
            404,
            {"success": False, "statusCode": 404, "errors": [["notFound", "there is no such subscription"]]},
        )
        assert await service.ask("GET", f"/subscription/{text}") == refusal

    async def test_of_another_account_is_as_unknown(self, service: Service) -> None:
        mine = await service.subscribe(subscriberId="jsmith")
        for method, path, body in (
            ("GET", f"/subscription/{mine}", None),
            ("PUT", f"/subscription/other/games/{mine}", {}),
            ("DELETE", "/subscription/other/games", {"id": str(mine)}),
        ):
            assert (await service.ask(method, path, body, account="Other"))[0] == 404
        assert await service.ask("GET", "/subscription/other/games/jsmith", account="Other") == (200, [])
        by_name = await service.ask("DELETE", "/subscription/other/games", {"username": "jsmith"}, account="Other")
        assert by_name == (200, "")
        assert (await service.stored(mine)).state == "active"

    async def test_what_only_the_upstream_knows_is_404(self, service: Service) -> None:
        await service.ask("POST", "/subscriptionevent/acme", {"event": TALK, "subscriptionIds": [str(NOWHERE)]})
        assert (await service.ask("GET", f"/subscription/{NOWHERE}"))[0] == 404
        assert (await service.ask("PUT", f"/subscription/acme/games/{NOWHERE}", {}))[0] == 404


class TestListing:
    async def test_has_all_of_a_subscriber_the_newest_first_in_the_casing_of_the_list(self, service: Service) -> None:
        ids = []
        for calendar in "games", "games", "single":
            service.clock.wind(seconds=1)
            ids.append(await service.subscribe(calendar, subscriberId="john.doe@mymail.com"))
        await service.ask("DELETE", "/subscription/acme/games", {"id": str(ids[0])})
        status, said = await service.ask("GET", "/v1/subscription/acme/games/john.doe%40mymail.com")
        assert (status, [each["subscriptionId"] for each in said]) == (200, [str(ids[1]), str(ids[0])])
        assert [each["isActive"] for each in said] == [True, False]
        assert {each["subscriptionType"] for each in said} == {"WebCal"}
        assert list(said[1])[-3:] == ["isActive", "deactivatedDate", "events"]
        assert said[1]["deactivatedDate"] == "2026-11-21T12:00:03.000"
        for query in "allCalendars=true", "AllCalendars=1":
            _, said = await service.ask("GET", f"/subscription/acme/games/john.doe@mymail.com?{query}")
            assert [each["subscriptionId"] for each in said] == [str(each) for each in reversed(ids)]

    async def test_has_an_end_but_to_deactivate_has_none(
        self, service: Service, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(subscription, "LISTED", 2)
        ids = []
        for _ in range(3):
            service.clock.wind(seconds=1)
            ids.append(await service.subscribe(subscriberId="jsmith"))
        _, said = await service.ask("GET", "/subscription/acme/games/jsmith")
        assert [each["subscriptionId"] for each in said] == [str(ids[2]), str(ids[1])]
        assert await service.ask("DELETE", "/subscription/acme/games", {"username": "jsmith"}) == (200, "")
        assert {(await service.stored(each)).state for each in ids} == {"inactive"}

    async def test_goes_by_either_name_in_its_own_case_or_else_in_any(self, service: Service) -> None:
        exact = await service.subscribe(subscriberId="Böb/a b", userName="second")
        other = await service.subscribe(subscriberId="BÖB/A B")
        for name, found in (
            ("B%C3%B6b%2Fa%20b", {exact}),
            ("BÖB%2FA%20B", {other}),
            ("böb%2Fa b", {exact, other}),
            ("SECOND", {exact}),
            ("nobody", set()),
        ):
            status, said = await service.ask("GET", f"/subscription/acme/games/{name}")
            assert (status, {UUID(each["subscriptionId"]) for each in said}) == (200, found), name

    async def test_goes_not_by_the_address(self, service: Service) -> None:
        await service.subscribe(subscriberId="jsmith", emailAddress="jsmith@gmail.com")
        assert await service.ask("GET", "/subscription/acme/games/jsmith@gmail.com") == (200, [])


class TestUpdating:
    async def test_answers_as_the_reference_shows(self, service: Service) -> None:
        subscription_id = await service.subscribe(subscriberId="jsmith")
        status, said = await service.ask("PUT", f"/v1/subscription/acme/games/{subscription_id}", {})
        assert (status, list(said.items())) == (
            200,
            [
                ("success", True),
                ("statusCode", 200),
                ("errors", []),
                ("message", "Subscription updated"),
                ("subscriptionId", str(subscription_id)),
                ("subscriberId", "jsmith"),
                ("subscriptionType", "WebCal"),
            ],
        )

    @pytest.mark.parametrize("spelling", ["excludExternalEventIds", "excludeExternalEventIds"])
    async def test_that_excludes_is_seen_in_the_feed_and_when_it_is_shown(
        self, service: Service, spelling: str
    ) -> None:
        subscription_id = await service.subscribe()
        body = {"excludeRequestEventIds": [OPENING.hex], spelling: ["90712", "gala"]}
        assert (await service.ask("PUT", f"/subscription/acme/games/{subscription_id}", body))[0] == 200
        _, said = await service.ask("GET", f"/subscription/{subscription_id}")
        assert [(each["name"], each["isExcluded"]) for each in said["events"]] == [
            ("Opening", True),
            ("Derby", True),
            ("Gala", True),
        ]
        assert await service.titles(subscription_id) == {"Final", "Away"}

    async def test_leaves_what_it_does_not_name_and_clears_what_is_empty(self, service: Service) -> None:
        subscription_id = await service.subscribe(calendarTags=[{"internalId": str(LIONS.id)}], events=[TALK])
        path = f"/subscription/acme/games/{subscription_id}"
        own = {"The Lion King"}
        for body, seen in (
            ({}, {"Opening", "Derby", "Away"}),
            ({"timeZoneId": "Pacific Standard Time"}, {"Away"}),
            ({"TimeZoneID": "America/New_York"}, {"Opening", "Derby"}),
            ({"calendarTags": []}, {"Opening", "Derby", "Final", "Gala"}),
            ({"externalEventIds": "90712,37818"}, {"Derby", "Final"}),
            ({"excludExternalEventIds": ["37818"]}, {"Derby"}),
            ({"timeZoneId": [], "externalEventIds": []}, ALL - {"Final"}),
            ({"excludeExternalEventIds": [], "requestEventIds": [str(NOWHERE)]}, set()),
            ({"requestEventIds": []}, ALL),
        ):
            assert (await service.ask("PUT", path, body))[0] == 200
            assert await service.titles(subscription_id) == seen | own, body

    async def test_two_at_once_are_both_made(self, service: Service) -> None:
        subscription_id = await service.subscribe(utmSource="x")
        path = f"/subscription/acme/games/{subscription_id}"
        bodies: list[object] = [
            {"marketingAllowed": True},
            {"additionalOptIn": True},
            {"timeZoneId": "UTC"},
            {"tagId": str(LIONS.id)},
        ]
        answers = await asyncio.gather(*(service.ask("PUT", path, body) for body in bodies))
        assert [status for status, _ in answers] == [200] * 4
        kept = await service.stored(subscription_id)
        assert kept.wishes == Wishes((LIONS,), "UTC")
        assert kept.subscriber.facts == {"utmSource": "x", "marketingAllowed": True, "additionalOptIn": True}

    @pytest.mark.parametrize("name", ["include_events", "exclude_events"])
    async def test_as_published_is_made(self, service: Service, name: str) -> None:
        subscription_id = await service.subscribe()
        status, _ = await service.ask("PUT", f"/v1/subscription/acme/games/{subscription_id}", made_real(name))
        assert status == 200
        seen = {"include_events": {"Opening", "Derby", "Final"}, "exclude_events": EMPTY}
        assert await service.titles(subscription_id) == seen[name]

    async def test_of_another_calendar_or_with_its_tags_is_refused_in_shape_b(self, service: Service) -> None:
        subscription_id = await service.subscribe()
        reason = "Invalid combination of tag details and merchant/calendar codes"
        refusal = {
            "success": False,
            "statusCode": 400,
            "errors": [{"Code": "InvalidRequestParameter", "Reason": reason}],
        }
        assert await service.ask("PUT", f"/subscription/acme/single/{subscription_id}", {}) == (400, refusal)
        body = {"calendarTags": [{"internalId": str(NOWHERE)}], "marketingAllowed": True}
        assert await service.ask("PUT", f"/subscription/acme/games/{subscription_id}", body) == (400, refusal)
        assert (await service.stored(subscription_id)).subscriber.facts == {}

    async def test_of_one_that_has_ended_is_refused(self, service: Service) -> None:
        subscription_id = await service.subscribe()
        await service.ask("DELETE", f"/subscription/acme/games?id={subscription_id}")
        status, said = await service.ask("PUT", f"/subscription/acme/games/{subscription_id}", {})
        assert (status, said["errors"][0]["Code"]) == (400, "InvalidRequestParameter")
        assert "deactivated" in said["errors"][0]["Reason"]


class TestEnding:
    @pytest.mark.parametrize("method", ["DELETE", "POST"])
    @pytest.mark.parametrize("place", ["body", "query", "form"])
    async def test_one_by_its_id_is_done_again_without_harm(self, service: Service, method: str, place: str) -> None:
        ended, kept = [await service.subscribe(subscriberId="jsmith") for _ in range(2)]
        query, body = {
            "body": ("", json.dumps({"id": ended.hex}).encode()),
            "query": (f"?ID={ended}", None),
            "form": ("", f"id={ended}".encode()),
        }[place]
        for _ in range(2):
            assert await service.ask(method, f"/v1/subscription/acme/games/{query}", body) == (200, "")
            service.clock.wind(seconds=1)
        over = await service.stored(ended)
        assert (over.state, over.deactivated_by) == ("inactive", "DeactivatedById")
        assert over.deactivated_at == over.created_at
        assert (await service.stored(kept)).state == "active"

    @pytest.mark.parametrize("name", ["username", "userName", "subscriberId"])
    async def test_all_of_a_subscriber_in_that_calendar(self, service: Service, name: str) -> None:
        ended = [await service.subscribe(subscriberId="john.doe@mymail.com") for _ in range(2)]
        kept = [
            await service.subscribe("single", subscriberId="john.doe@mymail.com"),
            await service.subscribe(subscriberId="x"),
        ]
        body = published("deactivate_by_user_name").replace(b"username", name.encode())
        assert await service.ask("DELETE", "/v1/subscription/acme/games/", body) == (200, "")
        assert {(await service.stored(each)).state for each in kept} == {"active"}
        over = [await service.stored(each) for each in ended]
        assert {(each.state, each.deactivated_by) for each in over} == {("inactive", "DeactivatedByUsername")}

    async def test_of_nobody_known_by_name_is_done(self, service: Service) -> None:
        body = published("deactivate_by_user_name")
        assert await service.ask("DELETE", "/v1/subscription/acme/games/", body) == (200, "")

    async def test_names_one_that_there_is(self, service: Service) -> None:
        subscription_id = await service.subscribe(subscriberId="jsmith", userName="js")
        for calendar, body, expected in (
            ("games", published("deactivate_by_id"), 404),
            ("games", {"id": str(NOWHERE)}, 404),
            ("single", {"id": str(subscription_id)}, 404),
            ("games", {}, 400),
            ("games", {"id": "", "username": None}, 400),
            ("games", {"id": str(subscription_id), "username": "x"}, 400),
            ("games", {"username": "jsmi\0th"}, 400),
            ("games", b"{ id: 0000000-0000-0000-0000-000000000001 }", 400),
        ):
            status, said = await service.ask("DELETE", f"/subscription/acme/{calendar}", body)
            assert (status, said["statusCode"], len(said["errors"][0])) == (expected, expected, 2), body
        assert (await service.stored(subscription_id)).state == "active"
        agreeing = {"id": str(subscription_id), "username": "JS"}
        assert await service.ask("DELETE", "/subscription/acme/games", agreeing) == (200, "")

    async def test_is_not_meant_by_a_post_that_says_more(self, service: Service) -> None:
        subscription_id = await service.subscribe(subscriberId="jsmith")
        status, said = await service.ask(
            "POST", "/subscription/acme/games", {"subscriberId": "jsmith", "userAgent": IPHONE}
        )
        assert (status, said["errors"][0][0]) == (400, "invalidParameter")
        assert (await service.stored(subscription_id)).state == "active"

    async def test_keeps_why(self, service: Service) -> None:
        subscription_id = await service.subscribe(subscriberId="jsmith", utmSource="x")
        body = {"id": str(subscription_id), "unsubscribeReasonId": 3, "UnsubscribeReasonText": "too loud"}
        assert await service.ask("POST", "/subscription/acme/games", body) == (200, "")
        kept = await service.stored(subscription_id)
        assert (kept.state, kept.subscriber.facts) == (
            "inactive",
            {"utmSource": "x", "unsubscribeReasonId": 3, "unsubscribeReasonText": "too loud"},
        )

    async def test_with_a_reason_is_done_also_if_somebody_else_is_first(
        self, service: Service, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        subscription_id = await service.subscribe()
        before = await service.stored(subscription_id)
        body = {"id": str(subscription_id), "unsubscribeReasonId": 3}
        await service.ask("DELETE", "/subscription/acme/games", body)

        async def as_it_was(_: UUID) -> Subscription:
            return before

        monkeypatch.setattr(service.store, "subscription", as_it_was)
        assert await service.ask("DELETE", "/subscription/acme/games", body) == (200, "")

    @pytest.mark.parametrize("read_before", [True, False])
    async def test_leaves_the_feed_as_it_was(self, service: Service, read_before: bool) -> None:
        await service.titles(await service.subscribe())
        subscription_id = await service.subscribe(events=[TALK], tagId=str(BEARS.id))
        if read_before:
            await service.titles(subscription_id)
        await service.ask("DELETE", "/subscription/acme/games", {"id": str(subscription_id)})
        assert await service.titles(subscription_id) == {"Derby", "Final", "The Lion King"}

    async def test_leaves_the_feed_empty_or_gone_where_the_calendar_says_so(self, service: Service) -> None:
        for wanted, status in ("empty", 200), ("gone", 410):
            await change(service, "games", on_deactivate=wanted)
            subscription_id = await service.subscribe()
            await service.titles(subscription_id)
            await service.ask("DELETE", "/subscription/acme/games", {"id": str(subscription_id)})
            found, text = await service.feed(subscription_id)
            assert (found, "SUMMARY:Derby" in text) == (status, False)
            assert await service.store.frozen(subscription_id) is None

    async def test_succeeds_although_the_feed_cannot_be_kept(
        self, service: Service, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        async def fail(_: object) -> None:
            raise RuntimeError("no space left")

        subscription_id = await service.subscribe()
        assert service.client.app is not None
        monkeypatch.setattr(service.client.app[keys.FEEDS], "snapshot", fail)
        assert await service.ask("DELETE", f"/subscription/acme/games?id={subscription_id}") == (200, "")
        assert (await service.stored(subscription_id)).state == "inactive"
        assert [record.message for record in caplog.records] == ["the feed of an ended subscription was not kept"]
        assert str(subscription_id) not in caplog.text


ROUTES = [
    ("POST", "/subscribe/{account}/{calendar}", "A"),
    ("POST", "/webcal/{account}/{calendar}", "C"),
    ("GET", "/subscription/{account}/{calendar}/jsmith", "A"),
    ("PUT", "/subscription/{account}/{calendar}/" + str(NOWHERE), "B"),
    ("DELETE", "/subscription/{account}/{calendar}", "A"),
    ("POST", "/subscription/{account}/{calendar}", "A"),
    ("GET", "/subscription/" + str(NOWHERE), "A"),
]


def shape_of(said: dict[str, object], status: int) -> str:
    """The shape of an error answer, once it is sure that there is nothing else wrong with it."""
    assert isinstance(said, dict)
    assert list(said) == ["success", "statusCode", "errors"]
    assert (said["success"], said["statusCode"]) == (False, status)
    errors = said["errors"]
    assert isinstance(errors, list)
    [error] = errors
    if isinstance(error, list):
        assert len(error) == 2
        return "A"
    return {("Code", "Reason"): "B", ("code", "reason"): "C"}[tuple(error)]


class TestErrors:
    @pytest.mark.parametrize(("method", "path", "shape"), ROUTES)
    async def test_have_the_shape_of_their_route(self, tmp_path: Path, method: str, path: str, shape: str) -> None:
        async with running_service(tmp_path, request_max_octets=70_000) as service:
            await self._check(service, method, path, shape)

    async def _check(self, service: Service, method: str, path: str, shape: str) -> None:
        good = path.format(account="acme", calendar="games")
        asked = [
            (401, service.ask(method, good, {}, account=None)),
            (405, service.ask("PATCH", good, {})),
        ]
        if "{account}" in path:
            asked += [
                (400, service.ask(method, path.format(account="nobody", calendar="games"), {})),
                (400, service.ask(method, path.format(account="acme", calendar="nothing"), {})),
                (400, service.ask(method, path.format(account="a%00", calendar="%ED%A0%80"), {})),
                (403, service.ask(method, path.format(account="OTHER", calendar="games"), {})),
            ]
        if method in ("POST", "PUT"):
            real = good.replace(str(NOWHERE), str(await service.subscribe()))
            asked += [
                (400, service.ask(method, real, b"{ id: 1 }")),
                (400, service.ask(method, real, {"calendarTags": 1, "unknown": 1})),
                (413, service.ask(method, real, b" " * 70_001)),
            ]
        for status, answer in asked:
            found, said = await answer
            of_path = "A" if status == 405 else shape  # GET has the same path as PUT
            assert (found, shape_of(said, found)) == (status, of_path if method == "PUT" else shape)

    @pytest.mark.parametrize("style", ["A", "B", "C"])
    async def test_have_the_shape_that_an_application_prefers(self, service: Service, style: str) -> None:
        await prefer(service, error_style=style)
        for method, path, _ in ROUTES:
            status, said = await service.ask(method, path.format(account="acme", calendar="nothing"), {})
            assert shape_of(said, status) == style
        status, said = await service.ask("POST", "/oauth2/token", {})
        assert list(said) == ["error", "error_description"]

    async def test_of_our_own_have_the_shape_too(self, service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
        async def boom(*_: object) -> None:
            raise RuntimeError("hunter2")

        monkeypatch.setattr(service.store, "calendar", boom)
        for method, path, shape in ROUTES:
            if "{account}" in path:
                status, said = await service.ask(method, path.format(account="acme", calendar="games"), {})
                assert (status, shape_of(said, status)) == (500, shape)
                assert "hunter2" not in json.dumps(said)

    async def test_of_multipart_and_of_no_token_name_what_helps(self, service: Service) -> None:
        headers = {"Content-Type": "multipart/form-data; boundary=x"}
        status, said = await service.ask("POST", "/subscribe/acme/games", b"--x\r\n", headers=headers)
        assert (status, shape_of(said, 415)) == (415, "A")
        async with service.client.post("/subscribe/acme/games") as answer:
            assert (answer.status, answer.headers["WWW-Authenticate"]) == (401, 'Bearer realm="feedproxy"')
        async with service.client.get("/subscription/acme/games") as answer:
            assert (answer.status, set(answer.headers["Allow"].split(","))) == (405, {"DELETE", "POST"})

    async def test_say_the_same_under_every_prefix(self, service: Service) -> None:
        for prefix in "", "/v1", "/V2":
            for path in "/SUBSCRIBE/acme/games", "/subscribe/acme/games/":
                status, said = await service.ask("POST", prefix + path, {})
                assert (status, said["errors"]) == (400, [["invalidParameter", "userAgent is required"]])
