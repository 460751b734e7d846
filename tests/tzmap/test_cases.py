"""Hard cases met in the wild: the instant must be right, and the TZID renamed only where that is safe."""

# ruff: noqa: DTZ007 - wall-clock times have no zone

from datetime import datetime, timedelta
from typing import NamedTuple

import pytest

import tzmap
from tests.tzmap.definitions import american, european, exchange, fixed_exchange, observance, vtimezone, yearly

KEEP = "keep"


class Case(NamedTuple):
    """A TZID as written, its definition, one wall-clock time, the instant it means, and what the TZID may become."""

    name: str
    tzid: str
    definition: bytes | None
    wall: str
    utc: str
    becomes: set[str]


def moment(text: str) -> datetime:
    return datetime.strptime(text, "%Y%m%dT%H%M%S")


STALE_VANCOUVER = american("America/Vancouver", "-0800", "-0700")
WINDOWS_EGYPT = exchange("Egypt Standard Time", "+0200", "+0300", (10, "-1TH", "235959"), (4, "-1TH", "235959"))
MID_ATLANTIC = exchange("Mid-Atlantic Standard Time", "-0200", "-0100", (9, "-1SU", "020000"))
KAMCHATKA = exchange("Kamchatka Standard Time", "+1200", "+1300")
AMSTERDAM_2013 = vtimezone(
    "Europe/Amsterdam",
    observance("20130331T020000", "+0200", "+0100", rule="FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU", daylight=True),
    observance("20131027T030000", "+0100", "+0200", rule="FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU"),
)
DUBLIN = vtimezone(
    "Europe/Dublin",
    observance("19700329T010000", "+0100", "+0000", rule="FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU"),
    observance("19701025T020000", "+0000", "+0100", rule="FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU", daylight=True),
)
BRITISH_GMT = vtimezone(
    "GMT",
    observance("20001029T030000", "+0000", "+0100", rule=yearly(10, "-1SU")),
    observance("20000326T020000", "+0100", "+0000", rule=yearly(3, "-1SU"), daylight=True),
)
LONE_BRISBANE = vtimezone(
    "(UTC+10:00) Brisbane", observance("16010101T000000", "+1000"), extra="X-ENTOURAGE-CFTIMEZONE:"
)

