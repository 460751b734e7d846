"""Freshness: what upstreams say is weighed, whatever it is, and kept within the operator's bounds."""

from datetime import UTC, datetime, timedelta

import pytest

from feedproxy.policy.freshness import Bounds, Said, lasts, lifetime, retry_after_failure

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
        (Said(refresh_interval=" +p0dt0h45m "), 45),
        (Said(refresh_interval="P52W"), 60),
        (Said(refresh_interval="P"), 15),
        (Said(refresh_interval="daily"), 15),
        (Said(cache_control="public", refresh_interval="PT30M"), 30),
        (Said(cache_control='private, max-age="1800"'), 30),
        (Said(cache_control="max-age=soon"), 15),
        (Said(cache_control="max-age=1800", expires="0", date=DATE), 30),
        (Said(cache_control="max-age=1800, no-store"), 1),
        (Said(cache_control="max-age=1800", age="a while"), 30),
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


def test_feeds_of_one_lifetime_do_not_expire_together() -> None:
    spans = [lifetime(Said(), BOUNDS, source=f"feed {n}") for n in range(500)]
    assert max(spans) > BOUNDS.default * 1.05
    assert min(spans) < BOUNDS.default * 0.95


@pytest.mark.parametrize(
    ("failures", "asked", "minutes"),
    [
        (0, None, 1),
        (1, None, 1),
        (2, None, 2),
        (5, None, 16),
        (7, None, 60),
        (1_000_000, None, 60),
        (1, 120.0, 2),
        (4, 120.0, 8),
        (1, 86_400.0, 60),
        (1, 1e300, 60),
        (1, -5.0, 1),
    ],
)
def test_the_pause_after_failures_grows_and_is_what_was_asked_for_at_least(
    failures: int, asked: float | None, minutes: int
) -> None:
    pause = retry_after_failure(failures, asked, BOUNDS, source="a")
    assert 0.9 <= pause / timedelta(minutes=minutes) <= 1.1
