"""The ladder: which rung answers, when values are looked at, and that nothing whatever makes it raise or guess."""

# ruff: noqa: DTZ001 - wall-clock times have no zone

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta, timezone
from functools import partial
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import tzmap
from tests.tzmap import oracle
from tests.tzmap.definitions import american, european, exchange, fixed_exchange, observance, vtimezone
from tests.tzmap.test_zones import NAMES
from tzmap import Hints, cdo, names, zones

BERLIN = european("x", "+0100", "+0200", 2)
NEW_YORK = american("x", "-0500", "-0400")
SPAN = (datetime(2026, 1, 1), datetime(2027, 12, 31))


@pytest.mark.parametrize(
    ("tzid", "definition", "kind", "zone", "rung"),
    [
        ("Europe/Berlin", None, "zone", "Europe/Berlin", "iana"),
        ("Etc/UTC", None, "utc", "Etc/UTC", "iana"),
        ("GMT", None, "utc", "Etc/UTC", "iana"),
        ("Zulu", None, "utc", "Etc/UTC", "iana"),
        ("Z", None, "utc", "Etc/UTC", "tzone"),
        ("(UTC)", None, "utc", "Etc/UTC", "tzone"),
        ("UTC+00:00", None, "utc", "Etc/UTC", "offset"),
        ("Africa/Abidjan", None, "zone", "Africa/Abidjan", "iana"),
        ("Romance Standard Time", None, "zone", "Europe/Paris", "windows"),
        ("Manitoba Standard Time", None, "zone", "America/Winnipeg", "override"),
        ("GMT Standard Time 1", None, "zone", "Europe/London", "numbered"),
        ("(GMT+01:00) Amsterdam, Berlin, Bern, Rome, Stockholm, Vienna 1", None, "zone", "Europe/Berlin", "numbered"),
        ("/mozilla.org/20070129_1/America/Indiana/Knox", None, "zone", "America/Indiana/Knox", "vendor-prefix"),
        ("/freeassociation.sourceforge.net/UTC", None, "utc", "Etc/UTC", "vendor-prefix"),
        ("UTC\N{MINUS SIGN}05:00", None, "zone", "Etc/GMT+5", "offset"),
        ("+0900", None, "zone", "Etc/GMT-9", "offset"),
        ("UTC+5:45", None, "fixed", None, "offset"),
        ("GMT+530", None, "fixed", None, "offset"),
        ("GMT+16", None, "fixed", None, "offset"),
        ("Eastern Time (US and Canada)", None, "zone", "America/New_York", "display"),
        ("GMT-05:00 Eastern Time (US &amp; Canada)", None, "zone", "America/New_York", "display"),
        ("(UTC-03:00) Brasília", None, "zone", "America/Sao_Paulo", "display"),
        ("W. Europe", None, "zone", "Europe/Berlin", "lotus"),
        ("Eastern Daylight Time", NEW_YORK, "zone", "America/New_York", "lotus"),
        ("Eastern Daylight Time", None, "keep", None, "unknown"),
        ("foo", BERLIN, "keep", None, "rules"),
        ("W. Europe Standard Time", NEW_YORK, "keep", None, "rules-win"),
        ("Europe/Berlin", NEW_YORK, "keep", None, "rules-win"),
        ("foo", None, "keep", None, "unknown"),
        ("GMT+05:30", fixed_exchange("x", "+0530"), "fixed", None, "offset"),
    ],
)  # fmt: skip
def test_the_rung_that_decides(tzid: str, definition: bytes | None, kind: str, zone: str | None, rung: str) -> None:
    answer = tzmap.resolve(tzid, definition=definition, span=SPAN)
    assert (answer.tzid, answer.kind, answer.zone, answer.rung) == (tzid, kind, zone, rung)
    assert (answer.offset is not None) == (kind == "fixed")


@given(st.sampled_from(NAMES))
def test_every_zone_s_own_name_is_that_zone(name: str) -> None:
    for written in (name, name.lower(), f' "{name}" ', f"/example.org/2026a/{name}" if "/" in name else name):
        answer = tzmap.resolve(written)
        assert answer.zone == (name if answer.kind == "zone" else "Etc/UTC")


