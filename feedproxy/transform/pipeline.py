"""Upstream octets in, feed octets out.

    body -> normal form -> components -> repair -> time zones    the base: once for each change of the source
         -> merge -> written                                     the feed: once for each subscription

`render` does both. The steps have one signature and run in one loop; no clock and no random value reaches the output,
so the same input gives the same octets, and what comes out goes through unchanged when it comes in again.
"""

import codecs
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import tzmap
from feedproxy.errors import FeedRefused
from feedproxy.ics.components import Component, parse
from feedproxy.ics.folding import write
from feedproxy.ics.normal import normalise
from feedproxy.model import PersonalEvent
from feedproxy.transform.calendar import Calendar, Step, ZoneUse
from feedproxy.transform.floating import bind_floating
from feedproxy.transform.merge import Merge
from feedproxy.transform.repair import head_lines, repair
from feedproxy.transform.report import Journal, Report
from feedproxy.transform.timezones import TimeZones

_HTML = re.compile(rb"<(?:!doctype\s+html|html|head|body|script)\b", re.IGNORECASE)
_NOTHING = bytes(range(33)) + codecs.BOM_UTF8 + codecs.BOM_UTF16
"""Octets that say nothing: controls, the blank, byte order marks."""
_PLACEHOLDER = Component(
    b"VEVENT",
    write(
        [
            b"BEGIN:VEVENT",
            b"UID:placeholder@feedproxy",
            b"DTSTAMP:19700101T000000Z",
            b"DTSTART;VALUE=DATE:19700101",
            b"SUMMARY:No events",
            b"TRANSP:TRANSPARENT",
            b"END:VEVENT",
        ]
    ),
)


@dataclass(frozen=True, slots=True)
class Options:
    """How to transform.

    `horizon`: how far beyond its start a recurrence is checked and its time zone declared. `placeholder`: put one
    harmless event of 1970 into an empty feed, because Evolution 3.46 keeps the old events of a feed that has none.
    `bind_floating`: read floating times in the zone that X-WR-TIMEZONE names.
    """

    horizon: timedelta = timedelta(days=5 * 366)
    placeholder: bool = False
    bind_floating: bool = False


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
        return len(self.calendar.components)


@dataclass(frozen=True, slots=True)
class Rendered:
    """A feed's octets, and the report of what was done to reach them."""

    body: bytes
    report: Report


def render(body: bytes, *, personal: Iterable[PersonalEvent] = (), options: Options = Options()) -> Rendered:
    """Transform a body. Raises FeedRefused with a reason when it is no feed, and nothing else whatever it holds."""
    return assemble(index(body, options), personal, options)


def index(body: bytes, options: Options) -> Base:
    """Make the base of a body. Raises FeedRefused (`empty`, `html`, `not-a-calendar`, `truncated`)."""
    journal = Journal()
    normal = normalise(body)
    if b"BEGIN:VCALENDAR" not in normal.text:
        raise _refusal(body)
    stream = parse(normal.text)
    for rule, count in (*normal.repairs, *stream.repairs):
        journal.note("read", rule, count=count)
    calendar = Calendar(
        heads=tuple(head_lines(head) for head in stream.heads),
        definitions=tuple(c for c in stream.components if c.kind == b"VTIMEZONE"),
        components=tuple(c for c in stream.components if c.kind != b"VTIMEZONE"),
    )
    steps: list[Step] = [bind_floating] if options.bind_floating else []
    calendar = _run([*steps, repair, TimeZones(options.horizon)], calendar, journal)
    return Base(calendar, journal, len(body), _count(stream.components))


def _refusal(body: bytes) -> FeedRefused:
    if _HTML.search(body, 0, 4_096):
        return FeedRefused("html", "the body is an HTML page, not a calendar")
    if not body.translate(None, _NOTHING):
        return FeedRefused("empty", "the body is empty")
    return FeedRefused("not-a-calendar", "the body holds no VCALENDAR")


def assemble(base: Base, personal: Iterable[PersonalEvent], options: Options) -> Rendered:
    """Make a feed of a base and what one subscription adds to it."""
    journal = base.journal.copy()
    calendar = _run((Merge(personal),), base.calendar, journal)
    declared = [_declaration(use) for use in _joined(calendar.zones)]
    components = calendar.components
    if options.placeholder and not components:
        components = (_PLACEHOLDER,)
        journal.note("write", "placeholder")
    body = b"".join(
        [
            b"BEGIN:VCALENDAR\r\n",
            write(list(calendar.heads[0])),
            *declared,
            *(component.text for component in components),
            b"END:VCALENDAR\r\n",
        ]
    )
    counts = _count(components)
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


def _run(steps: Sequence[Step], calendar: Calendar, journal: Journal) -> Calendar:
    for step in steps:
        calendar = step(calendar, journal)
    return calendar


def _count(components: Iterable[Component]) -> dict[str, int]:
    return dict(Counter(component.kind.decode() for component in components))


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
