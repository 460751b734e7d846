"""The admin API through the front door: who may, what is stored, what is refused, what is never shown."""

import json
import logging
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from aiohttp import ClientResponse, ClientSession

from feedproxy.admin import calendars
from feedproxy.model import Subscriber, Wishes
from feedproxy.web import keys
from feedproxy.web.metrics import METRICS
from feedproxy.web.operations.admin import QUIET_CALENDAR, QUIET_SUBSCRIPTION
from feedproxy.web.routes import ADMIN
from tests.web.api_stage import ADMIN_TOKEN, NOW, SUBSCRIPTION, ApiStage, api_stage
from tests.web.calreply import basic
from tests.web.running import running

OPERATOR = {"Authorization": f"bearer {ADMIN_TOKEN}"}
BEARS = "/admin/accounts/bears"
GAMES = f"{BEARS}/calendars/games"
NO_ONE = "00000000-0000-4000-8000-000000000000"


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[ApiStage]:
    async with api_stage(tmp_path) as stage:
        yield stage


async def ask(stage: ApiStage, method: str, path: str, body: object = None) -> ClientResponse:
    data = body if isinstance(body, bytes | None) else json.dumps(body)
    return await stage.client.request(method, path, data=data, headers=OPERATOR)


async def said(stage: ApiStage, method: str, path: str, body: object = None, *, status: int = 200) -> Any:
    """Ask, and return the JSON of the answer, whose status is as expected."""
    answer = await ask(stage, method, path, body)
    assert answer.status == status, await answer.text()
    assert answer.headers["Cache-Control"] == "no-store"
    return await answer.json() if status != 204 else None


async def test_without_a_token_in_the_settings_there_is_nothing_under_admin(tmp_path: Path) -> None:
    paths = {row.template.replace("{account_code}", "bears") for row in ADMIN}
    async with api_stage(tmp_path, admin_token="") as stage:
        for path in paths | {"/admin", "/admin/", "/admin/other"}:
            for method in ("GET", "POST", "PATCH", "OPTIONS"):
                for headers in (OPERATOR, {"Authorization": "Bearer "}):
                    answer = await stage.client.request(method, path, headers=headers)
                    assert answer.status == 404
                    assert (await answer.json())["errors"] == [{"code": "NotFound", "reason": "not found"}]


async def test_only_the_administrators_token_opens_it(stage: ApiStage) -> None:
    right = f"Bearer {ADMIN_TOKEN}"
    wrong = [right[:-1], f"{right} x", ADMIN_TOKEN, f"Basic {ADMIN_TOKEN}", "Bearer", "Bearer \xff", ""]
    wrong += [stage.headers[auth]["Authorization"] for auth in ("bearer", "client")]
    for authorization in wrong:
        for path in ("/admin/accounts", "/admin/nothing"):
            answer = await stage.client.get(path, headers={"Authorization": authorization})
            assert answer.status == 401, authorization
            assert answer.headers["WWW-Authenticate"] == 'Bearer realm="feedproxy admin"'
            assert answer.headers["Cache-Control"] == "no-store"
            assert (await answer.json())["errors"][0]["code"] == "Unauthorized"
    registry = stage.app[METRICS].registry
    assert registry.get_sample_value("feedproxy_auth_failures_total", {"reason": "admin"}) == 2 * len(wrong)
    assert (await stage.client.get("/admin/accounts")).status == 401


async def test_it_wants_https_for_reading_too_if_the_settings_say_so(tmp_path: Path) -> None:
    async with (
        running(tmp_path, require_https=True, trusted_proxies=["127.0.0.0/8"], admin_token=ADMIN_TOKEN) as service,
        ClientSession(service.url, headers=OPERATOR) as session,
    ):
        for scheme, status in (("http", 403), ("https", 200)):
            async with session.get("/admin/accounts", headers={"X-Forwarded-Proto": scheme}) as answer:
                assert answer.status == status