@given(st.integers(-12, 14), st.sampled_from(["GMT{:+03}00", "UTC{:+}", "(UTC{:+03}:00)", "{:+03}"]))
def test_a_whole_hour_is_an_etc_zone_of_the_opposite_sign(hours: int, form: str) -> None:
    answer = tzmap.resolve(form.format(hours))
    assert answer.zone is not None
    assert oracle.offset_at(answer.zone, datetime(2026, 7, 1)) == timedelta(hours=hours)


class Watched:
    """Values that tell whether anybody read them."""

    def __init__(self, *values: datetime) -> None:
        self.values = values
        self.read = 0

    def __iter__(self) -> Iterator[datetime]:
        for value in self.values:
            self.read += 1
            yield value


def test_values_are_not_read_where_rules_and_zone_agree_over_the_span() -> None:
    values = Watched(datetime(2026, 7, 1))
    answer = tzmap.resolve("W. Europe Standard Time", definition=BERLIN, values=values, span=SPAN)
    assert (answer.zone, answer.compared, values.read) == ("Europe/Berlin", 0, 0)


def test_values_are_read_once_where_they_differ() -> None:
    """Two candidates (Canada's zone, then the world's) look at the same values."""
    values = Watched(datetime(2026, 7, 1), datetime(2026, 12, 1))
    pacific = american("x", "-0800", "-0700")
    answer = tzmap.resolve("Pacific Standard Time", definition=pacific, values=values, span=SPAN, territory="CA")
    assert (answer.zone, values.read) == ("America/Los_Angeles", 2)


def test_one_value_that_differs_is_enough() -> None:
    """The rules of 2006 end summer time a week early; one event falls into that week."""
    old = exchange("x", "-0500", "-0400", (10, "-1SU", "020000"), (4, "1SU", "020000"))
    fine = [datetime(2026, 7, 1, 9) + timedelta(days=n) for n in range(50)]
    wrong = [datetime(2026, 10, 28, 9), datetime(2026, 10, 27, 9)]
    assert tzmap.resolve("Eastern Standard Time", definition=old, values=fine).zone == "America/New_York"
    answer = tzmap.resolve("Eastern Standard Time", definition=old, values=fine + wrong)
    assert (answer.kind, answer.rung, answer.compared) == ("keep", "rules-win", 52)
    assert answer.disagreement == tzmap.Disagreement(min(wrong), timedelta(hours=-5), timedelta(hours=-4), 2)


def test_values_that_differ_stand_in_the_evidence() -> None:
    answer = tzmap.resolve(
        "Eastern Standard Time", definition=fixed_exchange("x", "+0900"), values=[datetime(2026, 7, 1, 9)]
    )
    assert "At 2026-07-01 09:00:00 the definition says +09:00 and the name -04:00." in answer.evidence


def test_a_span_without_values_keeps_the_definition_where_it_differs() -> None:
    vancouver = american("x", "-0800", "-0700")
    agreed = tzmap.resolve("Pacific Standard Time", definition=vancouver, span=SPAN)
    stale = tzmap.resolve("British Columbia Standard Time", definition=vancouver, span=SPAN)
    assert (agreed.zone, stale.kind) == ("America/Los_Angeles", "keep")
    assert stale.disagreement is not None
    assert (stale.disagreement.value, stale.disagreement.count) == (datetime(2026, 11, 1, 2), 0)


def test_without_values_and_span_five_years_from_the_edition_are_compared() -> None:
    year = int(tzmap.TZDATA_EDITION[:4])
    answer = tzmap.resolve("W. Europe Standard Time", definition=BERLIN)
    assert answer.zone == "Europe/Berlin"
    assert f"The definition gives the same offsets from {year}-01-01 to {year + 4}-12-31." in answer.evidence
    assert tzmap.resolve("W. Europe Standard Time", definition=NEW_YORK).kind == "keep"


def test_a_span_may_be_given_the_wrong_way_round_and_values_may_carry_a_zone() -> None:
    answer = tzmap.resolve(
        "Europe/Berlin", definition=BERLIN, values=[datetime(2026, 7, 1, tzinfo=UTC)], span=SPAN[::-1]
    )
    assert (answer.zone, answer.disagreement) == ("Europe/Berlin", None)


