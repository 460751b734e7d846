"""What looks upstream have ended in, the bodies that came, and how feeds are doing. It may lag, and may be forgotten.

A body is one row for a source however often it came. Bodies are stored deflated (RFC 1950).
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, delete, func, insert, select, tuple_, update

from feedproxy.model import FeedHealth, Health, PastFetch
from feedproxy.store import pieces, upsert
from feedproxy.store.schema import feed_health as healths
from feedproxy.store.schema import past_bodies as bodies
from feedproxy.store.schema import past_fetches as fetches

_FETCH_FIELDS = tuple(field.name for field in fields(PastFetch))
_HEALTH_FIELDS = tuple(field.name for field in fields(FeedHealth))


@dataclass(frozen=True, slots=True)
class PastLook:
    """What the history is told of a look: how it ended, the body deflated if it is to be kept, and how the feed is."""

    fetch: PastFetch
    deflated_body: bytes | None
    health: FeedHealth


@dataclass(frozen=True, slots=True)
class HealthChange:
    """A feed that is doing otherwise than `before`; None: it was never looked at."""

    before: Health | None
    now: FeedHealth


def note_looks(
    connection: Connection, looks: Sequence[PastLook], *, fetches_kept: int, bodies_kept: int
) -> tuple[HealthChange, ...]:
    """Add looks, in order; of each source so many fetches and bodies stay. Returns which feeds are doing otherwise.

    Of several processes that see a feed change at once, one is told.
    """
    changes = []
    for look in looks:
        source = look.fetch.source
        if fetches_kept:
            connection.execute(insert(fetches).values({name: getattr(look.fetch, name) for name in _FETCH_FIELDS}))
            _keep_newest_fetches(connection, source, fetches_kept)
        if look.deflated_body is not None and look.fetch.digest is not None:
            _keep_body(connection, look.fetch, look.deflated_body)
            _keep_newest_bodies(connection, source, bodies_kept)
        change = _note_health(connection, look.health)
        if change is not None:
            changes.append(change)
    return tuple(changes)


def past_fetches(connection: Connection, feed: str, *, limit: int) -> tuple[PastFetch, ...]:
    """List the last looks of a feed, named by the head of its name, the newest first."""
    found = connection.execute(
        select(*(fetches.c[name] for name in _FETCH_FIELDS))
        .where(_is_of(fetches, feed))
        .order_by(fetches.c.number.desc())
        .limit(limit)
    )
    return tuple(PastFetch(**row) for row in found.mappings())


def past_body(connection: Connection, feed: str, digest: bytes) -> Sequence[bytes] | None:
    """Find a body that came of a feed, named by the head of its name; deflated, in pieces."""
    statement = select(bodies.c.deflated_body).where(_is_of(bodies, feed), bodies.c.digest == digest).limit(1)
    found = pieces.InPieces(statement, "deflated_body").one_or_none(connection)
    return found[1] if found is not None else None


def kept_bodies(connection: Connection, feed: str) -> frozenset[bytes]:
    """Return the digests of the bodies of a feed that are there."""
    return frozenset(connection.execute(select(bodies.c.digest).where(_is_of(bodies, feed))).scalars())


def feed_healths(connection: Connection, *, feed: str, looked_since: datetime | None) -> tuple[FeedHealth, ...]:
    """List how feeds are doing whose names begin so, those that have been so for longest first."""
    statement = select(*(healths.c[name] for name in _HEALTH_FIELDS)).where(_is_of(healths, feed))
    if looked_since is not None:
        statement = statement.where(healths.c.looked_at >= looked_since)
    found = connection.execute(statement.order_by(healths.c.since, healths.c.source))
    return tuple(FeedHealth(**row) for row in found.mappings())


def healths_page(
    connection: Connection,
    *,
    feed: str,
    health: Health | None,
    after: tuple[datetime, str] | None,
    limit: int,
) -> tuple[FeedHealth, ...]:
    """List at most `limit` of the same, of that health alone if one is given; those behind `after`, one's `since`."""
    statement = select(*(healths.c[name] for name in _HEALTH_FIELDS)).where(_is_of(healths, feed))
    if health is not None:
        statement = statement.where(healths.c.health == health)
    if after is not None:
        since, source = after
        later = (healths.c.since == since) & (healths.c.source > source)
        statement = statement.where((healths.c.since > since) | later)
    found = connection.execute(statement.order_by(healths.c.since, healths.c.source).limit(limit))
    return tuple(FeedHealth(**row) for row in found.mappings())


