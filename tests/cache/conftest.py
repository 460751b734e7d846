from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.servers.redis import RedisServer, running_redis


@pytest.fixture
def redis(service_program: Callable[[str], Path]) -> Iterator[RedisServer]:
    with running_redis(service_program("redis")) as server:
        yield server
