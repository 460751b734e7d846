"""What clients send of subscriptions: read in every spelling and type, or refused by name."""

import json
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedproxy.errors import BadRequest
from feedproxy.model import Account, Calendar, CalendarDetails, CalendarSource, Subscriber, Tag, Wishes
from feedproxy.web.bodies import parse_object
from feedproxy.web.subscription_models import DeactivateRequest, SubscribeRequest, UpdateRequest
from tests.web.reference_bodies import published, with_real_tags
from tests.web.test_subscription_events import JSON, spellings

NOW = datetime(2016, 11, 1, 10, 1, tzinfo=UTC)
LIONS = Tag(UUID(int=1), "Lions", "TeamA")
BEARS = Tag(UUID(int=2), "Bears", "TeamB")
EXTRA = Tag(UUID(int=3), "Extra")
_ACCOUNT = Account(1, "acme", NOW)
CALENDAR = Calendar(
    id=1,
    account=_ACCOUNT,
    code="games",
    details=CalendarDetails("Games"),
    source=CalendarSource(UUID(int=9), _ACCOUNT, "games", b"", b"", NOW, NOW),
    tags=(LIONS, BEARS, EXTRA),
    created_at=NOW,
    updated_at=NOW,
)
GUID = UUID("8e71077b-c7f2-42b8-acb9-bda8f804c0d7")
PHONE = "Mozilla/5.0 (Linux; Android 7.0; SM-G930V) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/59.0.3071.125"
EVENT = {"eventId": "1", "title": "Talk", "start": "2016-06-04T19:00:00+10"}

CANONICAL: dict[str, Any] = {
    "subscriberId": "jsmith",
    "userName": "js",
    "emailAddress": "jsmith@gmail.com",
    "additionalOptIn": False,
    "marketingAllowed": True,
    "redirectTo": "https://yourdomain.com/confirmation",
    "calendarTags": [{"internalId": str(LIONS.id)}],
    "timeZoneId": "Eastern Standard Time",
    "requestEventIds": [str(GUID)],
    "externalEventIds": ["90712"],
    "excludeRequestEventIds": [str(GUID)],
    "excludeExternalEventIds": ["37818"],
    "utmSource": "Facebook",
    "utmMedium": "Display",
    "utmContent": "Mobile",
    "utmCampaign": "2016",
    "userAgent": PHONE,
    "urlReferrer": "http://m.facebook.com/",
    "ipAddress": "64.64.64.64",
    "subscriptionMethod": "WebCal",
    "subscriptionPlatformType": "apple",
    "channelFinderZipCode": "90210",
    "channelFinderLineUpId": "USA-CA00053-DEFAULT",
    "clickId": "ada0c00e",
    "sourceId": 1,
    "networkDevice": "CABLE",
    "providerName": "Time Warner Cable",
    "providerLocation": "Beverly Hills",
    "stationNum": "10741",
    "stationName": "KTTV",
    "events": [EVENT],
}


def read(**fields: object) -> SubscribeRequest:
    return SubscribeRequest.read(fields)


def refusal(**fields: object) -> str:
    with pytest.raises(BadRequest) as raised:
        read(**fields).wishes(CALENDAR)
    return raised.value.message


