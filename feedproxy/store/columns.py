"""Column types that bring back what was put in, on SQLite and PostgreSQL alike."""

import json
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import BigInteger, DateTime, Dialect, Integer, Text
from sqlalchemy.types import TypeDecorator

ROW_ID = BigInteger().with_variant(Integer(), "sqlite")
"""A row number. SQLite numbers rows by itself only where the type is INTEGER."""


class Instant(TypeDecorator[datetime]):
    """An aware datetime; comes back in UTC. SQLite, which knows no zones, stores the UTC wall clock."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Return the instant in UTC. Raises ValueError for a naive datetime: it names no instant."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("an aware datetime is wanted")
        utc = value.astimezone(UTC)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Return the instant, aware and in UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if dialect.name == "sqlite" else value.astimezone(UTC)


class WallTime(TypeDecorator[date]):
    """A date, or a naive datetime as a clock on the wall shows it, in ISO 8601: which of both it was is kept.

    `fold` is not: a DATE-TIME names the first of two equal local times (RFC 5545 section 3.3.5).
    """

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: date | None, dialect: Dialect) -> str | None:  # noqa: ARG002 # SQLAlchemy's
        """Return the ISO 8601 form. Raises ValueError for an aware datetime: its zone has a column of its own."""
        if isinstance(value, datetime) and value.tzinfo is not None:
            raise ValueError("a naive datetime is wanted")
        return None if value is None else value.isoformat()

    def process_result_value(self, value: str | None, dialect: Dialect) -> date | None:  # noqa: ARG002 # SQLAlchemy's
        """Return the date or naive datetime."""
        if value is None:
            return None
        return datetime.fromisoformat(value) if "T" in value else date.fromisoformat(value)


class Json(TypeDecorator[Any]):
    """What JSON can hold, as its text: in ASCII, so that no string in it is one that cannot be stored."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str:  # noqa: ARG002 # SQLAlchemy's
        """Return the text. Raises TypeError for what JSON cannot hold."""
        return json.dumps(value, separators=(",", ":"))

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:  # noqa: ARG002 # SQLAlchemy's
        """Return what the text says."""
        return None if value is None else json.loads(value)
