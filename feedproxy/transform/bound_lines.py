"""Properties with a TZID, taken apart one by one: what this binds, and what it does not."""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from feedproxy.errors import FeedRefused
from feedproxy.ics.components import Component
from feedproxy.ics.contentline import ContentLine, split, split_at_last_colon
from feedproxy.ics.folding import unfold
from feedproxy.ics.times import TIME_NAMES, parted

MAX_LISTED = 100_000
"""Times that a property may list: of what happens every day they are those of 270 years. Beside what is no time, a feed
may list as many in all."""
WITH_PARAMETERS = re.compile(rb"(?<=\n)[A-Z0-9-]+;[^\r]*+(?:\r\n [^\r]*+)*+")
DATES = re.compile(rb"\d{8}(?:,\d{8})*")
UTC_TIME = re.compile(rb"\s*\d{8}T\d{6}Z")
_WITH_PARAMETERS = re.compile(rb"\n([A-Z0-9-]+;[^\r]*+(?:\r\n [^\r]*+)*+)")
"""The same, with the end of the line before it, which is quickly looked for."""
_SHORT = 1_000
"""Octets of parameters, at most, that are remembered."""


class Bound(NamedTuple):
    """A property with a TZID: those of its values that this binds, None where there are none; those in UTC; days."""

    line: ContentLine
    local: bytes | None
    in_utc: bytes = b""
    days: bytes = b""


@dataclass(frozen=True, slots=True)
class Lines:
    """What stands in each property with a TZID of a component, and where that property begins and ends."""

    bound: list[tuple[Bound, int, int]]

    @property
    def are_local(self) -> bool:
        """Tell whether a TZID binds a value in one of them."""
        return any(bound.local is not None for bound, _, _ in self.bound)


def lines_of(component: Component) -> Lines:
    """Read the properties with parameters one by one."""
    found = _WITH_PARAMETERS.finditer(component.text)
    lines = [(line, *match.span(1)) for match in found if (line := bound_line(match[1])) is not None]
    return Lines([(_bound(line), start, end) for line, start, end in lines])


def bound_line(text: bytes) -> ContentLine | None:
    """Take a property with a TZID apart; None if it has none."""
    unfolded = unfold(text)
    head, _, value = unfolded.rpartition(b":")
    if len(head) <= _SHORT and value[:1].isdigit() and b'"' not in value and b";" not in value:
        start = _start_of_time(head)
        if start is not None:
            return start.with_value(value)
    timed = unfolded[: unfolded.index(b";")] in TIME_NAMES
    if not timed and b"TZID" not in unfolded.upper():
        return None
    line = split_at_last_colon(unfolded) if timed else split(unfolded)
    return line if line is not None and line.parameter(b"TZID") is not None else None


@lru_cache(1_024)
def _start_of_time(head: bytes) -> ContentLine | None:
    """Take apart what stands before the colon of a time with a TZID, remembered, for feeds hold few; None if none."""
    if head.partition(b";")[0] not in TIME_NAMES or head.count(b'"') % 2:
        return None
    line = split_at_last_colon(head + b":0")
    return line.with_value(b"") if line is not None and line.parameter(b"TZID") is not None else None


def _bound(line: ContentLine) -> Bound:
    """Part the values that a TZID binds from those that it does not: those in UTC, and days. Raises FeedRefused."""
    value = line.value
    if len(value) > MAX_LISTED and value.count(b",") >= MAX_LISTED:
        raise FeedRefused("excessive", f"more than {MAX_LISTED} times are listed in one property")
    if line.name in TIME_NAMES and DATES.fullmatch(value):
        return Bound(line, None, days=value)
    if b"Z" not in value:
        return Bound(line, value)
    local, in_utc = parted(value)
    if line.name in TIME_NAMES and b":" not in in_utc and DATES.fullmatch(local or b""):
        return Bound(line, None, in_utc, local or b"")
    return Bound(line, local, in_utc)


def tzid_of(line: ContentLine) -> str:
    """Return the TZID of a property, quotes and blanks included."""
    if len(line.parameters) > _SHORT:
        return (line.parameter(b"TZID") or b"").decode()
    return _tzid_among(line.parameters)


@lru_cache(1_024)
def _tzid_among(parameters: bytes) -> str:
    return (ContentLine(b"", parameters, b"").parameter(b"TZID") or b"").decode()
