"""Keys that the server made for itself and every process of it shares."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from feedproxy.store import upsert
from feedproxy.store.schema import server_keys


async def probe(connection: AsyncConnection) -> None:
    """Read, so that whatever makes the database unusable is raised."""
    await connection.execute(select(server_keys.c.name).limit(1))


async def server_key(connection: AsyncConnection, name: str, candidate: bytes) -> bytes:
    """Return the key of that name: the first candidate that was ever offered for it."""
    offered = upsert.insert(connection, server_keys).values(name=name, key=candidate)
    await connection.execute(offered.on_conflict_do_nothing())
    kept = await connection.execute(select(server_keys.c.key).where(server_keys.c.name == name))
    key: bytes = kept.scalar_one()
    return key
