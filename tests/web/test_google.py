"""Subscribing with Google: consent is asked for, taken once, kept sealed, and told to whoever sent the subscriber."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit
from uuid import UUID, uuid4

import pytest
from yarl import URL

from feedproxy.model import Subscriber, Subscription, Wishes
from feedproxy.policy.consent import RANDOM_OCTETS, signed_state
from tests.servers.google import CALENDAR, EMAIL, GRANTED, Google, google
from tests.web.reference_bodies import with_real_tags
from tests.web.subscribers import TAGS, Service, prefer, running_service

DONE = "https://shop.example.com/confirmation"
BACK = f"{DONE}?order=7&success=maybe#/thanks"
ANDROID = "Mozilla/5.0 (Linux; Android 4.4.4; SM-G360P) Chrome/54.0.2840.85 Mobile"
JSMITH = {"subscriberId": "jsmith", "redirectTo": BACK}


@dataclass
class Stage:
    """The service, Google, and what the subscriber's browser does."""

    service: Service
    google: Google
    folder: Path

    async def post(self, body: object, calendar: str = "games") -> tuple[int, str, Any]:
        """Ask for a subscription by Google; return the status, the place to go to, and the body."""
        headers = {"Authorization": f"Bearer {self.service.tokens['acme']}", "Accept-Language": "en-AU,en;q=0.9"}
        data = body if isinstance(body, bytes) else json.dumps(body)
        async with self.service.client.post(
            f"/v1/google/acme/{calendar}", data=data, headers=headers, allow_redirects=False
        ) as answer:
            return answer.status, answer.headers.get("Location", ""), json.loads(await answer.text())

    async def asked(self, body: object, calendar: str = "games") -> dict[str, str]:
        """Ask for a subscription, and return what the consent page is told."""
        status, page, _ = await self.post(body, calendar)
        assert status == 302
        return dict(parse_qsl(urlsplit(page).query))

    async def back(self, method: str = "GET", **query: str) -> tuple[int, str, str]:
        """Come back from the consent page; return the status, the place to go on to, and the body."""
        url = URL("/google/callback").with_query(query)
        async with self.service.client.request(method, url, allow_redirects=False) as answer:
            assert answer.status == 405 or answer.headers["Cache-Control"] == "no-store"
            return answer.status, answer.headers.get("Location", ""), await answer.text()

    async def consent(self, body: object, calendar: str = "games") -> dict[str, str]:
        """Ask for a subscription, give consent, and return the result."""
        state = (await self.asked(body, calendar))["state"]
        status, place, _ = await self.back(state=state, code="4/code")
        assert status == 302
        return result_of(place)

    async def subscriptions(self) -> tuple[Subscription, ...]:
        return await self.service.store.subscriptions(self.service.mine, limit=100)

    def octets(self) -> bytes:
        return b"".join(file.read_bytes() for file in self.folder.glob("feedproxy.db*"))


def result_of(place: str) -> dict[str, str]:
    assert place.startswith(f"{DONE}?order=7&success="), "its own query stays, but for the result of before"
    assert urlsplit(place).fragment == "/thanks"
    pairs = parse_qsl(urlsplit(place).query)
    assert len(pairs) == len(dict(pairs)), "nothing is said twice"
    return {name: value for name, value in pairs if name != "order"}


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    async with google() as stand_in:
        settings = {
            "google_client_id": "us.apps.example",
            "google_client_secret": "s3cret",
            "google_token_url": stand_in.url,
        }
        async with running_service(tmp_path, **settings) as service:
            await prefer(service, redirect_uris=(DONE, "myapp:done"))
            yield Stage(service, stand_in, tmp_path)


