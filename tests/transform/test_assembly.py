"""A feed put together of a shared start and its own end is the feed written out, for any base and any overlay."""

import gzip
import os
import subprocess
import sys
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedproxy.errors import FeedRefused
from feedproxy.gzip_member import Start, member
from feedproxy.model import EventDetails, PersonalEvent
from feedproxy.transform import Options, Shared, assemble, index, render, write_overlay
from feedproxy.transform.assembly import CHOICES, STARTS
from feedproxy.transform.naming import Naming
from feedproxy.transform.personal import uid
from feedproxy.transform.selection import Selection
from tests.feeds import SAMPLES, bodies

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
OPTIONS = Options()
EMPTY = b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\nMETHOD:PUBLISH\r\nEND:VCALENDAR\r\n"
IN_NEW_YORK = EMPTY.replace(
    b"END:VCALENDAR",
    b"BEGIN:VEVENT\r\nUID:a\r\nDTSTAMP:20260101T000000Z\r\nDTSTART;TZID=America/New_York:20260701T100000\r\nEND:VEVENT\r\n"
    b"BEGIN:VEVENT\r\nUID:b\r\nDTSTAMP:20260101T000000Z\r\nDTSTART;TZID=Europe/Paris:20260701T100000\r\nEND:VEVENT\r\n"
    b"END:VCALENDAR",
)
NAMED = IN_NEW_YORK.replace(
    b"METHOD:PUBLISH\r\n", b"NAME;LANGUAGE=en:Old\r\nx-wr-calname:Old\r\nDESCRIPTION:What the source says\r\n"
)


def at(*parts: int) -> datetime:
    return datetime(*parts)  # type: ignore[arg-type] # noqa: DTZ001


IN_JULY = at(2026, 7, 1, 10)


def event(name: str = "1", zone: str = "Europe/Berlin", start: datetime | date = IN_JULY) -> PersonalEvent:
    details = EventDetails("Meet the coach", start, start + timedelta(hours=24), zone)
    return PersonalEvent("acme", name, details, 0, NOW, NOW)


events = st.lists(
    st.builds(
        event,
        name=st.sampled_from("12345"),
        zone=st.sampled_from(["Europe/Berlin", "America/New_York", "UTC", "Asia/Tokyo"]),
        start=st.one_of(st.datetimes(at(1970, 1, 1), at(2090, 1, 1)), st.dates(date(1970, 1, 1), date(2090, 1, 1))),
    ),
    max_size=5,
)


def composed(shared: Shared, personal: Sequence[PersonalEvent], kept: Sequence[int] | None = None) -> bytes:
    overlay = write_overlay(personal)
    return member(shared.start(overlay, kept), overlay.end)


@pytest.mark.parametrize("beside", [0, 2_000])
def test_what_is_no_event_stays_though_it_has_the_uid_of_a_personal_one(beside: int) -> None:
    own = event()
    others = b"".join(
        b"BEGIN:%b\r\nUID:%b\r\nDTSTAMP:20260101T000000Z\r\nSUMMARY:Not ours\r\nEND:%b\r\n" % (kind, name, kind)
        for kind, name in [
            (b"X-OTHER", uid(own.account_code, own.event_id, own.owner).encode()),
            (b"VTODO", uid(own.account_code, own.event_id, own.owner).encode()),
            *((b"VEVENT", b"%d@x" % n) for n in range(beside)),
        ]
    )
    body = b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\n" + others + b"END:VCALENDAR\r\n"
    rendered = render(body, personal=[own]).body
    assert rendered == gzip.decompress(composed(Shared(index(body, OPTIONS), OPTIONS), [own]))
    assert (rendered.count(b"BEGIN:X-OTHER"), rendered.count(b"BEGIN:VTODO")) == (1, 0)


@given(bodies, events, st.booleans(), st.data())
def test_what_is_put_together_is_what_is_written_out(
    body: bytes, personal: list[PersonalEvent], placeholder: bool, data: st.DataObject
) -> None:
    options = Options(placeholder=placeholder)
    try:
        base = index(body, options)
    except FeedRefused:
        base = index(EMPTY, options)
    shared = Shared(base, options)
    places = st.lists(st.sampled_from(range(base.events)), unique=True).map(sorted) if base.events else st.just([])
    for kept in (None, data.draw(places)):
        written = assemble(base, personal, options, kept).body
        assert gzip.decompress(composed(shared, personal, kept)) == written


@pytest.mark.parametrize("sample", SAMPLES)
def test_every_sample_is_put_together_as_it_is_written_out(sample: bytes) -> None:
    base = index(sample, OPTIONS)
    for personal in ([], [event(), event("2", "Asia/Tokyo")]):
        expected = assemble(base, personal, OPTIONS).body
        assert gzip.decompress(composed(Shared(base, OPTIONS), personal)) == expected


