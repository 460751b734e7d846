"""Schemathesis, which reads the OpenAPI document, finds no request that the service answers otherwise than it says.

All its checks are on: no server error, no status, content type, header field or body that is not told of, nothing
refused that fits the schemas, nothing taken that does not, and no method, credentials or path parameter overlooked.
`--hypothesis-profile=explore` asks much more, what lies at the edges of the schemas too, and other things at each run.
"""

import asyncio
import os
import sys
from asyncio.subprocess import PIPE, STDOUT
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import settings

from feedproxy.store import migrate
from tests.servers.postgres import running_postgres
from tests.web.api_stage import ApiStage, api_stage

SETTINGS = Path(__file__).with_name("schemathesis.toml")
PROGRAM = Path(sys.executable).with_name("st")
EXAMPLES = 3


@pytest.mark.timeout(300)
async def test_the_service_over_sqlite_is_as_documented(tmp_path: Path) -> None:
    async with api_stage(tmp_path) as stage:
        await find_no_fault(stage, tmp_path)


@pytest.mark.timeout(300)
@pytest.mark.service("postgres")
async def test_the_service_over_postgresql_is_as_documented(
    tmp_path: Path, service_program: Callable[[str], Path]
) -> None:
    with running_postgres(service_program("postgres")) as server:
        url = await server.new_database()
        await migrate(url)
        async with api_stage(tmp_path, database_url=url) as stage:
            await find_no_fault(stage, tmp_path)


async def find_no_fault(stage: ApiStage, folder: Path) -> None:
    chosen = settings.default or settings()
    amount = ["--phases=fuzzing", f"--max-examples={EXAMPLES}", "--generation-deterministic"]
    if not chosen.derandomize:
        amount = [f"--max-examples={chosen.max_examples}"]
    run = await asyncio.create_subprocess_exec(
        *(PROGRAM, "--config-file", str(SETTINGS), "run", f"{stage.url}/openapi.json", "--url", stage.url),
        *("--continue-on-failure", "--warnings=off", "--no-color", *amount),
        env=os.environ | {"PYTHONPATH": str(SETTINGS.parents[2])} | stage.variables(),
        cwd=folder,
        stdout=PIPE,
        stderr=STDOUT,
    )
    told = (await run.communicate())[0].decode()
    assert run.returncode == 0, told
