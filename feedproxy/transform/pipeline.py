"""Upstream octets in, a base out: done once for each change of the source.

    body -> normal form -> components -> repair -> time zones -> (joined with others)
         -> the steps that somebody chose -> new versions of what they changed -> the profile of a client

The steps have one signature and run in one loop; no clock and no random value reaches the output, so the same input
gives the same octets, and what `assembly` makes of it goes through unchanged when it comes in again.
"""

import codecs
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from feedproxy.errors import FeedRefused
from feedproxy.ics.components import Component
from feedproxy.ics.reading import read
from feedproxy.ics.runs import Piece, Run
from feedproxy.transform.calendar import Calendar, Heads, Step
from feedproxy.transform.floating import bind_floating
from feedproxy.transform.join import join
from feedproxy.transform.placeholder import without_placeholder
from feedproxy.transform.profiles import PLAIN, Profile
from feedproxy.transform.repair import cancelled_scopes, repair
from feedproxy.transform.report import Journal
from feedproxy.transform.revision import FIRST, Revision, revise
from feedproxy.transform.timezones import TimeZones

_HTML = re.compile(rb"<(?:!doctype\s+html|html|head|body|script)\b", re.IGNORECASE)
_NOTHING = bytes(range(33)) + codecs.BOM_UTF8 + codecs.BOM_UTF16
"""Octets that say nothing: controls, the blank, byte order marks."""


@dataclass(frozen=True, slots=True)
class Options:
    """How to transform.

    `horizon`: how far beyond its start a recurrence is checked and its time zone declared. `placeholder`: put one
    harmless event of 1970 into an empty feed, because Evolution 3.46 keeps the old events of a feed that has none.
    `bind_floating`: read floating times in the zone that X-WR-TIMEZONE names. `steps`: what else is done, in order;
    they see a calendar that is repaired and whose TZIDs are as served. `revision`: the version of what they do.
    `profile`: what a family of clients needs beyond what all are given.
    """

    horizon: timedelta = timedelta(days=5 * 366)
    placeholder: bool = False
    bind_floating: bool = False
    steps: tuple[Step, ...] = ()
    revision: Revision = FIRST
    profile: Profile = PLAIN


@dataclass(frozen=True, slots=True)
class Base:
    """A source's body, repaired and with its time zones resolved: what all subscriptions of it share."""

    calendar: Calendar
    journal: Journal
    octets_in: int
    components_in: dict[str, int]

    @property
    def events(self) -> int:
        """How many components it has to show."""
        return self.calendar.events()


def index(body: bytes, options: Options) -> Base:
    """Make the base of a body. Raises FeedRefused (`empty`, `html`, `not-a-calendar`, `truncated`, `excessive`)."""
    return _chosen(_read(body, options), options)


def index_joined(bodies: Sequence[bytes], options: Options, name: str = "") -> Base:
    """Make one base of several bodies, in order (`feedproxy.transform.join`). Raises FeedRefused, naming which."""
    bases = []
    for n, body in enumerate(bodies, 1):
        try:
            bases.append(_read(body, options))
        except FeedRefused as refusal:
            place = f"feed {n} of {len(bodies)}: " if len(bodies) > 1 else ""
            raise FeedRefused(refusal.reason, place + refusal.message) from None
    journal = Journal()
    for base in bases:
        journal.add(base.journal)
    calendar = join([base.calendar for base in bases], name, journal)
    counts = sum((Counter(base.components_in) for base in bases), Counter[str]())
    return _chosen(Base(calendar, journal, sum(base.octets_in for base in bases), dict(counts)), options)


def _read(body: bytes, options: Options) -> Base:
    journal = Journal()
    found, counts = opened(body, journal)
    calendar = _run([*first_steps(options), TimeZones(options.horizon)], found, journal)
    return Base(calendar, journal, len(body), counts)


def opened(body: bytes, journal: Journal) -> tuple[Calendar, dict[str, int]]:
    """Return what a body holds, and how many components of each kind. Raises FeedRefused."""
    try:
        found = read(body)
    except FeedRefused as refusal:
        raise (_refusal(body) if refusal.reason == "not-a-calendar" else refusal) from None
    for rule, number in found.repairs:
        journal.note("read", rule, count=number)
    calendar = Calendar(
        heads=Heads(found.heads),
        definitions=tuple([c for c in found.pieces if isinstance(c, Component) and c.kind == b"VTIMEZONE"]),
        pieces=tuple([c for c in found.pieces if isinstance(c, Run) or c.kind != b"VTIMEZONE"]),
        cancelled=cancelled_scopes(found.heads),
    )
    return calendar, by_kind(found.pieces)


def first_steps(options: Options) -> list[Step]:
    """Return the steps before the time zones are resolved."""
    return [bind_floating, repair] if options.bind_floating or options.profile.bind_floating else [repair]


def _chosen(base: Base, options: Options) -> Base:
    """Do what the options ask for beyond what every feed is given."""
    found, journal = base.calendar, base.journal
    if options.steps:
        found = without_placeholder(found)
    chosen = revise(found, _run(options.steps, found, journal), options.revision, journal)
    if chosen.pieces is not base.calendar.pieces:
        chosen = _with_zones_in_use(chosen, options)
    return replace(base, calendar=_run(options.profile.steps, chosen, journal))


def _with_zones_in_use(calendar: Calendar, options: Options) -> Calendar:
    """Return the calendar with those time zones only that are left, over the days that are left.

    They are resolved again as they will be when the feed comes in again: the same is served then.
    """
    definitions = tuple(Component(b"VTIMEZONE", use.definition) for use in calendar.zones if use.definition is not None)
    return TimeZones(options.horizon)(replace(calendar, definitions=definitions, zones=()), Journal())


def _refusal(body: bytes) -> FeedRefused:
    if _HTML.search(body, 0, 4_096):
        return FeedRefused("html", "the body is an HTML page, not a calendar")
    if not body.translate(None, _NOTHING):
        return FeedRefused("empty", "the body is empty")
    return FeedRefused("not-a-calendar", "the body holds no VCALENDAR")


def _run(steps: Sequence[Step], calendar: Calendar, journal: Journal) -> Calendar:
    for step in steps:
        calendar = step(calendar, journal)
    return calendar


def by_kind(pieces: Sequence[Piece]) -> dict[str, int]:
    """Count components by kind."""
    kinds: list[bytes] = []
    more = Counter[bytes]()
    for piece in pieces:
        if isinstance(piece, Run) and piece.kinds:
            kinds += piece.kinds
        else:
            kinds.append(piece.kind)
            if isinstance(piece, Run):
                more[piece.kind] += len(piece.uids) - 1
    counts = Counter(kinds)
    counts.update(more)
    return dict(zip(b"\n".join(counts).decode().split("\n"), counts.values(), strict=False))
