"""Patterns on texts: what they see, and that none of them runs away."""

import pytest

from feedproxy.errors import BadRequest
from feedproxy.transform import Options, render
from feedproxy.transform.matching import MAX_PATTERN_OCTETS, Match, Matching
from tests.readers import rfc
from tests.transform.calendars import event, feed

TEXTS = feed(
    event("UID:one\nDTSTART:20260701T100000Z\nSUMMARY:Éclair\\, and\\n mo\n re\nCATEGORIES:Sweet,Cake\\, warm"),
    event("UID:two\nDTSTART:20260701T100000Z\nSUMMARY:Tea\nCOMMENT:first\nCOMMENT:second\nX-Room:A\\;1"),
    event("UID:three\nDTSTART:20260701T100000Z"),
)


def left(*rules: Match, body: bytes = TEXTS) -> list[str]:
    return [each.uid for each in rfc.Feed(render(body, options=Options(steps=(Matching(rules),))).body).events()]


@pytest.mark.parametrize(
    ("name", "pattern", "uids"),
    [
        ("SUMMARY", "^Éclair, and\n more$", ["one"]),
        ("summary", "(?i)éCLAIR", ["one"]),
        ("SUMMARY", "ea$", ["two"]),
        ("SUMMARY", "", ["one", "two"]),
        ("CATEGORIES", "^Cake, warm$", ["one"]),
        ("CATEGORIES", "Sweet,Cake", []),
        ("COMMENT", "^second$", ["two"]),
        ("X-ROOM", "^A;1$", ["two"]),
        ("LOCATION", ".", []),
    ],
)
def test_a_pattern_is_searched_for_in_each_value_as_people_see_it(name: str, pattern: str, uids: list[str]) -> None:
    assert left(Match(name, pattern)) == uids
    assert left(Match(name, pattern, wanted=False)) == [uid for uid in ["one", "two", "three"] if uid not in uids]


def test_every_rule_must_hold() -> None:
    assert left(Match("SUMMARY", "a"), Match("COMMENT", "first"), Match("SUMMARY", "z", wanted=False)) == ["two"]


@pytest.mark.parametrize("pattern", ["(a+)+$", "^(a|a)*$", "(a|aa)+$", "(.*a){12}b", "^(([a-z])+.)+[A-Z]([a-z])+$"])
def test_a_pattern_that_backtracks_elsewhere_finds_its_answer_in_any_text(pattern: str) -> None:
    text = "a" * 100_000 + "!"
    assert left(Match("SUMMARY", pattern), body=feed(event(f"UID:x\nDTSTART:20260701T100000Z\nSUMMARY:{text}"))) == []


@pytest.mark.parametrize(
    "pattern", ["(", "(?=a)b", r"(a)\1", "a{1,1001}", "((a{200}){200}){200}", "a" * (MAX_PATTERN_OCTETS + 1), "[z-a]"]
)
def test_a_pattern_that_cannot_be_matched_in_linear_time_is_refused_when_it_is_given(pattern: str) -> None:
    with pytest.raises(BadRequest, match="SUMMARY: the pattern"):
        Matching([Match("SUMMARY", pattern)])