CASES = [
    # ids and their spelling
    Case(
        "mexican mountain id",
        "Mountain Standard Time (Mexico)",
        None,
        "20260715T090000",
        "20260715T160000",
        {"America/Mazatlan"},
    ),
    Case(
        "central asia left almaty",
        "Central Asia Standard Time",
        None,
        "20260115T090000",
        "20260115T030000",
        {"Asia/Bishkek"},
    ),
    Case("utc minus 11 is no utc", "UTC-11", None, "20260115T090000", "20260115T200000", {"Etc/GMT+11"}),
    Case(
        "pacific is not vancouver",
        "Pacific Standard Time",
        None,
        "20261201T090000",
        "20261201T170000",
        {"America/Los_Angeles"},
    ),
    Case(
        "old id without rules", "Mid-Atlantic Standard Time", None, "20260115T090000", "20260115T110000", {"Etc/GMT+2"}
    ),
    Case(
        "old id with its summer",
        "Mid-Atlantic Standard Time",
        MID_ATLANTIC,
        "20260715T090000",
        "20260715T100000",
        {KEEP},
    ),
    Case(
        "old id in its winter",
        "Mid-Atlantic Standard Time",
        MID_ATLANTIC,
        "20260115T090000",
        "20260115T110000",
        {"Etc/GMT+2"},
    ),
    Case(
        "kamchatka with its summer", "Kamchatka Standard Time", KAMCHATKA, "20260715T090000", "20260714T200000", {KEEP}
    ),
    Case("trailing space", "Europe/Berlin ", None, "20260715T100000", "20260715T080000", {"Europe/Berlin"}),
    Case("trailing backslash n", "Europe/Berlin\\n", None, "20260715T100000", "20260715T080000", {"Europe/Berlin"}),
    Case("case", "europe/BERLIN", None, "20260715T100000", "20260715T080000", {"Europe/Berlin"}),
    Case("quoted id", '"W. Europe Standard Time"', None, "20260715T100000", "20260715T080000", {"Europe/Berlin"}),
    Case(
        "space in the zone name", "America/New York", None, "20260715T100000", "20260715T140000", {"America/New_York"}
    ),
    Case(
        "dash in the zone name",
        "US-Eastern",
        None,
        "20260715T100000",
        "20260715T140000",
        {"US/Eastern", "America/New_York"},
    ),
    Case("legacy link", "Europe/Kiev", None, "20260715T090000", "20260715T060000", {"Europe/Kiev", "Europe/Kyiv"}),
    Case(
        "new id of 2026",
        "British Columbia Standard Time",
        None,
        "20261201T090000",
        "20261201T160000",
        {"America/Vancouver"},
    ),
    Case(
        "eastern mexico has no summer",
        "Eastern Standard Time (Mexico)",
        None,
        "20260715T090000",
        "20260715T140000",
        {"America/Cancun"},
    ),
    Case(
        "gmt standard time is london",
        "GMT Standard Time",
        None,
        "20260715T090000",
        "20260715T080000",
        {"Europe/London"},
    ),
    Case("windows 2000 id", "Mexico Standard Time 2", None, "20260715T090000", "20260715T160000", {"America/Mazatlan"}),
    # display names
    Case(
        "label",
        '"(UTC-05:00) Eastern Time (US & Canada)"',
        None,
        "20160823T100000",
        "20160823T140000",
        {"America/New_York"},
    ),
    Case(
        "dotted label",
        '"(GMT-05.00) Eastern Time (US & Canada)"',
        None,
        "20160823T100000",
        "20160823T140000",
        {"America/New_York"},
    ),
    Case(
        "city label",
        '"(UTC+01:00) Amsterdam, Berlin, Bern, Rome, Stockholm, Vienna"',
        None,
        "20200504T110000",
        "20200504T090000",
        {"Europe/Berlin"},
    ),
    Case(
        "escaped city label",
        "(UTC+01:00) Amsterdam\\, Berlin\\, Bern\\, Rome\\, Stockholm\\, Vienna",
        None,
        "20200504T110000",
        "20200504T090000",
        {"Europe/Berlin"},
    ),
    Case(
        "cities in another order",
        "Wien / Stockholm; Rom; Bern, Berlin, Amsterdam",
        None,
        "20200504T110000",
        "20200504T090000",
        {"Europe/Berlin"},
    ),
    Case(
        "label with a stale offset",
        '"(UTC+02:00) Istanbul"',
        None,
        "20260115T090000",
        "20260115T060000",
        {"Europe/Istanbul"},
    ),
    Case(
        "french label",
        '"(UTC+01:00) Bruxelles, Copenhague, Madrid, Paris"',
        None,
        "20260715T090000",
        "20260715T070000",
        {"Europe/Paris"},
    ),
    Case("swedish utc", "(UTC) Koordinerad universell tid", None, "20260715T090000", "20260715T090000", {"Etc/UTC"}),
    Case(
        "label without tzoffsetfrom",
        '"(UTC+10:00) Brisbane"',
        LONE_BRISBANE,
        "20260715T090000",
        "20260714T230000",
        {"Australia/Brisbane"},
    ),
    Case(
        "label of a year without summer",
        "(UTC+03:00) Baghdad",
        fixed_exchange("x", "+0300"),
        "20260715T090000",
        "20260715T060000",
        {"Asia/Baghdad"},
    ),
    # vendors
    Case(
        "sourceforge prefix",
        "/freeassociation.sourceforge.net/Tzfile/Europe/Ljubljana",
        None,
        "20260715T140000",
        "20260715T120000",
        {"Europe/Ljubljana"},
    ),
    Case(
        "three-part zone",
        "/citadel.org/20260414_1/America/Argentina/Buenos_Aires",
        None,
        "20260715T140000",
        "20260715T170000",
        {"America/Argentina/Buenos_Aires"},
    ),
    Case("bare slash", "/Europe/Berlin", None, "20260715T140000", "20260715T120000", {"Europe/Berlin"}),
    Case("system v", "../Tzfile/SystemV/EST5EDT", None, "20260715T090000", "20260715T130000", {"EST5EDT"}),
    Case(
        "prefix before no zone",
        "/Europe/CUSTOM",
        european("x", "+0100", "+0200", 2),
        "20260715T140000",
        "20260715T120000",
        {KEEP},
    ),
    Case("microsoft utc", '"tzone://Microsoft/Utc"', None, "20240116T203000", "20240116T203000", {"Etc/UTC"}),
    Case(
        "microsoft custom",
        '"tzone://Microsoft/Custom"',
        exchange("x", "+0100", "+0200"),
        "20200830T070000",
        "20200830T050000",
        {KEEP},
    ),
    Case(
        "customised",
        "Customized Time Zone",
        exchange("x", "+0900", "+1000"),
        "20260715T090000",
        "20260714T230000",
        {KEEP},
    ),
    # offsets
    Case("offset, posix sign turned", "GMT+0100", None, "20260715T100000", "20260715T090000", {"Etc/GMT-1"}),
    Case("offset with colon", '"UTC+02:00"', None, "20260715T100000", "20260715T080000", {"Etc/GMT-2"}),
    Case("half hour", "GMT+05:30", None, "20260715T100000", "20260715T043000", {"fixed"}),
    Case("offset in parentheses", "(GMT -05:00)", None, "20260715T100000", "20260715T150000", {"Etc/GMT+5"}),
    Case("offset of nothing", "+00", None, "20260715T100000", "20260715T100000", {"Etc/UTC"}),
    Case(
        "offset and other rules",
        "GMT+0100",
        european("x", "+0100", "+0200", 2),
        "20260715T100000",
        "20260715T080000",
        {KEEP},
    ),
    # abbreviations and reserved names
    Case(
        "abbreviation with rules",
        "CET",
        european("CET", "+0100", "+0200", 2),
        "20210420T090000",
        "20210420T070000",
        {"CET", "Europe/Berlin", "Europe/Brussels"},
    ),
    Case(
        "abbreviation alone", "EST", None, "20260715T090000", "20260715T140000", {"EST", "Etc/GMT+5", "America/Panama"}
    ),
    Case(
        "est that saves daylight",
        "EST",
        american("EST", "-0500", "-0400"),
        "20260715T090000",
        "20260715T130000",
        {KEEP},
    ),
    Case("gmt that saves daylight", "GMT", BRITISH_GMT, "20260723T102000", "20260723T092000", {KEEP, "Europe/London"}),
    # name or rules
    Case(
        "definition of another tzid",
        "W. Europe Standard Time",
        None,
        "20241008T100000",
        "20241008T080000",
        {"Europe/Berlin"},
    ),
    Case(
        "stale copy", "America/Vancouver", STALE_VANCOUVER, "20261201T090000", "20261201T160000", {"America/Vancouver"}
    ),
    Case(
        "stale copy where it still holds",
        "America/Vancouver",
        STALE_VANCOUVER,
        "20250115T090000",
        "20250115T170000",
        {"America/Vancouver"},
    ),
    Case(
        "stale copy behind a vendor prefix",
        "/mozilla.org/20070129_1/America/Vancouver",
        STALE_VANCOUVER,
        "20261201T090000",
        "20261201T160000",
        {"America/Vancouver"},
    ),
    Case(
        "half a copy",
        "Europe/Berlin",
        vtimezone("Europe/Berlin", observance("19701025T030000", "+0100", "+0200")),
        "20260715T090000",
        "20260715T070000",
        {"Europe/Berlin"},
    ),
    Case(
        "foreign rules",
        "Europe/Berlin",
        fixed_exchange("Europe/Berlin", "+0500"),
        "20260715T090000",
        "20260715T040000",
        {KEEP},
    ),
    Case(
        "windows id, foreign rules",
        "Eastern Standard Time",
        fixed_exchange("x", "+0900"),
        "20260715T120000",
        "20260715T030000",
        {KEEP},
    ),
    Case(
        "numbered, rules of its own",
        "Eastern Standard Time 1",
        fixed_exchange("x", "-0500"),
        "20260715T090000",
        "20260715T140000",
        {KEEP},
    ),
    Case(
        "numbered, rules of the name",
        "Eastern Standard Time 1",
        american("x", "-0500", "-0400"),
        "20260715T090000",
        "20260715T130000",
        {"America/New_York"},
    ),
    Case(
        "before the first onset",
        "Europe/Amsterdam",
        AMSTERDAM_2013,
        "20130131T120000",
        "20130131T110000",
        {"Europe/Amsterdam"},
    ),
    Case("negative daylight saving", "Europe/Dublin", DUBLIN, "20210108T151500", "20210108T151500", {"Europe/Dublin"}),
    Case(
        "23:59 where the law says midnight",
        "Egypt Standard Time",
        WINDOWS_EGYPT,
        "20260601T100000",
        "20260601T070000",
        {"Africa/Cairo"},
    ),
    Case(
        "a week in which they differ",
        "Egypt Standard Time",
        WINDOWS_EGYPT,
        "20260427T100000",
        "20260427T080000",
        {KEEP},
    ),
    Case("gap", "America/New_York", None, "20070311T023000", "20070311T073000", {"America/New_York"}),
    Case("fold", "America/New_York", None, "20261101T013000", "20261101T053000", {"America/New_York"}),
    Case(
        "gap by rules",
        "Pacific Time",
        american("x", "-0800", "-0700"),
        "20260308T023000",
        "20260308T103000",
        {"America/Los_Angeles"},
    ),
    Case(
        "fold by rules",
        "Pacific Time",
        american("x", "-0800", "-0700"),
        "20261101T013000",
        "20261101T083000",
        {"America/Los_Angeles"},
    ),
    # hints
    Case(
        "cdo number in practice",
        "foo",
        exchange("foo", "+0100", "+0200", extra="X-MICROSOFT-CDO-TZID:2"),
        "20260715T090000",
        "20260715T070000",
        {"Europe/Warsaw", "Europe/Sarajevo"},
    ),
    Case(
        "cdo number that lies",
        "foo",
        exchange("foo", "+0900", "+1000", extra="X-MICROSOFT-CDO-TZID:2"),
        "20260715T090000",
        "20260714T230000",
        {KEEP},
    ),
    Case(
        "location",
        "foo",
        european("foo", "+0200", "+0300", 3).replace(b"TZID:foo", b"TZID:foo\r\nX-LIC-LOCATION:Europe/Helsinki"),
        "20260715T090000",
        "20260715T060000",
        {"Europe/Helsinki"},
    ),
    Case(
        "location that lies",
        "foo",
        fixed_exchange("foo\r\nX-LIC-LOCATION:Europe/Helsinki", "+0900"),
        "20260715T090000",
        "20260715T000000",
        {KEEP},
    ),
    Case(
        "empty definition",
        "Central European Standard Time",
        vtimezone("x", extra="X-MICROSOFT-CDO-TZID:2"),
        "20260715T090000",
        "20260715T070000",
        {"Europe/Warsaw"},
    ),
    # lotus
    Case("lotus", "Romance", None, "20260715T090000", "20260715T070000", {"Europe/Paris"}),
    Case(
        "shared lotus name, rules agree",
        "Eastern",
        american("x", "-0500", "-0400"),
        "20260715T090000",
        "20260715T130000",
        {"America/New_York"},
    ),
    Case(
        "shared lotus name, rules of sydney",
        "Eastern",
        exchange("x", "+1000", "+1100", (4, "1SU", "030000"), (10, "1SU", "020000")),
        "20260115T090000",
        "20260114T220000",
        {KEEP},
    ),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_instant_is_right_and_the_name_safe(case: Case) -> None:
    wall = moment(case.wall)
    answer = tzmap.resolve(case.tzid, definition=case.definition, values=[wall])

    assert wall - offset_by(answer, case.definition, wall) == moment(case.utc)
    assert (answer.zone or answer.kind) in case.becomes
    assert answer.evidence


def offset_by(answer: tzmap.Resolution, definition: bytes | None, wall: datetime) -> timedelta:
    """Return what a client would use that is served this answer."""
    if answer.kind == "keep":
        assert definition is not None, answer
        return tzmap.Rules.parse(definition).utc_offset(wall)
    if answer.offset is not None:
        return answer.offset
    assert answer.zone is not None
    return tzmap.zone_offset(answer.zone, wall)


def test_unknown_stays_unknown() -> None:
    for tzid in [
        "",
        "foo",
        "IST",
        "Central",
        "tzone://Microsoft/Custom",
        "Mitteleuropäische Zeit",
        "GMT+99",
        "Europe/",
        "/",
        "my GMT Standard Time",
        "Standard Time",
        "UTC+24",
        "Factory",
        "(UTC+01:00)x",
        "Berlin Bern",
        "a/UTC",
    ]:
        answer = tzmap.resolve(tzid)
        assert (answer.kind, answer.zone, answer.offset, answer.rung) == ("keep", None, None, "unknown"), tzid
