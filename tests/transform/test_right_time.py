"""No event is ever shifted: what goes in, read by zoneinfo, is what comes out, read by the literal reader."""

# ruff: noqa: DTZ001 - wall-clock times have no zone

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

import tzmap
from feedproxy.transform import render
from tests.readers import rfc
from tests.tzmap import oracle
from tests.tzmap.literal import LiteralZone
from tests.tzmap.test_cases import CASES, Case, moment
from tests.tzmap.test_windows import MONTHS, ROWS, exchange_definition

HEAD = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//test//EN\r\n"


def feed(times: list[tuple[str, datetime]], definitions: str = "") -> bytes:
    """A feed with an event for each (TZID, wall-clock time); its UID is its place in the list."""
    events = "".join(
        f'BEGIN:VEVENT\r\nUID:{n}\r\nDTSTAMP:20260101T000000Z\r\nDTSTART;TZID="{tzid}":{wall:%Y%m%dT%H%M%S}\r\n'
        "END:VEVENT\r\n"
        for n, (tzid, wall) in enumerate(times)
    )
    return f"{HEAD}{definitions}{events}END:VCALENDAR\r\n".encode()


def instants(body: bytes) -> list[str | None]:
    """The starts of the events in the order of their UIDs, as a reader sees them who knows only the feed."""
    return [event.start for event in sorted(rfc.Feed(body).events(), key=lambda event: int(event.uid))]


def written(wall: datetime, offset: timedelta) -> str:
    return (wall - offset).isoformat() + "Z"


NAMES: dict[str, Callable[[str, str], str]] = {"id": lambda name, _: name, "label": lambda _, label: label}


@pytest.mark.parametrize("name", NAMES)
def test_the_109_names_of_calreply_in_every_month_without_definitions(name: str) -> None:
    times = [(NAMES[name](windows_id, label), wall) for windows_id, label, _ in ROWS for wall in MONTHS]
    expected = [written(wall, oracle.offset_on_wall(zone, wall)) for _, _, zone in ROWS for wall in MONTHS]
    assert len(expected) == 109 * 12
    assert instants(render(feed(times)).body) == expected


@pytest.mark.parametrize("name", NAMES)
def test_the_109_names_of_calreply_in_every_month_with_definitions_as_exchange_writes_them(name: str) -> None:
    texts = {NAMES[name](windows_id, label): exchange_definition(zone) for windows_id, label, zone in ROWS}
    definitions = "".join(
        text.decode().replace("TZID:x\r\n", f"TZID:{tzid.replace(',', chr(92) + ',')}\r\n")
        for tzid, text in texts.items()
    )
    times = [(tzid, wall) for tzid in texts for wall in MONTHS]
    readers = {tzid: LiteralZone(text, 2027) for tzid, text in texts.items()}
    rendered = render(feed(times, definitions))
    assert instants(rendered.body) == [written(wall, readers[tzid].at_wall(wall)) for tzid, wall in times]
    assert {zone.written.strip('"') for zone in rendered.report.zones if zone.defined} == set(texts)


zones = st.sampled_from(sorted(tzmap.zone_names()))
walls = st.datetimes(datetime(1990, 1, 1), datetime(2050, 12, 31)).map(lambda wall: wall.replace(microsecond=0))


@given(st.lists(st.tuples(zones, walls), min_size=1, max_size=8))
def test_any_zone_at_any_time_is_the_same_instant_for_an_independent_reader(times: list[tuple[str, datetime]]) -> None:
    body = render(feed(times)).body
    assert instants(body) == [written(wall, oracle.offset_on_wall(zone, wall)) for zone, wall in times]
    assert render(body).body == body


@given(zones, walls, st.integers(2, 40))
def test_a_weekly_series_is_the_same_instants(zone: str, start: datetime, count: int) -> None:
    rule = f"DTSTART;TZID={zone}:{start:%Y%m%dT%H%M%S}\r\nRRULE:FREQ=WEEKLY;COUNT={count}\r\n"
    event = f"BEGIN:VEVENT\r\nUID:series\r\nDTSTAMP:20260101T000000Z\r\n{rule}END:VEVENT\r\n"
    body = render(f"{HEAD}{event}END:VCALENDAR\r\n".encode()).body
    series = [start + timedelta(weeks=n) for n in range(count)]
    assert rfc.Feed(body).instances("series", count) == [
        written(wall, oracle.offset_on_wall(zone, wall)) for wall in series
    ]


def as_parameter(tzid: str) -> str:
    return tzid if tzid.startswith('"') or not set(tzid) & set(",;:") else f'"{tzid}"'


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_hard_case_keeps_its_instant_and_gets_a_safe_name(case: Case) -> None:
    """The cases that `tzmap.resolve` is held to, each as a feed of its own."""
    escaped = case.tzid.strip().strip('"').replace("\\", "\\\\").replace(",", "\\,").replace(";", "\\;")
    definition = (case.definition or b"").decode().replace("TZID:x\r\n", f"TZID:{escaped}\r\n")
    start = f"DTSTART;TZID={as_parameter(case.tzid)}:{case.wall}"
    event = f"BEGIN:VEVENT\r\nUID:1\r\nDTSTAMP:20260101T000000Z\r\n{start}\r\nEND:VEVENT\r\n"
    rendered = render(f"{HEAD}{definition}{event}END:VCALENDAR\r\n".encode())
    assert instants(rendered.body) == [written(moment(case.utc), timedelta(0))]
    (served,) = (zone.served for zone in rendered.report.zones)
    if served == "UTC":
        assert "Etc/UTC" in case.becomes
    elif served not in case.becomes:
        assert case.becomes & {"keep", "fixed"}
        assert served not in tzmap.zone_names()
