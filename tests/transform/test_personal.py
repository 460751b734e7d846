"""Personal events: every text comes back as it was given, none starts a line, one event is always the same octets."""

import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feedproxy.model import EventDetails, PersonalEvent
from feedproxy.transform import render
from feedproxy.transform.personal import uid
from tests.readers import rfc, with_icalendar

EMPTY = b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Example//Empty//EN\r\nMETHOD:PUBLISH\r\nEND:VCALENDAR\r\n"
MADE = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def at(*parts: int) -> datetime:
    return datetime(*parts)  # type: ignore[arg-type] # noqa: DTZ001


def event(event_id: str = "1", **details: object) -> PersonalEvent:
    given_details = {"title": "Match", "start": at(2026, 7, 1, 20), "end": at(2026, 7, 1, 22), "zone": "Europe/Madrid"}
    return PersonalEvent("ACME", event_id, EventDetails(**given_details | details), 0, MADE, MADE)  # type: ignore[arg-type]


def feed_of(*events: PersonalEvent) -> bytes:
    return render(EMPTY, personal=events).body


def as_kept(text: str) -> str:
    """Return what a client gets to see of a text: line breaks of all kinds as one, no other controls, no surrogates."""
    unbroken = re.sub("\r\n|[\r\n\v\f\x1c-\x1e\x85\u2028\u2029]", "\n", text)
    return re.sub("[\x00-\x08\x0e-\x1f\x7f-\x9f\ud800-\udfff]", "", unbroken)


nasty = st.one_of(
    st.text(max_size=200),
    st.lists(st.sampled_from(["\r\n", "\v", "\x85", "\u2028", "\\", ";", ",", '"', "END:VEVENT", "\\n", " ", "é"])).map(
        "".join
    ),
)


@settings(max_examples=200, deadline=None)
@given(nasty, nasty, nasty, nasty)
def test_both_readers_read_the_very_texts_and_nothing_else(
    title: str, description: str, location: str, name: str
) -> None:
    body = feed_of(event(name, title=title, description=description, location=location, notify_before=5))
    wanted = {"SUMMARY": as_kept(title), "DESCRIPTION": as_kept(description), "LOCATION": as_kept(location)}
    for events in (rfc.Feed(body).events(), with_icalendar.events(body)):
        assert len(events) == 1
        assert {key: events[0].texts.get(key, "") for key in wanted} == wanted
        assert events[0].uid == uid("ACME", name)
        assert (events[0].start, events[0].end) == ("2026-07-01T18:00:00Z", "2026-07-01T20:00:00Z")
        assert events[0].alarms == 1


@settings(max_examples=200, deadline=None)
@given(
    st.datetimes(at(1990, 1, 1), at(2045, 1, 1)).map(lambda time: time.replace(microsecond=0)),
    st.sampled_from(["Europe/Madrid", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "Etc/UTC", "UTC"]),
)
def test_both_readers_see_one_instant(start: datetime, zone: str) -> None:
    body = feed_of(event(start=start, end=start + timedelta(hours=1), zone=zone))
    assert rfc.Feed(body).events()[0].start == with_icalendar.events(body)[0].start


def test_the_same_input_gives_the_same_octets_in_any_order() -> None:
    events = [event(str(n)) for n in range(5)]
    assert feed_of(*events) == feed_of(*reversed(events)) == feed_of(*events)


def test_an_update_keeps_the_uid_and_says_that_it_is_newer() -> None:
    first = event()
    later = MADE + timedelta(days=1)
    second = replace(first, details=replace(first.details, title="Moved"), sequence=1, updated_at=later)
    before, after = (rfc.parse(feed_of(each)).children[-1] for each in (first, second))
    read = [
        {name: node.one(name) for name in ("UID", "SEQUENCE", "LAST-MODIFIED", "DTSTAMP", "CREATED")}
        for node in (before, after)
    ]
    values = [{name: found.value for name, found in each.items() if found is not None} for each in read]
    assert values[0] == {
        "UID": uid("ACME", "1"),
        "SEQUENCE": "0",
        "LAST-MODIFIED": "20260102T030405Z",
        "DTSTAMP": "20260102T030405Z",
    }
    assert values[1] == values[0] | {
        "CREATED": "20260102T030405Z",
        "SEQUENCE": "1",
        "LAST-MODIFIED": "20260103T030405Z",
        "DTSTAMP": "20260103T030405Z",
    }