def test_values_of_far_years_are_compared_too() -> None:
    values = [datetime(1, 1, 1), datetime(1599, 12, 31), datetime(2500, 7, 1), datetime(9999, 12, 31)]
    answer = tzmap.resolve("W. Europe Standard Time", definition=exchange("x", "+0100", "+0200"), values=values)
    assert answer.disagreement is not None
    assert (answer.disagreement.value, answer.disagreement.count, answer.compared) == (datetime(1, 1, 1), 2, 4)
    late = tzmap.resolve("W. Europe Standard Time", definition=BERLIN, values=values[2:])
    assert late.zone == "Europe/Berlin"


@given(st.lists(st.datetimes(datetime(1601, 1, 1), datetime(2390, 1, 1)), min_size=1))
def test_values_at_which_definition_and_zone_part_are_those_at_which_their_offsets_do(values: list[datetime]) -> None:
    rules = tzmap.Rules.parse(BERLIN)
    parting = [value for value in values if rules.utc_offset(value) != zones.zone_offset("Europe/Berlin", value)]
    answer = tzmap.resolve("W. Europe Standard Time", definition=rules, values=values)
    told = answer.disagreement
    assert (told and (told.value, told.count)) == ((min(parting), len(parting)) if parting else None)


def test_a_stale_copy_yields_to_the_zone_s_name_and_says_so() -> None:
    stale = american("America/Vancouver", "-0800", "-0700")
    answer = tzmap.resolve("America/Vancouver", definition=stale, values=[datetime(2026, 12, 1, 9)])
    assert (answer.zone, answer.rung) == ("America/Vancouver", "iana")
    assert answer.disagreement == tzmap.Disagreement(
        datetime(2026, 12, 1, 9), timedelta(hours=-8), timedelta(hours=-7), 1
    )
    assert any("stale" in sentence for sentence in answer.evidence)


def test_a_name_that_only_reads_like_a_zone_s_yields_to_its_own_rules() -> None:
    """`US-Eastern` of older Apple and KDE calendars carries the rules of its day."""
    before_2007 = exchange("US-Eastern", "-0500", "-0400", (10, "-1SU", "020000"), (4, "1SU", "020000"))
    values = [datetime(2025, 10, 28, 9)]
    assert tzmap.resolve("US-Eastern", definition=before_2007, values=values).kind == "keep"
    assert tzmap.resolve("US/Eastern", definition=before_2007, values=values).zone == "US/Eastern"
    assert tzmap.resolve("US-Eastern", definition=before_2007, values=[datetime(2025, 7, 28, 9)]).zone == "US/Eastern"


def test_a_copy_with_its_history_before_1970_is_not_foreign() -> None:
    """Local mean time and war time are in such a copy; no zone of 1970 has them."""
    text = tzmap.vtimezone("Europe/London", date(1840, 1, 1), date(1995, 12, 31))
    answer = tzmap.resolve("Europe/London", definition=text, values=[datetime(2026, 7, 1)])
    assert answer.zone == "Europe/London"


def test_foreign_offsets_are_named() -> None:
    answer = tzmap.resolve("Europe/Berlin", definition=fixed_exchange("x", "+0500"), values=[datetime(2026, 7, 1)])
    assert "Europe/Berlin never had the offset +05:00 since 1970: the definition is another zone's." in answer.evidence


def test_a_definition_that_cannot_be_used_counts_as_absent_and_the_evidence_says_so() -> None:
    empty = vtimezone("x", extra="X-LIC-LOCATION:Europe/Berlin")
    known = tzmap.resolve("Romance Standard Time", definition=empty)
    assert known.zone == "Europe/Paris"
    assert any(sentence.startswith("The definition cannot be used: ") for sentence in known.evidence)
    assert tzmap.resolve("foo", definition=empty).kind == "keep"


