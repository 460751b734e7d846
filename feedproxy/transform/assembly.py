"""A base and what one subscription adds to it in, feed octets out.

    start:  BEGIN:VCALENDAR, its properties, VTIMEZONEs, the base's components     shared by the base's subscribers
    end:    personal events, END:VCALENDAR                                         one subscriber's own

What every personal event begins with stands at the end of a start already, where there are some: the end can refer to
it then, and is shorter for that.

VTIMEZONEs stand before the events that use them (node-ical reads in order), so there are as many starts of a base as
there are sets of declarations: few, as those are made for whole years. Its components are deflated once for all.
"""

from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property, lru_cache
from hashlib import blake2b
from types import MappingProxyType
from typing import TypeVar

import tzmap
from feedproxy import gzip_member
from feedproxy.gzip_member import Part, Start
from feedproxy.ics.components import Component
from feedproxy.ics.folding import unfold, write
from feedproxy.ics.runs import Piece
from feedproxy.model import PersonalEvent, Zones
from feedproxy.transform import personal
from feedproxy.transform.calendar import Calendar, ZoneUse
from feedproxy.transform.merge import Merge
from feedproxy.transform.pipeline import Base, Options, by_kind, index
from feedproxy.transform.placeholder import PLACEHOLDER
from feedproxy.transform.report import Report

Key = TypeVar("Key")
Value = TypeVar("Value")

UNCHANGED: Mapping[int, Component] = MappingProxyType({})
STARTS = 16
"""How many starts a base keeps, and how many selections of its components."""
_BEGIN, _END = b"BEGIN:VCALENDAR\r\n", b"END:VCALENDAR\r\n"


@dataclass(frozen=True, slots=True)
class Rendered:
    """A feed's octets, and the report of what was done to reach them."""

    body: bytes
    report: Report


def render(body: bytes, *, personal: Iterable[PersonalEvent] = (), options: Options = Options()) -> Rendered:
    """Transform a body. Raises FeedRefused with a reason when it is no feed, and nothing else whatever it holds."""
    return assemble(index(body, options), personal, options)


def assemble(
    base: Base,
    personal: Iterable[PersonalEvent],
    options: Options,
    kept: Sequence[int] | None = None,
    changed: Mapping[int, Component] = UNCHANGED,
) -> Rendered:
    """Make a feed of a base and what one subscription adds to it, written out and with a report.

    `kept`: the places of the base's components that the subscription wants; all when it is None. `changed`: what takes
    the place of some of these (`feedproxy.transform.selection.kept`).
    """
    journal = base.journal.copy()
    merge = Merge(personal)
    calendar = merge(_selected(base.calendar, kept, changed), journal)
    pieces = calendar.pieces
    uses = _joined(calendar.zones)
    if calendar.events() - len(merge.events) < base.events:
        used = frozenset().union(*(_named(piece, [use.tzid for use in uses]) for piece in pieces))
        uses = [use for use in uses if use.tzid in used]
    declared = [_declaration(use) for use in uses]
    if options.placeholder and not pieces:
        pieces = (PLACEHOLDER,)
        journal.note("write", "placeholder")
    body = b"".join(written(calendar.heads[0], declared, pieces))
    counts = by_kind(pieces)
    if declared:
        counts["VTIMEZONE"] = len(declared)
    report = Report(
        octets_in=base.octets_in,
        octets_out=len(body),
        components_in=base.components_in,
        components_out=counts,
        changes=journal.changes(),
        zones=tuple(journal.zones),
    )
    return Rendered(body, report)


def written(head: Sequence[bytes], declared: Iterable[bytes], pieces: Iterable[Piece]) -> Iterator[bytes]:
    """Iterate over the octets of a feed: its properties, its VTIMEZONEs, its other components."""
    yield _BEGIN + write(list(head))
    yield from declared
    yield from (piece.text for piece in pieces)
    yield _END


def declarations(zones: Iterable[ZoneUse]) -> list[bytes]:
    """Return the VTIMEZONEs of a feed that names these zones."""
    return [_declaration(use) for use in _joined(zones)]


