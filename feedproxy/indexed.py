"""Bodies that are indexed: what the feeds of each have in common, in memory as far as there is room."""

import asyncio
from dataclasses import dataclass

from cachetools import LRUCache

from feedproxy.transform import Shared

LARGE = 100_000
"""Octets from which a body is worked on in a thread: it would hold the event loop for more than a millisecond."""

BODIES = 64
"""Of how many bodies at most it is kept what their feeds have in common: a small one is soon read again."""
INDEXED = 3
"""Octets that it takes for each octet of a body (measured: 1.1 to 3)."""

_AT_ONCE = 256
"""So many components, or runs of them, are let go of in one step."""


@dataclass(frozen=True, slots=True)
class Indexed:
    """What the feeds of a body have in common, and the SHA-256 of the one without any overlay."""

    shared: Shared
    rendered: bytes

    @property
    def octets(self) -> int:
        """What it takes in memory."""
        return INDEXED * self.shared.base.octets_in


class IndexedBodies(LRUCache[bytes, Indexed]):
    """By the SHA-256 of the body. They may take so many octets, but for one body."""

    def __init__(self, most: int) -> None:
        super().__init__(most, getsizeof=lambda indexed: min(max(indexed.octets, most // BODIES), most))

    def popitem(self) -> tuple[bytes, Indexed]:
        """Make room, in a thread if what goes is large. Within an event loop only."""
        key, indexed = super().popitem()
        if indexed.shared.base.octets_in >= LARGE:
            asyncio.get_running_loop().run_in_executor(None, _let_go, [indexed])
        return key, indexed


def _let_go(held: list[Indexed]) -> None:
    """Let go of what is held, little by little: all threads wait while the memory of one object is given back.

    Of a body of 20 MB that would be 7 to 22 ms.
    """
    for parts in held.pop().shared.parts():
        while parts:
            del parts[-_AT_ONCE:]
