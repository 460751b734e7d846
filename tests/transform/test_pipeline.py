"""A base is made once and shared; what each feed adds to it does not touch it."""

import json

import pytest

import tzmap
from feedproxy.ics.folding import unfold
from feedproxy.transform import Options, assemble, index, render
from tests.feeds import SAMPLES
from tests.transform.test_personal import EMPTY, event


def test_a_base_is_assembled_any_number_of_times() -> None:
    base = index(SAMPLES[0], Options())
    plain, personal = assemble(base, (), Options()), assemble(base, [event()], Options())
    assert plain == assemble(base, (), Options()) == render(SAMPLES[0])
    assert personal == render(SAMPLES[0], personal=[event()])
    assert personal != plain


def test_a_base_counts_what_it_has_to_show() -> None:
    assert index(EMPTY, Options()).events == 0
    assert index(render(EMPTY, personal=[event()]).body, Options()).events == 1


def test_an_empty_feed_may_get_a_placeholder() -> None:
    """Evolution 3.46 keeps the old events of a feed that has none."""
    options = Options(placeholder=True)
    rendered = render(EMPTY, options=options)
    assert rendered.body.count(b"BEGIN:VEVENT") == 1
    assert b"TRANSP:TRANSPARENT" in rendered.body
    assert [(change.step, change.rule) for change in rendered.report.changes] == [("write", "placeholder")]
    assert b"placeholder" not in render(EMPTY, personal=[event()], options=options).body
    assert render(EMPTY).body == EMPTY


def test_the_report_is_json_and_names_its_sources() -> None:
    rendered = render(SAMPLES[0], personal=[event()])
    report = json.loads(json.dumps(rendered.report.to_json()))
    assert report["octets"] == {"in": len(SAMPLES[0]), "out": len(rendered.body)}
    assert report["components"]["out"]["VEVENT"] == report["components"]["in"]["VEVENT"] + 1
    assert (report["tzdata"], report["cldr"]) == (tzmap.TZDATA_EDITION, tzmap.CLDR_VERSION)


def test_the_declared_range_is_whole_years() -> None:
    """One event more in the same year changes no VTIMEZONE."""
    one, two = (render(EMPTY, personal=[event(str(n)) for n in range(count)]).body for count in (1, 2))
    assert one.partition(b"BEGIN:VEVENT")[0] == two.partition(b"BEGIN:VEVENT")[0]


@pytest.mark.parametrize("several", [1, 3, 30])
@pytest.mark.parametrize("days", [2, 30])
def test_each_rule_of_a_component_is_tidied_whatever_stands_beside_it(several: int, days: int) -> None:
    """However many are alike, a rule that begins as another does, a fold or none, and what only looks like a rule."""
    untidy = [f"RRULE:FREQ=DAILY;COUNT={n + 1};" for n in range(several)]
    long = f"RRULE:FREQ=DAILY;COUNT=1;BYDAY={','.join(['mo'] * days)}"
    other = ["X-RRULE:FREQ=DAILY;COUNT=1;", "DESCRIPTION:RRULE:FREQ=DAILY;COUNT=1;", "EXRULE:FREQ=DAILY,"]
    lines = [*untidy, *untidy, long, *other]
    body = "\r\n".join(["BEGIN:VCALENDAR", "BEGIN:VEVENT", "UID:1", *lines, "END:VEVENT", "END:VCALENDAR", ""])
    rendered = render(body.encode())
    tidy = [f"RRULE:FREQ=DAILY;COUNT={n + 1}" for n in range(several)]
    expected = [*tidy, *tidy, long.upper(), *other[:2], "EXRULE:FREQ=DAILY"]
    assert unfold(rendered.body).split(b"\r\n")[-len(expected) - 3 : -3] == [line.encode() for line in expected]
    mended = {change.rule: change.count for change in rendered.report.changes if change.rule.startswith("rule-")}
    assert mended == {"rule-separator": 1, "rule-case": 1}
