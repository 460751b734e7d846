"""No input costs more than its size: four times the octets take about four times the work.

Calls are counted by the interpreter's profiler, those of C too. What one call costs cannot be seen that way, so the
ratio of processor times is looked at as well, with a bound that is far from linear and far from quadratic.
`python -m benchmarks.hostile` measures the same kinds at 20 MB.
"""

import sys
import time
from contextlib import suppress
from types import FrameType

import pytest

from benchmarks.hostile_feeds import KINDS
from feedproxy.errors import FeedRefused
from feedproxy.transform import render


def work(body: bytes) -> int:
    """Count what the interpreter does: each call of a function, of Python or of C."""
    count = 0

    def observe(frame: FrameType, what: str, argument: object) -> None:
        nonlocal count
        count += 1

    sys.setprofile(observe)
    try:
        with suppress(FeedRefused):
            render(body)
    finally:
        sys.setprofile(None)
    return count


def seconds(body: bytes, runs: int) -> float:
    """Return the least processor time of a few runs."""
    least = float("inf")
    for _ in range(runs):
        start = time.process_time()
        with suppress(FeedRefused):
            render(body)
        least = min(least, time.process_time() - start)
    return least


@pytest.mark.parametrize("kind", KINDS)
def test_four_times_the_octets_are_four_times_the_calls(kind: str) -> None:
    with suppress(FeedRefused):
        render(KINDS[kind](5_000))
    small, large = KINDS[kind](10_000), KINDS[kind](40_000)
    few = work(small)  # first, for what is remembered of the large one would be known of the small one
    assert work(large) < 6 * few + 500


@pytest.mark.parametrize("kind", KINDS)
def test_eight_times_the_octets_are_far_from_64_times_the_time(kind: str) -> None:
    small, large = KINDS[kind](40_000), KINDS[kind](320_000)
    assert seconds(large, 2) < 24 * max(seconds(small, 4), 0.0005)
