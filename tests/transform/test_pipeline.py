"""A base is made once and shared; what each feed adds to it does not touch it."""

import json

import tzmap
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
