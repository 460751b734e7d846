"""The event route to the letter of the API: what is taken, what it becomes, and what is refused and changes nothing."""

import json
import logging
import re
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from yarl import URL

from feedproxy.errors import BadRequest
from feedproxy.model import Application, EventDetails, PersonalEvent
from feedproxy.policy.secrets import feed_hash, log_name
from feedproxy.web.calreply_models import SubscriptionEvent, SubscriptionEventRequest, read_events
from feedproxy.web.field_types import read_guid
from tests.web.calreply import FIRST, KEY, SECOND, SECRET, START, Api, basic, running_api
from tests.web.reference_bodies import published

# ruff: noqa: DTZ001 - a wall-clock time has no zone

STANDARD_EVENT, ALL_DAY_EVENT = published("event"), published("all_day_event")

STANDARD_DETAILS = EventDetails(
    title="Title of my event",
    start=datetime(2018, 10, 24, 16, 33),
    end=datetime(2018, 10, 24, 17, 33),
    zone="Australia/Sydney",
    description="description of my event",
    location="location of my event",
    notify_before=15,
)

EVENT: dict[str, Any] = {
    "eventId": "my event",
    "title": "Title",
    "start": "2018-10-24T16:33:00",
    "end": "2018-10-24T17:33:00",
    "timezone": "AUS Eastern Standard Time",
}

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@pytest.fixture
async def api(tmp_path: Path) -> AsyncIterator[Api]:
    async with running_api(tmp_path) as running:
        yield running


async def post(api: Api, body: object, *, account: str = "johnsmith", headers: dict[str, str] | None = None) -> Any:
    """Post an event; return status and errors."""
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    headers = await api.bearer() if headers is None else headers
    answer = await api.client.post(f"/subscriptionevent/{account}", data=data, headers=headers)
    text = await answer.text()
    if answer.status == 202:
        assert (text, answer.headers.get("Content-Length", "0")) == ("", "0")
        return 202, None
    said = json.loads(text)
    assert (said["success"], said["statusCode"]) == (False, answer.status)
    assert set(said) == {"success", "statusCode", "errors"}
    assert all(set(error) == {"code", "reason"} for error in said["errors"])
    return answer.status, [(error["code"], error["reason"]) for error in said["errors"]]


async def stored(api: Api, subscription_id: UUID = FIRST) -> PersonalEvent:
    [event] = await api.store.events_of(subscription_id)
    return event


def details(**fields: object) -> EventDetails:
    return SubscriptionEventRequest.read({**EVENT, **fields}).event.to_details()


class TestThePublishedExamples:
    async def test_standard_event(self, api: Api) -> None:
        assert await post(api, STANDARD_EVENT) == (202, None)
        for subscription_id in FIRST, SECOND:
            event = await stored(api, subscription_id)
            assert (event.account_code, event.event_id) == ("johnsmith", "my event")
            assert (event.sequence, event.created_at, event.updated_at) == (0, START, START)
            assert event.details == STANDARD_DETAILS
        assert api.feeds.changes == [frozenset({FIRST, SECOND})]

    async def test_all_day_event(self, api: Api) -> None:
        assert await post(api, ALL_DAY_EVENT) == (202, None)
        day = (await stored(api)).details
        assert (day.start, day.end, day.all_day) == (date(2018, 10, 24), date(2018, 10, 25), True)

    async def test_error(self, api: Api) -> None:
        body = STANDARD_EVENT.replace(b'\t\t"eventId":"my event",\n', b"")
        assert await post(api, body) == (400, [("InvalidRequestParameter", "event id parameter is missing")])

    async def test_that_a_campaign_tool_renders_with_an_empty_list_and_no_duration(self, api: Api) -> None:
        answer = await api.client.post(
            "/oauth2/token", data="grant_type=client_credentials", headers=basic(b"johnsmithmedia", SECRET.encode())
        )
        token = (await answer.json())["access_token"]
        event = {**EVENT, "end": EVENT["start"], "notifyBefore": "15", "allDayEvent": "False", "location": ""}
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        assert await post(api, {"event": event, "subscriptionIds": [""]}, headers=headers) == (202, None)
        assert await post(api, {"event": event, "subscriptionIds": [str(FIRST)]}, headers=headers) == (202, None)
        kept = (await stored(api)).details
        assert (kept.start, kept.end, kept.notify_before) == (datetime(2018, 10, 24, 16, 33),) * 2 + (15,)


