"""The tags of calendars: what subscriptions may choose by."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, Select, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from feedproxy.errors import Conflict, NotFound
from feedproxy.model import Calendar, Tag
from feedproxy.store import changes
from feedproxy.store.merging import merged
from feedproxy.store.schema import calendars, subscription_tags, subscriptions
from feedproxy.store.schema import tags as table
from feedproxy.store.text import check_key


def in_order(tags: Iterable[Tag]) -> tuple[Tag, ...]:
    """Return the tags ordered by text without regard to case, and by id."""
    return tuple(sorted(tags, key=lambda tag: (tag.text.casefold(), tag.id)))


def tags_of(connection: Connection, calendar_ids: Sequence[int] | Select[tuple[int]]) -> dict[int, tuple[Tag, ...]]:
    """Return the tags of calendars, in order; what has none is left out."""
    found = connection.execute(select(table).where(table.c.calendar_id.in_(calendar_ids)))
    tags: dict[int, list[Tag]] = {}
    for row in found:
        tags.setdefault(row.calendar_id, []).append(read_tag(row))
    return {number: in_order(some) for number, some in tags.items()}


def read_tag(row: Row[Any]) -> Tag:
    """Make a Tag of a row that has the columns of `schema.tags`."""
    return Tag(row.id, row.text, row.external_id)


def add_tag(
    connection: Connection,
    calendar: Calendar,
    *,
    tag_id: UUID,
    text: str,
    external_id: str | None,
    now: datetime,
) -> Tag:
    """Add a tag to a calendar. Raises Conflict if it has that id, text or external id, NotFound if it is gone."""
    _check(text, external_id)
    _touch(connection, calendar, now=now)
    values = {"calendar_id": calendar.id, "id": tag_id, **_columns(text, external_id)}
    try:
        connection.execute(insert(table).values(values))
    except IntegrityError:
        raise _taken(calendar) from None
    return Tag(tag_id, text, external_id)


def change_tag(
    connection: Connection, calendar: Calendar, tag: Tag, *, text: str, external_id: str | None, now: datetime
) -> tuple[Tag, frozenset[UUID]]:
    """Change what of a tag is other than it was; return it, and the active subscriptions that want it.

    Those only if other categories match it now.
    Raises Conflict if another has that text or external id, NotFound if it or the calendar is gone.
    """
    _check(text, external_id)
    _touch(connection, calendar, now=now)
    mine = (table.c.calendar_id == calendar.id) & (table.c.id == tag.id)
    before = connection.execute(select(table).where(mine)).mappings().one_or_none()
    if before is None:
        raise NotFound(f"the tag {tag.text} is gone")
    values = merged(before, _columns(tag.text, tag.external_id), _columns(text, external_id))
    try:
        connection.execute(update(table).where(mine).values(values))
    except IntegrityError:
        raise _taken(calendar) from None
    ids: frozenset[UUID] = frozenset()
    if before["folded_text"] != values["folded_text"]:
        ids = _wanting(connection, calendar, tag)
        changes.note(connection, ids, now=now)
    return Tag(tag.id, values["text"], values["external_id"]), ids


def remove_tag(connection: Connection, calendar: Calendar, tag: Tag, *, now: datetime) -> None:
    """Remove a tag. Raises Conflict while a subscription, active or not, wants it, NotFound if the calendar is gone."""
    _touch(connection, calendar, now=now)
    try:
        connection.execute(delete(table).where(table.c.calendar_id == calendar.id, table.c.id == tag.id))
    except IntegrityError:
        raise Conflict(f"subscriptions want the tag {tag.text}; it cannot be removed") from None


def _touch(connection: Connection, calendar: Calendar, *, now: datetime) -> None:
    touched = update(calendars).where(calendars.c.id == calendar.id).values(updated_at=now)
    if connection.execute(touched).rowcount == 0:
        raise NotFound(f"the calendar {calendar.code} is gone")


def _wanting(connection: Connection, calendar: Calendar, tag: Tag) -> frozenset[UUID]:
    wanting = (
        select(subscriptions.c.id)
        .join_from(subscriptions, subscription_tags)
        .where(
            subscription_tags.c.calendar_id == calendar.id,
            subscription_tags.c.tag_id == tag.id,
            subscriptions.c.state == "active",
        )
    )
    return frozenset(connection.scalars(wanting))


def _columns(text: str, external_id: str | None) -> dict[str, Any]:
    return {"text": text, "folded_text": text.casefold(), "external_id": external_id}


def _check(text: str, external_id: str | None) -> None:
    check_key("the text of the tag", text)
    if external_id is not None:
        check_key("the external id of the tag", external_id)


def _taken(calendar: Calendar) -> Conflict:
    return Conflict(f"the calendar {calendar.code} has a tag of that id, text or external id already")
