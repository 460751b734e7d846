"""The supervisor: which ends of a worker end the others."""

import asyncio
from pathlib import Path

import pytest

from feedproxy.cli import workers
from feedproxy.cli.workers import CANNOT_START, Supervisor

CANNOT_START_AT_FIRST = """
echo >> starts
[ $(wc -l < starts) -gt 2 ] || exit 2
exec sleep 60
"""


def supervisor(folder: Path) -> Supervisor:
    return Supervisor(["sh", "-c", f"cd {folder}; {CANNOT_START_AT_FIRST}"], count=1, stop_seconds=5)


def starts(folder: Path) -> int:
    return len((folder / "starts").read_text().splitlines()) if (folder / "starts").exists() else 0


async def test_settings_that_are_wrong_end_the_service(tmp_path: Path) -> None:
    async with asyncio.timeout(10):
        assert await supervisor(tmp_path).run() == CANNOT_START
    assert starts(tmp_path) == 1


async def test_a_database_that_is_away_for_a_while_ends_nothing_later_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workers, "STEADY_SECONDS", 0.0)
    monkeypatch.setattr(workers, "FIRST_WAIT", 0.01)
    supervised = supervisor(tmp_path)
    running = asyncio.ensure_future(supervised.run())
    async with asyncio.timeout(10):
        while starts(tmp_path) < 3:  # noqa: ASYNC110 # it is another process
            await asyncio.sleep(0.01)
        assert not running.done()
        supervised._stop.set()
        assert await running == 0
