"""Several calendars made one: no UID set is mixed, no time zone is mistaken for another."""

import pytest

from feedproxy.errors import FeedRefused
from feedproxy.transform import Options, Rendered, assemble, index_joined, render
from tests.readers import rfc
from tests.transform.calendars import event, feed

CUSTOM = """BEGIN:VTIMEZONE
TZID:Customized Time Zone
BEGIN:STANDARD
DTSTART:19700101T000000
TZOFFSETFROM:{0}
TZOFFSETTO:{0}
END:STANDARD
END:VTIMEZONE
"""


def custom(offset: str) -> bytes:
    return CUSTOM.format(offset).replace("\n", "\r\n").encode()


def in_custom(uid: str) -> bytes:
    return event(f"UID:{uid}\nDTSTART;TZID=Customized Time Zone:20260701T100000")


def joined(*bodies: bytes, name: str = "") -> Rendered:
    return assemble(index_joined(bodies, Options(), name), (), Options())


def starts(body: bytes) -> dict[str, str | None]:
    return {each.key: each.start for each in rfc.Feed(body).events()}


def test_the_events_of_all_come_in_order_under_the_head_of_the_first() -> None:
    first = feed(event("UID:a\nDTSTART:20260701T100000Z"), head="X-WR-CALNAME:First\nX-COLOUR:red")
    second = feed(event("UID:b\nDTSTART:20260702T100000Z"), head="X-WR-CALNAME:Second")
    body = joined(first, second).body
    assert list(starts(body)) == ["a", "b"]
    assert b"X-WR-CALNAME:First\r\n" in body
    assert b"X-COLOUR:red\r\n" in body
    assert b"Second" not in body
    assert render(body).body == body


def test_one_calendar_joined_with_nothing_is_itself() -> None:
    body = feed(event("UID:a\nDTSTART:20260701T100000Z"), head="X-WR-CALNAME:Name")
    assert joined(body).body == render(body).body


def test_it_may_be_given_a_name() -> None:
    body = joined(feed(event("UID:a\nDTSTART:20260701T100000Z"), head="NAME:Old"), name="Mine; all mine").body
    assert b"X-WR-CALNAME:Mine\\; all mine\r\nBEGIN" in body
    assert b"NAME:Mine\\; all mine\r\n" in body
    assert b"Old" not in body


def series(sequence: int, *instances: int, hour: int = 10, more: str = "") -> bytes:
    master = event(f"UID:s\nSEQUENCE:{sequence}\nDTSTART:20260701T{hour}0000Z\nRRULE:FREQ=DAILY;COUNT=9\n{more}")
    overrides = (
        event(f"UID:s\nSEQUENCE:9\nRECURRENCE-ID:202607{day:02}T{hour}0000Z\nDTSTART:202607{day:02}T180000Z")
        for day in instances
    )
    return feed(master, *overrides)


@pytest.mark.parametrize("turned", [False, True])
def test_of_two_uid_sets_the_higher_sequence_stays_and_takes_nothing_of_the_other(turned: bool) -> None:
    bodies = [series(2, 3), series(1, 4, hour=11)]
    out = joined(*reversed(bodies)) if turned else joined(*bodies)
    assert starts(out.body) == {"s": "2026-07-01T10:00:00Z", "s#2026-07-03T10:00:00Z": "2026-07-03T18:00:00Z"}
    assert [(c.rule, c.count, c.examples) for c in out.report.changes if c.step == "join"] == [("clash", 1, ("s",))]


@pytest.mark.parametrize("turned", [False, True])
def test_then_the_newer_last_modified(turned: bool) -> None:
    bodies = [
        series(1, 3, more="LAST-MODIFIED:20260102T000000Z"),
        series(1, 4, more="LAST-MODIFIED:20260101T000000Z"),
    ]
    out = joined(*reversed(bodies)) if turned else joined(*bodies)
    assert list(starts(out.body)) == ["s", "s#2026-07-03T10:00:00Z"]


def test_then_the_later_calendar() -> None:
    assert list(starts(joined(series(1, 3), series(1, 4)).body)) == ["s", "s#2026-07-04T10:00:00Z"]


def test_a_set_with_a_master_goes_before_one_without() -> None:
    alone = feed(event("UID:s\nSEQUENCE:99\nRECURRENCE-ID:20260705T100000Z\nDTSTART:20260705T190000Z"))
    for bodies in ([series(1, 3), alone], [alone, series(1, 3)]):
        assert list(starts(joined(*bodies).body)) == ["s", "s#2026-07-03T10:00:00Z"]


def test_the_same_event_in_both_is_there_once_and_no_clash() -> None:
    out = joined(series(1, 3), series(1, 3))
    assert len(starts(out.body)) == 2
    assert [c.rule for c in out.report.changes if c.step == "join"] == ["duplicate"]


def test_one_tzid_that_means_two_things_becomes_two_and_no_event_moves() -> None:
    bodies = [feed(custom("+0037"), in_custom("a")), feed(custom("-0642"), in_custom("b"))]
    out = joined(*bodies)
    assert starts(out.body) == {"a": "2026-07-01T09:23:00Z", "b": "2026-07-01T16:42:00Z"}
    assert [c.examples for c in out.report.changes if c.rule == "tzid-apart"] == [
        ("Customized Time Zone -> Customized Time Zone (2)",)
    ]
    assert render(out.body).body == out.body


@pytest.mark.parametrize("octets", range(45, 65))
def test_a_tzid_is_set_apart_wherever_its_parameter_is_folded(octets: int) -> None:
    folded = event(f"UID:b\nDTSTART;X-LONG={'x' * octets};TZID=Customized Time Zone:20260701T100000")
    out = joined(feed(custom("+0037"), in_custom("a")), feed(custom("-0642"), folded))
    assert starts(out.body) == {"a": "2026-07-01T09:23:00Z", "b": "2026-07-01T16:42:00Z"}


def test_one_tzid_that_means_one_thing_is_declared_once() -> None:
    out = joined(feed(custom("+0037"), in_custom("a")), feed(custom("+0037"), in_custom("b")))
    assert starts(out.body) == {"a": "2026-07-01T09:23:00Z", "b": "2026-07-01T09:23:00Z"}
    assert out.body.count(b"BEGIN:VTIMEZONE") == 1


@pytest.mark.parametrize("turned", [False, True])
def test_a_tzid_that_nobody_defines_does_not_take_on_what_another_calendar_means_by_it(turned: bool) -> None:
    bodies = [feed(custom("+0037"), in_custom("a")), feed(in_custom("b"))]
    found = starts(joined(*(reversed(bodies) if turned else bodies)).body)
    assert found["a"] == "2026-07-01T09:23:00Z"
    assert found["b"] is not None
    assert found["b"].startswith("2026-07-01T10:00:00 in Customized Time Zone")


def test_a_refusal_says_which_of_them_it_was() -> None:
    with pytest.raises(FeedRefused, match="feed 2 of 2: the body is empty"):
        joined(feed(), b"")
    with pytest.raises(FeedRefused, match=r"^the body is empty"):
        joined(b"")
