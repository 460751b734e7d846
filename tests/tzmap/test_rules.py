"""Our engine for a VTIMEZONE found in a feed: literal, tolerant, bounded."""

# ruff: noqa: DTZ001 - wall-clock times have no zone

import sys
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from dateutil.rrule import rrulestr
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import tzmap
from tests.tzmap.definitions import exchange, folded, observance, vtimezone
from tests.tzmap.literal import LiteralZone
from tzmap import recurrence
from tzmap.clock import EPOCH, wall_seconds

HOURS = timedelta(hours=1)


def hours_at(text: bytes, *walls: str) -> list[float]:
    rules = tzmap.Rules.parse(text)
    return [rules.utc_offset(datetime.fromisoformat(wall)) / HOURS for wall in walls]


BERLIN = exchange("x", "+0100", "+0200")


def test_gap_is_read_with_the_offset_before_and_fold_as_its_first_occurrence() -> None:
    assert hours_at(BERLIN, "2026-03-29T01:59:59", "2026-03-29T02:30", "2026-03-29T03:00") == [1, 1, 2]
    assert hours_at(BERLIN, "2026-10-25T01:59", "2026-10-25T02:30", "2026-10-25T02:59:59", "2026-10-25T03:00") == [
        2,
        2,
        2,
        1,
    ]


@pytest.mark.parametrize("line_end", [b"\r\n", b"\n", b"\r"])
@pytest.mark.parametrize("width", [1, 7, 75])
def test_folding_and_line_ends_do_not_matter(width: int, line_end: bytes) -> None:
    text = folded(BERLIN, width, line_end)
    assert hours_at(text, "2026-01-15", "2026-07-15") == [1, 2]


def one(start: str, rule: str = "", extra: str = "", offset_from: str | None = "+0000") -> bytes:
    """A definition that goes to +01:00 at the onsets of one observance."""
    return vtimezone("x", observance(start, "+0100", offset_from, rule=rule, extra=extra))


