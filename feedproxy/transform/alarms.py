"""Alarms left out: publishers remind of what the subscriber only wanted to see."""

from feedproxy.transform.calendar import Calendar
from feedproxy.transform.edit import without_nested
from feedproxy.transform.report import Journal

STEP = "alarms"


def drop_alarms(calendar: Calendar, journal: Journal) -> Calendar:
    """Return the calendar without VALARMs."""
    components = []
    for component in calendar.components:
        silent = without_nested(component, b"VALARM")
        if silent is not component:
            journal.note(STEP, "dropped", component.uid().decode())
        components.append(silent)
    return calendar.with_components(components)
