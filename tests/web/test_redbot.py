"""REDbot, which knows what HTTP asks of a resource and of caches, finds nothing to mend in a public feed."""

import asyncio
import json
import sys
from pathlib import Path
from uuid import UUID

import pytest

from tests.cli.program import serving
from tests.servers.upstream import Answer, calendar, upstream

REDBOT = Path(sys.executable).with_name("redbot")
FEED = UUID("8e71077b-c7f2-42b8-acb9-bda8f804c0d7")

NEGOTIATES_AND_VALIDATES = {"CONNEG_GZIP_GOOD", "INM_304", "IMS_304"}
"""What REDbot says of gzip, If-None-Match and If-Modified-Since when it has tried them and they work."""


async def notes(url: str) -> dict[str, str]:
    """Ask REDbot about a resource; return its notes with their levels."""
    process = await asyncio.create_subprocess_exec(
        REDBOT, "-o", "har", url, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    said, complaint = await process.communicate()
    assert process.returncode == 0, complaint.decode()
    (entry,) = json.loads(said)["log"]["entries"]
    return {note["note_id"]: note["level"] for note in entry["_red_messages"]}


@pytest.mark.parametrize("path", ["/v1/webcal/{}", "/webcal/{}.ics"])
async def test_redbot_finds_nothing_to_mend_in_a_public_feed(tmp_path: Path, path: str) -> None:
    async with upstream() as behind:
        behind.answers[FEED] = Answer(calendar(*(f"game-{number}" for number in range(30))), etag='"1"')
        async with serving(tmp_path, extra={"FEEDPROXY_UPSTREAM_URL": behind.url}) as (_, url):
            for _ in range(2):  # fetched, and from the cache
                found = await notes(url + path.format(FEED))
                assert set(found) >= NEGOTIATES_AND_VALIDATES
                assert {note: level for note, level in found.items() if level not in {"GOOD", "INFO"}} == {}
