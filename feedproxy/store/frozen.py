"""The feeds of deactivated subscriptions, as they were then."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, LargeBinary, bindparam, literal, select

from feedproxy.model import Frozen
from feedproxy.store import pieces, upsert
from feedproxy.store.columns import Instant
from feedproxy.store.schema import frozen_feeds as table
from feedproxy.store.schema import subscriptions

_FOUND = pieces.InPieces(
    select(table.c.gzip, table.c.last_modified).where(table.c.subscription_id == bindparam("of")), "gzip"
)


def frozen(connection: Connection, subscription_id: UUID) -> tuple[Sequence[bytes], datetime] | None:
    """Find what the feed was: its gzip member, in pieces, and when its octets had last changed."""
    found = _FOUND.one_or_none(connection, of=subscription_id)
    if found is None:
        return None
    row, gzip = found
    return gzip, row["last_modified"]


def keep_frozen(connection: Connection, subscription_id: UUID, was: Frozen) -> None:
    """Keep what the feed was, unless that is kept already or the subscription is not a deactivated one."""
    gzip = pieces.handed_over(connection, was.gzip)
    octets = literal(gzip, LargeBinary) if gzip is was.gzip else gzip
    values = (subscriptions.c.id, octets, literal(was.last_modified, Instant))
    deactivated = select(*values).where(subscriptions.c.id == subscription_id, subscriptions.c.state == "inactive")
    names = ("subscription_id", "gzip", "last_modified")
    connection.execute(upsert.insert(connection, table).from_select(names, deactivated).on_conflict_do_nothing())


def keep_all(connection: Connection, feeds: Mapping[UUID, Frozen]) -> None:
    """Keep what several feeds were."""
    statement = upsert.insert(connection, table).on_conflict_do_nothing()
    for each, was in feeds.items():
        gzip = pieces.handed_over(connection, was.gzip)
        connection.execute(statement.values(subscription_id=each, gzip=gzip, last_modified=was.last_modified))
