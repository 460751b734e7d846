"""Freshness: what upstreams say is weighed, whatever it is, and kept within the operator's bounds."""

from datetime import UTC, datetime, timedelta

import pytest

from feedproxy.policy.freshness import Bounds, Said, lasts, lifetime

BOUNDS = Bounds(timedelta(minutes=15), timedelta(minutes=1), timedelta(hours=1))
NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
DATE = "Sat, 21 Nov 2026 12:00:00 GMT"


@pytest.mark.parametrize(
    ("said", "minutes"),
    [
        (Said(), 15),
        (Said(cache_control="max-age=1800"), 30),
        (Said(cache_control="max-age=1800", age="600"), 20),
        (Said(cache_control="max-age=60, s-maxage=1800"), 30),
        (Said(cache_control="no-cache"), 1),
        (Said(cache_control="max-age=" + "9" * 5_000), 60),
        (Said(cache_control="max-age=1800", age="9" * 5_000), 1),
        (Said(expires="Sat, 21 Nov 2026 12:30:00 GMT", date=DATE), 30),
        (Said(expires="Sat, 21 Nov 2026 12:30:00 -0000", date=DATE), 30),
        (Said(expires="Sat, 21 Nov 99999999999999999999 12:30:00 GMT", date=DATE), 1),
        (Said(expires="0", date=DATE), 1),
        (Said(refresh_interval="PT30M"), 30),
        (Said(refresh_interval="PT5M"), 15),
    ],
)
def test_the_lifetime_is_what_was_said_within_the_bounds_and_a_tenth(said: Said, minutes: int) -> None:
    span = lifetime(said, BOUNDS, source="a")
    assert 0.9 <= span / timedelta(minutes=minutes) <= 1.1
    assert span == lifetime(said, BOUNDS, source="a"), "no chance in it"
    assert lasts(NOW + span, BOUNDS, now=NOW)


def test_a_lifetime_ends_and_none_is_longer_than_the_bounds_allow() -> None:
    assert not lasts(NOW, BOUNDS, now=NOW)
    assert lasts(NOW + timedelta(minutes=66), BOUNDS, now=NOW)
    assert not lasts(NOW + timedelta(minutes=67), BOUNDS, now=NOW), "the clock was set back"
