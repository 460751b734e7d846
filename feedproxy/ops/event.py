"""`explain` of one event: where it stands upstream, what its times mean, what each step did, what is served.

`explain_event` returns values; `feedproxy.ops.event_text` shows them.
"""

from collections import Counter, defaultdict, deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import zip_longest

from feedproxy.errors import NotFound
from feedproxy.ics.components import Component
from feedproxy.ics.contentline import split
from feedproxy.ics.folding import unfold
from feedproxy.ics.times import TIME_NAMES
from feedproxy.ops.clocks import Clocks, Moment
from feedproxy.ops.instances import Inexpandable, Instance, next_instances
from feedproxy.ops.lint import OF_THE_CALENDAR, Finding, check
from feedproxy.ops.outline import Node
from feedproxy.ops.own import NOTHING, Own
from feedproxy.ops.trace import Stage, Trace, trace
from feedproxy.transform import Base, Options, ZoneReport

INSTANCES = 10
_OF_THE_FEED = {*OF_THE_CALENDAR, "calendars-joined", "definition-unused", "defined-twice", "definition-without-tzid"}


@dataclass(frozen=True, slots=True)
class PropertyChange:
    """A property that a step has changed: None before if it put it in, None after if it took it out.

    `name` has the kinds of nested components before it: `VALARM TRIGGER`. Both sides are unfolded lines.
    """

    name: str
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True)
class Effect:
    """What a step did to one component: `mended`, `added` or `dropped`; under which of its rules; to which properties.

    `number` is the component's among those of its UID in the body, from 1.
    """

    step: str
    what: str
    rules: tuple[str, ...]
    component: str
    changes: tuple[PropertyChange, ...] = ()


@dataclass(frozen=True, slots=True)
class TimeOf:
    """A property of a time: as written upstream, as served, and what it means."""

    component: str
    name: str
    written: str | None
    served: str
    moments: tuple[Moment, ...]


@dataclass(frozen=True, slots=True)
class EventExplanation:
    """Everything that is known of one UID.

    `zones` are the time zones that it names, with the ladder of each; `served` are its components as served, empty if
    it is not; `instances` are the next ones, `unexpanded` is why there are none. `faults` are what is wrong with the
    lines upstream.
    """

    uid: str
    upstream: tuple[Node, ...]
    effects: tuple[Effect, ...]
    zones: tuple[ZoneReport, ...]
    times: tuple[TimeOf, ...]
    served: tuple[Component, ...]
    instances: tuple[Instance, ...]
    unexpanded: str | None
    faults: tuple[Finding, ...]

    @property
    def dropped_by(self) -> Effect | None:
        """The last step that took a component of it away, if nothing of it is served."""
        gone = [effect for effect in self.effects if effect.what == "dropped"]
        return gone[-1] if gone and not self.served else None


def explain_event(
    body: bytes, uid: str, base: Base, options: Options, *, now: datetime, own: Own = NOTHING
) -> EventExplanation:
    """Explain a UID of a body by the base that was made of it, as one subscription has it. Raises NotFound."""
    way = trace(body, uid, base, options, own)
    if not way.nodes and not way.served:
        raise NotFound(f"there is no event with the UID {uid!r}")
    clocks = Clocks(base.calendar.zones)
    found, unexpanded = _next(way.served, clocks, now)
    return EventExplanation(
        uid,
        way.nodes,
        tuple(_effects(way)),
        _zones(way, base),
        tuple(_times(way, clocks)),
        way.served,
        tuple(found),
        unexpanded,
        _faults(body, way, base),
    )


def _faults(body: bytes, way: Trace, base: Base) -> tuple[Finding, ...]:
    numbers = {line.number for node in way.nodes for line in node.whole}
    return tuple(fault for fault in check(body, way.lines, base) if fault.line in numbers)


def label(component: Component) -> str:
    """Name one of the components of a UID: `VEVENT`, `VEVENT 20260701T100000`."""
    recurrence = component.first(b"RECURRENCE-ID")
    kind = component.kind.decode("ascii", "replace")
    return f"{kind} {recurrence.value.decode('utf-8', 'replace').strip()}" if recurrence else kind


def _next(served: Sequence[Component], clocks: Clocks, now: datetime) -> tuple[list[Instance], str | None]:
    try:
        return next_instances(served, clocks, now, INSTANCES), None
    except Inexpandable as rule:
        return [], f"the rule {rule} is not expanded here"


def _effects(way: Trace) -> Iterator[Effect]:
    for node, component in zip(way.nodes, way.stages[0].components, strict=False):
        changes = tuple(property_changes(_raw_lines(node), property_lines(component)))
        if changes:
            yield Effect("read", "mended", _rules(way.stages[0]), label(component), changes)
    for before, after in zip(way.stages, way.stages[1:], strict=False):
        for old, new in _pairs(before.components, after.components):
            if old is None and new is not None:
                changes = tuple(property_changes([], property_lines(new)))
                yield Effect(after.step, "added", _rules(after), label(new), changes)
            elif new is None and old is not None:
                yield Effect(after.step, "dropped", _rules(after), label(old))
            elif old is not None and new is not None and old.text != new.text:
                changes = tuple(property_changes(property_lines(old), property_lines(new)))
                yield Effect(after.step, "mended", _rules(after), label(new), changes)


