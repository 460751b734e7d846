"""The page of curl examples works as it is, from an account to a feed, and prints what it says."""

import asyncio
import os
import re
from asyncio.subprocess import PIPE
from pathlib import Path

import pytest

from tests.cli.program import serving
from tests.servers.upstream import Answer, calendar, upstream
from tests.web.stage import GAME

PAGE = Path(__file__).parents[2] / "samples/api/README.md"
BLOCK = re.compile(r"^```(sh|)\n(.*?)^```\n", re.MULTILINE | re.DOTALL)
END = "-- the end of a block --"


@pytest.mark.service("curl")
async def test_the_page_does_what_it_says(tmp_path: Path) -> None:
    settings, *blocks = BLOCK.findall(PAGE.read_text("utf-8"))
    assert settings[0] == ""
    shown = [text for kind, text in blocks if kind == ""]
    script = "".join(text if kind == "sh" else f"echo '{END}'\n" for kind, text in blocks)
    token = "not-a-secret-of-the-administrator"
    async with upstream() as behind:
        behind.answers[GAME] = Answer(calendar("bears", "lions"))
        extra = {"FEEDPROXY_ADMIN_TOKEN": token, "FEEDPROXY_EGRESS_ALLOW": "127.0.0.1"}
        async with serving(tmp_path, extra=extra) as (_, url):
            given = {"API": url, "ADMIN_TOKEN": token, "FIXTURES": f"{behind.url}/v1/webcal/{GAME}", "LC_ALL": "C"}
            shell = await asyncio.create_subprocess_exec(
                "sh", "-euc", script, env=os.environ | given, stdout=PIPE, stderr=PIPE
            )
            said, complaints = (octets.decode() for octets in await shell.communicate())
    assert (shell.returncode, complaints) == (0, "")
    assert said.split(f"{END}\n") == [*shown, ""]
