"""One gzip member put together of parts that were deflated at different times (RFC 1951, RFC 1952).

    header, blocks | blocks ... | blocks, a final one | CRC-32, length
    start: shared by many members               end: this member's own

`Z_FULL_FLUSH` ends a part at an octet boundary, and nothing behind it refers to what stands before. So a part is
deflated once, whatever it is followed by; and so is an end, whatever comes before it but for the last few octets.
"""

import zlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import islice
from typing import Any

try:
    from isal import isal_zlib as quickest
except ImportError:  # under Pyodide, say
    quickest = zlib  # type: ignore[misc]

HEADER = b"\x1f\x8b\x08\0\0\0\0\0\0\xff"
"""No name, no time (the same input gives the same octets), no word on the system."""
RAW, MEMBER = -zlib.MAX_WBITS, 16 + zlib.MAX_WBITS
TRAILER = 8
PIECES = 512
"""How many are joined before they are deflated: one call for each would cost more than the deflating."""
CHECKED_AT_ONCE = 1 << 20
"""Octets of text; Python lets no other thread run while it puts together what has been inflated."""
_ZEROS = memoryview(bytes(1 << (14 if quickest is zlib else 18)))
"""With isal to read so many takes as long as four of `_product` do."""
_POLYNOMIAL, _ONE = 0xEDB88320, 0x80000000
"""That of the CRC-32 (RFC 1952 section 8), and 1, both written as the CRC is: in reverse."""


@dataclass(frozen=True, slots=True)
class Part:
    """Text deflated so that anything may follow: its blocks, its length, its CRC-32."""

    blocks: bytes
    length: int
    crc: int


@dataclass(frozen=True, slots=True, weakref_slot=True)
class Start:
    """What many members begin with. `digest`, of 16 octets, names the text: equal digests, equal text."""

    blocks: tuple[bytes, ...] = field(compare=False)
    length: int
    crc: int
    digest: bytes


def deflate(pieces: Iterable[bytes]) -> Part:
    """Deflate a part well: it is done once and sent often."""
    return _deflate(pieces, zlib.compressobj(6, zlib.DEFLATED, RAW))


def deflate_quickly(pieces: Iterable[bytes]) -> Part:
    """Deflate a part that one member alone has: with isal a twentieth of the time for a fifth more octets."""
    return _deflate(pieces, quickest.compressobj(1, zlib.DEFLATED, RAW))


def _deflate(pieces: Iterable[bytes], deflater: Any) -> Part:
    blocks, length, crc = [], 0, 0
    remaining = iter(pieces)
    while some := list(islice(remaining, PIECES)):
        text = b"".join(some)
        blocks.append(deflater.compress(text))
        length += len(text)
        crc = quickest.crc32(text, crc)
    blocks.append(deflater.flush(zlib.Z_FULL_FLUSH))
    return Part(b"".join(blocks), length, crc)


def start(parts: Iterable[Part], digest: bytes) -> Start:
    """Return what a member begins with that holds these parts; `digest` names their text."""
    blocks, length, crc = [HEADER], 0, 0
    for part in parts:
        blocks.append(part.blocks)
        crc = _crc_of_both(crc, part.crc, part.length)
        length += part.length
    return Start(tuple(blocks), length, crc, digest)


def end(text: bytes, opening: bytes = b"") -> bytes:
    """Return what a member ends with that holds this text alone: blocks, CRC-32, length. `member` corrects the two.

    All starts that it is put behind end with `opening`: so it can refer to what stands there.
    """
    deflater = zlib.compressobj(6, zlib.DEFLATED, RAW, zlib.DEF_MEM_LEVEL, zlib.Z_DEFAULT_STRATEGY, opening)
    return b"".join((deflater.compress(text), deflater.flush(), _trailer(zlib.crc32(text), len(text))))


def member(start: Start, end: bytes) -> bytes:
    """Return the gzip member that holds the texts of both."""
    return b"".join(_parts(start, end))


def is_sound(start: Start) -> bool:
    """Tell whether a start holds what it says: it is inflated for that, little by little."""
    inflater = zlib.decompressobj(MEMBER)
    try:
        for part in _parts(start, end(b"")):
            rest = part
            while rest:
                inflater.decompress(rest, CHECKED_AT_ONCE)
                rest = inflater.unconsumed_tail
    except zlib.error:
        return False
    return inflater.eof and not inflater.unused_data


def length(end: bytes) -> int:
    """Return how many octets an end, or a whole member, inflates to."""
    return int.from_bytes(end[-4:], "little")


def text(member: bytes) -> bytes:
    """Return what a member holds. Raises zlib.error for one that is damaged."""
    return zlib.decompress(member, MEMBER, length(member) or 1)


def _parts(start: Start, end: bytes) -> tuple[bytes, ...]:
    crc = _crc_of_both(start.crc, int.from_bytes(end[-8:-4], "little"), length(end))
    return *start.blocks, end[:-TRAILER], _trailer(crc, start.length + length(end))


def _trailer(crc: int, length: int) -> bytes:
    return (crc | (length & 0xFFFFFFFF) << 32).to_bytes(8, "little")


def _crc_of_both(first: int, second: int, length: int) -> int:
    """Return the CRC-32 of two texts one after the other, the second of that length.

    The CRC is linear: it is that of the second, corrected by what the first makes of as many zeros. Where these are
    many, that is a product of polynomials over GF(2), as in zlib's `crc32_combine`.
    """
    if not first:
        return second
    if length > len(_ZEROS):
        return _product(_power(8 * length), first) ^ second
    zeros = _ZEROS[:length]
    return quickest.crc32(zeros, first) ^ quickest.crc32(zeros) ^ second


@lru_cache(1_024)
def _power(exponent: int) -> int:
    """Return x to that power, modulo the polynomial of the CRC; the highest bit is the coefficient of x**0."""
    power, square = _ONE, _ONE >> 1
    while exponent:
        if exponent & 1:
            power = _product(square, power)
        square = _product(square, square)
        exponent >>= 1
    return power


def _product(one: int, other: int) -> int:
    """Multiply two polynomials modulo that of the CRC."""
    product = 0
    while one:
        if one & _ONE:
            product ^= other
        one = one << 1 & 0xFFFFFFFF
        other = other >> 1 ^ (_POLYNOMIAL if other & 1 else 0)
    return product
