"""What holds for any octets whatever."""

import re

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from feedproxy.errors import FeedRefused
from feedproxy.ics.components import SCHEDULED, parse
from feedproxy.ics.normal import is_normal, normalise
from feedproxy.ics.text import unescape
from feedproxy.ics.times import TIME_NAMES
from feedproxy.transform import Rendered, render
from feedproxy.transform.unique import identity
from tests.feeds import SAMPLES, bodies

thorough = settings(max_examples=250)


def rendered(body: bytes) -> Rendered:
    """Render a body; leave the example if it is refused, as the law lets it be."""
    try:
        return render(body)
    except FeedRefused:
        assume(False)
        raise


@thorough
@given(bodies)
def test_nothing_but_a_refusal_is_ever_raised(body: bytes) -> None:
    reason = None
    try:
        render(body)
    except FeedRefused as refusal:
        reason = refusal.reason
    assert reason in {None, *FeedRefused.REASONS}


@thorough
@given(bodies)
def test_what_came_out_goes_through_unchanged(body: bytes) -> None:
    once = rendered(body).body
    assert render(once).body == once


@thorough
@given(bodies)
def test_what_comes_out_is_one_calendar_in_normal_form(body: bytes) -> None:
    out = rendered(body)
    assert is_normal(out.body)
    assert out.body.startswith(
        (b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID", b"BEGIN:VCALENDAR\r\nVERSION:1.0\r\nPRODID")
    )
    stream = parse(out.body)
    assert stream.repairs == ()
    assert len(stream.heads) == 1
    counts = out.report.to_json()["components"]
    assert isinstance(counts, dict)
    assert sum(counts["out"].values()) == len(stream.components)


@thorough
@given(bodies)
def test_every_event_has_an_identity_of_its_own(body: bytes) -> None:
    events = [c for c in parse(rendered(body).body).components if c.kind in SCHEDULED]
    assert all(event.uid() and event.first(b"DTSTAMP") for event in events)
    assert len({identity(event) for event in events}) == len(events)


@thorough
@given(bodies)
def test_every_tzid_is_declared_or_named_in_the_report(body: bytes) -> None:
    out = rendered(body)
    stream = parse(out.body)
    given_names = [c.first(b"TZID") for c in stream.components if c.kind == b"VTIMEZONE"]
    declared = {unescape(line.value) for line in given_names if line is not None}
    assert len(declared) == len(given_names)
    reported = {zone.served for zone in out.report.zones}
    for component in stream.components:
        for line in component.lines():
            tzid = line.parameter(b"TZID")
            if line.name in TIME_NAMES and tzid is not None and component.kind != b"VTIMEZONE":
                assert tzid.decode().strip('"') in declared | reported


@thorough
@given(st.sampled_from(SAMPLES), st.integers(1, 3))
def test_an_event_that_needs_nothing_comes_out_octet_for_octet(sample: bytes, copies: int) -> None:
    event = b"BEGIN:VEVENT\r\nUID:untouched\r\nDTSTAMP:20260101T000000Z\r\nDTSTART:20260701T100000Z\r\n"
    event += (
        b'ATTENDEE;X-B=1;CN="a:b;c";X-A=:x\r\nX-Thing;A=:1\\,2;3\r\nBEGIN:X-ODD\r\nB:1\r\nEND:X-ODD\r\nEND:VEVENT\r\n'
    )
    many = [event.replace(b"untouched", b"untouched-%d" % n) for n in range(copies)]
    body = (
        normalise(sample.replace(b"METHOD:CANCEL", b"METHOD:PUBLISH")).text.rpartition(b"END:VCALENDAR")[0]
        + b"".join(many)
        + b"END:VCALENDAR\r\n"
    )
    out = render(body).body
    assert all(one in out for one in many)


@given(st.sampled_from(SAMPLES))
def test_the_same_octets_give_the_same_feed(sample: bytes) -> None:
    assert render(sample) == render(sample)


@pytest.mark.parametrize("size", range(0, 400, 7))
def test_a_feed_cut_anywhere_is_refused_or_whole(size: int) -> None:
    feed = b"BEGIN:VCALENDAR\r\n" + b"".join(
        b"BEGIN:VEVENT\r\nUID:%d\r\nDTSTAMP:20260101T000000Z\r\nDTSTART:20260701T100000Z\r\nEND:VEVENT\r\n" % n
        for n in range(4)
    )
    with pytest.raises(FeedRefused, match=re.compile("ends inside|no VCALENDAR|is empty")):
        render(feed[:size])
