"""The next instances are those of the rule, with what is excluded, added and overridden."""

from datetime import UTC, datetime, timedelta
from itertools import islice

import pytest
from dateutil.rrule import rrulestr

import tzmap
from feedproxy.errors import BadRequest
from feedproxy.ops.at import happening, read_time
from feedproxy.ops.clocks import Clocks, viewer
from feedproxy.ops.instances import Inexpandable, next_instances
from feedproxy.transform import Options, index
from tests.transform.calendars import event, feed

NOW = datetime(2026, 3, 1, tzinfo=UTC)


def following(*events: str, count: int = 10, now: datetime = NOW) -> list[str]:
    """The next instants of the events of one UID, in UTC; of what has none the text."""
    base = index(feed(*(event("UID:a\n" + each) for each in events)), Options())
    found = next_instances(base.calendar.components, Clocks(base.calendar.zones), now, count)
    return [each.start.instant.strftime("%m-%dT%H:%M") if each.start.instant else str(each.start) for each in found]


@pytest.mark.parametrize(
    "rule",
    [
        "FREQ=DAILY",
        "FREQ=DAILY;COUNT=70",
        "FREQ=WEEKLY;BYDAY=MO,TH;INTERVAL=2",
        "FREQ=MONTHLY;BYDAY=-1FR",
        "FREQ=MONTHLY;BYMONTHDAY=31",
        "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29",
        "FREQ=DAILY;BYMONTH=3",
        "FREQ=WEEKLY;UNTIL=20260401T170000Z",
    ],
)
def test_instances_are_those_of_the_rule_in_wall_clock_time(rule: str) -> None:
    """Against dateutil's own expansion of the rule from its start, each time then bound to Paris."""
    start = datetime(2026, 1, 5, 19)  # noqa: DTZ001
    bare = rule.replace(";UNTIL=20260401T170000Z", ";UNTIL=20260401T190000")
    walls = (wall for wall in rrulestr(bare, dtstart=start) if wall > NOW.replace(tzinfo=None))
    expected = [wall - tzmap.zone_offset("Europe/Paris", wall) for wall in islice(walls, 10)]
    assert following(f"DTSTART;TZID=Europe/Paris:20260105T190000\nRRULE:{rule}") == [
        each.strftime("%m-%dT%H:%M") for each in expected
    ]


def test_the_hour_stays_when_summer_time_begins() -> None:
    assert following("DTSTART;TZID=Europe/Paris:20260327T100000\nRRULE:FREQ=DAILY;COUNT=4") == [
        "03-27T09:00", "03-28T09:00", "03-29T08:00", "03-30T08:00",
    ]  # fmt: skip


def test_what_is_excluded_goes_and_what_is_added_comes() -> None:
    assert following(
        "DTSTART;TZID=Europe/Paris:20260302T100000\nRRULE:FREQ=DAILY;COUNT=4\nEXDATE:20260303T090000Z\n"
        "RDATE;TZID=Europe/Paris:20260310T120000"
    ) == ["03-02T09:00", "03-04T09:00", "03-05T09:00", "03-10T11:00"]


def test_an_override_takes_the_place_of_its_instance() -> None:
    assert following(
        "DTSTART;TZID=Europe/Paris:20260302T100000\nRRULE:FREQ=DAILY;COUNT=3",
        "RECURRENCE-ID;TZID=Europe/Paris:20260303T100000\nDTSTART;TZID=Europe/Paris:20260320T100000",
    ) == ["03-02T09:00", "03-04T09:00", "03-20T09:00"]


def test_an_override_of_all_later_ones_moves_them() -> None:
    assert following(
        "DTSTART;TZID=Europe/Paris:20260302T100000\nRRULE:FREQ=DAILY;COUNT=4",
        "RECURRENCE-ID;RANGE=THISANDFUTURE;TZID=Europe/Paris:20260304T100000\n"
        "DTSTART;TZID=Europe/Paris:20260304T120000",
    ) == ["03-02T09:00", "03-03T09:00", "03-04T11:00", "03-05T11:00"]


