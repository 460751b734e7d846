"""A bad fetch never wipes a calendar, and a true loss is believed in the end."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedproxy.errors import FeedRefused, FetchFailed
from feedproxy.model import Held
from feedproxy.policy.publish import KeepLastGood, Publish, confirms, publish

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
HELD = Held("sharply-shrunk", "5 components after 10", 5, NOW)
counts = st.integers(0, 10**6)


@pytest.mark.parametrize(
    ("last", "new", "reason"),
    [
        (None, 0, None),
        (None, 10, None),
        (0, 0, None),
        (10, 0, "suddenly-empty"),
        (1, 0, "suddenly-empty"),
        (10, 5, "sharply-shrunk"),
        (10, 6, None),
        (10, 10, None),
        (10, 100, None),
        (2, 1, None),
    ],
)
def test_a_loss_above_the_share_keeps_the_last_good_body(last: int | None, new: int, reason: str | None) -> None:
    lost = max((last or 0) - new, 0)
    decision = publish(last, new, lost_ahead=lost, loss_share=0.4, confirmed=False)
    assert (decision.reason if isinstance(decision, KeepLastGood) else None) == reason


@given(st.none() | counts, counts, st.floats(0, 1))
def test_what_is_confirmed_is_believed(last: int | None, new: int, share: float) -> None:
    decision = publish(last, new, lost_ahead=1, loss_share=share, confirmed=True)
    doubt = publish(last, new, lost_ahead=1, loss_share=share, confirmed=False)
    assert decision == Publish(doubted=isinstance(doubt, KeepLastGood))


@given(counts, counts, st.floats(0, 1))
def test_a_feed_that_grew_is_published(last: int, more: int, share: float) -> None:
    assert publish(last, last + more, lost_ahead=last, loss_share=share, confirmed=False) == Publish()


@given(counts, counts, st.floats(0, 1))
def test_what_lies_in_the_past_is_no_loss(last: int, new: int, share: float) -> None:
    assert publish(last, new, lost_ahead=0, loss_share=share, confirmed=False) == Publish()


@given(st.integers(1, 10**6), st.floats(0, 1))
def test_a_feed_is_never_wiped_by_one_fetch(last: int, share: float) -> None:
    decision = publish(last, 0, lost_ahead=last, loss_share=share, confirmed=False)
    assert isinstance(decision, KeepLastGood)
    assert decision.doubt


@pytest.mark.parametrize(
    "failure",
    [
        FeedRefused("html", "the body is an HTML page, not a calendar"),
        FeedRefused("truncated", "the body ends inside a VEVENT"),
        FeedRefused("not-a-calendar", "the body holds no VCALENDAR"),
        FetchFailed("status-206", "host answered with status 206", upstream_status=206),
    ],
)
@pytest.mark.parametrize("confirmed", [False, True])
def test_what_is_no_calendar_is_never_published_and_the_reason_is_given(
    failure: FeedRefused | FetchFailed, confirmed: bool
) -> None:
    kept = publish(7, failure, lost_ahead=0, loss_share=1, confirmed=confirmed)
    assert kept == KeepLastGood(failure.reason, failure.message)


def test_a_refusal_says_in_one_line_what_was_lost() -> None:
    kept = publish(9, 1, lost_ahead=6, loss_share=0.4, confirmed=False)
    assert kept == KeepLastGood("sharply-shrunk", "1 component after 9, and 6 of the lost not over", doubt=True)


@pytest.mark.parametrize(
    ("events", "later", "confirmed"),
    [(5, MINUTE, True), (5, MINUTE / 2, True), (5, MINUTE / 3, False), (4, MINUTE, False), (6, MINUTE, False)],
)
def test_the_same_again_confirms_when_it_is_not_the_same_moment(events: int, later: timedelta, confirmed: bool) -> None:
    assert confirms(HELD, events, now=NOW + later, least=MINUTE) == confirmed


@pytest.mark.parametrize(("events", "confirmed"), [(4, False), (5, True), (6, True)])
def test_an_operator_accepts_what_was_held_back_and_nothing_worse(events: int, confirmed: bool) -> None:
    assert confirms(replace(HELD, accepted=True), events, now=NOW, least=MINUTE) == confirmed


@pytest.mark.parametrize("events", [4, 5, 6])
def test_what_an_operator_refused_is_never_confirmed(events: int) -> None:
    assert not confirms(replace(HELD, refused=True), events, now=NOW + 9 * MINUTE, least=MINUTE)


def test_nothing_confirms_what_was_never_doubted() -> None:
    assert not confirms(None, 0, now=NOW, least=MINUTE)
