"""Every TZID resolved, and renamed where that moves nothing.

For each TZID of each VCALENDAR the values that use it are collected; `tzmap.resolve` decides, from the name, the feed's
own VTIMEZONE and those values, what it stands for. Then either

- the TZID becomes the IANA key (values in UTC get their `Z`), and a VTIMEZONE is written from the zone data, or
- the definition of the feed travels as it is, under a TZID that no other definition of the feed has.

Wall-clock text is never computed: only the parameter changes. A value that ends in Z is UTC whatever its TZID says.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

import tzmap
from feedproxy.ics.times import wall_time
from feedproxy.transform import recurrence
from feedproxy.transform.calendar import Calendar, ZoneUse
from feedproxy.transform.definitions import Definitions, Served, serve
from feedproxy.transform.report import Journal, ZoneReport
from feedproxy.transform.tzid_rename import Rename
from feedproxy.transform.tzid_uses import Census, Use
from feedproxy.transform.unique import unique

MAX_STEPS = 300_000
"""What the recurrences of a feed may take to expand; beyond, name and definition must agree throughout the range.

It counts every recurrence of the feed, so that the feed that comes out is looked at as closely as the one that came in.
"""
_UNKNOWN = (datetime(1970, 1, 1), datetime(2037, 12, 31))  # noqa: DTZ001
"""The days for which a zone is declared when no value says on which it is used."""


class TimeZones:
    """The step. `horizon`: how far beyond its start a recurrence is looked at and its VTIMEZONE holds."""

    def __init__(self, horizon: timedelta) -> None:
        self.horizon = horizon

    def __call__(self, calendar: Calendar, journal: Journal) -> Calendar:
        """Resolve and rename. The definitions are gone afterwards; `zones` says what is to be declared.

        Two RECURRENCE-IDs can turn out to be one only when their TZIDs are as served. Then fewer components are left,
        and the range of each zone is that of these.
        """
        done = Journal()
        resolved = self._resolved(calendar, done)
        if any(b"\nRECURRENCE-ID;" in component.text for component in calendar.components):
            kept = unique(resolved.components, journal)
            if len(kept) < len(calendar.components):
                return self(calendar.with_components([calendar.components[n] for n in kept]), journal)
        journal.add(done)
        return resolved

    def _resolved(self, calendar: Calendar, journal: Journal) -> Calendar:
        census = Census(self.horizon)
        heads = [census.take(component) for component in calendar.components]
        definitions = Definitions(calendar.definitions, journal)
        served: dict[tuple[int, str], Served] = {}
        taken: dict[str, Served] = {}
        zones = []
        for (scope, tzid), use in census.uses.items():
            use.widen_by_plain()
            definition = definitions.find(scope, tzid)
            resolution = self._resolve(tzid, use, definition, by_value=census.steps <= MAX_STEPS)
            here = served[scope, tzid] = serve(resolution, definition, taken)
            zones += _zone_uses(here, use)
            defined = definition is not None
            journal.zones.append(ZoneReport(tzid, here.tzid or "UTC", use.values, defined, resolution))
        definitions.note_unused(journal)
        rename = Rename(census, served, journal)
        components = [rename(component, own) for component, own in zip(calendar.components, heads, strict=True)]
        return replace(calendar.with_components(components), definitions=(), zones=tuple(zones))

    def _resolve(self, tzid: str, use: Use, definition: bytes | None, *, by_value: bool) -> tzmap.Resolution:
        if use.first > use.last:
            return tzmap.resolve(tzid, definition=definition)
        span = (use.first, use.last)
        if by_value:
            try:
                return tzmap.resolve(tzid, definition=definition, values=self._times(use), span=span)
            except recurrence.Inexpandable:
                pass
        return tzmap.resolve(tzid, definition=definition, span=span)

    def _times(self, use: Use) -> Iterator[datetime]:
        """Iterate over every time that is bound to the TZID, instances included. Raises Inexpandable."""
        yield from (time for value in use.plain if (time := wall_time(value)) is not None)
        for component in use.components:
            yield from recurrence.times(component, self.horizon)


def _zone_uses(served: Served, use: Use) -> list[ZoneUse]:
    if served.tzid is None or (served.definition is None and served.tzid not in tzmap.zone_names()):
        return []
    first, last = (use.first, use.last) if use.first <= use.last else _UNKNOWN
    return [ZoneUse(served.tzid, first.date(), last.date(), served.definition)]
