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
        (Said(refresh_interval="PT5M"), 5),
        (Said(refresh_interval="PT5S"), 1),
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
        (Said(cache_control="public", expires="Sat, 21 Nov 2026 12:30:00 GMT", date=DATE), 30),
        (Said(cache_control="max-age=soon", expires="Sat, 21 Nov 2026 12:30:00 GMT", date=DATE), 30),
        (Said(expires="Sat, 21 Nov 2026 12:30:00 GMT", date=DATE, age="600"), 20),
        (Said(expires="Sat, 21 Nov 2026 12:30:00 GMT", refresh_interval="PT45M", date=DATE), 30),
        (Said(cache_control="max-age=300", refresh_interval="PT45M"), 5),
        (Said(cache_control="MAX-AGE=1800"), 30),
        (Said(cache_control="s-maxage=1800, max-age=60"), 30),
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


def test_bounds_may_be_as_tight_as_one_second() -> None:
    second = timedelta(seconds=1)
    bounds = Bounds(second, second, second)
    for said in (
        Said(),
        Said(cache_control="max-age=3600"),
        Said(refresh_interval="P1D"),
        Said(cache_control="no-store"),
    ):
        assert 0.9 <= lifetime(said, bounds, source="a") / second <= 1.1
    assert 0.9 <= retry_after_failure(9, "timeout", 3600.0, bounds, source="a") / second <= 1.1


@pytest.mark.parametrize(
    ("failures", "reason", "asked", "minutes"),
    [
        (0, "timeout", None, 1),
        (1, "timeout", None, 1),
        (2, "timeout", None, 2),
        (5, "connect", None, 16),
        (7, "status-500", None, 60),
        (1_000_000, "dns", None, 60),
        (1, "status-503", 120.0, 2),
        (4, "status-429", 120.0, 8),
        (1, "status-429", 86_400.0, 60),
        (1, "status-503", 1e300, 60),
        (1, "status-503", -5.0, 1),
        (1, "html", None, 1),
        (1, "truncated", None, 1),
        (1, "broken-body", None, 1),
        (1, "status-404", None, 15),
        (2, "status-410", None, 30),
        (3, "status-403", None, 60),
        (1, "status-404", 1800.0, 30),
        (1, "tls", None, 15),
        (1, "egress-private", None, 15),
        (1, "too-large", None, 15),
        (1, "https-to-http", None, 15),
    ],
)
def test_the_pause_after_failures_grows_by_their_class_and_is_what_was_asked_for_at_least(
    failures: int, reason: str, asked: float | None, minutes: int
) -> None:
    pause = retry_after_failure(failures, reason, asked, BOUNDS, source="a")
    assert 0.9 <= pause / timedelta(minutes=minutes) <= 1.1