@dataclass(frozen=True, slots=True)
class Overlay:
    """What one subscription adds to whatever base, written: UIDs, zones, the end of the gzip member."""

    uids: frozenset[bytes]
    zones: Zones
    end: bytes


BARE = gzip_member.end(_END)
"""The end of a feed without personal events."""
_OPENING = gzip_member.deflate([personal.OPENING])


def write_overlay(events: Iterable[PersonalEvent]) -> Overlay:
    """Write personal events: once for each change of them, whatever becomes of the base."""
    named = Merge(events).events
    if not named:
        return Overlay(frozenset(), (), BARE)
    uses = _joined(use for event in named.values() if (use := personal.zone_use(event)) is not None)
    zones = _one(tuple((use.tzid, use.first.year, use.last.year) for use in uses))
    texts = b"".join(personal.component(event).text for event in named.values())
    text = texts.removeprefix(personal.OPENING) + _END
    return Overlay(frozenset(named), zones, gzip_member.end(text, personal.OPENING))


@lru_cache(4_096)
def _one(zones: Zones) -> Zones:
    """Return one object for equal ones: a million subscribers use a few zones."""
    return zones


class Head:
    """What stands before the components: deflated, with a digest of its text, once for each set of declarations."""

    def __init__(self, lines: Sequence[bytes]) -> None:
        self._text = _BEGIN + write(list(lines))
        self._deflated: dict[tuple[bytes, ...], tuple[Part, bytes]] = {}

    def followed_by(self, texts: tuple[bytes, ...]) -> tuple[Part, bytes]:
        """Return the head and these texts as one part, and the digest."""
        deflated = self._deflated.get(texts)
        if deflated is None:
            whole = (self._text, *texts)
            deflated = gzip_member.deflate(whole), _digest(whole)
            _keep(self._deflated, texts, deflated)
        return deflated


class Starts:
    """What feeds begin with that hold the same components: a start for each set of declarations, made when needed.

    `digest`, of 16 octets, names the text of the components; `alone` is what a feed has that would have none at all.
    """

    def __init__(self, head: Head, declared: Iterable[ZoneUse], components: Part, digest: bytes, alone: bytes) -> None:
        self._declared = {use.tzid: use for use in _joined(declared)}
        self._components = components
        self._digest = digest
        self._head = head
        self._alone = alone
        self._starts: dict[tuple[Zones, bool], Start] = {}

    def start(self, zones: Zones, *, bare: bool) -> Start:
        """Return what a feed begins with whose personal events use these zones; `bare`: one that has none."""
        key = tuple(zone for zone in zones if not self._declares(zone)), bare
        start = self._starts.get(key)
        if start is None:
            start = self._written(*key)
            _keep(self._starts, key, start)
        return start

    def _declares(self, zone: tuple[str, int, int]) -> bool:
        tzid, first, last = zone
        use = self._declared.get(tzid)
        return use is not None and (use.definition is not None or (use.first.year <= first and last <= use.last.year))

    def _written(self, needed: Zones, bare: bool) -> Start:
        more = (ZoneUse(tzid, date(first, 1, 1), date(last, 12, 31)) for tzid, first, last in needed)
        uses = _joined([*self._declared.values(), *more]) if needed else self._declared.values()
        alone = self._alone if bare and not self._components.length else b""
        part, digest = self._head.followed_by((*map(_declaration, uses), alone))
        opening, text = ((), ()) if bare else ((_OPENING,), (personal.OPENING,))
        return gzip_member.start((part, self._components, *opening), _digest([digest, self._digest, *text]))


