"""Feeds none of whose components is plain (`feedproxy.ics.cutting`), or odd as a whole: each kind of any size."""

from benchmarks.hostile_feeds import Kind, feed, numbered

_TEXT = b"DESCRIPTION:" + b"x" * 58 + (b"\r\n " + b"y" * 69) * 6 + b"\r\n"
"""Folded as clients like it, and not as we fold."""
_GAME = (
    b"BEGIN:VEVENT\r\nUID:event-%d@example.com\r\nDTSTAMP:20260101T000000Z\r\nSUMMARY:Game %d\r\n"
    b"DTSTART;TZID=W. Europe Standard Time:20260701T190000\r\nLOCATION:The stadium\\, North Street 1\r\n"
    + _TEXT
    + b"END:VEVENT\r\n"
)
_WITHOUT_STAMP = _GAME.replace(b"DTSTAMP:20260101T000000Z\r\n", b"")


def _with(line: bytes) -> Kind:
    return _of(_GAME.replace(b"END:", line + b"\r\nEND:"))


def _of(component: bytes) -> Kind:
    return lambda octets: feed(numbered(component, octets))


def _ended_by(end: bytes, component: bytes) -> Kind:
    return lambda octets: feed(numbered(component, octets)).replace(b"\r\n", end)


def _cancelled(octets: int) -> bytes:
    return feed(numbered(_GAME, octets)).replace(b"PRODID", b"METHOD:CANCEL\r\nPRODID", 1)


def _in_calendars(octets: int) -> bytes:
    """Ten calendars, whose events are all different."""
    events = numbered(_GAME, octets).split(b"BEGIN:VEVENT\r\n")[1:]
    parts = (b"".join(b"BEGIN:VEVENT\r\n" + event for event in events[n::10]) for n in range(10))
    return b"".join(map(feed, parts))


KINDS: dict[str, Kind] = {
    "no DTSTAMP": _of(_WITHOUT_STAMP),
    "no UID": _of(_GAME.replace(b"UID:event-%d@example.com\r\n", b"")),
    "VTODO": _of(_GAME.replace(b"VEVENT", b"VTODO")),
    "VJOURNAL": _of(_GAME.replace(b"VEVENT", b"VJOURNAL")),
    "rules that end in a separator": _with(b"RRULE:FREQ=DAILY;COUNT=2;"),
    "names in small letters": _of(_GAME.replace(b"DTSTART", b"dtstart")),
    "boundaries in small letters": _of(_GAME.replace(b"BEGIN:VEVENT", b"begin:vevent").replace(b"END:", b"end:")),
    "controls": _with(b"COMMENT:a\x0bb"),
    "Latin-1": _with(b"COMMENT:Stra\xdfe"),
    "UTC with TZID": _of(_GAME.replace(b"T190000", b"T190000Z")),
    "lists of EXDATEs": _with(b"EXDATE;TZID=W. Europe Standard Time:20260701T190000,20260702T190000"),
    "components in events": _with(b"BEGIN:PARTICIPANT\r\nUID:p%d\r\nEND:PARTICIPANT"),
    "line feeds": _ended_by(b"\n", _WITHOUT_STAMP),
    "lone carriage returns": _ended_by(b"\r", _GAME),
    "every second event": _of(_GAME + _WITHOUT_STAMP.replace(b"UID:event", b"UID:other")),
    "UTF-16": lambda octets: _of(_GAME)(octets // 2).decode().encode("utf-16"),
    "a calendar that is cancelled": _cancelled,
    "ten calendars": _in_calendars,
}
"""By name."""
