"""What holds for every step that may be chosen, alone and together, whatever the feed."""

import gzip
import re
from datetime import date
from typing import Any

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from feedproxy.errors import FeedRefused
from feedproxy.gzip_member import member
from feedproxy.ics.components import SCHEDULED, Component, parse
from feedproxy.ics.normal import is_normal
from feedproxy.ics.text import escape
from feedproxy.transform import Options, Shared, assemble, index, render, write_overlay
from feedproxy.transform.chosen import chosen_steps
from feedproxy.transform.matching import Match
from feedproxy.transform.profiles import PROFILES, profile
from feedproxy.transform.revision import Revision
from feedproxy.transform.rewrite import Prefix, Replace
from feedproxy.transform.selection import Select, Selection, facts, kept
from feedproxy.transform.unique import identity
from tests.feeds import bodies
from tests.readers import rfc
from tests.transform.calendars import event, feed

thorough = settings(max_examples=150, deadline=None)

words = st.sampled_from(["Match", "Training", "a, b; c\\d", "Ünï", "[x] Match", "", "Match Match", "aa", "b"])
tags = st.sampled_from(["Home", "Away", "Romance Standard Time", "Tokyo Standard Time", "a\\,b"])
zones = st.sampled_from(["", ";TZID=Europe/Madrid", ";TZID=America/New_York", ";VALUE=DATE"])
days = st.integers(1, 28)


@st.composite
def components(draw: st.DrawFn, uid: int) -> str:
    """A master, or none, and overrides; of events or of to-dos."""
    kind = draw(st.sampled_from(["VEVENT", "VEVENT", "VEVENT", "VTODO", "VJOURNAL"]))
    zone, first = draw(zones), draw(days)
    time = "" if zone == ";VALUE=DATE" else "T100000" + ("" if zone else "Z")
    month = draw(st.sampled_from(["202401", "202601", "202609"]))
    recurs = draw(
        st.sampled_from(["", "RRULE:FREQ=DAILY;COUNT=6\n", "RRULE:FREQ=WEEKLY\n", f"RDATE{zone}:{month}28{time}\n"])
    )

    def written(recurrence_id: str, start: int, rule: str) -> str:
        own = draw(st.lists(tags, max_size=2))
        lines = [
            f"BEGIN:{kind}",
            f"UID:uid-{uid}",
            "DTSTAMP:20240101T000000Z",
            *([recurrence_id] if recurrence_id else []),
            f"DTSTART{zone}:{month}{start:02}{time}",
            *([f"CATEGORIES:{','.join(own)}"] if own else []),
            f"SUMMARY:{escape(draw(words)).decode()}",
            *draw(st.sampled_from([[], ["SEQUENCE:3"], ["LAST-MODIFIED:20250101T000000Z"], [f"X-EXTERNAL-ID:x{uid}"]])),
        ]
        alarm = draw(st.booleans()) and kind != "VJOURNAL"
        end = "BEGIN:VALARM\nACTION:DISPLAY\nTRIGGER:-PT5M\nDESCRIPTION:now\nEND:VALARM\n" if alarm else ""
        return "\n".join(lines) + "\n" + rule + end + f"END:{kind}\n"

    text = written("", first, recurs) if draw(st.integers(0, 9)) else ""
    for offset in draw(st.lists(st.integers(0, 4), max_size=2, unique=True)):
        day = min(28, first + offset)
        text += written(f"RECURRENCE-ID{zone}:{month}{day:02}{time}", min(28, day + 1), "")
    return text


@st.composite
def feeds(draw: st.DrawFn) -> bytes:
    text = "".join(draw(components(n)) for n in range(draw(st.integers(1, 5))))
    unknown = draw(st.sampled_from(["", "BEGIN:X-NOTE\nX-A:1\nEND:X-NOTE\n"]))
    head = "BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//Example//Chosen//EN\nX-WR-CALNAME:Name\n"
    return f"{head}{text}{unknown}END:VCALENDAR\n".replace("\n", "\r\n").encode()


