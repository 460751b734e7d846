"""What a subscription has of a base: by id, by tag, by time zone; UID sets are never split."""

import gzip
import hashlib

import pytest

from feedproxy.gzip_member import member
from feedproxy.transform import Options, Shared, index, render, write_overlay
from feedproxy.transform.eventid import guid
from feedproxy.transform.selection import Select, Selection, facts, kept
from tests.readers import rfc
from tests.transform.calendars import HEAD, TAIL, event, feed


def chosen(body: bytes, *, zone: str = "", **wanted: list[str]) -> list[str]:
    """The keys of the events that a selection keeps."""
    base = index(body, Options())
    selection = Selection(**{name: frozenset(values) for name, values in wanted.items()}, zone=zone)
    components = kept(facts(base.calendar.components), selection).of(base.calendar.components)
    return [event.key for event in rfc.Feed(HEAD + b"".join(c.text for c in components) + TAIL).events()]


MATCHES = feed(
    event("UID:home\nDTSTART:20260701T100000Z\nCATEGORIES:Home Games,Under 12\nX-External-Id:4711"),
    event("UID:away\nDTSTART:20260702T100000Z\nCATEGORIES:Away\nCATEGORIES:Under\\, over,Se\n nior"),
    event("UID:plain\nDTSTART:20260703T100000Z"),
)
SERIES = feed(
    event("UID:series\nDTSTART:20260701T100000Z\nRRULE:FREQ=DAILY;COUNT=5\nCATEGORIES:Training\nX-EXTERNAL-ID:s"),
    event("UID:series\nRECURRENCE-ID:20260702T100000Z\nDTSTART:20260702T110000Z"),
    event("UID:series\nRECURRENCE-ID:20260703T100000Z\nDTSTART:20260703T110000Z\nCATEGORIES:Match\nX-EXTERNAL-ID:s-3"),
    event("UID:other\nDTSTART:20260703T100000Z\nCATEGORIES:Match"),
)
WHOLE_SERIES = ["series", "series#2026-07-02T10:00:00Z", "series#2026-07-03T10:00:00Z"]


def test_the_empty_selection_keeps_everything() -> None:
    assert not Selection()
    assert chosen(MATCHES) == ["home", "away", "plain"]


@pytest.mark.parametrize("name", ["home", "4711", str(guid("home")), guid("home").upper(), f"{{{guid('home')}}}"])
def test_an_event_is_known_by_its_uid_its_external_id_and_its_guid(name: str) -> None:
    assert chosen(MATCHES, include=[name]) == ["home"]
    assert chosen(MATCHES, exclude=[name]) == ["away", "plain"]


def test_an_unknown_id_is_ignored_but_what_is_included_is_all_there_is() -> None:
    assert chosen(MATCHES, include=["plain", "0000000-0000-0000-0000-000000000000"]) == ["plain"]
    assert chosen(MATCHES, include=["nobody"]) == []
    assert chosen(MATCHES, exclude=["nobody"]) == ["home", "away", "plain"]


def test_what_is_both_included_and_excluded_is_left_out() -> None:
    assert chosen(MATCHES, include=["home", "away"], exclude=["away"]) == ["home"]


@pytest.mark.parametrize(
    "uid",
    [
        "3f0d6a5e-6f5e-4d57-9a35-0c2b9d1e7f01",
        "3F0D6A5E-6F5E-4D57-9A35-0C2B9D1E7F01",
        "3f0d6a5e6f5e4d579a350c2b9d1e7f01",
        "{3f0d6a5e-6f5e-4d57-9a35-0c2b9d1e7f01}",
        "3f0d6a5e-6f5e-4d57-9a35-0c2b9d1e7f01@events.example",
    ],
)
def test_a_uid_that_is_a_guid_is_its_own_guid(uid: str) -> None:
    assert guid(uid) == "3f0d6a5e-6f5e-4d57-9a35-0c2b9d1e7f01"


def test_the_guid_of_any_other_uid_is_the_same_for_ever_and_another_for_another_uid() -> None:
    digest = hashlib.sha1(bytes.fromhex("0d9f6c525a0f5b0e8a3e4d7c1d0a9e61") + b"event-1@example.com").hexdigest()
    found = guid("event-1@example.com")
    assert found == "3e9191b9-b681-552c-a6a5-4d46b605100c"
    assert (found.replace("-", "")[:12], found[14], found[-12:]) == (digest[:12], "5", digest[20:32])
    assert guid("event-2@example.com") != guid("event-1@example.com")


@pytest.mark.parametrize(
    ("tags", "keys"),
    [
        (["Home Games"], ["home"]),
        (["home  games"], ["home"]),
        (["Under 12", "Senior"], ["home", "away"]),
        (["Under, over"], ["away"]),
        (["Under"], []),
        (["over"], []),
    ],
)
def test_tags_are_the_items_of_categories(tags: list[str], keys: list[str]) -> None:
    assert chosen(MATCHES, tags=tags) == keys


def test_an_override_has_its_masters_tags_unless_it_has_its_own() -> None:
    assert chosen(SERIES, tags=["training", "match"]) == [*WHOLE_SERIES, "other"]
    assert chosen(SERIES, tags=["training"]) == ["series", "series#2026-07-02T10:00:00Z"]


