"""The Windows table: the 109 ids and display names CalReply lists, its rows against tzdata, and its generator."""

# ruff: noqa: DTZ001 - wall-clock times have no zone

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

import pytest

import tzmap
from tests.tzmap import oracle
from tests.tzmap.definitions import exchange, fixed_exchange
from tests.tzmap.literal import LiteralZone
from tzmap import generate, labels, windows
from tzmap.overrides import OVERRIDES, RESPELLED
from tzmap.resolution import offset_text

ROWS = [line.split("\t") for line in Path(__file__).with_name("windows_names.tsv").read_text().splitlines()[1:]]
"""Windows id, CalReply's display name, the zone (CLDR's for the world, in tzdata's spelling of 2026)."""

MONTHS = [datetime(2026, month, 15, 9, 30) for month in range(1, 13)]

WRITINGS: dict[str, Callable[[str, str], str]] = {
    "id": lambda name, _: name,
    "quoted id": lambda name, _: f'"{name}"',
    "upper-case id, padded": lambda name, _: f"  {name.upper()}\t",
    "label": lambda _, label: label,
    "quoted label": lambda _, label: f'"{label}"',
    "label with GMT and a dot": lambda _, label: label.replace("(UTC", "(GMT").replace(":", "."),
    "label without head": lambda _, label: label.split(") ", 1)[1],
    "escaped label": lambda _, label: label.replace(",", "\\,"),
    "label with slashes": lambda _, label: label.replace(", ", "/"),
}


def test_the_table_has_the_109_names() -> None:
    assert len(ROWS) == len({row[0] for row in ROWS}) == len({row[1] for row in ROWS}) == 109


@pytest.mark.parametrize("writing", WRITINGS)
def test_every_name_alone_gives_its_zone_and_its_twelve_instants(writing: str) -> None:
    for windows_id, label, zone in ROWS:
        answer = tzmap.resolve(WRITINGS[writing](windows_id, label), values=MONTHS)
        assert answer.zone == zone, (windows_id, label)
        assert [tzmap.zone_offset(zone, wall) for wall in MONTHS] == [
            oracle.offset_on_wall(zone, wall) for wall in MONTHS
        ]


@cache
def exchange_definition(zone: str) -> bytes:
    """What Exchange would have written in 2026: a pair of yearly rules, or no daylight saving; wall-clock onsets."""
    if zone == "Africa/Casablanca":  # Ramadan: three onsets this year, no pair; Exchange lists them as no DST
        return fixed_exchange("x", "+0100")
    found = list(oracle.transitions(zone, datetime(2026, 1, 1), datetime(2026, 12, 31)))
    if not found:
        return fixed_exchange("x", compact(oracle.offset_at(zone, datetime(2026, 1, 1))))
    offsets = [oracle.offset_at(zone, instant) for instant in found]
    onsets = [onset(instant + before) for instant, before in zip(found, offsets[::-1], strict=True)]
    low, high = sorted(range(2), key=lambda index: offsets[index])
    return exchange("x", compact(offsets[low]), compact(offsets[high]), onsets[low], onsets[high])


@cache
def literally(text: bytes) -> list[timedelta]:
    """The offsets of the twelve months by the other reader."""
    read = LiteralZone(text, 2027)
    return [read.at_wall(wall) for wall in MONTHS]


def onset(wall: datetime) -> tuple[int, str, str]:
    """The month, the weekday as Windows counts it (5 is the last), the time of day."""
    week = (wall.day + 6) // 7
    last = (wall + timedelta(days=7)).month != wall.month
    return wall.month, f"{-1 if last else week}{wall:%a}"[:-1].upper(), f"{wall:%H%M%S}"


def compact(offset: timedelta) -> str:
    return offset_text(offset).replace(":", "")


@pytest.mark.parametrize("writing", ["id", "label"])
def test_every_name_with_an_exchange_definition_keeps_its_twelve_instants(writing: str) -> None:
    """The definition, read literally by another reader, says what the sender meant; so must our answer."""
    renamed = 0
    for windows_id, label, zone in ROWS:
        text = exchange_definition(zone)
        answer = tzmap.resolve(WRITINGS[writing](windows_id, label), definition=text, values=MONTHS)
        meant = literally(text)
        if answer.zone is None:
            assert [tzmap.Rules.parse(text).utc_offset(wall) for wall in MONTHS] == meant, windows_id
        else:
            assert answer.zone == zone
            assert [oracle.offset_on_wall(zone, wall) for wall in MONTHS] == meant, windows_id
            renamed += 1
    assert renamed == 108  # all but Morocco, whose Ramadan the definition lacks