@pytest.mark.parametrize(
    ("name", "text", "walls", "hours"),
    [
        ("date onset", one("20260301"), ["2026-02-28T23:59", "2026-03-01T01:00"], [0, 1]),
        (
            "onset with tzid",
            one("20260301T000000").replace(b"DTSTART:", b"DTSTART;TZID=x:"),
            ["2026-02-28", "2026-03-02"],
            [0, 1],
        ),
        ("onset with z", one("20260301T000000Z"), ["2026-02-28", "2026-03-01T01:00"], [0, 1]),
        ("value before the first onset", one("20260301T000000"), ["1900-01-01"], [0]),
        ("no tzoffsetfrom", one("20260301T000000", offset_from=None), ["1900-01-01", "2026-07-01"], [1, 1]),
        ("year 0001", one("00010101T000000"), ["2026-07-01"], [1]),
        ("year 0000", one("00000101T000000"), ["2026-07-01"], [1]),
        (
            "rdate list",
            vtimezone(
                "x",
                observance("20260101T000000", "+0100", "+0000", extra="RDATE:20270101T000000,20280101T000000"),
                observance("20260601T000000", "+0000", "+0100", extra="RDATE:20270601T000000", daylight=True),
            ),
            ["2026-03-01", "2026-09-01", "2027-03-01", "2027-09-01", "2028-03-01", "2028-09-01"],
            [1, 0, 1, 0, 1, 1],
        ),
        (
            "rdate period",
            one("20280101T000000", extra="RDATE;VALUE=PERIOD:20260301T000000/PT1H"),
            ["2026-02-01", "2026-04-01"],
            [0, 1],
        ),
        (
            "rdate in utc",
            one("20280101T000000", extra="RDATE:20260301T000000Z"),
            ["2026-02-28T23:59", "2026-03-01T01:00"],
            [0, 1],
        ),
        (
            "rdate beside nonsense",
            one("20280101T000000", extra="RDATE:x,20260301,20269999"),
            ["2026-02-01", "2026-04-01"],
            [0, 1],
        ),
        ("six digits", one("20260301T000000").replace(b"+0100", b"+013015"), ["2026-07-01"], [1.5041666666666667]),
        ("offset with colon", one("20260301T000000").replace(b"+0100", b"+01:30"), ["2026-07-01"], [1.5]),
        ("offset of hours", one("20260301T000000").replace(b"+0100", b"-2"), ["2026-07-01"], [-2]),
        ("offset without sign", one("20260301T000000").replace(b"+0100", b"0200"), ["2026-07-01"], [2]),
        ("two tzids", one("20260301T000000").replace(b"TZID:x", b"TZID:x\r\nTZID:y"), ["2026-07-01"], [1]),
        ("lower case", one("20260301T000000", "FREQ=YEARLY").lower(), ["2026-02-01", "2026-07-01"], [0, 1]),
        (
            "broken observance beside a good one",
            vtimezone(
                "x",
                observance("nonsense", "+0900", "+0000"),
                observance("20260101T000000", "+2500", "+0000"),
                observance("20260101T000000", "+0200", "+0000"),
                observance("20261301T000000", "+0300"),
                observance("20260101T250000", "+0300"),
            ),
            ["2026-07-01"],
            [2],
        ),
        (
            "stray lines",
            b"nonsense\r\n\r\n"
            + one("20260301T000000")
            + b"BEGIN:STANDARD\r\nDTSTART:20260401T000000\r\nTZOFFSETTO:+0900\r\nEND:STANDARD\r\n",
            ["2026-07-01"],
            [1],
        ),
        ("end missing", one("20260301T000000").partition(b"END:STANDARD")[0], ["2026-07-01"], [1]),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_feeds_write_is_read(name: str, text: bytes, walls: list[str], hours: list[float]) -> None:
    assert hours_at(text, *walls) == hours


def pair(rule_on: str, rule_off: str, start_on: str = "20200101T000000", start_off: str = "20200102T000000") -> bytes:
    return vtimezone(
        "x",
        observance(start_on, "+0100", "+0000", rule=rule_on),
        observance(start_off, "+0000", "+0100", rule=rule_off),
    )


@pytest.mark.parametrize(
    ("on", "off", "walls", "hours"),
    [
        (
            "FREQ=YEARLY;BYMONTH=4;BYMONTHDAY=-1",
            "FREQ=YEARLY;BYMONTH=9;BYDAY=2TU",
            ["2026-04-30T02", "2026-09-07T23:30", "2026-09-08T02"],
            [1, 1, 0],
        ),
        (
            "FREQ=YEARLY;BYYEARDAY=-275",
            "FREQ=YEARLY;BYYEARDAY=200",
            ["2026-04-01", "2026-04-01T01", "2024-04-01T01", "2026-07-20"],
            [0, 1, 1, 0],
        ),
        (
            "FREQ=YEARLY;BYWEEKNO=10",
            "FREQ=YEARLY;BYWEEKNO=40;BYDAY=SU",
            ["2026-03-03", "2026-03-05", "2026-10-03", "2026-10-05"],
            [0, 1, 1, 0],
        ),
        (
            "FREQ=YEARLY;BYDAY=10SU",
            "FREQ=YEARLY;BYDAY=-10SU",
            ["2026-03-07", "2026-03-09", "2026-10-24", "2026-10-26"],
            [0, 1, 1, 0],
        ),
        (
            "FREQ=YEARLY;BYMONTH=3;BYDAY=SU;BYSETPOS=-1",
            "FREQ=MONTHLY;BYMONTH=10;BYDAY=SU;BYSETPOS=1",
            ["2026-03-28", "2026-03-30", "2026-10-03", "2026-10-05"],
            [0, 1, 1, 0],
        ),
        (
            "FREQ=MONTHLY;INTERVAL=12;BYMONTHDAY=5",
            "FREQ=YEARLY;BYMONTH=1;BYMONTHDAY=20",
            ["2026-01-04", "2026-01-06", "2026-01-21"],
            [0, 1, 0],
        ),
        (
            "FREQ=YEARLY;BYMINUTE=30;BYHOUR=2;BYMONTH=3;BYMONTHDAY=1",
            "FREQ=YEARLY;BYMONTH=6;BYMONTHDAY=1",
            ["2026-03-01T02:29", "2026-03-01T03:30", "2026-07-01"],
            [0, 1, 0],
        ),
        (
            "FREQ=YEARLY;INTERVAL=2;BYMONTH=3;BYMONTHDAY=1",
            "FREQ=YEARLY;BYMONTH=9;BYMONTHDAY=1",
            ["2026-05-01", "2027-05-01", "2028-05-01"],
            [1, 0, 1],
        ),
        (
            "FREQ=YEARLY;BYMONTH=3;BYMONTHDAY=1;COUNT=3",
            "FREQ=YEARLY;BYMONTH=9;BYMONTHDAY=1",
            ["2022-05-01", "2023-05-01"],
            [1, 0],
        ),
        (
            "FREQ=YEARLY;BYMONTH=3;BYMONTHDAY=1;COUNT=3000",
            "FREQ=YEARLY;BYMONTH=9;BYMONTHDAY=1",
            ["2022-05-01", "2223-05-01"],
            [1, 1],
        ),
        (
            "FREQ=YEARLY;BYMONTH=3;BYMONTHDAY=1;UNTIL=20220301",
            "FREQ=YEARLY;BYMONTH=9;BYMONTHDAY=1",
            ["2022-05-01", "2023-05-01"],
            [1, 0],
        ),
        (
            "FREQ=YEARLY;BYMONTH=3;BYMONTHDAY=1;UNTIL=20220228T235959Z",
            "FREQ=YEARLY;BYMONTH=9;BYMONTHDAY=1",
            ["2021-05-01", "2022-05-01"],
            [1, 0],
        ),
        (
            "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29",
            "FREQ=YEARLY;BYMONTH=9;BYMONTHDAY=1",
            ["2024-05-01", "2026-05-01", "2028-05-01"],
            [1, 0, 1],
        ),
        (
            "FREQ=YEARLY;RSCALE=GREGORIAN;SKIP=OMIT;WKST=SU;BYMONTH=3;BYMONTHDAY=+1;",
            "FREQ=YEARLY;BYMONTH=9;BYMONTHDAY=1",
            ["2026-05-01"],
            [1],
        ),
        ("FREQ=MONTHLY;BYMONTH=3", "FREQ=YEARLY;BYMONTH=9", ["2026-02-27", "2026-03-02", "2026-09-03"], [0, 1, 0]),
    ],
)
def test_every_part_of_a_rule_is_read(on: str, off: str, walls: list[str], hours: list[float]) -> None:
    assert hours_at(pair(on, off), *walls) == hours


WEEKDAYS = st.lists(st.sampled_from(recurrence.WEEKDAYS), min_size=1, max_size=2, unique=True)
ORDINAL_WEEKDAYS = st.lists(
    st.builds(lambda n, day: f"{n}{day}", st.integers(-5, 5).filter(bool), st.sampled_from(recurrence.WEEKDAYS)),
    min_size=1,
    max_size=2,
    unique=True,
)
MONTHLY_PARTS = st.fixed_dictionaries(
    {},
    optional={
        "BYMONTH": st.lists(st.integers(1, 12), min_size=1, max_size=2, unique=True),
        "BYMONTHDAY": st.lists(st.integers(-31, 31).filter(bool), min_size=1, max_size=7, unique=True),
        "BYDAY": WEEKDAYS | ORDINAL_WEEKDAYS,  # mixed, dateutil takes what both allow; RFC 5545 adds them up
        "BYSETPOS": st.lists(st.sampled_from([1, 2, -1]), min_size=1, max_size=1),
        "BYHOUR": st.lists(st.integers(0, 23), min_size=1, max_size=2, unique=True),
    },
)
YEARLY_PARTS = st.one_of(
    MONTHLY_PARTS,
    st.fixed_dictionaries(
        {"BYYEARDAY": st.lists(st.integers(-366, 366).filter(bool), min_size=1, max_size=9, unique=True)},
        optional={
            "BYDAY": WEEKDAYS,
            "BYMONTH": st.just([3, 10]),
        },
    ),
    st.fixed_dictionaries(
        # weeks across New Year left out: dateutil gives their days to both years, RFC 5545 does not say
        {"BYWEEKNO": st.lists(st.integers(2, 51) | st.integers(-51, -2), min_size=1, max_size=2, unique=True)},
        optional={
            "BYDAY": WEEKDAYS,
            "WKST": st.sampled_from([["SU"], ["MO"], ["TH"]]),
        },
    ),
)


@settings(deadline=None)
@given(
    st.datetimes(datetime(1971, 1, 1), datetime(2020, 12, 31)).map(lambda start: start.replace(microsecond=0)),
    st.one_of(
        st.tuples(st.just("YEARLY"), st.integers(1, 4), YEARLY_PARTS),
        st.tuples(st.just("MONTHLY"), st.sampled_from([1, 2, 3, 4, 6, 12]), MONTHLY_PARTS),
    ),
)
def test_rules_have_the_instances_dateutil_finds(
    start: datetime, rule: tuple[str, int, dict[str, list[object]]]
) -> None:
    frequency, interval, parts = rule
    text = ";".join(
        [
            f"FREQ={frequency}",
            f"INTERVAL={interval}",
            *(f"{key}={','.join(map(str, value))}" for key, value in parts.items()),
        ]
    )
    if "BYWEEKNO" in parts:  # RFC 5545 allows no ordinal there, and dateutil needs the weekday said
        text += "" if "BYDAY" in parts else f";BYDAY={recurrence.WEEKDAYS[start.weekday()]}"
    try:
        ours = recurrence.parse(text, wall_seconds(start), None)
    except tzmap.BadDefinition:
        assume(False)
    found = [EPOCH + timedelta(seconds=wall) for wall in ours.walls(start.year, start.year + 12)]
    theirs = rrulestr(f"{text};UNTIL={start.year + 12}1231T235959", dtstart=start)
    assert found == list(theirs)


@settings(deadline=None)
@given(
    st.datetimes(datetime(1972, 1, 1), datetime(2037, 12, 31)),
    st.integers(1, 5),
    st.integers(0, 6),
    st.integers(0, 23),
    st.integers(-12, 13),
    st.sampled_from([1, 2, -1]),
)
def test_a_pair_of_rules_means_what_another_reader_finds(  # noqa: PLR0917
    wall: datetime, week: int, weekday: int, hour: int, offset: int, shift: int
) -> None:
    """Onsets of every week, weekday and hour, offsets of both signs, daylight saving of either sign."""
    day = f"{-1 if week == 5 else week}{recurrence.WEEKDAYS[weekday]}"
    low, high = (f"{value:+03}00" for value in (offset, offset + shift))
    text = exchange("x", low, high, (10, day, f"{hour:02}0000"), (3, day, f"{hour:02}0000")).replace(
        b"16010101", b"19700101"
    )
    assert tzmap.Rules.parse(text).utc_offset(wall) == LiteralZone(text, 2039).at_wall(wall)


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"BEGIN:VTIMEZONE\r\nTZID:x\r\nEND:VTIMEZONE\r\n",
        one("nonsense"),
        one("20260301T000000").replace(b"TZOFFSETTO", b"X-OFFSET"),
        one("20260301T000000", "FREQ=SECONDLY"),
        one("20260301T000000", "FREQ=WEEKLY;BYDAY=SU"),
        one("20260301T000000", "BYDAY=SU"),
        one("20260301T000000", "FREQ=YEARLY;BYDAY=SU"),
        one("20260301T000000", "FREQ=YEARLY;BYDAY=XX"),
        one("20260301T000000", "FREQ=YEARLY;BYMONTH=13"),
        one("20260301T000000", "FREQ=YEARLY;BYMONTH=March"),
        one("20260301T000000", "FREQ=YEARLY;BYEASTER=0"),
        one("20260301T000000", "FREQ=YEARLY;RSCALE=CHINESE"),
        one("20260301T000000", "FREQ=YEARLY;UNTIL=tomorrow"),
        one("20260301T000000", "FREQ=YEARLY;COUNT=0"),
        one("20260301T000000", "FREQ=YEARLY;INTERVAL=0"),
        one("20260301T000000", "FREQ=MONTHLY;INTERVAL=5"),
        one("20260301T000000", "FREQ=MONTHLY;BYDAY=SU"),
        one("20260301T000000", "FREQ=YEARLY;BYHOUR=1,2,3,4,5,6,7;BYMINUTE=1,2,3,4,5"),
        b"A" * 100_001,
    ],
    ids=lambda text: text.decode()[-90:-36] if len(text) < 500 else "oversized",
)
def test_what_is_no_definition_is_refused_with_our_own_error(text: bytes) -> None:
    with pytest.raises(tzmap.BadDefinition, match=r"\w") as refused:
        tzmap.Rules.parse(text)
    assert "\n" not in str(refused.value)


