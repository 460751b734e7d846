"""What is streamed is what is rendered, in pieces."""

import tracemalloc
from collections.abc import Iterator
from datetime import UTC, datetime
from unittest.mock import patch

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from benchmarks import unplain_feeds
from feedproxy.errors import FeedRefused
from feedproxy.ics import cutting, normal
from feedproxy.ics.cutting import STRETCH
from feedproxy.model import EventDetails, PersonalEvent
from feedproxy.transform import Options, passages, render, stream, streaming
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


@pytest.mark.parametrize(
    "lines", [[], ["DTSTART;TZID=Europe/Berlin:20260701T190000"], ["RECURRENCE-ID;TZID=Europe/Berlin:20260701T190000"]]
)
def test_a_personal_event_takes_the_place_of_one_in_the_feed(lines: list[str]) -> None:
    """And of its overrides; zones are declared that are still named."""
    own = event(1, *lines).replace(b"1@example.com", uid("club", "1").encode())
    streamed, rendered = both(HEAD + event(2) + own + event(3) + TAIL)
    assert streamed == rendered
    assert streamed.count(b"UID:personal-") == len(PERSONAL)
    assert b"Berlin" not in streamed


@pytest.mark.parametrize("options", [Options(placeholder=True), Options(bind_floating=True)])
def test_options_are_heeded(options: Options) -> None:
    floating = event(1, "DTSTART:20260701T100000")
    for body in (HEAD + TAIL, HEAD + b"X-WR-TIMEZONE:Asia/Tokyo\r\n" + floating + TAIL):
        assert b"".join(stream(body, options=options)) == render(body, options=options).body


UNPLAIN = [
    kind(1_000).partition(b"PRODID:x")[2].rpartition(b"END:VCALENDAR")[0].lstrip()
    for kind in unplain_feeds.KINDS.values()
]
"""Two components of each kind that is not plain."""
DEFINITION = (
    b"BEGIN:VTIMEZONE\r\nTZID:W. Europe Standard Time\r\nBEGIN:STANDARD\r\nDTSTART:16010101T000000\r\n"
    b"TZOFFSETFROM:+0500\r\nTZOFFSETTO:+0500\r\nEND:STANDARD\r\nEND:VTIMEZONE\r\n"
)
DAMAGE = (
    b"BEGIN:VCALENDAR BEGIN:VEVENT BEGIN:VALARM BEGIN:PARTICIPANT BEGIN:X-A END:X-A END:PARTICIPANT END:VALARM"
    b" END:VEVENT END:VCALENDAR BEGIN:VTIMEZONE X-WR-CALNAME:Club METHOD:CANCEL RECURRENCE-ID:20260701T190000 junk"
    b" COMMENT;ENCODING=QUOTED-PRINTABLE:a= BEGIN:X-FEEDPROXY-RUN END:X-FEEDPROXY-RUN UID:event-1@example.com"
).split()
LINES = [
    *(line + b"\r\n" for line in DAMAGE),
    *(b"BEGIN:VEVENT\r\nEND:VEVENT\r\n", b"\r\n x\r\n", b"\r\n", b" ", b"x-", b'"', b"\xff", b"\xc3\xbc"),
]


@pytest.mark.parametrize("kind", unplain_feeds.KINDS)
@pytest.mark.parametrize("definition", [b"", DEFINITION])
def test_what_is_not_plain_is_streamed_as_it_is_rendered(kind: str, definition: bytes) -> None:
    body = unplain_feeds.KINDS[kind](4 * STRETCH).replace(b"PRODID:x", b"X-A:1\r\n" + definition + b"PRODID:x", 1)
    with patch.object(streaming, "render") as whole:
        streamed, rendered = both(body)
    assert not whole.called
    assert streamed == rendered


