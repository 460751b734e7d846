"""Components: where each begins and ends in text of the normal form, and what stands in it (RFC 5545 section 3.6).

Only the boundaries are looked at. A component is the slice of the text from its BEGIN to its END, nested ones included;
its properties are read when somebody asks.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from feedproxy.errors import FeedRefused
from feedproxy.ics.contentline import ContentLine, split
from feedproxy.ics.folding import unfold

_BOUNDARY = re.compile(rb"\n(BEGIN|END):([^\r]*)\r")
_UID = re.compile(rb"\nUID(?:;[^\n]*?)?:([^\n]*(?:\n [^\n]*)*)")

SEPARATE = frozenset((b"VEVENT", b"VTODO", b"VJOURNAL", b"VFREEBUSY", b"VTIMEZONE"))
"""Kinds that stand in a VCALENDAR and in no other component: where one begins, the one before has ended."""


@dataclass(frozen=True, slots=True)
class Component:
    """A component of a VCALENDAR: its kind, its text from BEGIN to END, and which VCALENDAR of the stream it is of."""

    kind: bytes
    text: bytes
    scope: int = 0

    def own(self) -> bytes:
        """Return the text of its own properties: no boundaries, nothing of nested components."""
        inner = self.text[len(self.kind) + 8 : -(len(self.kind) + 6)]
        if b"BEGIN:" not in inner:
            return inner
        return without_nested(inner)

    def lines(self) -> Iterator[ContentLine]:
        """Iterate over its own properties, unfolded and taken apart."""
        for line in unfold(self.own()).split(b"\r\n"):
            if (content := split(line)) is not None:
                yield content

    def first(self, *names: bytes) -> ContentLine | None:
        """Return its first own property of one of these names, or None."""
        if not any(b"\n" + name in self.text for name in names):
            return None
        return next((line for line in self.lines() if line.name in names), None)

    def is_empty(self) -> bool:
        """Tell whether it says nothing at all."""
        return len(self.text) == 2 * len(self.kind) + 14

    def uid(self) -> bytes | None:
        """Return the raw value of its UID, or None."""
        match = _UID.search(self.text)
        if match is None:
            return None
        if self.text.find(b"\nBEGIN:", 0, match.start()) >= 0:
            line = self.first(b"UID")
            return line.value.strip() if line else None
        return unfold(match[1]).strip()


def without_nested(text: bytes) -> bytes:
    """Return the lines of component text that belong to no nested component."""
    kept, depth = [], 0
    for line in text.splitlines(keepends=True):
        depth += line.startswith(b"BEGIN:")
        if not depth:
            kept.append(line)
        depth -= line.startswith(b"END:")
    return b"".join(kept)


@dataclass(frozen=True, slots=True)
class Stream:
    """What a body holds: the property text of each VCALENDAR, all their components, and what had to be mended."""

    heads: tuple[bytes, ...]
    components: tuple[Component, ...]
    repairs: tuple[tuple[str, int], ...]


def parse(text: bytes) -> Stream:
    """Find the VCALENDARs and components in text of the normal form.

    Raises FeedRefused (`not-a-calendar`, `truncated`). Text outside any VCALENDAR is left out, components there are
    kept; an END that closes nothing is left out, one that is missing is put in where the next boundary shows it.
    """
    reader = _Reader(b"\r\n" + text)
    if reader.text.find(b"\nBEGIN:VCALENDAR\r") < 0:
        raise FeedRefused("not-a-calendar", "the body holds no VCALENDAR")
    return reader.read()


class _Reader:
    """One pass over the boundaries.

    `open` is the stack of the kinds that are open; `at` is where the text begins that belongs to nobody yet: to the
    head of the VCALENDAR, or to the component that is open; `pieces` is what a mended component has before that.
    """

    def __init__(self, text: bytes) -> None:
        self.text = text
        self.at = 2
        self.open: list[bytes] = []
        self.pieces: list[bytes] = []
        self.heads: list[list[bytes]] = []
        self.components: list[Component] = []
        self.repairs: dict[str, int] = {}

    def read(self) -> Stream:
        for boundary in _BOUNDARY.finditer(self.text):
            start, end, kind = boundary.start() + 1, boundary.end() + 1, boundary[2]
            if boundary[1] == b"BEGIN":
                self._begin(kind, start, end)
            elif self.open and self.open[-1] == kind:
                self._end(start, end)
            elif kind in self.open:
                while self.open[-1] != kind:
                    self._end_missing(start)
                self._end(start, end)
            else:
                self._mend("stray-end")
                self._take(start)
                self.at = end
        self._take(len(self.text))
        if self.open:
            raise FeedRefused("truncated", f"the body ends inside a {self.open[-1].decode('ascii', 'replace')}")
        return Stream(tuple(b"".join(head) for head in self.heads), tuple(self.components), tuple(self.repairs.items()))

    def _mend(self, rule: str) -> None:
        self.repairs[rule] = self.repairs.get(rule, 0) + 1

    def _inside(self) -> bool:
        """Tell whether a component is open, not just a VCALENDAR."""
        return bool(self.open) and self.open != [b"VCALENDAR"]

    def _take(self, until: int) -> None:
        """Give the text from `at` to here to whom it belongs."""
        piece = self.text[self.at : until]
        self.at = until
        if self._inside():
            self.pieces.append(piece)
        elif self.open:
            self.heads[-1].append(piece)
        elif piece:
            self._mend("outside-calendar")

    def _begin(self, kind: bytes, start: int, end: int) -> None:
        if kind == b"VCALENDAR" or kind in SEPARATE:
            while self.open and (kind == b"VCALENDAR" or self._inside()):
                self._end_missing(start)
        if not self._inside():
            self._take(start)
        if kind == b"VCALENDAR":
            self.heads.append([])
            self.at = end
        self.open.append(kind)

    def _end_missing(self, at: int) -> None:
        """Close what is open where it should have been closed."""
        self._mend("end-missing")
        self._take(at)
        if self._inside():
            self.pieces.append(b"END:" + self.open[-1] + b"\r\n")
        self._end(at, at)

    def _end(self, start: int, end: int) -> None:
        if not self._inside():
            self._take(start)
            self.open.pop()
            self.at = end
            return
        kind = self.open.pop()
        if self._inside():
            return
        if not self.open:
            self._mend("component-outside-calendar")
        text = b"".join([*self.pieces, self.text[self.at : end]])
        self.components.append(Component(kind, text, max(0, len(self.heads) - 1)))
        self.pieces = []
        self.at = end