class TestEveryFieldOfTheReference:
    def test_is_kept(self) -> None:
        body = SubscribeRequest.read(CANONICAL)
        assert body.method == "webcal"
        assert body.redirect_to == "https://yourdomain.com/confirmation"
        assert body.wishes(CALENDAR) == Wishes(
            tags=(LIONS,),
            zone="Eastern Standard Time",
            include_events=(str(GUID),),
            include_external=("90712",),
            exclude_events=(str(GUID),),
            exclude_external=("37818",),
        )
        own_places = {
            *("subscriberId", "userName", "emailAddress", "redirectTo", "calendarTags", "timeZoneId", "events"),
            *("requestEventIds", "externalEventIds", "excludeRequestEventIds", "excludeExternalEventIds"),
            "subscriptionMethod",
        }
        facts = {name: value for name, value in CANONICAL.items() if name not in own_places}
        assert body.subscriber() == Subscriber("jsmith", "js", "jsmith@gmail.com", facts)
        [(event_id, details)] = body.private_events()
        assert (event_id, details.title) == ("1", "Talk")

    @given(st.data())
    def test_is_the_same_in_any_spelling(self, data: st.DataObject) -> None:
        names = data.draw(st.sets(st.sampled_from(sorted(CANONICAL)), max_size=5))
        spelled = {data.draw(spellings(name)) if name in names else name: CANONICAL[name] for name in CANONICAL}
        assert SubscribeRequest.read(spelled) == SubscribeRequest.read(CANONICAL)

    @pytest.mark.parametrize(
        ("name", "canonical"),
        [
            ("Referer", "urlReferrer"),
            ("referrer", "urlReferrer"),
            ("timezone", "timeZoneId"),
            ("TimezoneID", "timeZoneId"),
            ("redirectUrl", "redirectTo"),
            ("excludExternalEventIds", "excludeExternalEventIds"),
            ("UserName", "userName"),
            ("username", "userName"),
        ],
    )
    def test_has_its_other_names(self, name: str, canonical: str) -> None:
        assert read(**{name: CANONICAL[canonical]}) == read(**{canonical: CANONICAL[canonical]})

    @pytest.mark.parametrize("name", ["subscribe", "subscribe_with_events", "webcal", "google"])
    def test_of_the_published_bodies_is_read(self, name: str) -> None:
        real = with_real_tags(name)
        body = SubscribeRequest.read(parse_object(real))
        assert body.subscriber().key == "jsmith"
        if name == "subscribe_with_events":
            [(event_id, details)] = body.private_events()
            assert (event_id, details.start, details.zone) == (
                "BookingId:12345678",
                datetime(2016, 6, 4, 19),  # noqa: DTZ001 - a wall-clock time
                "Australia/Sydney",
            )
            return
        assert body.wishes(CALENDAR) == Wishes(
            tags=(LIONS, BEARS),
            zone="Eastern Standard Time",
            include_events=(str(GUID),),
            include_external=("90712", "37818"),
        )
        assert body.facts()["urlReferrer"] == "http://m.facebook.com/"

    def test_of_the_published_bodies_is_refused_where_a_placeholder_is_no_guid(self) -> None:
        with pytest.raises(BadRequest) as raised:
            SubscribeRequest.read(parse_object(published("subscribe")))
        assert raised.value.message == (
            "calendar tags 0 internal id parameter '0000000-0000-0000-0000-000000000001' is not a GUID"
        )

    def test_that_is_unknown_is_kept_as_it_came_without_what_no_database_holds(self) -> None:
        sent = {"trackingId": 7, "Session_ID": {"a\0": ["\ud800", 1e400]}, "roktSessionId": None}
        assert read(**sent).facts() == {"trackingId": 7, "Session_ID": {"a": ["\ufffd", None]}}

    @pytest.mark.parametrize("value", [None, "", "  "])
    def test_that_is_blank_is_absent(self, value: object) -> None:
        assert read(**dict.fromkeys(CANONICAL, value)) == SubscribeRequest()


class TestMethods:
    @pytest.mark.parametrize(
        ("asked", "method"),
        [
            *(("WebCal", "webcal"), ("webcal", "webcal"), ("WEBCAL ", "webcal"), (0, "webcal"), ("0", "webcal")),
            *(("Google", "google"), ("google", "google"), (1, "google")),
        ],
    )
    def test_are_read_in_every_case_and_by_number(self, asked: object, method: str) -> None:
        assert read(subscriptionMethod=asked).method == method

    @pytest.mark.parametrize("asked", ["apple", 2, -1, True, False, [], {}, 0.5])
    def test_that_are_others_are_refused(self, asked: object) -> None:
        assert refusal(subscriptionMethod=asked) == "subscription method parameter must be WebCal or Google"

    @pytest.mark.parametrize(
        ("user_agent", "method"),
        [
            (PHONE, "google"),
            ("Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) AppleWebKit/537.36", "google"),
            ("Mozilla/5.0 (iPhone; CPU iPhone OS 10_3 like Mac OS X)", "webcal"),
            ("microscope", "webcal"),
        ],
    )
    def test_fit_the_device_unless_one_is_asked_for(self, user_agent: str, method: str) -> None:
        assert read(userAgent=user_agent).method == method
        assert read(userAgent=user_agent, subscriptionMethod="webcal").method == "webcal"

    def test_want_one_or_the_other(self) -> None:
        with pytest.raises(BadRequest) as raised:
            _ = read().method
        assert raised.value.message == "userAgent is required"


