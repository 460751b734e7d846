"""The past left out: by a day of the caller's, or by what the feed says of itself."""

from datetime import date

import pytest

from feedproxy.transform import Options, render
from feedproxy.transform.trim import Trim, TrimBehind
from tests.readers import rfc
from tests.transform.calendars import event, feed


def left(body: bytes, step: Trim | TrimBehind) -> list[str]:
    out = render(body, options=Options(steps=(step,))).body
    assert render(out, options=Options(steps=(step,))).body == out
    return [each.uid for each in rfc.Feed(out).events()]


YEARS = [
    event(f"UID:{year}\nLAST-MODIFIED:{year}0601T120000Z\nDTSTART:{year}0701T100000Z") for year in range(2020, 2027)
]


@pytest.mark.parametrize(
    ("days", "uids"),
    [
        (1, ["2026"]),
        (30, ["2026"]),
        (400, ["2025", "2026"]),
        (20_000, ["2020", "2021", "2022", "2023", "2024", "2025", "2026"]),
        (36_500_000, ["2020", "2021", "2022", "2023", "2024", "2025", "2026"]),
    ],
)
def test_a_kept_feed_is_trimmed_behind_its_last_change(days: int, uids: list[str]) -> None:
    assert left(feed(*YEARS), TrimBehind(days)) == uids


def test_a_season_that_is_over_does_not_fade_away() -> None:
    edited_later = YEARS[0].replace(b"LAST-MODIFIED:2020", b"LAST-MODIFIED:2030")
    assert left(feed(edited_later, *YEARS[1:]), TrimBehind(30)) == ["2026"]


def test_a_feed_without_times_stays() -> None:
    assert left(feed(event("UID:x\nSUMMARY:whenever")), TrimBehind(1)) == ["x"]
    assert left(feed(), TrimBehind(1)) == []


def test_a_recurrence_that_takes_too_long_to_expand_stays() -> None:
    rule = "RRULE:FREQ=SECONDLY;COUNT=999999999"
    assert left(feed(event(f"UID:x\nDTSTART:20200701T100000Z\n{rule}")), Trim(date(2026, 1, 1))) == ["x"]


def test_counted_recurrences_that_together_take_too_long_all_stay() -> None:
    many = [event(f"UID:{n}\nDTSTART:19900101T100000Z\nRRULE:FREQ=DAILY;COUNT=9999") for n in range(40)]
    assert left(feed(*many[:2]), Trim(date(2026, 1, 1))) == []
    assert len(left(feed(*many), Trim(date(2026, 1, 1)))) == 40


@pytest.mark.parametrize(
    ("lines", "stays"),
    [
        ("DTSTART:20251231T230000Z\nDURATION:PT1H", False),
        ("DTSTART:20251231T230000Z\nDURATION:PT1H1S", True),
        ("DTSTART:20251201T000000Z\nDURATION:P4W3D", False),
        ("DTSTART:20251201T000000Z\nDURATION:P5W", True),
        ("DTSTART:20251231T230000Z\nDTEND:20260101T000000Z", False),
        ("DTSTART;VALUE=DATE:20251231", False),
        ("DTSTART;VALUE=DATE:20251230\nDTEND;VALUE=DATE:20260102", True),
        ("DTSTART:20260101T000000Z", True),
        ("DTSTART:99991231T235959Z\nDURATION:P9999W", True),
        ("DTSTART:20251201T230000Z\nRDATE:20251215T230000Z,20251231T220000Z\nDURATION:PT2H", False),
        ("DTSTART:20251201T230000Z\nRDATE:20251215T230000Z,20251231T230000Z\nDURATION:PT2H", True),
        ("DTSTART:20251201T230000Z\nRDATE:99991231T235959Z\nDURATION:PT2H", True),
        ("DTSTART:20240101T100000Z\nRRULE:FREQ=DAILY;UNTIL=20251225T100000Z", False),
        ("DTSTART:20240101T100000Z\nRRULE:FREQ=DAILY;UNTIL=20260101T100000Z", True),
        ("DTSTART:20240101T100000Z\nRRULE:FREQ=DAILY;UNTIL=20240201T100000Z\nRRULE:FREQ=YEARLY", True),
        ("DTSTART:20240101T100000Z\nRRULE:FREQ=DAILY;COUNT=10", False),
        ("DTSTART:20251225T100000Z\nRRULE:FREQ=DAILY;COUNT=10", True),
        ("DTSTART:nonsense", True),
    ],
)
def test_an_event_goes_when_it_has_ended_before_the_day(lines: str, stays: bool) -> None:
    assert left(feed(event(f"UID:x\n{lines}")).replace(b"nonsense", b"20260101T000000Z"), Trim(date(2026, 1, 1))) == (
        ["x"] if stays else []
    )
