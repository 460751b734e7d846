"""An override that goes becomes an EXDATE of its master, in the form that DTSTART has."""

import pytest

from feedproxy.ics.components import Component, parse
from feedproxy.transform.uidset import keep, uid_sets
from tests.transform.calendars import event, feed

RULE = "RRULE:FREQ=DAILY;COUNT=5"
MADRID = "TZID=Europe/Madrid"


def components(*events: bytes) -> tuple[Component, ...]:
    return parse(feed(*events)).components


def without_last(*events: str) -> list[Component]:
    """What is left when the last component is not wanted."""
    found = components(*(event(f"UID:s\n{each}") for each in events))
    return keep(found, uid_sets(found), range(len(found) - 1)).of(found)


@pytest.mark.parametrize(
    ("start", "recurrence_id", "exdate"),
    [
        (":20260701T100000Z", ":20260702T100000Z", ":20260702T100000Z"),
        (":20260701T100000", ":20260702T100000", ":20260702T100000"),
        (f";{MADRID}:20260701T100000", f";{MADRID}:20260702T100000", f";{MADRID}:20260702T100000"),
        (f";{MADRID}:20260701T100000", ';X-A=1;TZID="Europe/Madrid":20260702T100000', f";{MADRID}:20260702T100000"),
        (f";{MADRID}:20260701T100000", ":20260702T080000Z", ":20260702T080000Z"),
        (f";{MADRID}:20260701T100000", ";VALUE=DATE:20260702", f";{MADRID}:20260702T100000"),
        (":20260701T100000Z", ";VALUE=DATE:20260702", ":20260702T100000Z"),
        (";VALUE=DATE:20260701", ";VALUE=DATE:20260702", ";VALUE=DATE:20260702"),
        (";VALUE=DATE:20260701", f";{MADRID}:20260702T000000", ";VALUE=DATE:20260702"),
        (";VALUE=DATE-TIME:20260701T100000Z", ";VALUE=DATE-TIME:20260702T100000Z", ":20260702T100000Z"),
    ],
)
def test_the_exdate_has_the_value_type_and_the_zone_of_dtstart(start: str, recurrence_id: str, exdate: str) -> None:
    left = without_last(f"DTSTART{start}\n{RULE}", f"RECURRENCE-ID{recurrence_id}\nDTSTART{start}")
    assert len(left) == 1
    assert [line.octets.decode() for line in left[0].every(b"EXDATE")] == [f"EXDATE{exdate}"]


def test_what_is_excluded_already_is_not_excluded_twice() -> None:
    master = f"DTSTART:20260701T100000Z\n{RULE}\nEXDATE:20260704T100000Z,20260702T100000Z"
    left = without_last(master, "RECURRENCE-ID:20260702T100000Z\nDTSTART:20260702T110000Z")
    assert left == list(components(event(f"UID:s\n{master}")))


def test_a_date_of_an_rdate_is_excluded_as_well() -> None:
    left = without_last(
        "DTSTART:20260701T100000Z\nRDATE:20260702T100000Z",
        "RECURRENCE-ID:20260702T100000Z\nDTSTART:20260702T110000Z",
    )
    assert [line.value for line in left[0].every(b"EXDATE")] == [b"20260702T100000Z"]


def test_a_master_that_happens_once_goes_with_the_override_of_that_one_time() -> None:
    assert without_last("DTSTART:20260701T100000Z", "RECURRENCE-ID:20260701T100000Z\nDTSTART:20260702T100000Z") == []


def test_a_master_that_happens_once_needs_no_exdate_for_another_time() -> None:
    left = without_last("DTSTART:20260701T100000Z", "RECURRENCE-ID:20260709T100000Z\nDTSTART:20260702T100000Z")
    assert [each.has(b"EXDATE") for each in left] == [False]


def test_an_override_of_all_later_instances_stays_for_no_exdate_stands_for_them() -> None:
    left = without_last(
        f"DTSTART:20260701T100000Z\n{RULE}",
        "RECURRENCE-ID;RANGE=THISANDFUTURE:20260703T100000Z\nDTSTART:20260703T120000Z",
    )
    assert [each.has(b"RECURRENCE-ID") for each in left] == [False, True]
    assert not left[0].has(b"EXDATE")


def test_a_uid_is_one_set_for_each_kind_and_an_override_may_come_first() -> None:
    found = components(
        event("UID:s\nRECURRENCE-ID:20260702T100000Z\nDTSTART:20260702T110000Z"),
        event("UID:s\nDUE:20260702T100000Z", "VTODO"),
        event(f"UID:s\nDTSTART:20260701T100000Z\n{RULE}"),
        b"BEGIN:X-OTHER\r\nUID:s\r\nEND:X-OTHER\r\n",
    )
    assert [(each.master, each.overrides) for each in uid_sets(found)] == [(2, (0,)), (1, ())]


def test_an_override_without_master_is_asked_for_itself() -> None:
    found = components(
        event("UID:s\nRECURRENCE-ID:20260702T100000Z\nDTSTART:20260702T110000Z"),
        event("UID:s\nRECURRENCE-ID:20260703T100000Z\nDTSTART:20260703T110000Z"),
    )
    assert keep(found, uid_sets(found), [1]).indices == [1]
