"""What tzmap writes, read by ical.js: Thunderbird's and Nextcloud's reader shares nothing with dateutil or us."""

# ruff: noqa: DTZ001 - wall-clock times have no zone

import json
import subprocess
from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

import tzmap
from tests.tzmap import oracle
from tests.tzmap.test_zones import NAMES, onsets

pytestmark = pytest.mark.service("node")

VERSION = "2.2.1"


@pytest.fixture(scope="module")
def icaljs(
    pytestconfig: pytest.Config, service_program: Callable[[str], Path]
) -> Callable[[list[dict[str, object]]], list[list[int]]]:
    """Ask ical.js about many definitions at once. npm brings it once, into pytest's cache."""
    folder = pytestconfig.cache.mkdir("icaljs") if pytestconfig.cache else pytest.fail("this test needs pytest's cache")
    module = folder / "node_modules" / "ical.js" / "dist" / "ical.js"
    if not module.exists():
        install = [
            "npm",
            "install",
            "--silent",
            "--no-audit",
            "--no-fund",
            "--prefix",
            str(folder),
            f"ical.js@{VERSION}",
        ]
        subprocess.run(install, check=True, timeout=100)

    def ask(questions: list[dict[str, object]]) -> list[list[int]]:
        reader = [str(service_program("node")), str(Path(__file__).with_name("icaljs_reader.mjs")), str(module)]
        lines = "\n".join(json.dumps(question) for question in questions)
        done = subprocess.run(reader, input=lines, capture_output=True, text=True, check=True, timeout=110)
        return [json.loads(line) for line in done.stdout.splitlines()]

    return ask


def walls_around_onsets(name: str, first: int, last: int) -> list[datetime]:
    """Wall-clock times beside every onset, and an hour into each side; without those in a gap or a fold."""
    instants = [datetime(first, 1, 1), datetime(last, 12, 30)]
    for onset in onsets(name, last):
        if first <= onset.year <= last:
            instants += [onset - timedelta(hours=3), onset - timedelta(seconds=1), onset, onset + timedelta(hours=3)]
    walls = [instant + oracle.offset_at(name, instant) for instant in instants]
    return sorted(wall for wall in walls if first <= wall.year <= last and is_unambiguous(name, wall))


def is_unambiguous(name: str, wall: datetime) -> bool:
    here = wall.replace(tzinfo=oracle.zone(name))
    return here.utcoffset() == here.replace(fold=1).utcoffset()


@pytest.mark.parametrize(("first", "last"), [(2000, 2037), (2025, 2027), (2037, 2060)])
def test_ical_js_reads_every_zone_right(
    icaljs: Callable[[list[dict[str, object]]], list[list[int]]], first: int, last: int
) -> None:
    asked = {name: walls_around_onsets(name, first, last) for name in NAMES}
    answers = icaljs(
        [
            {
                "text": tzmap.vtimezone(name, date(first, 1, 1), date(last, 12, 31)).decode(),
                "walls": [wall.isoformat() for wall in walls],
            }
            for name, walls in asked.items()
        ]
    )
    wrong = [
        (name, wall)
        for (name, walls), offsets in zip(asked.items(), answers, strict=True)
        for wall, offset in zip(walls, offsets, strict=True)
        if oracle.offset_on_wall(name, wall) != timedelta(seconds=offset)
    ]
    assert sum(map(len, asked.values())) > len(NAMES)
    assert wrong == []
