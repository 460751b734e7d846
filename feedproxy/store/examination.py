"""A look at a database from outside: nothing is made or migrated."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection, func, select

from feedproxy.errors import SettingsError
from feedproxy.store.database import open_database, unusable_as_settings_error
from feedproxy.store.migration import OLD, require_current


@dataclass(frozen=True, slots=True)
class Examined:
    """A database that can be reached. `trouble` is why this release cannot use its tables as they are, None if it can.

    `is_old`: a migration mends that. `clock` is the time there, None for a file, which has no clock of its own.
    """

    trouble: str | None
    is_old: bool
    clock: datetime | None


def sqlite_file(url: str) -> Path | None:
    """Return the file of a `sqlite:///path` URL; None for another URL."""
    return Path(url.removeprefix("sqlite:///")) if url.startswith("sqlite:///") else None


async def examine_database(url: str) -> Examined:
    """Connect, and look. A SQLite file has to be there. Raises SettingsError when the database cannot be used."""
    database = open_database(url)
    try:
        with unusable_as_settings_error(url):
            return await database.read(_examine)
    finally:
        await database.close()


def _examine(connection: Connection) -> Examined:
    is_file = connection.dialect.name == "sqlite"
    clock = None if is_file else connection.execute(select(func.now())).scalar_one()
    try:
        require_current(connection)
    except SettingsError as error:
        return Examined(error.message, error.code == OLD, clock)
    return Examined(None, is_old=False, clock=clock)
