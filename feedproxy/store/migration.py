"""Bringing a database's tables to what this release expects, with Alembic and the scripts in `migrations`."""

from importlib.resources import files

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from feedproxy.errors import SettingsError
from feedproxy.store.database import open_database, unusable_as_settings_error

SCRIPTS = str(files("feedproxy.store") / "migrations")

OLD = "old-tables"
"""The code of the error that `feedproxy migrate` mends."""

ONE_MIGRATION_AT_A_TIME = 4_117_920_016
"""The key of PostgreSQL's advisory lock, a number of our own."""


async def migrate(url: str) -> None:
    """Bring the database to this release's schema; nothing happens when it is there. All or nothing, one at a time.

    Raises SettingsError when the database cannot be used or is a newer release's.
    """
    with unusable_as_settings_error(url):
        database = open_database(url, migrating=True)
        try:
            await database.write(_upgrade)
        finally:
            await database.close()


def _upgrade(connection: Connection) -> None:
    is_sqlite = connection.dialect.name == "sqlite"
    if not is_sqlite:
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": ONE_MIGRATION_AT_A_TIME})
    if _is_current(connection):
        return
    _run_scripts(connection)
    if is_sqlite and connection.execute(text("PRAGMA foreign_key_check")).first():
        raise SettingsError("database_url: the migration would leave rows that belong to nothing; nothing was changed")


def require_current(connection: Connection) -> None:
    """Raise SettingsError unless the database has this release's schema."""
    if not _is_current(connection):
        raise SettingsError("database_url: the database has no tables or old ones; run `feedproxy migrate`", code=OLD)


def _is_current(connection: Connection) -> bool:
    scripts = ScriptDirectory(SCRIPTS)
    found = MigrationContext.configure(connection).get_current_revision()
    if found is not None and found not in {script.revision for script in scripts.walk_revisions()}:
        raise SettingsError(f"database_url: a newer feedproxy made this database (revision {found}); update feedproxy")
    return found == scripts.get_current_head()


def _run_scripts(connection: Connection) -> None:
    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", SCRIPTS.replace("%", "%%"))
    command.upgrade(config, "head")
