"""Nothing but churn is new: the very octets of last time. Something else is: only that changes."""

import cProfile
import gc
import random
import re

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from benchmarks.feeds import season
from benchmarks.hostile_feeds import KINDS
from feedproxy.errors import FeedRefused
from feedproxy.ics.components import parse
from feedproxy.ics.normal import normalise
from feedproxy.transform import render, settle
from feedproxy.transform.digest import component_digest, head_digest
from tests.feeds import SAMPLES, bodies

NOWS = (b"20260101T000000Z", b"20261121T120000Z")
EVENT = b"""BEGIN:VEVENT
DTSTAMP:%(now)b
UID:%(uid)b
CREATED:%(now)b
LAST-MODIFIED;X-A=1:%(now)b
SEQUENCE:%(sequence)b
DTSTART;VALUE=DATE-TIME;TZID="America/New_York":20261206T130000
SUMMARY:%(uid)b %(says)b
%(alarms)bEND:VEVENT
"""
ALARM = b"BEGIN:VALARM\nUID:%b\nX-WR-ALARMUID:%b\nACTION:DISPLAY\nTRIGGER:-PT%dM\nEND:VALARM\n"
HEAD = b"VERSION:2.0\nPRODID:-//a//%(sequence)b//EN\nX-WR-RELCALID:%(sequence)b\nX-CLIPEND:%(now)b\nNAME:%(says)b\n"


def event(uid: bytes, says: bytes = b"plays", *, now: bytes = NOWS[0], sequence: bytes = b"1") -> bytes:
    alarms = b"".join(ALARM % (sequence, sequence, minutes) for minutes in (10, 20))
    return EVENT % {b"uid": uid, b"says": says, b"now": now, b"sequence": sequence, b"alarms": alarms}


def feed(*events: bytes, says: bytes = b"All games", now: bytes = NOWS[0], sequence: bytes = b"1") -> bytes:
    head = HEAD % {b"says": says, b"now": now, b"sequence": sequence}
    text = b"BEGIN:VCALENDAR\n" + head + b"".join(events) + b"END:VCALENDAR\n"
    return normalise(text).text


def digests(body: bytes) -> tuple[list[bytes], list[tuple[int, bytes]]]:
    stream = parse(normalise(body).text)
    components = [(c.scope, component_digest(c.text)) for c in stream.components]
    return [head_digest(head) for head in stream.heads], sorted(components)


def churned(body: bytes, seed: int) -> bytes:
    """Write a feed anew as a careless publisher does: other stamps, properties in another order, other folds."""
    chance = random.Random(seed)
    lines = normalise(body).text.replace(b"\r\n ", b"").split(b"\r\n")[:-1]
    written: list[bytes] = []
    run: list[bytes] = []
    for line in lines:
        if line.startswith((b"BEGIN:", b"END:")):
            chance.shuffle(run)
            written += [*run, line]
            run = []
        elif not line.startswith(b"PRODID"):
            stamp = re.sub(rb"^(DTSTAMP|CREATED|LAST-MODIFIED)[;:].*", rb"\1;X=1:20991231T000000Z", line)
            run.append(stamp[:20] + b"\r\n\t" + stamp[20:] if stamp.isascii() else stamp)
    return b"\n".join(written).replace(b"BEGIN:VCALENDAR\n", b"BEGIN:VCALENDAR\nPRODID:churn\n") + b"\n"


def is_plain(feed: bytes) -> bool:
    """Tell whether no component is there twice, for of two that clash the stamps say which is meant.

    Nor may a line go on in whatever comes behind it, as of vCalendar 1.0.
    """
    names = re.findall(rb"(?i)\n(?:UID|TZID):.*", feed)
    return len(names) == len({*names}) and b"QUOTED-PRINTABLE" not in feed


PLAIN = [sample for sample in SAMPLES if is_plain(sample)]


def test_there_are_plain_feeds_to_test_with() -> None:
    assert len(PLAIN) > 20


@settings(max_examples=300)
@given(bodies, bodies)
def test_a_settled_body_says_what_the_new_one_says(last: bytes, new: bytes) -> None:
    settled = settle(last, new)
    try:
        said = digests(new)
    except FeedRefused:
        assert settled == new
    else:
        assert digests(settled) == said
        assert settle(last, settled) == settled


@given(bodies)
def test_the_same_octets_are_not_touched(body: bytes) -> None:
    assert settle(body, body) is body
    assert settle(body, bytes(bytearray(body))) is body


