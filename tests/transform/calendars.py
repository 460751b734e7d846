"""Calendars for tests, written as the lines of their components."""

HEAD = b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Example//Test//EN\r\nMETHOD:PUBLISH\r\n"
TAIL = b"END:VCALENDAR\r\n"


def event(lines: str, kind: str = "VEVENT") -> bytes:
    """A component, given as its lines between BEGIN and END; it has a DTSTAMP of the first of 2026."""
    body = f"BEGIN:{kind}\nDTSTAMP:20260101T000000Z\n{lines.strip()}\nEND:{kind}\n"
    return body.replace("\n", "\r\n").encode()


def feed(*components: bytes, head: str = "") -> bytes:
    """A feed of components; `head` has further property lines of the calendar."""
    return HEAD + "".join(f"{line}\r\n" for line in head.splitlines()).encode() + b"".join(components) + TAIL