def test_subscribers_share_what_they_begin_with() -> None:
    shared = Shared(index(IN_NEW_YORK, OPTIONS), OPTIONS)
    berlin = [write_overlay([event(str(n), start=at(2026, 1 + n, 1, 10))]) for n in range(5)]
    assert len({id(shared.start(overlay)) for overlay in berlin}) == 1
    in_tokyo, in_no_zone = write_overlay([event(zone="Asia/Tokyo")]), write_overlay([event(start=date(2026, 1, 1))])
    starts = [shared.start(overlay) for overlay in (berlin[0], in_tokyo, in_no_zone, write_overlay([]))]
    assert len({id(start) for start in starts}) == 4
    assert starts[2].blocks[1] is starts[3].blocks[1]
    assert {id(start.blocks[2]) for start in starts} == {id(starts[0].blocks[2])}


def test_a_zone_that_the_base_declares_for_fewer_years_is_declared_for_all_of_them() -> None:
    """Before 1946 Berlin had other rules: a personal event of then is not read by those of now."""
    shared = Shared(index(IN_NEW_YORK.replace(b"Europe/Paris", b"Europe/Berlin"), OPTIONS), OPTIONS)
    then = gzip.decompress(composed(shared, [event(start=at(1945, 7, 1, 10))]))
    assert b"TZNAME:CEMT" in then or b"TZOFFSETTO:+0300" in then
    assert b"TZOFFSETTO:+0300" not in gzip.decompress(composed(shared, [event()]))


def test_declarations_stand_before_the_events_that_use_them() -> None:
    body = gzip.decompress(composed(Shared(index(IN_NEW_YORK, OPTIONS), OPTIONS), [event(zone="Asia/Tokyo")]))
    assert body.index(b"TZID:Asia/Tokyo") < body.index(b"BEGIN:VEVENT")


def test_a_personal_event_stands_in_for_a_component_with_its_uid() -> None:
    own = uid("acme", "1").encode()
    shared = Shared(index(IN_NEW_YORK.replace(b"UID:a\r\n", b"UID:" + own + b"\r\n"), OPTIONS), OPTIONS)
    body = gzip.decompress(composed(shared, [event()]))
    assert body.count(b"UID:" + own) == 1
    assert b"SUMMARY:Meet the coach" in body
    assert b"America/New_York" not in body
    assert gzip.decompress(composed(shared, [])).count(b"UID:" + own) == 1


def test_a_filter_leaves_no_declaration_that_nothing_uses() -> None:
    shared = Shared(index(IN_NEW_YORK, OPTIONS), OPTIONS)
    body = gzip.decompress(composed(shared, [], [1]))
    assert b"UID:b" in body
    assert b"UID:a" not in body
    assert b"TZID:Europe/Paris" in body
    assert b"America/New_York" not in body


def test_a_zone_named_in_a_folded_line_is_declared_under_a_filter() -> None:
    folded = IN_NEW_YORK.replace(b"DTSTART;TZID=Europe/Paris", b"DTSTART;X-LONG=" + b"x" * 45 + b";TZID=Europe/Paris")
    base = index(folded, OPTIONS)
    assert b";TZID=Europe/Paris" not in base.calendar.components[1].text
    assert b"TZID:Europe/Paris" in gzip.decompress(composed(Shared(base, OPTIONS), [], [1]))


def test_the_same_filter_shares_what_it_begins_with() -> None:
    shared = Shared(index(IN_NEW_YORK, OPTIONS), OPTIONS)
    nothing = write_overlay([])
    assert shared.start(nothing, [0]) is shared.start(nothing, (0,))
    assert shared.start(nothing, [0]) is not shared.start(nothing, [1])


def test_how_many_starts_are_kept_is_bounded() -> None:
    shared = Shared(index(IN_NEW_YORK, OPTIONS), OPTIONS)
    for year in range(1970, 1970 + 3 * STARTS):
        shared.start(write_overlay([event(zone="Asia/Tokyo", start=at(year, 1, 1))]))
        shared.start(write_overlay([]), [0] if year % 2 else [1])
    assert all(len(starts._starts) <= STARTS for starts in shared._starts.values())
    assert len(shared._choices) == 2


def test_how_many_choices_and_names_are_kept_is_bounded() -> None:
    shared = Shared(index(IN_NEW_YORK, OPTIONS), OPTIONS)
    nothing = write_overlay([])
    for n in range(2 * CHOICES):
        shared.start(nothing, shared.kept(Selection(exclude=frozenset([str(n)]))).indices, naming=Naming(str(n)))
    for known in (shared._kept, shared._heads, shared._starts):
        assert len(known) == CHOICES