async def test_what_is_added_is_where_the_answer_says(stage: ApiStage) -> None:
    for path, body in (
        ("/admin/accounts", {"code": "a/b ü%", "name": "Another"}),
        ("/admin/accounts/a%2Fb%20%C3%BC%25/sources", {"name": "x", "url": "https://h.example/"}),
        ("/admin/accounts/a%2Fb%20%C3%BC%25/calendars", {"code": "c/d", "source": "X"}),
        ("/admin/accounts/a%2Fb%20%C3%BC%25/calendars/c%2Fd/tags", {"text": "t"}),
        ("/admin/accounts/a%2Fb%20%C3%BC%25/applications", {}),
    ):
        answer = await ask(stage, "POST", path, body)
        assert answer.status == 201, await answer.text()
        added = await answer.json()
        added.pop("clientSecret", None)
        if path.endswith("/tags"):
            assert (await said(stage, "GET", path.removesuffix("/tags")))["tags"] == [added]
        assert await said(stage, "GET", answer.headers["Location"]) == added
        assert added in await said(stage, "GET", path)


async def test_a_change_leaves_what_is_absent(stage: ApiStage) -> None:
    full = {
        "title": "Games",
        "description": "All\nof them",
        "image": "//i.example/x.png",
        "protected": True,
        "singleSubscription": True,
        "timeZones": ["Eastern Standard Time", "America/Detroit"],
        "onDeactivate": "empty",
    }
    await said(stage, "PUT", GAMES, full)
    changes: dict[str, object] = {"title": "Bears", "onDeactivate": None, "timeZones": [], "source": "unused"}
    for name, value in changes.items():
        changed = await said(stage, "PUT", GAMES, {name: value})
        assert {key: changed[key] for key in full | {"source": 0}} == ({"source": "fixtures"} | full | {name: value})
        full |= {name: value}
    assert await said(stage, "PUT", GAMES, {}) == await said(stage, "GET", GAMES)


async def test_a_title_that_is_emptied_is_the_code(stage: ApiStage) -> None:
    assert (await said(stage, "PUT", GAMES, {"title": ""}))["title"] == "games"


async def test_secrets_of_a_source_are_written_and_never_read(
    stage: ApiStage, caplog: pytest.LogCaptureFixture
) -> None:
    url = "https://club.example.com/x.ics?key=hunter2"
    secrets = {"credentials": {"user": "fan", "password": "hunter2"}, "headers": {"X-Key": "hunter2"}}
    source = await said(stage, "POST", f"{BEARS}/sources", {"name": "club", "url": url, **secrets}, status=201)
    path = f"{BEARS}/sources/{source['id']}"
    assert (source["url"], source["hasCredentials"], source["headers"]) == (
        "https://club.example.com/***",
        True,
        ["X-Key"],
    )
    with caplog.at_level(logging.INFO):
        for answer in (source, await said(stage, "GET", path), await said(stage, "GET", f"{BEARS}/sources")):
            assert "hunter2" not in json.dumps(answer)
        assert [record for record in caplog.records if record.levelname == "WARNING"] == []
        revealed = await said(stage, "GET", f"{path}?reveal=true")
    assert revealed == source | {"url": url}
    lines = [record for record in caplog.records if record.levelname == "WARNING"]
    assert [line.__dict__["fields"] for line in lines] == [{"account": "bears", "source": source["id"]}]
    elsewhere = {"url": "https://elsewhere.example.com/"}
    refused = await said(stage, "PUT", path, elsewhere, status=400)
    assert "give credentials and headers anew" in refused["errors"][0]["reason"]
    moved = await said(stage, "PUT", path, elsewhere | {"credentials": None, "headers": {}})
    assert (moved["url"], moved["hasCredentials"], moved["headers"]) == ("https://elsewhere.example.com/***", False, [])