def test_custom_names_with_an_exchange_definition_keep_their_own_rules() -> None:
    """One name, 109 definitions, one process: each keeps its own."""
    for windows_id, _, zone in ROWS:
        text = exchange_definition(zone)
        answer = tzmap.resolve("Customized Time Zone", definition=text, values=MONTHS)
        assert (answer.kind, answer.rung) == ("keep", "rules"), windows_id
        rules = tzmap.Rules.parse(text)
        assert [rules.utc_offset(wall) for wall in MONTHS] == literally(text)


def test_every_target_is_a_zone_of_the_installed_tzdata() -> None:
    targets = {*windows.ZONES.values(), *(row.zone for row in OVERRIDES), *RESPELLED.values()}
    targets |= {zone for zones in windows.TERRITORIES.values() for zone in zones.values()}
    assert targets <= tzmap.zone_names()


def test_a_respelled_zone_kept_the_same_time_since_1970() -> None:
    for old, new in RESPELLED.items():
        for year in range(1970, 2038):
            for month in (1, 4, 7, 10):
                when = datetime(year, month, 1)
                if old != "America/Coral_Harbour" or year > 1973:  # tzdata links it to Panama, which differs before
                    assert oracle.offset_at(old, when) == oracle.offset_at(new, when), old


def test_an_override_is_no_row_of_cldr_and_has_its_reason() -> None:
    for row in OVERRIDES:
        assert row.windows_id not in windows.ZONES, f"CLDR knows {row.windows_id} now: drop the override"
        assert len(row.reason) > 30
        assert tzmap.resolve(row.windows_id).rung == "override"


def test_every_label_of_ours_leads_to_a_zone() -> None:
    assert all(tzmap.resolve(label).rung == "display" for label in labels.known())


def test_labels_of_places_that_have_since_parted_are_not_guessed() -> None:
    for label in [
        "(GMT+06:00) Almaty, Novosibirsk",
        "(GMT-11:00) Midway Island, Samoa",
        "(GMT-12:00) Eniwetok, Kwajalein",
    ]:
        assert tzmap.resolve(label).kind == "keep"


@pytest.mark.parametrize(
    ("windows_id", "territory", "zone"),
    [
        ("Eastern Standard Time", "CA", "America/Toronto"),
        ("Eastern Standard Time", "ca", "America/Toronto"),
        ("Eastern Standard Time", "DE", "America/New_York"),
        ("W. Europe Standard Time", "CH", "Europe/Zurich"),
        ("SE Asia Standard Time", "VN", "Asia/Ho_Chi_Minh"),
        ("(UTC+01:00) Brussels, Copenhagen, Madrid, Paris", "ES", "Europe/Madrid"),
    ],
)
def test_a_territory_chooses_among_cldr_s_zones(windows_id: str, territory: str, zone: str) -> None:
    assert tzmap.resolve(windows_id, territory=territory).zone == zone


def test_a_territory_s_zone_must_agree_with_the_definition() -> None:
    """British Columbia gave up winter time; a definition that still has it is the world's Pacific time."""
    pacific = exchange("x", "-0800", "-0700", (11, "1SU", "020000"), (3, "2SU", "020000"))
    winter, summer = datetime(2026, 12, 1, 9), datetime(2026, 7, 1, 9)
    answers = [
        tzmap.resolve("Pacific Standard Time", territory="CA", definition=pacific, values=[when]).zone
        for when in (winter, summer)
    ]
    assert answers == ["America/Los_Angeles", "America/Vancouver"]


CLDR_JSON = {
    "supplemental": {
        "version": {"_cldrVersion": "99"},
        "windowsZones": {
            "mapTimezones": [
                {"mapZone": {"_other": "India Standard Time", "_type": "Asia/Calcutta", "_territory": "001"}},
                {"mapZone": {"_other": "India Standard Time", "_type": "Asia/Calcutta", "_territory": "IN"}},
                {"mapZone": {"_other": "Romance Standard Time", "_type": "Europe/Paris", "_territory": "001"}},
                {
                    "mapZone": {
                        "_other": "Romance Standard Time",
                        "_type": "Europe/Madrid Africa/Ceuta",
                        "_territory": "ES",
                    }
                },
                {"mapZone": {"_other": "UTC", "_type": "Etc/UTC Etc/GMT", "_territory": "ZZ"}},
                {"mapZone": {"_other": "UTC", "_type": "Etc/UTC", "_territory": "001"}},
            ]
        },
    }
}
CLDR_XML = """<supplementalData><version number="$Revision$"/><windowsZones><mapTimezones>
<mapZone other="India Standard Time" territory="001" type="Asia/Calcutta"/>
<mapZone other="India Standard Time" territory="IN" type="Asia/Calcutta"/>
<mapZone other="Romance Standard Time" territory="001" type="Europe/Paris"/>
<mapZone other="Romance Standard Time" territory="ES" type="Europe/Madrid Africa/Ceuta"/>
<mapZone other="UTC" territory="ZZ" type="Etc/UTC Etc/GMT"/>
<mapZone other="UTC" territory="001" type="Etc/UTC"/>
</mapTimezones></windowsZones></supplementalData>"""