def test_two_calendars_of_one_source_have_their_own_names_and_share_its_components() -> None:
    shared = Shared(index(NAMED, OPTIONS), OPTIONS)
    nothing = write_overlay([])
    bears, lions = (shared.start(nothing, naming=Naming(name)) for name in ("Bears", "Lions; away, too"))
    for start, name in ((bears, b"Bears"), (lions, rb"Lions\; away\, too")):
        head = gzip.decompress(member(start, nothing.end)).split(b"BEGIN:VEVENT")[0]
        assert b"\r\nNAME:" + name + b"\r\n" in head
        assert b"\r\nX-WR-CALNAME:" + name + b"\r\n" in head
        assert b"Old" not in head
        assert b"\r\nDESCRIPTION:What the source says\r\n" in head
    assert bears.blocks[2] is lions.blocks[2]
    assert bears.digest != lions.digest
    described = gzip.decompress(member(shared.start(nothing, naming=Naming("x", "Ours")), nothing.end))
    assert b"What the source says" not in described
    assert b"\r\nDESCRIPTION:Ours\r\n" in described
    assert b"\r\nX-WR-CALDESC:Ours\r\n" in described


@pytest.mark.parametrize(
    ("said", "minutes", "duration"),
    [
        (b"", 60, b"PT60M"),
        (b"REFRESH-INTERVAL:soon\r\n", 60, b"PT60M"),
        (b"REFRESH-INTERVAL;VALUE=DURATION:P1D\r\n", 60, b"P1D"),
        (b"X-PUBLISHED-TTL:PT5M\r\n", 60, b"PT5M"),
        (b"", 0, None),
    ],
)
def test_a_calendar_asks_for_looks_as_its_source_does_and_else_as_it_is_told(
    said: bytes, minutes: int, duration: bytes | None
) -> None:
    shared = Shared(index(NAMED.replace(b"DESCRIPTION", said + b"DESCRIPTION"), OPTIONS), OPTIONS)
    nothing = write_overlay([])
    feed = gzip.decompress(member(shared.start(nothing, naming=Naming(refresh_minutes=minutes)), nothing.end))
    lines = [line for line in feed.split(b"\r\n") if b"REFRESH-INTERVAL" in line or b"X-PUBLISHED-TTL" in line]
    wanted = [b"REFRESH-INTERVAL;VALUE=DURATION:%b", b"X-PUBLISHED-TTL:%b"]
    assert lines == ([line % duration for line in wanted] if duration else [])


def test_what_a_filter_leaves_is_the_same_whatever_becomes_of_the_rest() -> None:
    """Its validators are, too: who has filtered out what has changed is sent nothing."""
    nothing = write_overlay([])
    before, after = (
        Shared(index(body, OPTIONS), OPTIONS) for body in (IN_NEW_YORK, IN_NEW_YORK.replace(b"UID:a", b"UID:changed"))
    )
    assert before.start(nothing, [1]).digest == after.start(nothing, [1]).digest
    assert before.start(nothing, [0]).digest != after.start(nothing, [0]).digest


def digests(*starts: Start) -> set[bytes]:
    return {start.digest for start in starts}


def test_the_digest_of_a_start_names_its_text() -> None:
    """Whatever differs in the text makes another; how the upstream wrote it, or who asks, does not."""
    one, again = (Shared(index(body, OPTIONS), OPTIONS) for body in (IN_NEW_YORK, IN_NEW_YORK.replace(b"\r\n", b"\n")))
    nothing = write_overlay([])
    assert digests(one.start(nothing), again.start(nothing)) == digests(one.start(nothing))
    others = [
        Shared(index(IN_NEW_YORK.replace(old, new), OPTIONS), OPTIONS).start(nothing)
        for old, new in ((b"UID:a", b"UID:c"), (b"PRODID:x", b"PRODID:y"), (b"VERSION:2.0", b"VERSION:2.0\r\nX-A:b"))
    ]
    starts = [one.start(nothing), one.start(nothing, [0]), one.start(nothing, [1]), *others]
    starts += [one.start(write_overlay([event(zone=zone)])) for zone in ("Asia/Tokyo", "Asia/Kolkata")]
    empty = [Shared(index(EMPTY, OPTIONS), options).start(nothing) for options in (OPTIONS, Options(placeholder=True))]
    assert len(digests(*starts, *empty)) == len(starts) + 2


def test_another_process_makes_the_same_octets() -> None:
    """Hash seeds differ from process to process; what is served does not."""
    program = (
        "from tests.transform.test_assembly import *\n"
        "shared = Shared(index(IN_NEW_YORK, OPTIONS), OPTIONS)\n"
        "overlay = write_overlay([event('1', 'Asia/Tokyo'), event('2', 'Africa/Cairo'), event('3')])\n"
        "for kept in (None, [1]):\n"
        "    print(shared.start(overlay, kept).digest.hex(), member(shared.start(overlay, kept), overlay.end).hex())\n"
    )
    said = {
        subprocess.run(
            [sys.executable, "-c", program],
            env=os.environ | {"PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2", "3")
    }
    assert len(said) == 1
    assert len(said.pop().split()) == 4
