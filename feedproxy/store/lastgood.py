"""The last good answer of each source. Bodies are stored deflated (RFC 1950): text shrinks to a tenth.

Every process looks upstream for itself, and all must serve the same octets: so each change names the body that it
comes after, and is not made when another process has put one there since.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import BindParameter, ColumnElement, Connection, bindparam, delete, func, null, select, update

from feedproxy.model import Held, LastGood
from feedproxy.store import pieces, upsert
from feedproxy.store.schema import generations
from feedproxy.store.schema import last_good as table

ALL = ""
"""The name under which the generation of all sources is counted."""

_HELD = ("reason", "text", "events", "since", "accepted", "refused")
_NOTHING_HELD = dict.fromkeys((f"held_{name}" for name in _HELD), null())


def last_good(connection: Connection, source: str) -> tuple[LastGood, Sequence[bytes]] | None:
    """Find the last good answer of a source, without its body, and that deflated, in pieces."""
    found = _FOUND.one_or_none(connection, source=source)
    if found is None:
        return None
    row, deflated_body = found
    good = LastGood(
        source,
        b"",
        row["digest"],
        row["etag"],
        row["last_modified"],
        events=row["events"],
        fetched_at=row["fetched_at"],
        changed_at=row["changed_at"],
        rendered=row["rendered"],
        edition=row["edition"],
        edition_at=row["edition_at"],
        generation=row["generation"],
        held=_held(row),
    )
    return good, deflated_body


def save_last_good(
    connection: Connection, good: LastGood, deflated_body: bytes, *, after: bytes | None, renew: bool
) -> int | None:
    """Put `good`, whose body is `deflated_body`, in the place of the answer whose digest is `after` (None: of none).

    Returns the generation that is in force then, which is a new one if it is to `renew` it; None, and nothing is done,
    if another answer stands there.
    """
    values = {
        "deflated_body": pieces.handed_over(connection, deflated_body),
        "digest": good.digest,
        "etag": good.etag,
        "last_modified": good.last_modified,
        "events": good.events,
        "fetched_at": good.fetched_at,
        "changed_at": good.changed_at,
        "rendered": good.rendered,
        "edition": good.edition,
        "edition_at": good.edition_at,
    }
    statement = upsert.insert(connection, table).values(source=good.source, **values)
    if after is None:
        statement = statement.on_conflict_do_nothing()
    else:
        given = {name: statement.excluded[name] for name in values}
        statement = statement.on_conflict_do_update(
            index_elements=["source"], set_=given | _NOTHING_HELD, where=table.c.digest == after
        )
    if connection.execute(statement.returning(table.c.source)).one_or_none() is None:
        return None
    if renew:
        _add_generation(connection, good.source)
    return _generation_now(connection, good.source)


def confirm_last_good(
    connection: Connection,
    source: str,
    digest: bytes,
    *,
    fetched_at: datetime,
    etag: str | None,
    last_modified: str | None,
) -> tuple[int, datetime] | None:
    """Note that the upstream has confirmed the answer of that digest, and that nothing is held back any more.

    Only the validators that are given replace the stored ones (RFC 9111 section 3.2). Returns its generation and since
    when there are such octets; None if another answer stands there, or none.
    """
    values = {
        "fetched_at": fetched_at,
        "etag": func.coalesce(etag, table.c.etag),
        "last_modified": func.coalesce(last_modified, table.c.last_modified),
        **_NOTHING_HELD,
    }
    statement = update(table).where(table.c.source == source, table.c.digest == digest).values(values)
    row = connection.execute(statement.returning(table.c.changed_at)).one_or_none()
    if row is None:
        return None
    return _generation_now(connection, source), row[0]


def note_rendering(connection: Connection, good: LastGood, *, after: LastGood) -> bool:
    """Note what was rendered of a body, by which edition and since when; False if `after` is no longer what stands."""
    statement = (
        update(table)
        .where(
            table.c.source == good.source,
            table.c.digest == after.digest,
            table.c.rendered.is_not_distinct_from(after.rendered),
            table.c.edition.is_not_distinct_from(after.edition),
        )
        .values(rendered=good.rendered, edition=good.edition, edition_at=good.edition_at, changed_at=good.changed_at)
    )
    return connection.execute(statement).rowcount == 1


def drop_last_good(connection: Connection, source: str) -> None:
    """Forget the last good answer of a source, but not its generation."""
    connection.execute(delete(table).where(table.c.source == source))


def hold_back(connection: Connection, source: str, digest: bytes, held: Held) -> None:
    """Note that a body was held back for the answer of that digest, if that still stands."""
    values = {f"held_{name}": getattr(held, name) for name in _HELD}
    connection.execute(update(table).where(table.c.source == source, table.c.digest == digest).values(values))


def forget_held(connection: Connection, source: str) -> None:
    """Forget what was held back, unless an operator has said a word on it."""
    silent = table.c.held_accepted.is_(False) & table.c.held_refused.is_not(True)
    connection.execute(update(table).where(table.c.source == source, silent).values(_NOTHING_HELD))


def held(connection: Connection) -> tuple[tuple[str, Held], ...]:
    """List what is held back, by source, the oldest first."""
    columns = [column for column in table.c if column.name == "source" or column.name.startswith("held_")]
    found = connection.execute(
        select(*columns).where(table.c.held_reason.is_not(None)).order_by(table.c.held_since, table.c.source)
    )
    return tuple((row["source"], each) for row in found.mappings() if (each := _held(row)) is not None)


def accept_held(connection: Connection, feed: str) -> int:
    """Accept what is held back of a feed, under whatever credentials; return of how many sources that is."""
    return _judge_held(connection, feed, accepted=True)


def refuse_held(connection: Connection, feed: str) -> int:
    """Refuse what is held back of a feed, under whatever credentials; return of how many sources that is."""
    return _judge_held(connection, feed, accepted=False)


def renew(connection: Connection, feed: str | None, *, now: datetime) -> int:
    """Begin a new generation of a feed, under whatever credentials, or of all (None).

    The octets count as changed `now`, to the next second, which is all that a date in a header can tell. Returns how
    many last good answers that concerns.
    """
    later = now + timedelta(seconds=1)
    chosen = _is_of(feed) if feed is not None else table.c.source.is_not(None)
    sources = connection.execute(select(table.c.source).where(chosen)).scalars().all()
    for source in sources if feed is not None else [ALL]:
        _add_generation(connection, source)
    connection.execute(update(table).where(chosen, table.c.changed_at < later).values(changed_at=later))
    return len(sources)


def _judge_held(connection: Connection, feed: str, *, accepted: bool) -> int:
    statement = update(table).where(_is_of(feed), table.c.held_reason.is_not(None))
    return connection.execute(statement.values(held_accepted=accepted, held_refused=not accepted)).rowcount


def _is_of(feed: str) -> ColumnElement[bool]:
    """Match the sources of a feed by what their names begin with: credentials follow behind."""
    return table.c.source.startswith(feed, autoescape=True)


def _generation(source: Any) -> Any:
    numbers = select(func.coalesce(func.sum(generations.c.number), 0)).where(generations.c.source.in_((source, ALL)))
    return numbers.scalar_subquery()


# Made once: to put it together takes as long as to ask the database.
_SOURCE: BindParameter[str] = bindparam("source")
_FOUND = pieces.InPieces(
    select(table, _generation(_SOURCE).label("generation")).where(table.c.source == _SOURCE), "deflated_body"
)


def _generation_now(connection: Connection, source: str) -> int:
    number: int = connection.execute(select(_generation(source))).scalar_one()
    return number


def _add_generation(connection: Connection, source: str) -> None:
    statement = upsert.insert(connection, generations).values(source=source, number=1)
    connection.execute(
        statement.on_conflict_do_update(index_elements=["source"], set_={"number": generations.c.number + 1})
    )


def _held(row: Mapping[Any, Any]) -> Held | None:
    if row["held_reason"] is None:
        return None
    return Held(
        row["held_reason"],
        row["held_text"],
        events=row["held_events"],
        since=row["held_since"],
        accepted=row["held_accepted"],
        refused=bool(row["held_refused"]),
    )
