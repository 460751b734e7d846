"""`explain`, `diff` and `lint` say of a feed with ten known faults what is kept in `golden`, as text and as JSON.

What is kept was written by the commands and read line by line. What it claims is held here against readers that share
nothing with them: places against a plain search of the octets, instants against zoneinfo on the tzdata package and
against icalendar, SARIF against the shapes of its schema (`test_lint`).
"""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from importlib import resources
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import icalendar
import pytest

import tzmap
from feedproxy.ops import diff_formats, event_formats, explain_formats, lint_formats
from feedproxy.ops.diff import compare
from feedproxy.ops.event import explain_event
from feedproxy.ops.explain import SERVED, examine
from feedproxy.ops.lint import lint
from feedproxy.transform import index

FOLDER = Path(__file__).parent / "golden"
FEED, NEXT = ((FOLDER / name).read_bytes() for name in ("ten-faults.ics", "next.ics"))
NOW = datetime(2026, 10, 20, 12, tzinfo=UTC)
TRAINING = "training@bears.example"
VIEWERS = ("Europe/Madrid", "Asia/Tokyo")

FAULTS = {
    "byte-order-mark": b"\xef\xbb\xbfBEGIN:VCALENDAR",
    "method": b"METHOD:REFRESH",
    "definition-differs-foreign": b"BEGIN:VTIMEZONE",
    "tzid-foreign-undeclared": b"DTSTART;TZID=Romance Standard Time:20261019T190000",
    "rule-separator": b"RRULE:FREQ=WEEKLY;COUNT=4;",
    "uid-missing": b"BEGIN:VEVENT\r\nDTSTAMP:20260901T080000Z\r\nDTSTART;VALUE=DATE:20261205",
    "dtstamp-missing": b"BEGIN:VEVENT\r\nUID:meeting@bears.example",
    "clash": b"BEGIN:VEVENT\r\nUID:cup@bears.example\r\nDTSTAMP:20260901T080000Z\r\nDTSTART:20261213T170000Z",
    "control-characters": b"SUMMARY:Photo\x0bof the team",
    "end-before-start": b"DTEND:20261220T180000Z",
}
"""The ten faults, each by the octets that it begins at."""


def the_lint() -> Any:
    return lint("ten-faults.ics", FEED, SERVED)


def the_event() -> Any:
    return explain_event(FEED, TRAINING, index(FEED, SERVED), SERVED, now=NOW)


def the_difference() -> Any:
    return compare(("ten-faults.ics", "next.ics"), FEED, NEXT)


SHOWN: dict[str, Callable[[], object]] = {
    "explain.txt": lambda: explain_formats.as_text(examine("ten-faults.ics", FEED)),
    "explain.json": lambda: explain_formats.as_json(examine("ten-faults.ics", FEED)),
    "event.txt": lambda: event_formats.as_text(the_event(), VIEWERS),
    "event.json": lambda: event_formats.as_json(the_event(), VIEWERS),
    "lint.txt": lambda: lint_formats.as_text(the_lint()),
    "lint.json": lambda: lint_formats.as_json(the_lint()),
    "lint.github": lambda: lint_formats.as_github(the_lint()),
    "lint.sarif": lambda: lint_formats.as_sarif(the_lint()),
    "diff.txt": lambda: diff_formats.as_text(the_difference()),
    "diff.json": lambda: diff_formats.as_json(the_difference()),
}


def written(name: str) -> str:
    """What is shown, without the editions of the zone data, which change every few months."""
    shown = SHOWN[name]()
    text = shown if isinstance(shown, str) else json.dumps(shown, indent=2, ensure_ascii=False) + "\n"
    return text.replace(tzmap.TZDATA_EDITION, "EDITION").replace(tzmap.CLDR_VERSION, "VERSION")


@pytest.mark.parametrize("name", SHOWN)
def test_what_is_shown_is_what_is_kept(name: str) -> None:
    assert written(name) == (FOLDER / name).read_text("utf-8")


@pytest.mark.parametrize("fault", FAULTS)
def test_explain_and_lint_name_each_fault_with_its_line(fault: str) -> None:
    offset = FEED.index(FAULTS[fault])
    line = FEED[:offset].count(b"\n") + 1
    found = {finding.rule.id: (finding.line, finding.offset) for finding in the_lint().findings}
    assert found.keys() == FAULTS.keys()
    assert found[fault] == (line, offset)
    assert f"  line {line}: " in written("explain.txt")
    assert any(f"line {line}: " in text and f" {fault}: " in text for text in written("explain.txt").splitlines())


def test_every_line_of_an_event_is_where_explain_says() -> None:
    physical = FEED.split(b"\r\n")
    upstream = event_formats.as_json(the_event())["upstream"]
    lines = [line for node in upstream for line in node["lines"]]  # type: ignore[attr-defined]
    assert len(lines) == 17
    for line in lines:
        text = line["text"].encode()
        assert physical[line["line"] - 1] == text
        assert FEED[line["offset"] :].startswith(text + b"\r\n")


def test_the_instants_are_those_that_other_readers_see() -> None:
    """Europe/Paris is what CLDR has for the Windows zone; summer time ends there on 25 October 2026."""
    with (resources.files("tzdata") / "zoneinfo/Europe/Paris").open("rb") as file:
        paris = ZoneInfo.from_file(file)
    planned = [datetime(2026, 10, day, 19, tzinfo=paris) for day in (19, 26)] + [
        datetime(2026, 11, 9, 19, tzinfo=paris)
    ]
    expected = [each.astimezone(UTC) for each in (datetime(2026, 10, 27, 18, tzinfo=paris), planned[2])]
    event = the_event()
    assert [each.start.instant for each in event.instances] == expected, "the first is over, 2 November is excluded"
    assert [each.overridden for each in event.instances] == [True, False]
    served = icalendar.Calendar.from_ical(
        b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\n" + b"".join(each.text for each in event.served) + b"END:VCALENDAR\r\n"
    )
    starts = [each.DTSTART.astimezone(UTC) for each in served.events]
    meant = [time.moments[0].instant for time in event.times if time.name == "DTSTART"]
    assert meant == starts == [planned[0].astimezone(UTC), expected[0]]


def test_the_difference_is_the_one_that_was_made() -> None:
    found = the_difference()
    assert [[each.uid for each in group] for group in (found.added, found.removed, found.moved, found.changed)] == [
        ["new@bears.example"],
        ["gala@bears.example"],
        [TRAINING, "away@bears.example"],
        ["meeting@bears.example"],
    ]
    assert (found.churn, found.same, found.calendar) == (1, 3, ())
    for event in (*found.moved, *found.changed):
        lines = [
            body[: body.index(b"BEGIN:VEVENT\r\nUID:" + event.uid.encode())].count(b"\n") + 1 for body in (FEED, NEXT)
        ]
        assert list(event.lines) == lines
