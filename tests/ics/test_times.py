"""DATE and DATE-TIME values."""

import re
from datetime import UTC, date, datetime, timedelta, timezone
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedproxy.ics import automata
from feedproxy.ics.times import are_times, day, local, parted, times_among, times_of, utc, wall_time, wall_times


def at(*parts: int) -> datetime:
    return datetime(*parts)  # type: ignore[arg-type] # noqa: DTZ001


@given(st.datetimes().map(lambda time: time.replace(microsecond=0)))
def test_a_time_is_read_as_it_was_written(time: datetime) -> None:
    assert wall_time(local(time)) == time
    assert wall_time(utc(time.replace(tzinfo=UTC))) == time
    assert wall_time(day(time.date())) == at(*time.timetuple()[:3])


def test_an_instant_is_written_in_utc() -> None:
    assert utc(datetime(2026, 7, 1, 2, tzinfo=timezone(timedelta(hours=5, minutes=30)))) == b"20260630T203000Z"


def test_early_years_have_four_digits() -> None:
    assert local(at(7, 1, 2)) == b"00070102T000000"
    assert day(date(970, 1, 2)) == b"09700102"


@pytest.mark.parametrize(
    ("value", "time"),
    [
        (b" 20260701T100000Z ", at(2026, 7, 1, 10)),
        (b"20260701", at(2026, 7, 1)),
        (b"20161231T235960Z", at(2016, 12, 31, 23, 59, 59)),
        (b"20260701T100099", at(2026, 7, 1, 10, 0, 59)),
        (b"20260230", None),
        (b"20260701T240000", None),
        (b"20260701T1000", None),
        (b"20260701T250000", None),
        (b"00000101", None),
        (b"2026-07-01", None),
        (b"", None),
    ],
)
def test_only_times_are_times(value: bytes, time: datetime | None) -> None:
    assert wall_time(value) == time


@given(
    st.lists(
        st.from_regex(
            rb"[ \t\r\n]?[0129]{3}[0-9]0[0-9][0-3][0-9](T[0-2][0-9][0-6]0[0-9]{1,3})?[Z1]?[ \r]?x?", fullmatch=True
        )
    )
)
def test_times_are_found_among_others_as_each_is_read(values: list[bytes]) -> None:
    assert times_among(values) == [value.strip() for value in values if wall_time(value) is not None]


def test_a_long_list_with_leap_seconds_is_read() -> None:
    assert wall_times(b"20161231T235960,20170101T000000,20170101T000099") == [
        at(2016, 12, 31, 23, 59, 59),
        at(2017, 1, 1),
        at(2017, 1, 1, 0, 0, 59),
    ]


def test_lists_and_periods_are_read_value_by_value() -> None:
    assert wall_times(b"20260701,20260702T100000Z/PT1H,no,20260703T000000/20260704T000000") == [
        at(2026, 7, 1),
        at(2026, 7, 2, 10),
        at(2026, 7, 3),
        at(2026, 7, 4),
    ]


VALUES = st.lists(
    st.sampled_from(
        [
            "20260701T100000",
            "20260701T100000Z",
            " 20280229T100060 ",
            "20250101",
            "20260101T000000/PT1H",
            "99991231T235959",
            "20260229T100000",
            "00000101",
            "20260701T240000",
            "20260701 T100000",
            "x",
            "",
        ]
    ),
    min_size=1,
).map(lambda values: ",".join(values).encode())


@given(VALUES)
def test_a_list_of_times_names_as_many_as_can_be_read_and_two_between_which_they_lie(value: bytes) -> None:
    times = wall_times(value)
    written = [part for part in value.replace(b"/", b",").split(b",") if not part.startswith(b"P")]
    assert are_times(value) == (len(times) == len(written))
    if are_times(value):
        count, some = times_of(value)
        assert (count, min(some), max(some)) == (len(times), min(times), max(times))


@given(st.lists(st.sampled_from([b"20260701T100000", b"20250101", b"20161231T235960", b"20260701T2400"]), min_size=1))
def test_a_list_of_times_is_read_as_each_of_them_by_itself(values: list[bytes]) -> None:
    times = [time for value in values if (time := wall_time(value)) is not None]
    assert wall_times(b",".join(values)) == wall_times(b"/".join(values)) == times


def test_of_durations_alone_nothing_is_a_time() -> None:
    assert are_times(b"PT1H,P1D")
    assert times_of(b"PT1H,P1D") == (0, [])


@given(VALUES)
def test_times_in_utc_are_parted_from_those_that_are_not(value: bytes) -> None:
    values = value.split(b",")
    in_utc = [each for each in values if re.match(rb"\s*\d{8}T\d{6}Z", each)]
    others = [each for each in values if each not in in_utc]
    assert parted(value) == (b",".join(others) if others else None, b",".join(in_utc))


def test_without_an_automaton_the_same_is_told() -> None:
    """As in a browser, where there is no RE2."""
    with patch.object(automata, "re2", None):
        slowly = automata.whole(rb"a*+b?+c++")
    quickly = automata.whole(rb"a*+b?+c++")
    for text in (b"aabcc", b"c", b"ab", b"", b"abbc"):
        assert slowly(text) == quickly(text) == (text in {b"aabcc", b"c"})
