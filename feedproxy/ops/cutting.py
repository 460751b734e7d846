"""A body without the events that nobody asks about, so that one event of forty thousand is explained at once.

What is left reads as it did: the VCALENDARs with their properties, the VTIMEZONEs, what is odd. Only whole components
are cut out that end as they begin and cannot be the one that is meant.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from feedproxy.ics.normal import wide_encoding
from feedproxy.ops.outline import Line, logical_lines
from feedproxy.transform.nameless import UID_DOMAIN

_BEGIN = re.compile(rb"(?:\A|(?<=\n))BEGIN:(V(?:EVENT|TODO|JOURNAL|FREEBUSY))\r?\n(?![ \t\r\n])")
_LINE_END = re.compile(rb"\r?\n(?![ \t\r\n])|\r?\n?\Z")
_UID = re.compile(rb"^UID[;:][^\r\n]*[^\s:;]", re.IGNORECASE | re.MULTILINE)
_BLANKS = bytes(range(33)) + b"\x7f"
_UNKNOWN_KIND = re.compile(
    rb"^[^A-Z0-9\r\n]*+BEGIN[ \t]*:[ \t]*"
    rb"(?!V(?:CALENDAR|EVENT|TODO|JOURNAL|FREEBUSY|TIMEZONE|ALARM)|STANDARD|DAYLIGHT)",
    re.IGNORECASE | re.MULTILINE,
)
"""A component that may hold events of its own."""
_STAYS = (b"VCALENDAR", b"VTIMEZONE")
"""What no part that is cut out may hold."""


@dataclass(frozen=True, slots=True)
class Cutting:
    """What is left of a body: `parts` are (the place of the first octet, the octets)."""

    body: bytes
    parts: tuple[tuple[int, bytes], ...]

    @property
    def octets(self) -> bytes:
        """What is left, as one body."""
        return self.body if len(self.parts) == 1 else b"".join(octets for _, octets in self.parts)

    def lines(self) -> Iterator[Line]:
        """Iterate over the logical lines that are left, with their places in the whole body."""
        number, counted = 1, 0
        for start, octets in self.parts:
            number += _line_ends(self.body, counted, start)
            yield from logical_lines(octets, number=number, offset=start)
            number, counted = number + _line_ends(octets, 0, len(octets)), start + len(octets)


def around(body: bytes, uid: str) -> Cutting:
    """Cut the events out of a body that cannot have this UID."""
    whole = Cutting(body, ((0, body),))
    if wide_encoding(body[:4]) is not None:
        return whole
    cutting = Cutting(body, tuple(_parts(body, _spellings(uid), without_uid=uid.encode().endswith(UID_DOMAIN))))
    left, all_of_it = cutting.octets.upper(), body.upper()
    if _UNKNOWN_KIND.search(left) or any(left.count(kind) != all_of_it.count(kind) for kind in _STAYS):
        return whole
    return cutting


def _parts(body: bytes, uids: set[bytes], *, without_uid: bool) -> Iterator[tuple[int, bytes]]:
    kept_from = at = 0
    while begin := _BEGIN.search(body, at):
        at = begin.end()
        end = _end(body, begin)
        if end is None:
            continue
        event = body[begin.start() : end]
        squeezed = event.translate(None, _BLANKS)
        if not any(uid in squeezed for uid in uids) and not (without_uid and _UID.search(event) is None):
            if begin.start() > kept_from:
                yield kept_from, body[kept_from : begin.start()]
            kept_from = end
        at = end
    if kept_from < len(body):
        yield kept_from, body[kept_from:]


def _end(body: bytes, begin: re.Match[bytes]) -> int | None:
    """Return where the component ends that begins there; None if that cannot be told simply."""
    end = body.find(b"\nEND:" + begin[1], begin.end() - 1)
    behind = _LINE_END.match(body, end + 5 + len(begin[1])) if end >= 0 else None
    return behind.end() if behind else None


def _spellings(uid: str) -> set[bytes]:
    """Return what a UID may look like in a body, folds, blanks and controls apart."""
    encodings = ("utf-8", "cp1252")
    return {uid.encode(encoding, "ignore").translate(None, _BLANKS) for encoding in encodings}


def _line_ends(octets: bytes, start: int, end: int) -> int:
    if octets.find(b"\r", start, end) < 0:
        return octets.count(b"\n", start, end)
    alone = octets.count(b"\r", start, end) - octets.count(b"\r\n", start, end)
    return octets.count(b"\n", start, end) + alone
