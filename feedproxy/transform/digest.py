"""What a component or a calendar's head says, without what publishers write anew at each fetch: churn.

Churn is what tells a subscriber nothing as long as nothing else differs. Each entry has been seen to change by itself:

DTSTAMP                 Google, Outlook 365 and itslearning write the time of the request (nextcloud/server#58193)
CREATED, LAST-MODIFIED  written as the time of the request, too (Liturgical-Calendar/LiturgicalCalendarAPI#849, #860)
SEQUENCE                `Date.now()` at each export (Shelf-nu/shelf.nu#2485). RFC 5546 section 2.1.4 wants it to grow
                        when something else changes; alone it would have clients announce an event as updated
PRODID                  holds a release or build number of the publisher's program
X-WR-RELCALID           of the clock and the milliseconds in GCAL, the Vaisnava calendar ("GBC Calendar Comitee")
X-CALSTART, X-CALEND, X-CLIPSTART, X-CLIPEND
                        the range of dates that was exported, which moves on each day; readers SHOULD ignore it
                        ([MS-OXCICAL] sections 2.1.3.1.1.5 to 2.1.3.1.1.8)
UID, X-WR-ALARMUID      of a VALARM: made anew at each export (iCalcreator/iCalcreator#51)

The order of properties, of parameters, of nested components and the folding carry no meaning either (RFC 5545
sections 3.1, 3.2 and 3.6).
"""

import hashlib
import re
from collections.abc import Iterable

from feedproxy.ics.contentline import split
from feedproxy.ics.folding import unfold

IN_COMPONENTS = (b"DTSTAMP", b"CREATED", b"LAST-MODIFIED", b"SEQUENCE")
IN_ALARMS = (*IN_COMPONENTS, b"UID", b"X-WR-ALARMUID")
IN_HEADS = (
    *IN_COMPONENTS,
    b"PRODID",
    b"X-WR-RELCALID",
    b"X-CALSTART",
    b"X-CALEND",
    b"X-CLIPSTART",
    b"X-CLIPEND",
)

_PARAMETER = re.compile(rb';([^=;"]*+)(?:[^;"]++|"[^"]*+")*+')


_STAMP = re.compile(rb"\n(?:" + b"|".join(IN_COMPONENTS) + rb")[;:][^\r]*+(?:\r\n [^\r]*+)*+\r(?=\n)")


def _starts(names: Iterable[bytes]) -> tuple[bytes, ...]:
    return tuple(name + end for name in names for end in (b":", b";"))


_CHURN_IN_COMPONENTS, _CHURN_IN_ALARMS, _CHURN_IN_HEADS = map(_starts, (IN_COMPONENTS, IN_ALARMS, IN_HEADS))


def say_the_same(text: bytes, other: bytes) -> bool:
    """Tell whether two components (BEGIN to END, normal form) differ only by churn."""
    if text == other or _STAMP.sub(b"", text) == _STAMP.sub(b"", other):
        return True
    return component_digest(text) == component_digest(other)


def component_digest(text: bytes) -> bytes:
    """Return 16 octets that are the same for two components (BEGIN to END, normal form) which differ only by churn."""
    return _digest(text, _CHURN_IN_COMPONENTS)


def head_digest(text: bytes) -> bytes:
    """Return 16 octets that are the same for the own properties of two VCALENDARs that differ only by churn."""
    return _digest(text, _CHURN_IN_HEADS)


def _digest(text: bytes, churn: tuple[bytes, ...]) -> bytes:
    """Take the digest of the sorted lines; a nested component stands among them as its own digest."""
    outer: list[tuple[list[bytes], tuple[bytes, ...]]] = []
    lines: list[bytes] = []
    for line in unfold(text).split(b"\r\n"):
        if line.startswith(b"BEGIN:"):
            outer.append((lines, churn))
            churn = _CHURN_IN_ALARMS if line == b"BEGIN:VALARM" else _CHURN_IN_COMPONENTS
            lines = [line]
        elif line.startswith(b"END:"):
            inner = _of_sorted(lines)
            lines, churn = outer.pop()
            lines.append(inner)
        elif not line.startswith(churn):
            lines.append(_with_sorted_parameters(line))
    return _of_sorted(lines)


def _of_sorted(lines: list[bytes]) -> bytes:
    return hashlib.blake2b(b"\r\n".join(sorted(lines)), digest_size=16).digest()


def _with_sorted_parameters(line: bytes) -> bytes:
    first = line.find(b";", 0, line.find(b":"))
    if first < 0 or line.find(b";", first + 1) < 0 or (content := split(line)) is None:
        return line
    parameters = sorted(_PARAMETER.finditer(content.parameters), key=lambda match: match[1])
    return content.name + b"".join(match[0] for match in parameters) + b":" + content.value