def repeated(count: int, start: str, rule: str = "", extra: str = "") -> bytes:
    blocks = (observance(start, f"+0{number % 2}00", "+0000", rule=rule, extra=extra) for number in range(count))
    return vtimezone("x", *blocks)


HOSTILE = {
    "10,000 observances": repeated(10_000, "20260101T000000"),
    "as many observances as fit": repeated(512, "20260101T000000"),
    "endless rules from the year 1": repeated(8, "00010101T000000", "FREQ=YEARLY;BYMONTH=3;BYDAY=2SU"),
    "too many endless rules": repeated(80, "00010101T000000", "FREQ=YEARLY;BYMONTH=3;BYDAY=2SU"),
    "wide rules": repeated(
        12,
        "00010101T000000",
        f"FREQ=YEARLY;BYMONTH=3;BYMONTHDAY={','.join(map(str, range(1, 32)))};BYDAY=SU;BYSETPOS=1",
    ),
    "counted rules": repeated(80, "16000101T000000", "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29;COUNT=500000"),
    "counted rules without instance": repeated(
        80, "16000101T000000", "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30;COUNT=500000"
    ),
    "secondly": repeated(512, "20260101T000000", "FREQ=SECONDLY"),
    "every week of the year": repeated(
        60, "16000101T000000", "FREQ=YEARLY;BYWEEKNO=1,2,3,4;BYDAY=SU;BYSETPOS=1;UNTIL=99991231T000000Z"
    ),
    "thousands of dates": repeated(1, "20260101T000000", extra="RDATE:" + ",".join(["20260301T000000"] * 5000)),
    "as many dates as fit": repeated(
        1, "20260101T000000", extra="RDATE:" + ",".join(f"20{n % 99:02}0{n % 9 + 1}01T000000" for n in range(4000))
    ),
    "nothing but line ends": b"\r\n" * 50_000,
    "nothing but folds": b"A:" + b"\r\n " * 30_000,
    "quotes": b'A;B="' * 19_000,
    "digits": one("1" * 90_000),
    "a list of months": one("20260101T000000", "FREQ=YEARLY;BYMONTH=" + "3," * 40_000),
}


