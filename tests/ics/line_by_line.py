"""Content lines read one by one: slow, and as plain as the rules are."""

import re
from collections import Counter

from feedproxy.ics.contentline import split

_NAME = re.compile(rb"([A-Za-z0-9_./-]{1,60}+)[;:]")
_KIND = rb"[A-Za-z0-9_./-]{1,60}"
_BOUNDARY = re.compile(rb"(?:[ \t]|\xef\xbb\xbf)*(BEGIN|END)[ \t]*:[ \t]*(" + _KIND + rb")[ \t]*", re.IGNORECASE)
_QUOTED_PRINTABLE = re.compile(rb"[^:]{1,200};ENCODING=QUOTED-PRINTABLE", re.IGNORECASE)
_LOST = re.compile(rb"X-|[A-Z0-9-]+=")
_TEXTS = frozenset(
    b"COMMENT CONTACT DESCRIPTION LOCATION NAME SUMMARY STYLED-DESCRIPTION X-ALT-DESC X-APPLE-STRUCTURED-LOCATION"
    b" X-WR-CALDESC X-WR-CALNAME".split()
)
_REGISTERED = _TEXTS | frozenset(
    b"ACTION ATTACH ATTENDEE BEGIN BUSYTYPE CALENDAR-ADDRESS CALSCALE CATEGORIES CLASS COLOR COMPLETED CONCEPT"
    b" CONFERENCE CREATED DTEND DTSTAMP DTSTART DUE DURATION END EXDATE EXRULE FREEBUSY GEO IMAGE LAST-MODIFIED LINK"
    b" METHOD ORGANIZER PARTICIPANT-TYPE PERCENT-COMPLETE PRIORITY PRODID PROXIMITY RDATE RECURRENCE-ID REFID"
    b" REFRESH-INTERVAL RELATED-TO REPEAT REQUEST-STATUS RESOURCE-TYPE RESOURCES RRULE SEQUENCE SOURCE STATUS"
    b" STRUCTURED-DATA TRANSP TRIGGER TZID TZID-ALIAS-OF TZNAME TZOFFSETFROM TZOFFSETTO TZUNTIL TZURL UID URL"
    b" VERSION".split()
)


def content_lines(text: bytes) -> tuple[bytes, dict[str, int]]:
    """Return the content lines of unfolded text, and how often each rule of repair was needed."""
    repairs: Counter[str] = Counter()
    kept: list[bytes] = []
    is_text = is_quoted_printable = is_torn = False
    for line in filter(None, text.split(b"\n")):
        is_soft = is_quoted_printable and kept[-1].endswith(b"=")
        content = _standing(line) if is_soft else _mended(line, is_torn=is_torn)
        if content is not None:
            written, rule = content
            kept.append(written)
            is_text = re.split(rb"[;:]", written)[0] in _TEXTS
            is_quoted_printable = _QUOTED_PRINTABLE.match(written) is not None
            is_torn = False
            repairs.update(filter(None, [rule]))
        elif is_soft:
            kept[-1] = kept[-1][:-1] + line
            repairs["line-rejoined"] += 1
        elif is_text and _may_be_text(line):
            has_lone_backslash = (len(kept[-1]) - len(kept[-1].rstrip(b"\\"))) % 2
            kept[-1] += (b"n" if has_lone_backslash else b"\\n") + line
            is_torn = True
            repairs["line-rejoined"] += 1
        elif line.strip():
            repairs["line-dropped"] += 1
    return b"".join(line + b"\n" for line in kept), dict(repairs)


def _mended(line: bytes, *, is_torn: bool) -> tuple[bytes, str] | None:
    """Return a line as a content line of the normal form, and what that took; None if it is no content line.

    `is_torn`: in the middle of a text that has lost its folds.
    """
    if boundary := _BOUNDARY.fullmatch(line):
        written = boundary[1].upper() + b":" + boundary[2].upper()
        return written, "boundary-blanks" if len(written) < len(line) else ""
    start = _NAME.match(line)
    if start is None:
        return None
    name = start[1] if start[1].startswith(b"X-") else start[1].upper()
    is_known = name in _REGISTERED or name.startswith(b"X-") or _QUOTED_PRINTABLE.match(line)
    if name in {b"BEGIN", b"END"} or (is_torn and not is_known):
        return None
    rest = line[start.end(1) :]
    if split(name + rest) is not None:
        return name + rest, ""
    parameters, colon, value = rest.partition(b":")
    if colon:
        return name + parameters.replace(b'"', b"") + colon + value, "quote-unclosed"
    return (name + b":" + rest[1:], "rule-without-colon") if name in {b"RRULE", b"EXRULE"} else None


def _standing(line: bytes) -> tuple[bytes, str] | None:
    """Return a line that is a content line as it stands, or a boundary."""
    mended = _mended(line, is_torn=False)
    return mended if mended and (mended == (line, "") or _BOUNDARY.fullmatch(line)) else None


def _may_be_text(line: bytes) -> bool:
    start = _NAME.match(line)
    return _LOST.match(line) is None and (start is None or start[1] not in _REGISTERED)
