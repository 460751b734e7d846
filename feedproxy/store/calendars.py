"""Calendars that people subscribe to, each with its source and its tags.

Whoever depends on what a calendar is, as a new subscription does, locks its row for sharing; whoever changes the
calendar or its tags locks it for himself.
"""

from collections.abc import Collection, Mapping
from dataclasses import fields
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, RowMapping, Select, case, delete, func, insert, null, select, update
from sqlalchemy.exc import IntegrityError

from feedproxy.errors import Conflict, NotFound
from feedproxy.model import Account, Calendar, CalendarDetails, CalendarSource, Tag
from feedproxy.store import changes
from feedproxy.store.calendar_sources import read_source
from feedproxy.store.merging import merged
from feedproxy.store.schema import calendar_sources, subscriptions
from feedproxy.store.schema import calendars as table
from feedproxy.store.tags import tags_of
from feedproxy.store.text import check_key, check_text, storable

DETAILS = tuple(field.name for field in fields(CalendarDetails))
"""Each field of CalendarDetails is a column of its name."""

SEEN_IN_FEEDS = ("title", "description", "protected", "source_id")
"""What a feed shows of a calendar, or asks for."""
SEEN_WHEN_ENDED = ("protected", "on_deactivate")
"""The same for the feeds of what was deactivated."""


def read_calendar(row: RowMapping, account: Account, tags: tuple[Tag, ...]) -> Calendar:
    """Make a Calendar of a row that has the columns of `schema.calendars` and `schema.calendar_sources`."""
    details = {name: row[table.c[name]] for name in DETAILS}
    return Calendar(
        row[table.c.id],
        account,
        row[table.c.code],
        CalendarDetails(**details | {"time_zones": tuple(details["time_zones"])}),
        read_source(row, account),
        tags,
        row[table.c.created_at],
        row[table.c.updated_at],
    )


def add_calendar(
    connection: Connection,
    account: Account,
    code: str,
    details: CalendarDetails,
    source: CalendarSource,
    *,
    now: datetime,
) -> Calendar:
    """Add a calendar to an account. Raises Conflict if one has that code in any case."""
    check_key("the calendar code", code)
    _check(details)
    statement = insert(table).values(
        account_id=account.id,
        code=code,
        folded_code=code.casefold(),
        created_at=now,
        updated_at=now,
        **_columns(details, source),
    )
    try:
        connection.execute(statement)
    except IntegrityError:
        raise Conflict(f"there is a calendar {code} already, or its account or its source is gone") from None
    added = calendar(connection, account, code)
    assert added is not None
    return added


def calendar(connection: Connection, account: Account, code: str) -> Calendar | None:
    """Find a calendar of the account by its code in any case."""
    if not storable(code):
        return None
    found = connection.execute(_of(account).where(table.c.folded_code == code.casefold()))
    row = found.mappings().one_or_none()
    if row is None:
        return None
    number = row[table.c.id]
    return read_calendar(row, account, tags_of(connection, [number]).get(number, ()))


def calendars(connection: Connection, account: Account) -> tuple[Calendar, ...]:
    """List the calendars of an account, ordered by code without regard to case."""
    rows = connection.execute(_of(account)).mappings().all()
    tags = tags_of(connection, select(table.c.id).where(table.c.account_id == account.id))
    every = (read_calendar(row, account, tags.get(row[table.c.id], ())) for row in rows)
    return tuple(sorted(every, key=lambda each: each.code.casefold()))


def change_calendar(
    connection: Connection, changed: Calendar, details: CalendarDetails, source: CalendarSource, *, now: datetime
) -> tuple[Calendar, frozenset[UUID]]:
    """Change what of a calendar is other than it was; return it, and the subscriptions whose feeds may be others now.

    Raises NotFound if it or the source is gone.
    """
    _check(details)
    before = lock(connection, changed)
    after = merged(before, _columns(changed.details, changed.source), _columns(details, source))
    try:
        connection.execute(update(table).where(table.c.id == changed.id).values(updated_at=now, **after))
    except IntegrityError:
        raise NotFound(f"the source {source.name} is gone") from None
    if before["single_subscription"] != after["single_subscription"]:
        _give_single_keys(connection, changed, single=after["single_subscription"])
    ids = _with_state(connection, changed, _states_concerned(before, after))
    changes.note(connection, ids, now=now)
    found = calendar(connection, changed.account, changed.code)
    assert found is not None
    return found, ids


