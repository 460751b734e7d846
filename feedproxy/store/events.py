"""Personal events and the subscriptions they are attached to.

An account's event is attached to any number of its subscriptions. A private one is attached to its owner alone.
"""

from collections.abc import Collection
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, RowMapping, delete, insert, select, update

from feedproxy.model import Account, EventDetails, PersonalEvent, Subscription
from feedproxy.store import accounts, changes, past_sequences, subscriptions, upsert
from feedproxy.store.schema import accounts as account_table
from feedproxy.store.schema import attachments, personal_events
from feedproxy.store.schema import subscriptions as owners
from feedproxy.store.text import check_key, check_text, storable

DETAILS = tuple(field.name for field in fields(EventDetails))
"""Each field of EventDetails is a column of its name."""


@dataclass(frozen=True, slots=True)
class Attached:
    """What putting an event did.

    `changed`: the subscriptions whose feed is another now; `ignored`: those that are another account's or deactivated.
    """

    event: PersonalEvent
    changed: frozenset[UUID]
    ignored: frozenset[UUID]


def put_event(
    connection: Connection,
    account: Account,
    event_id: str,
    details: EventDetails,
    subscription_ids: Collection[UUID],
    *,
    now: datetime,
) -> Attached:
    """Add or update an event and attach it.

    Raises BadRequest for text that cannot be stored, NotFound if the account is gone.
    """
    _check(event_id, details)
    accounts.keep(connection, account)
    row_id, event = _lock(connection, account, event_id, details, now=now)
    before = _attached_to(connection, row_id)
    wanted = sorted(set(subscription_ids) - before, key=subscriptions.NUMBER)
    mine = subscriptions.claim(connection, account, wanted, now=now)
    _attach(connection, row_id, mine)
    changed = mine
    if event.details != details:
        event = _change(connection, row_id, event, details, now=now)
        changed |= before
    changes.note(connection, changed, now=now)
    return Attached(event, changed, frozenset(wanted) - mine)


def update_event(
    connection: Connection, account: Account, event_id: str, details: EventDetails, *, now: datetime
) -> Attached | None:
    """Update an event of the account's; None if there is none. Raises BadRequest for text that cannot be stored."""
    _check(event_id, details)
    found = _find(connection, account, event_id)
    if found is None:
        return None
    row_id, event = found
    if event.details == details:
        return Attached(event, frozenset(), frozenset())
    event = _change(connection, row_id, event, details, now=now)
    changed = _attached_to(connection, row_id)
    changes.note(connection, changed, now=now)
    return Attached(event, changed, frozenset())


def delete_event(connection: Connection, account: Account, event_id: str, *, now: datetime) -> frozenset[UUID] | None:
    """Delete an event of the account's; return the subscriptions that had it, or None if there was none.

    Raises NotFound if the account is gone.
    """
    accounts.keep(connection, account)
    found = _find(connection, account, event_id)
    if found is None:
        return None
    row_id, event = found
    changed = _attached_to(connection, row_id)
    connection.execute(delete(personal_events).where(personal_events.c.id == row_id))
    past_sequences.note(connection, account.id, event, now=now)
    subscriptions.touch(connection, changed, now=now)
    changes.note(connection, changed, now=now)
    return changed


def detach_event(
    connection: Connection, account: Account, subscription_id: UUID, event_id: str, *, now: datetime
) -> frozenset[UUID] | None:
    """Take an event from a subscription: its private one of that id, else the account's; None if it has neither.

    Raises NotFound if the account is gone.
    """
    if not storable(event_id):
        return None
    accounts.keep(connection, account)
    is_meant = (personal_events.c.account_id == account.id) & (personal_events.c.event_id == event_id)
    private = delete(personal_events).where(is_meant, personal_events.c.owner == subscription_id)
    row = connection.execute(private.returning(personal_events)).mappings().one_or_none()
    if row is not None:
        past_sequences.note(connection, account.id, _read_event(account.code, row), now=now)
    else:
        shared = select(personal_events.c.id).where(is_meant, personal_events.c.owner.is_(None))
        detached = delete(attachments).where(
            attachments.c.subscription_id == subscription_id, attachments.c.personal_event_id.in_(shared)
        )
        if connection.execute(detached).rowcount == 0:
            return None
    living = select(owners.c.id).where(owners.c.id == subscription_id, owners.c.state != "inactive")
    changed = frozenset(connection.scalars(living))
    subscriptions.touch(connection, changed, now=now)
    changes.note(connection, changed, now=now)
    return changed


