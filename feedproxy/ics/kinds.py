"""Of components that follow each other: of which kind each is, and what names it, told of all of them at once.

Their text is what `feedproxy.ics.plain` takes for alike: there is an END for each BEGIN, but whether the two are of one
kind is told here.
"""

import operator
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import compress, repeat

from feedproxy.ics.components import MARK, SCHEDULED, SEPARATE
from feedproxy.ics.folding import unfold
from feedproxy.ics.plain import all_named_once

_BOUNDARY = re.compile(rb"\n(?:BEGIN|END):[^\r]*\r")
_KIND = re.compile(rb"\nBEGIN:([^\r]*)")
_COMPONENT = re.compile(
    rb"""\nBEGIN:([^\r]*)\r
         (?: \nBEGIN:([^\r]*)\r
             (?: \nBEGIN:(?!\2\r)([^\r]*)\r \nEND:\3\r )*+
             \nEND:\2\r )*+
         \nEND:\1\r""",
    re.VERBOSE,
)
"""The boundaries of a component and of those in it, as deep as they are when all is alike."""
_NEVER_ALIKE = frozenset((b"VCALENDAR", b"VTIMEZONE", MARK))
_NEVER_WITHIN = SEPARATE | {b"VCALENDAR"}
_UNSCHEDULED = re.compile(
    rb"\nBEGIN:(?!(?:%b)\r)([^\r]*)\r\n(?:(?!END:\1\r)[^\n]*+\n)*+END:\1\r(?=\n)" % b"|".join(sorted(SCHEDULED))
)
_PARAMETERS = rb"""(?:;(?:[^":\r]++|"[^"]*+"|\r\n[ ])*+)?+"""
_UID, _STAMP = (
    re.compile(rb"\n%b%b:([^\r]*+(?:\r\n [^\r]*+)*+)" % (name, _PARAMETERS)) for name in (b"UID", b"DTSTAMP")
)
_BARE_UID = re.compile(rb"\nUID:([^\r]*+)")
_BLANK_STAMP = re.compile(rb"\nDTSTAMP:[ \t]*+\r")
_UID_OR_ALARM = re.compile(
    rb"\n(?:UID%b:([^\r]*+(?:\r\n [^\r]*+)*+)|BEGIN:VALARM\r\n(?:(?!END:)[^\n]*+\n)*+END:VALARM\r)" % _PARAMETERS
)
_END, _LAST_LINE = (
    re.compile(form % b"|".join(sorted(SCHEDULED))) for form in (rb"\nEND:(%b)\r", rb"\nEND:(?:%b)\r\n")
)
_ALARM = b"\nBEGIN:VALARM\r"
_NOTHING = frozenset[bytes]()
ALARMS = frozenset((b"VALARM",))


@dataclass(frozen=True, slots=True)
class Named:
    """Of components their kind, or that of each where they are of several, and what names them.

    `uids` has the UID of each, empty where its first says nothing, or where it is to have none. `unstamped` are the
    places of those whose first DTSTAMP says nothing, though they are to have one. `within` are the kinds of what stands
    in them.
    """

    kind: bytes
    kinds: Sequence[bytes]
    uids: list[bytes]
    unstamped: Sequence[int] = ()
    within: frozenset[bytes] = _NOTHING

    def is_identified(self) -> bool:
        """Tell whether each has what it is to have."""
        if self.unstamped or all(self.uids):
            return not self.unstamped
        return SCHEDULED.isdisjoint(compress(self.kinds or repeat(self.kind), map(operator.not_, self.uids)))


def identified(text: bytes) -> Named:
    """Return what names components that are such (`feedproxy.ics.plain.all_identified`)."""
    kind = _first_kind(text)
    is_bare = b"\nUID;" not in text and b"\n " not in text
    uids = (_BARE_UID if is_bare else _UID).findall(text)
    kinds: Sequence[bytes] = ()
    if text.count(b"\nEND:%b\r" % kind) < len(uids):
        ends = _END.findall(text)
        uids = uids if len(ends) == len(uids) else [*filter(None, _UID_OR_ALARM.findall(text))]
        kinds = ends if ends.count(kind) < len(ends) else ()
    return Named(kind, kinds, uids if is_bare else [*map(unfold, uids)], (), ALARMS)


