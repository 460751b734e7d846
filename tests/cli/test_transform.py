"""`feedproxy transform` with steps chosen: what each option does to a feed, and what is said of a wrong one."""

from pathlib import Path

import pytest

from tests.cli.program import feedproxy
from tests.readers import rfc

FEED = b"".join(
    line + b"\r\n"
    for line in b"""BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//Example//Club//EN
X-WR-CALNAME:Club
BEGIN:VEVENT
UID:old
DTSTAMP:20260101T000000Z
DTSTART:20200101T100000Z
SUMMARY:Old match
CATEGORIES:Home
END:VEVENT
BEGIN:VEVENT
UID:new
DTSTAMP:20260101T000000Z
DTSTART:20260701T100000Z
SUMMARY:Match
X-EXTERNAL-ID:4711
CATEGORIES:Away,Romance Standard Time
BEGIN:VALARM
ACTION:DISPLAY
TRIGGER:-PT5M
DESCRIPTION:now
END:VALARM
END:VEVENT
BEGIN:VEVENT
UID:party
DTSTAMP:20260101T000000Z
DTSTART:20260801T100000Z
EXDATE:20260802T100000Z,20260803T100000Z
RRULE:FREQ=DAILY;COUNT=5
SUMMARY:Party
END:VEVENT
END:VCALENDAR""".splitlines()
)


def uids(folder: Path, *arguments: str) -> list[str]:
    done = feedproxy(folder, "transform", *arguments, stdin=FEED)
    assert (done.returncode, done.stderr) == (0, b"")
    return [event.uid for event in rfc.Feed(done.stdout).events()]


@pytest.mark.parametrize(
    ("arguments", "left"),
    [
        (["--include", "4711", "--include", "old"], ["old", "new"]),
        (["--exclude", "new"], ["old", "party"]),
        (["--tag", "home", "--tag", "away"], ["old", "new"]),
        (["--time-zone", "Tokyo Standard Time"], ["old", "party"]),
        (["--match", "SUMMARY=(?i)match"], ["old", "new"]),
        (["--match", "SUMMARY=(?i)match", "--no-match", "summary=^Old"], ["new"]),
        (["--since", "2026-07-01"], ["new", "party"]),
        (["--since", "2030-01-01"], []),
        (["--since", "36500"], ["old", "new", "party"]),
    ],
)
def test_events_are_chosen(tmp_path: Path, arguments: list[str], left: list[str]) -> None:
    assert uids(tmp_path, *arguments) == left


def test_events_are_rewritten(tmp_path: Path) -> None:
    done = feedproxy(
        tmp_path, "transform", "--prefix", "SUMMARY=[Club] ", "--replace", "SUMMARY", "Party", "Fête", stdin=FEED
    )
    titles = [event.texts["SUMMARY"] for event in rfc.Feed(done.stdout).events()]
    assert titles == ["[Club] Old match", "[Club] Match", "[Club] Fête"]


def test_alarms_texts_and_lists_go_where_that_is_asked_for(tmp_path: Path) -> None:
    assert b"VALARM" not in feedproxy(tmp_path, "transform", "--drop-alarms", stdin=FEED).stdout
    busy = feedproxy(tmp_path, "transform", "--busy-only", stdin=FEED).stdout
    assert [event.texts for event in rfc.Feed(busy).events()] == [{"SUMMARY": "Busy"}] * 3
    assert b"EXDATE:20260802T100000Z\r\n" in feedproxy(tmp_path, "transform", "--profile", "apple", stdin=FEED).stdout


def test_the_revision_is_added_to_what_is_changed(tmp_path: Path) -> None:
    done = feedproxy(tmp_path, "transform", "--drop-alarms", "--revision", "5", stdin=FEED)
    assert done.stdout.count(b"SEQUENCE:5\r\n") == done.stdout.count(b"SEQUENCE:") == 1


def test_several_files_become_one_calendar(tmp_path: Path) -> None:
    (tmp_path / "one.ics").write_bytes(FEED)
    (tmp_path / "two.ics").write_bytes(FEED.replace(b"UID:old", b"UID:older").replace(b"Party", b"Ball"))
    done = feedproxy(tmp_path, "transform", "one.ics", "two.ics", "--name", "Both, joined")
    calendar = rfc.Feed(done.stdout)
    assert [event.uid for event in calendar.events()] == ["old", "older", "new", "party"]
    assert [event.texts["SUMMARY"] for event in calendar.events()][3] == "Ball"
    assert b"X-WR-CALNAME:Both\\, joined\r\n" in done.stdout


def test_a_file_that_is_refused_is_named(tmp_path: Path) -> None:
    (tmp_path / "one.ics").write_bytes(FEED)
    (tmp_path / "two.ics").write_bytes(b"<html>")
    done = feedproxy(tmp_path, "transform", "one.ics", "two.ics")
    assert (done.returncode, done.stdout) == (3, b"")
    assert done.stderr == b"feedproxy: feed 2 of 2: the body is an HTML page, not a calendar\n"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--match", "SUMMARY=("], b"feedproxy: SUMMARY: the pattern '(' is refused: missing ): ("),
        (["--match", "SUMMARY=(?=a)b"], b"feedproxy: SUMMARY: the pattern '(?=a)b' is refused"),
        (["--match", "SUMMARY"], b"'SUMMARY' is not PROPERTY=TEXT"),
        (["--since", "yesterday"], b"'yesterday' is no date such as 2026-01-31, and no number of days"),
        (["--since", "2026-02-30"], b"'2026-02-30' is no date such as 2026-01-31"),
        (["--prefix", "DTSTART=x"], b"feedproxy: DTSTART: is no text that can be rewritten"),
        (["--replace", "SUMMARY", "", "x"], b"feedproxy: SUMMARY: the text to be replaced is empty"),
        (["--profile", "netscape"], b"'netscape' is not one of 'apple', 'google', 'outlook'"),
    ],
)
def test_what_is_wrong_is_said_in_words(tmp_path: Path, arguments: list[str], said: bytes) -> None:
    done = feedproxy(tmp_path, "transform", *arguments, stdin=FEED)
    assert (done.returncode, done.stdout) == (2, b"")
    assert said in done.stderr
