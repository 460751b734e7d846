"""The published list of time zones: word for word, for anybody, and kept by whoever fetches it."""

import re
from hashlib import sha256

import pytest

import tzmap
from feedproxy.web.published_zones import PUBLISHED_ZONES
from tests.web.stage import Stage


@pytest.mark.parametrize("path", ["/timezones", "/v1/timezones", "/v2/TimeZones/"])
async def test_is_given_to_anybody_as_published(stage: Stage, path: str) -> None:
    answer = await stage.get(path)
    assert (answer.status, answer.content_type) == (200, "application/json")
    rows = await answer.json()
    assert len(rows) == 109
    assert rows[0] == {
        "id": "Dateline Standard Time",
        "displayName": "(UTC-12:00) International Date Line West",
        "baseUtcOffset": "-12:00:00",
    }
    assert rows[108]["baseUtcOffset"] == "14:00:00"
    assert [row["displayName"] for row in rows if "  " in row["displayName"]] == [
        "(UTC+01:00) Amsterdam, Berlin, Bern, Rome,  Stockholm, Vienna",
        "(UTC+01:00) Belgrade, Bratislava, Budapest,  Ljubljana, Prague",
    ]
    text = "".join(f"{row['id']}\t{row['displayName']}\t{row['baseUtcOffset']}\n" for row in rows)
    assert sha256(text.encode()).hexdigest() == "3689b00dbbe126c9227042ab7de794f923ec62fcb369d6b3d6acc8a9e58b5318"


async def test_may_be_kept_and_asked_after(stage: Stage) -> None:
    first = await stage.get("/timezones")
    assert "max-age" in first.headers["Cache-Control"]
    again = await stage.get("/timezones", {"If-None-Match": f'"other", W/{first.headers["ETag"]}'})
    assert (again.status, await again.read(), again.headers["ETag"]) == (304, b"", first.headers["ETag"])
    assert (await stage.get("/timezones", {"If-None-Match": '"other"'})).status == 200


def test_names_zones_that_are_known_here() -> None:
    for zone, _, offset in PUBLISHED_ZONES:
        assert tzmap.resolve(zone).zone, zone
        assert re.fullmatch(r"-?\d\d:\d\d:00", offset), zone
    assert tzmap.resolve("Mid-Atlantic Standard Time").zone == "Etc/GMT+2"
    assert tzmap.resolve("Kamchatka Standard Time").zone == "Asia/Kamchatka"
