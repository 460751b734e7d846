"""Guessing is slow, and nobody is locked out by a neighbour's app that has an old password."""

from datetime import UTC, datetime, timedelta

from feedproxy.policy.guesses import WINDOW, Guesses, attempt

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def tried(*passwords: bytes) -> Guesses:
    known = Guesses(NOW, frozenset())
    for password in passwords:
        after = attempt(known, password, most=3, now=NOW)
        assert isinstance(after, Guesses)
        known = after
    return known


def test_so_many_passwords_may_be_tried_and_the_next_has_to_wait_for_the_window_to_end() -> None:
    full = tried(b"1", b"2", b"3")
    assert attempt(full, b"4", most=3, now=NOW + MINUTE) == WINDOW - MINUTE
    assert attempt(full, b"4", most=3, now=NOW + WINDOW) == Guesses(NOW + WINDOW, frozenset({b"4"}))


def test_the_first_password_opens_the_window() -> None:
    assert attempt(None, b"1", most=3, now=NOW) == Guesses(NOW, frozenset({b"1"}))


def test_the_same_password_again_is_no_new_guess() -> None:
    assert tried(*[b"1"] * 100) == tried(b"1")
    full = tried(b"1", b"2", b"3")
    assert attempt(full, b"2", most=3, now=NOW + MINUTE) == full


def test_a_password_that_was_good_makes_room() -> None:
    room = tried(b"1", b"2", b"3").without(b"2")
    assert isinstance(attempt(room, b"4", most=3, now=NOW), Guesses)


def test_a_clock_that_is_set_back_locks_nobody_out() -> None:
    assert isinstance(attempt(tried(b"1", b"2", b"3"), b"4", most=3, now=NOW - MINUTE), Guesses)
