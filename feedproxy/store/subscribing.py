"""How subscriptions come, change and end.

A calendar of single subscriptions has at most one active of each subscriber: of two that come at once, the second finds
the first by the unique index of `single_key`. Locks are taken in this order: the calendar, subscriptions by id, events.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime
from types import MappingProxyType
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import Connection, case, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from feedproxy.errors import BadRequest, Conflict, NotFound
from feedproxy.model import (
    Calendar,
    EventDetails,
    FeedLogin,
    Frozen,
    Method,
    State,
    Subscriber,
    Subscription,
    Tag,
    Wishes,
)
from feedproxy.store import calendars, changes, events, frozen, upsert
from feedproxy.store.schema import subscription_tags
from feedproxy.store.schema import subscriptions as table
from feedproxy.store.subscriptions import batches, login_columns, subscriber_columns, subscription, wishes_column
from feedproxy.store.text import check_key, check_text

Record = TypeVar("Record", Subscriber, Wishes)

NOTHING_SAID: Mapping[str, object] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Subscribed:
    """What subscribing did.

    `is_new`: it is a subscription of its own; otherwise the one that the subscriber had, updated. `changed`: that one,
    if its feed is another now; of a new one there is nothing in any cache.
    """

    subscription: Subscription
    is_new: bool
    changed: frozenset[UUID]


def subscribe(
    connection: Connection,
    calendar: Calendar,
    *,
    subscription_id: UUID,
    method: Method,
    state: State,
    subscriber: Subscriber,
    wishes: Wishes,
    login: FeedLogin | None,
    private_events: Sequence[tuple[str, EventDetails]],
    now: datetime,
) -> Subscribed:
    """Add a subscription to a calendar, or update the single one; see `Store.subscribe`."""
    _check(subscriber, login)
    locked = calendars.lock(connection, calendar, shared=True)
    added = upsert.insert(connection, table).values(
        id=subscription_id,
        account_id=calendar.account.id,
        calendar_id=calendar.id,
        state=state,
        method=method,
        single_key=(locked["single_subscription"] and state == "active" and subscriber.key) or None,
        created_at=now,
        updated_at=now,
        **subscriber_columns(subscriber),
        **wishes_column(wishes),
        **login_columns(login),
    )
    found = connection.execute(
        added.on_conflict_do_update(
            index_elements=["calendar_id", "single_key"],
            index_where=table.c.single_key.is_not(None),
            set_={"single_key": table.c.single_key},
        ).returning(table.c.id)
    )
    before = _find(connection, found.scalar_one())
    if before.id != subscription_id:
        said = _joined(before.subscriber, subscriber)
        wanted = replace(before, method=method, subscriber=said, wishes=wishes, login=login or before.login)
        after, changed = _update(connection, before, wanted, private_events, now=now)
        return Subscribed(after, is_new=False, changed=changed)
    _want(connection, before, wishes.tags)
    for event_id, details in private_events:
        events.put_private(connection, before, event_id, details, now=now)
    return Subscribed(_find(connection, subscription_id), is_new=True, changed=frozenset())


def change_subscription(
    connection: Connection, was: Subscription, *, subscriber: Subscriber, wishes: Wishes, now: datetime
) -> tuple[Subscription, frozenset[UUID]]:
    """Change what is other than it `was`; see `Store.change_subscription`."""
    _check(subscriber, None)
    before = _locked(connection, was.id)
    if before.state == "inactive":
        raise BadRequest("the subscription has been deactivated")
    wanted = replace(
        before,
        subscriber=_merged(before.subscriber, was.subscriber, subscriber),
        wishes=_merged(before.wishes, was.wishes, wishes),
    )
    return _update(connection, before, wanted, (), now=now)


def activate(
    connection: Connection, subscription_id: UUID, *, subscriber: Subscriber, now: datetime
) -> tuple[Subscription, frozenset[UUID]]:
    """Make a pending subscription active, or update the single one; see `Store.activate`."""
    _check(subscriber, None)
    pending = subscription(connection, subscription_id)
    if pending is None or pending.calendar is None:
        raise NotFound("there is no such subscription")
    single = calendars.lock(connection, pending.calendar)["single_subscription"]
    pending = _locked(connection, subscription_id)
    if pending.state == "active":
        return pending, frozenset()
    if pending.state == "inactive":
        raise BadRequest("the subscription has been deactivated")
    subscriber = _joined(pending.subscriber, subscriber)
    single_key = (single and subscriber.key) or None
    if (active := _single(connection, pending, single_key)) is not None:
        return _pass_on(connection, pending, active, subscriber, now=now)
    connection.execute(
        update(table)
        .where(table.c.id == subscription_id)
        .values(state="active", single_key=single_key, updated_at=now, **subscriber_columns(subscriber))
    )
    changed = frozenset((subscription_id,))
    changes.note(connection, changed, now=now)
    return _find(connection, subscription_id), changed


def deactivate(
    connection: Connection,
    feeds: Mapping[UUID, Frozen | None],
    *,
    by: str,
    facts: Mapping[str, object] = NOTHING_SAID,
    now: datetime,
) -> frozenset[UUID]:
    """End subscriptions; see `Store.deactivate`."""
    ended: set[UUID] = set()
    for batch in batches(sorted(feeds)):
        living = select(table.c.id, table.c.facts).where(
            table.c.id.in_(batch), table.c.state.in_(("active", "pending"))
        )
        rows = connection.execute(living.order_by(table.c.id).with_for_update())
        known = {row.id: row.facts for row in rows}
        ids = list(known)
        end = {"state": "inactive", "single_key": None, "updated_at": now, "deactivated_at": now, "deactivated_by": by}
        connection.execute(update(table).where(table.c.id.in_(ids)).values(end))
        for each in ids if facts else ():
            told = update(table).where(table.c.id == each).values(facts={**known[each], **facts})
            connection.execute(told)
        frozen.keep_all(connection, {each: was for each in ids if (was := feeds[each]) is not None})
        ended.update(ids)
    changes.note(connection, ended, now=now)
    return frozenset(ended)


def _update(
    connection: Connection,
    before: Subscription,
    wanted: Subscription,
    private_events: Sequence[tuple[str, EventDetails]],
    *,
    now: datetime,
) -> tuple[Subscription, frozenset[UUID]]:
    """Update a subscription that is locked; return it, and itself if its feed is another now."""
    after = _put(connection, before, wanted, now=now)
    is_other = _shown(after) != _shown(before)
    for event_id, details in private_events:
        is_other |= events.put_private(connection, before, event_id, details, now=now)
    changed = frozenset((before.id,)) if is_other and before.state == "active" else frozenset()
    changes.note(connection, changed, now=now)
    return after, changed


def _put(connection: Connection, before: Subscription, wanted: Subscription, *, now: datetime) -> Subscription:
    """Put what is wanted in the place of what is stored, unless it is just that."""
    tags, tags_before = ({tag.id for tag in each.wishes.tags} for each in (wanted, before))
    if tags == tags_before:
        wanted = replace(wanted, wishes=replace(wanted.wishes, tags=before.wishes.tags))
    if wanted == before:
        return before
    key = case((table.c.single_key.is_not(None), wanted.subscriber.key or None))
    values = subscriber_columns(wanted.subscriber) | wishes_column(wanted.wishes) | login_columns(wanted.login)
    values |= {"method": wanted.method, "single_key": key}
    if _shown(wanted) != _shown(before):
        values["updated_at"] = max(now, before.updated_at)
    try:
        connection.execute(update(table).where(table.c.id == wanted.id).values(values))
    except IntegrityError:
        raise Conflict("another active subscription of the calendar is that subscriber's already") from None
    if tags != tags_before:
        connection.execute(delete(subscription_tags).where(subscription_tags.c.subscription_id == wanted.id))
        _want(connection, wanted, wanted.wishes.tags)
    return _find(connection, wanted.id)


def _shown(each: Subscription) -> tuple[Wishes, FeedLogin | None]:
    """Return what of a subscription makes its feed."""
    return each.wishes, each.login


def _want(connection: Connection, by: Subscription, tags: Sequence[Tag]) -> None:
    """Note the tags that a subscription wants. Raises BadRequest if one of them is none of its calendar's."""
    if not tags:
        return
    assert by.calendar is not None
    rows = [{"subscription_id": by.id, "calendar_id": by.calendar.id, "tag_id": each} for each in {t.id for t in tags}]
    try:
        connection.execute(insert(subscription_tags), rows)
    except IntegrityError:
        raise BadRequest(f"the calendar {by.calendar.code} has not all of these tags") from None