properties = st.sampled_from(["SUMMARY", "CATEGORIES", "DESCRIPTION"])
short = st.sampled_from(["Match", "a", "aa", "b", "ab", "[x] ", " ", ",", "\\", "M", "\v\x07", ""])
ids = st.frozensets(st.sampled_from([*(f"uid-{n}" for n in range(5)), "x1", "x2", "nobody"]), max_size=3)
rewrites = st.lists(
    st.one_of(
        st.builds(Prefix, properties, short),
        st.builds(Replace, properties, short.filter(bool), short),
    ),
    max_size=3,
)
selections = st.builds(
    Selection,
    st.one_of(st.just(frozenset()), ids),
    ids,
    st.frozensets(st.sampled_from(["home", "Away", "a,b"]), max_size=1),
    st.sampled_from(["", "Romance Standard Time", "Asia/Tokyo"]),
)
matches = st.lists(
    st.builds(Match, properties, st.sampled_from(["Match", "^a", "(?i)T", "e$", "."]), st.booleans()), max_size=2
)
dates = st.sampled_from([None, None, date(2024, 6, 1), date(2026, 1, 15), date(2027, 1, 1)])


@st.composite
def options(draw: st.DrawFn) -> Options:
    """Any steps together; busy-only not with those that look for what it takes away."""
    only_busy = draw(st.integers(0, 4)) == 0
    return Options(
        steps=chosen_steps(
            since=draw(dates),
            rewrites=[] if only_busy else draw(rewrites),
            selection=Selection(exclude=draw(ids)) if only_busy else draw(selections),
            matches=[] if only_busy else draw(matches),
            without_alarms=draw(st.booleans()),
            only_busy=only_busy,
        ),
        placeholder=draw(st.booleans()),
        revision=Revision(draw(st.integers(1, 3))),
        profile=profile(draw(st.sampled_from(["", *PROFILES]))),
    )


def scheduled(body: bytes) -> dict[tuple[bytes, ...], Component]:
    return {identity(c): c for c in parse(body).components if c.kind in SCHEDULED and b"placeholder@" not in c.text}


@thorough
@given(feeds(), options())
def test_what_came_out_goes_through_unchanged(body: bytes, chosen: Options) -> None:
    once = render(body, options=chosen).body
    assert render(once, options=chosen).body == once


@thorough
@given(bodies, options())
def test_nothing_but_a_refusal_is_ever_raised_and_what_comes_out_is_in_normal_form(
    body: bytes, chosen: Options
) -> None:
    try:
        out = render(body, options=chosen).body
    except FeedRefused:
        return
    assert is_normal(out)
    assert parse(out).repairs == ()


@thorough
@given(feeds(), options())
def test_a_literal_reader_reads_what_comes_out(body: bytes, chosen: Options) -> None:
    rfc.Feed(render(body, options=chosen).body).events()


@thorough
@given(feeds(), options())
def test_the_order_stays_and_nobody_comes_in(body: bytes, chosen: Options) -> None:
    before, after = list(scheduled(render(body).body)), list(scheduled(render(body, options=chosen).body))
    assert after == [each for each in before if each in set(after)]


@thorough
@given(feeds(), options())
def test_what_no_step_touches_keeps_its_octets_and_what_one_touches_is_newer(body: bytes, chosen: Options) -> None:
    before = scheduled(render(body).body)
    out = render(body, options=chosen)
    lossless = ("sequence-missing", "exdate-list")
    grown = 0
    for key, component in scheduled(out.body).items():
        if component.text == before[key].text:
            continue
        if sequence(component) > sequence(before[key]):
            grown += 1
            assert sequence(component) == sequence(before[key]) + chosen.revision.number
            assert modified(component) > modified(before[key])
        else:
            assert {change.rule for change in out.report.changes} & set(lossless)
    assert grown == sum(change.count for change in out.report.changes if change.step == "revision")


@thorough
@given(feeds(), options())
def test_no_uid_set_is_split_and_no_original_strays(body: bytes, chosen: Options) -> None:
    before, after = scheduled(render(body).body), scheduled(render(body, options=chosen).body)
    for key, override in before.items():
        if len(key) == 2 or key[:2] not in before:
            continue
        master = after.get(key[:2])
        if master is None:
            assert key not in after
        elif key not in after and (master.has(b"RRULE") or master.has(b"RDATE")):
            gone = override.first(b"RECURRENCE-ID")
            assert gone is not None
            excluded = [(line.value, line.parameter(b"TZID")) for line in master.every(b"EXDATE")]
            assert (gone.value, gone.parameter(b"TZID")) in excluded


