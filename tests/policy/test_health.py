"""A feed's health is one of eight words, each with something to do about it."""

from datetime import UTC, datetime, timedelta

import pytest

from feedproxy.errors import FeedRefused
from feedproxy.model import Health
from feedproxy.policy.health import HEALTHS, health

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


def after(trouble: str | None, *, events: int = 7, age: timedelta | None = HOUR, protected: bool = False) -> Health:
    """Return the health after a look that ended so, when what is good is so old."""
    last_good_at = None if age is None else NOW - age
    return health(trouble, events=events, last_good_at=last_good_at, protected=protected, now=NOW, stale_after=4 * HOUR)


@pytest.mark.parametrize(
    ("trouble", "expected"),
    [
        (None, "ok"),
        ("timeout", "degraded"),
        ("status-503", "degraded"),
        ("status-401", "auth-needed"),
        ("status-403", "blocked"),
        ("egress-private", "blocked"),
        ("challenge", "blocked"),
        ("html", "not-a-calendar"),
        ("truncated", "not-a-calendar"),
        ("empty", "empty"),
        ("suddenly-empty", "empty"),
        ("sharply-shrunk", "shrunk"),
    ],
)
def test_the_reason_of_the_last_look_says_how_a_feed_is_doing(trouble: str | None, expected: Health) -> None:
    assert after(trouble) == expected


def test_what_passes_by_itself_is_stale_once_what_was_good_is_old_or_was_never_there() -> None:
    assert after("timeout", age=4 * HOUR) == "degraded"
    assert after("timeout", age=4 * HOUR + timedelta(seconds=1)) == "stale"
    assert after("timeout", age=None) == "stale"


def test_a_403_is_about_the_credentials_that_were_sent() -> None:
    assert after("status-403", protected=True) == "auth-needed"


def test_a_calendar_without_events_is_empty_though_all_is_well() -> None:
    assert after(None, events=0) == "empty"


def test_every_refusal_has_a_word_of_its_own() -> None:
    assert {after(reason) for reason in FeedRefused.REASONS} == {"empty", "not-a-calendar"}
    assert len({*HEALTHS}) == 8
