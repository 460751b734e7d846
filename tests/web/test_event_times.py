"""The right time: whatever form a client writes, the record stands for the same instant or the same days."""

# ruff: noqa: DTZ001 - a wall-clock time has no zone

from datetime import UTC, date, datetime, timedelta, timezone
from importlib import resources
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedproxy.web.event_times import Span, read_time, timed, wall_time, whole_days

SYDNEY = "Australia/Sydney"
NEW_YORK = "America/New_York"
ZONES = st.sampled_from(
    [
        SYDNEY,
        NEW_YORK,
        "Europe/London",
        "Asia/Kolkata",
        "Pacific/Apia",
        "Africa/Casablanca",
        "Australia/Lord_Howe",
        "Etc/UTC",
    ]
)
INSTANTS = st.datetimes(datetime(1971, 1, 1), datetime(2090, 1, 1), timezones=st.just(UTC)).map(
    lambda instant: instant.replace(microsecond=0)
)


def reference(zone: str) -> ZoneInfo:
    """Read the zone by a second reader, from the same package: the host's files may be of another edition."""
    with resources.files("tzdata").joinpath("zoneinfo", *zone.split("/")).open("rb") as file:
        return ZoneInfo.from_file(file, key=zone)


def plus(hours: int) -> timezone:
    return timezone(timedelta(hours=hours))


