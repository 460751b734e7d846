"""PostgreSQL: connections of the event loop, by asyncpg.

What was begun is ended though its caller is cancelled: asyncpg gives up the connection of an abandoned statement.
"""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar
from urllib.parse import urlsplit

import asyncpg
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import create_async_engine

from feedproxy.errors import SettingsError

CONNECT_SECONDS = 10
"""How long a connection may take to open."""

STATEMENT_SECONDS = 60
"""How long one statement may take, unless it migrates."""

CONNECTIONS = 5
"""So many of a process. They stay open: opening one costs more than most transactions."""

OUTAGES = ("25006", "40", "53", "57", "58")
"""SQLSTATEs, or their classes: read-only (a standby), rolled back, out of resources, operator's doing, system error."""

T = TypeVar("T")


class PostgreSQL:
    """Connections to a URL, which is left to asyncpg: it reads all that libpq does (sslmode, socket folders).

    `migrating`: a statement may take its time.
    """

    def __init__(self, url: str, *, migrating: bool) -> None:
        _check_url(url)
        limit = None if migrating else STATEMENT_SECONDS

        async def connect() -> Any:
            return await asyncpg.connect(url, timeout=CONNECT_SECONDS, command_timeout=limit)

        self._writer = create_async_engine(
            "postgresql+asyncpg://",
            async_creator=connect,
            pool_pre_ping=True,
            hide_parameters=True,
            pool_size=CONNECTIONS,
            max_overflow=0,
        )
        self._reader = self._writer.execution_options(isolation_level="AUTOCOMMIT")
        self._under_way: set[asyncio.Task[Any]] = set()

    async def read(self, work: Callable[[Connection], T]) -> T:
        """Return what `work` returns for a connection on which each statement stands for itself."""

        async def whole() -> T:
            async with self._reader.connect() as connection:
                return await connection.run_sync(work)

        return await self._to_its_end(whole())

    async def write(self, work: Callable[[Connection], T]) -> T:
        """Return what `work` returns for a connection in a transaction, which is rolled back if it raises."""

        async def whole() -> T:
            async with self._writer.begin() as connection:
                return await connection.run_sync(work)

        return await self._to_its_end(whole())

    async def close(self) -> None:
        """Let what was begun end; then close every connection."""
        await asyncio.gather(*self._under_way, return_exceptions=True)
        await self._writer.dispose()

    async def _to_its_end(self, work: Coroutine[Any, Any, T]) -> T:
        task = asyncio.create_task(work)
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)
        return await asyncio.shield(task)


def is_outage(error: Exception) -> bool:
    """Tell whether it is the server that is in trouble, not the statement."""
    return (getattr(error, "sqlstate", None) or "").startswith(OUTAGES)


def _check_url(url: str) -> None:
    try:
        parts = urlsplit(url)
        cut_short = "@" in parts.path + parts.query + parts.fragment
        _ = cut_short or parts.port
    except ValueError:
        raise SettingsError("database_url: the host or port is not valid") from None
    if cut_short:
        raise SettingsError("database_url: characters such as / ? # @ in the password must be percent-encoded")
