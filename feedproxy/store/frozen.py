"""The feeds of deactivated subscriptions, as they were then."""

from collections.abc import Mapping
from uuid import UUID

from sqlalchemy import Connection, LargeBinary, literal, select

from feedproxy.model import Frozen
from feedproxy.store import upsert
from feedproxy.store.columns import Instant
from feedproxy.store.schema import frozen_feeds as table
from feedproxy.store.schema import subscriptions


def frozen(connection: Connection, subscription_id: UUID) -> Frozen | None:
    """Find what the feed was."""
    found = connection.execute(
        select(table.c.gzip, table.c.last_modified).where(table.c.subscription_id == subscription_id)
    )
    row = found.one_or_none()
    return Frozen(row.gzip, row.last_modified) if row else None


def keep_frozen(connection: Connection, subscription_id: UUID, was: Frozen) -> None:
    """Keep what the feed was, unless that is kept already or the subscription is not a deactivated one."""
    values = (subscriptions.c.id, literal(was.gzip, LargeBinary), literal(was.last_modified, Instant))
    deactivated = select(*values).where(subscriptions.c.id == subscription_id, subscriptions.c.state == "inactive")
    names = ("subscription_id", "gzip", "last_modified")
    connection.execute(upsert.insert(connection, table).from_select(names, deactivated).on_conflict_do_nothing())


def keep_all(connection: Connection, feeds: Mapping[UUID, Frozen]) -> None:
    """Keep what several feeds were."""
    rows = [
        {"subscription_id": each, "gzip": was.gzip, "last_modified": was.last_modified} for each, was in feeds.items()
    ]
    if rows:
        connection.execute(upsert.insert(connection, table).on_conflict_do_nothing(), rows)
