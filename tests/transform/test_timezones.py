"""Time zones in a whole feed: what the golden pairs cannot show."""

import re
from datetime import date
from unittest.mock import patch

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from feedproxy.errors import FeedRefused
from feedproxy.ics import reading
from feedproxy.ics.components import MAX_TZIDS
from feedproxy.transform import Options, Rendered, render, tzid_uses
from feedproxy.transform.bound_lines import MAX_LISTED
from feedproxy.transform.definitions import MAX_OCTETS_IN_USE
from feedproxy.transform.pipeline import index
from feedproxy.transform.recurrence import MAX_RULES, MAX_STEPS
from feedproxy.transform.streaming import stream
from feedproxy.transform.tzid_uses import MAX_HEADS, MAX_TIMES
from tests.readers import rfc, with_icalendar
from tests.tzmap.definitions import exchange

HEAD = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:x", "METHOD:PUBLISH"]


def feed(*lines: str) -> bytes:
    return "".join(line + "\r\n" for line in (*HEAD, *lines, "END:VCALENDAR")).encode()


def event(uid: str, *lines: str) -> list[str]:
    return ["BEGIN:VEVENT", f"UID:{uid}", "DTSTAMP:20260101T000000Z", *lines, "END:VEVENT"]


def definition(tzid: str, offset: str) -> list[str]:
    observance = [
        "BEGIN:STANDARD",
        "DTSTART:16010101T000000",
        f"TZOFFSETFROM:{offset}",
        f"TZOFFSETTO:{offset}",
        "END:STANDARD",
    ]
    return ["BEGIN:VTIMEZONE", f"TZID:{tzid}", *observance, "END:VTIMEZONE"]


EASTERN = [
    "BEGIN:VTIMEZONE",
    "TZID:Eastern Standard Time",
    "BEGIN:STANDARD",
    "DTSTART:16010101T020000",
    "RRULE:FREQ=YEARLY;BYMONTH=11;BYDAY=1SU",
    "TZOFFSETFROM:-0400",
    "TZOFFSETTO:-0500",
    "END:STANDARD",
    "BEGIN:DAYLIGHT",
    "DTSTART:16010101T020000",
    "RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=2SU",
    "TZOFFSETFROM:-0500",
    "TZOFFSETTO:-0400",
    "END:DAYLIGHT",
    "END:VTIMEZONE",
]
"""As Exchange writes it: the rules of 2007, for all years. They part from the zone's between March and April 2006."""


def starts(rendered: Rendered) -> dict[str, str | None]:
    read = {each.key: each.start for each in rfc.Feed(rendered.body).events()}
    assert read == {each.key: each.start for each in with_icalendar.events(rendered.body)}
    return read


def test_one_feed_leaves_nothing_behind_for_the_next() -> None:
    """icalendar keeps a TZID's first definition for the whole process: another tenant's events moved by hours."""
    for offset, utc in (("+0900", "01:00"), ("-0900", "19:00"), ("+0530", "04:30"), ("+0900", "01:00")):
        body = feed(*definition("Club", offset), *event("a", "DTSTART;TZID=Club:20260701T100000"))
        assert starts(render(body)) == {"a": f"2026-07-01T{utc}:00Z"}


