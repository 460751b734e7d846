"""`diff`: what another body of a feed means for those who look at it.

Both are read as they would be served, without anything that somebody chose: so what only one of them spells oddly is no
difference. Events are known by kind, UID and RECURRENCE-ID; times are compared as instants; what changes at every fetch
(`feedproxy.transform.digest`) is churn and makes no difference.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import zip_longest

from feedproxy.errors import FeedRefused
from feedproxy.ics.components import Component
from feedproxy.ics.contentline import split
from feedproxy.ics.text import unescape
from feedproxy.ics.times import TIME_NAMES
from feedproxy.ops.clocks import Clocks, Moment
from feedproxy.ops.event import PropertyChange, label, property_changes, property_lines
from feedproxy.ops.outline import logical_lines, outline
from feedproxy.transform import Base, Options, index
from feedproxy.transform.digest import IN_ALARMS, IN_COMPONENTS, IN_HEADS, say_the_same

Key = tuple[bytes, bytes, str]
"""The kind, the UID, and of an override the instant that it is for."""


@dataclass(frozen=True, slots=True)
class EventOf:
    """An event that is named in a difference, and the lines at which it begins in the two bodies: None where it is not.

    `moved` are the times that mean other instants, before and after; `changes` the other properties that differ.
    """

    uid: str
    label: str
    title: str
    start: str
    lines: tuple[int | None, int | None]
    moved: tuple[PropertyChange, ...] = ()
    changes: tuple[PropertyChange, ...] = ()


@dataclass(frozen=True, slots=True)
class Difference:
    """What is new, gone, at other times, otherwise changed; `churn` counts events that differ by nothing else.

    `calendar` are the properties of the calendar itself that differ.
    """

    names: tuple[str, str]
    added: tuple[EventOf, ...]
    removed: tuple[EventOf, ...]
    moved: tuple[EventOf, ...]
    changed: tuple[EventOf, ...]
    calendar: tuple[PropertyChange, ...]
    churn: int
    same: int

    @property
    def differs(self) -> bool:
        """Whether there is more than churn."""
        return bool(self.added or self.removed or self.moved or self.changed or self.calendar)


class _Side:
    """One of the two: its events by what makes them themselves, its clocks, and where each event begins."""

    def __init__(self, name: str, body: bytes) -> None:
        try:
            self.base: Base = index(body, Options())
        except FeedRefused as refusal:
            raise FeedRefused(refusal.reason, f"{name}: {refusal.message}") from None
        self.clocks = Clocks(self.base.calendar.zones)
        self.events: dict[Key, Component] = {self._key(each): each for each in self.base.calendar.components}
        self._body = body

    @cached_property
    def _lines(self) -> Mapping[tuple[bytes, bytes, bytes], int]:
        return _lines(self._body)

    def reads_as(self, other: "_Side") -> bool:
        """Tell whether the same octets mean the same times in both."""
        return self.definitions == other.definitions

    @cached_property
    def definitions(self) -> dict[str, bytes]:
        """The definitions that travel, by TZID."""
        return {use.tzid: use.definition for use in self.base.calendar.zones if use.definition is not None}

    def line(self, component: Component) -> int | None:
        """Return the line at which a component begins; None if it had no name there."""
        recurrence = component.first(b"RECURRENCE-ID")
        value = recurrence.value.strip().removesuffix(b"Z") if recurrence else b""
        return self._lines.get((component.kind, component.uid(), value))

    def times(self, component: Component, name: bytes) -> list[Moment]:
        """Return the times of a property."""
        return [moment for line in component.every(name) for moment in self.clocks.moments(line)]

    def _key(self, component: Component) -> Key:
        instance = self.times(component, b"RECURRENCE-ID")
        return component.kind, component.uid() or component.text, _when(instance[0]) if instance else ""


def compare(names: tuple[str, str], before: bytes, after: bytes) -> Difference:
    """Compare two bodies. Raises FeedRefused, naming which."""
    old, new = _Side(names[0], before), _Side(names[1], after)
    moved, changed = [], []
    churn = same = 0
    alike = old.reads_as(new)
    for key, component in new.events.items():
        origin = old.events.get(key)
        if origin is None or (alike and origin.text == component.text):
            same += origin is not None
            continue
        event = _compared(old, origin, new, component)
        if event.moved:
            moved.append(event)
        elif event.changes:
            changed.append(event)
        elif origin.text != component.text:
            churn += 1
        else:
            same += 1
    return Difference(
        names,
        added=tuple(_event(None, new, each) for key, each in new.events.items() if key not in old.events),
        removed=tuple(_event(old, None, each) for key, each in old.events.items() if key not in new.events),
        moved=tuple(moved),
        changed=tuple(changed),
        calendar=tuple(_of_heads(old.base.calendar.heads[0], new.base.calendar.heads[0])),
        churn=churn,
        same=same,
    )


def _compared(old: _Side, before: Component, new: _Side, after: Component) -> EventOf:
    moved = tuple(_moved(old, before, new, after))
    changes = () if say_the_same(before.text, after.text) else tuple(_changed(before, after))
    lines = (old.line(before), new.line(after)) if moved or changes else (None, None)
    return EventOf(*_said(new, after), lines, moved, changes)


def _moved(old: _Side, before: Component, new: _Side, after: Component) -> Iterator[PropertyChange]:
    """Iterate over the times that mean something else. Of a recurrence the zone counts too: its later instances do."""
    recurs = any(each.has(b"RRULE") or each.has(b"RDATE") for each in (before, after))
    for name in TIME_NAMES:
        was, is_now = old.times(before, name), new.times(after, name)
        if [_when(each, recurs=recurs) for each in was] != [_when(each, recurs=recurs) for each in is_now]:
            for a, b in zip_longest(was, is_now):
                if a is None or b is None or _when(a, recurs=recurs) != _when(b, recurs=recurs):
                    yield PropertyChange(name.decode(), str(a) if a else None, str(b) if b else None)


def _changed(before: Component, after: Component) -> Iterator[PropertyChange]:
    yield from property_changes(_meant(before), _meant(after))


def _meant(component: Component) -> list[tuple[str, str]]:
    """Return the properties that are neither times nor churn, with their parameters in order."""
    found = []
    for name, text in property_lines(component):
        own = name.rpartition(" ")[2].encode()
        churn = IN_ALARMS if name.startswith("VALARM ") else IN_COMPONENTS
        if own not in churn and (name != own.decode() or own not in TIME_NAMES):
            found.append((name, _in_order(text)))
    return found


def _of_heads(before: Sequence[bytes], after: Sequence[bytes]) -> Iterator[PropertyChange]:
    was, is_now = ([(text.split(":")[0].split(";")[0], text) for text in _texts(head)] for head in (before, after))
    churn = {name.decode() for name in IN_HEADS}
    yield from property_changes(
        [pair for pair in was if pair[0] not in churn], [pair for pair in is_now if pair[0] not in churn]
    )


def _in_order(text: str) -> str:
    line = split(text.encode("utf-8", "replace"))
    if line is None or line.parameters.count(b";") < 2 or b'"' in line.parameters:
        return text
    parameters = ";".join(sorted(line.parameters.decode().split(";")[1:]))
    return f"{line.name.decode()};{parameters}:{line.value.decode()}"


def _event(old: _Side | None, new: _Side | None, component: Component) -> EventOf:
    side = new or old
    assert side is not None, "it is on one of them"
    lines = old.line(component) if old else None, new.line(component) if new else None
    return EventOf(*_said(side, component), lines)


def _said(side: _Side, component: Component) -> tuple[str, str, str, str]:
    title, starts = component.first(b"SUMMARY"), side.times(component, b"DTSTART")
    return (
        component.uid().decode("utf-8", "replace"),
        label(component),
        unescape(title.value) if title else "",
        str(starts[0]) if starts else "",
    )


def _when(moment: Moment, *, recurs: bool = False) -> str:
    if moment.instant is None:
        return str(moment)
    return f"{moment.instant.isoformat()} {moment.tzid if recurs else ''}"


def _lines(body: bytes) -> Mapping[tuple[bytes, bytes, bytes], int]:
    found: dict[tuple[bytes, bytes, bytes], int] = {}
    for node in outline(logical_lines(body)).components:
        content = node.content(b"RECURRENCE-ID")
        value = content.value.rpartition(b":")[2].strip().removesuffix(b"Z") if content else b""
        found.setdefault((node.kind, node.uid, value), node.begin.number)
    return found


def _texts(head: Sequence[bytes]) -> list[str]:
    return [line.decode("utf-8", "replace") for line in head]
