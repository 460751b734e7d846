"""What clients of the CalReply API rely on, promise by promise, through the front door.

Webhooks, the ninth, are not delivered yet.
"""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import UUID

import icalendar
import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedproxy.web.lenient_model import LenientModel
from feedproxy.web.operations import OPERATIONS, Operation
from feedproxy.web.operations.paths import PATH_PARAMETERS
from feedproxy.web.routes import API
from tests.web.api_stage import ApiStage, api_stage
from tests.web.calreply import basic
from tests.web.documented import masked, name_of, request_of
from tests.web.reference_bodies import published, with_real_tags
from tests.web.subscribers import SECRET, Service, prefer, running_service
from tests.web.test_subscription_events import spellings
from tests.web.test_subscriptions import shape_of

CONFIRMATION = "https://yourdomain.com/confirmation"
OPERATION_OF = {(each.method, each.template): each for each in OPERATIONS}
API_OPERATIONS = [OPERATION_OF[row.method, row.template] for row in API]


@pytest.fixture
async def service(tmp_path: Path) -> AsyncIterator[Service]:
    async with running_service(tmp_path, google_client_id="us.apps.example", google_client_secret=SECRET) as service:
        await prefer(service, redirect_uris=(CONFIRMATION,))
        yield service


async def tokens(service: Service, body: object, *, client: bytes = b"app-of-acme") -> tuple[int, dict[str, Any]]:
    """Ask for tokens; return the status and what was answered."""
    data = body if isinstance(body, bytes | str) else json.dumps(body)
    headers = basic(client) | {"Content-Type": "application/x-www-form-urlencoded"}
    async with service.client.post("/oauth2/token", data=data, headers=headers) as answer:
        return answer.status, await answer.json()


async def test_1_every_published_body_is_read_and_succeeds_once_its_placeholders_are_real(service: Service) -> None:
    id_ = str(await service.subscribe(subscriberId="john.doe@mymail.com"))
    one, events = f"/v1/subscription/acme/games/{id_}", "/v1/subscriptionevent/acme"
    back = b'"redirectTo": "' + CONFIRMATION.encode() + b'", "calendarTags"'
    real_id = published("deactivate_by_id").replace(b"0000000-0000-0000-0000-000000000001", id_.encode())
    for method, path, name, verbatim, real, expected in (
        ("POST", "/v2/subscribe/acme/games", "subscribe", 400, with_real_tags("subscribe"), 200),
        ("POST", "/v2/subscribe/acme/games", "subscribe_with_events", 200, None, None),
        ("POST", "/v1/webcal/acme/games", "webcal", 400, with_real_tags("webcal"), 200),
        (
            "POST",
            "/v1/google/acme/games",
            "google",
            400,
            with_real_tags("google").replace(b'"calendarTags"', back),
            302,
        ),
        ("PUT", one, "include_events", 400, with_real_tags("include_events"), 200),
        ("PUT", one, "exclude_events", 400, with_real_tags("exclude_events"), 200),
        ("POST", events, "event", 202, None, None),
        ("POST", events, "all_day_event", 202, None, None),
        ("DELETE", "/v1/subscription/acme/games/", "deactivate_by_id", 404, real_id, 200),
        ("DELETE", "/v1/subscription/acme/games/", "deactivate_by_user_name", 200, None, None),
    ):
        for body, status in (published(name), verbatim), (real, expected):
            if body is not None:
                found, said = await service.ask(method, path, body, redirects=False)
                assert (name, found) == (name, status), said
                assert "not JSON" not in json.dumps(said)
    for name in "token", "refresh":
        assert (await tokens(service, published(name).replace(b"johnsmithmedia", b"app-of-acme")))[0] == 200
    written = published("token_without_header").replace(b"johnsmithmedia", b"app-of-acme")
    assert (await tokens(service, written.replace(b"password", SECRET.encode())))[0] == 200


