"""Busy or free, and nothing else: what may be shown to those who may only know when.

What stays is named here; everything that is not goes, so that no property and no parameter that we have not heard of
gives anything away.
"""

import re
from dataclasses import replace

from feedproxy.ics.components import Component
from feedproxy.ics.contentline import ContentLine, split
from feedproxy.ics.folding import unfold, write
from feedproxy.transform.calendar import Calendar, ZoneUse
from feedproxy.transform.report import Journal

STEP = "privacy"
BUSY, FREE = b"SUMMARY:Busy", b"SUMMARY:Free"

_TIMES = re.compile(rb"[0-9TZPDHMSW,/+-]*")
_WORD = re.compile(rb"[A-Z-]+")
_STAYS = {
    **dict.fromkeys((b"DTSTART", b"DTEND", b"DURATION", b"RECURRENCE-ID", b"RDATE", b"EXDATE", b"FREEBUSY"), _TIMES),
    **dict.fromkeys((b"DTSTAMP", b"LAST-MODIFIED", b"SEQUENCE"), _TIMES),
    b"UID": re.compile(rb".*", re.DOTALL),
    b"STATUS": re.compile(rb"TENTATIVE|CONFIRMED|CANCELLED", re.IGNORECASE),
    b"TRANSP": re.compile(rb"OPAQUE|TRANSPARENT", re.IGNORECASE),
}
"""The properties of an event that stay, and what their values must look like."""
_PARAMETERS = {
    b"TZID": None,
    b"VALUE": frozenset((b"DATE", b"DATE-TIME", b"PERIOD")),
    b"RANGE": frozenset((b"THISANDFUTURE",)),
    b"FBTYPE": frozenset((b"FREE", b"BUSY", b"BUSY-UNAVAILABLE", b"BUSY-TENTATIVE")),
}
_RULES = frozenset((b"RRULE", b"EXRULE"))
_RULE_PART = re.compile(
    rb"(?:FREQ|UNTIL|COUNT|INTERVAL|BY(?:SECOND|MINUTE|HOUR|DAY|MONTHDAY|YEARDAY|WEEKNO|MONTH|SETPOS)|WKST|RSCALE|SKIP)"
    rb"=[A-Z0-9,+-]*",
    re.IGNORECASE,
)
_HEAD = (
    b"VERSION", b"PRODID", b"METHOD", b"CALSCALE", b"REFRESH-INTERVAL", b"X-PUBLISHED-TTL", b"NAME", b"X-WR-CALNAME",
    b"X-WR-TIMEZONE",
)  # fmt: skip
_OBSERVANCE = re.compile(rb"BEGIN:|END:|TZID[:;]|DTSTART[:;]|TZOFFSETFROM[:;]|TZOFFSETTO[:;]|RRULE[:;]|RDATE[:;]")


def busy_only(calendar: Calendar, journal: Journal) -> Calendar:
    """Return the calendar with only the times of its events.

    An event keeps its UID, its times and recurrence, STATUS, TRANSP and version (DTSTAMP, SEQUENCE, LAST-MODIFIED); its
    SUMMARY is `Busy`, or `Free` when it takes no time. VFREEBUSY stays alike. To-dos and journal entries take no time
    (RFC 5545 sections 3.6.2 and 3.6.3); they go, and so does every component of another kind. The calendar keeps its
    name.
    """
    components = []
    for component in calendar.components:
        if component.kind not in {b"VEVENT", b"VFREEBUSY"}:
            journal.note(STEP, "dropped", component.kind.decode())
            continue
        bare = _bare(component)
        if bare is not component:
            journal.note(STEP, "busy-only", component.uid().decode())
        components.append(bare)
    head = tuple(line for line in calendar.heads[0] if line.startswith(_names(_HEAD)))
    if head != calendar.heads[0]:
        journal.note(STEP, "calendar-properties", count=len(calendar.heads[0]) - len(head))
    zones = tuple(map(_without_comments, calendar.zones))
    changed = calendar.with_components(components)
    return (
        changed
        if (head, zones) == (calendar.heads[0], calendar.zones)
        else replace(changed, heads=(head,), zones=zones)
    )


def _bare(component: Component) -> Component:
    lines: list[bytes] = []
    takes_time = True
    for line in component.lines():
        told = _told(line)
        if told is not None:
            lines.append(told.octets)
            takes_time = takes_time and told.value.upper() not in {b"TRANSPARENT", b"CANCELLED"}
    if component.kind == b"VEVENT":
        lines.append(BUSY if takes_time else FREE)
    if not any(line.startswith(b"DTSTAMP:") for line in lines):
        lines.insert(0, b"DTSTAMP:19700101T000000Z")  # what stood there told something
    text = write([b"BEGIN:" + component.kind, *lines, b"END:" + component.kind])
    return component if text == component.text else component.with_text(text)


def _told(line: ContentLine) -> ContentLine | None:
    """Return what may be told of a property; None when that is nothing."""
    if line.name in _RULES:
        parts = [part for part in line.value.split(b";") if _RULE_PART.fullmatch(part.strip())]
        return ContentLine(line.name, b"", b";".join(parts)) if parts else None
    shape = _STAYS.get(line.name)
    if shape is None or not shape.fullmatch(line.value.strip()):
        return None
    told = ContentLine(line.name, b"", line.value)
    for name, allowed in _PARAMETERS.items():
        value = line.parameter(name)
        if value is not None and (allowed is None or value.strip(b'"').upper() in allowed):
            told = told.with_parameter(name, value.strip(b'"'))
    return told


def _without_comments(use: ZoneUse) -> ZoneUse:
    """Return a time zone whose definition has what RFC 5545 section 3.6.5 asks for, and no text beside it."""
    if use.definition is None:
        return use
    kept = [line for line in unfold(use.definition).removesuffix(b"\r\n").split(b"\r\n") if _OBSERVANCE.match(line)]
    return ZoneUse(use.tzid, use.first, use.last, write([_plain(line) for line in kept]))


def _plain(line: bytes) -> bytes:
    content = split(line)
    return line if content is None else ContentLine(content.name, b"", content.value).octets


def _names(names: tuple[bytes, ...]) -> tuple[bytes, ...]:
    return tuple(name + end for name in names for end in (b":", b";"))
