"""One event explained alone is the event that is served with its whole feed."""

import pytest

from benchmarks.feeds import season
from feedproxy.errors import NotFound
from feedproxy.ics.reading import read
from feedproxy.ics.runs import singly
from feedproxy.ops.cutting import around
from feedproxy.ops.event import explain_event
from feedproxy.ops.outline import logical_lines
from feedproxy.ops.trace import trace
from feedproxy.transform import Options, index
from feedproxy.transform.chosen import chosen_steps
from feedproxy.transform.rewrite import Prefix
from feedproxy.transform.selection import Selection
from tests.golden.test_golden import NAMES, octets, options
from tests.ops.test_golden import NOW
from tests.transform.calendars import event, feed


def uids(body: bytes, chosen: Options) -> set[str]:
    """The UIDs that go in or come out."""
    components = (*singly(read(body).pieces), *index(body, chosen).calendar.components)
    return {component.uid().decode() for component in components} - {""}


@pytest.mark.parametrize("name", NAMES)
def test_the_steps_on_one_uid_give_what_the_whole_feed_has_of_it(name: str) -> None:
    body, chosen = octets(name, "in"), options(name)
    base = index(body, chosen)
    for uid in uids(body, chosen):
        way = trace(body, uid, base, chosen)
        steps = [stage.step for stage in way.stages]
        assert steps.count("timezones") == 1, f"{uid}: the last step had to be set right by the whole feed"
        assert len(way.nodes) == len(way.stages[0].components), uid
        served = [each for each in base.calendar.components if each.uid().decode() == uid]
        assert list(way.served) == served


@pytest.mark.parametrize("name", NAMES)
def test_lines_of_a_cutting_have_the_places_that_they_have_in_the_whole(name: str) -> None:
    body = octets(name, "in")
    whole = {line.offset: line for line in logical_lines(body)}
    for uid in uids(body, Options()):
        for line in around(body, uid).lines():
            assert whole[line.offset].text == line.text
            assert whole[line.offset].number == line.number


def test_all_other_events_are_cut_out() -> None:
    body = season(200, defined=True)
    cutting = around(body, "event-77@example.com")
    assert cutting.octets.count(b"BEGIN:VEVENT") == 1
    assert cutting.octets.count(b"BEGIN:VTIMEZONE") == 3
    assert b"UID:event-77@example.com\r\n" in cutting.octets


def test_what_the_whole_feed_decides_is_taken_from_it() -> None:
    """The name and the definition agree at the one event's time, and not at the other's."""
    zone = (
        b"BEGIN:VTIMEZONE\r\nTZID:W. Europe Standard Time\r\nBEGIN:STANDARD\r\nDTSTART:16010101T000000\r\n"
        b"TZOFFSETFROM:+0100\r\nTZOFFSETTO:+0100\r\nEND:STANDARD\r\nEND:VTIMEZONE\r\n"
    )
    winter, summer = (
        event(f"UID:{name}\nDTSTART;TZID=W. Europe Standard Time:2026{month}01T100000")
        for name, month in (("winter", "01"), ("summer", "07"))
    )
    alone, both = feed(zone, winter), feed(zone, winter, summer)
    served = [
        explain_event(body, "winter", index(body, Options()), Options(), now=NOW).times[0].served
        for body in (alone, both)
    ]
    assert served == [
        "DTSTART;TZID=Europe/Berlin:20260101T100000",
        "DTSTART;TZID=W. Europe Standard Time:20260101T100000",
    ]


def test_an_event_that_a_step_left_out_names_the_step() -> None:
    body = feed(
        event("UID:a\nDTSTART:20260101T100000Z\nCATEGORIES:Home"),
        event("UID:b\nDTSTART:20260601T100000Z\nCATEGORIES:Away"),
        event("UID:old\nDTSTART:20200101T100000Z\nCATEGORIES:Home"),
    )
    chosen = Options(
        steps=chosen_steps(
            selection=Selection(tags=frozenset({"Home"})), past_days=365, rewrites=[Prefix("CATEGORIES", "")]
        )
    )
    base = index(body, chosen)
    gone = {uid: explain_event(body, uid, base, chosen, now=NOW).dropped_by for uid in ("a", "b", "old")}
    assert {uid: effect and effect.step for uid, effect in gone.items()} == {"a": None, "b": "selection", "old": "trim"}


def test_each_step_shows_the_properties_that_it_touched() -> None:
    body = feed(event('UID:a\nDTSTART;TZID="GMT Standard Time":20260101T100000\nRRULE:FREQ=DAILY;COUNT=2;\nSUMMARY:A'))
    chosen = Options(steps=chosen_steps(rewrites=[Prefix("SUMMARY", "Bears: ")], without_alarms=True))
    effects = explain_event(body, "a", index(body, chosen), chosen, now=NOW).effects
    assert [(each.step, [(c.before, c.after) for c in each.changes]) for each in effects] == [
        ("repair", [("RRULE:FREQ=DAILY;COUNT=2;", "RRULE:FREQ=DAILY;COUNT=2")]),
        (
            "timezones",
            [('DTSTART;TZID="GMT Standard Time":20260101T100000', "DTSTART;TZID=Europe/London:20260101T100000")],
        ),
        ("rewrite", [("SUMMARY:A", "SUMMARY:Bears: A")]),
        ("revision", [(None, "SEQUENCE:1"), (None, "LAST-MODIFIED:20260101T000001Z")]),
    ]


def test_what_is_not_there_is_named() -> None:
    body = feed(event("UID:a\nDTSTART:20260101T100000Z"))
    with pytest.raises(NotFound, match="no event with the UID 'b'"):
        explain_event(body, "b", index(body, Options()), Options(), now=NOW)


def test_a_uid_is_found_however_it_is_folded_and_wherever_else_it_stands() -> None:
    uid = "0123456789" * 9
    folded = "UID:" + uid[:50] + "\n " + uid[50:]
    body = feed(
        event(folded + "\nDTSTART:20260101T100000Z"),
        event(f"UID:other\nDTSTART:20260101T100000Z\nRELATED-TO:{uid[:60]}\n {uid[60:]}"),
    )
    found = explain_event(body, uid, index(body, Options()), Options(), now=NOW)
    assert [node.begin.number for node in found.upstream] == [5]
    assert len(found.served) == 1


def test_times_are_those_of_the_version_that_is_served() -> None:
    """Of two versions under one UID the later is served: its own time is what was written."""
    versions = [f"UID:cup\nDTSTART;TZID=Romance Standard Time:202612{day}T170000" for day in (12, 13)]
    body = feed(*map(event, versions))
    times = explain_event(body, "cup", index(body, Options()), Options(), now=NOW).times
    assert [(time.written, time.served) for time in times] == [
        ("DTSTART;TZID=Romance Standard Time:20261213T170000", "DTSTART;TZID=Europe/Paris:20261213T170000")
    ]
