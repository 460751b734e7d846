"""One harmless event of 1970 for a feed that has none: Evolution 3.46 keeps the old events of an empty one."""

from feedproxy.ics.components import Component
from feedproxy.ics.folding import write
from feedproxy.transform.calendar import Calendar

_UID = b"placeholder@feedproxy"
PLACEHOLDER = Component(
    b"VEVENT",
    write(
        [
            b"BEGIN:VEVENT",
            b"UID:" + _UID,
            b"DTSTAMP:19700101T000000Z",
            b"DTSTART;VALUE=DATE:19700101",
            b"SUMMARY:No events",
            b"TRANSP:TRANSPARENT",
            b"END:VEVENT",
        ]
    ),
)


def without_placeholder(calendar: Calendar) -> Calendar:
    """Return the calendar without the event that stands for none: it is nothing to filter or to rewrite."""
    return calendar.with_components([each for each in calendar.components if each.text != PLACEHOLDER.text])