@given(st.sampled_from(PLAIN), st.integers())
def test_churn_alone_gives_the_very_octets_of_last_time(body: bytes, seed: int) -> None:
    assert churned(body, seed) != body
    assert settle(body, churned(body, seed)) is body


@given(st.sampled_from(PLAIN), st.integers())
def test_a_settled_feed_is_rendered_as_the_new_one_would_be_but_for_churn(body: bytes, seed: int) -> None:
    grown = churned(body, seed).replace(b"END:VCALENDAR", event(b"one more") + b"END:VCALENDAR")
    settled = settle(body, grown)
    assert settled is not body
    names_of_content = b"@feedproxy" in render(body).body or b"VTIMEZONE" in body
    assume(not names_of_content)
    assert digests(render(settled).body)[1] == digests(render(grown).body)[1]


@given(st.sampled_from(SAMPLES), st.sampled_from(SAMPLES))
def test_a_feed_settled_against_any_other_is_rendered_as_it_is(last: bytes, new: bytes) -> None:
    try:
        expected = digests(render(new).body)
    except FeedRefused:
        assume(False)
    assert digests(render(settle(last, new)).body) == expected


@pytest.mark.parametrize("kind", KINDS)
def test_four_times_the_octets_are_four_times_the_calls(kind: str) -> None:
    def calls(octets: int) -> int:
        last = KINDS[kind](octets)
        new = last.replace(b"DTSTAMP:2026", b"DTSTAMP:2027").replace(b"VERSION", b"X-NEW:1\r\nVERSION")
        profile = cProfile.Profile()
        profile.runcall(settle, last, new)
        return sum(entry.callcount for entry in profile.getstats())

    assert calls(40_000) < 6 * calls(10_000) + 500


def test_every_known_churn_is_churn() -> None:
    before, after = (
        feed(*(event(uid, now=now, sequence=n) for uid in (b"a", b"b")), now=now, sequence=n)
        for now, n in zip(NOWS, (b"1", b"1795260000000"), strict=True)
    )
    assert before != after
    assert settle(before, after) is before


@given(st.permutations([b"a", b"b", b"c", b"d", b"e"]))
def test_a_publisher_that_shuffles_its_events_changes_nothing(order: list[bytes]) -> None:
    before = feed(*map(event, (b"a", b"b", b"c", b"d", b"e")))
    assert settle(before, feed(*(event(uid, now=NOWS[1]) for uid in order), now=NOWS[1])) is before


def test_many_components_that_are_shuffled_are_put_in_order_again() -> None:
    last = season(2_500, defined=False)
    head, *events = last.removesuffix(b"END:VCALENDAR\r\n").split(b"BEGIN:VEVENT")
    random.Random(1).shuffle(events)
    assert settle(last, b"BEGIN:VEVENT".join([head, *events]) + b"END:VCALENDAR\r\n") is last


def test_only_what_changed_changes_and_stands_where_it_stood() -> None:
    before = feed(*map(event, (b"a", b"b", b"c")))
    after = feed(event(b"c", now=NOWS[1]), event(b"b", b"is off", now=NOWS[1]), event(b"a", now=NOWS[1]), now=NOWS[1])
    assert settle(before, after) == feed(event(b"a"), event(b"b", b"is off", now=NOWS[1]), event(b"c"))


def test_what_is_new_comes_behind_what_it_follows() -> None:
    before = feed(*map(event, (b"a", b"b", b"c")))
    new = feed(*(event(uid) for uid in (b"first", b"a", b"then", b"and then", b"c", b"b", b"last")))
    expected = feed(*(event(uid) for uid in (b"first", b"a", b"then", b"and then", b"b", b"last", b"c")))
    assert settle(before, new) == expected


def test_what_is_gone_is_gone() -> None:
    before = feed(*map(event, (b"a", b"b", b"c")))
    assert settle(before, feed(event(b"c"), event(b"a"))) == feed(event(b"a"), event(b"c"))


