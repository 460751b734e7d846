"""/healthz is about the process, /readyz about the store; a dead upstream takes nobody out of service."""

from pathlib import Path

import pytest
from aiohttp import ClientSession

from feedproxy.web import keys
from feedproxy.web.health import CACHE
from tests.web.running import running


async def test_a_service_whose_upstream_is_dead_is_alive_and_ready(tmp_path: Path) -> None:
    async with running(tmp_path, upstream_url="http://127.0.0.1:9") as service, ClientSession() as session:
        for path, status in (("/healthz", "alive"), ("/readyz", "ready")):
            async with session.get(service.url + path) as answer:
                assert answer.status == 200
                assert (await answer.json())["status"] == status
                assert answer.headers["Cache-Control"] == "no-store"


async def test_without_its_store_it_is_alive_but_not_ready(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken() -> None:
        raise ConnectionRefusedError("db.example:5432, password hunter2")

    async with running(tmp_path) as service, ClientSession() as session:
        monkeypatch.setattr(service.app[keys.STORE], "ping", broken)
        async with session.get(f"{service.url}/readyz") as answer:
            assert answer.status == 503
            assert await answer.json() == {"status": "not ready", "store": "ConnectionRefusedError", "cache": "ok"}
        async with session.get(f"{service.url}/healthz") as answer:
            assert answer.status == 200


async def test_trouble_with_the_cache_is_told_and_no_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def away() -> str:
        return "redis: connection refused"

    async with running(tmp_path) as service, ClientSession() as session:
        monkeypatch.setattr(service.app[CACHE], "ping", away)
        async with session.get(f"{service.url}/readyz") as answer:
            assert answer.status == 200
            assert (await answer.json())["cache"] == "redis: connection refused"