async def test_a_new_secret_ends_the_one_before_and_its_tokens(stage: ApiStage) -> None:
    path = f"{BEARS}/applications/bears-app"
    renewed = await said(stage, "POST", f"{path}/secret")
    job = await stage.client.get("/jobs/x", headers=stage.headers["bearer"])
    assert job.status == 401
    grant = {"grant_type": "client_credentials"}
    for headers, status in (
        (stage.headers["client"], 401),
        (basic(b"bears-app", renewed["clientSecret"].encode()), 200),
    ):
        assert (await stage.client.post("/oauth2/token", data=grant, headers=headers)).status == status
    await said(stage, "DELETE", path, status=204)
    assert [each["clientId"] for each in await said(stage, "GET", f"{BEARS}/applications")] == ["shop-app"]


async def test_removing_an_account_takes_its_events_out_of_the_feeds(stage: ApiStage) -> None:
    feed = f"/webcal/{SUBSCRIPTION}"
    assert "SUMMARY:Your table" in await (await stage.client.get(feed)).text()
    refused = await said(stage, "DELETE", BEARS, status=409)
    assert refused["errors"] == [
        {"code": "Conflict", "reason": "the account bears has calendars; remove them first, or force it"}
    ]
    await said(stage, "DELETE", f"{BEARS}?force=true", status=204)
    assert "SUMMARY:Your table" not in await (await stage.client.get(feed)).text()
    assert [each["code"] for each in await said(stage, "GET", "/admin/accounts")] == ["otters"]


async def subscribe(stage: ApiStage, number: int, code: str = "games") -> UUID:
    """Subscribe somebody to the calendar, with its tags, as the store does it."""
    store = stage.app[keys.STORE]
    account = await store.account("bears")
    assert account is not None
    calendar = await calendars.wanted(store, account, code)
    done = await store.subscribe(
        calendar,
        id=UUID(int=number),
        method="webcal",
        state="active",
        subscriber=Subscriber(subscriber_id=f"fan-{number}", user_name="fan", email="fan@example.com"),
        wishes=Wishes(tags=calendar.tags, zone="Central Standard Time"),
        login=None,
        now=NOW,
    )
    return done.subscription.id


async def test_whatever_changes_feeds_reaches_them(stage: ApiStage, monkeypatch: pytest.MonkeyPatch) -> None:
    changes: list[frozenset[UUID]] = []

    async def changed(ids: frozenset[UUID]) -> None:
        changes.append(ids)

    monkeypatch.setattr(stage.app[keys.FEEDS], "changed", changed)
    id_ = await subscribe(stage, 1)
    tag = (await said(stage, "GET", GAMES))["tags"][0]["id"]
    await said(stage, "PUT", f"{BEARS}/sources/fixtures", {"url": "https://league.example.com/2027.ics"})
    await said(stage, "PUT", GAMES, {"title": "Bears"})
    await said(stage, "PUT", f"{GAMES}/tags/{tag}", {"text": "U 12"})
    assert [id_ in ids for ids in changes] == [True] * 3
    refused = await said(stage, "DELETE", f"{GAMES}/tags/{tag}", status=409)
    assert refused["errors"][0]["reason"] == "subscriptions want the tag U 12; it cannot be removed"
    refused = await said(stage, "DELETE", GAMES, status=409)
    assert "has active subscriptions" in refused["errors"][0]["reason"]
    assert len(changes) == 3
    await said(stage, "DELETE", f"{GAMES}?force=true", status=204)
    assert id_ in changes[3]


async def test_a_new_name_alone_is_no_change_of_feeds(stage: ApiStage, monkeypatch: pytest.MonkeyPatch) -> None:
    await subscribe(stage, 1)
    before = await stage.app[keys.STORE].newest_change()
    assert (await said(stage, "PUT", f"{BEARS}/sources/fixtures", {"name": "matches"}))["name"] == "matches"
    assert await stage.app[keys.STORE].newest_change() == before