def test_the_uid_is_of_account_and_event_and_never_changes() -> None:
    assert uid("ACME", "1") == uid("acme", "1")
    assert len({uid("ACME", "1"), uid("ACME", "2"), uid("ACME2", "1"), uid("ACM", "E/1")}) == 4
    # printf acme/1 | b2sum -l 80 | cut -c1-20 | xxd -r -p | base32
    assert uid("ACME", "1") == "personal-3DHJPWPVMYCI2VES"


def test_a_private_event_is_another_than_that_of_the_account_and_of_any_other_subscription() -> None:
    mine, other = UUID(int=1), UUID(int=2)
    assert len({uid("ACME", "1"), uid("ACME", "1", mine), uid("ACME", "1", other)}) == 3
    assert uid("acme", "1", mine) == uid("ACME", "1", mine)
    ours = event()
    shown = rfc.Feed(feed_of(ours, replace(ours, owner=mine), replace(ours, owner=other))).events()
    assert {each.uid for each in shown} == {uid("ACME", "1"), uid("ACME", "1", mine), uid("ACME", "1", other)}


def test_days_have_no_zone_and_an_exclusive_end() -> None:
    body = feed_of(event(start=date(2026, 7, 1), end=date(2026, 7, 3)))
    assert b"VTIMEZONE" not in body
    for events in (rfc.Feed(body).events(), with_icalendar.events(body)):
        assert (events[0].start, events[0].end) == ("2026-07-01", "2026-07-03")


def test_an_event_without_length_has_no_end() -> None:
    body = feed_of(event(end=at(2026, 7, 1, 20)))
    assert rfc.Feed(body).events()[0].end is None


@pytest.mark.parametrize(("minutes", "trigger"), [(0, b"TRIGGER:PT0S"), (90, b"TRIGGER:-PT90M")])
def test_a_reminder_is_an_alarm(minutes: int, trigger: bytes) -> None:
    assert b"BEGIN:VALARM\r\nACTION:DISPLAY\r\nDESCRIPTION:Match\r\n" + trigger in feed_of(event(notify_before=minutes))
    assert b"VALARM" not in feed_of(event())


def test_a_zone_that_tzdata_has_lost_is_named_and_not_declared() -> None:
    body = feed_of(event(zone="Atlantis/Capital"))
    assert b"DTSTART;TZID=Atlantis/Capital:20260701T200000" in body
    assert b"BEGIN:VTIMEZONE" not in body


def test_an_event_given_twice_is_there_once() -> None:
    body = feed_of(event(title="old"), event(title="new"))
    assert [each.texts["SUMMARY"] for each in rfc.Feed(body).events()] == ["new"]


def test_personal_events_come_behind_the_feeds_own_and_replace_themselves() -> None:
    """What came out may come in again, where one proxy stands behind another."""
    once = render(feed_of(event("other", title="stays")), personal=[event(title="old")])
    twice = render(once.body, personal=[event(title="new")])
    assert {each.texts["SUMMARY"] for each in rfc.Feed(twice.body).events()} == {"stays", "new"}
    assert [(each.rule, each.count) for each in twice.report.changes if each.step == "merge"] == [
        ("replaced", 1),
        ("personal-event", 1),
    ]


def test_the_zones_of_both_are_declared_once() -> None:
    source = EMPTY.replace(
        b"END:VCALENDAR",
        b"BEGIN:VEVENT\r\nUID:a\r\nDTSTAMP:20260101T000000Z\r\nDTSTART;TZID=Romance Standard Time:20240701T100000\r\n"
        b"END:VEVENT\r\nBEGIN:VEVENT\r\nUID:b\r\nDTSTAMP:20260101T000000Z\r\n"
        b"DTSTART;TZID=Europe/Madrid:20240701T100000\r\nEND:VEVENT\r\nEND:VCALENDAR",
    )
    body = render(source, personal=[event()]).body
    assert body.count(b"TZID:Europe/Madrid\r\n") == 1
    assert [each.start for each in rfc.Feed(body).events()] == [
        "2024-07-01T08:00:00Z",
        "2024-07-01T08:00:00Z",
        "2026-07-01T18:00:00Z",
    ]
