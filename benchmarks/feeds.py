"""Feeds to measure with: a season of games in three time zones, as CalReply and Exchange write them."""

from dataclasses import dataclass

from feedproxy.ics.normal import normalise


@dataclass(frozen=True, slots=True)
class Zone:
    """A Windows zone and its two observances as Exchange writes them: offset, month and day of the onset, its hour."""

    tzid: str
    standard: tuple[str, int, str, str]
    daylight: tuple[str, int, str, str]

    def definition(self) -> str:
        """Return the VTIMEZONE."""
        onsets = (("STANDARD", self.daylight[0], self.standard), ("DAYLIGHT", self.standard[0], self.daylight))
        observances = "".join(
            f"BEGIN:{kind}\r\nDTSTART:16010101T{hour}\r\nTZOFFSETFROM:{offset_from}\r\nTZOFFSETTO:{offset}\r\n"
            f"RRULE:FREQ=YEARLY;INTERVAL=1;BYDAY={day};BYMONTH={month}\r\nEND:{kind}\r\n"
            for kind, offset_from, (offset, month, day, hour) in onsets
        )
        return f"BEGIN:VTIMEZONE\r\nTZID:{self.tzid}\r\n{observances}END:VTIMEZONE\r\n"


ZONES = (
    Zone("Eastern Standard Time", ("-0500", 11, "1SU", "020000"), ("-0400", 3, "2SU", "020000")),
    Zone("W. Europe Standard Time", ("+0100", 10, "-1SU", "030000"), ("+0200", 3, "-1SU", "020000")),
    Zone("AUS Eastern Standard Time", ("+1000", 4, "1SU", "030000"), ("+1100", 10, "1SU", "020000")),
)

_EVENT = (
    "BEGIN:VEVENT\r\nUID:event-{n}@example.com\r\nDTSTAMP:20260101T000000Z\r\nLAST-MODIFIED:20260101T000000Z\r\n"
    "SEQUENCE:1\r\nCLASS:PUBLIC\r\nTRANSP:TRANSPARENT\r\nSUMMARY:Game {n}: the bears of the north against the lions\r\n"
    "DTSTART;TZID={tzid}:{day}T190000\r\nDTEND;TZID={tzid}:{day}T210000\r\n"
    "DESCRIPTION:Watch the game on demand with the season pass: https://www.example.com/pass?campaign=schedule"
    "\\n\\nRadio - WESTERN ONE\\n\\nHome tickets: http://www.example.com/tickets?campaign=schedule_header\\n\\n"
    "Share - http://example.com/1PYwoNS\\n\r\n"
    "LOCATION:The stadium\\, North Street 1\r\n"
    "BEGIN:VALARM\r\nACTION:DISPLAY\r\nDESCRIPTION:Reminder\r\nTRIGGER:-PT15M\r\nEND:VALARM\r\nEND:VEVENT\r\n"
)


def season(events: int, *, defined: bool) -> bytes:
    """Return a feed of so many events in normal form; `defined`: with the VTIMEZONEs of its three zones."""
    head = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//benchmark//EN\r\nMETHOD:PUBLISH\r\nX-WR-CALNAME:Season\r\n"
    definitions = "".join(zone.definition() for zone in ZONES) if defined else ""
    games = "".join(
        _EVENT.format(n=n, tzid=ZONES[n % 3].tzid, day=f"2026{n % 12 + 1:02}{n % 28 + 1:02}") for n in range(events)
    )
    return normalise(f"{head}{definitions}{games}END:VCALENDAR\r\n".encode()).text
