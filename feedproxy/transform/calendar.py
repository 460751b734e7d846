"""What the steps of the pipeline hand on: a calendar as immutable slices of the source."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property

from feedproxy.ics.components import Component
from feedproxy.ics.folding import unfold
from feedproxy.ics.runs import Piece, count, singly
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
class Heads:
    """The property lines of VCALENDARs, unfolded when somebody asks: of a stream of many nearly only the first's are.

    `texts` are the property texts as read.
    """

    texts: Sequence[bytes]

    def __len__(self) -> int:
        return len(self.texts)

    def __getitem__(self, number: int) -> tuple[bytes, ...]:
        return _lines(self.texts[number])

    def __iter__(self) -> Iterator[tuple[bytes, ...]]:
        return map(_lines, self.texts)


def _lines(text: bytes) -> tuple[bytes, ...]:
    return tuple(unfold(text).removesuffix(b"\r\n").split(b"\r\n")) if text else ()


@dataclass(frozen=True)
class Calendar:
    """A calendar on its way through the pipeline.

    `heads` are the property lines of its VCALENDARs, unfolded; there is one when the repair is done. `definitions` are
    the VTIMEZONEs as found, gone when the time zones are resolved; `zones` what is to be declared instead. `pieces` are
    all other components in the order of the source, one by one or in runs. `cancelled` are the VCALENDARs that say
    METHOD:CANCEL, until the repair is done.
    """

    heads: Heads | tuple[tuple[bytes, ...], ...]
    definitions: tuple[Component, ...]
    pieces: tuple[Piece, ...]
    zones: tuple[ZoneUse, ...] = ()
    cancelled: frozenset[int] = frozenset()

    @cached_property
    def components(self) -> tuple[Component, ...]:
        """The pieces one by one, for steps that look at each component."""
        return tuple(singly(self.pieces))

    def with_components(self, components: Sequence[Component]) -> "Calendar":
        """Return the calendar with these components, itself if they are what it has."""
        changed = len(components) != len(self.components) or any(
            a is not b for a, b in zip(components, self.components, strict=True)
        )
        return replace(self, pieces=tuple(components)) if changed else self

    def events(self) -> int:
        """Count the components."""
        return count(self.pieces)


Step = Callable[[Calendar, Journal], Calendar]
"""One step of the pipeline. It returns the calendar it was given when there was nothing to do."""
