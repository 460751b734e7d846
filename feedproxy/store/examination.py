"""A look at a database from outside: nothing is made or migrated."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import func, select

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
    trouble: str | None = None
    is_old = False
    clock: datetime | None = None
    try:
        with unusable_as_settings_error(url):
            async with database.reading() as connection:
                if not database.is_sqlite:
                    clock = (await connection.execute(select(func.now()))).scalar_one()
                try:
                    await connection.run_sync(require_current)
                except SettingsError as error:
                    trouble, is_old = error.message, error.code == OLD
    finally:
        await database.close()
    return Examined(trouble, is_old, clock)
