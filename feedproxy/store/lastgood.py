"""The last good answer of each source. Bodies are stored deflated (RFC 1950): text shrinks to a tenth."""

import asyncio
import zlib
from datetime import datetime

from sqlalchemy import delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from feedproxy.model import LastGood
from feedproxy.store import upsert
from feedproxy.store.schema import last_good as table


async def last_good(connection: AsyncConnection, source: str) -> LastGood | None:
    """Find the last good answer of a source."""
    found = await connection.execute(select(table).where(table.c.source == source))
    row = found.mappings().one_or_none()
    if row is None:
        return None
    body = await asyncio.to_thread(zlib.decompress, row["deflated_body"])
    return LastGood(
        source,
        body,
        row["digest"],
        row["etag"],
        row["last_modified"],
        events=row["events"],
        fetched_at=row["fetched_at"],
        changed_at=row["changed_at"],
    )


async def save_last_good(connection: AsyncConnection, good: LastGood, deflated_body: bytes) -> None:
    """Put `good`, whose body is `deflated_body`, in the place of the source's earlier answer."""
    values = {
        "deflated_body": deflated_body,
        "digest": good.digest,
        "etag": good.etag,
        "last_modified": good.last_modified,
        "events": good.events,
        "fetched_at": good.fetched_at,
        "changed_at": good.changed_at,
    }
    statement = upsert.insert(connection, table).values(source=good.source, **values)
    await connection.execute(statement.on_conflict_do_update(index_elements=["source"], set_=values))


async def confirm_last_good(
    connection: AsyncConnection, source: str, *, fetched_at: datetime, etag: str | None, last_modified: str | None
) -> None:
    """Note a 304: only the validators that it carries replace the stored ones (RFC 9111 section 3.2)."""
    await connection.execute(
        update(table)
        .where(table.c.source == source)
        .values(
            fetched_at=fetched_at,
            etag=func.coalesce(etag, table.c.etag),
            last_modified=func.coalesce(last_modified, table.c.last_modified),
        )
    )


async def drop_last_good(connection: AsyncConnection, source: str) -> None:
    """Forget the last good answer of a source."""
    await connection.execute(delete(table).where(table.c.source == source))
