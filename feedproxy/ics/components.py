"""Components: where each begins and ends in text of the normal form, and what stands in it (RFC 5545 section 3.6).

Only the boundaries are looked at. A component is the slice of the text from its BEGIN to its END, nested ones included;
its properties are read when somebody asks.
"""

import re
from bisect import bisect
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import islice, takewhile
from typing import NamedTuple

from feedproxy.errors import FeedRefused
from feedproxy.ics.contentline import ContentLine, split
from feedproxy.ics.folding import unfold

MARK = b"X-FEEDPROXY-RUN"
"""The kind of a component that stands for events which are read elsewhere (`feedproxy.ics.cutting`)."""
SCHEDULED = frozenset((b"VEVENT", b"VTODO", b"VJOURNAL", b"VFREEBUSY"))
"""The kinds that have a UID (RFC 5545 section 3.6)."""
SEPARATE = SCHEDULED | {b"VTIMEZONE", MARK}
"""Kinds that stand in a VCALENDAR and in no component of RFC 5545: where one begins, such a one before has ended."""

MAX_MENDED = 10_000
"""ENDs that may be missing in a body, and such that may close nothing: a publisher's mistake is made in few places."""
MAX_DEPTH = 100
"""How deep components may be nested: a VCALENDAR is 1, what a VALARM holds 4 (RFC 9074 section 8.1)."""
MAX_TZIDS = 5_000
"""Different TZIDs that a feed may define, and such that it may name. There are 600 zones, and 140 ids of Windows."""
MAX_DEFINITIONS = 20_000
"""VTIMEZONEs of a feed that say different things; equal ones may be as many as there are events."""
MAX_HEAD = 100_000
"""Properties that a VCALENDAR may have itself: RFC 5545 and RFC 7986 know some twenty."""
MAX_LINES = 100_000
"""Content lines that a component may have, nested ones included: an event with a thousand guests has some 1,100."""
_TOO_MUCH_MENDED = f"more than {MAX_MENDED} ENDs are missing, or close nothing"
_LONG = MAX_LINES * len(b"A:\r\n")
"""Octets that are surely not too many lines."""

_BOUNDARY = re.compile(rb"\n(BEGIN|END):([^\r]*)\r")
_END = re.compile(rb"\nEND:([^\r]*)\r")
_CROSSED = re.compile(rb"\nBEGIN:([^\r]*)\r\nEND:(?!\1\r)")
"""A BEGIN and an END behind it of which one is to be mended, wherever they stand."""
_TZID = re.compile(rb"\nTZID[:;]([^\r]*+(?:\r\n [^\r]*+)*+)")
_BEGIN_DEFINITION, _END_DEFINITION = b"BEGIN:VTIMEZONE\r\n", b"\nEND:VTIMEZONE\r\n"
_LINE = rb"(?:(?!BEGIN:|END:)[^\n]*+\n)"
_BEGIN, _END_OF_CALENDAR = rb"BEGIN:VCALENDAR\r\n", rb"END:VCALENDAR\r\n"
_COMPONENT = rb"""BEGIN: (?!VCALENDAR\r) (?P<kind>[^\r]*)\r\n
                  (?: %b
                    | BEGIN: (?!(?:%b|VCALENDAR)\r) (?P<nested>[^\r]*)\r\n %b*+ END:(?P=nested)\r\n
                    )*+
                  END:(?P=kind)\r\n""" % (_LINE, b"|".join(sorted(SEPARATE)), _LINE)
_WELL_FORMED = re.compile(_COMPONENT, re.VERBOSE)
"""A component in which others are nested at most one deep, as nearly all are."""
_NEXT = re.compile(
    b"|".join(
        (
            _LINE + b"++",
            b"(?P<empty> (?: %b %b*+ %b )++ )" % (_BEGIN, _LINE, _END_OF_CALENDAR),
            b"(?P<begin> %b (?P<head> %b*+ ) )" % (_BEGIN, _LINE),
            b"(?P<end> %b )" % _END_OF_CALENDAR,
            _COMPONENT,
            b"",
        )
    ),
    re.VERBOSE,
)
"""What may follow in a VCALENDAR or outside of all: lines, VCALENDARs without components, the BEGIN or the END of
another one, such a component. Or nothing: a search looks no further."""
_KIND = _NEXT.groupindex["kind"]
_OF_COMPONENT = ("kind", "nested")
_BETWEEN_EMPTY = b"END:VCALENDAR\r\nBEGIN:VCALENDAR\r\n"


