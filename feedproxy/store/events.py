"""Personal events and the subscriptions they are attached to."""

from collections.abc import Collection
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from feedproxy.model import Account, EventDetails, PersonalEvent
from feedproxy.store import changes, subscriptions, upsert
from feedproxy.store.schema import accounts, attachments, personal_events
from feedproxy.store.text import check_key, check_text

DETAILS = tuple(field.name for field in fields(EventDetails))
"""Each field of EventDetails is a column of its name."""


@dataclass(frozen=True, slots=True)
class Attached:
    """What putting an event did.

    `changed`: the subscriptions whose feed is another now; `ignored`: those that are another account's.
    """

    event: PersonalEvent
    changed: frozenset[UUID]
    ignored: frozenset[UUID]


async def put_event(
    connection: AsyncConnection,
    account: Account,
    event_id: str,
    details: EventDetails,
    subscription_ids: Collection[UUID],
    *,
    now: datetime,
) -> Attached:
    """Add or update an event and attach it. Raises BadRequest for text that cannot be stored."""
    _check(event_id, details)
    row_id, event = await _lock(connection, account, event_id, details, now=now)
    before = frozenset(
        await connection.scalars(select(attachments.c.subscription_id).where(attachments.c.personal_event_id == row_id))
    )
    wanted = sorted(set(subscription_ids) - before)
    mine = await subscriptions.claim(connection, account, wanted, now=now)
    await _attach(connection, row_id, mine)
    changed = mine
    if event.details != details:
        event = await _change(connection, row_id, event, details, now=now)
        changed |= before
    await changes.note(connection, changed, now=now)
    return Attached(event, changed, frozenset(wanted) - mine)


def _check(event_id: str, details: EventDetails) -> None:
    check_key("eventId", event_id)
    for name, value in asdict(details).items():
        if isinstance(value, str):
            check_text(name, value)


async def _lock(
    connection: AsyncConnection, account: Account, event_id: str, details: EventDetails, *, now: datetime
) -> tuple[int, PersonalEvent]:
    """Return the event as stored, locked until the transaction ends; it is added if it was not there.

    The update that changes nothing is what takes the lock: reading first would let two requests add the same event.
    """
    added = upsert.insert(connection, personal_events).values(
        account_id=account.id, event_id=event_id, sequence=0, created_at=now, updated_at=now, **_columns(details)
    )
    await connection.execute(
        added.on_conflict_do_update(
            index_elements=["account_id", "event_id"],
            index_where=personal_events.c.owner.is_(None),
            set_={"sequence": personal_events.c.sequence},
        )
    )
    found = await connection.execute(
        select(personal_events).where(
            personal_events.c.account_id == account.id,
            personal_events.c.event_id == event_id,
            personal_events.c.owner.is_(None),
        )
    )
    row = found.mappings().one()
    return row["id"], _read_event(account.code, row)


async def _attach(connection: AsyncConnection, row_id: int, subscription_ids: Collection[UUID]) -> None:
    for batch in subscriptions.batches(sorted(subscription_ids)):
        rows = [{"subscription_id": each, "personal_event_id": row_id} for each in batch]
        await connection.execute(insert(attachments), rows)


async def _change(
    connection: AsyncConnection, row_id: int, event: PersonalEvent, details: EventDetails, *, now: datetime
) -> PersonalEvent:
    changed = PersonalEvent(
        event.account_code,
        event.event_id,
        details,
        sequence=event.sequence + 1,
        created_at=event.created_at,
        updated_at=max(now, event.updated_at),
    )
    await connection.execute(
        update(personal_events)
        .where(personal_events.c.id == row_id)
        .values(sequence=changed.sequence, updated_at=changed.updated_at, **_columns(details))
    )
    return changed


async def events_of(connection: AsyncConnection, subscription_id: UUID) -> tuple[PersonalEvent, ...]:
    """List what is attached to a subscription, ordered by account code and event id, code point by code point."""
    found = await connection.execute(
        select(personal_events, accounts.c.code)
        .select_from(attachments.join(personal_events).join(accounts))
        .where(attachments.c.subscription_id == subscription_id)
    )
    events = [_read_event(row["code"], row) for row in found.mappings()]
    return tuple(sorted(events, key=lambda event: (event.account_code, event.event_id)))


def _columns(details: EventDetails) -> dict[str, Any]:
    return {name: getattr(details, name) for name in DETAILS}


def _read_event(account_code: str, row: RowMapping) -> PersonalEvent:
    return PersonalEvent(
        account_code,
        row["event_id"],
        EventDetails(**{name: row[name] for name in DETAILS}),
        sequence=row["sequence"],
        created_at=row["created_at"],
        updated_at=row["updated_at"],
    )
