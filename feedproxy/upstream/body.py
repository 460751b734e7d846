"""A body as it comes in: its content coding undone, its size bounded, its end checked.

We decode rather than aiohttp, because aiohttp takes a gzip stream that stops in the middle for a whole one.
"""

import zlib
from typing import Literal

from feedproxy.errors import FetchFailed

ACCEPT_ENCODING = "gzip, deflate"
MAX_MEMBERS = 1_000
"""Members of one gzip stream (RFC 1952 section 2.2); honest ones have a few, and each costs a decompressor."""

_STEP = 65_536
_GZIP = 16 + zlib.MAX_WBITS
_FOREIGN = {"br", "zstd", "compress", "x-compress", "dcb", "dcz"}


class BodyReader:
    """Takes the octets of a body as they arrive and gives the whole when it has ended.

    Raises FetchFailed: `too-large` as soon as either the octets sent or the octets decoded exceed `max_octets`,
    `broken-body` when they cannot be decoded or stop too early.
    """

    def __init__(self, content_encoding: str | None, *, max_octets: int) -> None:
        self._coding = _coding(content_encoding)
        self._max_octets = max_octets
        self._inflater = None if self._coding == "identity" else zlib.decompressobj(_GZIP)
        self._members = 0
        self._parts: list[bytes] = []
        self._size = 0
        self.wire_octets = 0

    @property
    def octets(self) -> int:
        """How many octets there are by now, decoded."""
        return self._size

    @property
    def is_coded(self) -> bool:
        """Tell whether octets have to be decoded."""
        return self._coding != "identity"

    def feed(self, octets: bytes) -> None:
        """Take the next octets."""
        if self.wire_octets == 0 and self._coding == "deflate" and octets:
            self._inflater = zlib.decompressobj(_deflate_window(octets[0]))
        self.wire_octets += len(octets)
        self._check(self.wire_octets)
        if self._inflater is None:
            self._keep(octets)
            return
        try:
            self._inflate(octets)
        except zlib.error:
            raise _broken(f"the body cannot be decoded as {self._coding}") from None

    def finish(self) -> bytes:
        """Return the whole body."""
        if self._inflater is not None and self.wire_octets and not self._inflater.eof:
            raise _broken(f"the body stops in the middle of its {self._coding} coding")
        return b"".join(self._parts)

    def _inflate(self, octets: bytes) -> None:
        """Decode in small steps, so that a bomb is noticed when it is no larger than the limit and one step."""
        inflater = self._inflater
        assert inflater is not None
        while True:
            if inflater.eof:
                if not octets:
                    return
                self._inflater = inflater = self._next_member()
            decoded = inflater.decompress(octets, _STEP)
            self._keep(decoded)
            octets = inflater.unused_data if inflater.eof else inflater.unconsumed_tail
            if not octets and len(decoded) < _STEP:
                return

    def _next_member(self) -> "zlib._Decompress":
        self._members += 1
        if self._coding == "deflate" or self._members > MAX_MEMBERS:
            raise _broken(f"the body goes on after the end of its {self._coding} coding")
        return zlib.decompressobj(_GZIP)

    def _keep(self, octets: bytes) -> None:
        self._size += len(octets)
        self._check(self._size)
        self._parts.append(octets)

    def _check(self, size: int) -> None:
        if size > self._max_octets:
            raise too_large(self._max_octets)


def too_large(max_octets: int) -> FetchFailed:
    """Return the failure of a body that is over the limit."""
    return FetchFailed("too-large", f"the body has more than {max_octets:,} octets", upstream_status=200)


def _broken(message: str) -> FetchFailed:
    return FetchFailed("broken-body", message, upstream_status=200)


def _coding(content_encoding: str | None) -> Literal["identity", "gzip", "deflate"]:
    """Read Content-Encoding. What is no coding (some servers write a charset there) is taken for identity."""
    name = (content_encoding or "identity").strip().lower()
    if name in _FOREIGN or "," in name:
        raise _broken("the body has a content coding that was not asked for")
    if name in {"gzip", "x-gzip"}:
        return "gzip"
    return "deflate" if name == "deflate" else "identity"


def _deflate_window(first: int) -> int:
    """Return zlib's window bits: `deflate` means the zlib format (RFC 9110 section 8.4.1.2), some send it bare."""
    return zlib.MAX_WBITS if first & 0x0F == 8 else -zlib.MAX_WBITS
