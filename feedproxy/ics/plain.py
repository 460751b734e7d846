"""Whether text is plain events and nothing else, told in one pass by an automaton (RE2) where there is one.

It knows fewer ways to write an event than `feedproxy.ics.runs`, which looks at what this does not take for plain: no
folds in parameters, no UID in an alarm, no rare names with an initial of a name that matters.
"""

import re

from feedproxy.ics.automata import automaton
from feedproxy.ics.times import TIME_LIKE

_PARTS = {
    b"@events": rb"(?:BEGIN:VEVENT\r\n@lines@identity(?:@alarm@lines)*END:VEVENT\r\n)+",
    b"@identity": rb"(?:@uid@lines@stamp|@stamp@lines@uid)@lines",
    b"@lines": rb"(?:@other|@time|@rule)*",
    b"@uid": rb"UID:@solid(?:@text*@solid)?\r\n(?: [^\x00-\x20\x7f-\xbf](?:@text*@solid)?\r\n)*",
    b"@stamp": rb"DTSTAMP:@solid@text*\r\n",
    b"@other": rb"(?:@name|BUSYTYPE|DESCRIPTION|DURATION|URL|RESOURCES|RELATED-TO|REQUEST-STATUS)@rest",
    b"@alarm": rb"BEGIN:VALARM\r\n(?:(?:@name|DESCRIPTION|DURATION|URL|REPEAT|RELATED-TO)@rest)*END:VALARM\r\n",
    b"@name": rb"[ACF-QSTVWYZ][A-Z0-9-]{0,59}|X-[A-Za-z0-9_./-]{1,58}",
    b"@rest": rb'(?:;(?:[^\x00-\x08\x0a-\x1f\x7f":]|@quoted)*)?'
    rb":@text*\r\n(?: [^\x00-\x08\x0a-\x1f\x7f-\xbf]@text*\r\n)*",
    b"@time": rb"(?:DTSTART|DTEND|DUE|RECURRENCE-ID|EXDATE|RDATE)"
    rb'(?::@text*|;TZID=(?:@quoted|[^\x00-\x08\x0a-\x1f\x7f":;,]+):@moment'
    rb"|;VALUE=DATE(?:-TIME)?:[^\x00-\x08\x0a-\x1f\x7f:]*)\r\n",
    b"@moment": TIME_LIKE,
    b"@quoted": rb'"[^\x00-\x08\x0a-\x1f\x7f"]*"',
    b"@solid": rb"[^\x00-\x20\x7f]",
    b"@text": rb"[^\x00-\x08\x0a-\x1f\x7f]",
}
_REST_ANYHOW = (
    rb'(?:;(?:(?:\r\n )?(?:[^\x00-\x08\x0a-\x1f\x7f":]|"(?:(?:\r\n )?[^\x00-\x08\x0a-\x1f\x7f"])*(?:\r\n )?"))*'
    rb"(?:\r\n )?)?:@text*\r\n(?: [^\x00-\x08\x0a-\x1f\x7f-\xbf]@text*\r\n)*"
)
"""With folds in parameters too."""
_RULE = rb"RRULE:[^\x00-\x08\x0a-\x1f\x7fa-z]*[^\x00-\x20\x7fa-z,;]\r\n"
_IDENTITY_OR_NONE = rb"(?:@uid@lines(?:@stamp@lines)?|@stamp@lines(?:@uid@lines)?)?"
_NEVER = rb"[^\x00-\xff]"


def _events(others: dict[bytes, bytes]) -> bytes:
    parts = _PARTS | others

    def written(pattern: bytes) -> bytes:
        return re.sub(rb"@[a-z]+", lambda part: b"(?:%b)" % written(parts[part[0]]), pattern)

    return written(b"@events")


_AUTOMATA = {
    "once": automaton(_events({b"@rule": _NEVER})),
    "recurring": automaton(_events({b"@rule": _RULE})),
    "folded": automaton(_events({b"@rule": _RULE, b"@rest": _REST_ANYHOW})),
    "unidentified": automaton(_events({b"@rule": _RULE, b"@identity": _IDENTITY_OR_NONE})),
}


def all_plain(text: bytes, *, recurring: bool) -> bool:
    """Tell whether text is plain events, `recurring`: with recurrence rules; False too where nothing can tell.

    All line ends of such text are CRLF and there are no controls; of the length of lines and of UTF-8 it says nothing.
    """
    return _matches("recurring" if recurring else "once", text)


def all_plain_but_for_folds(text: bytes) -> bool:
    """Tell whether text is events that are plain, recurring or not, but that there may be folds in their parameters."""
    return _matches("folded", text)


def all_plain_but_for_identity(text: bytes) -> bool:
    """Tell whether text is events that are plain, but that each may lack its UID, its DTSTAMP, or both."""
    return _matches("unidentified", text)


def _matches(form: str, text: bytes) -> bool:
    fullmatch = _AUTOMATA[form]
    return fullmatch is not None and fullmatch(text) is not None
