"""The feeds of deactivated subscriptions, as they were then."""

from collections.abc import Mapping
from uuid import UUID

from sqlalchemy import LargeBinary, literal, select
from sqlalchemy.ext.asyncio import AsyncConnection

from feedproxy.model import Frozen
from feedproxy.store import upsert
from feedproxy.store.columns import Instant
from feedproxy.store.schema import frozen_feeds as table
from feedproxy.store.schema import subscriptions


async def frozen(connection: AsyncConnection, subscription_id: UUID) -> Frozen | None:
    """Find what the feed was."""
    found = await connection.execute(
        select(table.c.gzip, table.c.last_modified).where(table.c.subscription_id == subscription_id)
    )
    row = found.one_or_none()
    return Frozen(row.gzip, row.last_modified) if row else None


async def keep_frozen(connection: AsyncConnection, subscription_id: UUID, was: Frozen) -> None:
    """Keep what the feed was, unless that is kept already or the subscription is not a deactivated one."""
    values = (subscriptions.c.id, literal(was.gzip, LargeBinary), literal(was.last_modified, Instant))
    deactivated = select(*values).where(subscriptions.c.id == subscription_id, subscriptions.c.state == "inactive")
    names = ("subscription_id", "gzip", "last_modified")
    await connection.execute(upsert.insert(connection, table).from_select(names, deactivated).on_conflict_do_nothing())


async def keep_all(connection: AsyncConnection, feeds: Mapping[UUID, Frozen]) -> None:
    """Keep what several feeds were."""
    rows = [
        {"subscription_id": each, "gzip": was.gzip, "last_modified": was.last_modified} for each, was in feeds.items()
    ]
    if rows:
        await connection.execute(upsert.insert(connection, table).on_conflict_do_nothing(), rows)
