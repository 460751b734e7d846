"""What a calendar is called: NAME and DESCRIPTION (RFC 7986), and X-WR-CALNAME and X-WR-CALDESC, which clients read."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from feedproxy.ics.text import escape


@dataclass(frozen=True, slots=True)
class Naming:
    """A title and a description; what is empty is left to the calendar."""

    title: str = ""
    description: str = ""

    def of(self, head: Sequence[bytes]) -> tuple[bytes, ...]:
        """Return a calendar's properties with these in the place of its own."""
        named = _put(head, (b"NAME", b"X-WR-CALNAME"), self.title)
        return _put(named, (b"DESCRIPTION", b"X-WR-CALDESC"), self.description)


UNNAMED = Naming()


def _put(head: Sequence[bytes], names: tuple[bytes, ...], text: str) -> tuple[bytes, ...]:
    if not text:
        return tuple(head)
    kept = [line for line in head if _name(line) not in names]
    return (*kept, *(name + b":" + escape(text) for name in names))


def _name(line: bytes) -> bytes:
    return re.split(b"[:;]", line, maxsplit=1)[0].upper()
