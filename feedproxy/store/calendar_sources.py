"""Calendar sources: upstream calendars and how they are fetched, sealed (`feedproxy.sealing`)."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, RowMapping, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from feedproxy.errors import Conflict, NotFound
from feedproxy.model import Account, CalendarSource
from feedproxy.store import changes
from feedproxy.store.accounts import read_account
from feedproxy.store.merging import merged
from feedproxy.store.schema import accounts, calendars, subscriptions
from feedproxy.store.schema import calendar_sources as table
from feedproxy.store.text import check_key, storable


def read_source(row: RowMapping, account: Account) -> CalendarSource:
    """Make a CalendarSource of a row that has the columns of `schema.calendar_sources`."""
    columns = (table.c.name, table.c.sealed, table.c.url_digest, table.c.created_at, table.c.updated_at)
    return CalendarSource(row[table.c.id], account, *(row[column] for column in columns))


def add_source(
    connection: Connection,
    account: Account,
    *,
    source_id: UUID,
    name: str,
    sealed: bytes,
    url_digest: bytes,
    now: datetime,
) -> CalendarSource:
    """Add a source to an account. Raises Conflict if one has that name in any case."""
    check_key("the name of the source", name)
    source = CalendarSource(source_id, account, name, sealed, url_digest, now, now)
    statement = insert(table).values(
        id=source_id,
        account_id=account.id,
        created_at=now,
        updated_at=now,
        **_columns(name, sealed, url_digest),
    )
    try:
        connection.execute(statement)
    except IntegrityError:
        raise Conflict(f"there is a source {name} already, or the account {account.code} is gone") from None
    return source


def source(connection: Connection, account: Account, source_id: UUID) -> CalendarSource | None:
    """Find a source of the account by its id."""
    found = connection.execute(select(table).where(table.c.account_id == account.id, table.c.id == source_id))
    row = found.mappings().one_or_none()
    return read_source(row, account) if row else None


def source_named(connection: Connection, account: Account, name: str) -> CalendarSource | None:
    """Find a source of the account by its name in any case."""
    if not storable(name):
        return None
    found = connection.execute(
        select(table).where(table.c.account_id == account.id, table.c.folded_name == name.casefold())
    )
    row = found.mappings().one_or_none()
    return read_source(row, account) if row else None


def sources(connection: Connection, account: Account) -> tuple[CalendarSource, ...]:
    """List the sources of an account, ordered by name without regard to case."""
    found = connection.execute(select(table).where(table.c.account_id == account.id))
    every = (read_source(row, account) for row in found.mappings())
    return tuple(sorted(every, key=lambda each: each.name.casefold()))


def every_source(connection: Connection, *, after: UUID | None, limit: int) -> tuple[CalendarSource, ...]:
    """List at most `limit` sources, whosever they are, by id: those after that id."""
    statement = select(table, accounts).join(accounts, accounts.c.id == table.c.account_id)
    if after is not None:
        statement = statement.where(table.c.id > after)
    found = connection.execute(statement.order_by(table.c.id).limit(limit))
    return tuple(read_source(row, read_account(row)) for row in found.mappings())


def change_source(
    connection: Connection, changed: CalendarSource, *, name: str, sealed: bytes, url_digest: bytes, now: datetime
) -> frozenset[UUID]:
    """Change what of a source is other than it was; return the subscriptions whose feeds are made of it.

    None of them if only its name is another. Raises NotFound if it is gone, Conflict if another has that name, and if
    what is sealed was changed by somebody else, too: one cannot be put into the other.
    """
    check_key("the name of the source", name)
    found = connection.execute(select(table).where(table.c.id == changed.id).with_for_update())
    before = found.mappings().one_or_none()
    if before is None:
        raise NotFound(f"the source {changed.name} is gone")
    if changed.sealed not in (sealed, before["sealed"]):
        raise Conflict(f"somebody else has changed the source {changed.name} just now; look at it and try again")
    was = _columns(changed.name, changed.sealed, changed.url_digest)
    values = merged(before, was, _columns(name, sealed, url_digest))
    try:
        connection.execute(update(table).where(table.c.id == changed.id).values(**values, updated_at=now))
    except IntegrityError:
        raise Conflict(f"there is a source {name} already") from None
    if before["sealed"] == values["sealed"]:
        return frozenset()
    using = (
        select(subscriptions.c.id)
        .join_from(subscriptions, calendars)
        .where(calendars.c.source_id == changed.id, subscriptions.c.state == "active")
    )
    ids = frozenset(connection.scalars(using))
    changes.note(connection, ids, now=now)
    return ids


def remove_source(connection: Connection, gone: CalendarSource) -> None:
    """Remove a source. Raises Conflict while a calendar uses it."""
    try:
        connection.execute(delete(table).where(table.c.id == gone.id))
    except IntegrityError:
        raise Conflict(f"a calendar uses the source {gone.name}; give it another or remove it first") from None


def _columns(name: str, sealed: bytes, url_digest: bytes) -> dict[str, Any]:
    return {"name": name, "folded_name": name.casefold(), "sealed": sealed, "url_digest": url_digest}