class TestTags:
    @pytest.mark.parametrize(
        ("given", "tags"),
        [
            ([], ()),
            ([{"internalId": str(LIONS.id)}], (LIONS,)),
            ([{"InternalID": LIONS.id.hex}, {"external_id": "TeamB"}], (LIONS, BEARS)),
            ([{"internalId": str(LIONS.id), "externalId": "TeamA"}], (LIONS,)),
            ([{"id": str(EXTRA.id), "name": "Extra"}], (EXTRA,)),
            ([{"externalId": "TeamA"}, {"internalId": str(LIONS.id)}], (LIONS,)),
        ],
    )
    def test_are_named_by_either_id_or_both(self, given: object, tags: tuple[Tag, ...]) -> None:
        assert read(calendarTags=given).wishes(CALENDAR).tags == tags

    def test_may_be_one_by_its_id(self) -> None:
        assert read(tagId=str(BEARS.id)).wishes(CALENDAR).tags == (BEARS,)
        assert read(tagId=str(BEARS.id), calendarTags=[{"externalId": "TeamA"}]).wishes(CALENDAR).tags == (LIONS, BEARS)

    @pytest.mark.parametrize(
        "given",
        [
            [{"internalId": str(UUID(int=4))}],
            [{"externalId": "teama"}],
            [{"internalId": str(LIONS.id), "externalId": "TeamB"}],
            [{"internalId": str(EXTRA.id), "externalId": "TeamA"}],
            [{}],
            [{"internalId": None, "externalId": ""}],
        ],
    )
    def test_that_the_calendar_does_not_have_are_refused_in_the_words_of_the_reference(self, given: object) -> None:
        assert refusal(calendarTags=given) == "Invalid combination of tag details and merchant/calendar codes"

    @pytest.mark.parametrize(
        "given", [["TeamA"], "TeamA", 1, {}, [1], [None], [{"internalId": "x"}], [{"internalId": 1}]]
    )
    def test_that_are_none_are_refused(self, given: object) -> None:
        assert refusal(calendarTags=given).startswith("calendar tags ")


class TestEventIds:
    @pytest.mark.parametrize(
        ("given", "ids"),
        [
            ([], ()),
            (["90712", " 37818 ", "90712", "", None], ("90712", "37818")),
            ([90712, 37818.0], ("90712", "37818")),
            ("90712,37818", ("90712", "37818")),
            (90712, ("90712",)),
        ],
    )
    def test_of_the_owner_are_read_in_every_form(self, given: object, ids: tuple[str, ...]) -> None:
        assert read(externalEventIds=given).wishes(CALENDAR).include_external == ids
        assert UpdateRequest.read({"excludExternalEventIds": given}).wishes(CALENDAR).exclude_external == ids

    @pytest.mark.parametrize(
        ("given", "ids"),
        [
            ([GUID.hex], (str(GUID),)),
            ([str(GUID).upper(), f"{{{GUID}}}"], (str(GUID),)),
            (f"{GUID.hex},{UUID(int=1)}", (str(GUID), str(UUID(int=1)))),
            (["0000000-0000-0000-0000-000000000001"], ("0000000-0000-0000-0000-000000000001",)),
        ],
    )
    def test_that_are_guids_are_written_alike_and_others_name_nothing(
        self, given: object, ids: tuple[str, ...]
    ) -> None:
        assert read(requestEventIds=given).wishes(CALENDAR).include_events == ids
        assert read(excludeRequestEventIds=given).wishes(CALENDAR).exclude_events == ids

    @pytest.mark.parametrize("given", [[[]], [{}], [True], {}, True])
    def test_that_are_none_are_refused(self, given: object) -> None:
        for name in "requestEventIds", "externalEventIds":
            assert refusal(**{name: given}).endswith("event ids parameter must be a list of ids")


class TestTimeZones:
    @pytest.mark.parametrize(
        ("name", "zone"),
        [
            ("Eastern Standard Time", "Eastern Standard Time"),
            (" eastern  standard time", "Eastern Standard Time"),
            ("america/new_york", "America/New_York"),
            ("Mid-Atlantic Standard Time", "Mid-Atlantic Standard Time"),
            ("UTC", "UTC"),
            ([], ""),
        ],
    )
    def test_are_windows_or_iana_ids_in_any_case(self, name: object, zone: str) -> None:
        assert read(timeZoneId=name).wishes(CALENDAR).zone == zone
        assert read(timezoneIanaId=name, timeZoneId="UTC").wishes(CALENDAR).zone == zone

    @pytest.mark.parametrize("name", ["Nowhere Standard Time", 5, {}, ["UTC"], "x" * 300])
    def test_that_nobody_knows_are_refused(self, name: object) -> None:
        assert refusal(timeZoneId=name).endswith("is no known time zone id")