@pytest.mark.parametrize("text", [json.dumps(CLDR_JSON), CLDR_XML], ids=["json", "xml"])
def test_the_generator_writes_the_table_from_either_form_of_cldr(
    text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source, target = tmp_path / "windowsZones", tmp_path / "windows.py"
    source.write_text(text)
    assert generate.main([str(source), "--version", "99.1", "--date", "2030-01-02", "--out", str(target)]) == 0
    assert generate.main([str(source), "--version", "99.1", "--date", "2030-01-02"]) == 0
    assert capsys.readouterr().out == target.read_text()
    made: dict[str, object] = {}
    exec(target.read_text(), made)
    assert made["ZONES"] == {
        "India Standard Time": "Asia/Kolkata",
        "Romance Standard Time": "Europe/Paris",
        "UTC": "Etc/UTC",
    }
    assert made["TERRITORIES"] == {"Romance Standard Time": {"ES": "Europe/Madrid"}}
    assert (made["CLDR_VERSION"], made["CLDR_DATE"]) == ("99.1", "2030-01-02")


@pytest.mark.parametrize(
    ("text", "arguments", "message"),
    [
        (CLDR_XML, [], "give --version"),
        (CLDR_XML.replace("Europe/Paris", "Europe/Lutetia"), ["--version", "1"], "Europe/Lutetia"),
        ("{}", [], "supplemental"),
        ("<a>", [], "no element found"),
    ],
)
def test_the_generator_refuses_what_it_cannot_read(
    text: str, arguments: list[str], message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = tmp_path / "windowsZones"
    source.write_text(text)
    assert generate.main([str(source), "--date", "2030-01-02", *arguments]) == 1
    assert message in capsys.readouterr().err


def test_the_committed_table_is_written_as_the_generator_writes() -> None:
    """Order, quoting and head: the next run changes only what CLDR changed."""
    rows = [generate.MapZone(name, "001", (zone,)) for name, zone in windows.ZONES.items()]
    rows += [
        generate.MapZone(name, territory, (zone,))
        for name, zones in windows.TERRITORIES.items()
        for territory, zone in zones.items()
    ]
    text = generate.render(rows, windows.CLDR_VERSION, windows.CLDR_DATE)
    assert text == Path(windows.__file__).read_text()


def test_the_zone_offsets_are_todays_not_those_printed_in_the_labels() -> None:
    """Twelve of CalReply's labels print an offset their zone no longer has."""
    stale = 0
    for _, label, zone in ROWS:
        head = label[1 : label.index(")")].removeprefix("UTC") or "+00:00"
        year = [
            oracle.offset_at(zone, datetime(2026, month, 1, tzinfo=UTC).replace(tzinfo=None)) for month in range(1, 13)
        ]
        stale += head not in {offset_text(offset) for offset in year}
    assert stale >= 10


def test_every_windows_id_is_found_by_itself_and_by_its_zone() -> None:
    for windows_id, zone in windows.ZONES.items():
        assert tzmap.windows_id(windows_id.upper()) == windows_id
        assert tzmap.windows_id(zone.lower()) == windows_id
    for windows_id in (row.windows_id for row in OVERRIDES):
        assert tzmap.windows_id(windows_id) == windows_id


@pytest.mark.parametrize(
    ("name", "windows_id"),
    [
        ("America/Toronto", "Eastern Standard Time"),
        ("Europe/Kiev", "FLE Standard Time"),
        (" UTC ", "UTC"),
        ("Etc/GMT+2", "UTC-02"),
        ("Asia/Kamchatka", "Russia Time Zone 11"),
        ("Mars", None),
        ("", None),
    ],
)
def test_a_zone_goes_by_the_windows_id_that_cldr_gives_it(name: str, windows_id: str | None) -> None:
    assert tzmap.windows_id(name) == windows_id
