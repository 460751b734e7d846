"""SQLite: a file, used by threads of this process.

A write-ahead log, synchronised at every commit, so that an acknowledged write survives a power cut. A writer takes the
write lock at once (BEGIN IMMEDIATE) and waits for it: SQLite refuses with "database is locked", without waiting, a
transaction that read first and wants to write later. Within a process writers also queue, in order of arrival: SQLite's
own waiting is by polling, and not fair.

A transaction is run whole in one thread: to go back and forth between the event loop and a thread for each of its
statements costs more than the statements do.
"""

import asyncio
import os
import sqlite3
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import TypeVar

from sqlalchemy import URL, Connection, create_engine, event

from feedproxy.errors import SettingsError

LOCK_SECONDS = 30
"""How long a writer waits for another process's write."""

READERS = 4
"""Threads that read, beside the one that writes; each keeps a connection open, which costs more than most reads."""

OUTAGES = frozenset(
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

WRITES = "feedproxy_writes"
"""The execution option of connections that write."""

T = TypeVar("T")


class SQLite:
    """Connections to a file, which is made here, for our user only, if there is none.

    `migrating`: references are not checked, since a table may have to be replaced by its altered copy.
    """

    def __init__(self, path: Path, *, migrating: bool) -> None:
        _make_private(path)
        _keep_write_ahead_log(path)
        arguments = {"isolation_level": None, "timeout": LOCK_SECONDS}
        url = URL.create("sqlite", database=str(path))
        self._reader = create_engine(
            url, connect_args=arguments, hide_parameters=True, pool_size=READERS + 1, max_overflow=0
        )
        self._writer = self._reader.execution_options(**{WRITES: True})
        self._readers = ThreadPoolExecutor(READERS, thread_name_prefix="sqlite-reader")
        self._queue = ThreadPoolExecutor(1, thread_name_prefix="sqlite-writer")

        @event.listens_for(self._reader, "connect")
        def set_pragmas(connection: sqlite3.Connection, _: object) -> None:
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute(f"PRAGMA foreign_keys = {not migrating:d}")

        @event.listens_for(self._reader, "begin")
        def take_write_lock(connection: Connection) -> None:
            if connection.get_execution_options().get(WRITES):
                connection.exec_driver_sql("BEGIN IMMEDIATE")

    async def read(self, work: Callable[[Connection], T]) -> T:
        """Return what `work` returns for a connection on which each statement stands for itself."""

        def whole() -> T:
            with self._reader.connect() as connection:
                return work(connection)

        return await asyncio.shield(asyncio.get_running_loop().run_in_executor(self._readers, whole))

    async def write(self, work: Callable[[Connection], T]) -> T:
        """Return what `work` returns for a connection in a transaction, which is rolled back if it raises."""

        def whole() -> T:
            with self._writer.begin() as connection:
                return work(connection)

        return await asyncio.shield(asyncio.get_running_loop().run_in_executor(self._queue, whole))

    async def close(self) -> None:
        """Let what was begun, or waits, end; then close every connection."""
        for threads in (self._queue, self._readers):
            await asyncio.to_thread(threads.shutdown)
        await asyncio.to_thread(self._reader.dispose)  # the last one to close writes the whole log into the file


def is_outage(error: Exception) -> bool:
    """Tell whether it is the file or its disk that SQLite complains of."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF in OUTAGES


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
