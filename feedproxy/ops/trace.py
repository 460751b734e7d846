"""One UID on its way through the pipeline: what every step made of its components.

The steps run on what is left of the body when all other events are cut out, and what they did is seen by comparing what
went in with what came out: nothing is added to the path on which feeds are served. What hangs on the whole feed (what a
TZID stands for, which day is long past) is taken from the base.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from feedproxy.ics.components import Component
from feedproxy.ics.runs import Piece, Run, singly
from feedproxy.ops.cutting import around
from feedproxy.ops.outline import Line, Node, outline
from feedproxy.ops.own import NOTHING, Own, left_out_by
from feedproxy.transform import Base, Options
from feedproxy.transform.calendar import Calendar, Step, ZoneUse
from feedproxy.transform.definitions import Definitions, Served, clean
from feedproxy.transform.merge import Merge
from feedproxy.transform.pipeline import first_steps, opened
from feedproxy.transform.placeholder import without_placeholder
from feedproxy.transform.report import Change, Contexts, Journal, ZoneReport
from feedproxy.transform.revision import revise
from feedproxy.transform.selection import Select
from feedproxy.transform.timezones import TimeZones
from feedproxy.transform.trim import TrimBehind
from feedproxy.transform.tzid_uses import Census


@dataclass(frozen=True, slots=True)
class Stage:
    """What a step left of the components of a UID, and what it noted meanwhile."""

    step: str
    components: tuple[Component, ...]
    changes: tuple[Change, ...] = ()


@dataclass(frozen=True, slots=True)
class Trace:
    """The way of a UID: its components in the body as fetched, and after each step. `lines` are all of the cutting."""

    nodes: tuple[Node, ...]
    stages: tuple[Stage, ...]
    lines: tuple[Line, ...]

    @property
    def served(self) -> tuple[Component, ...]:
        """What is served of it."""
        return self.stages[-1].components


def trace(body: bytes, uid: str, base: Base, options: Options, own: Own = NOTHING) -> Trace:
    """Follow the components of a UID through the steps that made this base of this body, then a subscription's own."""
    cutting = around(body, uid)
    lines = tuple(cutting.lines())
    journal = Journal()
    calendar, _ = opened(cutting.octets, journal)
    read = tuple(singly(calendar.pieces))
    nodes = tuple(node for node in outline(lines).components if node.kind != b"VTIMEZONE")
    places = [n for n, component in enumerate(read) if _is(component, uid, calendar)]
    stages = [Stage("read", tuple(read[n] for n in places), journal.changes())]
    at_hand = replace(calendar, pieces=stages[0].components)
    in_base = _of(base.calendar.pieces, uid)
    for name, found, noted in _stepped(at_hand, base, options, is_served=bool(in_base)):
        stages.append(Stage(name, tuple(singly(found.pieces)), noted))
    if _texts(stages[-1].components) != _texts(in_base):
        stages.append(Stage("timezones", in_base))
    stages += _of_subscription(uid, replace(calendar, pieces=in_base), options, own)
    alike = len(nodes) == len(read)
    return Trace(tuple(nodes[n] for n in places) if alike else _named(nodes, uid), tuple(stages), lines)


def _stepped(
    calendar: Calendar, base: Base, options: Options, *, is_served: bool
) -> Iterator[tuple[str, Calendar, tuple[Change, ...]]]:
    """Iterate over the steps: the name, the calendar behind it, what it noted."""
    steps: list[Step] = [*first_steps(options), _ZonesOf(options.horizon, base.journal)]
    for step in steps:
        journal = Journal()
        calendar = step(calendar, journal)
        yield _name(step), calendar, journal.changes()
    before = calendar
    for step in [_placeholders, *options.steps] if options.steps else ():
        journal = Journal()
        calendar = _Trimmed(is_served)(calendar, journal) if isinstance(step, TrimBehind) else step(calendar, journal)
        yield _name(step), calendar, journal.changes()
    journal = Journal()
    calendar = revise(before, calendar, options.revision, journal)
    yield "revision", calendar, journal.changes()
    for step in options.profile.steps:
        journal = Journal()
        calendar = step(calendar, journal)
        yield "profile", calendar, journal.changes()