def remove_calendar(connection: Connection, gone: Calendar, *, force: bool, now: datetime) -> frozenset[UUID]:
    """Remove a calendar with its tags and subscriptions, which are returned.

    Raises Conflict if one of them is active, unless it is to be removed by `force`, and NotFound if it is gone.
    """
    lock(connection, gone)
    if not force and _with_state(connection, gone, ("active",)):
        raise Conflict(f"the calendar {gone.code} has active subscriptions; deactivate them first, or force it")
    ids = _with_state(connection, gone, ("pending", "active", "inactive"), locked=True)
    connection.execute(delete(subscriptions).where(subscriptions.c.calendar_id == gone.id))
    connection.execute(delete(table).where(table.c.id == gone.id))
    changes.note(connection, ids, now=now)
    return ids


def lock(connection: Connection, wanted: Calendar, *, shared: bool = False) -> RowMapping:
    """Return the row of a calendar, which nobody changes until the transaction ends. Raises NotFound if it is gone."""
    found = connection.execute(select(table).where(table.c.id == wanted.id).with_for_update(read=shared))
    row = found.mappings().one_or_none()
    if row is None:
        raise NotFound(f"the calendar {wanted.code} is gone")
    return row


def _give_single_keys(connection: Connection, of: Calendar, *, single: bool) -> None:
    """Mark the newest active subscription of each subscriber as the one that is left to him; or none."""
    mine = subscriptions.c.calendar_id == of.id
    _with_state(connection, of, ("active",), locked=True)
    connection.execute(update(subscriptions).where(mine).values(single_key=null()))
    if not single:
        return
    key = case((subscriptions.c.subscriber_id != "", subscriptions.c.subscriber_id), else_=subscriptions.c.user_name)
    newest_first = (subscriptions.c.created_at.desc(), subscriptions.c.id.desc())
    ranked = (
        select(subscriptions.c.id, func.row_number().over(partition_by=key, order_by=newest_first).label("rank"))
        .where(mine, subscriptions.c.state == "active", key != "")
        .subquery()
    )
    newest = select(ranked.c.id).where(ranked.c.rank == 1)
    connection.execute(update(subscriptions).where(subscriptions.c.id.in_(newest)).values(single_key=key))


def _states_concerned(before: RowMapping, after: Mapping[str, Any]) -> Collection[str]:
    concerned = (("active", SEEN_IN_FEEDS), ("inactive", SEEN_WHEN_ENDED))
    return [state for state, names in concerned if any(before[name] != after[name] for name in names)]


def _with_state(
    connection: Connection, of: Calendar, states: Collection[str], *, locked: bool = False
) -> frozenset[UUID]:
    """Return the subscriptions of a calendar that are in one of these states, locked in the order of their ids."""
    if not states:
        return frozenset()
    found = select(subscriptions.c.id).where(subscriptions.c.calendar_id == of.id, subscriptions.c.state.in_(states))
    if locked:
        found = found.order_by(subscriptions.c.id).with_for_update()
    return frozenset(connection.scalars(found))


def _of(account: Account) -> Select[Any]:
    return select(table, calendar_sources).join_from(table, calendar_sources).where(table.c.account_id == account.id)


def _check(details: CalendarDetails) -> None:
    for name in ("title", "description", "image"):
        check_text(f"the {name} of the calendar", getattr(details, name))


def _columns(details: CalendarDetails, source: CalendarSource) -> dict[str, Any]:
    columns = {name: getattr(details, name) for name in DETAILS}
    return columns | {"time_zones": list(details.time_zones), "source_id": source.id}
