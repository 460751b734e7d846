"""Values of many octets, which go to PostgreSQL and come from it a piece at a time: the event loop turns in between.

The driver works on a message of 15 MB, its own or the server's, for up to 100 ms at once. So what is written is put in
a temporary table first, and together by the server, in the transaction that wants it; and a row is read by a statement
that gives it once for each of its pieces, all of the same moment. SQLite is used in threads and needs none of it.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import (
    Column,
    Connection,
    Integer,
    LargeBinary,
    MetaData,
    RowMapping,
    Select,
    Table,
    delete,
    func,
    insert,
    literal,
    select,
    true,
)
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.schema import CreateTable

PIECE = 500_000
"""Octets that are handed to the driver at once; it takes less than a millisecond for them."""

_gathered = Table(
    "gathered_pieces",
    MetaData(),
    Column("number", Integer, nullable=False),
    Column("piece", LargeBinary, nullable=False),
    prefixes=["TEMPORARY"],
    postgresql_on_commit="DELETE ROWS",
)
_MAKE = CreateTable(_gathered, if_not_exists=True)
_EMPTY, _ADD = delete(_gathered), insert(_gathered)
_TOGETHER = select(
    func.string_agg(_gathered.c.piece, aggregate_order_by(literal(b"", LargeBinary), _gathered.c.number))
).scalar_subquery()


def handed_over(connection: Connection, octets: bytes) -> Any:
    """Return what stands for `octets` in the very next statement of a transaction: themselves, if they are few."""
    if connection.dialect.name == "sqlite" or len(octets) <= PIECE:
        return octets
    connection.execute(_MAKE)
    connection.execute(_EMPTY)
    for number, start in enumerate(range(0, len(octets), PIECE)):
        connection.execute(_ADD, {"number": number, "piece": octets[start : start + PIECE]})
    return _TOGETHER


class InPieces:
    """A statement that finds one row at most, which has many octets in the column of that name."""

    def __init__(self, statement: Select[Any], column: str) -> None:
        self._column = column
        self._whole = statement
        found = statement.subquery()
        octets = found.c[column]
        starts = func.generate_series(0, func.octet_length(octets), PIECE).table_valued("start").render_derived()
        piece = func.substring(octets, starts.c.start + 1, PIECE, type_=LargeBinary).label(column)
        others = [each for each in found.c if each is not octets]
        self._pieces = select(*others, starts.c.start, piece).join_from(found, starts, true())

    def one_or_none(self, connection: Connection, **values: object) -> tuple[RowMapping, Sequence[bytes]] | None:
        """Return the row, if there is one, and the octets in pieces; `values` are those of the statement's parameters.

        In the row itself stands the first piece, or all of them.
        """
        if connection.dialect.name == "sqlite":
            row = connection.execute(self._whole, values).mappings().one_or_none()
            return (row, (row[self._column],)) if row is not None else None
        rows = connection.execute(self._pieces, values).mappings().all()
        in_order = sorted(rows, key=lambda row: row["start"])
        return (in_order[0], [row[self._column] for row in in_order]) if in_order else None