async def test_subscriptions_come_in_pages(stage: ApiStage) -> None:
    ids = [str(await subscribe(stage, number, QUIET_CALENDAR)) for number in range(1, 5)] + [QUIET_SUBSCRIPTION]
    seen, after = [], ""
    for count in (2, 2, 1):
        page = await said(stage, "GET", f"{BEARS}/calendars/{QUIET_CALENDAR}/subscriptions?limit=2{after}")
        assert len(page["subscriptions"]) == count
        seen += [each["id"] for each in page["subscriptions"]]
        after = f"&after={page['next']}"
    assert (seen, page["next"]) == (ids, None)


async def test_all_subscriptions_of_an_account_are_listed(stage: ApiStage) -> None:
    ids = [str(await subscribe(stage, 1)), str(SUBSCRIPTION), QUIET_SUBSCRIPTION]
    whole = await said(stage, "GET", f"{BEARS}/subscriptions")
    found = {each["id"]: each["calendar"] for each in whole["subscriptions"]}
    assert [found[each] for each in ids] == ["games", None, QUIET_CALENDAR]
    assert whole["subscriptions"][0] == {
        "id": ids[0],
        "calendar": "games",
        "state": "active",
        "method": "webcal",
        "subscriberId": "fan-1",
        "userName": "fan",
        "emailAddress": "fan@example.com",
        "tags": [{"id": "b78b79ba-607b-4f7a-9f4a-a46646f5a52e", "text": "Under 12", "externalId": "u12"}],
        "timeZoneId": "Central Standard Time",
        "createdAt": "2026-11-21T12:00:00Z",
        "updatedAt": "2026-11-21T12:00:00Z",
        "deactivatedAt": None,
        "deactivatedBy": "",
    }


async def test_what_is_another_accounts_is_not_there(stage: ApiStage) -> None:
    await said(stage, "POST", "/admin/accounts", {"code": "lions"}, status=201)
    source = (await said(stage, "GET", f"{BEARS}/sources"))[0]["id"]
    for path in (f"sources/{source}", "sources/fixtures", "calendars/games", "applications/bears-app"):
        await said(stage, "GET", f"/admin/accounts/lions/{path}", status=404)
        await said(stage, "DELETE", f"/admin/accounts/lions/{path}", status=404)
    refused = await said(stage, "POST", "/admin/accounts/lions/calendars", {"code": "x", "source": source}, status=400)
    assert refused["errors"][0]["reason"] == f"source: the account lions has no source '{source}'"


