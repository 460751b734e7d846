import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from feedproxy.store import migrate
from tests.servers.postgres import PostgresServer, running_postgres


@pytest.fixture(scope="session")
def postgres(service_program: Callable[[str], Path]) -> Iterator[PostgresServer]:
    with running_postgres(service_program("postgres")) as server:
        yield server


@pytest.fixture(scope="session")
def migrated_postgres(postgres: PostgresServer) -> str:
    """Name a database that is migrated and stays empty: copying it is quicker than migrating each time."""
    url = asyncio.run(postgres.new_database())
    asyncio.run(migrate(url))
    return url.rpartition("/")[2]


@pytest.fixture(scope="session")
def shared_postgres(postgres: PostgresServer, migrated_postgres: str) -> str:
    """Give the URL of a database that tests use one after the other: to make and remove one takes a second."""
    return asyncio.run(postgres.new_database(like=migrated_postgres))


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a file that is migrated and otherwise empty."""
    path = tmp_path_factory.mktemp("migrated") / "store.db"
    asyncio.run(migrate(f"sqlite:///{path}"))
    return path