class TestTheSameEventAgain:
    async def test_changes_nothing_if_nothing_differs(self, api: Api) -> None:
        await post(api, STANDARD_EVENT)
        before = await stored(api)
        api.pass_seconds(60)
        await post(api, STANDARD_EVENT)
        assert await stored(api) == before
        assert api.feeds.changes[1:] == [frozenset()]

    async def test_updates_it_in_every_feed_that_has_it_and_adds_the_new_ones(self, api: Api) -> None:
        await post(api, {"event": EVENT, "subscriptionIds": [str(FIRST)]})
        api.pass_seconds(60)
        await post(api, {**EVENT, "title": "Moved", "subscriptionIds": [str(SECOND)]})
        for subscription_id in FIRST, SECOND:
            event = await stored(api, subscription_id)
            assert (event.details.title, event.sequence) == ("Moved", 1)
            assert (event.updated_at - event.created_at).total_seconds() == 60
        assert api.feeds.changes[1:] == [frozenset({FIRST, SECOND})]

    async def test_of_another_account_is_another_event(self, api: Api) -> None:
        await post(api, {"event": EVENT, "subscriptionIds": [str(FIRST)]})
        theirs = {"event": {**EVENT, "title": "Theirs"}, "subscriptionIds": [str(SECOND)]}
        assert await post(api, theirs, account="another", headers=await api.bearer(api.other)) == (202, None)
        assert (await stored(api)).details.title == "Title"
        assert (await stored(api, SECOND)).details.title == "Theirs"


async def send(api: Api, method: str, path: str, body: object = None, application: Application | None = None) -> Any:
    """Send an application's request; return its status and what its job says, or the reasons that it was refused."""
    headers = await api.bearer(application)
    answer = await api.client.session.request(method, URL(api.url + path, encoded=True), json=body, headers=headers)
    text = await answer.text()
    if answer.status == 202:
        assert text == ""
        job = await (await api.client.get(f"/jobs/{answer.headers['X-Job-Id']}", headers=headers)).json()
        return 202, {name: value for name, value in job.items() if isinstance(value, int)}
    said = json.loads(text)
    assert (said["success"], said["statusCode"]) == (False, answer.status)
    return answer.status, [error["reason"] for error in said["errors"]]


class TestAnUpdate:
    async def test_changes_the_event_in_every_feed_that_has_it_wrapped_or_not(self, api: Api) -> None:
        await post(api, {"event": EVENT, "subscriptionIds": [str(FIRST), str(SECOND)]})
        moved = {**EVENT, "title": "Moved", "location": "Elsewhere"}
        for sequence, body in enumerate([moved, {"event": {**EVENT, "title": "Moved"}}], 1):
            api.pass_seconds(60)
            assert await send(api, "POST", "/subscriptionevent/JohnSmith/update", body) == (202, {"updated": 2})
            for subscription_id in FIRST, SECOND:
                found = await stored(api, subscription_id)
                location = "Elsewhere" if body is moved else ""
                assert (found.details.title, found.details.location) == ("Moved", location)
                assert (found.sequence, found.updated_at) == (sequence, api.now)
            assert api.feeds.changes[sequence:] == [frozenset({FIRST, SECOND})]

    async def test_that_changes_nothing_changes_no_feed(self, api: Api) -> None:
        await post(api, {"event": EVENT, "subscriptionIds": [str(FIRST)]})
        assert await send(api, "POST", "/subscriptionevent/johnsmith/update", EVENT) == (202, {"updated": 0})
        assert (await stored(api)).sequence == 0

    async def test_adds_no_subscriptions(self, api: Api) -> None:
        await post(api, {"event": EVENT, "subscriptionIds": [str(FIRST)]})
        body = {"event": {**EVENT, "title": "Moved"}, "subscriptionIds": [str(SECOND)]}
        assert await send(api, "POST", "/subscriptionevent/johnsmith/update", body) == (202, {"updated": 1})
        assert await api.store.events_of(SECOND) == ()

    async def test_that_is_wrong_is_refused_and_changes_nothing(self, api: Api) -> None:
        await post(api, {"event": EVENT, "subscriptionIds": [str(FIRST)]})
        for event, reason in (
            ({**EVENT, "eventId": "other"}, "event id parameter 'other' is unknown"),
            ({**EVENT, "title": None}, "event title parameter is missing"),
            ({}, "event id parameter is missing"),
        ):
            assert await send(api, "POST", "/subscriptionevent/johnsmith/update", event) == (400, [reason])
        assert (await stored(api)).details == details()

    async def test_of_another_accounts_event_is_of_one_that_is_unknown(self, api: Api) -> None:
        await post(api, {"event": EVENT, "subscriptionIds": [str(FIRST)]})
        moved = {**EVENT, "title": "Moved"}
        assert (await send(api, "POST", "/subscriptionevent/another/update", moved, api.other))[0] == 400
        assert (await send(api, "POST", "/subscriptionevent/johnsmith/update", moved, api.other))[0] == 403
        assert (await stored(api)).details.title == "Title"