def _of_subscription(uid: str, calendar: Calendar, options: Options, own: Own) -> Iterator[Stage]:
    """Iterate over what a subscription does with components of the base."""
    if own.selection:
        journal = Journal()
        chosen = revise(calendar, Select(own.selection)(calendar, journal), options.revision, journal)
        reasons = (
            left_out_by(calendar.components, own.selection) if len(chosen.components) < len(calendar.components) else ()
        )
        noted = tuple(Change("selection", reason, 1) for reason in reasons)
        yield Stage("selection", tuple(chosen.components), noted or journal.changes())
        calendar = chosen
    named = Merge(own.personal).events
    if uid.encode() in named:
        journal = Journal()
        merged = Merge([named[uid.encode()]])(calendar, journal)
        yield Stage("merge", tuple(merged.components), journal.changes())


class _ZonesOf(TimeZones):
    """The step of the time zones, with what the whole feed has shown."""

    def __init__(self, horizon: timedelta, journal: Journal) -> None:
        super().__init__(horizon)
        self._journal = journal
        self._known = {(zone.scope, zone.written): zone for zone in journal.zones}

    def _contexts(self, _: Iterable[Component]) -> Contexts:
        return self._journal.contexts

    def _served(
        self, census: Census, definitions: Definitions, journal: Journal
    ) -> tuple[dict[tuple[int, str], Served], tuple[ZoneUse, ...]]:
        if not census.uses.keys() <= self._known.keys():
            return super()._served(census, definitions, journal)
        return {use: _as_served(self._known[use]) for use in census.uses}, ()


def _as_served(zone: ZoneReport) -> Served:
    if zone.resolution.kind == "utc":
        return Served(None)
    return Served(zone.served if clean(zone.written) else "")


class _Trimmed:
    """The step that leaves out what is long past, by what the whole feed has shown."""

    def __init__(self, stays: bool) -> None:
        self._stays = stays

    def __call__(self, calendar: Calendar, journal: Journal) -> Calendar:
        if self._stays or not calendar.pieces:
            return calendar
        journal.note("trim", "dropped")
        return replace(calendar, pieces=())


def _placeholders(calendar: Calendar, _: Journal) -> Calendar:
    return without_placeholder(calendar)


def _name(step: Step) -> str:
    """Name a step after its module, whatever it is: a function, or an object of a class."""
    if isinstance(step, TimeZones):
        return "timezones"
    if step is _placeholders:
        return "placeholder"
    return str(step.__module__).rpartition(".")[2]


def _is(component: Component, uid: str, calendar: Calendar) -> bool:
    """Tell whether it is of this UID, be it one that it is only given."""
    own = component.uid()
    if own:
        return own.decode() == uid
    given = first_steps(Options())[-1](replace(calendar, pieces=(component,)), Journal())
    return [each.uid().decode() for each in given.components] == [uid]


def _of(pieces: Sequence[Piece], uid: str) -> tuple[Component, ...]:
    """Return the components of a UID among pieces, looking into no run that has none of it."""
    octets = uid.encode()
    found: list[Component] = []
    for piece in pieces:
        if isinstance(piece, Component):
            found += [piece] if piece.uid() == octets else []
        elif octets in piece.uids:
            found += [part for part in piece.parted({octets}) if not isinstance(part, Run)]
    return tuple(found)


def _named(nodes: Iterable[Node], uid: str) -> tuple[Node, ...]:
    return tuple(node for node in nodes if node.uid == uid.encode())


def _texts(components: Sequence[Component]) -> list[bytes]:
    return [component.text for component in components]
