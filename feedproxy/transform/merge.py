"""Personal events put into a calendar."""

from collections.abc import Iterable
from dataclasses import replace

from feedproxy.model import PersonalEvent
from feedproxy.transform import personal
from feedproxy.transform.calendar import Calendar
from feedproxy.transform.report import Journal

STEP = "merge"


class Merge:
    """The step. The events come behind those of the source, in the order of their UIDs."""

    def __init__(self, events: Iterable[PersonalEvent]) -> None:
        self.events = tuple(sorted(events, key=lambda event: personal.uid(event.account_code, event.event_id)))

    def __call__(self, calendar: Calendar, journal: Journal) -> Calendar:
        """Add the events; one that the source already holds under the same UID is replaced."""
        if not self.events:
            return calendar
        uids = {personal.uid(event.account_code, event.event_id).encode() for event in self.events}
        kept = [c for c in calendar.components if b"\nUID:personal-" not in c.text or c.uid() not in uids]
        if len(kept) != len(calendar.components):
            journal.note(STEP, "replaced", count=len(calendar.components) - len(kept))
        for event in self.events:
            journal.note(STEP, "personal-event", personal.uid(event.account_code, event.event_id))
        zones = tuple(use for event in self.events if (use := personal.zone_use(event)) is not None)
        return replace(
            calendar,
            components=(*kept, *(personal.component(event) for event in self.events)),
            zones=(*calendar.zones, *zones),
        )
