"""The service as a process of its own, before an upstream that a test commands."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import pytest
from aiohttp import encode_basic_auth

from tests.cli.program import feedproxy, serving
from tests.servers.upstream import Answer, Upstream, calendar, upstream

PUBLIC = UUID("8e71077b-c7f2-42b8-acb9-bda8f804c0d7")
PROTECTED = UUID("b78b79ba-607b-4f7a-9f4a-a46646f5a52e")
USER, PASSWORD = "fan", "s3cret"


@dataclass(frozen=True)
class Service:
    """A running `feedproxy serve`, with an account and an API client."""

    url: str
    pid: int
    upstream: Upstream
    folder: Path
    settings: dict[str, str]
    client_id: str
    client_secret: str


@pytest.fixture
async def service(tmp_path: Path) -> AsyncIterator[Service]:
    async with upstream() as behind:
        behind.answers[PUBLIC] = Answer(calendar("bears", "lions"), etag='"1"')
        credentials = encode_basic_auth(USER, PASSWORD)
        behind.answers[PROTECTED] = Answer(calendar("secret"), credentials=credentials)
        settings = {"FEEDPROXY_UPSTREAM_URL": behind.url}
        assert feedproxy(tmp_path, "account", "add", "BEARS").returncode == 0
        client = feedproxy(tmp_path, "application", "add", "BEARS").stdout.decode().split()
        async with serving(tmp_path, extra=settings) as (process, url):
            yield Service(
                url=url,
                pid=process.pid,
                upstream=behind,
                folder=tmp_path,
                settings=settings,
                client_id=client[client.index("client_id") + 1],
                client_secret=client[client.index("client_secret") + 1],
            )