class Component(NamedTuple):
    """A component of a VCALENDAR: its kind, its text from BEGIN to END, and which VCALENDAR of the stream it is of."""

    kind: bytes
    text: bytes
    scope: int = 0

    def with_text(self, text: bytes) -> "Component":
        """Return the component with another text."""
        return Component(self.kind, text, self.scope)

    def own(self) -> bytes:
        """Return the text of its own properties: no boundaries, nothing of nested components."""
        inner = self.text[len(self.kind) + 8 : -(len(self.kind) + 6)]
        return without_nested(inner) if b"BEGIN:" in inner else inner

    def lines(self) -> Iterator[ContentLine]:
        """Iterate over its own properties, unfolded and taken apart."""
        for line in unfold(self.own()).split(b"\r\n"):
            if (content := split(line)) is not None:
                yield content

    def first(self, name: bytes) -> ContentLine | None:
        """Return its first own property of that name, or None."""
        match = _property(name).search(self.text)
        if match is not None and not self._is_own(match.start()):
            match = _property(name).search(b"\n" + self.own())
        return split(unfold(match[1])) if match else None

    def every(self, name: bytes) -> list[ContentLine]:
        """Return its own properties of that name."""
        found = list(_property(name).finditer(self.text))
        if found and not self._is_own(found[-1].start()):
            found = list(_property(name).finditer(b"\n" + self.own()))
        return [line for match in found if (line := split(unfold(match[1]))) is not None]

    def is_empty(self) -> bool:
        """Tell whether it says nothing at all."""
        return len(self.text) == 2 * len(self.kind) + 14

    def uid(self) -> bytes:
        """Return the raw value of its UID without blanks about it; empty if it has none."""
        return (self.value(b"UID") or b"").strip()

    def value(self, name: bytes) -> bytes | None:
        """Return the raw value of its first own property of that name, or None."""
        at = self.text.find(b"\n" + name)
        if at < 0:
            return None
        plain = _bare_property(name).match(self.text, at)
        if plain is not None and self._is_own(at):
            return plain[1]
        line = self.first(name)
        return line.value if line else None

    def has(self, name: bytes) -> bool:
        """Tell whether it has an own property of that name."""
        at = self.text.find(b"\n" + name + b":")
        return (at >= 0 and self._is_own(at)) or self.first(name) is not None

    def _is_own(self, at: int) -> bool:
        """Tell whether no nested component begins before that place."""
        return self.text.find(b"\nBEGIN:", 0, at) < 0


@cache
def _property(name: bytes) -> re.Pattern[bytes]:
    """Match a property of that name, folds included."""
    return re.compile(rb"\n(%b[;:][^\r]*+(?:\r\n [^\r]*+)*+)" % re.escape(name))


@cache
def _bare_property(name: bytes) -> re.Pattern[bytes]:
    """Match a property of that name without parameters, in one physical line."""
    return re.compile(rb"\n%b:([^\r]*+)\r\n(?! )" % re.escape(name))


def component_of(text: bytes, scope: int = 0) -> Component:
    """Return the component whose text this is."""
    return Component(text[len(b"BEGIN:") : text.index(b"\r")], text, scope)


def without_nested(text: bytes) -> bytes:
    """Return the lines of component text that belong to no nested component."""
    kept, depth = [], 0
    for line in text.splitlines(keepends=True):
        depth += line.startswith(b"BEGIN:")
        if not depth:
            kept.append(line)
        depth -= line.startswith(b"END:")
    return b"".join(kept)


def well_formed(text: bytes, start: int) -> Component | None:
    """Return the component that begins there, in text of the normal form, if it ends and nests others one deep at most.

    A VCALENDAR is none. Raises FeedRefused (`excessive`).
    """
    whole = _WELL_FORMED.match(text, start)
    return Component(whole[1], of_bearable_length(whole[0])) if whole is not None else None