class TestAskingForConsent:
    async def test_sends_to_googles_page_with_all_that_it_wants_to_know(self, stage: Stage) -> None:
        status, page, said = await stage.post(JSMITH)
        assert (status, said) == (302, {"redirectTo": page})
        assert page.startswith("https://accounts.google.com/o/oauth2/v2/auth?")
        fields = dict(parse_qsl(urlsplit(page).query, strict_parsing=True))
        assert fields.pop("state")
        assert fields == {
            "response_type": "code",
            "client_id": "us.apps.example",
            "redirect_uri": "https://feeds.example.com/google/callback",
            "scope": f"{CALENDAR} {EMAIL}",
            "access_type": "offline",
            "prompt": "consent",
            "hl": "en-AU",
        }

    async def test_notes_it_where_only_we_can_read_it(self, stage: Stage) -> None:
        state = (await stage.asked(JSMITH))["state"]
        [pending] = await stage.subscriptions()
        assert (pending.state, pending.method, pending.subscriber.key) == ("pending", "google", "jsmith")
        assert state.encode() not in stage.octets()
        assert b"shop.example.com/confirmation?order" not in stage.octets()

    async def test_as_published_with_a_place_to_go_back_to(self, stage: Stage) -> None:
        body = with_real_tags("google")
        assert (await stage.post(body))[0] == 400
        body = body.replace(b"{", b'{"redirectTo": "%s",' % DONE.encode(), 1)
        assert (await stage.post(body))[0] == 302
        [pending] = await stage.subscriptions()
        assert pending.wishes.tags == TAGS
        assert pending.subscriber.facts["stationNum"] == "10741"

    @pytest.mark.parametrize(
        ("redirect_to", "reason"),
        [
            (None, "redirect to parameter is missing"),
            (
                "https://evil.example/confirmation",
                "redirect to parameter is none of the redirect URIs of this application",
            ),
            (f"{DONE}/../evil", "redirect to parameter is none of the redirect URIs of this application"),
        ],
    )
    async def test_sends_nobody_back_to_where_the_application_has_not_registered(
        self, stage: Stage, redirect_to: str | None, reason: str
    ) -> None:
        status, _, said = await stage.post(JSMITH | {"redirectTo": redirect_to})
        assert (status, said["errors"]) == (400, [{"code": "InvalidRequestParameter", "reason": reason}])
        status, said = await stage.service.ask(
            "POST", "/subscribe/acme/games", JSMITH | {"subscriptionMethod": "Google", "redirectTo": redirect_to}
        )
        assert (status, said["errors"]) == (400, [["invalidParameter", reason]])
        assert await stage.subscriptions() == ()

    async def test_wants_a_name_where_the_calendar_is_protected(self, stage: Stage) -> None:
        assert (await stage.post({"redirectTo": DONE}, "members"))[0] == 400
        assert (await stage.post({"redirectTo": DONE, "UserName": "x"}, "members"))[0] == 302

    async def test_has_no_feed_for_all_where_the_calendar_is_protected(self, stage: Stage) -> None:
        result = await stage.consent(JSMITH, "members")
        async with stage.service.client.get(f"/v1/webcal/{result['subscriptionId']}") as feed:
            assert (feed.status, feed.headers["Cache-Control"]) == (401, "private, no-store")

    async def test_is_answered_with_the_page_when_subscribe_chooses_google(self, stage: Stage) -> None:
        for chosen in {"subscriptionMethod": "google"}, {"userAgent": ANDROID}:
            status, said = await stage.service.ask("POST", "/v2/subscribe/acme/games", JSMITH | chosen)
            [pending] = [each for each in await stage.subscriptions() if str(each.id) == said["subscriptionId"]]
            assert (status, pending.state) == (200, "pending")
            assert urlsplit(said.pop("redirectTo")).netloc == "accounts.google.com"
            assert said == {
                "success": True,
                "statusCode": 200,
                "errors": [],
                "subscriptionType": "google",
                "subscriptionId": str(pending.id),
                "subscriberId": "jsmith",
            }