@pytest.mark.parametrize(
    ("lines", "served"),
    [
        (["DTSTART;TZID=Eastern Standard Time:20060601T190000"], "America/New_York"),
        (["DTSTART;TZID=Eastern Standard Time:20060320T190000"], "Eastern Standard Time"),
        (["DTSTART;TZID=Eastern Standard Time:20060601T190000", "RRULE:FREQ=WEEKLY;COUNT=4"], "America/New_York"),
        (["DTSTART;TZID=Eastern Standard Time:20060201T190000", "RRULE:FREQ=YEARLY;COUNT=4"], "America/New_York"),
        (["DTSTART;TZID=Eastern Standard Time:20060201T190000", "RRULE:FREQ=WEEKLY;COUNT=9"], "Eastern Standard Time"),
        (["DTSTART;TZID=Eastern Standard Time:20060201T190000", "RRULE:FREQ=HOURLY;COUNT=9"], "Eastern Standard Time"),
        (
            ["DTSTART;TZID=Eastern Standard Time:20060201T190000", "EXDATE;TZID=Eastern Standard Time:20060320T190000"],
            "Eastern Standard Time",
        ),
    ],
)
def test_a_tzid_is_renamed_only_if_no_value_of_the_feed_moves(lines: list[str], served: str) -> None:
    rendered = render(feed(*EASTERN, *event("a", *lines)))
    assert [zone.served for zone in rendered.report.zones] == [served]
    assert f"DTSTART;TZID={served}:".encode() in rendered.body


