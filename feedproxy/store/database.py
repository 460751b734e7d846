"""The database behind a URL: how it is connected to, read and written.

Reading needs no transaction: each read is one statement. Writing is one transaction, durable when it ends.

SQLite: a write-ahead log, synchronised at every commit, so that an acknowledged write survives a power cut. A writer
takes the write lock at once (BEGIN IMMEDIATE) and waits for it: SQLite refuses with "database is locked", without
waiting, a transaction that read first and wants to write later. Within a process writers also queue, in order of
arrival: SQLite's own waiting is by polling, and not fair.

What was begun is ended though its caller is cancelled: a statement that is abandoned keeps its SQLite connection, and
the write lock with it, until the garbage collector comes by; and PostgreSQL loses a connection each time.
"""

import asyncio
import os
import sqlite3
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, closing, contextmanager, nullcontext
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar
from urllib.parse import urlsplit

import asyncpg
from sqlalchemy import URL, Connection, event
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from feedproxy.errors import SettingsError, Unavailable

LOCK_SECONDS = 30
"""How long a writer waits for another process's write."""

CONNECT_SECONDS = 10
"""How long a connection to PostgreSQL may take to open."""

STATEMENT_SECONDS = 60
"""How long PostgreSQL may take over one statement, unless it migrates."""

RETRY_SECONDS = 5
"""What a client is told to wait in an outage."""

POOL = {"pool_size": 5, "max_overflow": 0}
"""Connections of a process. They stay open: opening one costs more than most transactions."""

SQLITE_OUTAGES = frozenset(
    {
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_NOMEM,
        sqlite3.SQLITE_READONLY,
    }
)
"""Primary result codes that tell of the file and its disk, not of the statement."""

POSTGRESQL_OUTAGES = ("25006", "40", "53", "57", "58")
"""SQLSTATEs, or their classes: read-only (a standby), rolled back, out of resources, operator's doing, system error."""

WRITES = "feedproxy_writes"
"""The execution option of connections that write."""


P = ParamSpec("P")
T = TypeVar("T")


