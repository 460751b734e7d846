"""Expired tokens do not pile up in the database while the service runs."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest

from feedproxy.errors import Unavailable
from feedproxy.model import AccessToken, RefreshToken
from feedproxy.store import Store, open_store
from feedproxy.web import keys, token_expiry
from tests.web.running import running, utc_now

LONG_AGO = datetime(2015, 12, 6, tzinfo=UTC)


async def add_tokens(url: str, *, expire: datetime) -> bytes:
    store = await open_store(url)
    try:
        account = await store.account("acme") or await store.add_account("acme", now=LONG_AGO)
        client_id, digest = uuid4().hex, uuid4().bytes
        application = await store.add_application(
            account, client_id=client_id, name="", secret_digest=b"x", now=LONG_AGO
        )
        access = AccessToken(digest, client_id, account, expire)
        await store.add_tokens(application, access, RefreshToken(digest, client_id, uuid4(), expire))
    finally:
        await store.close()
    return digest


async def gone(store: Store, digest: bytes) -> None:
    for _ in range(500):
        if await store.refresh_token(digest) is None:
            return
        await asyncio.sleep(0.01)
    raise AssertionError("an expired token is still there")


async def test_expired_tokens_are_forgotten_and_others_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(token_expiry, "PURGE_SECONDS", 0.01)
    url = f"sqlite:///{tmp_path}/feedproxy.db"
    old = await add_tokens(url, expire=LONG_AGO)
    good = await add_tokens(url, expire=utc_now() + timedelta(days=1))
    async with running(tmp_path) as service:
        store = service.app[keys.STORE]
        await gone(store, old)
        later = await add_tokens(url, expire=LONG_AGO)
        await gone(store, later)
        assert await store.refresh_token(good) is not None


@pytest.mark.parametrize("trouble", [Unavailable("the database is away", retry_after=5), RuntimeError("a mistake")])
async def test_trouble_with_the_store_does_not_end_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, trouble: Exception
) -> None:
    monkeypatch.setattr(token_expiry, "PURGE_SECONDS", 0.01)
    tried = asyncio.Semaphore(0)

    async def fail(**_: object) -> int:
        tried.release()
        raise trouble

    async with running(tmp_path) as service, asyncio.timeout(10):
        monkeypatch.setattr(service.app[keys.STORE], "purge_expired_tokens", fail)
        await tried.acquire()
        await tried.acquire()
    assert caplog.records
