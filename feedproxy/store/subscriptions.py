"""Subscriptions: whose they are."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from feedproxy.model import Account
from feedproxy.store import upsert
from feedproxy.store.schema import subscriptions

BATCH = 1_000
"""Ids in one statement: other requests get their turn in between, and both databases take that many parameters."""


def batches(ids: Sequence[UUID]) -> Iterator[Sequence[UUID]]:
    """Cut `ids` into pieces of at most BATCH."""
    for start in range(0, len(ids), BATCH):
        yield ids[start : start + BATCH]


async def claim(
    connection: AsyncConnection, account: Account, ids: Sequence[UUID], *, now: datetime
) -> frozenset[UUID]:
    """Return those of `ids` that are the account's; an id not seen before becomes the account's.

    `ids` must be sorted: two claims at once then wait for each other in the same order and cannot deadlock.
    """
    mine: set[UUID] = set()
    for batch in batches(ids):
        rows = [
            {"id": each, "account_id": account.id, "state": "upstream", "created_at": now, "updated_at": now}
            for each in batch
        ]
        await connection.execute(upsert.insert(connection, subscriptions).on_conflict_do_nothing(), rows)
        owned = select(subscriptions.c.id).where(
            subscriptions.c.account_id == account.id, subscriptions.c.id.in_(batch)
        )
        mine.update(await connection.scalars(owned))
    return frozenset(mine)
