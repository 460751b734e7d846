"""A new version of each event that our own steps have changed.

ICSx5 passes over an event whose LAST-MODIFIED did not grow, Outlook over one whose SEQUENCE did not. So both grow with
what we change, by as much for the same source: no clock is asked, and a feed that goes through again changes no more.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from feedproxy.ics.components import Component
from feedproxy.ics.times import utc, wall_time
from feedproxy.transform.calendar import Calendar
from feedproxy.transform.edit import with_values
from feedproxy.transform.report import Journal
from feedproxy.transform.unique import identity

STEP = "revision"
REVISED = frozenset((b"VEVENT", b"VTODO", b"VJOURNAL"))
"""The kinds that may have a SEQUENCE and a LAST-MODIFIED (RFC 5545 section 3.6)."""
_NUMBER = re.compile(rb"\d{1,9}")
_INSTANT = re.compile(rb"\d{8}T\d{6}Z")


@dataclass(frozen=True, slots=True)
class Revision:
    """The version of what the steps do: raised, and dated, by whoever changes them.

    `number` is added to the SEQUENCE of each event that they change. `at`, an aware time: their LAST-MODIFIED is this,
    or a second after that of the source if that is later.
    """

    number: int = 1
    at: datetime | None = None


FIRST = Revision()
SAME = Revision(0)
"""That of what is changed by its own source: its SEQUENCE stays."""


def revise(before: Calendar, after: Calendar, revision: Revision, journal: Journal) -> Calendar:
    """Give a new version to each component of `after` that was another one in `before`."""
    if after.pieces is before.pieces:
        return after
    untouched = set(map(id, before.components))
    origins: dict[tuple[bytes, ...], Component] | None = None
    components = []
    for component in after.components:
        if id(component) in untouched or component.kind not in REVISED:
            components.append(component)
            continue
        if origins is None:
            origins = {identity(each): each for each in before.components if each.kind in REVISED}
        origin = origins.get(identity(component))
        if origin is None or origin.text == component.text:
            components.append(origin or component)
            continue
        journal.note(STEP, "grown", component.uid().decode())
        components.append(revised(origin, component, revision))
    return after.with_components(components)


def revised(origin: Component, component: Component, revision: Revision) -> Component:
    """Return a changed component with the SEQUENCE and LAST-MODIFIED that follow those of its origin."""
    values = {b"SEQUENCE": b"%d" % (_sequence(origin) + revision.number)}
    modified = max(_modified(origin, revision), default=None)
    if modified is not None:
        values[b"LAST-MODIFIED"] = utc(modified)
    return with_values(component, values)


def _sequence(component: Component) -> int:
    line = component.first(b"SEQUENCE")
    match = _NUMBER.fullmatch(line.value.strip()) if line else None
    return int(match[0]) if match else 0


def _modified(origin: Component, revision: Revision) -> Iterable[datetime]:
    """Iterate over the times that the new LAST-MODIFIED is not before."""
    if revision.at is not None:
        yield revision.at
    for name in (b"LAST-MODIFIED", b"DTSTAMP"):
        line = origin.first(name)
        time = wall_time(line.value) if line and _INSTANT.fullmatch(line.value.strip()) else None
        if time is not None and time.year < 9999:
            yield time.replace(tzinfo=UTC) + timedelta(seconds=1)
            return