class Shared:
    """What the feeds of a base have in common, deflated once: all its components, or those that some choose."""

    def __init__(self, base: Base, options: Options) -> None:
        self.base = base
        self._alone = PLACEHOLDER.text if options.placeholder else b""
        self._head = Head(base.calendar.heads[0])
        texts = [piece.text for piece in base.calendar.pieces]
        self._digest = _digest(texts)
        self._all = Starts(self._head, base.calendar.zones, gzip_member.deflate(texts), self._digest, self._alone)
        self._choices: dict[bytes, Starts] = {}

    @cached_property
    def personal_uids(self) -> frozenset[bytes]:
        """The UIDs of the base's components that look like those of personal events."""
        if not any(map(_may_be_personal, self.base.calendar.pieces)):
            return frozenset()
        return frozenset(c.uid() for c in self.base.calendar.components if _may_be_personal(c))

    def start(
        self, overlay: Overlay, kept: Sequence[int] | None = None, changed: Mapping[int, Component] = UNCHANGED
    ) -> Start:
        """Return what the feed begins with: `gzip_member.member(shared.start(overlay), overlay.end)` is the feed.

        `kept`: the places of the components that the subscription wants, in order; all when it is None. One that has
        the UID of a personal event is left out. `changed`: what takes the place of some of these.
        """
        if self.personal_uids & overlay.uids:
            components = self.base.calendar.components
            places = range(len(components)) if kept is None else kept
            kept = [n for n in places if not (_may_be_personal(components[n]) and components[n].uid() in overlay.uids)]
        starts = self._all if kept is None else self._only(kept, changed)
        return starts.start(overlay.zones, bare=overlay.end == BARE)

    def _only(self, kept: Sequence[int], changed: Mapping[int, Component]) -> Starts:
        """Return the starts with these components alone; subscriptions with the same filter share them."""
        choice = array("I", kept).tobytes() + b"".join(component.text for component in changed.values())
        starts = self._choices.get(choice)
        if starts is None:
            tzids = [use.tzid for use in self.base.calendar.zones]
            put_in = (_named(component, tzids) for component in changed.values())
            named = frozenset().union(*map(self._named.__getitem__, kept), *put_in)
            uses = [use for use in self.base.calendar.zones if use.tzid in named]
            components = self.base.calendar.components
            part = gzip_member.deflate_quickly([changed.get(n, components[n]).text for n in kept])
            starts = Starts(self._head, uses, part, _digest([self._digest, choice]), self._alone)
            _keep(self._choices, choice, starts)
        return starts

    @cached_property
    def _named(self) -> list[frozenset[str]]:
        """Which of the base's zones each component may name."""
        tzids = {use.tzid for use in self.base.calendar.zones}
        return [_named(component, tzids) for component in self.base.calendar.components]


def _keep(kept: dict[Key, Value], key: Key, value: Value) -> None:
    """Keep one value more; begin anew where there are too many."""
    if len(kept) >= STARTS:
        kept.clear()
    kept[key] = value


def _digest(texts: Iterable[bytes]) -> bytes:
    digest = blake2b(digest_size=16)
    for text in texts:
        digest.update(text)
    return digest.digest()


def _selected(calendar: Calendar, kept: Sequence[int] | None, changed: Mapping[int, Component]) -> Calendar:
    if kept is None:
        return calendar
    return replace(calendar, pieces=tuple(changed.get(n, calendar.components[n]) for n in kept))


def _may_be_personal(piece: Piece) -> bool:
    return b"\nUID:personal-" in piece.text


def _named(piece: Piece, tzids: Iterable[str]) -> frozenset[str]:
    """Return which of these TZIDs the piece may name: in text they count too."""
    text = unfold(piece.text)
    return frozenset(
        tzid
        for tzid in tzids
        if any(form % tzid.encode() in text for form in (b";TZID=%b:", b";TZID=%b;", b';TZID="%b"'))
    )


def _joined(uses: Iterable[ZoneUse]) -> list[ZoneUse]:
    """One use for each TZID over all its days, in the order of the TZIDs.

    Widened to whole years: an event more in the same year changes no VTIMEZONE.
    """
    joined: dict[str, ZoneUse] = {}
    for use in uses:
        known = joined.setdefault(use.tzid, use)
        first, last = min(known.first, use.first), max(known.last, use.last)
        joined[use.tzid] = ZoneUse(
            use.tzid, first.replace(month=1, day=1), last.replace(month=12, day=31), known.definition
        )
    return [joined[tzid] for tzid in sorted(joined)]


def _declaration(use: ZoneUse) -> bytes:
    if use.definition is not None:
        return use.definition
    first, last = max(use.first, date(1, 1, 1)), min(use.last, date(9999, 12, 31))
    return tzmap.vtimezone(use.tzid, first, last)