@thorough
@given(feeds())
def test_busy_only_lets_no_text_out(body: bytes) -> None:
    body = re.sub(rb"(SUMMARY|CATEGORIES|X-A|DESCRIPTION|X-EXTERNAL-ID):", rb'\1;X-P="ZZZ":ZZZ', body)
    body = re.sub(rb"(DTSTART|RECURRENCE-ID|RDATE)", rb"\1;X-ZZZ=ZZZ", body)
    body = re.sub(
        rb"END:(V[A-Z]+)", rb"COMMENT:ZZZ\r\nATTACH:ZZZ\r\nX-ALT-DESC:ZZZ\r\nSTATUS:ZZZ\r\nZZZ:1\r\nEND:\1", body
    )
    out = render(body, options=Options(steps=chosen_steps(only_busy=True)))
    assert b"ZZZ" not in out.body
    kept = {line.name for c in parse(out.body).components if c.kind == b"VEVENT" for line in c.lines()}
    allowed = b"UID DTSTAMP LAST-MODIFIED SEQUENCE DTSTART RRULE RDATE EXDATE RECURRENCE-ID SUMMARY STATUS TRANSP"
    assert kept <= set(allowed.split())
    assert {c.kind for c in parse(out.body).components} <= {b"VEVENT", b"VTIMEZONE"}


def sequence(component: Component) -> int:
    line = component.first(b"SEQUENCE")
    return int(line.value) if line else 0


def modified(component: Component) -> bytes:
    line = component.first(b"LAST-MODIFIED") or component.first(b"DTSTAMP")
    assert line is not None
    return line.value


@thorough
@given(feeds(), st.sampled_from([date(2024, 6, 1), date(2026, 1, 15)]))
def test_trimming_takes_whole_uid_sets(body: bytes, since: date) -> None:
    before = scheduled(render(body).body)
    after = scheduled(render(body, options=Options(steps=chosen_steps(since=since))).body)
    assume(len(after) < len(before))
    assert not {key[:2] for key in after} & {key[:2] for key in before if key not in after}
    assert all(component.text == before[key].text for key, component in after.items())


@thorough
@given(feeds(), selections)
def test_a_selection_of_a_shared_base_is_what_the_step_makes_of_the_feed(body: bytes, selection: Selection) -> None:
    base = index(body, Options())
    left = kept(facts(base.calendar.components), selection)
    overlay = write_overlay(())
    start = Shared(base, Options()).start(overlay, left.indices, left.changed)
    put_together = gzip.decompress(member(start, overlay.end))
    assert put_together == assemble(base, (), Options(), left.indices, left.changed).body
    alone = render(body, options=Options(steps=(Select(selection),))).body
    assert scheduled(put_together) == scheduled(alone)
    rfc.Feed(put_together).events()


SERIES = feed(
    event("UID:s\nDTSTART:20260701T100000Z\nRRULE:FREQ=DAILY;COUNT=5\nSUMMARY:Training"),
    event("UID:s\nRECURRENCE-ID:20260702T100000Z\nDTSTART:20260702T110000Z\nSUMMARY:Match\nX-EXTERNAL-ID:m"),
)


def rendered(body: bytes, **chosen: Any) -> bytes:
    return render(body, options=Options(steps=chosen_steps(**chosen), placeholder=True)).body


def test_an_id_of_an_override_that_a_pattern_takes_away_includes_nothing() -> None:
    selection = Selection(include=frozenset(["m"]))
    assert len(scheduled(rendered(SERIES, selection=selection))) == 2
    assert not scheduled(rendered(SERIES, selection=selection, matches=[Match("SUMMARY", "Match", wanted=False)]))


def test_a_set_is_past_when_what_is_left_of_it_is() -> None:
    series = SERIES.replace(b"DTSTART:20260702T110000Z", b"DTSTART:20270702T110000Z")
    since = date(2027, 1, 1)
    assert len(scheduled(rendered(series, since=since))) == 2
    assert not scheduled(rendered(series, since=since, selection=Selection(exclude=frozenset(["m"]))))


def test_the_event_that_stands_for_none_is_not_rewritten() -> None:
    once = rendered(feed(), rewrites=[Prefix("SUMMARY", "[x] ")])
    assert once.count(b"SUMMARY:No events\r\n") == 1
    assert rendered(once, rewrites=[Prefix("SUMMARY", "[x] ")]) == once


def test_the_texts_of_an_alarm_are_not_the_events() -> None:
    alarm = "BEGIN:VALARM\nACTION:EMAIL\nTRIGGER:-PT5M\nSUMMARY:Mail\nDESCRIPTION:d\nEND:VALARM"
    body = feed(event(f"UID:a\nDTSTART:20260701T100000Z\nSUMMARY:Event\n{alarm}"))
    out = rendered(body, rewrites=[Prefix("SUMMARY", "[x] ")], matches=[Match("SUMMARY", "Mail", wanted=False)])
    assert b"\nSUMMARY:[x] Event\r\n" in out
    assert b"\nSUMMARY:Mail\r\n" in out