class TestOtherTypes:
    @pytest.mark.parametrize("value", [True, "true", "True", "1", 1])
    def test_of_truth(self, value: object) -> None:
        assert read(marketingAllowed=value).facts() == {"marketingAllowed": True}
        assert UpdateRequest.read({"additional_opt_in": value}).facts() == {"additionalOptIn": True}

    @pytest.mark.parametrize("value", [10741, "10741"])
    def test_of_a_station_are_kept_as_given(self, value: object) -> None:
        assert read(stationNum=value).facts() == {"stationNum": value}

    @pytest.mark.parametrize(("value", "kept"), [("64.64.64.64", "64.64.64.64"), (" 2001:DB8::1", "2001:db8::1")])
    def test_of_an_address(self, value: str, kept: str) -> None:
        assert read(ipAddress=value).facts() == {"ipAddress": kept}

    @pytest.mark.parametrize(
        ("name", "value", "message"),
        [
            ("ipAddress", "64.64.64", "ip address parameter is not an IPv4 or IPv6 address"),
            ("ipAddress", 7, "ip address parameter is not an IPv4 or IPv6 address"),
            ("emailAddress", "jsmith", "email address parameter is not an e-mail address"),
            ("emailAddress", "a b@c", "email address parameter is not an e-mail address"),
            ("marketingAllowed", "maybe", "marketing allowed parameter should be a valid boolean"),
            ("sourceId", [], "source id parameter must be a number or text"),
            ("subscriberId", "a\0", "subscriber id parameter holds U+0000"),
            ("events", {}, "events parameter must be a list"),
            ("events", [{**EVENT, "title": ""}], "events 0 title parameter is missing"),
        ],
    )
    def test_that_do_not_fit_are_refused_by_name(self, name: str, value: object, message: str) -> None:
        assert refusal(**{name: value}).startswith(message)

    @given(st.dictionaries(st.sampled_from([*CANONICAL, "tagId", "timezoneIanaId", "x"]), JSON))
    def test_whatever_they_are_are_read_or_refused(self, fields: dict[str, object]) -> None:
        """No value makes anything but an answer of ours; and what is read can be stored."""
        try:
            body = SubscribeRequest.read({"userAgent": "x", **fields})
            read = body.subscriber(), body.wishes(CALENDAR), body.private_events(), body.method
        except BadRequest as error:
            assert error.message.isprintable()  # noqa: PT017 # the other branch asserts too
            return
        subscriber = read[0]
        kept = json.dumps(dict(subscriber.facts), allow_nan=False, ensure_ascii=False)
        assert "\\u0000" not in kept
        (kept + subscriber.key + subscriber.email + repr(read[1])).encode()

    def test_of_events_are_looked_at_before_anything_is_made(self) -> None:
        with pytest.raises(BadRequest) as raised:
            read(events=[{**EVENT, "end": "2016-06-04T18:00:00+10"}]).private_events()
        assert raised.value.message == "event end parameter is before start"


class TestAnUpdate:
    BEFORE = Wishes((LIONS,), "UTC", ("a",), ("b",), ("c",), ("d",))

    def test_leaves_what_it_does_not_name(self) -> None:
        assert UpdateRequest.read({}).wishes(CALENDAR, self.BEFORE) == self.BEFORE

    def test_clears_what_is_an_empty_list(self) -> None:
        fields = ("calendarTags", "timeZoneId", "requestEventIds", "externalEventIds")
        more = ("excludeRequestEventIds", "excludExternalEventIds")
        assert UpdateRequest.read({name: [] for name in fields + more}).wishes(CALENDAR, self.BEFORE) == Wishes()

    @pytest.mark.parametrize("name", ["include_events", "exclude_events"])
    def test_of_the_reference_is_read(self, name: str) -> None:
        real = with_real_tags(name)
        body = UpdateRequest.read(parse_object(real))
        ids, external = (str(GUID),), ("90712", "37818")
        expected = Wishes((LIONS, BEARS), "Eastern Standard Time", ("a",), ("b",), ids, external)
        if name == "include_events":
            expected = Wishes((LIONS, BEARS), "Eastern Standard Time", ids, external, ("c",), ("d",))
        assert body.wishes(CALENDAR, self.BEFORE) == expected
        before = Subscriber("jsmith", facts={"utmSource": "x", "marketingAllowed": True})
        after = {"utmSource": "x", "marketingAllowed": False, "additionalOptIn": False}
        assert body.subscriber(before) == Subscriber("jsmith", facts=after)


class TestADeactivation:
    @pytest.mark.parametrize("name", ["username", "userName", "subscriberId", "SubscriberID"])
    def test_names_who_it_is_for_in_every_spelling(self, name: str) -> None:
        assert DeactivateRequest.read({name: "jsmith"}).username == "jsmith"

    def test_of_the_reference_is_read(self) -> None:
        by_id = DeactivateRequest.read(parse_object(published("deactivate_by_id")))
        assert by_id.id == "0000000-0000-0000-0000-000000000001"
        assert DeactivateRequest.read(parse_object(published("deactivate_by_user_name"))).username
