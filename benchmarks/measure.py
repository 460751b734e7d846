"""CPU time, measured so that two things can be compared on a machine that does other things as well."""

from collections.abc import Callable
from time import process_time

ROUNDS = 8
IN_A_ROW = 5
"""So often each does its work when it has its turn: the first time finds the caches full of what others worked on."""


def interleaved(*works: Callable[[], object], rounds: int = ROUNDS) -> list[float]:
    """Return the least CPU time of each in seconds; they take turns, so that a noisy moment hits them all.

    A work that measures itself, in a process of its own say, returns its time as a float; all others return no float.
    """
    least = [float("inf")] * len(works)
    for _ in range(rounds):
        for n, work in enumerate(works):
            for _ in range(IN_A_ROW):
                start = process_time()
                said = work()
                taken = process_time() - start
                least[n] = min(least[n], said if isinstance(said, float) else taken)
    return least
