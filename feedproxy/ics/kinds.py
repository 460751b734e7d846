"""Of components that follow each other: of which kind each is, and what names it, told of all of them at once.

Their text is what `feedproxy.ics.plain` takes for alike: there is an END for each BEGIN, but whether the two are of one
kind is told here.
"""

import operator
import re
from collections import Counter
from dataclasses import dataclass
from itertools import compress

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
    rb"(?<=\n)BEGIN:(?!(?:%b)\r)([^\r]*)\r\n(?:(?!END:\1\r)[^\n]*+\n)*+END:\1\r\n" % b"|".join(sorted(SCHEDULED))
)
_PARAMETERS = rb"""(?:;(?:[^":\r]++|"[^"]*+"|\r\n[ ])*+)?+"""
_UID, _STAMP = (
    re.compile(rb"\n%b%b:([^\r]*+(?:\r\n [^\r]*+)*+)" % (name, _PARAMETERS)) for name in (b"UID", b"DTSTAMP")
)
_BARE_UID = re.compile(rb"\nUID:([^\r]*+)")
_BLANK_STAMP = re.compile(rb"\nDTSTAMP:[ \t]*+\r")
_END, _ANY_END = re.compile(rb"\nEND:([^\r]*+)"), re.compile(rb"\nEND:[^\r]*+\r\n")


@dataclass(frozen=True, slots=True)
class Named:
    """The kind of each component and its UID, empty where its first says nothing, or where it is to have none.

    `unstamped` are the places of those whose first DTSTAMP says nothing, though they are to have one.
    """

    kinds: list[bytes]
    uids: list[bytes]
    unstamped: list[int]

    def is_identified(self) -> bool:
        """Tell whether each has what it is to have."""
        if self.unstamped or all(self.uids):
            return not self.unstamped
        return SCHEDULED.isdisjoint(compress(self.kinds, map(operator.not_, self.uids)))


def named(text: bytes) -> Named | None:
    """Return the kinds of components that are alike and what names them; None where they are not well-formed.

    None too where one is of a kind that others tell apart, or stands in another one of its kind.
    """
    is_once = all_named_once(text)
    found = (_kinds_of_scheduled(text), False) if is_once else _kinds(text)
    if found is None:
        return None
    kinds, is_nested = found
    if SCHEDULED.issuperset(kinds):
        places = None
    elif not (places := [n for n, kind in enumerate(kinds) if kind in SCHEDULED]):
        return Named(kinds, [b""] * len(kinds), [])
    if is_nested or places is not None:
        text = scheduled(text)
        is_once = all_named_once(text)
    count = len(kinds if places is None else places)
    uids, unstamped = _uids(text, count, is_once=is_once), _unstamped(text, count, is_once=is_once)
    if places is None:
        return Named(kinds, uids, unstamped)
    spread = [b""] * len(kinds)
    for place, uid in zip(places, uids, strict=True):
        spread[place] = uid
    return Named(kinds, spread, [places[n] for n in unstamped])


def scheduled(text: bytes) -> bytes:
    """Return the text without the components that have no UID of their own, and without what stands in others."""
    return _UNSCHEDULED.sub(b"", b"\n" + text)[1:]


def _kinds_of_scheduled(text: bytes) -> list[bytes]:
    """Return the kind of each component when each has its END, no others stand in them, and all are scheduled."""
    first = text[len(b"BEGIN:") : text.index(b"\r")]
    count = text.count(b"\nEND:")
    return [first] * count if text.count(b"\nEND:%b\r" % first) == count else _END.findall(text)


def _kinds(text: bytes) -> tuple[list[bytes], bool] | None:
    """Return the kind of each component and whether others stand in them; None where they are not well-formed."""
    first = text[len(b"BEGIN:") : text.index(b"\r")]
    end = b"\nEND:%b\r\n" % first
    count = text.count(end + b"BEGIN:%b\r" % first) + 1
    if text.endswith(end) and count == text.count(b"\nEND:") == text.count(b"\nBEGIN:") + 1:
        return None if first in _NEVER_ALIKE else ([first] * count, False)
    boundaries = b"".join(_BOUNDARY.findall(b"\n" + text))
    parts = _COMPONENT.split(boundaries)
    kinds, begun = parts[1 :: _COMPONENT.groups + 1], _KIND.findall(boundaries)
    if any(parts[:: _COMPONENT.groups + 1]):
        return None
    counts, outermost = Counter(begun), Counter(kinds)
    if not _NEVER_ALIKE.isdisjoint(outermost) or not _NEVER_WITHIN.isdisjoint(counts.keys() - outermost.keys()):
        return None
    if any(counts[kind] != count for kind, count in outermost.items()):
        return None
    return kinds, len(begun) > len(kinds)


def _uids(text: bytes, count: int, *, is_once: bool) -> list[bytes]:
    """Return what the first UID of each component says; of so many, in which there are no others.

    `is_once`: they have no more than one UID and one DTSTAMP each.
    """
    found = text.count(b"\nUID")
    if not found:
        return [b""] * count
    is_bare = b"\nUID;" not in text and b"\n " not in text
    if is_once and found == count:
        values: list[bytes] = (_BARE_UID if is_bare else _UID).findall(text)
    else:
        first = (_BARE_UID if is_bare else _UID).search
        values = [uid[1] if (uid := first(own)) else b"" for own in _ends(text)]
    return [*map(bytes.strip, values if is_bare else map(unfold, values))]


def _unstamped(text: bytes, count: int, *, is_once: bool) -> list[int]:
    """Return the places of those components whose first DTSTAMP says nothing."""
    found = text.count(b"\nDTSTAMP")
    if not found:
        return [*range(count)]
    is_bare = b"\nDTSTAMP;" not in text and _BLANK_STAMP.search(text) is None
    if is_once and is_bare:
        return [n for n, own in enumerate(_ends(text)) if b"\nDTSTAMP:" not in own] if found < count else []
    first = _STAMP.search
    return [n for n, own in enumerate(_ends(text)) if not ((stamp := first(own)) and unfold(stamp[1]).strip())]


def _ends(text: bytes) -> list[bytes]:
    """Return the text of each component without its END."""
    first = text[len(b"BEGIN:") : text.index(b"\r")]
    end = b"\nEND:%b\r\n" % first
    return (text.split(end) if text.count(end) == text.count(b"\nEND:") else _ANY_END.split(text))[:-1]
