"""A body as it came beside what is served of it, component by component, with the lines that differ marked.

Components are known by kind, UID and RECURRENCE-ID, VTIMEZONEs by TZID; only those that differ are shown. Lines are
shown unfolded, with the number of their first physical one.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal

from feedproxy.ops.outline import Line, Node, Outline

Mark = Literal["same", "changed", "gone", "new"]

MOST_ROWS = 600
"""So many rows are shown; of what else differs it is said how much that is."""
MOST_LINES = 200
"""Lines of a component that are compared one by one; of a longer one only the first are."""
SHOWN_LINE = 400
"""Characters of a line that are shown."""

_Key = tuple[bytes, bytes, bytes, int]


@dataclass(frozen=True, slots=True)
class Row:
    """A line as it came and as it is served; None where there is none."""

    mark: Mark
    came: tuple[int, str] | None
    served: tuple[int, str] | None


@dataclass(frozen=True, slots=True)
class Part:
    """A component that is not served as it came: what it is, and its lines."""

    title: str
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Sides:
    """The parts that differ, as far as they are shown; how many more do, and how many components do not."""

    parts: tuple[Part, ...]
    more: int
    same: int


@dataclass(frozen=True, slots=True)
class _Component:
    title: str
    lines: Sequence[Line]


def side_by_side(came: Outline, served: Outline) -> Sides:
    """Compare a body with what is served."""
    left, right = _components(came), _components(served)
    parts: list[Part] = []
    room, more, same = MOST_ROWS, 0, 0
    for key in sorted(_in_order(list(left), list(right)), key=lambda key: key[0] == b"VTIMEZONE"):
        one, other = left.get(key), right.get(key)
        if one is not None and other is not None and _texts(one) == _texts(other):
            same += 1
        elif room <= 0:
            more += 1
        else:
            shown = one or other
            assert shown is not None
            rows = tuple(_rows(one.lines if one else (), other.lines if other else ()))[:room]
            room -= len(rows)
            parts.append(Part(shown.title, rows))
    return Sides(tuple(parts), more, same)


def _components(found: Outline) -> dict[_Key, _Component]:
    """Return the properties of the calendar as one, and the components, by what makes them themselves."""
    head = [line for node in found.calendars[:1] for line in node.lines]
    components: dict[_Key, _Component] = {(b"VCALENDAR", b"", b"", 0): _Component("The calendar itself", head)}
    seen: Counter[tuple[bytes, bytes, bytes]] = Counter()
    for node in found.components:
        name = (
            node.kind,
            node.value(b"TZID" if node.kind == b"VTIMEZONE" else b"UID"),
            node.value(b"RECURRENCE-ID"),
        )
        components[*name, seen[name]] = _Component(_title(node), node.whole)
        seen[name] += 1
    return components


def _in_order(left: list[_Key], right: list[_Key]) -> Iterator[_Key]:
    """Iterate over all keys: those of the left in their order, each followed by the right's own that come before it."""
    known = set(left)
    own: dict[_Key | None, list[_Key]] = {}
    before: _Key | None = None
    for key in right:
        if key in known:
            before = key
        else:
            own.setdefault(before, []).append(key)
    yield from own.get(None, ())
    for key in left:
        yield key
        yield from own.get(key, ())


def _rows(came: Sequence[Line], served: Sequence[Line]) -> Iterator[Row]:
    came, served = came[:MOST_LINES], served[:MOST_LINES]
    matcher = SequenceMatcher(None, [line.text for line in came], [line.text for line in served], autojunk=False)
    for kind, start, end, other_start, other_end in matcher.get_opcodes():
        ours, theirs = came[start:end], served[other_start:other_end]
        for n in range(max(len(ours), len(theirs))):
            one = _shown(ours[n]) if n < len(ours) else None
            other = _shown(theirs[n]) if n < len(theirs) else None
            mark: Mark = "same" if kind == "equal" else "new" if one is None else "gone" if other is None else "changed"
            yield Row(mark, one, other)


def _title(node: Node) -> str:
    kind = node.kind.decode("ascii", "replace")
    value = node.value(b"TZID" if node.kind == b"VTIMEZONE" else b"SUMMARY") or node.uid
    return f"{kind} {value.decode('utf-8', 'replace')[:80]}".strip()


def _shown(line: Line) -> tuple[int, str]:
    text = line.text.decode("utf-8", "replace")
    return line.number, text if len(text) <= SHOWN_LINE else f"{text[:SHOWN_LINE]}..."


def _texts(component: _Component) -> list[bytes]:
    return [line.text for line in component.lines]
