"""Folding: a content line over 75 octets goes on in the next physical line, behind a space (RFC 5545 section 3.1)."""

import re
import struct
from collections.abc import Iterator

from feedproxy.ics.searching import without

LIMIT = 75

_FIRST, _REST = (re.compile(rb"(?s:.{1,%d}(?![\x80-\xbf])|.)" % room) for room in (LIMIT, LIMIT - 1))
_PARTS = re.compile(rb"\0[^\0]{0,%d}|[^\0]{1,%d}" % (LIMIT, LIMIT - 1))
"""The physical lines of such as begin with a NUL."""
_FOLD = b"\r\n "
_STRETCH = 32_768
"""Octets of a line whose parts are put together at once: few enough to stay in the processor's caches."""
_FULL = struct.Struct(f"{LIMIT - 1}s" * (_STRETCH // (LIMIT - 1)))
"""As many parts of ASCII, which can be cut anywhere."""
_FEW = 100
_LONG_LINE = re.compile(rb"\n[^\n]{%d,}+" % (LIMIT + 1))
"""One to be folded, with the end of the line before it, which is quickly looked for."""


def fold(line: bytes) -> bytes:
    """Fold an unfolded line (without its end) at 75 octets.

    Never inside a UTF-8 sequence: RFC 5545 allows it, ical.js reads it wrongly.
    """
    if len(line) <= LIMIT:
        return line
    is_ascii = line.isascii()
    if is_ascii and len(line) < 2 * LIMIT:
        return b"%b\r\n %b" % (line[:LIMIT], line[LIMIT:])
    first = line[:LIMIT] if is_ascii else _FIRST.findall(line, 0, LIMIT + 1)[0]
    if len(line) > _STRETCH:
        return _FOLD.join([first, *_stretches(line, len(first), is_ascii=is_ascii)])
    return _FOLD.join([first, *_REST.findall(line, len(first))])


def _stretches(line: bytes, at: int, *, is_ascii: bool) -> Iterator[bytes]:
    """Iterate over the rest of a long line in stretches, folded. The last part of each may go on in the next."""
    while is_ascii and at + _FULL.size < len(line):
        yield _FOLD.join(_FULL.unpack_from(line, at))
        at += _FULL.size
    while at < len(line):
        parts = _REST.findall(line, at, at + _STRETCH)
        if at + _STRETCH < len(line):
            parts.pop()
        stretch = _FOLD.join(parts)
        at += len(stretch) - len(_FOLD) * (len(parts) - 1)
        yield stretch


def fold_each(lines: list[bytes]) -> list[bytes]:
    """Fold unfolded lines without NULs, many at a time."""
    if max(map(len, lines), default=0) <= LIMIT:
        return lines
    joined = b"\0".join([b"", *lines])
    if not joined.isascii():
        return [*map(fold, lines)]
    return _FOLD.join(_PARTS.findall(joined)).replace(_FOLD + b"\0", b"\0")[1:].split(b"\0")


def fold_lines(text: bytes) -> bytes:
    """Write unfolded lines, each ended by LF, as text of the normal form."""
    at = text.find(b"\n")
    parts = [fold(text[:at])]
    for line in _LONG_LINE.finditer(text, at):
        start, end = line.span()
        parts += (text[at : start + 1].replace(b"\n", b"\r\n"), fold(text[start + 1 : end]))
        at = end
    return b"".join([*parts, text[at:].replace(b"\n", b"\r\n")]) if text else text


def unfold(text: bytes) -> bytes:
    """Join the parts of folded lines in text of the normal form."""
    return without(text, b"\r\n ")


def write(lines: list[bytes]) -> bytes:
    """Write unfolded lines as text of the normal form."""
    if len(lines) > _FEW:
        return fold_lines(b"\n".join([*lines, b""]))
    return b"\r\n".join([*map(fold, lines), b""])
