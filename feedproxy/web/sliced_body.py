"""A large body, sent a slice at a time.

aiohttp joins head and body, and to copy 20 MB takes 10 ms; and what is written at once is all kept until a slow client
has taken it.
"""

import asyncio

from aiohttp.abc import AbstractStreamWriter
from aiohttp.payload import Payload

SLICE = 131_072
"""Octets."""


def sliced(body: bytes) -> bytes | Payload:
    """Return a body as what aiohttp sends in slices, or as it is if it is no longer than one."""
    return body if len(body) <= SLICE else _SlicedBody(body)


class _SlicedBody(Payload):
    _value: bytes

    @property
    def size(self) -> int:
        """How many octets it has."""
        return len(self._value)

    def decode(self, encoding: str = "utf-8", errors: str = "strict") -> str:
        """Return it as text."""
        return self._value.decode(encoding, errors)

    async def write(self, writer: AbstractStreamWriter) -> None:
        """Write it."""
        octets = memoryview(self._value)
        for start in range(0, len(octets), SLICE):
            await writer.write(octets[start : start + SLICE])
            await asyncio.sleep(0)  # what the kernel takes at once has not let others have their turn