class TestDeleting:
    async def test_an_event_takes_it_out_of_every_feed(self, api: Api) -> None:
        for event_id, segment in {
            "BookingId:12345678": "BookingId:12345678",
            "my event": "my%20event",
            "a/b?c#d%e": "a%2Fb%3Fc%23d%25e",
            "%2F": "%252F",
            "john.doe@mymail.com": "john.doe@mymail.com",
            "größe": "gr%C3%B6%C3%9Fe",
            "update": "update",
            "1" * 255: "1" * 255,
        }.items():
            event = {**EVENT, "eventId": event_id}
            await post(api, {"event": event, "subscriptionIds": [str(FIRST), str(SECOND)]})
            assert await send(api, "DELETE", f"/subscriptionevent/johnsmith/{segment}") == (202, {"removed": 2})
            assert await api.store.events_of(FIRST) == await api.store.events_of(SECOND) == ()
            assert api.feeds.changes[-1] == frozenset({FIRST, SECOND})
            assert (await send(api, "DELETE", f"/subscriptionevent/johnsmith/{segment}"))[0] == 400

    async def test_what_is_not_there_is_refused(self, api: Api) -> None:
        await post(api, {"event": EVENT, "subscriptionIds": [str(FIRST)]})
        for segment in "other", "my", "%00", "my%20event%00", "x" * 1_000:
            status, [reason] = await send(api, "DELETE", f"/subscriptionevent/johnsmith/{segment}")
            assert status == 400
            assert re.fullmatch("event id parameter .* is unknown", reason)
        assert await stored(api)

    async def test_leaves_another_accounts_event_of_the_same_id(self, api: Api) -> None:
        await post(api, {"event": EVENT, "subscriptionIds": [str(FIRST)]})
        assert (await send(api, "DELETE", "/subscriptionevent/another/my%20event", None, api.other))[0] == 400
        assert (await send(api, "DELETE", "/subscriptionevent/johnsmith/my%20event", None, api.other))[0] == 403
        assert await stored(api)


class TestTakingOut:
    async def test_takes_the_event_out_of_that_feed_alone(self, api: Api) -> None:
        await post(api, {"event": EVENT, "subscriptionIds": [str(FIRST), str(SECOND)]})
        for spelling in FIRST.hex, str(FIRST).upper():
            path = f"/subscription/johnsmith/{spelling}/subscriptionevent/my%20event"
            first = spelling == FIRST.hex
            expected = (202, {"removed": 1}) if first else (400, ["event id parameter 'my event' is unknown"])
            assert await send(api, "DELETE", path) == expected
        assert await api.store.events_of(FIRST) == ()
        assert (await stored(api, SECOND)).event_id == "my event"
        assert api.feeds.changes[1:] == [frozenset({FIRST})]

    async def test_of_what_is_no_subscription_is_refused(self, api: Api) -> None:
        for subscription in str(UUID(int=7)), "x", "0000000-0000-0000-0000-000000000000":
            path = f"/subscription/johnsmith/{subscription}/subscriptionevent/my%20event"
            assert await send(api, "DELETE", path) == (404, ["there is no such subscription"])

    async def test_of_another_accounts_subscription_is_as_if_there_was_none(self, api: Api) -> None:
        await post(api, {"event": EVENT, "subscriptionIds": [str(FIRST)]})
        theirs = f"/subscription/another/{FIRST}/subscriptionevent/my%20event"
        assert (await send(api, "DELETE", theirs, None, api.other))[0] == 404
        assert (await send(api, "DELETE", theirs.replace("another", "johnsmith"), None, api.other))[0] == 403
        assert await stored(api)


