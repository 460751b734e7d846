"""Commands that run and end: what they print, what they return, and one line for what is wrong."""

import json
import re
import subprocess
from pathlib import Path

import pytest

import feedproxy as package
from feedproxy.demo import races
from tests.cli.program import COMMAND, ROOT, environment, feedproxy
from tests.servers.upstream import calendar
from tzmap import CLDR_VERSION, TZDATA_EDITION

LEAGUE = (ROOT / "samples/feeds/league.ics").read_bytes()
EVENT = {"eventId": "1", "title": "Seat 12", "start": "2026-12-05T12:15:00", "timezone": "Eastern Standard Time"}


def test_version_names_package_tzdata_and_cldr(tmp_path: Path) -> None:
    result = feedproxy(tmp_path, "--version")
    assert result.stdout.decode() == (
        f"feedproxy {package.__version__}, tzdata {TZDATA_EDITION}, CLDR {CLDR_VERSION}\n"
    )


def test_help_lists_every_command(tmp_path: Path) -> None:
    result = feedproxy(tmp_path, "--help")
    assert result.returncode == 0
    for command in (
        "serve",
        "config",
        "migrate",
        "account",
        "application",
        "calendar",
        "source",
        "tag",
        "demo",
        "transform",
        "explain",
        "feed",
    ):
        assert f"\n  {command} " in result.stdout.decode()


def test_config_prints_what_is_in_force_without_secrets(tmp_path: Path) -> None:
    (tmp_path / "feedproxy.toml").write_text('port = 4711\nsecret_key = "hunter2-hunter2-hunter2-hunter2-hunter2"\n')
    result = feedproxy(tmp_path, "config", extra={"FEEDPROXY_HOST": "10.0.0.1"})
    lines = result.stdout.decode().splitlines()
    assert "port = 4711" in lines
    assert "host = 10.0.0.1" in lines
    assert "secret_key = ***" in lines
    assert b"hunter2" not in result.stdout + result.stderr


@pytest.mark.parametrize("command", [["serve"], ["config"], ["migrate"], ["account", "list"]])
def test_an_unknown_setting_stops_with_one_line_that_names_it(tmp_path: Path, command: list[str]) -> None:
    result = feedproxy(tmp_path, *command, extra={"FEEDPROXY_PROT": "hunter2"})
    assert result.returncode == 2
    assert result.stdout == b""
    assert result.stderr == b"feedproxy: FEEDPROXY_PROT: there is no setting 'prot'; did you mean 'port'?\n"


def test_the_settings_file_can_be_named_in_the_environment(tmp_path: Path) -> None:
    (tmp_path / "other.toml").write_text("port = 4712\n")
    result = feedproxy(tmp_path, "config", extra={"FEEDPROXY_CONFIG": "other.toml"})
    assert b"port = 4712\n" in result.stdout


def test_accounts_and_applications_are_made_and_a_secret_is_shown_once(tmp_path: Path) -> None:
    assert feedproxy(tmp_path, "account", "add", "Acme").returncode == 0
    again = feedproxy(tmp_path, "account", "add", "ACME")
    assert (again.returncode, again.stderr.count(b"\n")) == (2, 1)
    assert feedproxy(tmp_path, "account", "list").stdout == b"Acme\n"
    added = feedproxy(tmp_path, "application", "add", "acme", "--name", "shop")
    shown = re.fullmatch(rb"client_id     ([0-9a-f]{32})\nclient_secret ([A-Za-z0-9_-]{43})\n", added.stdout)
    assert shown is not None
    assert shown[2] not in b"".join(file.read_bytes() for file in tmp_path.iterdir())


def test_an_application_needs_an_account(tmp_path: Path) -> None:
    result = feedproxy(tmp_path, "application", "add", "nobody")
    assert result.returncode == 2
    assert result.stderr == (b"feedproxy: there is no account 'nobody'; `feedproxy account add nobody` makes it\n")


def test_the_key_of_the_hashes_may_come_from_the_settings(tmp_path: Path) -> None:
    key = {"FEEDPROXY_SECRET_KEY": "k" * 32}
    feedproxy(tmp_path, "account", "add", "Acme", extra=key)
    assert feedproxy(tmp_path, "application", "add", "Acme", extra=key).returncode == 0


def test_config_prints_the_table_for_the_readme(tmp_path: Path) -> None:
    table = feedproxy(tmp_path, "config", "--table").stdout.decode()
    assert table in (ROOT / "README.md").read_text("utf-8")


def test_migrate_makes_the_database(tmp_path: Path) -> None:
    assert feedproxy(tmp_path, "migrate").returncode == 0
    assert (tmp_path / "feedproxy.db").exists()


def test_transform_is_a_filter(tmp_path: Path) -> None:
    (tmp_path / "events.json").write_text(json.dumps(EVENT))
    result = feedproxy(tmp_path, "transform", "-", "--personal", "events.json", "--report", "report.json", stdin=LEAGUE)
    assert (result.returncode, result.stderr) == (0, b"")
    assert result.stdout.startswith(b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\n")
    assert b"SUMMARY:Seat 12\r\n" in result.stdout
    assert b"DTSTART;TZID=America/New_York:20261205T130000\r\n" in result.stdout
    assert json.loads((tmp_path / "report.json").read_text())["octets"]["in"] == len(LEAGUE)


def test_transform_reads_a_file(tmp_path: Path) -> None:
    (tmp_path / "league.ics").write_bytes(LEAGUE)
    assert (
        feedproxy(tmp_path, "transform", "league.ics").stdout == feedproxy(tmp_path, "transform", stdin=LEAGUE).stdout
    )


@pytest.mark.parametrize("body", [b"", b"<!DOCTYPE html><html><body>Sign in</body></html>", b"hello"])
def test_a_refused_feed_is_exit_code_3_and_one_line(tmp_path: Path, body: bytes) -> None:
    result = feedproxy(tmp_path, "transform", stdin=body)
    assert (result.returncode, result.stdout, result.stderr.count(b"\n")) == (3, b"", 1)


@pytest.mark.parametrize("events", ["{", '[{"title": "no id"}]', "7"])
def test_wrong_events_are_named_in_one_line(tmp_path: Path, events: str) -> None:
    (tmp_path / "events.json").write_text(events)
    result = feedproxy(tmp_path, "transform", "--personal", "events.json", stdin=LEAGUE)
    assert (result.returncode, result.stdout, result.stderr.count(b"\n")) == (2, b"", 1)


def test_a_reader_that_goes_away_is_no_error_message(tmp_path: Path) -> None:
    (tmp_path / "races.ics").write_bytes(races.feed())
    command = [*COMMAND, "transform", "races.ics"]
    with subprocess.Popen(
        command, cwd=tmp_path, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.read(1)
        process.stdout.close()
        assert process.stderr.read() == b""


def test_what_cannot_be_written_is_said_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "feed.ics").write_bytes(calendar("one"))
    done = feedproxy(tmp_path, "transform", "feed.ics", "--report", "nowhere/report.json")
    assert (done.returncode, done.stderr) == (2, b"feedproxy: nowhere/report.json: no such file or directory\n")
    assert b"SUMMARY:one" in done.stdout