class TestIso8601:
    @pytest.mark.parametrize(
        ("text", "value"),
        [
            ("2018-10-24T16:33:00", datetime(2018, 10, 24, 16, 33)),
            ("2018-10-24 16:33:00", datetime(2018, 10, 24, 16, 33)),
            ("2018-10-24t16:33:07", datetime(2018, 10, 24, 16, 33, 7)),
            ("2018-10-24T16:33", datetime(2018, 10, 24, 16, 33)),
            ("2018-10-24", datetime(2018, 10, 24)),
            (" 2018-10-24T16:33:00\n", datetime(2018, 10, 24, 16, 33)),
            ("20181024T163300", datetime(2018, 10, 24, 16, 33)),
            ("20181024", datetime(2018, 10, 24)),
            ("2018-10-24T24:00:00", datetime(2018, 10, 25)),
            ("2018-10-24T16:33:00Z", datetime(2018, 10, 24, 16, 33, tzinfo=UTC)),
            ("2018-10-24T16:33:00z", datetime(2018, 10, 24, 16, 33, tzinfo=UTC)),
            ("2018-10-24T16:33:00+10", datetime(2018, 10, 24, 16, 33, tzinfo=plus(10))),
            ("2018-10-24T16:33:00+10:00", datetime(2018, 10, 24, 16, 33, tzinfo=plus(10))),
            ("2018-10-24T16:33:00+1000", datetime(2018, 10, 24, 16, 33, tzinfo=plus(10))),
            ("2018-10-24T16:33:00-09:30", datetime(2018, 10, 24, 16, 33, tzinfo=timezone(-timedelta(hours=9.5)))),
            ("2018-10-24 16:33:00 -05:00", datetime(2018, 10, 24, 16, 33, tzinfo=plus(-5))),
            ("2018-10-24T16:33:00.1234567+10", datetime(2018, 10, 24, 16, 33, tzinfo=plus(10))),
            *[("2018-10-24T16:33:59." + "9876543"[:n], datetime(2018, 10, 24, 16, 33, 59)) for n in range(1, 8)],
            ("2018-10-24T16:33:59,9Z", datetime(2018, 10, 24, 16, 33, 59, tzinfo=UTC)),
            ("2020-02-29", datetime(2020, 2, 29)),
            ("0002-01-01", datetime(2, 1, 1)),
            ("9998-12-31T23:59:59", datetime(9998, 12, 31, 23, 59, 59)),
        ],
    )
    def test_is_read_in_every_form(self, text: str, value: datetime) -> None:
        read = read_time(text)
        assert (read, read.utcoffset()) == (value, value.utcoffset())

    @pytest.mark.parametrize(
        "text",
        [
            "", "now", "2018", "2018-10", "2018-W43-3", "24/10/2018", "10/24/2018 16:33", "2018-10-24T", "1540369980",
            "2018-10-24T16:33:00+", "2018-10-24T16:33:00.Z", "2018-10-24T16:3", "2018-10-24T16:33:00 Europe/Berlin",
            "2018-13-01", "2018-02-30", "2019-02-29", "2018-10-24T25:00", "2018-10-24T16:60", "2018-10-24T16:33:61",
            "2018-10-24T24:00:01", "2018-10-24T16:33:00+25:00", "2018-10-24\x0016:33", "-2018-10-24", "٢٠١٨-10-24",
            "0000-01-01", "0001-01-01", "9999-12-31", "9999-12-31T24:00", "10000-01-01",
        ],
    )  # fmt: skip
    def test_is_refused_when_it_is_none_or_off_the_calendar(self, text: str) -> None:
        with pytest.raises(ValueError, match=r"^is not "):
            read_time(text)

    @given(st.text() | st.from_regex(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}([+-][0-9]{2}:?[0-9]{2})?"))
    def test_of_any_text_raises_nothing_else(self, text: str) -> None:
        try:
            assert 2 <= read_time(text).year <= 9998
        except ValueError as error:
            assert str(error).startswith("is not ")  # noqa: PT017 # any other text comes from somewhere else

    @given(st.datetimes(datetime(2, 1, 1), datetime(9998, 12, 31), timezones=st.sampled_from([None, plus(-11)])))
    def test_is_what_python_writes(self, value: datetime) -> None:
        assert read_time(value.isoformat()) == value.replace(microsecond=0)
        assert read_time(value.isoformat(" ", timespec="milliseconds")) == value.replace(microsecond=0)


class TestTimes:
    def test_without_an_offset_are_the_zones(self) -> None:
        start, end = datetime(2018, 10, 24, 16, 33), datetime(2018, 10, 24, 17, 33)
        assert timed(start, end, SYDNEY) == Span(start, end, SYDNEY)

    def test_without_an_end_end_as_they_start(self) -> None:
        start = datetime(2018, 10, 24, 16, 33)
        assert timed(start, None, SYDNEY) == timed(start, start, SYDNEY) == Span(start, start, SYDNEY)

    def test_with_an_offset_are_shown_in_the_zone(self) -> None:
        start = datetime(2018, 10, 24, 6, 0, tzinfo=UTC)
        expected = Span(datetime(2018, 10, 24, 17, 0), datetime(2018, 10, 24, 18, 0), SYDNEY)
        assert timed(start, start + timedelta(hours=1), SYDNEY) == expected
        assert timed(start, datetime(2018, 10, 24, 18, 0), SYDNEY) == expected, "the end is as the zone's clocks show"

    def test_with_an_offset_and_no_zone_are_in_utc(self) -> None:
        start = datetime(2018, 10, 24, 16, 0, tzinfo=plus(10))
        expected = Span(datetime(2018, 10, 24, 6, 0), datetime(2018, 10, 24, 7, 0), "Etc/UTC")
        assert timed(start, datetime(2018, 10, 24, 17, 0, tzinfo=plus(10)), None) == expected
        assert timed(start, datetime(2018, 10, 24, 17, 0), None) == expected, "the end is in the start's offset"

    @pytest.mark.parametrize("hour", [0, 2, 3, 23])
    def test_that_end_before_they_start_are_refused(self, hour: int) -> None:
        start = datetime(2026, 3, 8, hour, 30, tzinfo=plus(-5))
        for end in start - timedelta(seconds=1), (start - timedelta(seconds=1)).astimezone(UTC):
            for zone in NEW_YORK, None:
                with pytest.raises(ValueError, match="before start"):
                    timed(start, end, zone)
        with pytest.raises(ValueError, match="before start"):
            timed(start.replace(tzinfo=None), start.replace(tzinfo=None) - timedelta(seconds=1), NEW_YORK)

    def test_in_the_second_of_two_equal_hours_are_kept_in_utc(self) -> None:
        """New York's clocks show 01:30 at 05:30Z and at 06:30Z; DTSTART;TZID can only say the first."""
        first, second = datetime(2026, 11, 1, 5, 30, tzinfo=UTC), datetime(2026, 11, 1, 6, 30, tzinfo=UTC)
        shown = datetime(2026, 11, 1, 1, 30)
        assert timed(first, first, NEW_YORK) == Span(shown, shown, NEW_YORK)
        assert timed(second, None, NEW_YORK) == Span(
            second.replace(tzinfo=None), second.replace(tzinfo=None), "Etc/UTC"
        )
        assert timed(first, second, NEW_YORK) == Span(
            first.replace(tzinfo=None), second.replace(tzinfo=None), "Etc/UTC"
        )

    def test_that_no_clock_shows_stay_as_they_were_written(self) -> None:
        skipped, after = datetime(2026, 3, 8, 2, 30), datetime(2026, 3, 8, 3, 0)
        assert timed(skipped, after, NEW_YORK) == Span(skipped, after, NEW_YORK)

    @given(ZONES, INSTANTS, st.timedeltas(timedelta(0), timedelta(days=200)), st.integers(-14, 14))
    def test_always_stand_for_the_instants_that_were_sent(
        self, zone: str, start: datetime, duration: timedelta, hours: int
    ) -> None:
        end = start + timedelta(seconds=int(duration.total_seconds()))
        span = timed(start.astimezone(plus(hours)), end, zone)
        assert isinstance(span.start, datetime)
        assert isinstance(span.end, datetime)
        read_back = [wall.replace(tzinfo=reference(span.zone)).astimezone(UTC) for wall in (span.start, span.end)]
        assert read_back == [start, end]

    @given(ZONES, INSTANTS)
    def test_are_what_a_clock_in_the_zone_shows(self, zone: str, instant: datetime) -> None:
        assert wall_time(instant, zone) == instant.astimezone(reference(zone)).replace(tzinfo=None)


class TestWholeDays:
    @pytest.mark.parametrize(
        ("end", "after"),
        [
            pytest.param(None, date(2018, 10, 25), id="no end: one day"),
            pytest.param(datetime(2018, 10, 24), date(2018, 10, 25), id="the same midnight: one day"),
            pytest.param(datetime(2018, 10, 25), date(2018, 10, 25), id="the next midnight: exclusive"),
            pytest.param(datetime(2018, 10, 27), date(2018, 10, 27), id="a later midnight: exclusive"),
            pytest.param(datetime(2018, 10, 24, 23, 59), date(2018, 10, 25), id="a time of the same day: one day"),
            pytest.param(datetime(2018, 10, 26, 0, 1), date(2018, 10, 27), id="a time of a later day: that day too"),
        ],
    )
    def test_end_as_the_contract_says(self, end: datetime | None, after: date) -> None:
        for start in datetime(2018, 10, 24), datetime(2018, 10, 24, 16, 33):
            assert whole_days(start, end, SYDNEY) == Span(date(2018, 10, 24), after, SYDNEY)

    def test_that_end_on_an_earlier_day_are_refused(self) -> None:
        with pytest.raises(ValueError, match="before start"):
            whole_days(datetime(2018, 10, 24), datetime(2018, 10, 23, 23, 59), SYDNEY)

    def test_with_an_offset_are_the_zones_days(self) -> None:
        start = datetime(2018, 10, 23, 20, 0, tzinfo=UTC)
        assert whole_days(start, None, SYDNEY) == Span(date(2018, 10, 24), date(2018, 10, 25), SYDNEY)
        assert whole_days(start, start + timedelta(hours=17), SYDNEY).end == date(2018, 10, 25), "midnight there"

    def test_with_an_offset_and_no_zone_are_the_days_as_written(self) -> None:
        start = datetime(2018, 10, 24, 0, 0, tzinfo=plus(10))
        assert whole_days(start, None, None) == Span(date(2018, 10, 24), date(2018, 10, 25), "Etc/UTC")
        assert whole_days(start, datetime(2018, 10, 25, 14, 0, tzinfo=UTC), None).end == date(2018, 10, 26)

    @given(ZONES, INSTANTS)
    def test_hold_the_day_that_a_calendar_in_the_zone_shows(self, zone: str, instant: datetime) -> None:
        assert whole_days(instant, None, zone).start == instant.astimezone(reference(zone)).date()
