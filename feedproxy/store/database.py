"""The database behind a URL: how it is read and written, and what is said when that cannot be done.

Reading needs no transaction: each read is one statement. Writing is one transaction, durable when it ends. Either is a
function of a SQLAlchemy connection: SQLite runs it in a thread, PostgreSQL between the awaits of the event loop, so it
does nothing that takes long but ask the database.
"""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Concatenate, ParamSpec, TypeVar
from urllib.parse import urlsplit

import asyncpg
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from feedproxy.errors import SettingsError, Unavailable
from feedproxy.store import postgresql, sqlite
from feedproxy.store.postgresql import CONNECT_SECONDS, PostgreSQL
from feedproxy.store.sqlite import SQLite

RETRY_SECONDS = 5
"""What a client is told to wait in an outage."""

P = ParamSpec("P")
T = TypeVar("T")


class Database:
    """A pool of connections to SQLite or PostgreSQL. What was begun is ended though its caller is cancelled."""

    def __init__(self, connections: SQLite | PostgreSQL) -> None:
        self._connections = connections

    async def read(self, work: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Return what `work(connection, ...)` returns, whose statements each stand for themselves.

        Raises Unavailable in an outage.
        """
        with _outage_as_unavailable():
            return await self._connections.read(lambda connection: work(connection, *args, **kwargs))

    async def write(self, work: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Return what `work(connection, ...)` returns, once durable; what it did is undone if it raises.

        Raises Unavailable in an outage.
        """
        with _outage_as_unavailable():
            return await self._connections.write(lambda connection: work(connection, *args, **kwargs))

    async def close(self) -> None:
        """Let what was begun end, then close every connection."""
        await self._connections.close()


@contextmanager
def _outage_as_unavailable() -> Iterator[None]:
    """Raise Unavailable for what the database cannot do now. What a statement did wrong passes."""
    try:
        yield
    except DBAPIError as error:
        if not _is_outage(error):
            raise
        raise Unavailable("the database cannot be reached", retry_after=RETRY_SECONDS) from error
    except (PoolTimeout, asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as error:
        raise Unavailable("the database cannot be reached", retry_after=RETRY_SECONDS) from error


def _is_outage(error: DBAPIError) -> bool:
    if error.statement is None or error.connection_invalidated:
        return True
    return isinstance(error.orig, Exception) and (sqlite.is_outage(error.orig) or postgresql.is_outage(error.orig))


def open_database(url: str, *, migrating: bool = False) -> Database:
    """Return the database of a URL; it is connected to when first used, but for a SQLite file, which is made here.

    `migrating`: see there. Raises SettingsError for a URL of no use here.
    """
    scheme, _, rest = url.partition("://")
    if scheme == "sqlite":
        return Database(SQLite(_sqlite_path(rest), migrating=migrating))
    if scheme in ("postgresql", "postgres"):
        return Database(PostgreSQL(url, migrating=migrating))
    raise SettingsError("database_url: sqlite:///path or postgresql://user:password@host/name is wanted")


def _sqlite_path(rest: str) -> Path:
    if not rest.startswith("/") or rest in ("/", "/:memory:") or "?" in rest:
        raise SettingsError("database_url: sqlite:///relative/path or sqlite:////absolute/path is wanted")
    return Path(rest[1:])


@contextmanager
def unusable_as_settings_error(url: str) -> Iterator[None]:
    """Turn what a database that cannot be used raises into a SettingsError of one line."""
    try:
        yield
    except (
        Unavailable,
        SQLAlchemyError,
        sqlite3.Error,
        asyncpg.PostgresError,
        asyncpg.InterfaceError,
        OSError,
        ValueError,
    ) as error:
        raise SettingsError(f"database_url: {_shown(url)} cannot be used: {_reason(error)}") from None


def _shown(url: str) -> str:
    """Return the URL without user name, password and parameters."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


def _reason(error: Exception) -> str:
    """Return the first line of what the database said; nothing of a URL that could not be read: it has a password."""
    cause = error.__cause__ if isinstance(error, Unavailable) else error
    origin = getattr(cause, "orig", None) or cause
    if isinstance(origin, ValueError) and not isinstance(origin, asyncpg.PostgresError):
        return "a part of the URL is not valid"
    if isinstance(origin, TimeoutError):
        return f"no answer within {CONNECT_SECONDS} s"
    return str(origin).partition("\n")[0] or type(origin).__name__
