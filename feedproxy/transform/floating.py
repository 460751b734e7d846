"""Floating times bound to the calendar's X-WR-TIMEZONE, where an operator wants that.

RFC 5545 section 3.3.5 says that a time without zone floats: it is the same hour wherever it is looked at. Some
publishers mean the zone that they name in X-WR-TIMEZONE instead. Times in UTC, times with a TZID and days are never
touched: Google writes X-WR-TIMEZONE beside times in UTC.
"""

import re

from feedproxy.ics.components import Component
from feedproxy.ics.contentline import split
from feedproxy.ics.folding import fold, unfold
from feedproxy.ics.times import TIME_NAMES
from feedproxy.transform.calendar import Calendar
from feedproxy.transform.report import Journal

STEP = "floating"

_TIMES = re.compile(rb"(?<=\n)(?:%s)[;:][^\r]*+(?:\r\n [^\r]*+)*+" % b"|".join(TIME_NAMES))
_FLOATING = re.compile(rb"\d{8}T\d{6}(?:[,/]\d{8}T\d{6})*")


def bind_floating(calendar: Calendar, journal: Journal) -> Calendar:
    """Give the floating times of each VCALENDAR its X-WR-TIMEZONE as their TZID; what that stands for is seen later."""
    zones = [_zone(head) for head in calendar.heads]
    return calendar.with_components([_bound(each, zones[each.scope], journal) for each in calendar.components])


def _zone(head: tuple[bytes, ...]) -> bytes | None:
    named = [line.value.strip() for text in head if (line := split(text)) and line.name == b"X-WR-TIMEZONE"]
    return next(filter(None, named), None)


def _bound(component: Component, zone: bytes | None, journal: Journal) -> Component:
    if zone is None:
        return component

    def bound(match: re.Match[bytes]) -> bytes:
        line = split(unfold(match[0]))
        if line is None or line.parameter(b"TZID") is not None or not _FLOATING.fullmatch(line.value):
            return match[0]
        journal.note(STEP, "bound", component.uid().decode())
        return fold(line.with_parameter(b"TZID", zone).octets)

    text = _TIMES.sub(bound, component.text)
    return component if text == component.text else component.with_text(text)
