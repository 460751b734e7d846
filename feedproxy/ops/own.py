"""What one subscription does with a base: what it wants of that, what it adds, what it calls it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from feedproxy.ics.components import Component
from feedproxy.model import PersonalEvent
from feedproxy.transform import Base, Options
from feedproxy.transform.assembly import named_zones
from feedproxy.transform.calendar import Calendar
from feedproxy.transform.merge import Merge
from feedproxy.transform.naming import UNNAMED, Naming
from feedproxy.transform.report import Journal
from feedproxy.transform.revision import revise
from feedproxy.transform.selection import EVERYTHING, Select, Selection, criteria, facts, wanted


@dataclass(frozen=True, slots=True)
class Own:
    """The part of a feed that is a subscription's own; `personal` are the events that can be seen now."""

    selection: Selection = EVERYTHING
    personal: tuple[PersonalEvent, ...] = ()
    naming: Naming = UNNAMED


NOTHING = Own()


def chosen(base: Base, own: Own, options: Options) -> Base:
    """Return the base with what the subscription wants alone, under the name that it has there; its journal says so."""
    calendar, journal = base.calendar, base.journal.copy()
    if own.selection:
        calendar = revise(calendar, Select(own.selection)(calendar, journal), options.revision, journal)
        calendar = replace(calendar, zones=tuple(named_zones(calendar.pieces, calendar.zones)))
    return replace(base, calendar=replace(calendar, heads=(own.naming.of(calendar.heads[0]),)), journal=journal)


def merged(base: Base, own: Own) -> Calendar:
    """Return the calendar of a base with the subscription's events in it."""
    return Merge(own.personal)(base.calendar, Journal())


def left_out_by(components: Sequence[Component], selection: Selection) -> tuple[str, ...]:
    """Say what in a selection keeps components of one UID out: each criterion by itself."""
    known = facts(components)
    reasons = {
        "tag": f"it has none of the tags {_listed(selection.tags)}",
        "time-zone": f"it is not of the time zone {selection.zone}",
        "exclude": "it is excluded by its id",
        "include": "it is not among those that are included by their ids",
    }
    return tuple(reasons[rule] for rule, each in criteria(selection) if len(wanted(known, each)) < len(components))


def _listed(texts: frozenset[str]) -> str:
    return ", ".join(sorted(texts))
