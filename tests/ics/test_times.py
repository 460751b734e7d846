"""DATE and DATE-TIME values."""

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedproxy.ics.times import day, local, times_of, utc, wall_time, wall_times


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


def test_lists_and_periods_are_read_value_by_value() -> None:
    assert wall_times(b"20260701,20260702T100000Z/PT1H,no,20260703T000000/20260704T000000") == [
        at(2026, 7, 1),
        at(2026, 7, 2, 10),
        at(2026, 7, 3),
        at(2026, 7, 4),
    ]


@given(
    st.lists(
        st.sampled_from(
            ["20260701T100000", "20260230T100000", "20250101", "x", "20260101T000000/PT1H", "99991231T235959"]
        ),
        min_size=1,
    )
)
def test_a_list_names_as_many_times_as_can_be_read_and_its_range_holds_them(values: list[str]) -> None:
    octets = [value.encode() for value in values]
    times = wall_times(b",".join(octets))
    count, some = times_of(b",".join(octets))
    assert (min(some, default=None), max(some, default=None)) == (min(times, default=None), max(times, default=None))
    assert count == len(times) or count == len(octets)
