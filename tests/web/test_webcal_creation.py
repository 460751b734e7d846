"""POST /webcal: a subscription whose answer is its URL."""

import json
import re
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import UUID

import pytest

from feedproxy.model import Subscriber
from tests.web.subscribers import Service, prefer, running_service
from tests.web.test_subscriptions import TALK, made_real

URL = re.compile(r"webcal://(?:(\w+):(\w+)@)?feeds\.example\.com/v1/webcal/([0-9a-f-]{36})")


@pytest.fixture
async def service(tmp_path: Path) -> AsyncIterator[Service]:
    async with running_service(tmp_path) as service:
        yield service


async def test_the_published_body_is_answered_with_the_bare_url(service: Service) -> None:
    headers = {"Authorization": f"Bearer {service.tokens['acme']}", "Accept": "application/json"}
    async with service.client.post("/v1/webcal/acme/games", data=made_real("webcal"), headers=headers) as answer:
        text = await answer.text()
        assert (answer.status, answer.headers["Content-Type"]) == (200, "text/plain; charset=utf-8")
        assert answer.headers["Cache-Control"] == "no-store"
    found = URL.fullmatch(text)
    assert found is not None
    kept = await service.stored(UUID(found[3]))
    assert (kept.method, kept.state, kept.subscriber.user_name) == ("webcal", "active", "jsmith")
    assert kept.subscriber.email == "jsmith@gmail.com"
    facts = kept.subscriber.facts
    assert (facts["sourceId"], facts["stationNum"], facts["subscriptionPlatformType"]) == (1, "10741", "apple")
    assert facts["channelFinderZipCode"] == "90210"
    assert await service.titles(kept.id) == {"Opening", "Derby", "Final"}


async def test_nothing_need_be_said_of_an_open_calendar(service: Service) -> None:
    for body in {}, None, b"", {"subscriptionMethod": "google", "UserAgent": "Android"}:
        status, url = await service.ask("POST", "/webcal/acme/games", body)
        found = URL.fullmatch(url)
        assert (status, found is not None) == (200, True)
        assert found is not None
        assert (await service.stored(UUID(found[3]))).method == "webcal"


async def test_private_events_are_in_the_feed(service: Service) -> None:
    _, url = await service.ask("POST", "/webcal/acme/games", {"Events": [TALK], "tagId": str(UUID(int=1))})
    found = URL.fullmatch(url)
    assert found is not None
    assert await service.titles(UUID(found[3])) == {"Opening", "Derby", "Away", "The Lion King"}


@pytest.mark.parametrize("name", ["UserName", "subscriberId"])
async def test_a_protected_calendar_has_a_login_in_the_url(service: Service, name: str) -> None:
    status, url = await service.ask("POST", "/webcal/acme/members", {name: "jsmith"})
    found = URL.fullmatch(url)
    assert found is not None
    user_name, password, subscription_id = found.groups()
    assert (status, len(password)) == (200, 22)
    assert (await service.feed(UUID(subscription_id)))[0] == 401
    assert (await service.feed(UUID(subscription_id), (user_name, password)))[0] == 200
    assert (await service.stored(UUID(subscription_id))).subscriber != Subscriber()


async def test_a_protected_calendar_wants_to_know_who(service: Service) -> None:
    status, said = await service.ask("POST", "/webcal/acme/members", {"emailAddress": "a@b"})
    assert (status, said["errors"][0]["code"]) == (400, "InvalidRequestParameter")
    assert said["errors"][0]["reason"].startswith("user name parameter is missing")
    assert await service.store.subscriptions(service.mine, limit=1) == ()


async def test_an_application_may_prefer_json(service: Service) -> None:
    await prefer(service, webcal_create_body="json_string")
    status, url = await service.ask("POST", "/webcal/acme/games")
    assert (status, URL.fullmatch(url) is not None) == (200, True)
    await prefer(service, webcal_create_body="object")
    status, said = await service.ask("POST", "/webcal/acme/members", {"UserName": "jsmith"})
    assert list(said) == [
        *("success", "statusCode", "errors", "subscriptionType", "subscriptionId", "subscriberId", "subscriptionUrl"),
        *("username", "password", "isNewSubscription"),
    ]
    assert json.dumps(said).count(said["password"]) == 2