async def test_2_each_route_answers_alike_under_every_prefix_with_and_without_a_slash(tmp_path: Path) -> None:
    async def answers(prefix: str, slash: str) -> list[tuple[str, int, Any]]:
        folder = tmp_path / (prefix.strip("/") + slash.replace("/", "-") + "x")
        folder.mkdir()
        async with api_stage(folder) as stage:
            return [await answer_to(stage, each, prefix, slash) for each in in_good_order(API_OPERATIONS)]

    first = await answers("", "")
    assert [(name, status) for name, status, _ in first] == [
        (name_of(each), each.example.status) for each in in_good_order(API_OPERATIONS)
    ]
    for prefix, slash in ("", "/"), ("/v1", ""), ("/V1", "/"), ("/v2", ""), ("/v2", "/"):
        assert await answers(prefix, slash) == first


async def answer_to(stage: ApiStage, operation: Operation, prefix: str, slash: str) -> tuple[str, int, Any]:
    """Send an operation's example by another spelling of its path."""
    async with request_of(stage, operation, prefix=prefix, slash=slash) as answer:
        return name_of(operation), answer.status, masked(stage.as_documented(await answer.text()))


def in_good_order(operations: list[Operation]) -> list[Operation]:
    """Look first, and let nothing end before it has been asked for."""
    order = ["GET", "POST", "PUT", "DELETE"]
    last = ["/subscriptionevent/{account_code}/{event_id}", "/oauth2/revoke"]
    ends = {template: number for number, template in enumerate(last, 1)}
    return sorted(operations, key=lambda each: (ends.get(each.template, 0), order.index(each.method)))


LENIENT = [each for each in OPERATIONS if isinstance(each.request, type) and issubclass(each.request, LenientModel)]


@pytest.mark.parametrize("operation", LENIENT, ids=name_of)
@given(data=st.data())
def test_3_a_field_counts_in_any_casing(operation: Operation, data: st.DataObject) -> None:
    def respelled(value: Any) -> Any:
        if isinstance(value, list):
            return [respelled(item) for item in value]
        if isinstance(value, dict):
            return {data.draw(spellings(name)): respelled(item) for name, item in value.items()}
        return value

    request: Any = operation.request
    assert request.read(respelled(operation.example.body)) == request.read(operation.example.body)


async def test_4_a_refresh_token_works_once_and_the_published_refresh_uses_it_up(service: Service) -> None:
    _, first = await tokens(service, {"grant_type": "client_credentials"})
    refresh = {"grant_type": "refresh_token", "refresh_token": first["refresh_token"]}
    assert (await tokens(service, refresh, client=b"app-of-Other"))[1]["error"] == "invalid_grant"
    status, second = await tokens(service, refresh)
    assert status == 200
    assert await tokens(service, refresh) == (200, second)
    service.clock.wind(seconds=11)
    assert (await tokens(service, refresh))[1]["error"] == "invalid_grant"
    family = {"grant_type": "refresh_token", "refresh_token": second["refresh_token"]}
    assert (await tokens(service, family))[1]["error"] == "invalid_grant", "its family has ended with it"
    _, pair = await tokens(service, {"grant_type": "client_credentials"})
    as_published = published("refresh").replace(b"johnsmithmedia", b"app-of-acme")
    as_published = as_published.replace(b"xxxxxxxxxxxxxxx", pair["refresh_token"].encode())
    assert (await tokens(service, as_published))[0] == 200
    service.clock.wind(seconds=11)
    refresh = {"grant_type": "refresh_token", "refresh_token": pair["refresh_token"]}
    assert (await tokens(service, refresh))[1]["error"] == "invalid_grant"


