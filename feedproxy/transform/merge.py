"""Personal events put into a calendar."""

from collections.abc import Iterable
from dataclasses import replace

from feedproxy.ics.components import SCHEDULED, Component
from feedproxy.ics.runs import Piece, Run
from feedproxy.model import PersonalEvent
from feedproxy.transform import personal
from feedproxy.transform.calendar import Calendar
from feedproxy.transform.report import Journal

STEP = "merge"


class Merge:
    """The step. The events come behind those of the source, in the order of their UIDs; of one given twice the last."""

    def __init__(self, events: Iterable[PersonalEvent]) -> None:
        named = {personal.uid(event.account_code, event.event_id, event.owner).encode(): event for event in events}
        self.events = dict(sorted(named.items()))

    def __call__(self, calendar: Calendar, journal: Journal) -> Calendar:
        """Add the events; one that the source already holds under the same UID is replaced."""
        if not self.events:
            return calendar
        kept = [each for piece in calendar.pieces for each in self._kept(piece)]
        replaced = calendar.events() - replace(calendar, pieces=tuple(kept)).events()
        if replaced:
            journal.note(STEP, "replaced", count=replaced)
        for uid in self.events:
            journal.note(STEP, "personal-event", uid.decode())
        events = self.events.values()
        zones = tuple(use for event in events if (use := personal.zone_use(event)) is not None)
        return replace(
            calendar,
            pieces=(*kept, *(personal.component(event) for event in events)),
            zones=(*calendar.zones, *zones),
        )

    def _kept(self, piece: Piece) -> list[Piece]:
        """Return what is left of a piece when the events have taken the places of those with their UIDs."""
        if isinstance(piece, Run):
            if self.events.keys().isdisjoint(piece.uids):
                return [piece]
            return [part for part in piece.parted(self.events) if isinstance(part, Run)]
        return [] if may_be_personal(piece) and piece.uid() in self.events else [piece]


def may_be_personal(component: Component) -> bool:
    """Tell at a glance whether a component has the UID of a personal event."""
    return component.kind in SCHEDULED and b"\nUID:personal-" in component.text