class TestConsent:
    async def test_makes_the_subscription_active_and_says_so(self, stage: Stage) -> None:
        result = await stage.consent(JSMITH)
        [active] = await stage.subscriptions()
        assert result == {
            "success": "true",
            "subscriberId": "jsmith",
            "new": "true",
            "isNewSubscription": "true",
            "subscriptionId": str(active.id),
            "subscriptionType": "google",
        }
        assert (active.state, active.subscriber.email) == ("active", "fan@example.com")
        assert stage.google.asked == [
            {
                "grant_type": "authorization_code",
                "code": "4/code",
                "client_id": "us.apps.example",
                "client_secret": "s3cret",
                "redirect_uri": "https://feeds.example.com/google/callback",
            }
        ]

    async def test_is_kept_sealed(self, stage: Stage) -> None:
        await stage.consent(JSMITH)
        kept = await stage.service.store.grant(stage.service.mine, "jsmith")
        assert kept is not None
        assert kept.email == "fan@example.com"
        for token in GRANTED["access_token"], GRANTED["refresh_token"]:
            assert str(token).encode() not in stage.octets()

    async def test_leaves_the_address_that_the_application_gave(self, stage: Stage) -> None:
        await stage.consent(JSMITH | {"emailAddress": "js@example.com"})
        [active] = await stage.subscriptions()
        assert active.subscriber.email == "js@example.com"

    async def test_is_asked_for_once(self, stage: Stage) -> None:
        await stage.consent(JSMITH)
        status, place, said = await stage.post(JSMITH)
        result = result_of(place)
        assert (status, said) == (302, {"redirectTo": place})
        assert (result["success"], result["new"], result["isNewSubscription"]) == ("true", "false", "false")
        status, said = await stage.service.ask(
            "POST", "/subscribe/acme/games", JSMITH | {"subscriptionMethod": "google"}
        )
        assert status == 200
        assert (said["subscriptionType"], said["isNewSubscription"]) == ("google", False)
        assert not {"redirectTo", "subscriptionUrl"} & said.keys()
        assert {each.state for each in await stage.subscriptions()} == {"active"}

    async def test_of_somebody_without_a_name_is_nobody_elses(self, stage: Stage) -> None:
        nameless = {"redirectTo": BACK}
        assert "subscriberId" not in await stage.consent(nameless)
        assert (await stage.asked(nameless))["state"]

    async def test_in_a_calendar_of_single_subscriptions_updates_the_one_that_there_is(self, stage: Stage) -> None:
        first = await stage.service.subscribe("single", subscriberId="jsmith")
        result = await stage.consent(JSMITH, "single")
        assert (result["subscriptionId"], result["new"]) == (str(first), "false")

    async def test_sends_on_into_an_app(self, stage: Stage) -> None:
        state = (await stage.asked({"redirectTo": "myapp:done"}))["state"]
        _, place, _ = await stage.back(state=state, code="4/code")
        assert place.startswith("myapp:done?success=true&")

    async def test_lost_is_asked_for_again_when_a_subscription_is_updated(self, stage: Stage) -> None:
        service = stage.service
        calendar = await service.store.calendar(service.mine, "games")
        assert calendar is not None
        made = await service.store.subscribe(
            calendar,
            id=uuid4(),
            method="google",
            state="active",
            subscriber=Subscriber("jsmith"),
            wishes=Wishes(),
            login=None,
            now=service.clock(),
        )
        path = f"/subscription/acme/games/{made.subscription.id}"
        status, said = await service.ask("PUT", path, {"timeZoneId": "Eastern Standard Time"})
        assert (status, said["errors"][0]["Reason"]) == (400, "redirect to parameter is missing")
        status, said = await service.ask("PUT", path, {"timeZoneId": "Eastern Standard Time", "redirectTo": BACK})
        assert (status, said["subscriptionType"]) == (200, "Google")
        state = dict(parse_qsl(urlsplit(said["redirectTo"]).query))["state"]
        _, place, _ = await stage.back(state=state, code="4/code")
        result = result_of(place)
        assert (result["success"], result["new"], UUID(result["subscriptionId"])) == (
            "true",
            "false",
            made.subscription.id,
        )
        status, said = await service.ask("PUT", path, {"marketingAllowed": True})
        assert (status, "redirectTo" in said) == (200, False)


