"""What the doctor finds, from values; that it asks the right ones is in `tests.cli.test_doctor`."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from feedproxy.config import load
from feedproxy.ops.doctor import (
    Finding,
    Level,
    as_json,
    clock_finding,
    file_findings,
    files_finding,
    host_edition,
    made_with_edition,
    settings_findings,
    tzdata_finding,
)
from tzmap import TZDATA_EDITION

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
POSTGRES = "postgresql://feeds:hunter2@db/feeds"
SECOND = timedelta(seconds=1)


def levels(*, traces_missing: bool = False, **settings: object) -> dict[str, Level]:
    checked = load(None, {}, {"database_url": POSTGRES, "secret_key": "k" * 32, **settings})
    return {each.check: each.level for each in settings_findings(checked, traces_missing=traces_missing)}


def test_sound_settings_are_ok() -> None:
    assert set(levels().values()) == {"ok"}


@pytest.mark.parametrize(
    ("settings", "check"),
    [
        ({"secret_key": ""}, "secret key"),
        ({"workers": 2, "redis_url": "redis://r", "database_url": "sqlite:///feedproxy.db"}, "workers"),
        ({"host": "0.0.0.0"}, "https"),
        ({"host": "feeds.example.com", "public_url": "http://feeds.example.com"}, "https"),
        ({"egress_mode": "report"}, "egress"),
    ],
)
def test_what_is_unwise_is_a_warning_with_a_fix(settings: dict[str, object], check: str) -> None:
    checked = load(None, {}, {"database_url": POSTGRES, "secret_key": "k" * 32, **settings})
    warnings = [each for each in settings_findings(checked, traces_missing=False) if each.level != "ok"]
    assert [(each.check, each.level) for each in warnings] == [(check, "warning")]
    assert warnings[0].fix
    assert "hunter2" not in warnings[0].text


def test_clients_that_come_by_https_are_no_worry_whatever_it_listens_on() -> None:
    for settings in ({"public_url": "https://feeds.example.com"}, {"require_https": True}):
        assert levels(host="0.0.0.0", **settings)["https"] == "ok"


def test_traces_that_are_asked_for_and_not_installed_are_a_warning() -> None:
    assert levels(traces_missing=True)["traces"] == "warning"


@pytest.mark.parametrize(
    ("used", "made_with", "host", "level"),
    [
        ("2026f", "2026f", "2025b", "ok"),
        ("2026f", "2026f", None, "ok"),
        ("2026f", "2026f", "2026g", "warning"),
        ("2026e", "2026f", None, "warning"),
        ("2025z", "2025z", "2025z", "ok"),
        ("2024b", "2024b", None, "warning"),
    ],
)
def test_zone_data_is_compared_with_the_newest_that_is_known_here(
    used: str, made_with: str, host: str | None, level: Level
) -> None:
    assert tzdata_finding(used, made_with, host, now=NOW).level == level


def test_the_host_says_which_edition_it_has(tmp_path: Path) -> None:
    assert host_edition(tmp_path) is None
    (tmp_path / "tzdata.zi").write_text("# version 2025b\n# This zic input file is in the public domain.\n")
    assert host_edition(tmp_path) == "2025b"


def test_this_release_was_made_with_an_edition_that_it_takes() -> None:
    assert "2026a" <= made_with_edition() <= TZDATA_EDITION


@pytest.mark.parametrize(
    ("off", "exact", "level"),
    [
        (-301, True, "failure"),
        (-6, True, "warning"),
        (-5, True, "ok"),
        (-6, False, "ok"),
        (7, True, "ok"),
        (8, True, "warning"),
        (303, False, "failure"),
    ],
)
def test_a_clock_may_be_off_by_what_the_question_took_and_five_seconds(off: int, exact: bool, level: Level) -> None:
    """The answer took two seconds; what counts whole seconds may have meant any moment in one."""
    finding = clock_finding("database", NOW + off * SECOND, NOW, NOW + 2 * SECOND, exact=exact)
    assert finding.level == level


def test_who_is_late_is_said() -> None:
    late = clock_finding("upstream", NOW + 60 * SECOND, NOW, NOW, exact=True)
    assert late.text == "is 60 s behind that of the upstream"
    early = clock_finding("upstream", NOW - 60 * SECOND, NOW, NOW, exact=True)
    assert early.text == "is 60 s ahead of that of the upstream"


@pytest.mark.parametrize(("mode", "level"), [(0o600, "ok"), (0o640, "ok"), (0o644, "warning"), (0o602, "failure")])
def test_files_with_secrets_are_for_their_owner_and_group(tmp_path: Path, mode: int, level: Level) -> None:
    path = tmp_path / "feedproxy.toml"
    path.touch()
    path.chmod(mode)
    (finding,) = file_findings({"settings file": path})
    assert finding.level == level
    (missing,) = file_findings({"settings file": tmp_path / "none"})
    assert missing.level == "failure"


def test_each_connection_is_an_open_file() -> None:
    assert files_finding(10_000, 1_024).level == "warning"
    assert files_finding(10_000, 10_256).level == "ok"
    assert files_finding(10_000, None).level == "ok"


def test_one_failure_is_enough() -> None:
    warning, failure = Finding("a", "warning", "b", "c"), Finding("d", "failure", "e")
    assert as_json([warning])["ok"] is True
    assert as_json([warning, failure]) == {
        "ok": False,
        "findings": [
            {"check": "a", "level": "warning", "text": "b", "fix": "c"},
            {"check": "d", "level": "failure", "text": "e", "fix": ""},
        ],
    }
