"""`lint` finds what the transform mends, with its line, and nothing in what comes out of it."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from feedproxy.ops.lint import MOST, lint
from feedproxy.ops.lint_formats import as_github, as_sarif, as_text, table
from feedproxy.ops.paint import Paint
from feedproxy.ops.rules import RULES
from feedproxy.transform import Options, index
from tests.golden.test_golden import NAMES, octets
from tests.transform.calendars import event, feed

REFUSED = sorted(Path(__file__).parents[1].glob("refused/*.ics")) + sorted(
    Path(__file__).parents[1].glob("refused/*.html")
)

IN_WHAT_COMES_OUT = {"floating", "tzid-unknown", "no-events"}
"""What may be wrong with a feed that is served: nobody knows better."""

NEVER_NOTED = {"line-ends", "line-too-long", "name-case", "fold-inside-character"}
"""What is put right without a word."""


@pytest.mark.parametrize("name", NAMES)
def test_what_was_mended_is_found_with_its_line(name: str) -> None:
    body = octets(name, "in")
    found = lint(name, body, Options())
    noted = {change.rule for change in index(body, Options()).journal.changes()}
    mended = {rule for rule in found.counts if RULES[rule].mended in {"read", "repair"}} - NEVER_NOTED
    assert noted <= found.counts.keys() | {"line-dropped"}, (
        "run on behind an END, two kinds of text cannot be told apart"
    )
    assert mended <= noted | {"outside-calendar"}
    for finding in found.findings:
        assert 0 < finding.line <= body.count(b"\n") + body.count(b"\r") + 1


@pytest.mark.parametrize("name", NAMES)
def test_nothing_is_found_in_what_comes_out(name: str) -> None:
    assert lint(name, octets(name, "out"), Options()).counts.keys() <= IN_WHAT_COMES_OUT


@pytest.mark.parametrize("path", REFUSED, ids=lambda path: path.name)
def test_what_is_refused_is_an_error_under_its_reason(path: Path) -> None:
    assert path.name.split(".")[1] in lint(path.name, path.read_bytes(), Options()).counts


ALONE = {
    "dtstart-missing": "UID:a\nSUMMARY:No time",
    "time-unreadable": "UID:a\nDTSTART:tomorrow",
    "end-before-start": "UID:a\nDTSTART;TZID=Europe/Paris:20260101T100000\nDTEND:20260101T085959Z",
    "end-of-other-type": "UID:a\nDTSTART;VALUE=DATE:20260101\nDTEND:20260101T085959Z",
    "end-and-duration": "UID:a\nDTSTART:20260101T100000Z\nDTEND:20260101T110000Z\nDURATION:PT1H",
    "until-local": "UID:a\nDTSTART:20260101T100000Z\nRRULE:FREQ=DAILY;UNTIL=20260105T100000",
    "rule-unreadable": "UID:a\nDTSTART:20260101T100000Z\nRRULE:FREQ=FORTNIGHTLY",
    "floating": "UID:a\nDTSTART:20260101T100000",
    "utc-with-tzid": "UID:a\nDTSTART;TZID=Europe/Paris:20260101T100000Z",
    "date-with-tzid": "UID:a\nDTSTART;TZID=Europe/Paris;VALUE=DATE:20260101",
    "tzid-empty": "UID:a\nDTSTART;TZID=:20260101T100000",
    "tzid-undeclared": "UID:a\nDTSTART;TZID=Europe/Paris:20260101T100000",
    "tzid-foreign-undeclared": "UID:a\nDTSTART;TZID=Romance Standard Time:20260101T100000",
    "tzid-unknown": "UID:a\nDTSTART;TZID=Nowhere:20260101T100000",
    "rule-case": "UID:a\nDTSTART:20260101T100000Z\nRRULE:freq=daily",
    "quote-unclosed": 'UID:a\nDTSTART:20260101T100000Z\nATTENDEE;CN="Bear:mailto:bear@example.com',
    "line-dropped": "UID:a\nDTSTART:20260101T100000Z\nno content line",
    "fold-inside-character": "UID:a\nDTSTART:20260101T100000Z\nSUMMARY:b\u00e4r",
}


@pytest.mark.parametrize("rule", ALONE)
def test_a_fault_is_found_alone(rule: str) -> None:
    body = feed(event(ALONE[rule]))
    if rule == "fold-inside-character":
        body = body.replace(b"\xc3\xa4", b"\xc3\r\n \xa4")
    counts = lint("x", body, Options()).counts
    also = {"tzid-undeclared"} if "Europe/Paris" in ALONE[rule] and rule == "end-before-start" else set()
    assert counts.keys() == {rule, *also}


def test_an_end_in_another_zone_is_no_fault() -> None:
    flight = event("UID:a\nDTSTART;TZID=Asia/Tokyo:20260101T100000\nDTEND;TZID=America/New_York:20260101T093000")
    assert lint("x", feed(flight), Options()).counts == {"tzid-undeclared": 2}


def test_all_are_counted_and_the_first_are_named() -> None:
    body = feed(*(event(f"UID:{n}\nDTSTART:20260101T100000") for n in range(MOST + 5)))
    found = lint("x", body, Options())
    assert found.counts == {"floating": MOST + 5}
    assert len(found.findings) == MOST
    assert f"({MOST + 5} times, of which the first {MOST} are named)" in as_text(found)


def test_the_table_is_whole() -> None:
    for rule in RULES.values():
        assert rule.title.endswith("."), rule.id
        assert rule.fix.endswith("."), rule.id
        assert rule.clients, rule.id
        assert not rule.clients.endswith("."), rule.id
        assert f"{rule.id}: {rule.title}\n" in table()


def test_a_text_of_the_feed_starts_no_command_of_github() -> None:
    body = feed(event("UID:a%0A::error::b\nDTSTART:20260101T100000"))
    lines = as_github(lint("fe,ed:.ics", body, Options())).splitlines()
    assert len(lines) == 1
    assert lines[0].startswith("::warning file=fe%2Ced%3A.ics,line=8,title=floating::The time has no zone.")
    assert "%250A::error" in lines[0]


def test_colours_are_there_only_when_wanted() -> None:
    found = lint("x", feed(event("UID:a\nDTSTART:20260101T100000")), Options())
    assert "\x1b" not in as_text(found)
    assert "\x1b[33mwarning\x1b[0m" in as_text(found, Paint(on=True))


SARIF: Mapping[str, Mapping[str, Any]] = {
    "log": {"$schema": str, "version": str, "runs": ["run"]},
    "run": {"tool": "tool", "results": ["result"]},
    "tool": {"driver": "toolComponent"},
    "toolComponent": {"name": str, "semanticVersion": str, "rules": ["reportingDescriptor"]},
    "reportingDescriptor": {
        "id": str,
        "shortDescription": "multiformatMessageString",
        "fullDescription": "multiformatMessageString",
        "help": "multiformatMessageString",
        "defaultConfiguration": "reportingConfiguration",
    },
    "multiformatMessageString": {"text": str},
    "reportingConfiguration": {"level": {"none", "note", "warning", "error"}},
    "result": {
        "ruleId": str,
        "ruleIndex": int,
        "level": {"none", "note", "warning", "error"},
        "message": "message",
        "locations": ["location"],
    },
    "message": {"text": str},
    "location": {"physicalLocation": "physicalLocation"},
    "physicalLocation": {"artifactLocation": "artifactLocation", "region": "region"},
    "artifactLocation": {"uri": str},
    "region": {"startLine": int, "byteOffset": int},
}
"""Of the schema of SARIF 2.1.0, errata 1, what we write: it allows no other properties in any of these."""


def conforms(value: Any, shape: Any) -> None:
    match shape:
        case str():
            assert isinstance(value, dict)
            assert value.keys() == SARIF[shape].keys()
            for name, each in SARIF[shape].items():
                conforms(value[name], each)
        case [inner]:
            assert isinstance(value, list)
            for each in value:
                conforms(each, inner)
        case set():
            assert value in shape
        case _:
            assert type(value) is shape


def test_sarif_is_of_the_shape_of_its_schema() -> None:
    log: Any = as_sarif(lint("a feed.ics", octets("lost-folds", "in"), Options()))
    conforms(log, "log")
    assert log["version"] == "2.1.0"
    run = log["runs"][0]
    assert run["results"]
    for result in run["results"]:
        assert run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == result["ruleId"]
        place = result["locations"][0]["physicalLocation"]
        assert place["artifactLocation"]["uri"] == "a%20feed.ics"
        assert place["region"]["startLine"] > 0
