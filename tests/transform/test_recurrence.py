"""The wall-clock times at which a component happens are found as far as the check must look, and at bounded cost."""

import re
from datetime import datetime, timedelta

import pytest
from dateutil.rrule import rrulestr

from feedproxy.ics.components import Component
from feedproxy.transform.recurrence import (
    AT_LEAST_UNTIL,
    MAX_RULES,
    MAX_STEPS,
    Inexpandable,
    last_possible,
    steps,
    times,
)

HORIZON = timedelta(days=5 * 366)


def at(*parts: int) -> datetime:
    return datetime(*parts)  # type: ignore[arg-type] # noqa: DTZ001


def event(*lines: str) -> Component:
    return Component(b"VEVENT", "".join(line + "\r\n" for line in ("BEGIN:VEVENT", *lines, "END:VEVENT")).encode())


def recurring(rule: str, start: str = "20240229T190000") -> Component:
    return event(f"DTSTART;TZID=X:{start}", f"RRULE:{rule}")


@pytest.mark.parametrize(
    "rule",
    [
        "FREQ=DAILY;COUNT=40",
        "FREQ=DAILY;INTERVAL=3;UNTIL=20251231T000000Z",
        "FREQ=WEEKLY;BYDAY=MO,TH",
        "freq=weekly;interval=2;wkst=su;byday=tu;until=20260101",
        "FREQ=MONTHLY;BYDAY=-1FR",
        "FREQ=MONTHLY;BYMONTHDAY=31;COUNT=10",
        "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1",
        "FREQ=YEARLY",
        "FREQ=YEARLY;BYMONTH=11;BYDAY=4TH",
        "FREQ=YEARLY;BYWEEKNO=20;BYDAY=MO",
        "FREQ=YEARLY;INTERVAL=4;BYYEARDAY=-1,100",
        "FREQ=DAILY;BYHOUR=9,17;BYMINUTE=30;COUNT=12",
    ],
)
def test_instances_are_those_of_the_rule(rule: str) -> None:
    component, start = recurring(rule), at(2024, 2, 29, 19)
    end = last_possible(component, start, HORIZON)
    bare = re.sub(r";UNTIL=\w+", "", rule.upper())
    until = re.findall(r"UNTIL=(\d{8})", rule.upper())
    limit = min([end, *(datetime.strptime(day, "%Y%m%d") + timedelta(days=1) for day in until)])  # noqa: DTZ007
    expected = rrulestr(bare, dtstart=start).between(start, limit, inc=True)
    found = list(times(component, HORIZON))
    assert found[0] == start
    assert set(expected) <= set(found)
    assert max(found) <= end
    if not until:
        assert sorted(set(found)) == sorted({start, *expected})


@pytest.mark.parametrize("rule", ["FREQ=DAILY;BYMONTH=7;BYMONTHDAY=4", "FREQ=WEEKLY;BYMONTH=7;COUNT=3"])
def test_what_limits_days_is_left_out_so_that_no_time_is_missed(rule: str) -> None:
    found = set(times(recurring(rule), HORIZON))
    assert set(rrulestr(rule, dtstart=at(2024, 2, 29, 19)).between(at(2024, 1, 1), at(2030, 1, 1))) <= found
    assert max(found) > at(2039, 12, 1)


@pytest.mark.parametrize(
    "rule",
    [
        "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=MONTHLY;INTERVAL=12;BYMONTHDAY=30",
        "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30;COUNT=1",
        "FREQ=MONTHLY;BYDAY=6MO",
        "FREQ=YEARLY;BYMONTH=13",
    ],
)
def test_a_rule_that_no_day_fulfils_ends(rule: str) -> None:
    assert next(times(recurring(rule), HORIZON)) == at(2024, 2, 29, 19)
    assert len(list(times(recurring(rule), HORIZON))) >= 1