@pytest.mark.parametrize(
    ("hints", "definition", "zone", "rung"),
    [
        (Hints(location="Europe/Vienna"), BERLIN, "Europe/Vienna", "hint-location"),
        (
            Hints(location="/freeassociation.sourceforge.net/Tzfile/Europe/Vienna"),
            BERLIN,
            "Europe/Vienna",
            "hint-location",
        ),
        (Hints(location="Europe/Helsinki"), BERLIN, None, "rules"),
        (Hints(location="Europe/Helsinki", cdo="4"), BERLIN, "Europe/Berlin", "hint-cdo"),
        (Hints(cdo="2"), european("x", "+0000", "+0100", 1), "Europe/London", "hint-cdo"),
        (Hints(cdo="4"), NEW_YORK, None, "rules"),
        (Hints(cdo="9999"), BERLIN, None, "rules"),
        (Hints(cdo="four"), BERLIN, None, "rules"),
        (Hints(location="Nowhere"), BERLIN, None, "rules"),
        (Hints(location="Europe/Vienna"), None, None, "unknown"),
    ],
)
def test_hints_are_verified_before_use(hints: Hints, definition: bytes | None, zone: str | None, rung: str) -> None:
    answer = tzmap.resolve("foo", definition=definition, hints=hints, span=SPAN)
    assert (answer.zone, answer.rung) == (zone, rung)


def test_hints_given_outweigh_those_in_the_definition() -> None:
    text = BERLIN.replace(b"TZID:x", b"TZID:x\r\nX-LIC-LOCATION:Europe/Paris")
    assert tzmap.resolve("foo", definition=text, span=SPAN).zone == "Europe/Paris"
    assert tzmap.resolve("foo", definition=text, span=SPAN, hints=Hints(location="Europe/Rome")).zone == "Europe/Rome"


def test_every_cdo_number_stands_for_ids_the_table_knows() -> None:
    known = names.windows_table()
    assert len(cdo.WINDOWS_IDS) >= 99
    assert all(windows_id in known for ids in cdo.WINDOWS_IDS.values() for windows_id in ids)


def test_parsed_rules_serve_as_definition() -> None:
    assert (
        tzmap.resolve("W. Europe Standard Time", definition=tzmap.Rules.parse(BERLIN), span=SPAN).zone
        == "Europe/Berlin"
    )


def test_one_feed_s_definition_never_touches_another_s() -> None:
    """The same name with other rules, one after the other in one process."""
    far = fixed_exchange("Eastern Standard Time", "+0900")
    values = [datetime(2026, 7, 1, 12)]
    answers = [
        tzmap.resolve("Eastern Standard Time", definition=text, values=values).zone
        for text in (far, NEW_YORK, far, None)
    ]
    assert answers == [None, "America/New_York", None, "America/New_York"]


@settings(deadline=None, max_examples=300)
@given(
    st.sampled_from(["Eastern Standard Time", "Pacific Standard Time", "Europe/Berlin", "foo"]),
    st.sampled_from([NEW_YORK, american("x", "-0800", "-0700"), BERLIN]),
    st.lists(st.sampled_from([datetime(2026, 1, 1), datetime(2026, 11, 1, 1), datetime(2027, 7, 1)]), min_size=1),
    st.sampled_from([None, "CA"]),
    st.sampled_from([Hints(), Hints("Europe/Rome")]),
)
def test_what_is_remembered_is_what_is_worked_out(
    tzid: str, definition: bytes, values: list[datetime], territory: str | None, hints: Hints
) -> None:
    """Nothing is remembered of an answer about rules that are parsed already."""
    asked = partial(tzmap.resolve, tzid, territory=territory, hints=hints)
    span = (min(values), max(values))
    for given_values, given_span in ((values, span), ((), span), (values, None)):
        worked_out = asked(definition=tzmap.Rules.parse(definition), values=given_values, span=given_span)
        for _ in range(2):
            assert asked(definition=definition, values=given_values, span=given_span) == worked_out


def test_what_is_remembered_of_a_span_is_not_taken_for_the_same_instants_elsewhere() -> None:
    midnight = datetime(2026, 7, 1, tzinfo=UTC)
    spans = [(start, start) for start in (midnight, midnight.astimezone(timezone(timedelta(hours=-9))))]
    answers = [tzmap.resolve("Eastern Standard Time", definition=NEW_YORK, span=span) for span in spans]
    assert ["2026-06-30" in answer.evidence[1] for answer in answers] == [False, True]


@pytest.mark.parametrize("wrapping", ["\\n", '"', " ", "(", "GMT", "/"])
def test_a_name_of_a_million_characters_is_unknown_at_once(wrapping: str) -> None:
    assert tzmap.resolve("Europe/Berlin" + wrapping * 1_000_000 + "x").rung == "unknown"


def test_padding_of_any_length_is_stripped() -> None:
    assert tzmap.resolve(" " * 1_000_000 + "Europe/Berlin\r\n").zone == "Europe/Berlin"