async def test_5_what_a_campaign_tool_renders_is_accepted(service: Service) -> None:
    status, pair = await tokens(service, "grant_type=client_credentials")
    assert (status, pair["token_type"]) == (200, "bearer")
    event = {
        "eventId": "order-7",
        "title": "Table for two",
        "description": "",
        "location": "Pier 9",
        "start": "2026-12-06T19:00:00",
        "end": "2026-12-06T19:00:00",
        "timezone": "Eastern Standard Time",
        "allDayEvent": "false",
        "notifyBefore": "15",
    }
    id_ = str(await service.subscribe())
    for ids in ([""], [id_]):
        created = {"event": event, "subscriptionIds": ids}
        assert await service.ask("POST", "/v1/subscriptionevent/acme", created) == (202, "")
    renamed = event | {"title": "Table for three"}
    assert await service.ask("POST", "/v1/subscriptionevent/acme/update", renamed) == (202, "")
    assert "Table for three" in await service.titles(UUID(id_))


async def test_6_errors_have_the_shape_of_their_route(service: Service) -> None:
    for row in API:
        operation = OPERATION_OF[row.method, row.template]
        values = dict.fromkeys(PATH_PARAMETERS, "x") | {"account_code": "acme", "calendar_code": "games"}
        path = row.template.removesuffix("[.ics]").format_map(values)
        async with service.client.request(row.method, path) as answer:
            if operation.auth == "bearer":
                assert (answer.status, answer.headers["WWW-Authenticate"]) == (401, 'Bearer realm="feedproxy"'), path
        unreadable = b"{ id: 1 }" if operation.request else None
        for account in None, "acme":
            status, said = await service.ask(row.method, path, unreadable, account=account)
            if status < 400:
                assert operation.request is None, path
            elif row.errors == "oauth":
                assert set(said) == {"error", "error_description"}, path
            elif operation.auth == "bearer":
                assert shape_of(said, status) == row.errors[-1].upper(), path
            else:
                assert isinstance(said, str), "people see these"


async def test_7_an_event_is_excluded_under_either_spelling_and_gone_from_the_feed(service: Service) -> None:
    for name in "excludExternalEventIds", "excludeExternalEventIds":
        id_ = await service.subscribe()
        assert "Final" in await service.titles(id_)
        assert (await service.ask("PUT", f"/subscription/acme/games/{id_}", {name: ["37818"]}))[0] == 200
        _, shown = await service.ask("GET", f"/subscription/{id_}")
        [event] = shown["events"]
        assert (event["name"], event["externalId"], event["isExcluded"]) == ("Final", "37818", True)
        assert "Final" not in await service.titles(id_)


async def test_8_untagged_events_stay_visible_under_a_time_zone(service: Service) -> None:
    assert await service.titles(await service.subscribe()) == {"Opening", "Derby", "Final", "Away", "Gala"}
    pacific = await service.subscribe(timeZoneId="Pacific Standard Time")
    assert await service.titles(pacific) == {"Final", "Away", "Gala"}


async def test_10_a_feed_is_read_by_either_spelling_by_who_may_and_is_a_calendar(service: Service) -> None:
    id_ = await service.subscribe()
    status, dashed = await service.feed(id_)
    assert (status, await service.feed(id_.hex)) == (200, (200, dashed))  # type: ignore[arg-type] # no dashes
    [calendar] = icalendar.Calendar.from_ical(dashed, multiple=True)
    assert len(calendar.events) == 5
    assert calendar.errors == [] and not any(each.errors for each in calendar.walk())  # noqa: PT018
    _, made = await service.ask(
        "POST", "/subscribe/acme/members", {"subscriptionMethod": "webcal", "userName": "jsmith"}
    )
    protected, login = UUID(made["subscriptionId"]), (made["username"], made["password"])
    async with service.client.get(f"/webcal/{protected}") as answer:
        assert (answer.status, answer.headers["WWW-Authenticate"].partition(",")[0]) == (401, 'Basic realm="calendar"')
    assert (await service.feed(protected, (login[0], "guess")))[0] == 401
    status, text = await service.feed(protected, login)
    assert (status, "SUMMARY:Gala" in text) == (200, True)