@settings(max_examples=150)
@given(
    st.lists(st.sampled_from([*UNPLAIN, event(1), event(2, "RRULE:FREQ=DAILY")]), min_size=1, max_size=6),
    st.lists(st.tuples(st.sampled_from(LINES), st.integers(0, 10_000)), max_size=3),
    st.sampled_from([1, 300, 1_500]),
)
@example([UNPLAIN[0]], [(b"BEGIN:X-FEEDPROXY-RUN\r\n", 338)], 1)
def test_what_is_damaged_is_streamed_in_small_stretches_as_it_is_rendered(
    parts: list[bytes], damage: list[tuple[bytes, int]], stretch: int
) -> None:
    """Where lines begin: elsewhere it is the tests above that damage."""
    body = HEAD + DEFINITION + b"".join(parts) + TAIL
    for octets, place in damage:
        at = body.find(b"\n", place % len(body)) + 1
        body = body[:at] + octets + body[at:]
    with patch.object(cutting, "STRETCH", stretch), patch.object(passages, "STRETCH", stretch):
        streamed, rendered = both(body)
    assert streamed == rendered


CANCEL = HEAD.replace(b"PRODID", b"method:Cancel\r\nPRODID")
OVERRIDES = [
    event(2, "RECURRENCE-ID;TZID=W. Europe Standard Time:20260701T190000", "SEQUENCE:1"),
    event(2, "RECURRENCE-ID:20260701T190000Z", "STATUS:TENTATIVE", "BEGIN:VALARM", "STATUS:x", "END:VALARM"),
    event(1, "DTSTART;TZID=W. Europe Standard Time:20260701T190000", "SEQUENCE:2"),
    event(3, "DTSTART;TZID=W. Europe Standard Time:20260702T190000", "RRULE:FREQ=DAILY;COUNT=2", "SUMMARY:Füße 🎉"),
]


@settings(max_examples=150)
@given(
    st.lists(
        st.tuples(
            st.sampled_from([b"", DEFINITION, DEFINITION.replace(b"0500", b"0100")]),
            st.lists(st.sampled_from([*UNPLAIN, *OVERRIDES, event(1), event(2, "RRULE:FREQ=DAILY")]), max_size=4),
        ),
        min_size=1,
        max_size=4,
    ),
    st.sampled_from([[HEAD], [CANCEL], [HEAD, CANCEL]]),
    st.sampled_from(["", "utf-16", "utf-16-le", "utf-16-be"]),
    st.sampled_from([1, 300, 1_500]),
)
def test_several_calendars_cancelled_and_in_any_encoding_are_streamed_as_they_are_rendered(
    calendars: list[tuple[bytes, list[bytes]]], heads: list[bytes], encoding: str, stretch: int
) -> None:
    body = b"".join(
        heads[n % len(heads)] + definition + b"".join(parts) + TAIL for n, (definition, parts) in enumerate(calendars)
    )
    if encoding:
        body = body.decode("utf-8", "replace").encode(encoding)
    with (
        patch.object(cutting, "STRETCH", stretch),
        patch.object(passages, "STRETCH", stretch),
        patch.object(normal, "DECODED", stretch),
    ):
        streamed, rendered = both(body)
    assert streamed == rendered


@pytest.mark.parametrize("start", ["", "\ufeff", "\ufeff\ufeff", "\0", "\0B\0E", "B\0E\0"])
@pytest.mark.parametrize("end", [b"", b"\0", b"\xd8", b"\xd8\0", b"\0\xd8", b"\0\xd8\0\0"])
@pytest.mark.parametrize("step", [1, 2, 3, 1_000])
def test_utf_16_is_read_in_steps_as_at_once(start: str, end: bytes, step: int) -> None:
    body = (start + (HEAD + OVERRIDES[-1] + TAIL).decode()).encode("utf-16") + end
    with patch.object(normal, "DECODED", step):
        streamed, rendered = both(body)
    assert streamed == rendered


def test_more_calendars_than_are_worth_it_are_read_as_a_whole() -> None:
    some, more = (
        b"".join(HEAD + event(n) + TAIL for n in range(count))
        for count in (streaming.MAX_CALENDARS, streaming.MAX_CALENDARS + 1)
    )
    for body, is_whole in ((some, False), (more, True)):
        with patch.object(streaming, "render", wraps=render) as whole:
            streamed, rendered = both(body)
        assert whole.called == is_whole
        assert streamed == rendered


