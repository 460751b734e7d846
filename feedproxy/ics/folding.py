"""Folding: a content line over 75 octets goes on in the next physical line, behind a space (RFC 5545 section 3.1)."""

import re
from collections.abc import Iterator

LIMIT = 75

_FIRST, _REST = (re.compile(rb"(?s:.{1,%d}(?![\x80-\xbf])|.)" % room) for room in (LIMIT, LIMIT - 1))
_FOLD = b"\r\n "
_STRETCH = 32_768
"""Octets of a line whose parts are put together at once: few enough to stay in the processor's caches."""
_FEW = 100
_SHORT_LINES = re.compile(rb"(?s:.{0,%d}\n)*+" % LIMIT)
"""Lines that need no fold: as many as end in each stretch of 76 octets are passed over at once."""


def fold(line: bytes) -> bytes:
    """Fold an unfolded line (without its end) at 75 octets.

    Never inside a UTF-8 sequence: RFC 5545 allows it, ical.js reads it wrongly.
    """
    if len(line) <= LIMIT:
        return line
    first = line[:LIMIT] if line.isascii() else _FIRST.findall(line, 0, LIMIT + 1)[0]
    if len(line) > _STRETCH:
        return _FOLD.join([first, *_stretches(line, len(first))])
    return _FOLD.join([first, *_REST.findall(line, len(first))])


def _stretches(line: bytes, at: int) -> Iterator[bytes]:
    """Iterate over the rest of a long line in stretches, folded. The last part of each may go on in the next."""
    while at < len(line):
        parts = _REST.findall(line, at, at + _STRETCH)
        if at + _STRETCH < len(line):
            parts.pop()
        stretch = _FOLD.join(parts)
        at += len(stretch) - len(_FOLD) * (len(parts) - 1)
        yield stretch


def fold_lines(text: bytes) -> bytes:
    """Write unfolded lines, each ended by LF, as text of the normal form."""
    parts = []
    at = 0
    while at < len(text):
        end = short.end() if (short := _SHORT_LINES.match(text, at)) else at
        parts.append(text[at:end].replace(b"\n", b"\r\n"))
        at = text.find(b"\n", end) + 1 or len(text)
        if at > end:
            parts += (fold(text[end : at - 1]), b"\r\n")
    return b"".join(parts)


def unfold(text: bytes) -> bytes:
    """Join the parts of folded lines in text of the normal form."""
    return text.replace(b"\r\n ", b"") if b"\r\n " in text else text


def write(lines: list[bytes]) -> bytes:
    """Write unfolded lines as text of the normal form."""
    if len(lines) > _FEW:
        return fold_lines(b"\n".join([*lines, b""]))
    return b"\r\n".join([*map(fold, lines), b""])