@pytest.mark.parametrize(
    ("rule", "start"),
    [
        ("FREQ=HOURLY", "20240229T190000"),
        ("FREQ=SECONDLY;COUNT=2", "20240229T190000"),
        ("COUNT=2", "20240229T190000"),
        ("FREQ=DAILY;BYHOUR=25", "20240229T190000"),
        ("FREQ=DAILY;INTERVAL=0", "20240229T190000"),
        ("FREQ=DAILY;INTERVAL=x", "20240229T190000"),
        ("FREQ=WEEKLY;BYDAY=XX", "20240229T190000"),
        ("FREQ=WEEKLY;FOO=1", "20240229T190000"),
        ("FREQ=DAILY", "19700101T000000"),
        ("FREQ=YEARLY", "16010101T000000"),
        ("FREQ=DAILY;\u00e4=1", "20240229T190000"),
    ],
)
def test_what_cannot_be_expanded_is_said_to_be_so(rule: str, start: str) -> None:
    with pytest.raises(Inexpandable):
        list(times(recurring(rule, start), HORIZON))


def test_every_time_that_is_named_counts() -> None:
    component = event(
        "DTSTART;TZID=X:20240101T100000",
        "DTEND;TZID=X:20240101T120000",
        "RDATE;TZID=X:20240201T100000,20240301T100000",
        "EXDATE;TZID=X:20240401T100000",
        "RECURRENCE-ID;TZID=X:20240501T100000",
    )
    assert set(times(component, HORIZON)) == {at(2024, month, 1, 10) for month in range(1, 6)} | {at(2024, 1, 1, 12)}
    assert list(times(event("SUMMARY:no time"), HORIZON)) == []
    assert list(times(event("DTSTART;TZID=X:someday", "RRULE:FREQ=DAILY"), HORIZON)) == []


def test_an_endless_rule_is_looked_at_until_clients_no_longer_show_it() -> None:
    assert last_possible(recurring("FREQ=DAILY"), at(1999, 1, 1), HORIZON) == AT_LEAST_UNTIL
    assert last_possible(recurring("FREQ=DAILY"), at(2050, 1, 1), HORIZON) == at(2050, 1, 1) + HORIZON
    assert last_possible(recurring("FREQ=DAILY;UNTIL=20250101"), at(2024, 1, 1), HORIZON) == at(2025, 1, 2)
    assert last_possible(recurring("FREQ=DAILY;UNTIL=never"), at(2024, 1, 1), HORIZON) == AT_LEAST_UNTIL
    assert last_possible(recurring("FREQ=DAILY"), datetime.max, HORIZON) == datetime.max  # noqa: DTZ901


@pytest.mark.parametrize(
    ("rule", "least", "most"),
    [
        ("FREQ=DAILY;COUNT=10", 10, 10),
        ("FREQ=WEEKLY;UNTIL=20250301T000000Z", 50, 100),
        ("FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR,SA,SU;UNTIL=20250301T000000Z", 360, 370),
        ("FREQ=DAILY", 5_500, 6_000),
        ("FREQ=DAILY;BYHOUR=1,2,3;BYMINUTE=0,30;COUNT=10", 60, 60),
        ("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30;COUNT=1", 5_000, 6_000),
        ("FREQ=MONTHLY;BYDAY=6MO", 5_000, 6_000),
        ("FREQ=HOURLY", 0, 0),
    ],
)
def test_what_a_rule_costs_is_known_before_it_is_expanded(rule: str, least: int, most: int) -> None:
    assert least <= steps(recurring(rule), HORIZON) <= most
    assert steps(event("RRULE:FREQ=DAILY"), HORIZON) == 0
    assert steps(event("DTSTART:20240101"), HORIZON) == 0


def test_a_component_of_more_rules_than_any_is_taken_to_recur_for_ever() -> None:
    """It is not expanded then; nor are, to be served alike, the others of its feed."""
    rules = [f"RRULE:FREQ=DAILY;UNTIL=20260101T0000{n // 60:02}Z" for n in range(MAX_RULES)]
    for many, endless in ((rules, False), ([*rules, rules[0]], True)):
        component = event("DTSTART:20250701T100000", *many)
        far = last_possible(component, at(2025, 7, 1, 10), HORIZON) >= AT_LEAST_UNTIL
        assert (far, steps(component, HORIZON) > MAX_STEPS) == (endless, endless)
        if endless:
            with pytest.raises(Inexpandable):
                list(times(component, HORIZON))
        else:
            assert list(times(component, HORIZON))
