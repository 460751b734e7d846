"""A base and what one subscription adds to it in, feed octets out: done once for each subscription."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

import tzmap
from feedproxy.ics.components import Component
from feedproxy.ics.folding import write
from feedproxy.model import PersonalEvent
from feedproxy.transform.calendar import ZoneUse
from feedproxy.transform.merge import Merge
from feedproxy.transform.pipeline import Base, Options, by_kind, index
from feedproxy.transform.report import Report

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
class Rendered:
    """A feed's octets, and the report of what was done to reach them."""

    body: bytes
    report: Report


def render(body: bytes, *, personal: Iterable[PersonalEvent] = (), options: Options = Options()) -> Rendered:
    """Transform a body. Raises FeedRefused with a reason when it is no feed, and nothing else whatever it holds."""
    return assemble(index(body, options), personal, options)


def assemble(base: Base, personal: Iterable[PersonalEvent], options: Options) -> Rendered:
    """Make a feed of a base and what one subscription adds to it."""
    journal = base.journal.copy()
    calendar = Merge(personal)(base.calendar, journal)
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
    counts = by_kind(components)
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
