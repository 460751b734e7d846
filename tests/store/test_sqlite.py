import shutil
import sqlite3
import stat
import zlib
from contextlib import ExitStack, closing
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import Connection, text

from feedproxy.errors import SettingsError, Unavailable
from feedproxy.store import open_store, sqlite
from feedproxy.store.database import open_database
from tests.store import processes
from tests.store.contract import DENTIST, GOOD, NOW, execute, make_at, opened
from tests.store.whole_contract import WholeContract


class TestSQLite(WholeContract):
    @pytest.fixture
    async def url(self, migrated_sqlite: Path, tmp_path: Path) -> str:
        return f"sqlite:///{shutil.copy(migrated_sqlite, tmp_path)}"

    @pytest.fixture
    async def own_url(self, url: str) -> str:
        return url

    @pytest.fixture
    async def empty_url(self, tmp_path: Path) -> str:
        return f"sqlite:///{tmp_path / 'empty.db'}"


async def test_every_connection_is_durable_and_checks_references(tmp_path: Path) -> None:
    opened_database = open_database(f"sqlite:///{tmp_path / 'store.db'}")
    found = await opened_database.write(pragmas)
    await opened_database.close()
    full = 2
    assert found == ["wal", full, 1, 30_000]


def pragmas(connection: Connection) -> list[object]:
    names = ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
    return [connection.execute(text(f"PRAGMA {name}")).scalar_one() for name in names]


async def test_a_fresh_file_migrates_itself_and_is_readable_by_its_owner_only(tmp_path: Path) -> None:
    async with opened(f"sqlite:///{tmp_path / 'store.db'}") as store:
        await store.add_account("acme", now=NOW)
        modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in listed(tmp_path)}
    assert modes == {"store.db": 0o600, "store.db-shm": 0o600, "store.db-wal": 0o600}


def listed(folder: Path) -> list[Path]:
    return list(folder.iterdir())


async def test_last_good_answers_of_the_first_schema_stay(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'store.db'}"
    row = {"body": zlib.compress(GOOD.body), "now": "2026-03-29 00:59:59.999999"}
    values = "'source', :body, CAST('digest' AS BLOB), '\"1\"', 'yesterday', 7, :now, :now"
    await make_at(url, "0001", (f"INSERT INTO last_good VALUES ({values})", row))
    async with opened(url) as store:
        assert await store.last_good("source") == GOOD
        assert await store.held() == ()


async def test_a_relative_path_is_relative_to_the_working_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    async with opened("sqlite:///data 100%.db"):
        assert (tmp_path / "data 100%.db").exists()


async def test_a_file_that_stays_locked_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite, "LOCK_SECONDS", 0.1)
    with closing(sqlite3.connect(tmp_path / "store.db", isolation_level=None)) as connection:
        connection.execute("BEGIN EXCLUSIVE")
        with pytest.raises(SettingsError, match=r"another program keeps .*store\.db locked"):
            await open_store(f"sqlite:///{tmp_path / 'store.db'}")


async def test_a_file_that_is_locked_for_long_is_an_outage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite, "LOCK_SECONDS", 0.1)
    path = tmp_path / "store.db"
    async with opened(f"sqlite:///{path}") as store:
        with closing(sqlite3.connect(path, isolation_level=None)) as connection:
            connection.execute("BEGIN EXCLUSIVE")
            with pytest.raises(Unavailable):
                await store.add_account("acme", now=NOW)
            assert await store.accounts() == (), "who only reads does not wait"
        await store.add_account("acme", now=NOW)


@pytest.mark.parametrize("pragma", ["query_only = ON", "max_page_count = 1"], ids=["read-only", "full"])
async def test_a_file_that_cannot_be_written_is_an_outage(tmp_path: Path, pragma: str) -> None:
    async with opened(f"sqlite:///{tmp_path / 'store.db'}") as store:
        account = await store.add_account("acme", now=NOW)
        await store._database.read(execute, f"PRAGMA {pragma}")
        big = replace(DENTIST, description="x" * 100_000)
        with pytest.raises(Unavailable):
            await store.put_event(account, "e", big, [], now=NOW)
        assert await store.accounts() == (account,)


def test_processes_may_open_a_fresh_file_at_once(tmp_path: Path) -> None:
    for attempt in range(5):
        with ExitStack() as stack:
            url = f"sqlite:///{tmp_path / f'{attempt}.db'}"
            started = [stack.enter_context(processes.started(processes.open_at_once, url)) for _ in range(6)]
            for _, said in started:
                said.send("go")
            assert [said.recv() for _, said in started] == ["done"] * 6