def _pass_on(
    connection: Connection, pending: Subscription, active: Subscription, subscriber: Subscriber, *, now: datetime
) -> tuple[Subscription, frozenset[UUID]]:
    """Let the single subscription have what a pending one brings, and end that."""
    brought = [(event.event_id, event.details) for event in events.take_private(connection, pending)]
    deactivate(connection, {pending.id: None}, by="", now=now)
    wanted = replace(
        active,
        method=pending.method,
        subscriber=_joined(active.subscriber, subscriber),
        wishes=pending.wishes,
        login=pending.login or active.login,
    )
    return _update(connection, active, wanted, brought, now=now)


def _single(connection: Connection, pending: Subscription, key: str | None) -> Subscription | None:
    if key is None:
        return None
    assert pending.calendar is not None
    mine = select(table.c.id).where(table.c.calendar_id == pending.calendar.id, table.c.single_key == key)
    found = connection.scalar(mine.with_for_update())
    return None if found is None else _find(connection, found)


def _locked(connection: Connection, subscription_id: UUID) -> Subscription:
    """Return a subscription of one of our calendars, locked until the transaction ends; raises NotFound."""
    connection.execute(select(table.c.id).where(table.c.id == subscription_id).with_for_update())
    found = subscription(connection, subscription_id)
    if found is None or found.calendar is None:
        raise NotFound("there is no such subscription")
    return found


def _find(connection: Connection, subscription_id: UUID) -> Subscription:
    found = subscription(connection, subscription_id)
    assert found is not None
    return found


def _joined(before: Subscriber, said: Subscriber) -> Subscriber:
    """Return what is known of a subscriber: what is said now, and what was said before and is not said again."""
    return Subscriber(
        said.subscriber_id or before.subscriber_id,
        said.user_name or before.user_name,
        said.email or before.email,
        {**before.facts, **said.facts},
    )


def _merged(stored: Record, was: Record, wanted: Record) -> Record:
    """Return what is stored, but for those fields in which what is wanted differs from what it was."""
    other = {name: value for name, value in _fields(wanted).items() if value != getattr(was, name)}
    if "facts" in other and isinstance(stored, Subscriber) and isinstance(was, Subscriber):
        said = {name: value for name, value in other["facts"].items() if (name, value) not in was.facts.items()}
        kept = {name: value for name, value in stored.facts.items() if name in other["facts"] or name not in was.facts}
        other["facts"] = kept | said
    return replace(stored, **other)


def _fields(record: Record) -> dict[str, Any]:
    return {field.name: getattr(record, field.name) for field in fields(record)}


def _check(subscriber: Subscriber, login: FeedLogin | None) -> None:
    for name, value in (("subscriberId", subscriber.subscriber_id), ("userName", subscriber.user_name)):
        if value:
            check_key(name, value)
    check_text("emailAddress", subscriber.email)
    check_text("the user name of the feed", login.user_name if login else "")