def test_a_head_that_says_something_else_is_the_new_one_and_no_event_changes() -> None:
    before = feed(event(b"a"))
    after = feed(event(b"a", now=NOWS[1]), says=b"Home games", now=NOWS[1], sequence=b"2")
    assert settle(before, after) == feed(event(b"a"), says=b"Home games", now=NOWS[1], sequence=b"2")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"SUMMARY:a plays", b"SUMMARY:a wins"),
        (b"DTSTART;VALUE=DATE-TIME;TZID", b"DTSTART;VALUE=DATE-TIME;X-TZID"),
        (b"TRIGGER:-PT10M", b"TRIGGER:-PT15M"),
        (b"ACTION:DISPLAY\r\nTRIGGER:-PT10M", b"ACTION:AUDIO\r\nTRIGGER:-PT10M"),
        (b"X-WR-ALARMUID:1\r\nACTION", b"X-OTHER:1\r\nACTION"),
        (b"SEQUENCE:1", b"SEQUENCE:1\r\nRECURRENCE-ID:20261206T130000"),
        (b"SEQUENCE:1", b"SEQUENCE:1\r\nX-CLIPEND:20261121T120000Z"),
        (b"UID:a\r\n", b"UID:A\r\n"),
    ],
)
def test_what_says_something_is_no_churn(before: bytes, after: bytes) -> None:
    body = feed(event(b"a"))
    changed = body.replace(before, after, 1)
    assert changed != body
    assert settle(body, changed) == changed


def test_an_alarm_s_line_is_not_taken_for_the_event_s() -> None:
    body = feed(event(b"a").replace(b"END:VALARM", b"DESCRIPTION:x\nEND:VALARM", 1))
    moved = feed(event(b"a").replace(b"SUMMARY", b"DESCRIPTION:x\nSUMMARY"))
    assert settle(body, moved) == moved


def test_the_order_of_parameters_is_churn_and_their_quotes_are_not() -> None:
    body = feed(event(b"a"))
    turned = body.replace(b'VALUE=DATE-TIME;TZID="America/New_York"', b'TZID="America/New_York";VALUE=DATE-TIME')
    assert turned != body
    assert settle(body, turned) is body
    quoted = body.replace(b"SUMMARY:", b'SUMMARY;X-A=";B";X-C="A;Z":')
    other = body.replace(b"SUMMARY:", b'SUMMARY;X-A=";Z";X-C="A;B":')
    assert settle(quoted, other) == other


def test_of_two_that_clash_the_stamps_still_decide() -> None:
    def clash(first: bytes, second: bytes) -> bytes:
        return feed(event(b"a", b"on", sequence=first), event(b"a", b"off", sequence=second))

    on, off = clash(b"2", b"1"), clash(b"1", b"2")
    assert b"SUMMARY:a on" in render(on).body
    assert settle(on, clash(b"9", b"3")) is on
    assert settle(on, off) == off


def test_a_component_in_another_calendar_of_the_stream_is_another() -> None:
    """METHOD:CANCEL there would cancel it."""
    one, other = feed(event(b"a"), event(b"b")) + feed(event(b"c")), feed(event(b"a")) + feed(event(b"b"), event(b"c"))
    assert settle(one, other) == other
    assert settle(one, feed(event(b"a", now=NOWS[1]), event(b"b")) + feed(event(b"c"), now=NOWS[1])) is one


def test_events_without_uid_are_known_by_what_they_say() -> None:
    nameless = [event(name).replace(b"UID:" + name + b"\n", b"") for name in (b"a", b"b", b"b")]
    before = feed(*nameless)
    after = feed(*(each.replace(NOWS[0], NOWS[1]) for each in reversed(nameless)))
    assert settle(before, after) is before


@pytest.mark.parametrize("bad", [b"", b"<html>", feed(event(b"a"))[:-20]])
def test_what_is_no_calendar_is_left_to_be_refused(bad: bytes) -> None:
    good = feed(event(b"a"))
    assert settle(good, bad) is bad
    assert settle(bad, good) is good


def test_settling_leaves_the_garbage_collector_alone() -> None:
    """While it looks through the containers that there are, all threads wait."""
    last = season(5_000, defined=True)
    new = last.replace(b"DTSTAMP:20260101", b"DTSTAMP:20260102").replace(b"SUMMARY:Game 7:", b"SUMMARY:Game seven:")
    looks: list[str] = []

    def callback(phase: str, info: object) -> None:
        looks.append(phase)

    settle(last[:1], new[:1])
    gc.collect()
    gc.callbacks.append(callback)
    try:
        settled = settle(last, new)
    finally:
        gc.callbacks.remove(callback)
    assert settled.count(b"DTSTAMP:20260102") == 1
    assert looks.count("start") <= 2
