"""The VTIMEZONEs of a feed: which defines which TZID, and under which TZID one travels on."""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from itertools import chain, count

import tzmap
from feedproxy.errors import FeedRefused
from feedproxy.ics.components import MAX_TZIDS, Component
from feedproxy.ics.text import escape, unescape
from feedproxy.transform.edit import with_lines, without
from feedproxy.transform.report import Contexts, Journal

STEP = "timezones"
MAX_OCTETS_IN_USE = 3_000_000
"""Octets of the different definitions that a feed uses: of sixty zones with the whole history of each."""


def contexts_of(definitions: Iterable[Component]) -> Contexts:
    """Return which VCALENDARs have the same definitions."""
    by_scope = defaultdict[int, list[bytes]](list)
    for definition in definitions:
        by_scope[definition.scope].append(definition.text)
    firsts: dict[tuple[bytes, ...], int] = {}
    like = {scope: firsts.setdefault(tuple(texts), scope) for scope, texts in by_scope.items()}
    return Contexts(like, next(scope for scope in count() if scope not in like))


class Definitions:
    """The VTIMEZONEs by the TZIDs that may mean them. Of several of one TZID the first that says something counts.

    Of VCALENDARs with the same ones (`contexts`) only the first one's are looked at.
    """

    def __init__(self, definitions: Iterable[Component], contexts: Contexts, journal: Journal) -> None:
        self._named: dict[tuple[int, str], bytes] = {}
        self._alike: dict[tuple[int | None, str], bytes] = {}
        self._unused: dict[bytes, None] = {}
        self._octets_in_use = 0
        alike = Counter(contexts.like.values())
        named = _by_tzid([each for each in definitions if contexts.of(each.scope) == each.scope])
        for definition in sorted(named, key=lambda each: b"\nBEGIN:" not in each.text):
            tzid = named[definition]
            if tzid is None:
                journal.note(STEP, "definition-without-tzid", count=alike[definition.scope])
                continue
            name = clean(tzid)
            if self._named.setdefault((definition.scope, name), definition.text) != definition.text:
                journal.note(STEP, "defined-twice", tzid, count=alike[definition.scope])
                continue
            self._alike.setdefault((definition.scope, name.casefold()), definition.text)
            self._alike.setdefault((None, name.casefold()), definition.text)
            self._unused[definition.text] = None

    def find(self, scope: int, tzid: str) -> bytes | None:
        """Return the definition of a TZID: this VCALENDAR's first, in this case first, then another's.

        `scope` is the first VCALENDAR with the same definitions.

        Raises FeedRefused when there are absurdly many octets of them.
        """
        name = clean(tzid)
        found = (
            self._named.get((scope, name))
            or self._alike.get((scope, name.casefold()))
            or self._alike.get((None, name.casefold()))
        )
        if found in self._unused:
            del self._unused[found]
            self._octets_in_use += len(found)
            if self._octets_in_use > MAX_OCTETS_IN_USE:
                raise FeedRefused("excessive", f"more than {MAX_OCTETS_IN_USE} octets of definitions are in use")
        return found

    def note_unused(self, journal: Journal) -> None:
        """Report how many definitions nothing used."""
        if self._unused:
            journal.note(STEP, "definition-unused", count=len(self._unused))


def _by_tzid(definitions: Iterable[Component]) -> dict[Component, str | None]:
    """Return the TZID of each definition, of several alike once."""
    named: dict[Component, str | None] = dict.fromkeys(definitions)
    names: set[str] = set()
    for definition in named:
        line = definition.first(b"TZID")
        if line is None:
            continue
        tzid = named[definition] = unescape(line.value)
        names.add(clean(tzid))
        if len(names) > MAX_TZIDS:
            raise FeedRefused("excessive", f"more than {MAX_TZIDS} TZIDs are defined")
    return named


@dataclass(frozen=True, slots=True)
class Served:
    """What a TZID becomes: the TZID as served, and the definition that travels.

    None: UTC, the values get their Z. Empty: it says nothing and nothing defines it, the values are floating.
    """

    tzid: str | None
    definition: bytes | None = None
    origin: bytes | None = None
    """The definition as found, under the TZID that it had then."""


def serve(resolution: tzmap.Resolution, definition: bytes | None, taken: dict[str, Served]) -> Served:
    """Say under which TZID the values of a resolved one are served. `taken` has what was given to others."""
    name = clean(resolution.tzid)
    match resolution.kind:
        case "utc":
            return Served(None)
        case "zone":
            return Served(resolution.zone)
        case "fixed" if resolution.offset is not None:
            return _travelling(name, tzmap.fixed_vtimezone(name, resolution.offset), taken)
        case _ if definition is not None:
            return _travelling(name, definition, taken)
        case _:
            return Served(name)


def _travelling(tzid: str, definition: bytes, taken: dict[str, Served]) -> Served:
    """Give a definition that travels a TZID that is no zone's name and no other definition's, in any case.

    `taken` has what was given so far, by TZID in small letters.
    """
    digest = hashlib.sha256(definition).hexdigest()[:8]
    names = chain([tzid, f"{tzid} ({digest})".strip()], (f"{tzid} ({digest}-{n})".strip() for n in count(2)))
    for name in names:  # pragma: no branch - it does not end
        known = taken.get(name.casefold())
        if known is not None and known.origin == definition:
            return known
        if known is None and name and name.casefold() not in _zone_names():
            break
    component = Component(b"VTIMEZONE", definition)
    given = component.first(b"TZID")
    if given is None or given.value != escape(name):
        component = with_lines(without(component, b"TZID"), [b"TZID:" + escape(name)])
    served = taken[name.casefold()] = Served(name, component.text, definition)
    return served


@cache
def _zone_names() -> frozenset[str]:
    return frozenset(name.casefold() for name in tzmap.zone_names())


def clean(tzid: str) -> str:
    """Return a TZID without the quotes and blanks that tell no two apart, and that no parameter could hold."""
    return " ".join(tzid.strip().strip('"').replace('"', "'").split())