def test_an_override_that_is_not_wanted_becomes_an_exdate_and_never_a_stray_original() -> None:
    base = index(SERIES, Options())
    known = facts(base.calendar.components)
    left = kept(known, Selection(tags=frozenset(["Training"])))
    assert left.indices == [0, 1]
    assert list(left.changed) == [0]
    master = left.changed[0]
    assert [line.octets for line in master.every(b"EXDATE")] == [b"EXDATE:20260703T100000Z"]
    assert [line.value for line in master.every(b"SEQUENCE")] == [b"1"]
    body = HEAD + b"".join(c.text for c in left.of(base.calendar.components)) + TAIL
    assert rfc.Feed(body).instances("series", 9) == [f"2026-07-0{day}T10:00:00Z" for day in (1, 2, 4, 5)]


def test_the_zone_of_an_exdate_is_declared_though_nothing_else_names_it() -> None:
    body = feed(
        event("UID:s\nDTSTART;TZID=Europe/Madrid:20260701T100000\nRRULE:FREQ=DAILY;COUNT=5"),
        event("UID:s\nRECURRENCE-ID;TZID=Europe/Athens:20260702T110000\nDTSTART:20260702T110000Z\nX-EXTERNAL-ID:x"),
    )
    base = index(body, Options())
    left = kept(facts(base.calendar.components), Selection(exclude=frozenset(["x"])))
    overlay = write_overlay(())
    start = Shared(base, Options()).start(overlay, left.indices, left.changed)
    served = rfc.Feed(gzip.decompress(member(start, overlay.end)))
    assert [each.exdates for each in served.events()] == [["2026-07-02T08:00:00Z"]]


def test_an_override_does_not_stay_without_its_master() -> None:
    assert chosen(SERIES, tags=["match"]) == ["other"]


def test_any_id_of_a_uid_set_includes_all_of_it_and_excludes_what_bears_it() -> None:
    for name in ("series", "s", "s-3", guid("series")):
        assert chosen(SERIES, include=[name]) == WHOLE_SERIES
    assert chosen(SERIES, exclude=["s-3"]) == [*WHOLE_SERIES[:2], "other"]
    for name in ("series", "s", guid("series")):
        assert chosen(SERIES, exclude=[name]) == ["other"]


ZONED = feed(
    event("UID:eastern\nDTSTART:20260701T100000Z\nX-CALREPLY-TIMEZONE:Eastern Standard Time"),
    event("UID:romance\nDTSTART:20260701T100000Z\nCATEGORIES:Final,romance standard time"),
    event("UID:both\nDTSTART:20260701T100000Z\nCATEGORIES:Eastern Standard Time,Romance Standard Time"),
    event("UID:iana\nDTSTART:20260701T100000Z\nx-calreply-timezone:America/New_York"),
    event("UID:untagged\nDTSTART:20260701T100000Z\nCATEGORIES:Final"),
)


@pytest.mark.parametrize(
    ("zone", "keys"),
    [
        ("Eastern Standard Time", ["eastern", "both", "iana", "untagged"]),
        ("eastern standard time", ["eastern", "both", "iana", "untagged"]),
        ("America/New_York", ["eastern", "both", "iana", "untagged"]),
        ("Europe/Paris", ["romance", "both", "untagged"]),
        ("Europe/Madrid", ["romance", "both", "untagged"]),
        ("Tokyo Standard Time", ["untagged"]),
        ("Nowhere/At_All", ["untagged"]),
    ],
)
def test_a_time_zone_brings_the_events_of_that_zone_and_those_of_none(zone: str, keys: list[str]) -> None:
    assert chosen(ZONED, zone=zone) == keys


def test_all_of_a_selection_must_let_an_event_through() -> None:
    assert chosen(ZONED, zone="Romance Standard Time", tags=["Final"], exclude=["untagged"]) == ["romance"]


def test_components_without_uid_are_never_chosen_among() -> None:
    body = MATCHES.replace(b"END:VCALENDAR", b"BEGIN:X-NOTE\r\nX-A:1\r\nEND:X-NOTE\r\nEND:VCALENDAR")
    base = index(body, Options())
    left = kept(facts(base.calendar.components), Selection(include=frozenset(["home"])))
    assert [c.kind for c in left.of(base.calendar.components)] == [b"VEVENT", b"X-NOTE"]


def test_an_id_that_only_an_excluded_override_bears_includes_nothing() -> None:
    """Or else the series would be there once, and be gone when the feed goes through again."""
    assert chosen(SERIES, include=["s-3"], exclude=["s-3"]) == []
    assert chosen(SERIES, include=["s-3"], tags=["training"]) == []


def test_the_report_says_by_which_criterion_how_much_is_left_out() -> None:
    """Each component is counted once: by the first criterion that does not want it, else with its UID set."""
    body = feed(
        event("UID:stays\nCATEGORIES:Home"),
        event("UID:untagged"),
        event("UID:untagged-and-excluded"),
        event("UID:elsewhere\nCATEGORIES:Home\nX-CALREPLY-TIMEZONE:Tokyo Standard Time"),
        event("UID:excluded\nCATEGORIES:Home"),
        event("UID:series\nRRULE:FREQ=DAILY;COUNT=3\nDTSTART:20260701T100000Z"),
        event("UID:series\nRECURRENCE-ID:20260702T100000Z\nDTSTART:20260702T110000Z\nCATEGORIES:Home"),
    )
    excluded = frozenset(["excluded", "untagged-and-excluded"])
    selection = Selection(exclude=excluded, tags=frozenset(["Home"]), zone="Romance Standard Time")
    report = render(body, options=Options(steps=(Select(selection),))).report
    assert [(change.rule, change.count) for change in report.changes if change.step == "selection"] == [
        ("tag", 3),
        ("time-zone", 1),
        ("exclude", 1),
        ("uid-set", 1),
    ]
