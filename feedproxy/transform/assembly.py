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
from itertools import chain
from types import MappingProxyType
from typing import TypeVar

import tzmap
from feedproxy import gzip_member
from feedproxy.gzip_member import Part, Start
from feedproxy.ics.components import Component
from feedproxy.ics.folding import unfold, write
from feedproxy.ics.runs import Piece, Run
from feedproxy.model import PersonalEvent, Zones
from feedproxy.transform import personal
from feedproxy.transform.calendar import Calendar, ZoneUse
from feedproxy.transform.listing import CalendarEvent, calendar_events
from feedproxy.transform.merge import Merge, may_be_personal
from feedproxy.transform.naming import UNNAMED, Naming
from feedproxy.transform.pipeline import Base, Options, by_kind, index
from feedproxy.transform.placeholder import PLACEHOLDER
from feedproxy.transform.report import Report
from feedproxy.transform.selection import Facts, Selection, facts, kept
from feedproxy.transform.uidset import Kept

Key = TypeVar("Key")
Value = TypeVar("Value")

UNCHANGED: Mapping[int, Component] = MappingProxyType({})
STARTS = 16
"""How many starts are kept of the same components, under the same head."""
CHOICES = 64
"""How many choices a base keeps, of its components and of its name: as many as a calendar has teams, say."""
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
        uses = named_zones(pieces, uses)
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


def named_zones(pieces: Iterable[Piece], uses: Sequence[ZoneUse]) -> list[ZoneUse]:
    """Return those of the zones that components name."""
    tzids = [use.tzid for use in uses]
    used = frozenset().union(*(_named(piece, tzids) for piece in pieces))
    return [use for use in uses if use.tzid in used]


def written(head: Sequence[bytes], declared: Iterable[bytes], pieces: Iterable[Piece]) -> Iterator[bytes]:
    """Iterate over the octets of a feed: its properties, its VTIMEZONEs, its other components."""
    texts = (piece.parts if isinstance(piece, Run) else (piece.text,) for piece in pieces)
    return chain([_BEGIN + write(list(head))], declared, chain.from_iterable(texts), [_END])


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
            _keep(self._deflated, texts, deflated, STARTS)
        return deflated


@dataclass(frozen=True, slots=True)
class Chosen:
    """Components, deflated once. `digest`, of 16 octets, names their text.

    `zones` are those that they use, over whole years, in the order of the TZIDs.
    """

    zones: tuple[ZoneUse, ...]
    part: Part
    digest: bytes


class Starts:
    """What feeds begin with that hold the same components: a start for each set of declarations, made when needed.

    `alone` is what a feed has that would have no component at all.
    """

    def __init__(self, head: Head, chosen: Chosen, alone: bytes) -> None:
        self._declared = {use.tzid: use for use in chosen.zones}
        self._chosen = chosen
        self._head = head
        self._alone = alone
        self._starts: dict[tuple[Zones, bool], Start] = {}

    def start(self, zones: Zones, *, bare: bool) -> Start:
        """Return what a feed begins with whose personal events use these zones; `bare`: one that has none."""
        key = tuple(zone for zone in zones if not self._declares(zone)), bare
        start = self._starts.get(key)
        if start is None:
            start = self._written(*key)
            _keep(self._starts, key, start, STARTS)
        return start

    def _declares(self, zone: tuple[str, int, int]) -> bool:
        tzid, first, last = zone
        use = self._declared.get(tzid)
        return use is not None and (use.definition is not None or (use.first.year <= first and last <= use.last.year))

    def _written(self, needed: Zones, bare: bool) -> Start:
        more = (ZoneUse(tzid, date(first, 1, 1), date(last, 12, 31)) for tzid, first, last in needed)
        uses = _joined([*self._declared.values(), *more]) if needed else self._declared.values()
        alone = self._alone if bare and not self._chosen.part.length else b""
        part, digest = self._head.followed_by((*map(_declaration, uses), alone))
        opening, text = ((), ()) if bare else ((_OPENING,), (personal.OPENING,))
        return gzip_member.start((part, self._chosen.part, *opening), _digest([digest, self._chosen.digest, *text]))


