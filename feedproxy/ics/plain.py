"""Whether text is plain events and nothing else, told in one pass by an automaton (RE2) where there is one.

It knows fewer ways to write an event than `feedproxy.ics.cutting`, which looks at what this does not take for plain: no
folds in parameters, no UID in an alarm, no rare names with an initial of a name that matters. And it knows components
of any kind, with others in them, all of whose lines are those of plain events but for what names them; their times and
rules may be written anyhow.
"""

import re

from feedproxy.ics.automata import automaton
from feedproxy.ics.components import SCHEDULED
from feedproxy.ics.linekinds import KIND
from feedproxy.ics.times import TIME_AND_BLANKS

_PARTS = {
    b"@events": rb"(?:BEGIN:VEVENT\r\n@lines@identity(?:@alarm@lines)*END:VEVENT\r\n)+",
    b"@identity": rb"(?:@uid@lines@stamp|@stamp@lines@uid)@lines",
    b"@lines": rb"(?:@other|@time|@rule)*",
    b"@uid": rb"UID:@solid(?:@text*@solid)?(?:\r\n [^\x00-\x20\x7f-\xbf](?:@text*@solid)?)*[\t ]*\r\n",
    b"@stamp": rb"DTSTAMP:@solid@text*\r\n",
    b"@other": rb"(?:@name|BUSYTYPE|DESCRIPTION|DURATION|URL|RESOURCES|RELATED-TO|REQUEST-STATUS)@rest",
    b"@alarm": rb"BEGIN:VALARM\r\n(?:(?:@name|DESCRIPTION|DURATION|URL|REPEAT|RELATED-TO)@rest)*END:VALARM\r\n",
    b"@name": rb"[ACF-QSTVWYZ][A-Z0-9-]{0,59}|X-[A-Za-z0-9_./-]{1,58}",
    b"@rest": rb'(?:;(?:[^\x00-\x08\x0a-\x1f\x7f":]|@quoted)*)?'
    rb":@text*\r\n(?: [^\x00-\x08\x0a-\x1f\x7f-\xbf]@text*\r\n)*",
    b"@time": rb"@timed"
    rb'(?::@text*|;TZID=(?:@quoted|[^\x00-\x08\x0a-\x1f\x7f":;,]+):@moment'
    rb"|;VALUE=DATE(?:-TIME)?:[^\x00-\x08\x0a-\x1f\x7f:]*)\r\n",
    b"@timed": rb"DTSTART|DTEND|DUE|RECURRENCE-ID|EXDATE|RDATE",
    b"@moment": TIME_AND_BLANKS,
    b"@quoted": rb'"[^\x00-\x08\x0a-\x1f\x7f"]*"',
    b"@solid": rb"[^\x00-\x20\x7f]",
    b"@text": rb"[^\x00-\x08\x0a-\x1f\x7f]",
}
_REST_ANYHOW = (
    rb'(?:;(?:(?:\r\n )?(?:[^\x00-\x08\x0a-\x1f\x7f":]|"(?:(?:\r\n )?[^\x00-\x08\x0a-\x1f\x7f"])*(?:\r\n )?"))*'
    rb"(?:\r\n )?)?:@text*\r\n(?: [^\x00-\x08\x0a-\x1f\x7f-\xbf]@text*\r\n)*"
)
"""With folds in parameters too."""
_ANYHOW = {b"@time": rb"@timed@rest", b"@rule": rb"(?:RRULE|EXRULE)@rest", b"@rest": _REST_ANYHOW}
_RULE = rb"RRULE:[^\x00-\x08\x0a-\x1f\x7fa-z]*[^\x00-\x20\x7fa-z,;]\r\n"
_WITHIN = rb"(?:(?:@name|DESCRIPTION|DTSTAMP|DURATION|UID|URL|REPEAT|RELATED-TO|RESOURCES|RESOURCE-TYPE)@rest)*"
_ANY = {
    b"@events": rb"(?:BEGIN:@kind\r\n@lines(?:@nested@lines)*END:@kind\r\n)+",
    b"@nested": rb"BEGIN:@kind\r\n@within(?:BEGIN:@kind\r\n@withinEND:@kind\r\n@within)*END:@kind\r\n",
    b"@kind": KIND,
    b"@lines": rb"(?:@other|@time|@rule|(?:UID|DTSTAMP)@rest)*",
    b"@within": _WITHIN,
}
"""Components of any kinds, whatever their UIDs and DTSTAMPs, and others in them, two deep at most."""
_SCHEDULED = b"(?:%b)+" % b"|".join(
    rb"BEGIN:%b\r\n@lines@identity(?:@alarm@lines)*END:%b\r\n" % (kind, kind) for kind in sorted(SCHEDULED)
)
"""Such components of the kinds that are to have a UID, with nothing but alarms in them."""
_NAMED_ONCE = {
    b"@events": _SCHEDULED,
    b"@identity": rb"(?:UID@rest@lines(?:DTSTAMP@rest@lines)?|DTSTAMP@rest@lines(?:UID@rest@lines)?)?",
}
_IDENTIFIED = {
    b"@events": _SCHEDULED,
    b"@alarm": rb"BEGIN:VALARM\r\n@withinEND:VALARM\r\n",
    b"@within": _WITHIN,
    b"@uid": rb"UID@bare:@solid(?:@text*@solid)?\r\n(?: [^\x00-\x20\x7f-\xbf](?:@text*@solid)?\r\n)*",
    b"@stamp": rb"DTSTAMP@bare:@solid@text*\r\n",
    b"@bare": rb'(?:;(?:[^\x00-\x08\x0a-\x1f\x7f":]|@quoted)*)?',
}
_NEVER = rb"[^\x00-\xff]"