SAYING = [
    *("SEQUENCE:1", "SEQUENCE:2", "SEQUENCE: 3", "SEQUENCE:-1", "SEQUENCE;X=1:4", "SEQUENCE:x", "SUMMARY:Other"),
    *("LAST-MODIFIED:20260301T000000Z", "LAST-MODIFIED:20260302T000000Z", "LAST-MODIFIED:00000000T000000Z"),
    *("LAST-MODIFIED:yesterday", "LAST-MODIFIED:20260301T000000", "LAST-MODIFIED;X=1:20260303T000000Z"),
    *("RECURRENCE-ID:20260701T190000Z", "RECURRENCE-ID:20260701T190000", "BEGIN:VALARM\r\nSEQUENCE:9\r\nEND:VALARM"),
    *(f"RECURRENCE-ID;TZID={zone}:20260701T190000" for zone in ("W. Europe Standard Time", "Europe/Berlin")),
]


@settings(max_examples=150)
@given(
    st.lists(
        st.tuples(
            st.integers(1, 3),
            st.lists(st.sampled_from(SAYING), max_size=3),
            st.sampled_from([b"VEVENT", b"VEVENT", b"VTODO", b"X-OTHER"]),
            st.sampled_from([b"", b"", TAIL + HEAD, b"BEGIN:VEVENT\r\nUID:1@example.com\r\n", b"COMMENT:\x00\r\n"]),
        ),
        max_size=12,
    ),
    st.sampled_from([b"", DEFINITION]),
    st.sampled_from([300, 1_500]),
)
def test_of_what_is_there_twice_the_same_is_streamed_as_is_rendered(
    components: list[tuple[int, list[str], bytes, bytes]], definition: bytes, stretch: int
) -> None:
    texts = (behind + event(n, *lines).replace(b"VEVENT", kind) for n, lines, kind, behind in components)
    body = HEAD + definition + b"".join(texts).replace(b"3@example.com", uid("club", "1").encode()) + TAIL
    with patch.object(cutting, "STRETCH", stretch), patch.object(passages, "STRETCH", stretch):
        streamed, rendered = both(body)
    assert streamed == rendered


@pytest.mark.parametrize("again", [b"", b"SEQUENCE:1\r\n", b"LAST-MODIFIED:20260301T000000Z\r\n"])
def test_what_is_there_twice_is_not_held(again: bytes) -> None:
    """But for 80 octets of each; the events themselves would be ten times that."""

    def twice(events: int) -> bytes:
        once = b"".join(event(n, f"DESCRIPTION:{'x' * 55}", *["COMMENT:x"] * 20) for n in range(events))
        return HEAD + once + once.replace(b"DTSTAMP", again + b"DTSTAMP") + TAIL

    few, many = twice(1_000), twice(10_000)
    with patch.object(streaming, "render") as whole:
        streamed, rendered = both(few)
    assert not whole.called
    assert streamed == rendered
    assert held(many) - held(few) < 18_000 * 80


def held(body: bytes) -> int:
    """Return the most octets that are allocated at once while a body is streamed."""
    tracemalloc.start()
    for _ in stream(body):
        pass
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak


def test_what_is_held_does_not_grow_with_the_feed() -> None:
    """Beyond 8 octets for each event."""
    few, many = (
        b"".join([HEAD, *(event(n, f"DESCRIPTION:{'x' * 60}") for n in range(events)), TAIL])
        for events in (2_000, 20_000)
    )
    assert held(many) - held(few) < 18_000 * 24


@pytest.mark.parametrize("kind", unplain_feeds.KINDS)
def test_what_is_held_does_not_grow_with_a_feed_that_is_not_plain(kind: str) -> None:
    """Whatever its size it is less than 1 MB beside what comes in and goes out, and 8 octets for each component."""
    few, many = (unplain_feeds.KINDS[kind](size) for size in (300_000, 1_200_000))
    held(few)
    most = held(many)
    assert most < 1_000_000
    assert most - held(few) < (len(many) - len(few)) / 4
