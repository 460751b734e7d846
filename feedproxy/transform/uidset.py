"""UID sets: a master and its overrides (RFC 5545 section 3.8.4.4), the unit of every choice.

The master decides for its set. An override that is not wanted while its master is becomes an EXDATE of the master:
without it a client would show, at the override's place, the original that the override stood for.
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass

from feedproxy.ics.components import SCHEDULED, Component
from feedproxy.ics.contentline import ContentLine
from feedproxy.ics.folding import fold
from feedproxy.transform.calendar import Calendar
from feedproxy.transform.report import Journal

_DAY = 8
"""Octets of a DATE."""


@dataclass(frozen=True, slots=True)
class UidSet:
    """Where the components of one kind and UID stand: the master, if it is there, and the overrides in order."""

    master: int | None
    overrides: tuple[int, ...]

    @property
    def members(self) -> tuple[int, ...]:
        """All of them."""
        return self.overrides if self.master is None else (self.master, *self.overrides)


def uid_sets(components: Sequence[Component]) -> list[UidSet]:
    """Return the sets of those kinds that have a UID, in the order in which each begins."""
    masters: dict[tuple[bytes, bytes], int | None] = {}
    overrides: dict[tuple[bytes, bytes], list[int]] = {}
    for n, component in enumerate(components):
        if component.kind not in SCHEDULED:
            continue
        key = (component.kind, component.uid())
        if b"\nRECURRENCE-ID" in component.text and component.has(b"RECURRENCE-ID"):
            masters.setdefault(key, None)
            overrides.setdefault(key, []).append(n)
        else:
            masters[key] = n
    return [UidSet(master, tuple(overrides.get(key, ()))) for key, master in masters.items()]


@dataclass(frozen=True, slots=True)
class Kept:
    """What is left of a list of components: the indices in order, and what takes the place of a changed master."""

    indices: list[int]
    changed: dict[int, Component]

    def of(self, components: Sequence[Component]) -> list[Component]:
        """Return the components that are left."""
        return [self.changed.get(n, components[n]) for n in self.indices]


def keep(components: Sequence[Component], sets: Iterable[UidSet], wanted: Collection[int]) -> Kept:
    """Return what is left when these indices are wanted. `sets` may lack those that have one member.

    With its master goes the set. An override that is the only instance of its master takes the set with it. One that
    stands for all later instances (RANGE=THISANDFUTURE) stays: no EXDATE can take those away.
    """
    kept = set(wanted)
    changed: dict[int, Component] = {}
    for each in sets:
        if each.master is None or not each.overrides:
            continue
        if each.master not in kept:
            kept.difference_update(each.overrides)
            continue
        gone = [n for n in each.overrides if n not in kept]
        ranged = [n for n in gone if _is_range(components[n])]
        kept.update(ranged)
        master = _without_instances(components[each.master], [components[n] for n in gone if n not in ranged])
        if master is None:
            kept.difference_update(each.members)
        elif master is not components[each.master]:
            changed[each.master] = master
    return Kept(sorted(kept), changed)


def filtered(
    calendar: Calendar,
    sets: Sequence[UidSet],
    wanted: Collection[int],
    journal: Journal,
    step: str,
    *,
    rule_of: Callable[[int], str] = lambda _: "dropped",
) -> Calendar:
    """Return the calendar with what is left of it when these indices are wanted, and report what is not, by rules."""
    before = calendar.components
    if len(wanted) == len(before):
        return calendar
    kept = keep(before, sets, wanted)
    left = set(kept.indices)
    for n, component in enumerate(before):
        if n not in left:
            journal.note(step, rule_of(n), component.uid().decode())
        elif n not in wanted:
            journal.note(step, "range-kept", component.uid().decode())
    for component in kept.changed.values():
        journal.note(step, "exdate", component.uid().decode())
    return calendar.with_components(kept.of(before))


def _is_range(override: Component) -> bool:
    line = override.first(b"RECURRENCE-ID")
    return line is not None and (line.parameter(b"RANGE") or b"").strip(b'"').upper() == b"THISANDFUTURE"


def _without_instances(master: Component, overrides: Sequence[Component]) -> Component | None:
    """Return the master with the instances of these overrides excluded; None when it has no other."""
    if not overrides:
        return master
    start = master.first(b"DTSTART")
    exdates = [line for each in overrides if (line := _exdate(each, start)) is not None]
    if not (master.has(b"RRULE") or master.has(b"RDATE")):
        only = start is not None and any((line.value, _tzid(line)) == (start.value, _tzid(start)) for line in exdates)
        return None if only else master
    known = {(value, _tzid(line)) for line in master.every(b"EXDATE") for value in line.value.split(b",")}
    lines = []
    for line in exdates:
        if (line.value, _tzid(line)) not in known:
            known.add((line.value, _tzid(line)))
            lines.append(fold(line.octets) + b"\r\n")
    if not lines:
        return master
    at = len(master.kind) + 8
    return master.with_text(master.text[:at] + b"".join(lines) + master.text[at:])


def _exdate(override: Component, start: ContentLine | None) -> ContentLine | None:
    """Return the EXDATE of an override's instance, of the value type of the master's DTSTART.

    Publishers mix the two: a day takes on the time and zone of DTSTART, a time loses its own where DTSTART is a day.
    """
    given = override.first(b"RECURRENCE-ID")
    if given is None:
        return None
    value, tzid = given.value.strip(), given.parameter(b"TZID")
    if start is not None and len(start.value) == _DAY:
        value, tzid = value[:_DAY], None
    elif start is not None and len(value) == _DAY:
        value, tzid = value + start.value[_DAY:], start.parameter(b"TZID")
    if len(value) == _DAY:
        return ContentLine(b"EXDATE", b";VALUE=DATE", value)
    return ContentLine(b"EXDATE", b"", value).with_parameter(b"TZID", tzid and tzid.strip(b'"'))


def _tzid(line: ContentLine) -> bytes:
    return (line.parameter(b"TZID") or b"").strip(b'"')
