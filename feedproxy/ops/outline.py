"""A body as it came, in lines that know their places: what `explain`, `diff` and `lint` point at.

The transform has no need of places and keeps none, so the body is read here a second time, in the simplest way:
logical lines, and which component each is of. Nothing is mended; what does not fit is passed over as the transform
does (`feedproxy.ics.components`), and noted.
"""

import codecs
import re
from bisect import bisect
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import compress
from typing import NamedTuple

from feedproxy.ics.components import SEPARATE
from feedproxy.ics.contentline import LINE_START, ContentLine, split
from feedproxy.ics.normal import wide_encoding

_END = rb"(?:\r\n|\r|\n)"
_LOGICAL = re.compile(rb"END++|[^\r\n]++(?:END(?:END*+[ \t][^\r\n]*+END)*+|\Z)".replace(b"END", _END))
"""Blank lines; or a line and those that it goes on in, a blank line between them being one fold too many."""
_FOLD = re.compile(rb"END++[ \t]".replace(b"END", _END))
_BOUNDARY = re.compile(rb"(?:[ \t]|\xef\xbb\xbf)*+(BEGIN|END)[ \t]*:[ \t]*([A-Z0-9_./-]{1,60})[ \t]*", re.IGNORECASE)
_MAYBE_BOUNDARY = re.compile(rb"(?:[ \t]|\xef\xbb\xbf)*+(?:BEGIN|END)[ \t]*:", re.IGNORECASE)
_RUN_ON = re.compile(rb"((?:BEGIN|END):VCALENDAR)(?=[ \t]*[^ \t])(?![A-Z0-9_./-]*[ \t]*\Z)(.*)", re.DOTALL)


class Line(NamedTuple):
    """A logical line: the number of its first physical one, its first octet's place, its octets, and unfolded in UTF-8.

    `text` has no end. Numbers begin at 1, places at 0; both are of the body as fetched, once it is free of content
    coding.
    """

    number: int
    offset: int
    octets: bytes
    text: bytes

    @property
    def content(self) -> ContentLine | None:
        """The line taken apart, its name in upper case; None if it is no content line."""
        line = split(self.text)
        return line and ContentLine(line.name.upper(), line.parameters, line.value)

    @property
    def last_number(self) -> int:
        """The number of its last physical line."""
        return self.number + max(_breaks(self.octets) - 1, 0)


@dataclass(slots=True)
class Node:
    """A component as it stands in a body.

    `scope` counts the VCALENDARs before its own, `lines` are its own properties; `whole` is every line from BEGIN to
    END, if it stands in no other component. `end` is None if it has none.
    """

    kind: bytes
    begin: Line
    scope: int
    lines: list[Line] = field(default_factory=list)
    children: list["Node"] = field(default_factory=list)
    whole: list[Line] = field(default_factory=list)
    end: Line | None = None
    _named: dict[bytes, list[Line]] = field(default_factory=dict)
    _read: dict[bytes, list[tuple[Line, ContentLine]]] = field(default_factory=dict)

    def first(self, name: bytes) -> Line | None:
        """Return its first own property of that name, given in capitals."""
        return next((line for line, _ in self._every(name)), None)

    def every(self, name: bytes) -> list[Line]:
        """Return its own properties of that name, given in capitals."""
        return [line for line, _ in self._every(name)]

    def content(self, name: bytes) -> ContentLine | None:
        """Return its first own property of that name, given in capitals, taken apart."""
        return next((content for _, content in self._every(name)), None)

    def value(self, name: bytes) -> bytes:
        """Return what its first own property of that name says, without blanks around; nothing if there is none."""
        content = self.content(name)
        return content.value.strip() if content else b""

    def _every(self, name: bytes) -> Sequence[tuple[Line, ContentLine]]:
        found = self._read.get(name)
        if found is None:
            found = [(line, content) for line in self._lines_named(name) if (content := line.content) is not None]
            self._read[name] = found
        return found

    def _lines_named(self, name: bytes) -> Sequence[Line]:
        if not self._named:
            for line in self.lines:
                if start := LINE_START.match(line.text):
                    self._named.setdefault(start[1].upper(), []).append(line)
        return self._named.get(name, ())

    @property
    def uid(self) -> bytes:
        """The value of its UID; empty if it has none."""
        return self.value(b"UID")


class Oddity(NamedTuple):
    """A boundary that does not fit: `end-missing`, `stray-end`, `outside-calendar`; the line, and of what."""

    rule: str
    line: Line
    kind: bytes


@dataclass(frozen=True, slots=True)
class Outline:
    """Lines and what stands in them: VCALENDARs; the components in them or beside them; boundaries that do not fit.

    `open` is the component in which the lines end, if they do not end behind a VCALENDAR.
    """

    lines: Sequence[Line]
    calendars: tuple[Node, ...]
    components: tuple[Node, ...]
    oddities: tuple[Oddity, ...]
    open: Node | None


def outline(lines: Iterable[Line]) -> Outline:
    """Find the components in logical lines."""
    lines = [*lines]
    said = [line for line in lines if line.text.strip()]
    boundaries = [_MAYBE_BOUNDARY.match(line.text) is not None for line in said]
    reader = _Reader(_known_by_nobody(compress(said, boundaries)))
    for line, is_boundary in zip(said, boundaries, strict=True):
        if is_boundary:
            reader.take(line)
        else:
            reader.take_property(line)
    ends_in = reader.stack[-1] if reader.stack else None
    return Outline(lines, tuple(reader.calendars), tuple(reader.components), tuple(reader.oddities), ends_in)


