"""Upstream octets in, a base out: done once for each change of the source.

    body -> normal form -> components -> repair -> time zones -> the steps that somebody chose

The steps have one signature and run in one loop; no clock and no random value reaches the output, so the same input
gives the same octets, and what `assembly` makes of it goes through unchanged when it comes in again.
"""

import codecs
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from feedproxy.errors import FeedRefused
from feedproxy.ics.components import Component, parse
from feedproxy.ics.normal import normalise
from feedproxy.transform.calendar import Calendar, Step
from feedproxy.transform.floating import bind_floating
from feedproxy.transform.repair import head_lines, repair
from feedproxy.transform.report import Journal
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
    they see a calendar that is repaired and whose TZIDs are as served.
    """

    horizon: timedelta = timedelta(days=5 * 366)
    placeholder: bool = False
    bind_floating: bool = False
    steps: tuple[Step, ...] = ()


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
    calendar = _run([*steps, repair, TimeZones(options.horizon), *options.steps], calendar, journal)
    return Base(calendar, journal, len(body), by_kind(stream.components))


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


def by_kind(components: Iterable[Component]) -> dict[str, int]:
    """Count components by kind."""
    return dict(Counter(component.kind.decode() for component in components))
