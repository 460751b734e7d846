"""A minute's requests may come at once; after that, as they flow in."""

from datetime import UTC, datetime, timedelta

import pytest

from feedproxy.policy.request_rate import MINUTE, take

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def emptied(per_minute: int) -> datetime:
    full_at: datetime | None = None
    for _ in range(per_minute):
        taken = take(full_at, most=per_minute, now=NOW)
        assert isinstance(taken, datetime)
        full_at = taken
    assert full_at is not None
    return full_at


@pytest.mark.parametrize("per_minute", [1, 7, 60, 4_001])
def test_a_minutes_requests_may_come_at_once_and_the_next_has_to_wait(per_minute: int) -> None:
    wait = take(emptied(per_minute), most=per_minute, now=NOW)
    assert isinstance(wait, timedelta)
    assert timedelta(0) < wait <= MINUTE / per_minute


def test_who_waits_as_long_as_was_said_may_ask_once_more() -> None:
    full_at = emptied(60)
    assert take(full_at, most=60, now=NOW) == SECOND
    after = take(full_at, most=60, now=NOW + SECOND)
    assert isinstance(after, datetime)
    assert take(after, most=60, now=NOW + SECOND) == SECOND


def test_asking_in_vain_costs_nothing() -> None:
    full_at = emptied(60)
    assert [take(full_at, most=60, now=NOW) for _ in range(9)] == [SECOND] * 9


def test_a_bucket_fills_within_its_time() -> None:
    full_at: datetime | None = None
    for _ in range(20):
        taken = take(full_at, most=20, within=4 * SECOND, now=NOW)
        assert isinstance(taken, datetime)
        full_at = taken
    assert full_at == NOW + 4 * SECOND
    assert take(full_at, most=20, within=4 * SECOND, now=NOW) == SECOND / 5


def test_what_was_not_asked_for_hours_is_not_saved_up() -> None:
    later = NOW + 5 * 60 * MINUTE
    assert take(emptied(60), most=60, now=later) == take(None, most=60, now=later) == later + SECOND


def test_a_clock_that_is_set_back_locks_nobody_out() -> None:
    assert isinstance(take(emptied(60), most=60, now=NOW - MINUTE), datetime)