def logical_lines(body: bytes, *, number: int = 1, offset: int = 0) -> Iterator[Line]:
    """Iterate over the logical lines of a body, or of a part of one that begins at that line and place."""
    encoding = wide_encoding(body[:4])
    if encoding is not None:
        yield from _wide_lines(body, encoding)
        return
    for match in _LOGICAL.finditer(body):
        octets = match[0]
        if not octets:
            return
        mark = codecs.BOM_UTF8 if match.start() == 0 and offset == 0 and octets.startswith(codecs.BOM_UTF8) else b""
        text = octets[len(mark) :].rstrip(b"\r\n")
        if b"\n" in text or b"\r" in text:
            text = _FOLD.sub(b"", text)
        yield Line(number, offset + match.start(), octets, text)
        number += _breaks(octets)


def _breaks(octets: bytes) -> int:
    """Count the line ends: CRLF, CR or LF."""
    return octets.count(b"\n") + octets.count(b"\r") - octets.count(b"\r\n")


def _wide_lines(body: bytes, encoding: str) -> Iterator[Line]:
    """Iterate over the lines of UTF-16: places are those in the body, texts are in UTF-8."""
    unit = "utf-16-be" if encoding == "utf-16-be" or body.startswith(codecs.BOM_UTF16_BE) else "utf-16-le"
    mark = len(codecs.BOM_UTF16) if body.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else 0
    offset = mark
    for line in logical_lines(body[mark:].decode(unit, "replace").encode("utf-8", "replace")):
        end = offset + len(line.octets.decode("utf-8").encode(unit))
        yield Line(line.number, offset, body[offset:end], line.text)
        offset = end


class _Reader:
    """One pass over the lines: the stack of what is open, and how many of it by kind; `outer` has every line.

    `others` is where each kind that the standard does not know has a boundary, and whether an END: such a component may
    hold what it likes.
    """

    def __init__(self, others: Mapping[bytes, list[tuple[int, bool]]]) -> None:
        self.others = others
        self.stack: list[Node] = []
        self.how_many: Counter[bytes] = Counter()
        self.outer: Node | None = None
        self.calendars: list[Node] = []
        self.components: list[Node] = []
        self.oddities: list[Oddity] = []

    def take(self, line: Line) -> None:
        """Take a line that may be a boundary, or two."""
        for text in _parts(line.text):
            boundary = _BOUNDARY.fullmatch(text)
            if boundary is None:
                self.take_property(line)
            elif boundary[1].upper() == b"BEGIN":
                self._begin(boundary[2].upper(), line)
            else:
                self._end(boundary[2].upper(), line)

    def take_property(self, line: Line) -> None:
        if not self.stack:
            self.oddities.append(Oddity("outside-calendar", line, b""))
            return
        self.stack[-1].lines.append(line)
        if self.outer is not None:
            self.outer.whole.append(line)

    def _begin(self, kind: bytes, line: Line) -> None:
        while self.stack and (kind == b"VCALENDAR" or (kind in SEPARATE and self._has_ended(line))):
            self._close(line)
        node = Node(kind, line, max(len(self.calendars) - (kind != b"VCALENDAR"), 0))
        if kind == b"VCALENDAR":
            self.calendars.append(node)
        elif self.outer is None:
            self.components.append(node)
            self.outer = node
            if not self.stack:
                self.oddities.append(Oddity("component-outside-calendar", line, kind))
        if self.stack:
            self.stack[-1].children.append(node)
        if self.outer is not None:
            self.outer.whole.append(line)
        self.stack.append(node)
        self.how_many[kind] += 1

    def _has_ended(self, line: Line) -> bool:
        """Tell whether the component that is open has ended where an event, or the like, begins."""
        places = self.others.get(self.outer.kind, []) if self.outer is not None else []
        following = bisect(places, (line.offset, True))
        return self.outer is not None and not (following < len(places) and places[following][1])

    def _end(self, kind: bytes, line: Line) -> None:
        if not self.how_many[kind]:
            self.oddities.append(Oddity("stray-end", line, kind))
            return
        while self.stack[-1].kind != kind:
            self._close(line)
        if self.outer is not None:
            self.outer.whole.append(line)
        self._pop().end = line

    def _close(self, line: Line) -> None:
        self.oddities.append(Oddity("end-missing", line, self._pop().kind))

    def _pop(self) -> Node:
        node = self.stack.pop()
        self.how_many[node.kind] -= 1
        if node is self.outer:
            self.outer = None
        return node


def _known_by_nobody(lines: Iterable[Line]) -> dict[bytes, list[tuple[int, bool]]]:
    found: dict[bytes, list[tuple[int, bool]]] = {}
    for line in lines:
        boundary = _BOUNDARY.fullmatch(line.text)
        if boundary is not None and (kind := boundary[2].upper()) not in SEPARATE and kind != b"VCALENDAR":
            found.setdefault(kind, []).append((line.offset, boundary[1].upper() == b"END"))
    return found


def _parts(text: bytes) -> Iterable[bytes]:
    run_on = _RUN_ON.fullmatch(text)
    return (run_on[1], run_on[2]) if run_on else (text,)
