from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.servers.postgres import MortalPostgres, mortal_postgres
from tests.servers.redis import RedisServer, running_redis


@pytest.fixture
def redis(service_program: Callable[[str], Path]) -> Iterator[RedisServer]:
    with running_redis(service_program("redis")) as server:
        yield server


@pytest.fixture
def postgres(service_program: Callable[[str], Path]) -> Iterator[MortalPostgres]:
    with mortal_postgres(service_program("postgres")) as server:
        yield server
