"""`diff` tells what another body means from how it is written."""

import pytest

from feedproxy.errors import FeedRefused
from feedproxy.ops.diff import Difference, compare
from feedproxy.ops.diff_formats import as_text
from feedproxy.transform import render
from tests.golden.test_golden import NAMES, octets
from tests.transform.calendars import event, feed

GAME = "UID:game\nDTSTART;TZID=Europe/Paris:20260701T190000\nSUMMARY:Game"


def between(before: bytes, after: bytes) -> Difference:
    return compare(("a", "b"), before, after)


@pytest.mark.parametrize("name", NAMES)
def test_a_feed_and_what_is_served_of_it_do_not_differ(name: str) -> None:
    body = octets(name, "in")
    found = between(body, render(body).body)
    assert [*found.added, *found.removed, *found.moved, *found.changed] == []


@pytest.mark.parametrize(
    "after",
    [
        GAME.replace("Europe/Paris", "Romance Standard Time"),
        GAME.replace("DTSTART;TZID=Europe/Paris:20260701T190000", "DTSTART:20260701T170000Z"),
        GAME.replace("Europe/Paris", '"Europe/Paris"'),
        "SUMMARY:Game\nSEQUENCE:7\n" + GAME.replace("\nSUMMARY:Game", ""),
    ],
)
def test_what_is_only_written_otherwise_is_no_difference(after: str) -> None:
    assert not between(feed(event(GAME)), feed(event(after))).differs


@pytest.mark.parametrize(
    ("after", "group"),
    [
        (GAME.replace("1900", "1930"), "moved"),
        (GAME.replace("Europe/Paris", "Europe/London"), "moved"),
        (GAME + "\nDTEND;TZID=Europe/Paris:20260701T210000", "moved"),
        (GAME.replace("Game", "Match"), "changed"),
        (GAME + "\nRRULE:FREQ=DAILY", "changed"),
        (GAME + "\nBEGIN:VALARM\nACTION:DISPLAY\nTRIGGER:-PT5M\nEND:VALARM", "changed"),
    ],
)
def test_what_means_something_else_is_in_its_group(after: str, group: str) -> None:
    found = between(feed(event(GAME)), feed(event(after)))
    assert {name: len(getattr(found, name)) for name in ("added", "removed", "moved", "changed")} == {
        name: int(name == group) for name in ("added", "removed", "moved", "changed")
    }


def test_of_a_recurrence_the_zone_counts_even_where_the_first_instant_is_the_same() -> None:
    paris = "UID:a\nDTSTART;TZID=Europe/Paris:20260701T190000\nRRULE:FREQ=DAILY"
    madrid = paris.replace("Paris", "Madrid")
    assert len(between(feed(event(paris)), feed(event(madrid))).moved) == 1


def test_an_override_is_known_by_its_instant() -> None:
    master = "UID:a\nDTSTART;TZID=Europe/Paris:20260701T190000\nRRULE:FREQ=DAILY;COUNT=3"
    override = "UID:a\nRECURRENCE-ID;TZID=Europe/Paris:20260702T190000\nDTSTART;TZID=Europe/Paris:20260702T200000"
    in_utc = override.replace(";TZID=Europe/Paris:20260702T190000", ":20260702T170000Z")
    assert not between(feed(event(master), event(override)), feed(event(master), event(in_utc))).differs
    gone = between(feed(event(master), event(override)), feed(event(master)))
    assert [each.label for each in gone.removed] == ["VEVENT 20260702T190000"]


def test_churn_is_counted_and_is_no_difference() -> None:
    found = between(feed(event(GAME)), feed(event(GAME)).replace(b"DTSTAMP:20260101", b"DTSTAMP:20260202"))
    assert (found.churn, found.same, found.differs) == (1, 0, False)
    assert "only churn: 1 events written anew" in as_text(found)


def test_the_calendar_s_own_properties_count() -> None:
    found = between(feed(event(GAME), head="X-WR-CALNAME:Bears"), feed(event(GAME), head="X-WR-CALNAME:Lions"))
    assert [(each.name, each.before, each.after) for each in found.calendar if each.name != "NAME"] == [
        ("X-WR-CALNAME", "X-WR-CALNAME:Bears", "X-WR-CALNAME:Lions")
    ]


def test_what_is_no_calendar_is_named() -> None:
    with pytest.raises(FeedRefused, match=r"^b: the body is an HTML page"):
        between(feed(), b"<html>")
