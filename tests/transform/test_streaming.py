"""What is streamed is what is rendered, in pieces."""

import tracemalloc
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feedproxy.errors import FeedRefused
from feedproxy.ics.runs import STRETCH
from feedproxy.model import EventDetails, PersonalEvent
from feedproxy.transform import Options, render, stream
from feedproxy.transform.personal import uid
from tests.feeds import SAMPLES, bodies

DEFAULT = Options()
NOW = datetime(2026, 1, 1, tzinfo=UTC)
DETAILS = EventDetails("Doors open", datetime(2031, 5, 1, 18), datetime(2031, 5, 1, 19), "Asia/Tokyo")  # noqa: DTZ001
PERSONAL = [PersonalEvent("club", str(n), DETAILS, 0, NOW, NOW) for n in range(2)]
HEAD, TAIL = b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\n", b"END:VCALENDAR\r\n"


def both(body: bytes, options: Options = DEFAULT) -> tuple[bytes, bytes]:
    """What is streamed, and what is rendered; the reasons when nothing is."""
    try:
        streamed = b"".join(stream(body, personal=PERSONAL, options=options))
    except FeedRefused as refusal:
        streamed = refusal.reason.encode()
    try:
        return streamed, render(body, personal=PERSONAL, options=options).body
    except FeedRefused as refusal:
        return streamed, refusal.reason.encode()


def event(n: int, *lines: str) -> bytes:
    start = ["BEGIN:VEVENT", f"UID:{n}@example.com", "DTSTAMP:20260101T000000Z"]
    return "\r\n".join([*start, *lines, "END:VEVENT", ""]).encode()


def season(count: int) -> Iterator[bytes]:
    """Events in three zones, by the year, with a recurring one, an override and a copy now and then."""
    for n in range(count):
        zone = ("W. Europe Standard Time", "America/New_York", "Club time")[n % 3]
        day = f"{2026 + n % 4}{n % 12 + 1:02}{n % 28 + 1:02}"
        times = (f"DTSTART;TZID={zone}:{day}T190000", f"DTEND;TZID={zone}:{day}T210000")
        yield event(
            n, *times, f"DESCRIPTION:{'Bring a friend. ' * 20}"[:75], *["RRULE:FREQ=DAILY;COUNT=2"][: n % 50 == 0]
        )
        if n % 50 == 0:
            yield event(n, f"RECURRENCE-ID;TZID={zone}:{day}T190000", *times, "SUMMARY:Later")
        if n % 70 == 0:
            yield event(n, *times, "SEQUENCE:1", "SUMMARY:Moved")


@settings(max_examples=250)
@given(bodies)
def test_any_octets_are_streamed_as_they_are_rendered(body: bytes) -> None:
    streamed, rendered = both(body)
    assert streamed == rendered


@given(st.lists(st.sampled_from(SAMPLES), min_size=1, max_size=3))
def test_feeds_behind_each_other_are_streamed_as_they_are_rendered(samples: list[bytes]) -> None:
    streamed, rendered = both(b"".join(samples))
    assert streamed == rendered


@pytest.mark.parametrize("line_end", [b"\r\n", b"\n"])
@pytest.mark.parametrize("rules", ["+0100", "+0500"])
def test_a_large_feed_with_overrides_and_copies_is_streamed_as_it_is_rendered(line_end: bytes, rules: str) -> None:
    """By its rules Club time is a zone of its own, and W. Europe Standard Time parts from the zone of that name."""
    definitions = b"".join(
        b"BEGIN:VTIMEZONE\r\nTZID:%b\r\nBEGIN:STANDARD\r\nDTSTART:16010101T000000\r\nTZOFFSETFROM:%b\r\n"
        b"TZOFFSETTO:%b\r\nEND:STANDARD\r\nEND:VTIMEZONE\r\n" % (tzid, rules.encode(), rules.encode())
        for tzid in (b"Club time", b"W. Europe Standard Time")
    )
    body = b"".join([HEAD, definitions, *season(1_500), TAIL]).replace(b"\r\n", line_end)
    assert len(body) > 2 * STRETCH
    streamed, rendered = both(body)
    assert streamed == rendered


def test_a_personal_event_takes_the_place_of_one_in_the_feed() -> None:
    own = event(1).replace(b"1@example.com", uid("club", "1").encode())
    streamed, rendered = both(HEAD + event(2) + own + event(3) + TAIL)
    assert streamed == rendered
    assert streamed.count(b"UID:personal-") == len(PERSONAL)


@pytest.mark.parametrize("options", [Options(placeholder=True), Options(bind_floating=True)])
def test_options_are_heeded(options: Options) -> None:
    floating = event(1, "DTSTART:20260701T100000")
    for body in (HEAD + TAIL, HEAD + b"X-WR-TIMEZONE:Asia/Tokyo\r\n" + floating + TAIL):
        assert b"".join(stream(body, options=options)) == render(body, options=options).body


def test_what_is_held_does_not_grow_with_the_feed() -> None:
    """Beyond 8 octets for each event."""

    def held(events: int) -> int:
        body = b"".join([HEAD, *(event(n, f"DESCRIPTION:{'x' * 60}") for n in range(events)), TAIL])
        tracemalloc.start()
        for _ in stream(body):
            pass
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return peak

    few, many = held(2_000), held(20_000)
    assert many - few < 18_000 * 24
