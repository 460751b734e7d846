"""Feeds changed as feeds are: lines moved, doubled and dropped, values and parameters put in, components torn apart."""

from collections.abc import Callable
from random import Random

_LINES = (
    b"BEGIN:VEVENT BEGIN:VTODO BEGIN:VALARM BEGIN:VTIMEZONE BEGIN:STANDARD BEGIN:X-ODD BEGIN:X-FEEDPROXY-RUN "
    b"BEGIN:VCALENDAR begin:vevent END:VEVENT END:VTODO END:VALARM END:VTIMEZONE END:STANDARD END:X-ODD "
    b"END:X-FEEDPROXY-RUN END:VCALENDAR UID:a UID:b SEQUENCE:2 SEQUENCE:10 RECURRENCE-ID:20260702T100000Z "
    b"RECURRENCE-ID;TZID=X:20260702T100000 STATUS:CONFIRMED METHOD:CANCEL LAST-MODIFIED:20260101T000000Z "
    b"DTSTART:20260701T100000 DTSTART;VALUE=DATE:20260701 DTEND;TZID=X:20260701T110000 "
    b"DTSTART;TZID=X:20260701T100000 RRULE:FREQ=DAILY RRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30 "
    b"RRULE:FREQ=WEEKLY;UNTIL=20270101T000000; EXDATE;TZID=X:20260702T100000,20260703T100000Z "
    b"RDATE;VALUE=PERIOD;TZID=X:20260702T100000/PT1H TZID:X TZID:Europe/Berlin TZOFFSETFROM:+0100 "
    b"TZOFFSETTO:+0200 DTSTART:16010101T000000 X-WR-TIMEZONE:Asia/Tokyo X-WR-CALNAME:N NAME:N "
    b"REFRESH-INTERVAL:P1D X-PUBLISH-TTL:PT1H VERSION:1.0 DESCRIPTION:TZID=X:a\\n\\,b "
    b"DESCRIPTION;ENCODING=QUOTED-PRINTABLE:a= junk"
).split()
_TZIDS = (
    b"X",
    b"",
    b'"X: y"',
    b"Europe/Berlin",
    b"America/New_York",
    b"W. Europe Standard Time",
    b"GMT+05:30",
    b"UTC",
    b"Customized Time Zone",
    b"/x/Europe/Berlin",
)
_ENDS = (b"\r\n", b"\n", b"\r", b"\r\n ", b"\n\t", b"\n\n", b"\n\n ", b"")
_OCTETS = (
    b"\x00",
    b"\x0b",
    b"\x1f",
    b"\xe4",
    "ä".encode(),
    "\u2028".encode(),
    b'"',
    b";",
    b":",
    b",",
    b"\\",
    b"=",
    b" ",
)


def mutated(body: bytes, random: Random) -> bytes:
    """Return a body with one to four changes."""
    lines = body.splitlines(keepends=True) or [b""]
    for _ in range(random.randint(1, 4)):
        random.choice(_CHANGES)(lines, random)
        lines = lines or [b""]
    return b"".join(lines)


def _place(lines: list[bytes], random: Random) -> int:
    return random.randrange(len(lines))


def _doubled(lines: list[bytes], random: Random) -> None:
    start = _place(lines, random)
    lines[start:start] = lines[start : start + random.randint(1, 12)] * random.randint(1, 3)


def _dropped(lines: list[bytes], random: Random) -> None:
    start = _place(lines, random)
    del lines[start : start + random.randint(1, 3)]


def _moved(lines: list[bytes], random: Random) -> None:
    lines.insert(random.randrange(len(lines)), lines.pop(_place(lines, random)))


def _put_in(lines: list[bytes], random: Random) -> None:
    lines.insert(_place(lines, random), random.choice(_LINES) + random.choice(_ENDS))


def _with_tzid(lines: list[bytes], random: Random) -> None:
    start = _place(lines, random)
    for n, line in enumerate(lines[start:], start):
        if line.startswith((b"DT", b"RECURRENCE-ID", b"EXDATE", b"RDATE", b"TZID")):
            name, _, value = line.partition(b":")
            tzid = random.choice(_TZIDS)
            lines[n] = (
                name + b":" + tzid + b"\r\n"
                if name == b"TZID"
                else name.split(b";")[0] + b";TZID=" + tzid + b":" + value
            )
            return


def _other_end(lines: list[bytes], random: Random) -> None:
    n = _place(lines, random)
    lines[n] = lines[n].rstrip(b"\r\n") + random.choice(_ENDS)


def _other_octets(lines: list[bytes], random: Random) -> None:
    n = _place(lines, random)
    at = random.randint(0, len(lines[n]))
    lines[n] = (
        lines[n][:at] + random.choice(_OCTETS) * random.choice((1, 1, 1, 2, 80)) + lines[n][at + random.randint(0, 2) :]
    )


def _folded(lines: list[bytes], random: Random) -> None:
    n = _place(lines, random)
    at = random.randint(0, len(lines[n]))
    lines[n] = lines[n][:at] + random.choice((b"\r\n ", b"\n\t")) + lines[n][at:]


_CHANGES: tuple[Callable[[list[bytes], Random], None], ...] = (
    _doubled,
    _dropped,
    _moved,
    _put_in,
    _put_in,
    _with_tzid,
    _other_end,
    _other_octets,
    _folded,
)
