"""The database behind a URL: how it is connected to, read and written.

Reading needs no transaction: each read is one statement. Writing is one transaction, durable when it ends.

SQLite: a write-ahead log, synchronised at every commit, so that an acknowledged write survives a power cut. A writer
takes the write lock at once (BEGIN IMMEDIATE) and waits for it: SQLite refuses with "database is locked", without
waiting, a transaction that read first and wants to write later. Within a process writers also queue, in order of
arrival: SQLite's own waiting is by polling, and not fair.
"""

import asyncio
import os
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager, nullcontext
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import asyncpg
from sqlalchemy import URL, Connection, event
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from feedproxy.errors import SettingsError

LOCK_SECONDS = 30
"""How long a writer waits for another process's write."""

CONNECT_SECONDS = 10
"""How long a connection to PostgreSQL may take to open."""

WRITES = "feedproxy_writes"
"""The execution option of connections that write."""


class Database:
    """A pool of connections to SQLite or PostgreSQL."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self.is_sqlite = engine.dialect.name == "sqlite"
        self._reader = engine if self.is_sqlite else engine.execution_options(isolation_level="AUTOCOMMIT")
        self._writer = engine.execution_options(**{WRITES: True})
        self._queue: AbstractAsyncContextManager[None] = asyncio.Lock() if self.is_sqlite else nullcontext()

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncConnection]:
        """Give a connection on which each statement stands for itself."""
        async with self._reader.connect() as connection:
            yield connection

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[AsyncConnection]:
        """Give a connection in a transaction: committed at the end, rolled back when an exception leaves it."""
        async with self._queue, self._writer.begin() as connection:
            yield connection

    async def close(self) -> None:
        """Close every connection."""
        await self._engine.dispose()


def open_database(url: str, *, foreign_keys: bool = True) -> Database:
    """Return the database of a URL; it is connected to when first used, but for a SQLite file, which is made here.

    `foreign_keys=False` is for SQLite migrations that replace a table. Raises SettingsError for a URL of no use here.
    """
    scheme, _, rest = url.partition("://")
    if scheme == "sqlite":
        return Database(_sqlite_engine(_sqlite_path(rest), foreign_keys=foreign_keys))
    if scheme in ("postgresql", "postgres"):
        return Database(_postgresql_engine(url))
    raise SettingsError("database_url: sqlite:///path or postgresql://user:password@host/name is wanted")


def _sqlite_path(rest: str) -> Path:
    if not rest.startswith("/") or rest in ("/", "/:memory:") or "?" in rest:
        raise SettingsError("database_url: sqlite:///relative/path or sqlite:////absolute/path is wanted")
    return Path(rest[1:])


def _sqlite_engine(path: Path, *, foreign_keys: bool) -> AsyncEngine:
    _make_private(path)
    url = URL.create("sqlite+aiosqlite", database=str(path))
    arguments = {"isolation_level": None, "timeout": LOCK_SECONDS}
    engine = create_async_engine(url, connect_args=arguments, hide_parameters=True)

    @event.listens_for(engine.sync_engine, "connect")
    def set_pragmas(connection: Any, _: object) -> None:
        cursor = connection.cursor()
        cursor.execute("PRAGMA journal_mode = WAL")
        cursor.execute("PRAGMA synchronous = FULL")
        cursor.execute(f"PRAGMA foreign_keys = {foreign_keys:d}")
        cursor.close()

    @event.listens_for(engine.sync_engine, "begin")
    def take_write_lock(connection: Connection) -> None:
        if connection.get_execution_options().get(WRITES):
            connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine


def _make_private(path: Path) -> None:
    """Make the file, for our user only, if there is none: it holds keys and personal events.

    A file that is there is not opened: closing it would drop the locks that this process has on it elsewhere.
    """
    try:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    except FileExistsError:
        pass
    except OSError as error:
        raise SettingsError(f"database_url: cannot make {path.absolute()}: {error.strerror}") from error


def _postgresql_engine(url: str) -> AsyncEngine:
    """Return an engine that leaves the URL to asyncpg, which reads all that libpq does (sslmode, socket folders)."""
    parts = urlsplit(url)
    if "@" in parts.path + parts.query + parts.fragment:
        raise SettingsError("database_url: characters such as / ? # @ in the password must be percent-encoded")

    async def connect() -> Any:
        return await asyncpg.connect(url, timeout=CONNECT_SECONDS)

    return create_async_engine("postgresql+asyncpg://", async_creator=connect, pool_pre_ping=True, hide_parameters=True)


@contextmanager
def unusable_as_settings_error(url: str) -> Iterator[None]:
    """Turn what a database that cannot be used raises into a SettingsError of one line."""
    try:
        yield
    except (
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
    origin = getattr(error, "orig", None) or error
    if isinstance(origin, ValueError) and not isinstance(origin, asyncpg.PostgresError):
        return "it is no valid URL"
    if isinstance(origin, TimeoutError):
        return f"no answer within {CONNECT_SECONDS} s"
    return str(origin).partition("\n")[0] or type(origin).__name__
