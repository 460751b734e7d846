"""The command line as users run it: another process, in a folder of its own."""

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

ROOT = Path(__file__).parents[2]
COMMAND = (sys.executable, "-m", "feedproxy")
NOTHING: Mapping[str, str] = {}


def environment(extra: Mapping[str, str] = NOTHING) -> dict[str, str]:
    """This process's environment with the package importable, no settings but `extra`."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("FEEDPROXY_")}
    path = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))
    return inherited | {"PYTHONPATH": path, "PYTHONUNBUFFERED": "1", **extra}


def feedproxy(
    folder: Path, *arguments: str, stdin: bytes = b"", extra: Mapping[str, str] = NOTHING
) -> subprocess.CompletedProcess[bytes]:
    """Run a command to its end."""
    return subprocess.run(
        [*COMMAND, *arguments],
        cwd=folder,
        env=environment(extra),
        input=stdin,
        capture_output=True,
        timeout=60,
        check=False,
    )


@asynccontextmanager
async def serving(
    folder: Path, *arguments: str, extra: Mapping[str, str] = NOTHING
) -> AsyncIterator[tuple[asyncio.subprocess.Process, str]]:
    """Run `feedproxy serve` on a free port; yield the process and its URL once it listens. It is stopped at the end."""
    process = await asyncio.create_subprocess_exec(
        *COMMAND,
        "serve",
        *arguments,
        cwd=folder,
        env=environment({"FEEDPROXY_PORT": "0", **extra}),
        stdin=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    assert process.stderr is not None
    try:
        async with asyncio.timeout(30):
            while "listens on " not in (line := (await process.stderr.readline()).decode()):
                assert line, "it has ended"
        yield process, line.partition("listens on ")[2].partition(",")[0]
    finally:
        if process.returncode is None:
            process.terminate()
        try:
            async with asyncio.timeout(20):
                await process.communicate()
        finally:
            if process.returncode is None:
                process.kill()