class TestNoConsent:
    @pytest.mark.parametrize("query", [{"error": "access_denied"}, {"error": "x", "code": "4/code"}, {"code": ""}, {}])
    async def test_is_told_and_leaves_the_subscription_pending(self, stage: Stage, query: dict[str, str]) -> None:
        state = (await stage.asked(JSMITH))["state"]
        status, place, _ = await stage.back(state=state, **query)
        result = result_of(place)
        assert (status, result["success"]) == (302, "false")
        assert json.loads(result["errors"]) == [{"code": "AccessDenied", "reason": "consent was not given"}]
        [pending] = await stage.subscriptions()
        assert (pending.state, stage.google.asked) == ("pending", [])

    @pytest.mark.parametrize(
        ("status", "answer", "code"),
        [
            (400, {"error": "invalid_grant"}, "ServerError"),
            (500, {}, "ServerError"),
            (200, {"token_type": "Bearer"}, "ServerError"),
            (200, GRANTED | {"scope": EMAIL}, "AccessDenied"),
            (200, GRANTED | {"refresh_token": None}, "AccessDenied"),
        ],
    )
    async def test_is_what_google_does_not_confirm(
        self, stage: Stage, status: int, answer: dict[str, object], code: str, caplog: pytest.LogCaptureFixture
    ) -> None:
        stage.google.status, stage.google.answer = status, answer
        result = await stage.consent(JSMITH)
        assert result["success"] == "false"
        assert json.loads(result["errors"])[0]["code"] == code
        [pending] = await stage.subscriptions()
        assert pending.state == "pending"
        assert await stage.service.store.grant(stage.service.mine, "jsmith") is None
        told = caplog.text + " ".join(str(vars(record)) for record in caplog.records)
        assert "s3cret" not in told
        assert "4/code" not in told

    async def test_is_a_subscription_that_has_gone_meanwhile(self, stage: Stage) -> None:
        state = (await stage.asked(JSMITH))["state"]
        [pending] = await stage.subscriptions()
        await stage.service.store.deactivate({pending.id: None}, by="DeactivatedById", now=stage.service.clock())
        _, place, _ = await stage.back(state=state, code="4/code")
        assert result_of(place)["success"] == "false"


class TestAState:
    async def test_works_once(self, stage: Stage) -> None:
        state = (await stage.asked(JSMITH))["state"]
        assert (await stage.back(state=state, code="4/code"))[0] == 302
        status, place, page = await stage.back(state=state, code="4/code")
        assert (status, place) == (400, "")
        assert "subscribe again" in page
        assert len(stage.google.asked) == 1

    async def test_works_for_a_quarter_of_an_hour(self, stage: Stage) -> None:
        late, in_time = (await stage.asked(JSMITH))["state"], (await stage.asked(JSMITH))["state"]
        stage.service.clock.wind(minutes=14, seconds=59)
        assert (await stage.back(state=in_time, error="x"))[0] == 302
        stage.service.clock.wind(seconds=1)
        assert (await stage.back(state=late, error="x"))[:2] == (400, "")

    async def test_that_is_not_ours_leads_nowhere(self, stage: Stage) -> None:
        state = (await stage.asked(JSMITH))["state"]
        forged = signed_state(b"another key of the same length..", bytes(RANDOM_OCTETS))
        for wrong in forged, state[:-1], state.swapcase(), "", "\0", "https://evil.example", "x" * 5_000:
            assert (await stage.back(state=wrong, code="4/code"))[:2] == (400, "")
        assert (await stage.back(code="4/code"))[:2] == (400, "")
        assert stage.google.asked == []
        assert (await stage.back(state=state, code="4/code"))[0] == 302

    async def test_is_not_used_up_by_who_only_looks(self, stage: Stage) -> None:
        state = (await stage.asked(JSMITH))["state"]
        assert (await stage.back("HEAD", state=state, code="4/code"))[0] == 405
        assert (await stage.back(state=state, code="4/code"))[0] == 302


async def test_where_google_is_not_set_up_webcal_serves_and_google_is_refused(tmp_path: Path) -> None:
    async with running_service(tmp_path) as service:
        await prefer(service, redirect_uris=(DONE,))
        for path, more in ("/google/acme/games", {}), ("/subscribe/acme/games", {"subscriptionMethod": "google"}):
            status, said = await service.ask("POST", path, {"redirectTo": DONE} | more)
            assert (status, said["statusCode"]) == (501, 501)
            assert "google_client_id" in str(said["errors"])
        status, said = await service.ask("POST", "/subscribe/acme/games", {"userAgent": ANDROID})
        assert (status, said["subscriptionType"]) == (200, "webcal")
