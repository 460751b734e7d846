"""What SEQUENCE personal events had when they were deleted: one of the same id, made later, goes on from there.

Its UID is the same, and an app that did not look in between takes what has a lower SEQUENCE for older (RFC 5545
section 3.8.7.4, RFC 5546 section 2.1.4): it would go on showing the event that was deleted.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, ScalarSelect, delete, func, select

from feedproxy.model import PersonalEvent
from feedproxy.store import upsert
from feedproxy.store.schema import past_sequences as table


def first_sequence(account_id: int, event_id: str, owner: UUID | None) -> ScalarSelect[int]:
    """Return the expression of the SEQUENCE with which an event begins: 0 unless there was one of that id."""
    is_meant = (
        (table.c.account_id == account_id) & (table.c.event_id == event_id) & table.c.owner.is_not_distinct_from(owner)
    )
    return select(func.coalesce(func.max(table.c.sequence) + 1, 0)).where(is_meant).scalar_subquery()


def note(connection: Connection, account_id: int, event: PersonalEvent, *, now: datetime) -> None:
    """Note the SEQUENCE of an event that is deleted."""
    noted = upsert.insert(connection, table).values(
        account_id=account_id, event_id=event.event_id, owner=event.owner, sequence=event.sequence, ended_at=now
    )
    newer = {"sequence": noted.excluded.sequence, "ended_at": noted.excluded.ended_at}
    if event.owner is None:
        noted = noted.on_conflict_do_update(
            index_elements=["account_id", "event_id"], index_where=table.c.owner.is_(None), set_=newer
        )
    else:
        noted = noted.on_conflict_do_update(index_elements=["owner", "event_id"], set_=newer)
    connection.execute(noted)


def forget(connection: Connection, *, before: datetime) -> None:
    """Forget what was deleted before that time."""
    connection.execute(delete(table).where(table.c.ended_at < before))
