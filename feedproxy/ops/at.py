"""Which events happen at a time."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from dateutil.parser import isoparse

import tzmap
from feedproxy.errors import BadRequest
from feedproxy.ics.components import Component
from feedproxy.ops.clocks import Clocks
from feedproxy.ops.instances import Inexpandable, Instance, instances, order
from feedproxy.transform.calendar import Calendar
from feedproxy.transform.uidset import uid_sets

_DAY = re.compile(r"\d{4}-?\d\d-?\d\d")
_START = re.compile(rb"\nDTSTART[^\r]*?:(\d{8})")
_END = re.compile(rb"\nDTEND[^\r]*?:(\d{8})")
_LASTS = (b"\nDURATION", b"\nRRULE", b"\nRDATE", b"\nRECURRENCE-ID")
"""What makes it take more than a look at two days to know when an event happens."""


@dataclass(frozen=True, slots=True)
class Span:
    """Some time, from an instant up to another one; `zone` is the clock by which days and floating times are taken."""

    start: datetime
    end: datetime
    zone: str


def read_time(text: str, zone: str | None) -> Span:
    """Read what somebody gave for a time: a day, or a time, by the clock of a zone unless it has an offset.

    Raises BadRequest.
    """
    try:
        read = date.fromisoformat(text) if _DAY.fullmatch(text) else isoparse(text)
    except ValueError:
        raise BadRequest(f"{text!r} is no time such as 2026-01-31T19:00, and no day such as 2026-01-31") from None
    if isinstance(read, datetime) and read.tzinfo is not None:
        return Span(read.astimezone(UTC), read.astimezone(UTC), zone or "Etc/UTC")
    if zone is None:
        raise BadRequest(f"{text!r} does not say where: add an offset, or --as and a time zone")
    wall = read if isinstance(read, datetime) else datetime(read.year, read.month, read.day)  # noqa: DTZ001
    last = wall if isinstance(read, datetime) else wall + timedelta(days=1, microseconds=-1)
    start, end = ((each - tzmap.zone_offset(zone, each)).replace(tzinfo=UTC) for each in (wall, last))
    return Span(start, end, zone)


def happening(calendar: Calendar, span: Span) -> list[tuple[str, Instance]]:
    """Return what happens in a time, in order: the UID, and the instance of it."""
    components = calendar.components
    clocks = Clocks(calendar.zones)
    found: list[tuple[str, Instance]] = []
    for each in uid_sets(components):
        members = [components[n] for n in each.members]
        if not _may_happen(members, span):
            continue
        try:
            happens = instances(members, clocks, span.start - timedelta(days=1), span.end + timedelta(days=1))
        except Inexpandable:
            continue
        uid = members[0].uid().decode("utf-8", "replace")
        found += [(uid, instance) for instance in happens if _is_in(instance, span)]
    return sorted(found, key=lambda pair: order(pair[1].start))


def _may_happen(members: Iterable[Component], span: Span) -> bool:
    """Tell quickly of most events that they do not: by the days of their start and end."""
    early, late = ((day.strftime("%Y%m%d")).encode() for day in (span.start - timedelta(2), span.end + timedelta(2)))
    for component in members:
        if any(name in component.text for name in _LASTS):
            return True
        start = _START.search(component.text)
        end = _END.search(component.text) or start
        if start is not None and end is not None and start[1] <= late and end[1] >= early:
            return True
    return False


def _is_in(instance: Instance, span: Span) -> bool:
    """Tell whether an instance happens in a time. What has no instant is taken by the clock of the span's zone."""
    start, end = order(instance.start), instance.end
    first, last = span.start, span.end
    if instance.start.instant is None:
        first, last = (tzmap.local_time(span.zone, each).replace(tzinfo=UTC) for each in (first, last))
    return start <= last and (end > first or start >= first)
