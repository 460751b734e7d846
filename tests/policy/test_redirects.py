"""Permanent redirects are believed when they are said three times, and no longer than they lead anywhere."""

import pytest

from feedproxy.policy.redirects import Moved, moved, moved_on

A, B, C = "https://a.example/1.ics", "https://b.example/2.ics", "https://c.example/3.ics"


def looks(*answers: list[tuple[int, str]]) -> Moved | None:
    known = None
    for redirects in answers:
        known = moved(known, redirects)
    return known


@pytest.mark.parametrize(
    ("answers", "remembered"),
    [
        ([[(301, A)]] * 2, None),
        ([[(301, A)]] * 3, A),
        ([[(308, A)]] * 3, A),
        ([[(301, A)], [(308, A)], [(301, A)]], A),
        ([[(301, A)]] * 9, A),
        ([[(301, A)], [(301, B)], [(301, A)], [(301, A)]], None),
        ([[(301, A)], [], [(301, A)], [(301, A)]], None),
        ([[(302, A)]] * 9, None),
        ([[(307, A)]] * 9, None),
        ([[(303, A)]] * 9, None),
        ([[]] * 9, None),
        ([[(301, A), (308, B)]] * 3, B),
        ([[(301, A), (302, B)], [(301, A), (302, C)], [(301, A)]], A),
        ([[(302, A), (301, B)]] * 3, None),
    ],
)
def test_three_equal_permanent_answers_in_a_row_are_remembered(
    answers: list[list[tuple[int, str]]], remembered: str | None
) -> None:
    known = looks(*answers)
    assert (known.target if known is not None and known.remembered else None) == remembered


@pytest.mark.parametrize(("redirects", "kept"), [([], True), ([(302, B)], True), ([(301, B)], False)])
def test_a_remembered_place_is_forgotten_when_it_moves_itself(redirects: list[tuple[int, str]], kept: bool) -> None:
    known = Moved(A, 3)
    assert moved_on(known, redirects) == (known if kept else None)
