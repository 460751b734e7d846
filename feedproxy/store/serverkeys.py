"""Keys that the server made for itself and every process of it shares."""

from sqlalchemy import Connection, select

from feedproxy.store import upsert
from feedproxy.store.schema import server_keys


def probe(connection: Connection) -> None:
    """Read, so that whatever makes the database unusable is raised."""
    connection.execute(select(server_keys.c.name).limit(1))


def server_key(connection: Connection, name: str, candidate: bytes) -> bytes:
    """Return the key of that name: the first candidate that was ever offered for it."""
    offered = upsert.insert(connection, server_keys).values(name=name, key=candidate)
    connection.execute(offered.on_conflict_do_nothing())
    kept = connection.execute(select(server_keys.c.key).where(server_keys.c.name == name))
    key: bytes = kept.scalar_one()
    return key
