"""`python -m benchmarks.hostile [MB]`: what a hostile octet costs, as a multiple of what one of a normal feed costs.

Beside it, what it costs in a feed of a tenth of the size: as much where the cost is linear.
"""

import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from time import process_time

from benchmarks.feeds import season
from benchmarks.hostile_feeds import KINDS
from feedproxy.errors import FeedRefused
from feedproxy.transform import render

MEGABYTES = 20.0
ROUNDS = 2
NORMAL_EVENT = 685
"""Octets of one event of the normal feed."""


@dataclass(frozen=True)
class Cost:
    """The time that an octet of one kind takes: as a multiple of a normal feed's, of a smaller feed's, and in MB/s."""

    kind: str
    of_normal: float
    of_smaller: float
    speed: float


def costs(octets: int) -> Iterator[Cost]:
    """Measure each kind at that size, in turns with the normal feed; of each the least counts."""
    normal = season(octets // NORMAL_EVENT, defined=True)
    for name, kind in KINDS.items():
        bodies = normal, kind(octets // 10), kind(octets)
        rounds = [[*map(_seconds_per_octet, bodies)] for _ in range(ROUNDS)]
        usual, small, large = map(min, zip(*rounds, strict=True))
        yield Cost(name, large / usual, large / small, 1e-6 / large)


def table(megabytes: float = MEGABYTES) -> Iterator[str]:
    """Iterate over the lines of the table, the worst last."""
    yield f"| {megabytes:g} MB of | time per octet, a normal feed's = 1 | one of {megabytes / 10:g} MB = 1 | MB/s |"
    yield "| --- | --- | --- | --- |"
    for cost in sorted(costs(int(megabytes * 1e6)), key=lambda cost: cost.of_normal):
        yield f"| {cost.kind} | {cost.of_normal:.2f} | {cost.of_smaller:.2f} | {cost.speed:.0f} |"


def _seconds_per_octet(body: bytes) -> float:
    start = process_time()
    with suppress(FeedRefused):
        render(body)
    return (process_time() - start) / len(body)


if __name__ == "__main__":
    print(*table(*map(float, sys.argv[1:])), sep="\n")
