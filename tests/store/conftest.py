from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.servers.postgres import PostgresServer, running_postgres


@pytest.fixture(scope="session")
def postgres(service_program: Callable[[str], Path]) -> Iterator[PostgresServer]:
    with running_postgres(service_program("postgres")) as server:
        yield server
