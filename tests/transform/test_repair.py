"""Rules are tidied where a glance tells that one may have to be, and left alone where it tells that none does."""

import re
from unittest.mock import patch

from hypothesis import given, settings
from hypothesis import strategies as st

from feedproxy.ics.components import Component
from feedproxy.ics.contentline import split
from feedproxy.ics.folding import fold, unfold
from feedproxy.transform import repair
from feedproxy.transform.report import Journal

LINES = st.lists(
    st.tuples(
        st.sampled_from([b"RRULE", b"EXRULE", b"RRULES", b"X-RRULE", b"SUMMARY"]),
        st.sampled_from([b":", b";X=a:", b";x:"]),
        st.lists(st.sampled_from([b"FREQ=DAILY", b"freq=daily", b";", b",", b" ", b"\t", b"\r\n ", b"x"]), max_size=4),
    ).map(lambda parts: parts[0] + parts[1] + b"".join(parts[2]) + b"\r\n"),
    max_size=3,
)


@settings(max_examples=500)
@given(LINES)
def test_rules_that_are_left_alone_at_a_glance_are_tidy(lines: list[bytes]) -> None:
    component = Component(b"VEVENT", b"BEGIN:VEVENT\r\nUID:1\r\n" + b"".join(lines) + b"END:VEVENT\r\n")
    at_a_glance, looked_at = Journal(), Journal()
    tidied = repair.with_tidy_rules(component, at_a_glance)
    with patch.object(repair, "_UNTIDY_RULE", re.compile(rb"\n(?:RRULE|EXRULE)(?=[;:])")):
        assert repair.with_tidy_rules(component, looked_at) == tidied
    assert at_a_glance.changes() == looked_at.changes()


def tidy(line: bytes) -> bytes:
    """Tidy a rule by itself."""
    rule = split(unfold(line).removesuffix(b"\r\n"))
    if rule is None or rule.name not in {b"RRULE", b"EXRULE"}:
        return line
    value = rule.value.rstrip(b";, \t").upper()
    return line if value == rule.value else fold(rule.with_value(value).octets) + b"\r\n"


@settings(max_examples=500)
@given(LINES.map(lambda lines: lines * 3))
def test_rules_that_are_tidied_all_at_once_are_as_those_one_by_one(lines: list[bytes]) -> None:
    component = Component(b"VEVENT", b"BEGIN:VEVENT\r\nUID:1\r\n" + b"".join(lines) + b"END:VEVENT\r\n")
    at_once = repair.with_tidy_rules(component, Journal())
    one_by_one = b"".join(map(tidy, lines))
    assert at_once.text == b"BEGIN:VEVENT\r\nUID:1\r\n" + one_by_one + b"END:VEVENT\r\n"