class Database:
    """A pool of connections to SQLite or PostgreSQL."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self.is_sqlite = engine.dialect.name == "sqlite"
        self._reader = engine if self.is_sqlite else engine.execution_options(isolation_level="AUTOCOMMIT")
        self._writer = engine.execution_options(**{WRITES: True})
        self._queue: AbstractAsyncContextManager[None] = asyncio.Lock() if self.is_sqlite else nullcontext()
        self._under_way: set[asyncio.Task[Any]] = set()

    async def read(
        self, work: Callable[Concatenate[AsyncConnection, P], Awaitable[T]], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Return what `work(connection, ...)` returns; see `reading`. Raises Unavailable in an outage."""

        async def whole() -> T:
            async with self.reading() as connection:
                return await work(connection, *args, **kwargs)

        return await self._to_its_end(whole())

    async def write(
        self, work: Callable[Concatenate[AsyncConnection, P], Awaitable[T]], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Return what `work(connection, ...)` returns, once durable; see `writing`. Raises Unavailable in an outage."""

        async def whole() -> T:
            async with self.writing() as connection:
                return await work(connection, *args, **kwargs)

        return await self._to_its_end(whole())

    async def _to_its_end(self, work: Coroutine[Any, Any, T]) -> T:
        task = asyncio.create_task(work)
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)
        with _outage_as_unavailable():
            return await asyncio.shield(task)

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
        """Let what was begun end, then close every connection."""
        await asyncio.gather(*self._under_way, return_exceptions=True)
        await self._engine.dispose()


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
    primary = getattr(error.orig, "sqlite_errorcode", 0) & 0xFF
    state = getattr(error.orig, "sqlstate", None) or ""
    return primary in SQLITE_OUTAGES or state.startswith(POSTGRESQL_OUTAGES)


def open_database(url: str, *, migrating: bool = False) -> Database:
    """Return the database of a URL; it is connected to when first used, but for a SQLite file, which is made here.

    `migrating`: SQLite does not check references, since a table may have to be replaced by its altered copy, and
    PostgreSQL may take its time. Raises SettingsError for a URL of no use here.
    """
    scheme, _, rest = url.partition("://")
    if scheme == "sqlite":
        return Database(_sqlite_engine(_sqlite_path(rest), migrating=migrating))
    if scheme in ("postgresql", "postgres"):
        return Database(_postgresql_engine(url, migrating=migrating))
    raise SettingsError("database_url: sqlite:///path or postgresql://user:password@host/name is wanted")


def _sqlite_path(rest: str) -> Path:
    if not rest.startswith("/") or rest in ("/", "/:memory:") or "?" in rest:
        raise SettingsError("database_url: sqlite:///relative/path or sqlite:////absolute/path is wanted")
    return Path(rest[1:])


def _sqlite_engine(path: Path, *, migrating: bool) -> AsyncEngine:
    _make_private(path)
    _keep_write_ahead_log(path)
    url = URL.create("sqlite+aiosqlite", database=str(path))
    arguments = {"isolation_level": None, "timeout": LOCK_SECONDS}
    engine = create_async_engine(url, connect_args=arguments, hide_parameters=True, **POOL)

    @event.listens_for(engine.sync_engine, "connect")
    def set_pragmas(connection: Any, _: object) -> None:
        cursor = connection.cursor()
        cursor.execute("PRAGMA synchronous = FULL")
        cursor.execute(f"PRAGMA foreign_keys = {not migrating:d}")
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


def _keep_write_ahead_log(path: Path) -> None:
    """Give the file a write-ahead log, which it then keeps. Raises SettingsError if SQLite cannot use the file.

    The one lock that SQLite does not wait for: each of two processes that do this at once holds a read lock against the
    other. So we ask again.
    """
    deadline = time.monotonic() + LOCK_SECONDS
    try:
        with closing(sqlite3.connect(path, timeout=LOCK_SECONDS)) as connection:
            while not _has_write_ahead_log(connection):
                if time.monotonic() > deadline:
                    raise SettingsError(f"database_url: another program keeps {path.absolute()} locked")
                time.sleep(0.01)
    except sqlite3.Error as error:
        raise SettingsError(f"database_url: {path.absolute()} cannot be used: {error}") from error


def _has_write_ahead_log(connection: sqlite3.Connection) -> bool:
    try:
        (mode,) = connection.execute("PRAGMA journal_mode = WAL").fetchone()
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode != sqlite3.SQLITE_BUSY:
            raise
        return False
    if mode != "wal":
        raise sqlite3.NotSupportedError(f"its file system allows no write-ahead log, only {mode}")
    return True


def _postgresql_engine(url: str, *, migrating: bool) -> AsyncEngine:
    """Return an engine that leaves the URL to asyncpg, which reads all that libpq does (sslmode, socket folders)."""
    _check_postgresql_url(url)
    limit = None if migrating else STATEMENT_SECONDS

    async def connect() -> Any:
        return await asyncpg.connect(url, timeout=CONNECT_SECONDS, command_timeout=limit)

    return create_async_engine(
        "postgresql+asyncpg://", async_creator=connect, pool_pre_ping=True, hide_parameters=True, **POOL
    )


def _check_postgresql_url(url: str) -> None:
    try:
        parts = urlsplit(url)
        cut_short = "@" in parts.path + parts.query + parts.fragment
        _ = cut_short or parts.port
    except ValueError:
        raise SettingsError("database_url: the host or port is not valid") from None
    if cut_short:
        raise SettingsError("database_url: characters such as / ? # @ in the password must be percent-encoded")


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
        return "a part of the URL is not valid"
    if isinstance(origin, TimeoutError):
        return f"no answer within {CONNECT_SECONDS} s"
    return str(origin).partition("\n")[0] or type(origin).__name__
