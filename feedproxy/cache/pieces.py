"""Values of many octets, which go to Redis and come from it a piece at a time: the event loop turns in between.

The client works on a value of 14 MB for some 10 ms at once. So what is large is gathered under a key of its own, which
then takes the place of the one that is read: all of it at once. Pieces of two values that are read as one are for the
reader to notice (`feedproxy.cache.record`).
"""

from collections.abc import Iterator, Sequence
from secrets import token_hex
from typing import Any

from redis.asyncio import Redis
from redis.exceptions import ResponseError

GATHERED_PREFIX = "feedproxy:pieces:"
PIECE = 500_000
"""Octets that are handed to the client at once, or that it is asked for."""
GATHERED_SECONDS = 60
"""How long pieces stay in Redis that no other follows."""


async def write(redis: Redis, key: str, parts: Sequence[bytes], *, seconds: int) -> None:
    """Keep the octets of these parts for so many seconds, in place of what was there. Raises what the client raises."""
    if sum(map(len, parts)) <= PIECE:
        await redis.set(key, b"".join(parts), ex=seconds)
        return
    gathered = GATHERED_PREFIX + token_hex(16)
    try:
        await _gather(redis, gathered, parts)
        async with redis.pipeline(transaction=True) as pipeline:
            pipeline.expire(gathered, seconds)
            pipeline.rename(gathered, key)
            await pipeline.execute()
    except ResponseError:
        await redis.unlink(gathered)
        raise


async def _gather(redis: Redis, key: str, parts: Sequence[bytes]) -> None:
    """Put the octets together under that key."""
    octets = 0
    for piece in in_pieces(parts):
        octets += len(piece)
        async with redis.pipeline(transaction=True) as pipeline:
            pipeline.append(key, piece)
            pipeline.expire(key, GATHERED_SECONDS)
            there, _ = await pipeline.execute()
        if there != octets:
            raise ResponseError("what it was given is there no more")


async def read(redis: Redis, key: str) -> list[bytes]:
    """Return what is there in pieces, the last one shorter than `PIECE`. Raises what the client raises."""
    pieces: list[bytes] = []
    while not pieces or len(pieces[-1]) == PIECE:
        start = len(pieces) * PIECE
        piece: Any = await redis.getrange(key, start, start + PIECE - 1)
        pieces.append(piece)
    return pieces


def in_pieces(parts: Sequence[bytes]) -> Iterator[bytes]:
    """Cut the octets of these parts anew: pieces of `PIECE`, and the rest."""
    gathered: list[memoryview] = []
    room = PIECE
    for part in parts:
        rest = memoryview(part)
        while len(rest) >= room:
            yield b"".join((*gathered, rest[:room]))
            gathered, rest, room = [], rest[room:], PIECE
        gathered.append(rest)
        room -= len(rest)
    if room < PIECE:
        yield b"".join(gathered)
