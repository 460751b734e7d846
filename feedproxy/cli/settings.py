"""What commands share: where the settings are read from, and a store that is open while a command runs."""

import os
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import click

from feedproxy.config import Settings, load
from feedproxy.store import Store, open_store

config_option: Callable[[click.decorators.FC], click.decorators.FC] = click.option(
    "--config",
    "file",
    type=click.Path(dir_okay=False, path_type=Path),
    envvar="FEEDPROXY_CONFIG",
    help="Settings file; ./feedproxy.toml if it is there.",
)


def read_settings(file: Path | None, overrides: Mapping[str, object] | None = None) -> Settings:
    """Read the settings from the file, this process's environment and the options that were given."""
    given = {name: value for name, value in (overrides or {}).items() if value is not None}
    return load(file, os.environ, given)


@asynccontextmanager
async def opened_store(settings: Settings) -> AsyncIterator[Store]:
    """Open the store, and close it."""
    store = await open_store(settings.database_url.get_secret_value())
    try:
        yield store
    finally:
        await store.close()
