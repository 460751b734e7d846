"""A bad fetch never wipes a calendar, and a true loss is believed in the end."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedproxy.policy.publish import KeepLastGood, Publish, publish


@pytest.mark.parametrize(
    ("last", "new", "decision"),
    [
        (None, 0, Publish()),
        (None, 10, Publish()),
        (0, 0, Publish()),
        (10, 0, KeepLastGood("suddenly-empty")),
        (1, 0, KeepLastGood("suddenly-empty")),
        (10, 5, KeepLastGood("sharply-shrunk")),
        (10, 6, Publish()),
        (10, 10, Publish()),
        (10, 100, Publish()),
        (2, 1, Publish()),
    ],
)
def test_a_loss_above_the_share_keeps_the_last_good_body(
    last: int | None, new: int, decision: Publish | KeepLastGood
) -> None:
    assert publish(last, new, loss_share=0.4, confirmed=False) == decision


@given(st.none() | st.integers(0, 10**6), st.integers(0, 10**6), st.floats(0, 1))
def test_what_came_twice_is_believed(last: int | None, new: int, share: float) -> None:
    assert publish(last, new, loss_share=share, confirmed=True) == Publish()


@given(st.integers(0, 10**6), st.integers(0, 10**6), st.floats(0, 1))
def test_a_feed_that_grew_is_published(last: int, more: int, share: float) -> None:
    assert publish(last, last + more, loss_share=share, confirmed=False) == Publish()


@given(st.integers(1, 10**6), st.floats(0, 1))
def test_a_feed_is_never_wiped_by_one_fetch(last: int, share: float) -> None:
    assert publish(last, 0, loss_share=share, confirmed=False) == KeepLastGood("suddenly-empty")
