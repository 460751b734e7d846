"""Purges wait in a bounded queue: each change once, a second time a little later, and again after what failed."""

from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from feedproxy.model import Changed
from feedproxy.purge.waiting import AGAIN_SECONDS, ATTEMPTS, FIRST_PAUSE, LONGEST_PAUSE, Waiting

A, B, C = (Changed(name, UUID(int=0)) for name in "abc")


def test_a_change_that_comes_many_times_is_sent_once() -> None:
    waiting = Waiting(10)
    for now in range(5):
        waiting.add([A], now=now)
    assert list(waiting.take(10, now=5)) == [A]
    assert waiting.take(10, now=5) == {}


def test_the_oldest_are_sent_first_and_no_more_at_once_than_asked_for() -> None:
    waiting = Waiting(10)
    waiting.add([A, B, C], now=0)
    assert list(waiting.take(2, now=0)) == [A, B]
    assert list(waiting.take(2, now=0)) == [C]


def test_the_oldest_make_room() -> None:
    waiting = Waiting(2)
    assert waiting.add([A, B, C], now=0) == 1
    assert list(waiting.take(10, now=0)) == [B, C]


def test_a_change_is_sent_a_second_time_and_that_is_all() -> None:
    waiting = Waiting(10)
    waiting.add([A], now=0)
    for change, due in waiting.take(10, now=0).items():
        waiting.sent(change, due, now=1)
    assert waiting.take(10, now=1 + AGAIN_SECONDS - 0.1) == {}
    assert waiting.next_due() == 1 + AGAIN_SECONDS
    for change, due in waiting.take(10, now=1 + AGAIN_SECONDS).items():
        waiting.sent(change, due, now=10)
    assert waiting.next_due() is None


def test_a_change_that_comes_again_before_its_second_time_is_sent_at_once() -> None:
    waiting = Waiting(10)
    waiting.add([A], now=0)
    for change, due in waiting.take(10, now=0).items():
        waiting.sent(change, due, now=0)
    waiting.add([A], now=1)
    assert list(waiting.take(10, now=1)) == [A]


def test_what_failed_is_sent_again_after_longer_and_longer_pauses_until_it_is_given_up() -> None:
    waiting = Waiting(10)
    waiting.add([A], now=0.0)
    now, pauses = 0.0, []
    while True:
        (due,) = waiting.take(10, now=now).values()
        if not waiting.failed(A, due, now=now, retry_after=None):
            break
        at = waiting.next_due()
        assert at is not None
        pauses.append(at - now)
        now = at
    assert pauses[:3] == [FIRST_PAUSE, FIRST_PAUSE * 2, FIRST_PAUSE * 4]
    assert pauses == sorted(pauses)
    assert max(pauses) <= LONGEST_PAUSE
    assert len(pauses) == ATTEMPTS - 1
    assert waiting.next_due() is None


def test_an_edge_that_asks_for_time_gets_it_within_reason() -> None:
    for asked, given_ in [(30.0, 30.0), (1e9, LONGEST_PAUSE), (0.0, FIRST_PAUSE)]:
        waiting = Waiting(10)
        waiting.add([A], now=0)
        (due,) = waiting.take(1, now=0).values()
        waiting.failed(A, due, now=0, retry_after=asked)
        assert waiting.next_due() == given_


def test_a_change_that_comes_again_does_not_hurry_an_edge_that_fails() -> None:
    waiting = Waiting(10)
    waiting.add([A], now=0)
    (due,) = waiting.take(1, now=0).values()
    waiting.failed(A, due, now=0, retry_after=60.0)
    waiting.add([A], now=1)
    assert waiting.next_due() == 60.0


def test_one_that_fails_does_not_hold_up_the_others() -> None:
    waiting = Waiting(10)
    waiting.add([A], now=0)
    (due,) = waiting.take(1, now=0).values()
    waiting.failed(A, due, now=0, retry_after=None)
    waiting.add([B], now=0)
    assert list(waiting.take(10, now=0)) == [B]


@given(st.lists(st.tuples(st.sampled_from("abcdef"), st.booleans()), max_size=60), st.integers(1, 4))
def test_whatever_happens_a_change_is_sent_after_it_came_or_has_made_room(
    steps: list[tuple[str, bool]], most: int
) -> None:
    waiting = Waiting(most)
    owed: set[Changed] = set()
    gone = 0
    for now, (name, fails) in enumerate(steps):
        change = Changed(name, UUID(int=0))
        owed.add(change)
        gone += waiting.add([change], now=now)
        for taken, due in waiting.take(1, now=now).items():
            if fails:
                waiting.failed(taken, due, now=now, retry_after=None)
            else:
                waiting.sent(taken, due, now=now)
                owed.discard(taken)
    later = waiting.take(100, now=1e9)
    assert len(owed - set(later)) <= gone
    assert len(later) <= most + 1
