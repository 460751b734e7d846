"""The stand-in's large feed, made here: four races an evening in Rome, for a year and more."""

from datetime import date, timedelta

EVENTS = 2_000
FIRST_DAY = date(2026, 12, 1)
HOURS = (17, 18, 19, 20)

_HEAD = """\
BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//Stand-in//Lagoon Races 1.0//EN
METHOD:REFRESH
X-WR-CALNAME:Lagoon Races
X-PUBLISH-TTL:P1D
BEGIN:VTIMEZONE
TZID:W. Europe Standard Time
BEGIN:STANDARD
DTSTART:20070101T030000
RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU;
TZOFFSETFROM:+0200
TZOFFSETTO:+0100
END:STANDARD
BEGIN:DAYLIGHT
DTSTART:20070101T020000
RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU;
TZOFFSETFROM:+0100
TZOFFSETTO:+0200
END:DAYLIGHT
END:VTIMEZONE
"""

_EVENT = """\
BEGIN:VEVENT
UID:c3e9a7f2-2d80-4020-8c77-{number:012}
SUMMARY:Race {number}
DTSTART;TZID="W. Europe Standard Time":{day:%Y%m%d}T{hour}0000
DTEND;TZID="W. Europe Standard Time":{day:%Y%m%d}T{hour}5000
DESCRIPTION:Watch it at http://stand-in.example/races/{number}\\n\\nNo tickets
DTSTAMP:20261015T090000Z
END:VEVENT
"""


def feed() -> bytes:
    """Return the feed."""
    events = (
        _EVENT.format(number=number, day=FIRST_DAY + timedelta(days=number // len(HOURS)), hour=HOURS[number % 4])
        for number in range(EVENTS)
    )
    return (_HEAD + "".join(events) + "END:VCALENDAR\n").replace("\n", "\r\n").encode()
