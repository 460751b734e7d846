import asyncio

import asyncpg
import pytest

from feedproxy.errors import SettingsError
from feedproxy.store import migrate, open_store
from tests.servers.postgres import PASSWORD, PostgresServer
from tests.store.contract import NOW, StoreContract, opened

pytestmark = pytest.mark.service("postgres")


class TestPostgreSQL(StoreContract):
    @pytest.fixture
    async def url(self, postgres: PostgresServer) -> str:
        url = await postgres.new_database()
        await migrate(url)
        return url

    async def test_it_recovers_when_its_connections_are_cut(self, url: str, postgres: PostgresServer) -> None:
        async with opened(url) as store:
            account = await store.add_account("acme", now=NOW)
            await cut_connections(url)
            assert await store.account("acme") == account
            await cut_connections(url)
            assert (await store.add_account("other", now=NOW)).code == "other"


async def cut_connections(url: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        cut = await connection.fetch(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        assert cut
    finally:
        await connection.close()


async def test_a_database_without_tables_is_refused_until_migrated(postgres: PostgresServer) -> None:
    url = await postgres.new_database()
    with pytest.raises(SettingsError, match=r"^database_url: .*`feedproxy migrate`$"):
        await open_store(url)
    await migrate(url)
    async with opened(url) as store:
        await store.ping()


async def test_migrations_at_once_wait_for_each_other(postgres: PostgresServer) -> None:
    url = await postgres.new_database()
    await asyncio.gather(*[migrate(url) for _ in range(4)])
    async with opened(url) as store:
        await store.ping()


async def test_a_wrong_password_and_a_missing_database_are_named_without_the_password(
    postgres: PostgresServer,
) -> None:
    with pytest.raises(SettingsError, match='password authentication failed for user "feedproxy"') as refused:
        await open_store(postgres.url("postgres", password="wr0ng"))
    assert "wr0ng" not in refused.value.message
    with pytest.raises(SettingsError, match='database "absent" does not exist') as refused:
        await open_store(postgres.url("absent"))
    assert PASSWORD not in refused.value.message