def count_healths(connection: Connection, *, looked_since: datetime) -> dict[Health, tuple[int, datetime | None]]:
    """Count the feeds that were looked at since, by health, with the oldest time that one of them was last good."""
    found = connection.execute(
        select(healths.c.health, func.count(), func.min(healths.c.last_good_at, type_=healths.c.last_good_at.type))
        .where(healths.c.looked_at >= looked_since)
        .group_by(healths.c.health)
    )
    return {health: (count, oldest) for health, count, oldest in found}


def forget_history(connection: Connection, *, before: datetime, octets: int) -> None:
    """Forget what is older, and of all bodies together the oldest beyond so many octets, deflated."""
    connection.execute(delete(fetches).where(fetches.c.ended_at < before))
    connection.execute(delete(bodies).where(bodies.c.kept_at < before))
    connection.execute(delete(healths).where(healths.c.looked_at < before))
    total = connection.execute(select(func.coalesce(func.sum(bodies.c.octets), 0))).scalar_one()
    if total <= octets:
        return
    oldest = connection.execute(select(bodies.c.source, bodies.c.digest, bodies.c.octets).order_by(bodies.c.kept_at))
    for source, digest, size in oldest.all():
        connection.execute(delete(bodies).where(bodies.c.source == source, bodies.c.digest == digest))
        total -= size
        if total <= octets:
            break


def _keep_newest_fetches(connection: Connection, source: str, count: int) -> None:
    oldest = (
        select(fetches.c.number)
        .where(fetches.c.source == source)
        .order_by(fetches.c.number.desc())
        .offset(count)
        .limit(1)
        .scalar_subquery()
    )
    connection.execute(delete(fetches).where(fetches.c.source == source, fetches.c.number <= oldest))


def _keep_body(connection: Connection, fetch: PastFetch, deflated_body: bytes) -> None:
    """Keep a body, or note that it came again."""
    values = {
        "source": fetch.source,
        "digest": fetch.digest,
        "kept_at": fetch.ended_at,
        "octets": len(deflated_body),
        "deflated_body": pieces.handed_over(connection, deflated_body),
    }
    statement = upsert.insert(connection, bodies).values(values)
    connection.execute(
        statement.on_conflict_do_update(index_elements=["source", "digest"], set_={"kept_at": fetch.ended_at})
    )


def _keep_newest_bodies(connection: Connection, source: str, count: int) -> None:
    key = tuple_(bodies.c.source, bodies.c.digest)
    newest = (
        select(bodies.c.source, bodies.c.digest)
        .where(bodies.c.source == source)
        .order_by(bodies.c.kept_at.desc(), bodies.c.digest)
        .limit(count)
    )
    connection.execute(delete(bodies).where(bodies.c.source == source, key.not_in(newest)))


def _note_health(connection: Connection, now: FeedHealth) -> HealthChange | None:
    """Note how a feed is doing; return the change if there is one, and this is the first to note it."""
    before = connection.execute(select(healths.c.health).where(healths.c.source == now.source)).scalar_one_or_none()
    values = {name: getattr(now, name) for name in _HEALTH_FIELDS}
    statement = upsert.insert(connection, healths).values(values)
    changed = connection.execute(
        statement.on_conflict_do_update(
            index_elements=["source"], set_=values, where=healths.c.health != now.health
        ).returning(healths.c.source)
    )
    if changed.one_or_none() is not None:
        return HealthChange(before, now)
    same = {name: value for name, value in values.items() if name not in ("source", "health", "since")}
    connection.execute(update(healths).where(healths.c.source == now.source).values(same))
    return None


def _is_of(table: Table, feed: str) -> ColumnElement[bool]:
    """Match the sources of a feed by what their names begin with: credentials follow behind."""
    column: Any = table.c.source
    return column.startswith(feed, autoescape=True)  # type: ignore[no-any-return]