def test_what_goes_on_is_next_and_what_has_ended_is_not() -> None:
    lines = "DTSTART:20260301T090000Z\nDTEND:20260301T110000Z"
    assert following(lines, now=datetime(2026, 3, 1, 10, tzinfo=UTC)) == ["03-01T09:00"]
    assert following(lines, now=datetime(2026, 3, 1, 11, tzinfo=UTC)) == []


def test_days_and_floating_times_stay_what_they_are() -> None:
    assert following("DTSTART;VALUE=DATE:20260301\nRRULE:FREQ=WEEKLY;COUNT=2") == ["2026-03-01", "2026-03-08"]
    assert following("DTSTART:20260301T100000") == ["2026-03-01 10:00:00 floating"]


@pytest.mark.parametrize(
    "rule", ["FREQ=DAILY;INTERVAL=0", "FREQ=WEEKLY;INTERVAL=-1;BYDAY=TU", "FREQ=SECONDLY", "FREQ=DAILY;BYDAY=XX"]
)
def test_a_rule_that_has_no_end_of_work_is_left_alone(rule: str) -> None:
    with pytest.raises(Inexpandable):
        following(f"DTSTART:20260301T100000Z\nRRULE:{rule}")


def test_a_rule_that_no_day_fulfils_comes_to_an_end() -> None:
    assert following("DTSTART:20260102T100000Z\nRRULE:FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30") == []


FEED = feed(
    event("UID:game\nSUMMARY:Game\nDTSTART;TZID=Europe/Paris:20260701T190000\nDTEND;TZID=Europe/Paris:20260701T210000"),
    event("UID:daily\nSUMMARY:Daily\nDTSTART;TZID=Asia/Tokyo:20260101T020000\nDURATION:PT30M\nRRULE:FREQ=DAILY"),
    event("UID:day\nSUMMARY:Day\nDTSTART;VALUE=DATE:20260702"),
    event("UID:float\nSUMMARY:Floats\nDTSTART:20260701T190000"),
)


@pytest.mark.parametrize(
    ("text", "zone", "uids"),
    [
        ("2026-07-01T19:30", "Europe/Paris", ["game"]),
        ("2026-07-01T17:30Z", None, ["game"]),
        ("2026-07-01T21:00", "Europe/Paris", []),
        ("2026-07-01T19:00", "Europe/Paris", ["daily", "game", "float"]),
        ("2026-07-02T02:15", "Asia/Tokyo", ["daily", "game", "day"]),
        ("2026-07-02", "Europe/Paris", ["day", "daily"]),
    ],
)
def test_what_happens_at_a_time_is_found(text: str, zone: str | None, uids: list[str]) -> None:
    found = happening(index(FEED, Options()).calendar, read_time(text, zone))
    assert sorted(uid for uid, _ in found) == sorted(uids)


@pytest.mark.parametrize(("text", "zone"), [("soon", "Europe/Paris"), ("2026-07-01T19:30", None), ("2026-07-02", None)])
def test_a_time_must_say_when_and_where(text: str, zone: str | None) -> None:
    with pytest.raises(BadRequest):
        read_time(text, zone)


def test_a_viewer_may_name_a_zone_as_windows_does() -> None:
    assert viewer("Romance Standard Time") == "Europe/Paris"
    with pytest.raises(BadRequest, match="no time zone"):
        viewer("Nowhere")


@pytest.mark.parametrize("zone", ["America/Vancouver", "Europe/Dublin", "Africa/Casablanca", "Asia/Kathmandu"])
def test_a_clock_shows_the_instant_that_its_wall_time_is(zone: str) -> None:
    for days in range(0, 5_000, 11):
        instant = datetime(2020, 1, 1, 12, tzinfo=UTC) + timedelta(days=days)
        wall = tzmap.local_time(zone, instant)
        assert (wall - tzmap.zone_offset(zone, wall)).replace(tzinfo=UTC) == instant