class TestSubscriptionIds:
    async def test_of_another_account_are_ignored_and_logged_without_their_ids(
        self, api: Api, caplog: pytest.LogCaptureFixture
    ) -> None:
        await post(api, {"event": EVENT, "subscriptionIds": [str(FIRST)]})
        theirs = {"event": EVENT, "subscriptionIds": [str(FIRST), str(SECOND)]}
        with caplog.at_level(logging.WARNING):
            assert await post(api, theirs, account="Another", headers=await api.bearer(api.other)) == (202, None)
        assert (await stored(api)).account_code == "johnsmith"
        assert (await stored(api, SECOND)).account_code == "Another"
        assert api.feeds.changes[1:] == [frozenset({SECOND})]
        [record] = caplog.records
        assert vars(record)["fields"] == {"account": "Another", "count": 1, "feeds": [log_name(feed_hash(KEY, FIRST))]}
        assert str(FIRST) not in record.getMessage()

    @pytest.mark.parametrize(
        ("given", "read"),
        [
            ([], ()),
            ([""], ()),
            (["", " ", None], ()),
            (None, ()),
            ("", ()),
            ([str(FIRST)], (FIRST,)),
            ([str(FIRST).upper(), f"{{{FIRST}}}", FIRST.hex, f" {FIRST} "], (FIRST,)),
            ([str(SECOND), "", str(FIRST)], (SECOND, FIRST)),
            (f"{FIRST}, {SECOND}", (FIRST, SECOND)),
        ],
    )
    def test_are_read_in_every_form(self, given: object, read: tuple[UUID, ...]) -> None:
        assert SubscriptionEventRequest.read({"event": EVENT, "subscriptionIds": given}).subscription_ids == read
        assert SubscriptionEventRequest.read({**EVENT, "SubscriptionIDs": given}).subscription_ids == read

    @pytest.mark.parametrize(
        "given",
        [
            ["0000000-0000-0000-0000-000000000000"],
            [str(FIRST), "x"],
            "x",
            ["{" + str(FIRST)],
            [FIRST.hex[:-1]],
            [1],
            [[]],
            1,
            {},
        ],
    )
    async def test_that_are_no_guids_are_refused_and_nothing_is_stored(self, api: Api, given: object) -> None:
        status, [(code, reason)] = await post(api, {"event": EVENT, "subscriptionIds": given})
        assert (status, code) == (400, "InvalidRequestParameter")
        assert reason.startswith("subscription ids parameter ")
        assert await api.store.events_of(FIRST) == ()
        assert api.feeds.changes == []

    async def test_may_be_ten_thousand(self, api: Api) -> None:
        ids = [UUID(int=number) for number in range(10_000)]
        assert await post(api, {"event": EVENT, "subscriptionIds": [str(each) for each in ids]}) == (202, None)
        assert api.feeds.changes == [frozenset(ids)]
        assert (await stored(api, ids[-1])).event_id == "my event"

    @given(st.uuids())
    def test_are_guids_in_all_four_spellings(self, guid: UUID) -> None:
        for text in str(guid), guid.hex, f"{{{guid}}}", str(guid).upper():
            assert read_guid(text) == guid


