"""Several calendars made one, each repaired and with its time zones resolved beforehand.

One UID in two of them is one event: the UID set with the higher SEQUENCE stays, then that with the newer LAST-MODIFIED,
then the later calendar's. Sets are never mixed, and one that has a master goes before one that has only overrides. A
TZID means in each calendar what it meant there: where two travel under one name and mean different things, the later
one is given another.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import chain, count

from feedproxy.ics.components import SCHEDULED, Component
from feedproxy.ics.contentline import ContentLine
from feedproxy.ics.folding import fold
from feedproxy.ics.text import escape
from feedproxy.transform.bound_lines import WITH_PARAMETERS, bound_line, tzid_of
from feedproxy.transform.calendar import Calendar, ZoneUse
from feedproxy.transform.edit import with_values
from feedproxy.transform.naming import Naming
from feedproxy.transform.report import Journal
from feedproxy.transform.unique import version
from tzmap import zone_names

STEP = "join"


def join(calendars: Sequence[Calendar], name: str, journal: Journal) -> Calendar:
    """Join calendars, in order; the head is that of the first. `name`: what the calendar is called, if not empty."""
    taken: dict[str, bytes | None] = {}
    apart = [_apart(calendar, taken, journal) for calendar in calendars]
    components = [component for calendar in apart for component in calendar.components]
    sources = [n for n, calendar in enumerate(apart) for _ in calendar.components]
    lost = _lost(components, sources, journal)
    head = calendars[0].heads[0]
    return Calendar(
        heads=(Naming(name).of(head),),
        definitions=(),
        pieces=tuple(component for n, component in enumerate(components) if n not in lost),
        zones=tuple(use for calendar in apart for use in calendar.zones),
    )


def _lost(components: Sequence[Component], sources: Sequence[int], journal: Journal) -> set[int]:
    """Return the indices of those sets that another calendar has in a better version."""
    rivals: dict[tuple[bytes, bytes], dict[int, list[int]]] = {}
    for n, (component, source) in enumerate(zip(components, sources, strict=True)):
        if component.kind in SCHEDULED:
            rivals.setdefault((component.kind, component.uid()), {}).setdefault(source, []).append(n)
    lost: set[int] = set()
    for (_, uid), sets in rivals.items():
        if len(sets) == 1:
            continue
        best = max(sets, key=lambda source: (_rank([components[n] for n in sets[source]]), source))
        for source, members in sets.items():
            if source != best:
                lost.update(members)
                same = [components[n].text for n in members] == [components[n].text for n in sets[best]]
                journal.note(STEP, "duplicate" if same else "clash", uid.decode())
    return lost


def _rank(members: Sequence[Component]) -> tuple[bool, tuple[int, bytes]]:
    """Return what a UID set is weighed by: whether it has a master, and its version or the best of its overrides."""
    masters = [each for each in members if not each.has(b"RECURRENCE-ID")]
    return bool(masters), max(map(version, masters or members))


def _apart(calendar: Calendar, taken: dict[str, bytes | None], journal: Journal) -> Calendar:
    """Return the calendar with those TZIDs renamed that mean something else in one before it.

    `taken` has what each TZID in small letters means: the definition that travels with it, None for one without.
    """
    definitions = {use.tzid: use.definition for use in calendar.zones}
    become: dict[str, str] = {}
    for tzid in _tzids(calendar.components):
        definition = definitions.get(tzid)
        if definition is None and tzid in zone_names():
            continue
        names = chain([tzid], (f"{tzid} ({n})" for n in count(2)))
        become[tzid] = next(name for name in names if taken.get(name.casefold(), definition) == definition)
        taken[become[tzid].casefold()] = definition
    become = {tzid: name for tzid, name in become.items() if name != tzid}
    if not become:
        return calendar
    for tzid, name in become.items():
        journal.note(STEP, "tzid-apart", f"{tzid} -> {name}")
    zones = tuple(
        ZoneUse(become[use.tzid], use.first, use.last, _defined_as(use.definition, become[use.tzid]))
        if use.tzid in become
        else use
        for use in calendar.zones
    )
    components = [_renamed(component, become) for component in calendar.components]
    return replace(calendar.with_components(components), zones=zones)


def _tzids(components: Sequence[Component]) -> list[str]:
    found = {
        _tzid(line)
        for component in components
        for match in WITH_PARAMETERS.finditer(component.text)
        if (line := bound_line(match[0])) is not None
    }
    return sorted(found)


def _tzid(line: ContentLine) -> str:
    return tzid_of(line).strip('"')


def _renamed(component: Component, become: Mapping[str, str]) -> Component:
    def renamed(match: re.Match[bytes]) -> bytes:
        line = bound_line(match[0])
        if line is None or _tzid(line) not in become:
            return match[0]
        return fold(line.with_parameter(b"TZID", become[_tzid(line)].encode()).octets)

    text = WITH_PARAMETERS.sub(renamed, component.text)
    return component if text == component.text else component.with_text(text)


def _defined_as(definition: bytes | None, tzid: str) -> bytes | None:
    if definition is None:
        return None
    return with_values(Component(b"VTIMEZONE", definition), {b"TZID": escape(tzid)}).text