def of_bearable_length(text: bytes) -> bytes:
    """Return the text of a component. Raises FeedRefused (`excessive`) if it has too many content lines."""
    if _has_more_lines(text, MAX_LINES):
        raise FeedRefused("excessive", f"a component has more than {MAX_LINES} content lines")
    return text


def _has_more_lines(text: bytes, most: int) -> bool:
    """Tell whether text has more content lines; the physical ones, which are counted sooner, come first."""
    lines = text.count(b"\n") if len(text) > _LONG else 0
    return lines > most and lines - text.count(b"\n ") > most


@dataclass(frozen=True, slots=True)
class Stream:
    """What a body holds: the property text of each VCALENDAR, all their components, and what had to be mended."""

    heads: tuple[bytes, ...]
    components: tuple[Component, ...]
    repairs: tuple[tuple[str, int], ...]
    outside: tuple[int, ...] = ()
    """The places of the components that stand in no VCALENDAR."""


def parse(text: bytes) -> Stream:
    """Find the VCALENDARs and components in text of the normal form.

    Raises FeedRefused (`not-a-calendar`, `truncated`, `excessive`). Text outside any VCALENDAR is left out, components
    there are kept; an END that closes nothing is left out, one that is missing is put in where the next boundary shows
    it.
    """
    text = b"\r\n" + text
    if text.find(b"\nBEGIN:VCALENDAR\r") < 0:
        raise FeedRefused("not-a-calendar", "the body holds no VCALENDAR")
    _refuse_at_a_glance(text)
    return _Reader(text).read()


def _refuse_at_a_glance(text: bytes) -> None:
    """Refuse what would be refused later: many more BEGINs than ENDs, or fewer, or crossed; very many lines behind one.

    Of so many lines some window holds no BEGIN; then it is worth to look at what was begun last before it.
    """
    begun = text.count(b"\nBEGIN:")
    unclosed = begun - text.count(b"\nEND:")
    if not -MAX_MENDED <= unclosed <= MAX_MENDED + MAX_DEPTH or (
        begun > 2 * MAX_MENDED and _are_too_many_crossed(text)
    ):
        raise FeedRefused("excessive", _TOO_MUCH_MENDED)
    window = _LONG // 2
    for at in range(window, len(text) - window, window):
        if text.find(b"\nBEGIN:", at, at + window) < 0:
            begin = text.rfind(b"\nBEGIN:", at - window, at)
            if begin >= 0:
                _refuse_if_too_long(text, begin + 1)


def _are_too_many_crossed(text: bytes) -> bool:
    """Tell whether so many BEGINs and ENDs are crossed that one is missing, or closes nothing, in too many places."""
    return next(islice(_CROSSED.finditer(text), 2 * MAX_MENDED, None), None) is not None


def _refuse_if_too_long(text: bytes, begin: int) -> None:
    """Refuse what begins there if there are too many lines before the next boundary."""
    boundary = _BOUNDARY.search(text, begin)
    begun = text[begin : boundary.start() if boundary else len(text)]
    if begun.startswith(b"BEGIN:VCALENDAR\r"):
        _bearable_head(begun)
    else:
        of_bearable_length(begun)


def _heads(empty_calendars: bytes) -> list[bytes]:
    """Return the heads of VCALENDARs that follow each other and hold no components. Raises FeedRefused."""
    heads = empty_calendars[len(b"BEGIN:VCALENDAR\r\n") : -len(b"END:VCALENDAR\r\n")].split(_BETWEEN_EMPTY)
    if max(map(len, heads)) > _LONG:
        _bearable_head(max(heads, key=len))
    return heads


def _bearable_head(text: bytes) -> bytes:
    """Return the property text of a VCALENDAR. Raises FeedRefused (`excessive`) if there are too many."""
    if _has_more_lines(text, MAX_HEAD):
        raise FeedRefused("excessive", f"a VCALENDAR has more than {MAX_HEAD} properties")
    return text