REFUSED = """\
GET /accounts/x
    404 there is no account 'x'
GET /accounts/bears/sources/x
    404 the account bears has no source 'x'
GET /accounts/bears/applications/x
    404 the account bears has no application 'x'
GET /accounts/bears/calendars/x
    404 the account bears has no calendar 'x'
GET /accounts/bears/calendars/games/tags/00000000-0000-4000-8000-000000000000
    404 the calendar games has no tag '00000000-0000-4000-8000-000000000000'
GET /nothing
    404 not found
PATCH /accounts/bears {}
    405 method not allowed
GET /accounts/bears/sources/fixtures?reveal=yes
    400 reveal: true or false is wanted in the query, not 'yes'
DELETE /accounts/bears/calendars/games?force=1
    400 force: true or false is wanted in the query, not '1'
GET /accounts/bears/calendars/games/subscriptions?limit=0
    400 limit: a number from 1 to 1000 is wanted in the query
GET /accounts/bears/calendars/games/subscriptions?limit=1001
    400 limit: a number from 1 to 1000 is wanted in the query
GET /accounts/bears/calendars/games/subscriptions?after=x
    400 after: the GUID of a subscription is wanted in the query
POST /accounts
    400 the body is not JSON: EOF while parsing a value at line 1 column 0
POST /accounts code=lions
    400 the body is not JSON: expected value at line 1 column 1
POST /accounts {"code": "\xff"}
    400 the body is not JSON: invalid unicode code point at line 1 column 11
POST /accounts []
    400 the body should be a JSON object
POST /accounts {}
    400 code: is missing
POST /accounts {"Code": "x"}
    400 Code: is not known here; there are name, code
POST /accounts {"code": 7}
    400 code: should be a valid string
POST /accounts {"code": null}
    400 code: should be a valid string
POST /accounts {"code": ""}
    400 code: string should have at least 1 character
POST /accounts {"code": ".."}
    400 code: is a path's way up; clients would leave it out of URLs
POST /accounts {"code": "BEARS"}
    409 there is an account BEARS already
PUT /accounts/bears {"code": "lions"}
    400 code: is not known here; there are name
POST /accounts/bears/applications {"errorStyle": "D"}
    400 errorStyle: should be 'documented', 'A', 'B' or 'C'
POST /accounts/bears/applications {"redirectUrls": "x:y"}
    400 redirectUrls: should be a valid array
POST /accounts/bears/applications {"redirectUrls": ["https://ok.example/", "data:x"]}
    400 redirectUrls.1: a URL such as https://shop.example/done or com.example.app:/done is wanted
POST /accounts/bears/sources {"name": "x", "url": "https://[h/"}
    400 url: a URL such as https://host/calendar.ics is wanted; the host is at fault
POST /accounts/bears/sources {"name": "x", "url": "file:///etc/passwd"}
    400 url: a URL such as https://host/calendar.ics is wanted; the scheme is at fault
POST /accounts/bears/sources {"name": "Fixtures", "url": "https://h/"}
    409 there is a source Fixtures already, or the account bears is gone
PUT /accounts/bears/sources/fixtures {"name": "UNUSED"}
    409 there is a source UNUSED already
PUT /accounts/bears/sources/fixtures {"credentials": {"user": "x"}}
    400 credentials.password: is missing
PUT /accounts/bears/sources/fixtures {"credentials": {"usr": "x"}}
    400 credentials.usr: is not known here
PUT /accounts/bears/sources/fixtures {"headers": {"X": "a\\r\\nb"}}
    400 headers: 'X': a header field has a name without spaces and a value of printable ASCII
DELETE /accounts/bears/sources/fixtures
    409 a calendar uses the source fixtures; give it another or remove it first
PUT /accounts/bears/applications/bears-app {"erorStyle": "A"}
    400 erorStyle: is not known here; there are name, errorStyle, webcalBody, redirectUrls
PUT /accounts/bears/calendars/games {"protected": "true"}
    400 protected: should be a valid boolean
PUT /accounts/bears/calendars/games {"onDeactivate": "Gone"}
    400 onDeactivate: should be 'freeze', 'empty' or 'gone'
PUT /accounts/bears/calendars/games {"timeZones": ["UTC", "Mars"]}
    400 timeZones: 'Mars' is no Windows or IANA time zone id
PUT /accounts/bears/calendars/games {"source": "x"}
    400 source: the account bears has no source 'x'
POST /accounts/bears/calendars/games/tags {"text": "under 12"}
    409 the calendar games has a tag of that id, text or external id already
POST /accounts/bears/calendars/games/tags {"text": " x"}
    400 text: begins or ends with a space
"""
"""Method, path under /admin and body; and below them the status and what is said."""


async def test_what_is_wrong_is_said_in_one_line_and_changes_nothing(stage: ApiStage) -> None:
    lists = [f"{BEARS}/{noun}" for noun in ("sources", "calendars", "applications")] + ["/admin/accounts"]
    before = [await said(stage, "GET", path) for path in lists]
    lines = REFUSED.splitlines()
    for asked, answered in zip(lines[::2], lines[1::2], strict=True):
        method, path, *body = asked.split(" ", 2)
        status, reason = answered.strip().split(" ", 1)
        answer = await said(stage, method, f"/admin{path}", "".join(body).encode("latin-1"), status=int(status))
        assert (answer["success"], answer["statusCode"]) == (False, int(status))
        assert [error["reason"] for error in answer["errors"]] == [reason], asked
    assert [await said(stage, "GET", path) for path in lists] == before


async def test_a_body_has_its_limit(tmp_path: Path) -> None:
    async with api_stage(tmp_path, request_max_octets=1_000) as stage:
        await said(stage, "POST", "/admin/accounts", {"code": "x" * 1_000}, status=413)