def test_a_feed_with_too_many_recurrences_keeps_its_definitions() -> None:
    lines = ["DTSTART;TZID=Eastern Standard Time:20060601T190000", "RRULE:FREQ=YEARLY;COUNT=4"]
    for start, served in (
        ("DTSTART:20060601T190000", ["America/New_York"]),
        ("DTSTART;TZID=Asia/Tokyo:20060601T190000", ["Eastern Standard Time", "Asia/Tokyo"]),
    ):
        daily = [start, "RRULE:FREQ=DAILY"]  # 12,000 days to 2040
        many = [line for n in range(1 + MAX_STEPS // 12_000) for line in event(f"b{n}", *daily)]
        rendered = render(feed(*EASTERN, *event("a", *lines), *many))
        assert [zone.served for zone in rendered.report.zones] == served
    assert starts(rendered)["a"] == "2006-06-01T23:00:00Z"
    assert render(rendered.body).body == rendered.body


WEEKDAYS = ",".join(f"{n}MO,{n}TU,{n}WE" for n in range(1, 5))
SPAN = 30 * 365
"""Days that the recurrences below are looked at, about."""


@pytest.mark.parametrize("count", [1, 1 + MAX_STEPS // SPAN])
@pytest.mark.parametrize(
    "last",
    [
        ["DTSTART;TZID=Eastern Standard Time:20450601T190000", "RRULE:FREQ=DAILY"],
        ["DTSTART;TZID=Eastern Standard Time:20450601T190000", "RRULE:FREQ=DAILY;UNTIL=20470101T000000Z"],
        ["DTSTART;TZID=Eastern Standard Time:20450601T190000", "RRULE:FREQ=DAILY;UNTIL=20120101T000000Z"],
        [
            "DTSTART;TZID=Eastern Standard Time:20450601T190000",
            f"RRULE:FREQ=MONTHLY;BYDAY={WEEKDAYS};UNTIL=20480101T000000Z",
        ],
        ["DTSTART;TZID=Eastern Standard Time:20450601T190000", *["RRULE:FREQ=DAILY"] * (MAX_RULES + 1)],
        ["DTSTART;TZID=Eastern Standard Time:20450601T190000", "SUMMARY:once"],
        ["DTSTART;TZID=Eastern Standard Time:20450601T190000", "SUMMARY:UNTIL=20460101T000000Z"],
        ["DTSTART;TZID=Eastern Standard Time:99999999T999999", "RRULE:FREQ=DAILY"],
        ["DTSTART;TZID=Tokyo Standard Time:20450601T190000", "RRULE:FREQ=DAILY"],
        ["DTSTART:20450601T190000", "DTEND;TZID=Eastern Standard Time:20450601T200000", "RRULE:FREQ=DAILY"],
        [
            "DTEND;TZID=Eastern Standard Time:20450601T200000",
            "DTSTART;TZID=Tokyo Standard Time:20450601T190000",
            "RRULE:FREQ=DAILY",
        ],
    ],
)
def test_ranges_are_the_same_whether_what_recurs_is_looked_at_together_or_one_by_one(
    last: list[str], count: int
) -> None:
    daily = ["DTSTART;TZID=Eastern Standard Time:20100601T190000", "RRULE:FREQ=DAILY"]
    many = [line for n in range(count) for line in event(f"b{n}", *daily)]
    whole = feed(*EASTERN, *many, *event("a", *last), *event("z", "SUMMARY:z"))
    with patch.object(reading, "cut", lambda body, **_: (body, [])):
        one_by_one = index(whole, Options())
    together = index(whole, Options())
    assert together.calendar.zones == one_by_one.calendar.zones
    assert together.journal == one_by_one.journal
    assert b"".join(stream(whole)) == render(whole).body


def test_series_whose_rules_differ_behind_a_fold_are_two() -> None:
    start = "DTSTART;TZID=Tokyo Standard Time:20260601T190000"
    rules = [f"RRULE:FREQ=MONTHLY;BYDAY={WEEKDAYS};UNTIL={year}0101T000000Z" for year in (2027, 2029)]
    (zone,) = index(feed(*event("1", start, rules[0]), *event("2", start, rules[1])), Options()).calendar.zones
    assert zone.last == date(2029, 1, 2)


def test_many_spellings_of_a_time_are_renamed_alike() -> None:
    lines = [f"EXDATE;X-N={n};TZID=Tokyo Standard Time:202607{n + 1:02}T100000" for n in range(2 * MAX_HEADS)]
    body = feed(*event("a", "DTSTART;TZID=Tokyo Standard Time:20260701T100000", "RRULE:FREQ=DAILY", *lines))
    out = rfc.Feed(render(body).body).events()[0]
    assert out.exdates == [f"2026-07-{n + 1:02}T01:00:00Z" for n in range(2 * MAX_HEADS)]


def test_a_name_that_another_definition_has_taken_is_not_given() -> None:
    """Not even when a feed foresees the name that would be given."""
    twice = feed(*definition("GMT", "+0100"), *event("a", "DTSTART;TZID=GMT:20260701T100000"))
    (name,) = [zone.served for zone in render(twice).report.zones]
    assert name.startswith("GMT (")
    clash = feed(
        *definition(name, "-0300"),
        *event("b", f"DTSTART;TZID={name}:20260701T100000"),
        *definition("GMT", "+0100"),
        *event("a", "DTSTART;TZID=GMT:20260701T100000"),
    )
    rendered = render(clash)
    assert starts(rendered) == {"a": "2026-07-01T09:00:00Z", "b": "2026-07-01T13:00:00Z"}
    assert render(rendered.body).body == rendered.body


def test_a_tzid_that_becomes_anothers_old_one_is_told_from_it() -> None:
    """`Eastern Standard Time` becomes America/New_York while America/New_York becomes something else."""
    body = feed(
        *definition("America/New_York", "+0545"),
        *event(
            "a", "DTSTART;TZID=Eastern Standard Time:20260701T100000", "DTEND;TZID=America/New_York:20260701T230000"
        ),
        *event("b", "DTSTART;TZID=America/New_York:20260701T100000"),
    )
    rendered = render(body)
    assert starts(rendered) == {"a": "2026-07-01T14:00:00Z", "b": "2026-07-01T04:15:00Z"}
    assert rfc.Feed(rendered.body).events()[0].end == "2026-07-01T17:15:00Z"


def test_definitions_that_say_nothing_or_belong_to_nothing_are_reported() -> None:
    empty = ["BEGIN:VTIMEZONE", "TZID:Club", "END:VTIMEZONE"]
    nameless = ["BEGIN:VTIMEZONE", "X-A:1", "END:VTIMEZONE"]
    used = event("a", "DTSTART;TZID=Club:20260701T100000")
    rendered = render(feed(*empty, *definition("Club", "+0900"), *nameless, *definition("Other", "+0100"), *used))
    assert starts(rendered) == {"a": "2026-07-01T01:00:00Z"}
    found = {change.rule: change.count for change in rendered.report.changes if change.step == "timezones"}
    assert found == {"definition-without-tzid": 1, "defined-twice": 1, "definition-unused": 1}


def test_a_time_that_is_none_takes_no_range() -> None:
    """Its zone is declared all the same, for years that hold any such time."""
    rendered = render(
        feed(*event("a", "DTSTART;TZID=Tokyo Standard Time:99999999T999999", "X-A;TZID=Tokyo Standard Time:x"))
    )
    assert b"TZID:Asia/Tokyo\r\n" in rendered.body
    mixed = event(
        "a", "DTSTART;TZID=Tokyo Standard Time:20260701T100000", "DTEND;TZID=Tokyo Standard Time:99999999T999999"
    )
    assert b"TZID:Asia/Tokyo\r\n" in render(feed(*mixed)).body


@pytest.mark.parametrize("value", ["20270101T1000", "100000701T110000"])
def test_beside_what_stands_for_a_time_no_time_of_another_zone_is_looked_at(value: str) -> None:
    times = ["DTSTART;TZID=Eastern Standard Time:20060601T190000", f"RDATE;TZID=Eastern Standard Time:{value}"]
    body = feed(*EASTERN, *event("a", *times, "DTEND;TZID=Tokyo Standard Time:20060320T190000"), *event("b", times[0]))
    zone = render(body).report.zones[0]
    assert (zone.served, zone.uses) == ("America/New_York", 3)
    assert zone.resolution.compared in {0, 1}


def test_a_long_time_is_folded_anew() -> None:
    long = "X-NOTE=" + "n" * 40
    body = feed(*event("a", f"DTSTART;{long};TZID=UTC-1:20260701T100000"), *definition("UTC-1", "-0100"))
    assert starts(render(body)) == {"a": "2026-07-01T11:00:00Z"}
    wide = feed(*event("a", f"DTSTART;{long};TZID=IST:20260701T100000"), *definition("IST", "+0200"))
    assert starts(render(wide)) == {"a": "2026-07-01T08:00:00Z"}


def test_the_report_says_what_each_tzid_became_and_why() -> None:
    body = feed(
        *EASTERN,
        *event("a", "DTSTART;TZID=Eastern Standard Time:20260601T190000"),
        *event("b", "DTSTART;TZID=UTC:20260601T190000"),
    )
    zones = render(body).report.to_json()["zones"]
    assert isinstance(zones, list)
    assert [(zone["written"], zone["served"], zone["uses"], zone["defined"]) for zone in zones] == [
        ("Eastern Standard Time", "America/New_York", 1, True),
        ("UTC", "UTC", 1, False),
    ]
    assert zones[0]["resolution"]["rung"] == "windows"


EARLY_AUTUMN = (
    exchange("W. Europe Standard Time", "+0100", "+0200", (10, "1SU", "030000"), (3, "-1SU", "020000"))
    .decode()
    .splitlines()
)
"""Berlin's rules but for the autumn of another year's law: they part from Berlin's for three weeks in October."""


@pytest.mark.parametrize(
    ("days", "served"),
    [
        (["20260701", "20261201"], "Europe/Berlin"),
        (["20260701", "20261020"], "W. Europe Standard Time"),
        (["20261020", "20261201"], "W. Europe Standard Time"),
        (["20260701", "20261020", "20261201"], "W. Europe Standard Time"),
    ],
)
def test_where_rules_and_zone_part_every_single_time_is_looked_at(days: list[str], served: str) -> None:
    events = [line for day in days for line in event(day, f"DTSTART;TZID=W. Europe Standard Time:{day}T120000")]
    body = feed(*EARLY_AUTUMN, *events)
    (zone,) = render(body).report.zones
    assert (zone.served, zone.uses, zone.resolution.compared) == (served, len(days), len(days))


@pytest.mark.parametrize(
    "other",
    ["DTEND;TZID=Asia/Tokyo:20261020T120000", "DTEND:20261020T120000Z", "DTEND;TZID=Asia/Tokyo:20261020T120000Z"],
)
@pytest.mark.parametrize("own", [["20260701T120000", "20261201T120000"], ["20260701T120000,20261201T120000"]])
def test_no_time_of_another_zone_is_looked_at(own: list[str], other: str) -> None:
    lines = event("1", *(f"RDATE;TZID=W. Europe Standard Time:{value}" for value in own), other)
    zone, *_ = render(feed(*EARLY_AUTUMN, *lines)).report.zones
    assert (zone.written, zone.served) == ("W. Europe Standard Time", "Europe/Berlin")
    assert zone.resolution.compared == 2


@pytest.mark.parametrize(
    ("line", "served"),
    [
        ("EXDATE;TZID=W. Europe Standard Time:20260708T120000,20260715T120000", "Europe/Berlin"),
        ("EXDATE;TZID=W. Europe Standard Time:20260708T120000,20261020T120000", "W. Europe Standard Time"),
        ('DTEND;X-NOTE="a:b";TZID=W. Europe Standard Time:20261020T120000', "W. Europe Standard Time"),
        ("RDATE;VALUE=PERIOD;TZID=W. Europe Standard Time:20261020T120000/PT1H", "W. Europe Standard Time"),
        ("RRULE:FREQ=MONTHLY;COUNT=3", "Europe/Berlin"),
        ("RRULE:FREQ=WEEKLY;COUNT=17", "W. Europe Standard Time"),
    ],
)
def test_lists_odd_spellings_and_instances_are_looked_at_too(line: str, served: str) -> None:
    """A second event in December lets the range hold the weeks in which the two part."""
    summer = event("summer", "DTSTART;TZID=W. Europe Standard Time:20260701T120000", line)
    winter = event("winter", "DTSTART;TZID=W. Europe Standard Time:20261201T120000")
    (zone,) = render(feed(*EARLY_AUTUMN, *summer, *winter)).report.zones
    assert zone.served == served


@pytest.mark.parametrize("tzid", ["UTC", "W. Europe Standard Time"])
def test_no_event_multiplies_when_two_overrides_turn_out_to_be_one(tzid: str) -> None:
    """One that names UTC by TZID and one that ends in Z are told from each other only until TZIDs are as served."""
    plain = [line for n in range(4) for line in event(f"plain-{n}", f"DTSTART;TZID={tzid}:2026070{n + 1}T090000")]
    series = event("series", "DTSTART:20260701T100000Z", "RRULE:FREQ=DAILY;COUNT=3")
    older = event("series", "RECURRENCE-ID;TZID=UTC:20260702T100000", "DTSTART:20260702T120000Z")
    newer = event("series", "SEQUENCE:1", "RECURRENCE-ID:20260702T100000Z", "DTSTART:20260702T130000Z")
    served = [each.key for each in rfc.Feed(render(feed(*plain, *series, *older, *newer)).body).events()]
    assert sorted(key.partition("#")[0] for key in served) == [*(f"plain-{n}" for n in range(4)), "series", "series"]


@pytest.mark.parametrize(
    "odd",
    [
        "EXDATE;TZID=Tokyo Standard Time:20260701T100000",
        "EXDATE;TZID=Tokyo Standard Time:20260701T100000,20260702T100000",
        "EXDATE;tzid=Tokyo Standard Time:20260701T100000",
        "EXDATE;X=1;TZID=UTC:20260701T100000",
        "EXDATE;TZID=UTC;TZID=Tokyo Standard Time:20260701T100000",
        "X-NOTE;TZID=Tokyo Standard Time:TZID=",
        f'EXDATE;X={"1" * 29};TZID="Arab":20260701T100000',
        f"EXDATE;X={'1' * 64};TZID=Tokyo Standard Time:20260701T100000",
    ],
)
def test_many_times_in_one_event_are_served_as_few_are(odd: str) -> None:
    """However many there are, and whatever stands among them."""
    times = [f"EXDATE;X={n};TZID=Tokyo Standard Time:20260701T100000" for n in range(MAX_TIMES)]
    few = [line for time in times for line in body(render(feed(*event("1", time))))]
    one = body(render(feed(*event("1", odd))))
    assert body(render(feed(*event("1", *times, odd)))) == [*few, *one]
    assert body(render(feed(*event("1", *times)))) == few


@given(
    st.lists(
        st.sampled_from(
            [
                "DTSTART;TZID=Asia/Tokyo:20260704T100000",
                "DTSTART;X=T;TZID=Tokyo Standard Time:20260705T10",
                "EXDATE;TZID=Tokyo Standard Time:20260702T100000",
                'EXDATE;TZID="Arab";VALUE=DATE-TIME:20260703T100000',
                'EXDATE;TZID="x;TZID=y":20260701T100000',
                'EXDATE;X="a;TZID=b";TZID=Zz:20260701T100000',
                "EXDATE;TZID=Asia/Tokyo;TZID=Zz:20260701T100000",
                "EXDATE;X=TZI;TZID=Zz:20260701T100000",
                "EXDATE;tzid=Zz:20260701T100000",
                "EXDATE;TZID=GMT+05:30:20260701T100000",
                "RDATE;TZID=Zz:20260701T100000,20260702",
                "X-TIME;TZID=Zz:20260701T100000",
                "DESCRIPTION:" + "a" * 61 + "tT\r\n ZID",
                "DESCRIPTION:" + "a" * 61 + "tz\r\n tzip",
                "TRANSP:OPAQUE",
                "BEGIN:VALARM\r\nDTSTART;TZID=Zz:20260801T100000\r\nEND:VALARM",
                "RRULE:FREQ=DAILY;UNTIL=20261201T000000Z",
            ]
        ),
        min_size=2,
    ),
    st.booleans(),
)
def test_times_of_one_event_are_read_at_once_as_one_by_one(lines: list[str], is_defined: bool) -> None:
    defined = definition("Tokyo Standard Time", "+0800") if is_defined else []
    with patch.object(tzid_uses, "MAX_TIMES", 1):
        at_once = render(feed(*defined, *event("1", *lines)))
        with patch.object(tzid_uses, "MAX_HEADS", 1):
            in_parts = render(feed(*defined, *event("1", *lines)))
        with patch.object(tzid_uses, "_are_plain", return_value=False):
            one_by_one = render(feed(*defined, *event("1", *lines)))
    assert at_once == in_parts == one_by_one


@given(
    st.lists(
        st.sampled_from(
            [
                "20260701T100000",
                "20260702T100000Z",
                " 20260703T100000Z",
                "20260704T100000Z/PT1H",
                "20260705",
                "",
                "Z",
                "x",
            ]
        ),
        min_size=2,
    )
)
@example(["20260705", "20260702T100000Z", "20260705"])
def test_a_list_is_parted_into_what_is_in_utc_and_what_is_not(values: list[str]) -> None:
    in_utc = [value for value in values if re.match(r"\s*\d{8}T\d{6}Z", value)]
    local = [value for value in values if value not in in_utc]
    given = f"RDATE;TZID=Tokyo Standard Time:{','.join(values)}"
    days = set(local) == {"20260705"}
    parameter = "VALUE=DATE" if days else "TZID=Asia/Tokyo"
    parted = [f"RDATE;{parameter}:{','.join(local)}", f"RDATE:{','.join(in_utc)}"]
    if not in_utc:
        parted.pop()
    elif not local:
        parted.pop(0)
    rendered = render(feed(*event("1", given)))
    assert body(rendered) == parted
    assert [zone.uses for zone in rendered.report.zones] == (
        [max(1, local.count("20260701T100000") + local.count("20260705"))] if local and not days else []
    )


def body(rendered: Rendered) -> list[str]:
    """The unfolded lines of events, without those that all have."""
    texts = rendered.body.decode().replace("\r\n ", "").split("BEGIN:VEVENT\r\nUID:1\r\nDTSTAMP:20260101T000000Z\r\n")
    return [line for text in texts[1:] for line in text.partition("END:VEVENT")[0].splitlines()]


def test_more_tzids_than_there_are_are_refused() -> None:
    """Named or defined; however often each is."""
    names = [line for n in range(MAX_TZIDS) for line in event(str(n), f"DTSTART;TZID=Z{n}:20260701T100000")]
    definitions = [line for n in range(MAX_TZIDS) for line in definition(f"Z{n}", "+0100")]
    for most, another in (
        (names, event("more", "DTSTART;TZID=Another:20260701T100000")),
        (definitions, definition("Another", "+0100")),
    ):
        again = most[: len(another)]
        assert len(render(feed(*most, *again)).report.zones) == (MAX_TZIDS if most is names else 0)
        with pytest.raises(FeedRefused) as refusal:
            render(feed(*most, *another))
        assert refusal.value.reason == "excessive"


def test_absurdly_long_definitions_are_refused_where_they_are_used() -> None:
    comment = [f"COMMENT:{'x' * 60}"] * (MAX_OCTETS_IN_USE // 170)
    long = [[*definition(f"Z{n}", "+0100")[:-1], *comment, "END:VTIMEZONE"] for n in range(3)]
    used = [event(str(n), f"DTSTART;TZID=Z{n}:20260701T100000") for n in range(3)]
    assert len(render(feed(*long[0], *long[1], *long[2], *used[0], *used[1])).report.zones) == 2
    with pytest.raises(FeedRefused) as refusal:
        render(feed(*long[0], *long[1], *long[2], *used[0], *used[1], *used[2]))
    assert refusal.value.reason == "excessive"


@pytest.mark.parametrize("odd", ["", ",no time"])
def test_absurdly_many_times_in_lists_are_refused(odd: str) -> None:
    """In one list, or in those of a feed that are read one by one, for they hold something else too."""
    times = ["20260701T100000"] * MAX_LISTED
    halves = [times[::2], times[1::2]] if odd else [times]
    lines = [f"EXDATE;TZID=Asia/Tokyo:{','.join(half)}{odd}" for half in halves]
    found = render(feed(*event("1", *lines)))
    assert [zone.uses for zone in found.report.zones] == [MAX_LISTED]
    with pytest.raises(FeedRefused) as refusal:
        render(feed(*event("1", *lines), *event("2", lines[0] + ",20260701T100000")))
    assert refusal.value.reason == "excessive"


@pytest.mark.parametrize("day", ["20060330", "20260701"])
def test_series_that_happen_at_the_same_times_are_resolved_as_one(day: str) -> None:
    """The first in a zone whose definition parts from its name on that day, the second in one where they agree."""
    series = [f"DTSTART;TZID=Eastern Standard Time:{day}T090000", "RRULE:FREQ=DAILY;COUNT=3"]
    other = [f"DTSTART;TZID=Tokyo Standard Time:{day}T090000", "RRULE:FREQ=DAILY;UNTIL=20270101T000000Z"]
    one = render(feed(*EASTERN, *event("1", *series), *event("2", *other)))
    many = render(feed(*EASTERN, *(line for n in range(20) for line in event(str(n), *(series, other)[n % 2]))))
    assert [(z.served, z.resolution) for z in many.report.zones] == [(z.served, z.resolution) for z in one.report.zones]
    assert many.body.partition(b"BEGIN:VEVENT")[0] == one.body.partition(b"BEGIN:VEVENT")[0]
