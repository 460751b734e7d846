"""Folding: a content line over 75 octets goes on in the next physical line, behind a space (RFC 5545 section 3.1)."""

LIMIT = 75


def fold(line: bytes) -> bytes:
    """Fold an unfolded line (without its end) at 75 octets.

    Never inside a UTF-8 sequence: RFC 5545 allows it, ical.js reads it wrongly.
    """
    if len(line) <= LIMIT:
        return line
    parts = []
    start, room = 0, LIMIT
    while len(line) - start > room:
        end = start + room
        while line[end] & 0xC0 == 0x80 and end > start + 1:
            end -= 1
        parts.append(line[start:end])
        start, room = end, LIMIT - 1
    parts.append(line[start:])
    return b"\r\n ".join(parts)


def unfold(text: bytes) -> bytes:
    """Join the parts of folded lines in text of the normal form."""
    return text.replace(b"\r\n ", b"") if b"\r\n " in text else text


def write(lines: list[bytes]) -> bytes:
    """Write unfolded lines as text of the normal form."""
    return b"".join(fold(line) + b"\r\n" for line in lines)
