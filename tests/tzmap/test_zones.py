"""Zones come from the tzdata package, whatever the host says, and agree with zoneinfo on the package's files."""

# ruff: noqa: DTZ001 - wall-clock times have no zone

import os
import subprocess
import sys
from bisect import bisect_right
from datetime import datetime, timedelta
from importlib import resources
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import tzmap
from tests.tzmap import oracle
from tzmap import posixtz, zones
from tzmap.clock import EPOCH, wall_datetime, wall_seconds

NAMES = sorted(tzmap.zone_names())
FIRST, LAST = datetime(1900, 1, 1), datetime(2060, 12, 31)


def onsets(name: str, through: int) -> list[datetime]:
    return [EPOCH + timedelta(seconds=instant) for instant, _ in zones.load(name).onsets(through) if instant > -3e9]


def test_every_zone_has_the_offsets_of_zoneinfo_from_1900_to_2060() -> None:
    """At both sides of every onset we know, and every twenty days between, where an onset we missed would show."""
    wrong = []
    grid = [FIRST + timedelta(days=20 * n) for n in range((LAST - FIRST).days // 20)]
    for name in NAMES:
        zone = zones.load(name)
        instants = [instant for instant, _ in zone.onsets(2061)]
        offsets = [zone.first.offset, *(local.offset for _, local in zone.onsets(2061))]
        near = [onset - timedelta(seconds=ahead) for onset in onsets(name, 2060) for ahead in (0, 1)]
        for probe in [*grid, *(when for when in near if FIRST < when < LAST)]:
            ours = offsets[bisect_right(instants, (probe - EPOCH) // timedelta(seconds=1))]
            if oracle.offset_at(name, probe) != timedelta(seconds=ours):
                wrong.append((name, probe))
    assert wrong == []


@settings(deadline=None)
@given(st.sampled_from(NAMES), st.datetimes(datetime(1880, 1, 1), datetime(2399, 12, 31)))
def test_wall_clock_times_are_read_as_zoneinfo_reads_them(name: str, wall: datetime) -> None:
    assert tzmap.zone_offset(name, wall) == oracle.offset_on_wall(name, wall)


def test_around_every_onset_the_wall_clock_is_read_as_zoneinfo_reads_it() -> None:
    """Gaps and folds: just before and after an onset in the old and the new time, and in the middle."""
    wrong = []
    for name in NAMES[::4]:
        for onset in onsets(name, 2040)[-160:]:
            for offset in (oracle.offset_at(name, onset - timedelta(seconds=1)), oracle.offset_at(name, onset)):
                for away in (timedelta(seconds=-1), timedelta(), timedelta(minutes=30), timedelta(minutes=-30)):
                    wall = onset + offset + away
                    if tzmap.zone_offset(name, wall) != oracle.offset_on_wall(name, wall):
                        wrong.append((name, wall))
    assert wrong == []


@pytest.mark.parametrize("wall", [datetime(9999, 12, 31), datetime(5026, 7, 1, 12), datetime(2400, 2, 29)])
def test_a_far_year_is_read_by_the_calendar_s_cycle(wall: datetime) -> None:
    assert tzmap.zone_offset("Europe/Berlin", wall) == oracle.offset_on_wall("Europe/Berlin", wall)
    assert tzmap.zone_offset("Asia/Tokyo", wall) == timedelta(hours=9)


def test_years_before_1600_are_local_mean_time() -> None:
    assert tzmap.zone_offset("Europe/Berlin", datetime(1, 1, 1)) == timedelta(minutes=53, seconds=28)


def test_the_host_s_zone_files_do_not_matter(tmp_path: Path) -> None:
    """A host that says Berlin is Tokyo, by PYTHONTZPATH and by TZ, changes nothing."""
    tokyo = resources.files("tzdata").joinpath("zoneinfo", "Asia", "Tokyo").read_bytes()
    (tmp_path / "Europe").mkdir()
    (tmp_path / "Europe" / "Berlin").write_bytes(tokyo)
    program = "import tzmap, datetime; print(tzmap.zone_offset('Europe/Berlin', datetime.datetime(2026, 7, 1)))"
    environment = {**os.environ, "PYTHONTZPATH": str(tmp_path), "TZDIR": str(tmp_path), "TZ": "Asia/Tokyo"}
    answer = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True
    )
    assert answer.stdout.strip() == "2:00:00"


def test_the_edition_is_that_of_the_package() -> None:
    first_line = resources.files("tzdata").joinpath("zoneinfo", "tzdata.zi").read_text().splitlines()[0]
    assert first_line == f"# version {tzmap.TZDATA_EDITION}"


def test_an_unknown_zone_is_refused_by_name() -> None:
    for name in ["Europe/Atlantis", "../etc/passwd", "", "Factory", "zone.tab"]:
        with pytest.raises(tzmap.UnknownZone, match="is not a zone"):
            tzmap.zone_offset(name, datetime(2026, 1, 1))


@pytest.mark.parametrize(
    ("text", "year", "onsets"),
    [
        ("CET-1CEST,M3.5.0,M10.5.0/3", 2026, ["2026-03-29T01:00", "2026-10-25T01:00"]),
        ("<-02>2<-01>,M3.5.0/-1,M10.5.0/0", 2026, ["2026-03-29T01:00", "2026-10-25T01:00"]),
        ("<+0330>-3:30<+0430>,J79/24,J263/24", 2024, ["2024-03-20T20:30", "2024-09-20T19:30"]),
        ("EST5EDT,59,300/1:30", 2024, ["2024-02-29T07:00", "2024-10-27T05:30"]),
        ("XXX-1YYY-3,M12.5.0,M1.1.1", 2026, ["2026-01-04T23:00", "2026-12-27T01:00"]),
        ("JST-9", 2026, []),
    ],
)
def test_every_form_of_posix_rule_is_read(text: str, year: int, onsets: list[str]) -> None:
    rule = posixtz.parse(text)
    assert rule is not None
    assert [wall_datetime(instant).isoformat(timespec="minutes") for instant, _ in rule.onsets(year)] == onsets


def test_text_that_is_no_posix_rule_is_none() -> None:
    assert posixtz.parse("") is None
    assert posixtz.parse("nonsense!") is None


@settings(deadline=None)
@given(st.datetimes())
def test_wall_seconds_keep_month_day_and_time(wall: datetime) -> None:
    read = wall_datetime(wall_seconds(wall))
    if wall.year >= 1600:
        assert (read.month, read.day, read.time()) == (wall.month, wall.day, wall.time().replace(microsecond=0))
        assert (read.year - wall.year) % 400 == 0
    else:
        assert read == datetime(1600, 1, 1)
