"""The files in samples/ work as they are: settings are read, feeds transformed, systemd understands its unit."""

import asyncio
import configparser
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest

from feedproxy.config import load
from feedproxy.transform import render

SAMPLES = Path(__file__).parents[2] / "samples"
TEMPORARY = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
FEEDS = sorted((SAMPLES / "feeds").glob("*.ics"))


def test_the_settings_are_read() -> None:
    settings = load(SAMPLES / "feedproxy.toml", {})
    assert settings.public_url == "https://feeds.example.com"


def test_the_settings_that_are_commented_out_are_read_too(tmp_path: Path) -> None:
    given = (SAMPLES / "feedproxy.toml").read_text()
    one_machine, _, more = given.partition("# More than one process")
    more = "".join(f"{line.removeprefix('# ')}\n" for line in more.splitlines() if " = " in line or "[[" in line)
    alternative = tomllib.loads(one_machine) | tomllib.loads(more)
    settings = load(None, {}, alternative)
    assert settings.workers == 4
    assert [edge.kind for edge in settings.edges] == ["varnish"]


def test_the_settings_for_cdns_are_read() -> None:
    example = (SAMPLES / "cdn/README.md").read_text().partition("```toml\n")[2].partition("```")[0]
    settings = load(None, {}, tomllib.loads(example))
    assert [edge.kind for edge in settings.edges] == ["fastly", "cloudflare"]


@pytest.mark.parametrize("feed", FEEDS, ids=lambda feed: feed.name)
def test_the_feeds_have_what_the_transform_puts_right(feed: Path) -> None:
    body = feed.read_bytes()
    assert b'TZID="' in body
    assert b"METHOD:REFRESH\r\n" in body
    rules = {change.rule for change in render(body).report.changes}
    assert {"rule-separator", "method"} <= rules


def test_there_are_feeds() -> None:
    assert len(FEEDS) >= 2


UNIT = SAMPLES / "systemd/feedproxy.service"


def test_the_unit_runs_a_command_that_there_is_and_gives_back_memory() -> None:
    unit = configparser.ConfigParser(strict=False, interpolation=None, delimiters=("=",))
    unit.optionxform = str  # type: ignore[assignment,method-assign] # names keep their case
    unit.read(UNIT)
    service = unit["Service"]
    assert service["ExecStart"].split()[1:] == ["serve", "--config", "/etc/feedproxy/feedproxy.toml"]
    assert "MALLOC_TRIM_THRESHOLD_=" in service["Environment"]
    assert int(service["TimeoutStopSec"]) > load(SAMPLES / "feedproxy.toml", {}).stop_seconds


@pytest.mark.service("systemd")
async def test_systemd_finds_no_fault_with_the_unit(tmp_path: Path, service_program: Callable[[str], Path]) -> None:
    unit = tmp_path / "feedproxy.service"
    unit.write_text(UNIT.read_text().replace("/opt/feedproxy/bin/feedproxy", "/bin/true"))
    process = await asyncio.create_subprocess_exec(
        service_program("systemd"), "verify", str(unit), stderr=asyncio.subprocess.PIPE
    )
    faults = (await process.communicate())[1].decode()
    assert [line for line in faults.splitlines() if "feedproxy.service" in line] == []