def test_abbreviations_are_flagged() -> None:
    assert any("several places" in sentence for sentence in tzmap.resolve("EST").evidence)
    assert any("several places" in sentence for sentence in tzmap.resolve("IST").evidence)


def test_an_answer_can_be_written_as_json() -> None:
    stale = american("America/Vancouver", "-0800", "-0700")
    answer = tzmap.resolve("America/Vancouver", definition=stale, values=[datetime(2026, 12, 1, 9)])
    read = json.loads(json.dumps(answer.as_mapping()))
    assert read["disagreement"] == {
        "value": "2026-12-01T09:00:00",
        "by_rules": "-08:00",
        "by_zone": "-07:00",
        "count": 1,
    }
    assert (read["zone"], read["offset"], read["compared"]) == ("America/Vancouver", None, 1)
    assert tzmap.resolve("GMT-03:30").as_mapping()["offset"] == "-03:30"


ANY_NAME = (
    st.text(max_size=60)
    | st.sampled_from(sorted(names.known()))
    | st.from_regex(r"[(]?(UTC|GMT)?[+-]\d{1,5}:?\d*[)]?.{0,5}")
)
ANY_DEFINITION = st.none() | st.binary(max_size=200) | st.sampled_from([BERLIN, NEW_YORK, fixed_exchange("x", "+0900")])


@settings(deadline=None, max_examples=300)
@given(
    ANY_NAME,
    ANY_DEFINITION,
    st.lists(st.datetimes(), max_size=4),
    st.none() | st.text(max_size=20),
    st.none() | st.text(max_size=4),
)
def test_nothing_makes_it_raise_and_every_answer_is_sound(
    tzid: str, definition: bytes | None, values: list[datetime], hint: str | None, territory: str | None
) -> None:
    """A zone is one of tzdata's; a renamed TZID means the same instants, unless the zone's own name won."""
    answer = tzmap.resolve(tzid, definition=definition, values=values, hints=Hints(hint, hint), territory=territory)
    assert answer.tzid == tzid
    assert answer.evidence
    assert (answer.kind in {"zone", "utc"}) == (answer.zone in tzmap.zone_names())
    if (
        definition
        and answer.zone
        and answer.disagreement is None
        and not any("cannot be used" in one for one in answer.evidence)
    ):
        rules = tzmap.Rules.parse(definition)
        assert [rules.utc_offset(value) for value in values] == [
            tzmap.zone_offset(answer.zone, value) for value in values
        ]


@settings(deadline=None)
@given(ANY_NAME)
def test_cleaning_twice_changes_nothing_more(tzid: str) -> None:
    assert names.clean(names.clean(tzid)) == names.clean(tzid)


def test_definitions_of_other_names_that_say_the_same_are_read_once() -> None:
    texts = [vtimezone(f"Club {n}", observance("19990101T000000", "+0615"), extra="X-A:once") for n in range(5)]
    with patch.object(tzmap.Rules, "parse", wraps=tzmap.Rules.parse) as parse:
        answers = [tzmap.resolve(f"Club {n}", definition=text, span=SPAN) for n, text in enumerate(texts)]
    assert parse.call_count == 1
    assert [answer.kind for answer in answers] == ["keep"] * 5


@pytest.mark.parametrize(
    "name",
    ["TZID:x", "TZID:x\r\n y", "TZID:x\r\nTZID:y", "tzid:x", "TZID;X=1:x", "X-A:1\r\nTZID:x", "TZID:\r\n", "TZID:x\n"],
)
@pytest.mark.parametrize("line_end", ["\r\n", "\n", "\r"])
@pytest.mark.parametrize("offset", ["+0100", "+0615"])
def test_whatever_its_name_a_definition_says_what_it_says_parsed(name: str, line_end: str, offset: str) -> None:
    text = vtimezone("x", observance("19700101T000000", offset), extra="X-LIC-LOCATION:Europe/Berlin")
    text = text.replace(b"TZID:x", name.encode()).replace(b"\r\n", line_end.encode())
    for tzid in ("W. Europe Standard Time", "Club"):
        parsed = tzmap.resolve(tzid, definition=tzmap.Rules.parse(text), span=SPAN)
        assert tzmap.resolve(tzid, definition=text, span=SPAN) == parsed
