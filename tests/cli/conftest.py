"""A Redis of the test's own."""

import shlex
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import redis
from aiohttp.test_utils import unused_port


@pytest.fixture
def redis_url(tmp_path: Path, service_program: Callable[[str], Path]) -> Iterator[str]:
    port = unused_port()
    options = f"--port {port} --save '' --dir {tmp_path} --bind 127.0.0.1"
    command = [str(service_program("redis")), *shlex.split(options)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as server:
        with redis.Redis(port=port) as client:
            wait_for(client)
        yield f"redis://127.0.0.1:{port}/0"
        server.terminate()


def wait_for(client: redis.Redis) -> None:
    for _ in range(200):
        try:
            client.ping()
        except redis.ConnectionError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError("redis-server does not answer")