class TestWhoCalls:
    async def test_without_a_token_is_told_to_bring_one(self, api: Api) -> None:
        answer = await api.client.post("/subscriptionevent/johnsmith", data=STANDARD_EVENT)
        assert answer.status == 401
        assert answer.headers["WWW-Authenticate"] == 'Bearer realm="feedproxy"'
        assert (await answer.json())["errors"][0]["code"] == "Unauthorized"

    @pytest.mark.parametrize(
        "header", ["Bearer unknown", "Bearer", "Bearer ", "Bearer a b", "bearer é", "Bearer " + "x" * 3_000]
    )
    async def test_with_a_bad_token_is_told_so(self, api: Api, header: str) -> None:
        answer = await api.client.post("/subscriptionevent/johnsmith", headers={"Authorization": header})
        assert answer.status == 401
        assert 'error="invalid_token"' in answer.headers["WWW-Authenticate"]

    async def test_with_an_expired_token_is_told_so(self, api: Api) -> None:
        headers = await api.bearer()
        api.pass_seconds(300)
        status, [(code, _)] = await post(api, STANDARD_EVENT, headers=headers)
        assert (status, code) == (401, "Unauthorized")

    async def test_with_the_token_in_the_query_is_refused(self, api: Api) -> None:
        headers = await api.bearer()
        token = headers["Authorization"].removeprefix("Bearer ")
        for sent in {}, headers:
            answer = await api.client.post(f"/subscriptionevent/johnsmith?access_token={token}", headers=sent)
            assert answer.status == 401
            assert 'error="invalid_request"' in answer.headers["WWW-Authenticate"]

    async def test_with_a_refresh_token_is_refused(self, api: Api) -> None:
        headers = {"Authorization": f"Bearer {(await api.tokens())['refresh_token']}"}
        assert (await post(api, STANDARD_EVENT, headers=headers))[0] == 401

    async def test_for_another_account_is_forbidden(self, api: Api) -> None:
        assert await post(api, STANDARD_EVENT, account="another") == (
            403,
            [("Forbidden", "the access token is another account's")],
        )
        assert await api.store.events_of(FIRST) == ()

    @pytest.mark.parametrize(("sent", "code"), [("nobody", "nobody"), ("%00", r"\x00"), ("a%2Fb", "a/b")])
    async def test_for_an_account_that_is_none_is_told_so(self, api: Api, sent: str, code: str) -> None:
        refusal = (400, [("InvalidRequestParameter", f"account code '{code}' is unknown")])
        assert await post(api, STANDARD_EVENT, account=sent) == refusal

    async def test_may_write_the_account_code_in_any_case(self, api: Api) -> None:
        headers = await api.bearer(api.other)
        headers["Authorization"] = headers["Authorization"].replace("Bearer", "bEARER")
        assert await post(api, STANDARD_EVENT, account="aNOTHER", headers=headers) == (202, None)