class _Reader:
    """One pass over the boundaries.

    `open` is the stack of the kinds that are open; `at` is where the text begins that belongs to nobody yet: to the
    head of the VCALENDAR, or to the component that is open; `head` and `pieces` are what the VCALENDAR and a mended
    component have before that; `places`, made when first needed, is where each kind has a boundary, and whether an END.
    `definitions` has the well-formed VTIMEZONEs of the last VCALENDAR by their texts without the END, `different` and
    `tzids` what those of all say and define.
    """

    def __init__(self, text: bytes) -> None:
        self.text = text
        self.at = 2
        self.open: list[bytes] = []
        self.pieces: list[bytes] = []
        self.heads: list[bytes] = []
        self.head: list[bytes] = []
        self.components: list[Component] = []
        self.definitions: dict[bytes, Component] = {}
        self.different: set[int] = set()
        self.tzids: set[bytes] = set()
        self.repairs: Counter[str] = Counter()
        self.outside: list[int] = []
        self.places: dict[bytes, list[tuple[int, bool]]] = {}

    def read(self) -> Stream:
        self._take_well_formed()
        at = self.at
        while boundary := _BOUNDARY.search(self.text, at - 1):
            start, at = boundary.start() + 1, boundary.end() + 1
            if boundary[1] == b"END":
                self._end_found(boundary[2], start, at)
            else:
                self._begin_found(boundary[2], start, at)
            if not self._inside():
                self._take_well_formed()
                at = self.at
        self._take(len(self.text))
        if self.open:
            raise FeedRefused("truncated", f"the body ends inside a {self.open[-1].decode('ascii', 'replace')}")
        return Stream(tuple(self.heads), tuple(self.components), tuple(self.repairs.items()), tuple(self.outside))

    def _take_well_formed(self) -> None:
        """Take what is well-formed from there on, outside any component."""
        while self._take_until_definitions_come_again():
            pass

    def _take_until_definitions_come_again(self) -> bool:
        """Do so up to VTIMEZONEs that are there twice, and take these too; tell whether it goes on behind them."""
        add, scope, is_outside = self.components.append, max(0, len(self.heads) - 1), not self.open
        for found in _NEXT.finditer(self.text, self.at):
            what = found.lastgroup
            if what in _OF_COMPONENT:  # as most of it is
                text, kind = found.group(0, _KIND)
                if is_outside:
                    self.outside.append(len(self.components))
                add(Component(kind, text if len(text) < _LONG else of_bearable_length(text), scope))
                if kind == b"VTIMEZONE" and not is_outside:
                    self.at = found.end()
                    if self._take_definitions_again(self.components[-1]):
                        return True
                continue
            self.at = found.start()
            if not self._take_between(what, found):
                return False
            scope, is_outside = max(0, len(self.heads) - 1), not self.open
        return False

    def _take_definitions_again(self, definition: Component) -> bool:
        """Take the VTIMEZONEs behind this one that are equal to some before them; tell whether there is one."""
        self._definition_found(definition)
        taken = len(self.components)
        octets = 2 * len(definition.text)
        while self.text.startswith(_BEGIN_DEFINITION, self.at):
            texts = self.text[self.at : self.at + octets].split(_END_DEFINITION)[:-1]
            known = [*takewhile(bool, map(self.definitions.get, texts))]
            self.components += known  # type: ignore[arg-type]
            self.at += sum(map(len, texts[: len(known)])) + len(known) * len(_END_DEFINITION)
            if not known or len(known) < len(texts):
                break
            octets *= 2
        return len(self.components) > taken

    def _definition_found(self, definition: Component) -> None:
        """Note a VTIMEZONE; refuse the body when they are absurdly many."""
        self.definitions[definition.text.removesuffix(_END_DEFINITION)] = definition
        self.different.add(hash(definition.text))
        if len(self.different) > MAX_DEFINITIONS:
            raise FeedRefused("excessive", f"more than {MAX_DEFINITIONS} VTIMEZONEs say different things")
        self.tzids.update(_TZID.findall(definition.text))
        if len(self.tzids) > MAX_TZIDS:
            raise FeedRefused("excessive", f"more than {MAX_TZIDS} TZIDs are defined")

    def _take_between(self, what: str | None, found: re.Match[bytes]) -> bool:
        """Take what is well-formed and no component; tell whether it may stand there."""
        start, end = found.span()
        if what is None:
            self._take(end)
            return start < end
        if (what == "end") != bool(self.open):
            return False
        if what == "end":
            self._end_calendar(end)
        elif what == "begin":
            self._begin_calendar(end)
            self.head.append(found["head"])
        else:
            self.heads += _heads(found[0])
            self.at = end
        return True

    def _begin_found(self, kind: bytes, start: int, end: int) -> None:
        while self._ends_before(kind, start):
            self._end_missing(start)
        if not self._inside():
            self._take(start)
        if kind == b"VCALENDAR":
            self._begin_calendar(end)
        else:
            self._push(kind)

    def _begin_calendar(self, end: int) -> None:
        self.open.append(b"VCALENDAR")
        self.heads.append(b"")
        self.definitions = {}
        self.at = end

    def _end_calendar(self, end: int) -> None:
        self.open.pop()
        self.heads[-1] = _bearable_head(b"".join(self.head))
        self.head = []
        self.at = end

    def _mended(self, rule: str) -> None:
        self.repairs[rule] += 1
        if self.repairs[rule] > MAX_MENDED:
            raise FeedRefused("excessive", _TOO_MUCH_MENDED)

    def _ends_before(self, kind: bytes, start: int) -> bool:
        """Tell whether the component that is open has ended where one of this kind begins."""
        if kind == b"VCALENDAR":
            return bool(self.open)
        return kind in SEPARATE and self._inside() and not self._may_hold_any(start)

    def _may_hold_any(self, start: int) -> bool:
        """Tell whether a component of no known kind is open, one that ends further on: it may hold what it likes."""
        outermost = self.open[1] if self.open[0] == b"VCALENDAR" else self.open[0]
        if outermost in SEPARATE or outermost not in self._kinds_that_end:
            return False
        if not self.places:
            for boundary in _BOUNDARY.finditer(self.text):
                self.places.setdefault(boundary[2], []).append((boundary.start(), boundary[1] == b"END"))
        places = self.places[outermost]
        following = bisect(places, (start, False))
        return following < len(places) and places[following][1]

    @cached_property
    def _kinds_that_end(self) -> frozenset[bytes]:
        return frozenset(_END.findall(self.text))

    def _end_found(self, kind: bytes, start: int, end: int) -> None:
        if kind not in self.open:
            self._take(start)
            self._mended("stray-end")
            self.at = end
            return
        while self.open[-1] != kind:
            self._end_missing(start)
        self._end(start, end)

    def _end_missing(self, at: int) -> None:
        """Close what is open where it should have been closed."""
        self._mended("end-missing")
        self._take(at)
        if self._inside():
            self.pieces.append(b"END:" + self.open[-1] + b"\r\n")
        self._end(at, at)

    def _end(self, start: int, end: int) -> None:
        if not self._inside():
            self._take(start)
            self._end_calendar(end)
            return
        kind = self.open.pop()
        if self._inside():
            return
        text = b"".join([*self.pieces, self.text[self.at : end]])
        if not self.open:
            self.outside.append(len(self.components))
        self.components.append(Component(kind, of_bearable_length(text), max(0, len(self.heads) - 1)))
        self.pieces = []
        self.at = end

    def _take(self, until: int) -> None:
        """Give the text from `at` to here to whom it belongs."""
        piece = self.text[self.at : until]
        self.at = until
        if self._inside():
            self.pieces.append(piece)
        elif self.open:
            self.head.append(piece)
        elif piece:
            self.repairs["outside-calendar"] += 1

    def _inside(self) -> bool:
        """Tell whether a component is open, not just a VCALENDAR."""
        return bool(self.open) and self.open != [b"VCALENDAR"]

    def _push(self, kind: bytes) -> None:
        self.open.append(kind)
        if len(self.open) > MAX_DEPTH:
            raise FeedRefused("excessive", f"components are nested more than {MAX_DEPTH} deep")
