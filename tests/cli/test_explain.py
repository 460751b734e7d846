"""`feedproxy explain`, `diff` and `lint` as they are called: what they answer, and with which exit code."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from feedproxy.cli import main
from feedproxy.ops.rules import RULES

GOLDEN = Path(__file__).parents[1] / "ops" / "golden"
FEED, NEXT = str(GOLDEN / "ten-faults.ics"), str(GOLDEN / "next.ics")


def feedproxy(*arguments: str) -> Result:
    return CliRunner().invoke(main, arguments, catch_exceptions=False)


def test_an_event_is_explained_to_a_person_and_to_a_program() -> None:
    asked = ("explain", FEED, "--uid", "away@bears.example", "--as", "Eastern Standard Time")
    text = feedproxy(*asked).stdout
    assert "less +09:00 of Eastern Standard Time = Sat 2026-11-21 03:00:00 UTC" in text
    assert "Fri 2026-11-20 22:00:00 (-05:00) in America/New_York" in text
    assert "\x1b" not in text, "no colours in a pipe"
    event = json.loads(feedproxy(*asked, "--json").stdout)["events"][0]
    assert event["times"][0]["moments"][0] == {
        "wall": "2026-11-21T12:00:00",
        "tzid": "Eastern Standard Time",
        "offset": "+09:00",
        "utc": "2026-11-21T03:00:00Z",
        "seen": {"America/New_York": "2026-11-20T22:00:00"},
    }


def test_what_happens_at_a_time_is_explained() -> None:
    done = feedproxy("explain", FEED, "--at", "2026-10-27T18:30", "--as", "Europe/Madrid")
    assert done.exit_code == 0
    text = done.stdout
    assert "1 happens\n  Tue 2026-10-27 18:00:00 (+01:00)  Training, a day later  UID training@bears.example\n" in text
    assert "UID training@bears.example is served as 2 components" in text


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--uid", "nobody"), "there is no event with the UID 'nobody'"),
        (("--at", "2026-10-27T18:30"), "add an offset, or --as and a time zone"),
        (("--at", "2026-10-27", "--uid", "x"), "--uid and --at: give one of them"),
        (("--uid", "x", "--as", "Nowhere"), "'Nowhere' is no time zone"),
    ],
)
def test_what_cannot_be_explained_is_said_in_a_line(arguments: tuple[str, ...], says: str) -> None:
    done = feedproxy("explain", FEED, *arguments)
    assert done.exit_code == 2
    assert says in done.stderr
    assert done.stderr.count("\n") == 1


def test_diff_answers_as_diff_does(tmp_path: Path) -> None:
    page = str(tmp_path / "page.html")
    Path(page).write_bytes(b"<html>")
    differs = feedproxy("diff", FEED, NEXT, "--json")
    assert differs.exit_code == 1
    assert [event["uid"] for event in json.loads(differs.stdout)["removed"]] == ["gala@bears.example"]
    same = feedproxy("diff", FEED, FEED)
    assert (same.exit_code, same.stdout.splitlines()[-1]) == (0, "the same: nothing differs, 8 untouched")
    failed = feedproxy("diff", FEED, page)
    assert (failed.exit_code, failed.stdout) == (2, "")
    assert failed.stderr == f"feedproxy: {page}: the body is an HTML page, not a calendar\n"


def test_lint_fails_from_the_severity_that_was_asked_for(tmp_path: Path) -> None:
    noted = tmp_path / "noted.ics"
    noted.write_bytes(
        b"BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:x\nMETHOD:PUBLISH\nBEGIN:VEVENT\nUID:a\nDTSTAMP:20260101T000000Z\n"
        b"DTSTART:20260101T100000Z\nEND:VEVENT\nEND:VCALENDAR\n"
    )
    codes = {at: feedproxy("lint", str(noted), "--fail-on", at).exit_code for at in ("warning", "note")}
    assert codes == {"warning": 0, "note": 1}
    bad = feedproxy("lint", FEED, "--format", "sarif")
    assert bad.exit_code == 1
    assert len(json.loads(bad.stdout)["runs"][0]["results"]) == 10
    assert feedproxy("lint", FEED, "--fail-on", "never", "--format", "github").exit_code == 0
    assert feedproxy("lint", "nothing-of-this-name").exit_code == 2


def test_lint_lists_its_rules() -> None:
    done = feedproxy("lint", "--rules", "--format", "json")
    assert [rule["id"] for rule in json.loads(done.stdout)] == list(RULES)