class TestFields:
    @pytest.mark.parametrize(
        ("field", "value", "reason"),
        [
            ("eventId", None, "id parameter is missing"),
            ("eventId", "", "id parameter is missing"),
            ("eventId", " ", "id parameter is missing"),
            ("eventId", "x" * 256, "id parameter string should have at most 255 characters"),
            ("eventId", "a\0", "id parameter holds U+0000 or half a surrogate pair"),
            ("eventId", "\ud800", "id parameter holds U+0000 or half a surrogate pair"),
            ("title", None, "title parameter is missing"),
            ("title", "x" * 1_001, "title parameter string should have at most 1000 characters"),
            ("title", ["a"], "title parameter should be a valid string"),
            ("description", "x" * 60_001, "description parameter string should have at most 60000 characters"),
            ("location", "x" * 2_001, "location parameter string should have at most 2000 characters"),
            ("start", None, "start parameter is missing"),
            ("start", "tomorrow", "start parameter is not an ISO 8601 date and time such as 2018-10-24T16:33:00"),
            ("start", 1540369980, "start parameter must be a string such as 2018-10-24T16:33:00"),
            ("start", "9999-12-31T23:59:59+00:00", "start parameter is not in the years 2 to 9998"),
            ("end", "2018-02-30", "end parameter is not a date and time of the calendar"),
            ("end", "2018-10-24T16:32:59", "end parameter is before start"),
            ("end", "2018-10-24T05:32:59Z", "end parameter is before start"),
            ("timezone", None, "timezone parameter is missing"),
            ("timezone", "\0", "timezone parameter is missing"),
            ("timezone", "Nowhere", "timezone parameter 'Nowhere' is no known time zone id"),
            ("timezoneIanaId", "Nowhere", "timezone parameter 'Nowhere' is no known time zone id"),
            ("allDayEvent", "perhaps", "all day event parameter should be a valid boolean, unable to interpret input"),
            ("notifyBefore", -1, "notify before parameter should be greater than or equal to 0"),
            ("notifyBefore", 40_321, "notify before parameter should be less than or equal to 40320"),
            ("notifyBefore", True, "notify before parameter must be a number"),
            ("notifyBefore", "soon",
             "notify before parameter should be a valid integer, unable to parse string as an integer"),
            ("visibleFromDateTimeUtc", "later",
             "visible from date time utc parameter is not an ISO 8601 date and time such as 2018-10-24T16:33:00"),
        ],
    )  # fmt: skip
    def test_that_are_missing_or_wrong_are_named(self, field: str, value: object, reason: str) -> None:
        with pytest.raises(BadRequest) as refusal:
            details(**{field: value})
        assert refusal.value.message == f"event {reason}"

    @pytest.mark.parametrize("body", [b"", b"{}", b'{"event": {}}', b'{"event": null}', b'{"subscriptionIds": []}'])
    async def test_that_are_all_missing_are_told_of_the_first(self, api: Api, body: bytes) -> None:
        assert await post(api, body) == (400, [("InvalidRequestParameter", "event id parameter is missing")])

    @pytest.mark.parametrize(
        "body", [b"[]", b"{", b"hello", b"{ eventId: 1 }", b'{"event": "x"}', b'{"event": [1]}', b"\xff", b"a=1&\xc3"]
    )
    async def test_of_no_object_are_refused_in_the_same_shape(self, api: Api, body: bytes) -> None:
        status, [(code, _)] = await post(api, body)
        assert (status, code) == (400, "InvalidRequestParameter")

    async def test_may_come_as_a_form(self, api: Api) -> None:
        body = b"eventId=e&title=T&start=2018-10-24T16:33:00Z&subscriptionIds=" + str(FIRST).encode()
        assert await post(api, body) == (202, None)
        assert (await stored(api)).event_id == "e"

    @pytest.mark.parametrize(
        ("field", "value", "read"),
        [
            ("notifyBefore", 15, 15),
            ("notifyBefore", "15", 15),
            ("notifyBefore", " 15 ", 15),
            ("notifyBefore", 15.0, 15),
            ("notifyBefore", 0, 0),
            ("notifyBefore", 40_320, 40_320),
            ("notifyBefore", None, None),
            ("notifyBefore", "", None),
            ("title", 2018, "2018"),
            ("title", "half \ud83d", "half \ufffd"),
            ("title", "a\0b\nc\t,;\\", "ab\nc\t,;\\"),
            ("description", None, ""),
            ("location", "x" * 2_000, "x" * 2_000),
            ("visibleFromDateTimeUtc", "2018-10-01", datetime(2018, 10, 1, tzinfo=UTC)),
            ("visibleFromDateTimeUtc", "2018-10-01T10:00:00+10", datetime(2018, 10, 1, tzinfo=UTC)),
        ],
    )
    def test_are_read_in_every_type(self, field: str, value: object, read: object) -> None:
        names = {"notifyBefore": "notify_before", "visibleFromDateTimeUtc": "visible_from"}
        assert getattr(details(**{field: value}), names.get(field, field)) == read

    @pytest.mark.parametrize(("value", "all_day"), [(v, True) for v in (True, "true", "True", "1", 1, " TRUE ")] + [
        (v, False) for v in (False, "false", "False", "0", 0, None, "")
    ])  # fmt: skip
    def test_of_truth_are_read_in_every_type(self, value: object, all_day: bool) -> None:
        assert details(allDayEvent=value).all_day is all_day

    @pytest.mark.parametrize(
        ("name", "zone"),
        [
            ("AUS Eastern Standard Time", "Australia/Sydney"),
            ("aus eastern standard time", "Australia/Sydney"),
            ("Australia/Melbourne", "Australia/Melbourne"),
            ("(UTC-08:00) Baja California", "America/Tijuana"),
            ("Mid-Atlantic Standard Time", "Etc/GMT+2"),
            ("Kamchatka Standard Time", "Asia/Kamchatka"),
            ("UTC", "Etc/UTC"),
        ],
    )
    def test_of_time_zones_are_windows_ids_iana_ids_and_display_names(self, name: str, zone: str) -> None:
        assert details(timezone=name).zone == zone
        assert details(timezone=None, timezoneId=name).zone == zone
        assert details(timezone="Nowhere", timezoneIanaId=name).zone == zone

    def test_of_time_may_have_an_offset_instead_of_a_zone(self) -> None:
        read = details(timezone=None, start="2018-10-24T16:33:00+10", end=None)
        assert (read.start, read.end, read.zone) == (
            datetime(2018, 10, 24, 6, 33),
            datetime(2018, 10, 24, 6, 33),
            "Etc/UTC",
        )

    def test_of_time_with_an_offset_are_shown_in_the_zone(self) -> None:
        read = details(start="2018-10-24T05:33:00.1234567Z", end="2018-10-24 06:33:00+00:00")
        assert (read.start, read.end) == (datetime(2018, 10, 24, 16, 33), datetime(2018, 10, 24, 17, 33))

    @given(st.data())
    def test_are_the_same_in_any_spelling_wrapped_or_not(self, data: st.DataObject) -> None:
        event = {**EVENT, "allDayEvent": False, "notifyBefore": 5, "visibleFromDateTimeUtc": "2018-01-01"}
        spelled = {data.draw(spellings(name)): value for name, value in event.items()}
        ids = {data.draw(spellings("subscriptionIds")): [str(FIRST)]}
        expected = SubscriptionEventRequest.read({"event": event, "subscriptionIds": [str(FIRST)]})
        assert SubscriptionEventRequest.read({data.draw(spellings("event")): spelled, **ids}) == expected
        assert SubscriptionEventRequest.read({**spelled, **ids}) == expected

    @given(st.dictionaries(st.sampled_from([*SubscriptionEvent.model_json_schema()["properties"], "x"]), JSON))
    def test_of_any_value_are_read_or_refused(self, fields: dict[str, object]) -> None:
        """No value makes anything but an answer of ours; and what is read can be stored and shown."""
        try:
            request = SubscriptionEventRequest.read({**EVENT, **fields})
            read = request.event.to_details()
        except BadRequest as error:
            assert error.message.startswith("event ")  # noqa: PT017 # the other branch asserts too
            return
        for text in request.event.event_id, read.title, read.description, read.location:
            assert "\0" not in text
            text.encode()
        assert read.start <= read.end

    @given(st.dictionaries(st.sampled_from(["event", "subscriptionIds", "title"]), JSON) | JSON)
    def test_of_any_body_are_read_or_refused(self, body: object) -> None:
        with pytest.raises(BadRequest):
            SubscriptionEventRequest.read(body)

    @given(st.text(st.characters()))
    def test_of_any_time_zone_are_read_or_refused(self, name: str) -> None:
        try:
            assert details(timezone=name).zone
        except BadRequest as error:
            assert "timezone" in error.message  # noqa: PT017 # the other branch asserts too


