"""The VTIMEZONE writer: right at every instant of the range, in every reader we can run, and small."""

# ruff: noqa: DTZ001 - wall-clock times have no zone

import io
import random
import re
from datetime import date, datetime, timedelta

import pytest
from dateutil.tz import tzical
from hypothesis import given, settings
from hypothesis import strategies as st

import tzmap
from tests.tzmap import oracle
from tests.tzmap.literal import LiteralZone
from tests.tzmap.test_zones import NAMES, onsets


@pytest.mark.parametrize(
    ("first", "last"), [(1970, 2037), (2037, 2060), (2000, 2000), (2024, 2027), (1900, 1950), (1850, 1900)]
)
def test_every_zone_is_right_when_read_literally(first: int, last: int) -> None:
    """RFC 5545 3.6.5 word for word against zoneinfo, at both ends of every stretch of constant offset."""
    begin, end = datetime(first, 1, 1) - timedelta(days=1), datetime(last, 12, 31, 23, 59)
    wrong = {}
    for name in NAMES:
        text = tzmap.vtimezone(name, date(first, 1, 1), date(last, 12, 31))
        if found := oracle.wrong_instants(text, name, onsets(name, end.year + 1), begin, end):
            wrong[name] = found
    assert wrong == {}


@pytest.mark.parametrize(("written", "instead"), [(b"T020000", b"T030000"), (b"-1SU", b"4SU"), (b"+0200", b"+0300")])
def test_the_check_above_can_fail(written: bytes, instead: bytes) -> None:
    text = tzmap.vtimezone("Europe/Berlin", date(2020, 1, 1), date(2037, 12, 31)).replace(written, instead)
    first, last = datetime(2020, 1, 1), datetime(2037, 12, 31)
    assert oracle.wrong_instants(text, "Europe/Berlin", onsets("Europe/Berlin", 2038), first, last)


def test_every_zone_is_right_through_dateutil_from_2000_on() -> None:
    """The wall-clock hours around each onset, unambiguous ones only: dateutil has ideas of its own about the rest."""
    wrong = []
    for name in NAMES:
        text = tzmap.vtimezone(name, date(2000, 1, 1), date(2037, 12, 31)).decode()
        reader = tzical(io.StringIO(text)).get()
        for onset in onsets(name, 2037):
            if onset.year < 2000:
                continue
            for hours in (-30, 30):
                wall = onset + timedelta(hours=hours)
                if wall.year <= 2037 and wall.replace(tzinfo=reader).utcoffset() != oracle.offset_on_wall(name, wall):
                    wrong.append((name, wall))
    assert wrong == []


@settings(deadline=None, max_examples=200)
@given(st.sampled_from(NAMES), st.integers(1900, 2300), st.integers(0, 40), st.randoms(use_true_random=False))
def test_any_range_is_right_on_the_wall_clock(name: str, first: int, years: int, chance: random.Random) -> None:
    """The margin holds too: a day before the first year and a day after the last are as right as the range."""
    text = tzmap.vtimezone(name, date(first, 5, 17), date(first + years, 2, 3))
    read = LiteralZone(text, first + years + 1)
    begin, end = datetime(first, 1, 1) - timedelta(days=1), datetime(first + years + 1, 1, 2)
    for wall in [begin, end, *(begin + (end - begin) * chance.random() for _ in range(20))]:
        moment = wall.replace(microsecond=0)
        assert read.at_wall(moment) == oracle.offset_on_wall(name, moment)


@settings(deadline=None)
@given(st.sampled_from(NAMES), st.integers(1970, 2060), st.integers(0, 40))
def test_the_definition_we_write_is_the_zone_to_us_too(name: str, first: int, years: int) -> None:
    """Writer and Rules agree: resolving a TZID with our own VTIMEZONE gives the zone without looking at one value."""
    text = tzmap.vtimezone(name, date(first, 1, 1), date(first + years, 12, 31))
    span = (datetime(first, 1, 1), datetime(first + years, 12, 31, 23, 59, 59))
    answer = tzmap.resolve(name, definition=text, span=span)
    assert (answer.zone in {name, "Etc/UTC"}, answer.disagreement, answer.compared) == (True, None, 0)


def test_a_two_year_range_of_any_zone_takes_at_most_1000_octets() -> None:
    sizes = {
        name: len(tzmap.vtimezone(name, date(year, 1, 1), date(year + 1, 12, 31)))
        for name in NAMES
        for year in (2024, 2026)
    }
    assert {name: size for name, size in sizes.items() if size > 1000} == {}


