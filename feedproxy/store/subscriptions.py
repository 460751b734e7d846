"""Subscriptions as they stand: whose they are, what they want. `subscribing` has how they come, change and end."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import fields
from datetime import datetime
from operator import attrgetter
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import Connection, RowMapping, Select, select, update

from feedproxy.model import Account, Calendar, FeedLogin, Subscriber, Subscription, Tag, Wishes
from feedproxy.store import upsert
from feedproxy.store.accounts import read_account
from feedproxy.store.calendars import read_calendar
from feedproxy.store.schema import accounts, calendar_sources, calendars, subscription_tags, tags
from feedproxy.store.schema import subscriptions as table
from feedproxy.store.tags import in_order, read_tag
from feedproxy.store.text import storable

T = TypeVar("T")

BATCH = 250
"""Ids in one statement: other requests get their turn in between, and both databases take that many parameters."""
NUMBER = attrgetter("int")
"""The order of ids, ten times as fast as to compare them."""

_WHOLE = select(table, accounts, calendars, calendar_sources).select_from(
    table.join(accounts, table.c.account_id == accounts.c.id)
    .outerjoin(calendars, table.c.calendar_id == calendars.c.id)
    .outerjoin(calendar_sources, calendars.c.source_id == calendar_sources.c.id)
)

_CHOICES = tuple(field.name for field in fields(Wishes) if field.name != "tags")


def batches(values: Sequence[T]) -> Iterator[Sequence[T]]:
    """Cut `values` into pieces of at most BATCH."""
    for start in range(0, len(values), BATCH):
        yield values[start : start + BATCH]


def claim(connection: Connection, account: Account, ids: Sequence[UUID], *, now: datetime) -> frozenset[UUID]:
    """Return those of `ids` that are the account's and not deactivated; an id not seen before becomes the account's.

    `ids` must be sorted: two claims at once then wait for each other in the same order and cannot deadlock.
    """
    mine: set[UUID] = set()
    for batch in batches(ids):
        rows = [
            {"id": each, "account_id": account.id, "state": "upstream", "created_at": now, "updated_at": now}
            for each in batch
        ]
        connection.execute(upsert.insert(connection, table).on_conflict_do_nothing(), rows)
        owned = select(table.c.id).where(
            table.c.account_id == account.id, table.c.id.in_(batch), table.c.state != "inactive"
        )
        mine.update(connection.scalars(owned))
    return frozenset(mine)


def touch(connection: Connection, ids: Collection[UUID], *, now: datetime) -> None:
    """Note when something was taken from subscriptions: nothing that is left says since when their feeds lack it."""
    for batch in batches(sorted(ids, key=NUMBER)):
        mine = table.c.id.in_(batch)
        connection.execute(select(table.c.id).where(mine).order_by(table.c.id).with_for_update())
        connection.execute(update(table).where(mine, table.c.updated_at < now).values(updated_at=now))


def subscription(connection: Connection, subscription_id: UUID) -> Subscription | None:
    """Find a subscription, whosever it is and whatever its state."""
    return next(iter(_read(connection, _WHOLE.where(table.c.id == subscription_id))), None)


def subscriptions_of(
    connection: Connection, account: Account, calendar: Calendar | None, key: str, *, limit: int | None
) -> tuple[Subscription, ...]:
    """List the subscriptions of somebody, the newest first; see `Store.subscriptions_of`."""
    if not key or not storable(key):
        return ()
    folded = key.casefold()
    his = (table.c.folded_subscriber_id == folded) | (table.c.folded_user_name == folded)
    exactly = (table.c.subscriber_id == key) | (table.c.user_name == key)
    query = _of(account, calendar).where(his).order_by(exactly.desc(), table.c.created_at.desc(), table.c.id.desc())
    found = _read(connection, query.limit(limit))
    exact = tuple(each for each in found if key in (each.subscriber.subscriber_id, each.subscriber.user_name))
    return exact or found


def subscriptions(
    connection: Connection, account: Account, calendar: Calendar | None, *, after: UUID | None, limit: int
) -> tuple[Subscription, ...]:
    """List subscriptions by id, those after one of them."""
    query = _of(account, calendar)
    if after is not None:
        query = query.where(table.c.id > after)
    return _read(connection, query.order_by(table.c.id).limit(limit))


def subscriber_columns(subscriber: Subscriber) -> dict[str, Any]:
    """Return the columns that say who subscribes."""
    return {
        "subscriber_id": subscriber.subscriber_id,
        "folded_subscriber_id": subscriber.subscriber_id.casefold(),
        "user_name": subscriber.user_name,
        "folded_user_name": subscriber.user_name.casefold(),
        "email": subscriber.email,
        "facts": dict(subscriber.facts),
    }


def wishes_column(wishes: Wishes) -> dict[str, Any]:
    """Return the column that says what is wanted, but for the tags, which have a table."""
    return {"wishes": {name: value for name in _CHOICES if (value := getattr(wishes, name))}}


def login_columns(login: FeedLogin | None) -> dict[str, Any]:
    """Return the columns of what opens the feed."""
    return {
        "login_user_name": login.user_name if login else None,
        "login_password_digest": login.password_digest if login else None,
    }


def _of(account: Account, calendar: Calendar | None) -> Select[Any]:
    mine = _WHOLE.where(table.c.account_id == account.id)
    return mine if calendar is None else mine.where(table.c.calendar_id == calendar.id)


def _read(connection: Connection, query: Select[Any]) -> tuple[Subscription, ...]:
    """Read subscriptions with two statements: what they are, and then the tags of calendars and of wishes."""
    rows = connection.execute(query).mappings().all()
    found: list[Subscription] = []
    for batch in batches(rows):
        of_calendars, wanted = _tags(connection, batch)
        for row in batch:
            calendar_tags = of_calendars.get(row[table.c.calendar_id], {})
            found.append(_read_row(row, calendar_tags, wanted.get(row[table.c.id], [])))
    return tuple(found)


def _tags(
    connection: Connection, rows: Sequence[RowMapping]
) -> tuple[dict[int, dict[UUID, Tag]], dict[UUID, list[UUID]]]:
    """Return the tags of each calendar, and the ids of those that each subscription wants."""
    calendar_ids = {row[table.c.calendar_id] for row in rows} - {None}
    of_calendars: dict[int, dict[UUID, Tag]] = {}
    wanted: dict[UUID, list[UUID]] = {}
    if not calendar_ids:
        return of_calendars, wanted
    is_wanted = (
        (subscription_tags.c.calendar_id == tags.c.calendar_id)
        & (subscription_tags.c.tag_id == tags.c.id)
        & subscription_tags.c.subscription_id.in_([row[table.c.id] for row in rows])
    )
    found = connection.execute(
        select(tags, subscription_tags.c.subscription_id)
        .select_from(tags.outerjoin(subscription_tags, is_wanted))
        .where(tags.c.calendar_id.in_(sorted(calendar_ids)))
    )
    for row in found:
        of_calendars.setdefault(row.calendar_id, {})[row.id] = read_tag(row)
        if row.subscription_id is not None:
            wanted.setdefault(row.subscription_id, []).append(row.id)
    return of_calendars, wanted


def _read_row(row: RowMapping, calendar_tags: Mapping[UUID, Tag], wanted: Sequence[UUID]) -> Subscription:
    account = read_account(row)
    is_ours = row[table.c.calendar_id] is not None
    return Subscription(
        row[table.c.id],
        account,
        read_calendar(row, account, in_order(calendar_tags.values())) if is_ours else None,
        row[table.c.state],
        row[table.c.method],
        Subscriber(*(row[table.c[name]] for name in ("subscriber_id", "user_name", "email", "facts"))),
        _read_wishes(row[table.c.wishes], in_order(calendar_tags[each] for each in wanted)),
        _read_login(row),
        row[table.c.created_at],
        row[table.c.updated_at],
        row[table.c.deactivated_at],
        row[table.c.deactivated_by],
    )


def _read_wishes(stored: Mapping[str, Any], wanted: tuple[Tag, ...]) -> Wishes:
    choices: dict[str, Any] = {name: value if name == "zone" else tuple(value) for name, value in stored.items()}
    return Wishes(wanted, **choices)


def _read_login(row: RowMapping) -> FeedLogin | None:
    user_name, digest = row[table.c.login_user_name], row[table.c.login_password_digest]
    return None if digest is None else FeedLogin(user_name, digest)