class TestEventsInAFile:
    def test_are_one_or_many_wrapped_or_not(self) -> None:
        one = read_events(EVENT, now=START)
        assert one == [PersonalEvent("", "my event", details(), 0, START, START)]
        assert read_events({"event": EVENT}, now=START) == one
        assert read_events([EVENT], now=START) == one
        assert read_events([], now=START) == []
        two = read_events([{"event": EVENT, "subscriptionIds": []}, {**EVENT, "eventId": 2}], now=START)
        assert [event.event_id for event in two] == ["my event", "2"]

    def test_of_the_same_id_count_the_last_time(self) -> None:
        [event] = read_events([EVENT, {**EVENT, "title": "Moved"}], now=START)
        assert event.details.title == "Moved"

    @pytest.mark.parametrize(
        ("value", "message"),
        [
            ([EVENT, {**EVENT, "title": None}], "event 2: event title parameter is missing"),
            ([EVENT, 7], "event 2: body parameter must be an object"),
            ("x", "event 1: body parameter must be an object"),
            ({}, "event 1: event id parameter is missing"),
            ({**EVENT, "timezone": "x"}, "event 1: event timezone parameter 'x' is no known time zone id"),
        ],
    )
    def test_that_are_wrong_are_named_by_number(self, value: object, message: str) -> None:
        with pytest.raises(BadRequest) as refusal:
            read_events(value, now=START)
        assert refusal.value.message == message


def spellings(name: str) -> st.SearchStrategy[str]:
    return st.tuples(*(st.sampled_from([char.lower(), char.upper(), f"_{char}", f"-{char}"]) for char in name)).map(
        "".join
    )
