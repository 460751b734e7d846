"""Each `name.in.ics` here comes out as `name.out.ics`, and two other readers see in it what `name.json` says.

The JSON holds, written by hand: what the pair shows; of the events, by UID and behind a `#` the RECURRENCE-ID, the
instants in UTC, texts and alarms; the changes that the report must name; where steps were chosen, which. A new pair
is found by itself.
"""

import json
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from feedproxy.ics.normal import is_normal
from feedproxy.transform import Options, render
from feedproxy.transform.chosen import chosen_steps
from feedproxy.transform.matching import Match
from feedproxy.transform.profiles import profile
from feedproxy.transform.revision import Revision
from feedproxy.transform.rewrite import Prefix, Replace
from feedproxy.transform.selection import Selection
from tests.readers import rfc, with_icalendar
from tests.readers.model import Event

FOLDER = Path(__file__).parent
NAMES = sorted(path.name.removesuffix(".in.ics") for path in FOLDER.glob("*.in.ics"))


def octets(name: str, side: str) -> bytes:
    return (FOLDER / f"{name}.{side}.ics").read_bytes()


def said(name: str) -> dict[str, Any]:
    expected: dict[str, Any] = json.loads((FOLDER / f"{name}.json").read_text("utf-8"))
    return expected


def options(name: str) -> Options:
    """What was chosen for a pair."""
    chosen = said(name).get("chosen", {})
    selection = {key: frozenset(chosen.get(key, ())) for key in ("include", "exclude", "tags")}
    prefixes = [Prefix(*pair) for pair in chosen.get("prefix", ())]
    return Options(
        steps=chosen_steps(
            since=date.fromisoformat(chosen["since"]) if "since" in chosen else None,
            rewrites=[*prefixes, *(Replace(*three) for three in chosen.get("replace", ()))],
            selection=Selection(zone=chosen.get("zone", ""), **selection),
            matches=[Match(*each) for each in chosen.get("match", ())],
            without_alarms=chosen.get("drop-alarms", False),
            only_busy=chosen.get("busy-only", False),
        ),
        revision=Revision(chosen.get("revision", 1)),
        profile=profile(chosen.get("profile", "")),
    )


def test_every_file_belongs_to_a_pair() -> None:
    assert len(NAMES) > 40
    files = {path.name for path in FOLDER.iterdir() if path.suffix in {".ics", ".json"}}
    assert files == {name + end for name in NAMES for end in (".in.ics", ".out.ics", ".json")}


@pytest.mark.parametrize("name", NAMES)
def test_the_output_is_the_one_kept(name: str) -> None:
    assert render(octets(name, "in"), options=options(name)).body.decode() == octets(name, "out").decode()


@pytest.mark.parametrize("name", NAMES)
def test_what_came_out_goes_through_unchanged(name: str) -> None:
    out = octets(name, "out")
    assert is_normal(out)
    assert render(out, options=options(name)).body == out


@pytest.mark.parametrize("name", [name for name in NAMES if "events" in said(name)])
def test_a_literal_reader_sees_what_the_source_said(name: str) -> None:
    feed = rfc.Feed(octets(name, "out"))
    expected = said(name)["events"]
    assert {event.key for event in feed.events() if event.kind == "VEVENT"} == set(expected)
    for event in feed.events():
        if event.kind == "VEVENT":
            wanted = dict(expected[event.key])
            instances = wanted.pop("instances", [])
            assert seen(event, wanted) == wanted
            if instances:
                assert feed.instances(event.key, len(instances)) == instances


@pytest.mark.parametrize("name", NAMES)
def test_icalendar_sees_what_the_source_said(name: str) -> None:
    expected = said(name).get("events")
    events = with_icalendar.events(octets(name, "out"))
    if expected is None:
        assert events == [
            event for event in rfc.Feed(octets(name, "out")).events() if event.kind in with_icalendar.KINDS
        ]
        return
    for event in events:
        if event.kind == "VEVENT":
            wanted = {key: value for key, value in expected[event.key].items() if key != "instances"}
            if " in " not in wanted["start"]:  # icalendar reads a TZID that it does not know as floating
                assert seen(event, wanted) == wanted


@pytest.mark.parametrize("name", [name for name in NAMES if "changes" in said(name)])
def test_the_report_names_what_was_done(name: str) -> None:
    changes = [
        [change.step, change.rule, change.count]
        for change in render(octets(name, "in"), options=options(name)).report.changes
    ]
    assert changes == said(name)["changes"]


def seen(event: Event, wanted: dict[str, Any]) -> dict[str, Any]:
    """Return of an event what the expectation speaks of."""
    found = asdict(event)
    found["texts"] = {name: event.texts.get(name) for name in wanted.get("texts", {})}
    return {key: found[key] for key in wanted}