def counted_calls(work: Callable[[], object]) -> int:
    """How many function calls, of Python and of C, some work takes."""
    calls = 0

    def count(_frame: object, event: str, _argument: object) -> None:
        nonlocal calls
        calls += event in {"call", "c_call"}

    sys.setprofile(count)
    try:
        work()
    finally:
        sys.setprofile(None)
    return calls


@pytest.mark.parametrize("name", HOSTILE)
def test_no_definition_is_costly(name: str) -> None:
    """Counted in function calls, which do not depend on the machine: 300,000 take less than 50 ms on a slow one."""
    values = [datetime(1, 1, 1), datetime(1500, 1, 1), datetime(2026, 7, 1), datetime(9999, 12, 31, 23, 59)]
    tzmap.resolve("Europe/Berlin", definition=BERLIN, values=values)  # the zone's own table is built once per process
    calls = counted_calls(lambda: tzmap.resolve("Europe/Berlin", definition=HOSTILE[name], values=values))
    assert calls < 300_000


@settings(deadline=None)
@given(st.binary(max_size=300) | st.text(max_size=300).map(lambda text: text.encode("utf-8", "surrogatepass")))
def test_no_octets_raise_anything_but_our_error(octets: bytes) -> None:
    for text in (
        octets,
        BERLIN.replace(b"-1SU", octets),
        BERLIN.replace(b"16010101T030000", octets),
        BERLIN.replace(b"+0100", octets),
    ):
        try:
            tzmap.Rules.parse(text).utc_offset(datetime(2026, 7, 1))
        except tzmap.BadDefinition:
            continue


def test_what_a_definition_says_of_itself() -> None:
    rules = tzmap.Rules.parse(
        exchange("My Zone", "+0100", "+0200", extra="X-LIC-LOCATION:Europe/Berlin|X-MICROSOFT-CDO-TZID:4")
    )
    assert (rules.tzid, rules.location, rules.cdo) == ("My Zone", "Europe/Berlin", "4")
    assert rules.offsets == {HOURS, 2 * HOURS}