def _events(others: dict[bytes, bytes]) -> bytes:
    parts = _PARTS | others

    def written(pattern: bytes) -> bytes:
        return re.sub(rb"@[a-z]+", lambda part: b"(?:%b)" % written(parts[part[0]]), pattern)

    return written(b"@events")


_AUTOMATA = {
    "once": automaton(_events({b"@rule": _NEVER})),
    "recurring": automaton(_events({b"@rule": _RULE})),
    "anyhow": automaton(_events(_ANYHOW)),
    "any": automaton(_events(_ANYHOW | _ANY)),
    "identified": automaton(_events(_ANYHOW | _IDENTIFIED)),
    "named once": automaton(_events(_ANYHOW | _NAMED_ONCE)),
}


def all_plain(text: bytes, *, recurring: bool) -> bool:
    """Tell whether text is plain events, `recurring`: with recurrence rules; False too where nothing can tell.

    All line ends of such text are CRLF and there are no controls; of the length of lines and of UTF-8 it says nothing.
    """
    return _matches("recurring" if recurring else "once", text)


def all_plain_but_for_times(text: bytes) -> bool:
    """Tell whether text is events that are plain, but that their times and rules are written anyhow.

    There may be folds in their parameters.
    """
    return _matches("anyhow", text)


def all_alike(text: bytes) -> bool:
    """Tell whether text is components of any kinds like plain events; as to names, times and rules, each as it likes.

    There may be folds in their parameters. Whether a BEGIN and its END are of one kind is not said.
    """
    return _matches("any", text)


def all_identified(text: bytes) -> bool:
    """Tell whether text is such components, with alarms in them, that have one UID and one DTSTAMP that say something.

    They are of the kinds that are to have these; each BEGIN and its END are of one kind. Alarms may have some too.
    """
    return _matches("identified", text)


def all_named_once(text: bytes) -> bool:
    """Tell whether text is such components of these kinds that have no more than one UID and one DTSTAMP.

    Alarms in them have none.
    """
    return _matches("named once", text)


def _matches(form: str, text: bytes) -> bool:
    fullmatch = _AUTOMATA[form]
    return fullmatch is not None and fullmatch(text) is not None
