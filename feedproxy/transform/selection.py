"""Which events of a base a subscription wants: by id, by tag, by time zone.

What the events say is read once for each base (`facts`); choosing for a subscription (`kept`) is set arithmetic.

    exclude     never these; an id that only an override has takes that override away
    tags        those that have one of these CATEGORIES, if any is given
    zone        those of this time zone, and those of none
    include     only these, if any is given; an id of any member that is left names its whole UID set

All of them must let an event through. What an override does not say of itself it has of its master. Components of a
kind without UID are never chosen among: they stay.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from feedproxy.ics.components import Component
from feedproxy.ics.text import unescape
from feedproxy.ics.textlist import texts
from feedproxy.transform.calendar import Calendar
from feedproxy.transform.edit import every_extension
from feedproxy.transform.eventid import external_ids, guid, spellings
from feedproxy.transform.report import Journal
from feedproxy.transform.revision import FIRST, Revision, revised
from feedproxy.transform.uidset import Kept, UidSet, filtered, keep, uid_sets
from tzmap.names import windows_table
from tzmap.windows import TERRITORIES

STEP = "selection"


@dataclass(frozen=True, slots=True)
class Selection:
    """What is wanted; the empty one wants everything.

    `include` and `exclude` hold UIDs, X-EXTERNAL-IDs and GUIDs (`feedproxy.transform.eventid`); one that names nothing
    is ignored, but what is included is all there is. `tags` are compared without regard to case. `zone` is a Windows id
    or an IANA key.
    """

    include: frozenset[str] = frozenset()
    exclude: frozenset[str] = frozenset()
    tags: frozenset[str] = frozenset()
    zone: str = ""

    def __bool__(self) -> bool:
        return bool(self.include or self.exclude or self.tags or self.zone)


EVERYTHING = Selection()


@dataclass(frozen=True, slots=True)
class Facts:
    """What a choice asks of a list of components: which indices go by an id, have a tag, are of a zone.

    `bearers` leads from an id to those that go by it themselves. `sets` are those UID sets that have more than one
    member, `companions` leads from each of these to all of them. `all` and `others` are every index, and every one that
    is never chosen among.
    """

    components: Sequence[Component]
    sets: tuple[UidSet, ...]
    companions: Mapping[int, tuple[int, ...]]
    bearers: Mapping[str, tuple[int, ...]]
    tags: Mapping[str, tuple[int, ...]]
    zones: Mapping[str, tuple[int, ...]]
    unzoned: tuple[int, ...]
    all: frozenset[int]
    others: frozenset[int]


class Select:
    """The step: what a selection wants of a calendar."""

    def __init__(self, selection: Selection) -> None:
        self.selection = selection

    def __call__(self, calendar: Calendar, journal: Journal) -> Calendar:
        """Leave out what is not wanted; the report has how much by which criterion, the first that does not want it."""
        known = facts(calendar.components)
        rules: dict[int, str] = {}
        for rule, alone in criteria(self.selection):
            rules.update(dict.fromkeys(known.all - wanted(known, alone) - rules.keys(), rule))
        chosen = wanted(known, self.selection)
        return filtered(calendar, known.sets, chosen, journal, STEP, rule_of=lambda n: rules.get(n, "uid-set"))


def facts(components: Sequence[Component]) -> Facts:
    """Read what choices ask of these components."""
    sets = uid_sets(components)
    bearers: dict[str, list[int]] = {}
    tags: dict[str, list[int]] = {}
    zones: dict[str, list[int]] = {}
    unzoned = []
    members: set[int] = set()
    for each in sets:
        members.update(each.members)
        uid = components[each.members[0]].uid().decode()
        for name in {uid, unescape(uid.encode()), guid(uid)}:
            bearers.setdefault(name, []).extend(each.members)
        inherited = _Said(frozenset(), frozenset())
        for n in each.members:
            for name in external_ids(components[n]):
                bearers.setdefault(name, []).append(n)
            said = _said(components[n], inherited)
            if n == each.master:
                inherited = said
            for tag in said.tags:
                tags.setdefault(tag, []).append(n)
            for zone in said.zones:
                zones.setdefault(zone, []).append(n)
            if not said.zones:
                unzoned.append(n)
    everything = frozenset(range(len(components)))
    several = tuple(each for each in sets if len(each.members) > 1)
    return Facts(
        components=components,
        sets=several,
        companions={n: each.members for each in several for n in each.members},
        bearers=_frozen(bearers),
        tags=_frozen(tags),
        zones=_frozen(zones),
        unzoned=tuple(unzoned),
        all=everything,
        others=everything - members,
    )


def wanted(known: Facts, selection: Selection) -> frozenset[int]:
    """Return the indices that a selection lets through, before masters and overrides are looked at."""
    chosen = known.all
    if selection.tags:
        chosen &= _union(known.tags, map(_folded, selection.tags))
    if selection.zone:
        chosen &= _union(known.zones, _zone_keys(selection.zone)).union(known.unzoned)
    if selection.exclude:
        chosen -= _union(known.bearers, (s for name in selection.exclude for s in spellings(name)))
    if selection.include:
        named = chosen & _union(known.bearers, (s for name in selection.include for s in spellings(name)))
        chosen &= named.union(*(known.companions[n] for n in named & known.companions.keys()))
    return chosen if chosen is known.all else chosen | known.others


def criteria(selection: Selection) -> tuple[tuple[str, Selection], ...]:
    """Return the criteria of a selection by their names, each as a selection of its own."""
    alone = (
        ("tag", Selection(tags=selection.tags)),
        ("time-zone", Selection(zone=selection.zone)),
        ("exclude", Selection(exclude=selection.exclude)),
        ("include", Selection(include=selection.include)),
    )
    return tuple((rule, each) for rule, each in alone if each)


def kept(known: Facts, selection: Selection, revision: Revision = FIRST) -> Kept:
    """Return what a subscription has of a base: the indices in order, and the masters that have new EXDATEs.

    A changed master's SEQUENCE and LAST-MODIFIED have grown.
    """
    chosen = keep(known.components, known.sets, wanted(known, selection))
    if not chosen.changed:
        return chosen
    changed = {n: revised(known.components[n], master, revision) for n, master in chosen.changed.items()}
    return Kept(chosen.indices, changed)


@dataclass(frozen=True, slots=True)
class _Said:
    """The tags and time zones that a component names, as they are compared."""

    tags: frozenset[str]
    zones: frozenset[str]


def _said(component: Component, inherited: _Said) -> _Said:
    """Read what a component says of itself; what it does not say it inherits."""
    tags, zones = inherited.tags, inherited.zones
    categories: list[str] = []
    if b"\nCATEGORIES" in component.text:
        categories = [_folded(text) for line in component.every(b"CATEGORIES") for text in texts(line.value)]
        tags = frozenset(filter(None, categories)) or tags
    named = set(_windows_ids().intersection(categories))
    named |= {_folded(unescape(line.value)) for line in every_extension(component, b"X-CALREPLY-TIMEZONE")} - {""}
    return _Said(tags, frozenset(named) or zones)


def _folded(text: str) -> str:
    return " ".join(text.casefold().split())


def _frozen(index: dict[str, list[int]]) -> dict[str, tuple[int, ...]]:
    return {key: tuple(places) for key, places in index.items()}


def _union(index: Mapping[str, tuple[int, ...]], keys: Iterable[str]) -> frozenset[int]:
    return frozenset().union(*(index.get(key, ()) for key in keys))


@cache
def _windows_ids() -> frozenset[str]:
    return frozenset(map(_folded, windows_table()))


@cache
def _zone_keys(zone: str) -> frozenset[str]:
    """Return every name under which events of a time zone may be tagged: the Windows id, and its IANA keys."""
    asked = _folded(zone)
    keys = {asked}
    for windows_id, iana in windows_table().items():
        names = {_folded(name) for name in (iana, *TERRITORIES.get(windows_id, {}).values())}
        if _folded(windows_id) == asked:
            keys |= names
        elif asked in names:
            keys.add(_folded(windows_id))
    return frozenset(keys)
