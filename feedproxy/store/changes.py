"""Which subscriptions have other personal events now: written with the change itself, read by every process.

Numbers are given in the order in which writers ask for them, and on PostgreSQL seen in the order in which they commit:
a lower one may appear behind a higher one. Readers ask again for those that they have not seen.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, delete, func, insert, select

from feedproxy.store.schema import changes as table


@dataclass(frozen=True, slots=True)
class Change:
    """One request's worth of changes."""

    number: int
    subscription_ids: frozenset[UUID]


def note(connection: Connection, subscription_ids: Collection[UUID], *, now: datetime) -> None:
    """Note that the feeds of these subscriptions have changed; nothing is noted of none."""
    if subscription_ids:
        octets = b"".join(each.bytes for each in subscription_ids)
        connection.execute(insert(table).values(subscription_ids=octets, noted_at=now))


def newest(connection: Connection) -> int:
    """Return the highest number; 0 if there is none."""
    number: int = connection.execute(select(func.coalesce(func.max(table.c.number), 0))).scalar_one()
    return number


def after(connection: Connection, number: int, missing: Collection[int]) -> tuple[Change, ...]:
    """List what has a higher number than this one, or one of those that were `missing`."""
    found = connection.execute(
        select(table.c.number, table.c.subscription_ids)
        .where((table.c.number > number) | table.c.number.in_(missing))
        .order_by(table.c.number)
    )
    return tuple(Change(number, _read(octets)) for number, octets in found)


def forget(connection: Connection, *, before: datetime) -> None:
    """Forget what was noted before that time."""
    connection.execute(delete(table).where(table.c.noted_at < before))


def _read(octets: bytes) -> frozenset[UUID]:
    return frozenset(UUID(bytes=octets[at : at + 16]) for at in range(0, len(octets), 16))
