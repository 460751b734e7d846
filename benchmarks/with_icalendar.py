"""The job of `render` done with icalendar: zones renamed and declared anew, TTL, UIDs once each, events put in."""

from datetime import date, timedelta

import icalendar

import tzmap
from feedproxy.model import PersonalEvent
from feedproxy.transform import personal

TIMES = ("DTSTART", "DTEND", "DUE", "RECURRENCE-ID", "EXDATE", "RDATE")


def transform(body: bytes, events: list[PersonalEvent], zones: dict[str, str]) -> bytes:
    """Transform a feed whose TZIDs stand for those `zones`."""
    calendar = icalendar.Calendar.from_ical(body)
    calendar.subcomponents = [each for each in calendar.subcomponents if each.name != "VTIMEZONE"]
    seen: dict[tuple[str, str], icalendar.Component] = {}
    for component in calendar.subcomponents:
        for name in TIMES:
            found = component.get(name)
            for value in found if isinstance(found, list) else [found]:
                if value is not None and value.params.get("TZID") in zones:
                    value.params["TZID"] = zones[value.params["TZID"]]
        recurrence = component.get("RECURRENCE-ID")
        seen[str(component.get("UID")), str(recurrence.dt if recurrence else "")] = component
    declared = [
        icalendar.Timezone.from_ical(tzmap.vtimezone(zone, date(2026, 1, 1), date(2040, 12, 31)))
        for zone in sorted(set(zones.values()))
    ]
    added = [icalendar.Event.from_ical(personal.component(event).text) for event in events]
    calendar.subcomponents = [*declared, *seen.values(), *added]
    calendar.add("X-PUBLISHED-TTL", "PT12H")
    calendar.add("REFRESH-INTERVAL", timedelta(hours=12), {"VALUE": "DURATION"})
    written: bytes = calendar.to_ical()
    return written