def _rules(stage: Stage) -> tuple[str, ...]:
    """Return the rules of a step that are about components, not about the calendar."""
    return tuple(change.rule for change in stage.changes if change.rule not in _OF_THE_FEED)


def _pairs(
    before: Sequence[Component], after: Sequence[Component]
) -> Iterator[tuple[Component | None, Component | None]]:
    """Pair what went into a step with what came out: what is the same first, then what names the same instance."""
    left = dict(enumerate(after))
    become: dict[int, Component | None] = {}
    for key in (lambda each: each.text, _instance):
        waiting: defaultdict[object, deque[int]] = defaultdict(deque)
        for place, component in left.items():
            waiting[key(component)].append(place)
        for n, component in enumerate(before):
            if n not in become and (places := waiting[key(component)]):
                become[n] = left.pop(places.popleft())
    yield from ((component, become.get(n)) for n, component in enumerate(before))
    yield from ((None, each) for each in left.values())


def _instance(component: Component) -> tuple[bytes, bytes]:
    line = component.first(b"RECURRENCE-ID")
    return component.kind, line.value.strip().removesuffix(b"Z") if line else b""


Named = tuple[str, str]
"""The name of a property, with the kinds of nested components before it, and its line."""


def property_lines(component: Component) -> list[Named]:
    """Return the properties of a component and of those nested in it."""
    return _named(unfold(component.text).split(b"\r\n"))


def _raw_lines(node: Node) -> list[Named]:
    return _named([line.text for line in node.whole])


def _named(lines: list[bytes]) -> list[Named]:
    found: list[Named] = []
    path: list[str] = []
    for line in lines:
        text = line.decode("utf-8", "backslashreplace")
        boundary, _, kind = text.strip().upper().partition(":")
        if boundary == "END" and path:
            path.pop()
        if boundary not in {"BEGIN", "END"}:
            content = split(line)
            name = content.name.decode().upper() if content else ""
            if text.strip():
                found.append((" ".join([*path[1:], name]), text))
        elif boundary == "BEGIN":
            path.append(kind.strip())
    return found


def property_changes(before: list[Named], after: list[Named]) -> Iterator[PropertyChange]:
    """Iterate over the properties of which one side has others, whatever their order."""
    gone, come = _left_over(before, after), _left_over(after, before)
    for name in dict.fromkeys([*gone, *come]):
        for old, new in zip_longest(gone.get(name, ()), come.get(name, ())):
            yield PropertyChange(name, old, new)


def _left_over(lines: Iterable[Named], others: Iterable[Named]) -> dict[str, list[str]]:
    """Return the lines that others lack, by the names of the properties."""
    known = Counter(others)
    found: dict[str, list[str]] = {}
    for line in lines:
        if known[line]:
            known[line] -= 1
        else:
            found.setdefault(line[0], []).append(line[1])
    return found


def _zones(way: Trace, base: Base) -> tuple[ZoneReport, ...]:
    """Return the reports of those TZIDs that the components name, as written."""
    named = {
        (base.journal.contexts.of(component.scope), tzid)
        for stage in way.stages[:2]
        for component in stage.components
        for line in component.lines()
        if (given := line.parameter(b"TZID")) is not None
        for tzid in [given.decode("utf-8", "replace")]
    }
    return tuple(zone for zone in base.journal.zones if (zone.scope, zone.written) in named)


def _times(way: Trace, clocks: Clocks) -> Iterator[TimeOf]:
    for component in way.served:
        written = _as_written(way, component)
        for name in TIME_NAMES:
            for n, line in enumerate(component.every(name)):
                old = written[name][n] if n < len(written[name]) else None
                text = line.octets.decode("utf-8", "replace")
                yield TimeOf(label(component), name.decode(), old, text, tuple(clocks.moments(line)))


def _as_written(way: Trace, served: Component) -> defaultdict[bytes, list[str]]:
    """Return the times of the component that this one was upstream: of several of one instance, the most alike."""
    found: defaultdict[bytes, list[str]] = defaultdict(list)
    values = {line.value for line in served.lines()}
    alike = [n for n, c in zip(way.nodes, way.stages[0].components, strict=False) if _instance(c) == _instance(served)]
    node = max(alike, key=lambda n: len(values & {c.value for line in n.lines if (c := line.content)}), default=None)
    for line in node.lines if node else ():
        if (content := line.content) is not None and content.name in TIME_NAMES:
            found[content.name].append(line.text.decode("utf-8", "backslashreplace"))
    return found