class Shared:
    """What the feeds of a base have in common, deflated once: all its components, or those that some choose.

    `personal_uids` are the UIDs of its components that look like those of personal events.
    """

    def __init__(self, base: Base, options: Options) -> None:
        self.base = base
        self._alone = PLACEHOLDER.text if options.placeholder else b""
        self._revision = options.revision
        texts = [piece.text for piece in base.calendar.pieces]
        self.personal_uids = _personal_uids(base, texts)
        self._zones = tuple(_joined(base.calendar.zones))
        self._all = Chosen(self._zones, gzip_member.deflate(texts), _digest(texts))
        self._kept: dict[Selection, Kept] = {}
        self._choices: dict[bytes, Chosen] = {}
        self._heads: dict[Naming, Head] = {}
        self._starts: dict[tuple[Naming, bytes], Starts] = {}

    @cached_property
    def events(self) -> tuple[CalendarEvent, ...]:
        """The base's events, as the API names them."""
        return calendar_events(self.base.calendar.components)

    @cached_property
    def facts(self) -> Facts:
        """What selections ask of the base's components."""
        return facts(self.base.calendar.components)

    def parts(self) -> list[list[object]]:
        """Return all of which there may be as many as events, to be let go of when nobody needs it any more."""
        made = (*vars(self).values(), *vars(self.base.calendar).values())
        return [[*each] for each in made if isinstance(each, list | tuple)]

    def kept(self, selection: Selection) -> Kept:
        """Return what a selection leaves of the base's components."""
        found = self._kept.get(selection)
        if found is None:
            found = kept(self.facts, selection, self._revision)
            _keep(self._kept, selection, found, CHOICES)
        return found

    def start(
        self,
        overlay: Overlay,
        kept: Sequence[int] | None = None,
        changed: Mapping[int, Component] = UNCHANGED,
        naming: Naming = UNNAMED,
    ) -> Start:
        """Return what the feed begins with: `gzip_member.member(shared.start(overlay), overlay.end)` is the feed.

        `kept`: the places of the components that the subscription wants, in order; all when it is None. One that has
        the UID of a personal event is left out. `changed`: what takes the place of some of these. `naming`: what the
        calendar is called.
        """
        if self.personal_uids & overlay.uids:
            components = self.base.calendar.components
            places = range(len(components)) if kept is None else kept
            kept = [n for n in places if not (may_be_personal(components[n]) and components[n].uid() in overlay.uids)]
        chosen = self._all if kept is None else self._only(kept, changed)
        key = naming, b"" if kept is None else chosen.digest
        starts = self._starts.get(key)
        if starts is None:
            starts = Starts(self._head(naming), chosen, self._alone)
            _keep(self._starts, key, starts, CHOICES)
        return starts.start(overlay.zones, bare=overlay.end == BARE)

    def _head(self, naming: Naming) -> Head:
        head = self._heads.get(naming)
        if head is None:
            head = Head(naming.of(self.base.calendar.heads[0]))
            _keep(self._heads, naming, head, CHOICES)
        return head

    def _only(self, kept: Sequence[int], changed: Mapping[int, Component]) -> Chosen:
        """Return these components alone; subscriptions with the same filter share them."""
        choice = array("I", kept).tobytes() + b"".join(component.text for component in changed.values())
        chosen = self._choices.get(choice)
        if chosen is None:
            tzids = [use.tzid for use in self._zones]
            put_in = frozenset().union(*(_named(component, tzids) for component in changed.values()))
            uses = tuple(
                use
                for use, users in zip(self._zones, self._users, strict=True)
                if use.tzid in put_in or not users.isdisjoint(kept)
            )
            texts = list(map(self._texts.__getitem__, kept))
            digests = list(map(self._digests.__getitem__, kept))
            for place, n in enumerate(kept) if changed else ():
                if n in changed:
                    texts[place], digests[place] = changed[n].text, _digest([changed[n].text])
            chosen = Chosen(uses, gzip_member.deflate_quickly(texts), _digest([b"".join(digests)]))
            _keep(self._choices, choice, chosen, CHOICES)
        return chosen

    @cached_property
    def _texts(self) -> list[bytes]:
        return [component.text for component in self.base.calendar.components]

    @cached_property
    def _digests(self) -> list[bytes]:
        """The digest of each component: to compose those of some is ten times as fast as to digest their texts."""
        return [_digest([text]) for text in self._texts]

    @cached_property
    def _users(self) -> list[set[int]]:
        """The places of those components that may name each of the base's zones."""
        users: dict[str, set[int]] = {use.tzid: set() for use in self._zones}
        for n, component in enumerate(self.base.calendar.components):
            for tzid in _named(component, users):
                users[tzid].add(n)
        return list(users.values())


def _keep(kept: dict[Key, Value], key: Key, value: Value, most: int) -> None:
    """Keep one value more; the first ones go where there are too many. Several threads may do this at once."""
    while len(kept) >= most:
        kept.pop(next(iter(kept), key), None)
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


def _personal_uids(base: Base, texts: Iterable[bytes]) -> frozenset[bytes]:
    if not any(b"\nUID:personal-" in text for text in texts):
        return frozenset()
    return frozenset(c.uid() for c in base.calendar.components if may_be_personal(c))


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