def test_content_lines_are_rfc_5545_s() -> None:
    """CRLF ends, at most 75 octets, one RDATE a line, DTSTART among the RDATEs."""
    for name in NAMES:
        text = tzmap.vtimezone(name, date(1970, 1, 1), date(2037, 12, 31))
        lines = text.split(b"\r\n")
        assert [lines[0], *lines[-2:]] == [b"BEGIN:VTIMEZONE", b"END:VTIMEZONE", b""]
        assert all(len(line) <= 75 and b"\n" not in line for line in lines)
        assert not any(line.startswith(b"RDATE") and b"," in line for line in lines)
        for block in re.split(rb"BEGIN:(?:STANDARD|DAYLIGHT)", text)[1:]:
            start = re.search(rb"DTSTART:(\w+)", block)
            assert start is not None
            assert b"RDATE:" not in block or b"RDATE:" + start[1] in block


@pytest.mark.parametrize("year", [1, 2399, 2400, 9999])
def test_a_far_year_has_a_definition_too(year: int) -> None:
    text = tzmap.vtimezone("Europe/Berlin", date(year, 1, 1), date(year, 12, 31))
    wall = datetime(year, 7, 1)
    assert tzmap.Rules.parse(text).utc_offset(wall) == oracle.offset_on_wall("Europe/Berlin", wall)


OBSERVANCE = re.compile(
    r"BEGIN:(STANDARD|DAYLIGHT)\r\nDTSTART:(\w+)\r\n.*?TZOFFSETFROM:(\S+)\r\nTZOFFSETTO:(\S+)\r\n", re.DOTALL
)


def test_outlook_finds_one_pair_where_one_pair_suffices() -> None:
    """MS-OXCICAL: of several STANDARD the one with the largest DTSTART counts, and only RRULE is read."""
    for name in [
        "Europe/Berlin",
        "America/New_York",
        "Europe/Dublin",
        "America/Nuuk",
        "Pacific/Auckland",
        "Australia/Lord_Howe",
    ]:
        text = tzmap.vtimezone(name, date(2025, 1, 1), date(2027, 12, 31)).decode()
        kinds = {kind: (was, now) for kind, _, was, now in OBSERVANCE.findall(text)}
        assert [text.count(word) for word in ("BEGIN:STANDARD", "BEGIN:DAYLIGHT", "RRULE:")] == [1, 1, 2], name
        assert kinds["DAYLIGHT"] == kinds["STANDARD"][::-1]


def test_observances_stand_in_order_of_dtstart() -> None:
    for name in NAMES:
        text = tzmap.vtimezone(name, date(1990, 1, 1), date(2030, 12, 31)).decode()
        starts = [start for _, start, _, _ in OBSERVANCE.findall(text)]
        assert starts == sorted(starts)


@pytest.mark.parametrize("name", ["America/Vancouver", "Europe/Moscow", "Africa/Casablanca", "America/Sao_Paulo"])
def test_a_zone_that_gave_up_changing_ends_on_its_standard_time(name: str) -> None:
    text = tzmap.vtimezone(name, date(2005, 1, 1), date(2030, 12, 31)).decode()
    kind, _, _, offset = OBSERVANCE.findall(text)[-1]
    sign = -1 if offset[0] == "-" else 1
    assert kind == "STANDARD"
    assert oracle.offset_on_wall(name, datetime(2030, 7, 1)) == sign * timedelta(
        hours=int(offset[1:3]), minutes=int(offset[3:])
    )


def test_the_same_years_give_the_same_octets() -> None:
    one = tzmap.vtimezone("Europe/Paris", date(2026, 1, 1), date(2027, 1, 1))
    assert tzmap.vtimezone("Europe/Paris", date(2026, 12, 31), date(2027, 6, 1)) is one
    assert tzmap.vtimezone("Europe/Paris", date(2027, 1, 1), date(2031, 1, 1)) == one


def test_a_range_the_wrong_way_round_and_an_unknown_zone_are_refused() -> None:
    with pytest.raises(tzmap.TzmapError, match="before it begins"):
        tzmap.vtimezone("Europe/Berlin", date(2027, 1, 1), date(2026, 12, 31))
    with pytest.raises(ValueError, match="not a zone"):
        tzmap.vtimezone("Europe/Atlantis", date(2026, 1, 1), date(2026, 12, 31))


@pytest.mark.parametrize("minutes", [330, -210, 0, 345, 840])
def test_a_fixed_offset_is_right_at_every_time(minutes: int) -> None:
    offset = timedelta(minutes=minutes)
    text = tzmap.fixed_vtimezone("GMT+x, \N{SNOWMAN}" + "x" * 90, offset)
    assert LiteralZone(text, 2030).at_utc(datetime(2026, 7, 1)) == offset
    assert tzmap.Rules.parse(text).utc_offset(datetime(1980, 1, 1)) == offset
    assert all(len(line) <= 75 for line in text.split(b"\r\n"))
    assert b"\\, " + "\N{SNOWMAN}".encode() in text


@pytest.mark.parametrize(("tzid", "hours"), [("", 1), ("a\r\nb", 1), ("\x7f", 1), ("x", 24), ("x", -24)])
def test_what_cannot_be_written_is_refused(tzid: str, hours: int) -> None:
    with pytest.raises(tzmap.TzmapError):
        tzmap.fixed_vtimezone(tzid, timedelta(hours=hours))
