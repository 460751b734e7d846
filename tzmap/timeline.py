"""The offset from UTC as a function of wall-clock time.

A wall-clock time in a gap is read with the offset before the gap, and one that occurs twice is the first
occurrence (RFC 5545 3.3.5). Both follow from one rule: an onset at UTC instant `u` that changes offset `a` into
`b` takes effect at wall-clock time `u + max(a, b)`.
"""

from bisect import bisect_right
from collections.abc import Iterable
from itertools import pairwise


class Timeline:
    """Offsets (seconds east of UTC) by wall-clock time (seconds), constant between the `walls`.

    >>> Timeline(3600, [(0, 7200)]).at(7199), Timeline(3600, [(0, 7200)]).at(7200)
    (3600, 7200)
    """

    __slots__ = ("offsets", "walls")

    def __init__(self, first: int, onsets: Iterable[tuple[int, int]]) -> None:
        """Take the offset before every onset, and (UTC instant, new offset) in order of time."""
        self.walls: list[int] = []
        self.offsets = [first]
        latest: int | None = None
        for instant, offset in onsets:
            before = self.offsets[-1]
            if offset == before:
                continue
            wall = instant + max(before, offset)
            latest = wall if latest is None else max(wall, latest)
            self.walls.append(latest)
            self.offsets.append(offset)

    def at(self, wall: int) -> int:
        """Return the offset at a wall-clock time."""
        return self.offsets[bisect_right(self.walls, wall)]

    def between(self, first: int, last: int) -> set[int]:
        """Every offset in force at some wall-clock time from `first` to `last`."""
        return set(self.offsets[bisect_right(self.walls, first) : bisect_right(self.walls, last) + 1])

    def differences(self, other: "Timeline", first: int, last: int) -> list[tuple[int, int]]:
        """Return the wall-clock stretches [start, end) from `first` to `last` in which the two functions differ."""
        cuts = {first, last + 1}
        for line in (self, other):
            cuts.update(line.walls[bisect_right(line.walls, first) : bisect_right(line.walls, last)])
        return [(a, b) for a, b in pairwise(sorted(cuts)) if self.at(a) != other.at(a)]