def named(text: bytes) -> Named | None:
    """Return what names components that are alike (`feedproxy.ics.plain.all_alike`); None if they are not well-formed.

    None too where one is of a kind that others tell apart, or stands in another one of its kind.
    """
    is_once = all_named_once(text)
    structure = (_kinds_of_scheduled(text), ALARMS if _ALARM in text else _NOTHING) if is_once else _structure(text)
    if structure is None:
        return None
    each, within = structure
    kind, kinds = each[0], (each if each.count(each[0]) < len(each) else [])
    if not kinds and kind not in SCHEDULED:
        return Named(kind, kinds, [b""] * len(each), (), within)
    places = [n for n, kind in enumerate(kinds) if kind in SCHEDULED]
    if not is_once and (within or len(places) < len(kinds)):
        text = scheduled(text)
        is_once = all_named_once(text)
    count = len(places) if kinds else len(each)
    of = None if kinds else kind
    uids = _uids(text, count, of, is_once=is_once)
    unstamped = _unstamped(text, count, of, is_once=is_once)
    if len(places) < len(kinds):
        spread = [b""] * len(kinds)
        for place, uid in zip(places, uids, strict=True):
            spread[place] = uid
        return Named(kind, kinds, spread, [places[n] for n in unstamped], within)
    return Named(kind, kinds, uids, unstamped, within)


def scheduled(text: bytes) -> bytes:
    """Return the text without the components that have no UID of their own, and without what stands in others."""
    return _UNSCHEDULED.sub(b"", b"\n" + text)[1:]


def _first_kind(text: bytes) -> bytes:
    return text[len(b"BEGIN:") : text.index(b"\r")]


def _kinds_of_scheduled(text: bytes) -> list[bytes]:
    """Return the kind of each component when each has its END, alarms stand in them, and all are scheduled."""
    first = _first_kind(text)
    if any(b"\nEND:%b\r" % kind in text for kind in SCHEDULED - {first}):
        return _END.findall(text)
    return [first] * text.count(b"\nEND:%b\r" % first)


def _structure(text: bytes) -> tuple[list[bytes], frozenset[bytes]] | None:
    """Return the kind of each component and the kinds of what stands in them; None where they are not well-formed."""
    first = _first_kind(text)
    end = b"\nEND:%b\r\n" % first
    count = text.count(end + b"BEGIN:%b\r" % first) + 1
    if text.endswith(end) and count == text.count(b"\nEND:") == text.count(b"\nBEGIN:") + 1:
        return None if first in _NEVER_ALIKE else ([first] * count, _NOTHING)
    boundaries = b"".join(_BOUNDARY.findall(b"\n" + text))
    parts = _COMPONENT.split(boundaries)
    kinds, begun = parts[1 :: _COMPONENT.groups + 1], _KIND.findall(boundaries)
    if set(parts[:: _COMPONENT.groups + 1]) != {b""}:
        return None
    outermost = Counter(kinds)
    counts = Counter(begun) if len(begun) > len(kinds) else outermost
    within = frozenset(counts.keys() - outermost.keys())
    if not _NEVER_ALIKE.isdisjoint(outermost) or not _NEVER_WITHIN.isdisjoint(within):
        return None
    if counts is not outermost and any(counts[kind] != count for kind, count in outermost.items()):
        return None
    return kinds, within


def _uids(text: bytes, count: int, kind: bytes | None, *, is_once: bool) -> list[bytes]:
    """Return what the first UID of each component says; of so many of that kind, or of several.

    `is_once`: they have no more than one UID and one DTSTAMP each. Nothing in them has any.
    """
    if b"\nUID" not in text:
        return [b""] * count
    is_bare = b"\nUID;" not in text and b"\n " not in text
    if is_once and text.count(b"\nUID") == count:
        values: list[bytes] = (_BARE_UID if is_bare else _UID).findall(text)
    else:
        first = (_BARE_UID if is_bare else _UID).search
        values = [uid[1] if (uid := first(own)) else b"" for own in _ends(text, kind)]
    return [*map(bytes.strip, values if is_bare else map(unfold, values))]


def _unstamped(text: bytes, count: int, kind: bytes | None, *, is_once: bool) -> Sequence[int]:
    """Return the places of those components whose first DTSTAMP says nothing."""
    if b"\nDTSTAMP" not in text:
        return range(count)
    is_bare = b"\nDTSTAMP;" not in text and _BLANK_STAMP.search(text) is None
    if is_once and is_bare:
        return [n for n, own in enumerate(_ends(text, kind)) if b"\nDTSTAMP:" not in own]
    first = _STAMP.search
    return [n for n, own in enumerate(_ends(text, kind)) if not ((stamp := first(own)) and unfold(stamp[1]).strip())]


def _ends(text: bytes, kind: bytes | None) -> list[bytes]:
    """Return the text of each component without its END; of this kind they are, or of several."""
    return (_LAST_LINE.split(text) if kind is None else text.split(b"\nEND:%b\r\n" % kind))[:-1]
