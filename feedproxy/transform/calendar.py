"""What the steps of the pipeline hand on: a calendar as immutable slices of the source."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date

from feedproxy.ics.components import Component
from feedproxy.transform.report import Journal


@dataclass(frozen=True, slots=True)
class ZoneUse:
    """A time zone that the served feed names, over the days on which it does.

    `definition` is the text of its VTIMEZONE when that must travel with it; without one, `tzid` is an IANA key, and
    the VTIMEZONE is written from the zone data.
    """

    tzid: str
    first: date
    last: date
    definition: bytes | None = None


@dataclass(frozen=True, slots=True)
class Calendar:
    """A calendar on its way through the pipeline.

    `heads` are the property lines of its VCALENDARs, unfolded; there is one when the repair is done. `definitions` are
    the VTIMEZONEs as found, gone when the time zones are resolved; `zones` what is to be declared instead.
    `components` are all others in the order of the source.
    """

    heads: tuple[tuple[bytes, ...], ...]
    definitions: tuple[Component, ...]
    components: tuple[Component, ...]
    zones: tuple[ZoneUse, ...] = ()

    def with_components(self, components: list[Component]) -> "Calendar":
        """Return the calendar with these components, itself if they are what it has."""
        changed = len(components) != len(self.components) or any(
            a is not b for a, b in zip(components, self.components, strict=True)
        )
        return replace(self, components=tuple(components)) if changed else self


Step = Callable[[Calendar, Journal], Calendar]
"""One step of the pipeline. It returns the calendar it was given when there was nothing to do."""
