"""When a permanent redirect is believed: once three looks in a row were led to the same place.

301 and 308 promise that the new URL is for good (RFC 9110 sections 15.4.2 and 15.4.9), and it is saved a round trip to
go there at once. But a captive portal, a maintenance page or a slip of the publisher says the same once or twice, so
the third equal answer is waited for; and the memory is lost as soon as the place it names fails.
"""

from collections.abc import Iterable
from dataclasses import dataclass

PERMANENT = frozenset({301, 308})
EQUAL_ANSWERS = 3


@dataclass(frozen=True, slots=True)
class Moved:
    """Where a source's permanent redirects led last, as an absolute URL, and how many looks in a row they led there."""

    target: str
    times: int

    @property
    def remembered(self) -> bool:
        """Whether the next look may begin at the target."""
        return self.times >= EQUAL_ANSWERS


def moved(before: Moved | None, redirects: Iterable[tuple[int, str]]) -> Moved | None:
    """Return what is known after a look that began at the source's own URL and ended in a feed or a 304.

    `redirects` are the answers on the way, in order: the status, and the absolute URL that it pointed to. Only those
    before the first temporary one count: what a temporary redirect leads to belongs to nobody for good.
    """
    target = None
    for status, url in redirects:
        if status not in PERMANENT:
            break
        target = url
    if target is None:
        return None
    return Moved(target, before.times + 1 if before is not None and before.target == target else 1)


def moved_on(remembered: Moved, redirects: Iterable[tuple[int, str]]) -> Moved | None:
    """Return what is known after a look that began at the remembered target and ended in a feed or a 304.

    If the target has moved for good itself, the source's own URL is asked next time. After a look that failed nothing
    is known any more.
    """
    return remembered if moved(None, redirects) is None else None
