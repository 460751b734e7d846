"""On which processor the maker of pages works: on one at a time.

What runs when a processor is idle is moved to the next that falls idle, thousands of times a second where all are half
busy, and each time those wait who want the two: feeds took 2.6 times as long (p99), and no longer beside a maker that
stays where it is.
"""

import os
import signal
import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

EVERY = 0.25
"""So often, in seconds, it is seen whether it gets on there."""
LEAST = 0.05
"""The share of that time which it must have been given: else it may go elsewhere, until it has."""
_THREADS = Path("/proc/self/task")
_PROCESSOR = 36
"""Where `/proc/self/stat` has the processor, counted behind the name of the program (proc(5): field 39)."""


@contextmanager
def one_processor() -> Iterator[None]:
    """Stay on the processor where this runs, all threads, as long as they get on there. In the main thread only.

    Where processors cannot be chosen, nothing is done.
    """
    if not _THREADS.exists() or len(os.sched_getaffinity(0)) == 1:
        yield
        return
    place = Place()
    before = signal.signal(signal.SIGALRM, lambda *_: place.look())
    timer = signal.setitimer(signal.ITIMER_REAL, EVERY, EVERY)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
        signal.setitimer(signal.ITIMER_REAL, *timer)
        place.leave()


class Place:
    """The processor where this process runs, and those where it may."""

    def __init__(self) -> None:
        self._allowed = os.sched_getaffinity(0)
        self._used = time.process_time()
        _allow({_here()})

    def look(self) -> None:
        """Stay, if it has got on since the last look; else let it go anywhere."""
        used, self._used = self._used, time.process_time()
        gets_on = self._used - used >= LEAST * EVERY
        _allow({_here()} if gets_on else self._allowed)

    def leave(self) -> None:
        """Let it go anywhere."""
        _allow(self._allowed)


def _here() -> int:
    return int(Path("/proc/self/stat").read_text().rpartition(") ")[2].split()[_PROCESSOR])


def _allow(processors: Collection[int]) -> None:
    for thread in _THREADS.iterdir():
        with suppress(ProcessLookupError):  # it has ended
            os.sched_setaffinity(int(thread.name), processors)
