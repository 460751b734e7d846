"""A database is looked at from outside without being changed."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from feedproxy.errors import SettingsError
from feedproxy.store import migrate
from feedproxy.store.examination import examine_database, sqlite_file
from tests.servers.postgres import PostgresServer


@pytest.mark.service("postgres")
async def test_a_database_says_the_time_and_whether_its_tables_are_this_releases(postgres: PostgresServer) -> None:
    url = await postgres.new_database()
    for _ in range(2):  # to look does not migrate
        empty = await examine_database(url)
        assert empty.trouble is not None
        assert empty.is_old
    await migrate(url)
    current = await examine_database(url)
    assert (current.trouble, current.is_old) == (None, False)
    assert current.clock is not None
    assert abs(current.clock - datetime.now(UTC)) < timedelta(minutes=1)  # noqa: TID251 # two clocks are compared


@pytest.mark.service("postgres")
async def test_one_that_does_not_let_us_in_is_an_error(postgres: PostgresServer) -> None:
    with pytest.raises(SettingsError, match="cannot be used"):
        await examine_database(postgres.url("postgres", password="wrong"))


async def test_a_file_has_no_clock(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/feedproxy.db"
    assert sqlite_file(url) == tmp_path / "feedproxy.db"
    assert sqlite_file("postgresql://db/feeds") is None
    await migrate(url)
    examined = await examine_database(url)
    assert (examined.trouble, examined.clock) == (None, None)
