"""`feedproxy doctor`: it asks what feedproxy needs, changes nothing, and its exit code says whether something fails."""

import asyncio
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from feedproxy.config import Settings, load
from feedproxy.ops import surroundings
from feedproxy.ops.doctor import Finding
from feedproxy.ops.surroundings import cache_finding, store_findings, upstream_findings
from feedproxy.store.examination import Examined
from feedproxy.upstream import GuardedSession
from feedproxy.upstream.configured import egress_policy
from tests.cli.program import feedproxy
from tests.servers.upstream import upstream
from tests.web.running import utc_now


def diagnosed(folder: Path, **settings: str) -> tuple[int, dict[str, dict[str, str]]]:
    """Run it; return the exit code and its findings by what was looked at."""
    extra = {f"FEEDPROXY_{name.upper()}": value for name, value in settings.items()}
    done = feedproxy(folder, "doctor", "--json", extra=extra)
    return done.returncode, {each["check"]: each for each in json.loads(done.stdout)["findings"]}


def made_in(folder: Path) -> list[Path]:
    return list(folder.iterdir())


async def test_all_is_well_before_the_first_start_and_nothing_is_made(tmp_path: Path) -> None:
    async with upstream() as behind:
        code, found = await asyncio.to_thread(diagnosed, tmp_path, upstream_url=behind.url)
    assert {check: each["level"] for check, each in found.items() if each["level"] != "ok"} == {}
    assert code == 0
    assert {"settings", "store", "cache", "upstream", "clock", "tzdata", "secret key", "open files"} <= found.keys()
    assert made_in(tmp_path) == []


def test_what_fails_is_told_with_its_fix_and_no_secret(tmp_path: Path) -> None:
    settings = tmp_path / "feedproxy.toml"
    settings.write_text('upstream_url = "http://127.0.0.1:9"\nsecret_key = "hunter2hunter2hunter2hunter2hunter2"\n')
    settings.chmod(0o644)
    done = feedproxy(tmp_path, "doctor", extra={"FEEDPROXY_DATABASE_URL": "postgresql://me:hunter2@127.0.0.1:9/feeds"})
    said = done.stdout.decode()
    assert done.returncode == 1
    lines = said.splitlines()
    assert [line.split()[:2] for line in lines if line.startswith("failure")] == [
        ["failure", "store"],
        ["failure", "upstream"],
    ]
    assert any(line.startswith("warning  settings file") for line in lines)
    assert "                       fix: chmod o-rwx feedproxy.toml" in lines
    assert "hunter2" not in said + done.stderr.decode()
    assert "\x1b" not in said


def test_settings_that_contradict_each_other_are_a_finding(tmp_path: Path) -> None:
    code, found = diagnosed(tmp_path, workers="3")
    assert code == 1
    assert "set redis_url" in found["settings"]["text"]


def settings_of(given: Mapping[str, object]) -> Settings:
    return load(None, {}, given)


async def looked_at(settings: Settings) -> list[Finding]:
    return [each async for each in store_findings(settings, utc_now)]


@pytest.mark.parametrize(
    ("trouble", "off", "levels"),
    [
        (None, 0, ["ok", "ok"]),
        ("database_url: the database has no tables or old ones; run `feedproxy migrate`", 0, ["failure", "ok"]),
        (None, 3_600, ["ok", "failure"]),
    ],
)
async def test_the_tables_and_the_clock_of_the_database_are_looked_at(
    monkeypatch: pytest.MonkeyPatch, trouble: str | None, off: int, levels: list[str]
) -> None:
    async def examined(url: str) -> Examined:
        return Examined(trouble, trouble is not None, utc_now() + timedelta(seconds=off))

    monkeypatch.setattr(surroundings, "examine_database", examined)
    found = await looked_at(settings_of({"database_url": "postgresql://db/feeds"}))
    assert [(each.check, each.level) for each in found] == list(zip(["store", "clock"], levels, strict=True))


async def test_old_tables_of_a_file_are_no_worry(tmp_path: Path) -> None:
    settings = settings_of({"database_url": f"sqlite:///{tmp_path}/feedproxy.db"})
    (tmp_path / "feedproxy.db").touch()
    (finding,) = await looked_at(settings)
    assert (finding.check, finding.level) == ("store", "ok")
    assert "next start" in finding.text


async def test_a_folder_that_cannot_be_written_to_is_a_failure(tmp_path: Path) -> None:
    (finding,) = await looked_at(settings_of({"database_url": f"sqlite:///{tmp_path}/none/feedproxy.db"}))
    assert (finding.check, finding.level) == ("store", "failure")


async def test_a_redis_that_is_away_is_a_failure_where_processes_need_it() -> None:
    away = {"redis_url": "redis://:hunter2@127.0.0.1:9/0"}
    for workers, level in ((1, "warning"), (2, "failure")):
        finding = await cache_finding(settings_of({**away, "workers": workers}))
        assert finding.level == level
        assert "hunter2" not in finding.text


async def test_the_upstream_tells_the_time() -> None:
    async with upstream() as behind:
        settings = settings_of({"upstream_url": behind.url})
        async with GuardedSession(egress_policy(settings, [behind.url])) as session:
            _, clock = [each async for each in upstream_findings(settings, session, lambda: LONG_AGO)]
    assert (clock.check, clock.level) == ("clock", "failure")


LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
