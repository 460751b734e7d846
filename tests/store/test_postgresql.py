import asyncio
from collections.abc import AsyncIterator

import pytest

from feedproxy.errors import SettingsError, Unavailable
from feedproxy.store import Store, migrate, open_store
from feedproxy.store.schema import metadata
from tests.servers.postgres import PASSWORD, PostgresServer
from tests.store.contract import DENTIST, NOW, execute, opened
from tests.store.whole_contract import WholeContract

pytestmark = pytest.mark.service("postgres")


class TestPostgreSQL(WholeContract):
    @pytest.fixture
    async def url(self, postgres: PostgresServer, shared_postgres: str) -> AsyncIterator[str]:
        yield shared_postgres
        emptying = "; ".join(f"DELETE FROM {table.name}" for table in reversed(metadata.sorted_tables))
        await postgres.execute(database_of(shared_postgres), emptying)

    @pytest.fixture
    async def own_url(self, postgres: PostgresServer, migrated_postgres: str) -> str:
        return await postgres.new_database(like=migrated_postgres)

    @pytest.fixture
    async def empty_url(self, postgres: PostgresServer) -> str:
        return await postgres.new_database()

    async def test_cut_connections_go_unnoticed(self, url: str, postgres: PostgresServer) -> None:
        async with opened(url) as store:
            account = await store.add_account("acme", now=NOW)
            await cut_connections(postgres, url)
            assert await store.account("acme") == account
            await cut_connections(postgres, url)
            assert (await store.add_account("other", now=NOW)).code == "other"

    async def test_an_outage_is_named_and_ends_by_itself(self, own_url: str, postgres: PostgresServer) -> None:
        async with opened(own_url) as store:
            account = await store.add_account("acme", now=NOW)
            await postgres.execute("postgres", f"ALTER DATABASE {database_of(own_url)} ALLOW_CONNECTIONS false")
            await cut_connections(postgres, own_url)
            for attempt in (store.ping(), store.account("acme"), store.put_event(account, "e", DENTIST, [], now=NOW)):
                with pytest.raises(Unavailable):
                    await attempt
            await postgres.execute("postgres", f"ALTER DATABASE {database_of(own_url)} ALLOW_CONNECTIONS true")
            assert await store.account("acme") == account

    async def test_a_standby_that_takes_no_writes_is_an_outage(self, own_url: str, postgres: PostgresServer) -> None:
        read_only = f"ALTER DATABASE {database_of(own_url)} SET default_transaction_read_only = on"
        await postgres.execute("postgres", read_only)
        async with opened(own_url) as store:
            with pytest.raises(Unavailable):
                await store.add_account("acme", now=NOW)
            assert await store.accounts() == ()

    async def test_a_connection_lost_in_a_transaction_is_an_outage(self, url: str, store: Store) -> None:
        with pytest.raises(Unavailable):
            await store._database.write(execute, "SELECT pg_terminate_backend(pg_backend_pid())")
        await store.ping()


def database_of(url: str) -> str:
    return url.rpartition("/")[2]


async def cut_connections(postgres: PostgresServer, url: str) -> None:
    name = database_of(url)
    await postgres.execute("postgres", f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname='{name}'")


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
