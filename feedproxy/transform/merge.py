"""Personal events put into a calendar."""

from collections.abc import Iterable
from dataclasses import replace

from feedproxy.model import PersonalEvent
from feedproxy.transform import personal
from feedproxy.transform.calendar import Calendar
from feedproxy.transform.report import Journal

STEP = "merge"


class Merge:
    """The step. The events come behind those of the source, in the order of their UIDs; of one given twice the last."""

    def __init__(self, events: Iterable[PersonalEvent]) -> None:
        named = {personal.uid(event.account_code, event.event_id).encode(): event for event in events}
        self.events = dict(sorted(named.items()))

    def __call__(self, calendar: Calendar, journal: Journal) -> Calendar:
        """Add the events; one that the source already holds under the same UID is replaced."""
        if not self.events:
            return calendar
        kept = [c for c in calendar.components if b"\nUID:personal-" not in c.text or c.uid() not in self.events]
        if len(kept) != len(calendar.components):
            journal.note(STEP, "replaced", count=len(calendar.components) - len(kept))
        for uid in self.events:
            journal.note(STEP, "personal-event", uid.decode())
        events = self.events.values()
        zones = tuple(use for event in events if (use := personal.zone_use(event)) is not None)
        return replace(
            calendar,
            components=(*kept, *(personal.component(event) for event in events)),
            zones=(*calendar.zones, *zones),
        )
