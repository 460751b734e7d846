"""What a calendar says of itself: what it is called, and how often to look whether it has changed.

NAME, DESCRIPTION and REFRESH-INTERVAL are of RFC 7986; X-WR-CALNAME, X-WR-CALDESC and X-PUBLISHED-TTL are what clients
read that do not know it.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from feedproxy.ics.text import escape


@dataclass(frozen=True, slots=True)
class Naming:
    """A title, a description, and minutes between two looks; what is empty or 0 is left to the calendar.

    The minutes are left to it also where it says something itself.
    """

    title: str = ""
    description: str = ""
    refresh_minutes: int = 0

    def of(self, head: Sequence[bytes]) -> tuple[bytes, ...]:
        """Return a calendar's properties with these in the place of its own, or beside them."""
        named = _put(head, (b"NAME", b"X-WR-CALNAME"), self.title)
        named = _put(named, (b"DESCRIPTION", b"X-WR-CALDESC"), self.description)
        if not self.refresh_minutes or any(_name(line) in _INTERVALS for line in head):
            return named
        duration = b"PT%dM" % self.refresh_minutes
        return (*named, b"REFRESH-INTERVAL;VALUE=DURATION:" + duration, b"X-PUBLISHED-TTL:" + duration)


UNNAMED = Naming()

_INTERVALS = (b"REFRESH-INTERVAL", b"X-PUBLISHED-TTL")


def _put(head: Sequence[bytes], names: tuple[bytes, ...], text: str) -> tuple[bytes, ...]:
    if not text:
        return tuple(head)
    kept = [line for line in head if _name(line) not in names]
    return (*kept, *(name + b":" + escape(text) for name in names))


def _name(line: bytes) -> bytes:
    return re.split(b"[:;]", line, maxsplit=1)[0].upper()