def put_private(
    connection: Connection, owner: Subscription, event_id: str, details: EventDetails, *, now: datetime
) -> bool:
    """Add or update a private event of a subscription; tell whether that changed anything.

    Raises BadRequest for text that cannot be stored.
    """
    _check(event_id, details)
    row_id, event = _lock(connection, owner.account, event_id, details, owner=owner.id, now=now)
    attached = upsert.insert(connection, attachments).values(subscription_id=owner.id, personal_event_id=row_id)
    if connection.execute(attached.on_conflict_do_nothing()).rowcount == 1:
        return True
    if event.details == details:
        return False
    _change(connection, row_id, event, details, now=now)
    return True


def take_private(connection: Connection, owner: Subscription) -> tuple[PersonalEvent, ...]:
    """Delete the private events of a subscription and return them, ordered by id."""
    taken = delete(personal_events).where(personal_events.c.owner == owner.id).returning(personal_events)
    rows = connection.execute(taken).mappings()
    return tuple(sorted((_read_event(owner.account.code, row) for row in rows), key=lambda event: event.event_id))


def _check(event_id: str, details: EventDetails) -> None:
    check_key("eventId", event_id)
    for name, value in asdict(details).items():
        if isinstance(value, str):
            check_text(name, value)


def _lock(
    connection: Connection,
    account: Account,
    event_id: str,
    details: EventDetails,
    *,
    owner: UUID | None = None,
    now: datetime,
) -> tuple[int, PersonalEvent]:
    """Return the event as stored, locked until the transaction ends; it is added if it was not there.

    The update that changes nothing is what takes the lock: reading first would let two requests add the same event.
    """
    added = upsert.insert(connection, personal_events).values(
        account_id=account.id,
        event_id=event_id,
        owner=owner,
        sequence=past_sequences.first_sequence(account.id, event_id, owner),
        created_at=now,
        updated_at=now,
        **_columns(details),
    )
    unchanged = {"sequence": personal_events.c.sequence}
    if owner is None:
        added = added.on_conflict_do_update(
            index_elements=["account_id", "event_id"], index_where=personal_events.c.owner.is_(None), set_=unchanged
        )
    else:
        added = added.on_conflict_do_update(index_elements=["owner", "event_id"], set_=unchanged)
    row = connection.execute(added.returning(personal_events)).mappings().one()
    return row["id"], _read_event(account.code, row)


def _find(connection: Connection, account: Account, event_id: str) -> tuple[int, PersonalEvent] | None:
    """Return the account's event of that id, locked until the transaction ends; None if there is none."""
    if not storable(event_id):
        return None
    found = connection.execute(
        select(personal_events)
        .where(
            personal_events.c.account_id == account.id,
            personal_events.c.event_id == event_id,
            personal_events.c.owner.is_(None),
        )
        .with_for_update()
    )
    row = found.mappings().one_or_none()
    return (row["id"], _read_event(account.code, row)) if row else None


def _attached_to(connection: Connection, row_id: int) -> frozenset[UUID]:
    """Return the subscriptions that have an event, but for those that are deactivated: their feeds show no more."""
    found = (
        select(owners.c.id)
        .join_from(attachments, owners)
        .where(attachments.c.personal_event_id == row_id, owners.c.state != "inactive")
    )
    return frozenset(connection.scalars(found))


def _attach(connection: Connection, row_id: int, subscription_ids: Collection[UUID]) -> None:
    for batch in subscriptions.batches(sorted(subscription_ids, key=subscriptions.NUMBER)):
        rows = [{"subscription_id": each, "personal_event_id": row_id} for each in batch]
        connection.execute(insert(attachments), rows)


def _change(
    connection: Connection, row_id: int, event: PersonalEvent, details: EventDetails, *, now: datetime
) -> PersonalEvent:
    changed = PersonalEvent(
        event.account_code,
        event.event_id,
        details,
        sequence=event.sequence + 1,
        created_at=event.created_at,
        updated_at=max(now, event.updated_at),
        owner=event.owner,
    )
    connection.execute(
        update(personal_events)
        .where(personal_events.c.id == row_id)
        .values(sequence=changed.sequence, updated_at=changed.updated_at, **_columns(details))
    )
    return changed


def events_of(connection: Connection, subscription_id: UUID) -> tuple[PersonalEvent, ...]:
    """List what is attached to a subscription, ordered by account code and event id, code point by code point.

    Of two of the same id the private one is the second.
    """
    found = connection.execute(
        select(personal_events, account_table.c.code)
        .select_from(
            attachments.join(personal_events, attachments.c.personal_event_id == personal_events.c.id).join(
                account_table
            )
        )
        .where(attachments.c.subscription_id == subscription_id)
    )
    events = [_read_event(row["code"], row) for row in found.mappings()]
    return tuple(sorted(events, key=lambda event: (event.account_code, event.event_id, event.owner is not None)))


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
        owner=row["owner"],
    )
