"""The caches of samples/ as they run in front of a feedproxy: the real nginx and the real Varnish, on loopback."""

import asyncio
import os
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from aiohttp import ClientConnectionError, ClientSession
from aiohttp.test_utils import unused_port

SAMPLES = Path(__file__).parents[2] / "samples"
TOKEN = "t0ken-of-this-edge"
TEMPORARY = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")


@dataclass(frozen=True)
class Edge:
    """A running edge: what feedproxy calls it, where it is, and the files it logs to."""

    kind: str
    url: str
    logs: tuple[Path, ...] = ()


@asynccontextmanager
async def nginx(folder: Path, program: Path, *, port: int, origin_port: int) -> AsyncIterator[Edge]:
    """Run nginx with the sample site, its paths, ports and token changed to those of the test."""
    logs = (folder / "access.log", folder / "site.error.log")
    site = changed(
        SAMPLES / "nginx/feedproxy.conf",
        {
            "listen 80;": f"listen 127.0.0.1:{port};",
            "127.0.0.1:8080": f"127.0.0.1:{origin_port}",
            "127.0.0.1:8079": f"127.0.0.1:{unused_port()}",
            "/var/cache/nginx": str(folder),
            "/var/log/nginx/feedproxy.log": str(logs[0]),
            "/var/log/nginx/feedproxy.error.log": str(logs[1]),
            "CHANGE-ME": TOKEN,
        },
    )
    temporary = "".join(f"{kind}_temp_path {folder}/{kind}; " for kind in TEMPORARY)
    user = "user root;" if os.getuid() == 0 else ""
    (folder / "nginx.conf").write_text(
        f"daemon off; pid {folder}/nginx.pid; error_log {folder}/error.log; {user}\n"
        f"events {{}}\nhttp {{ {temporary}\n{site}\n}}\n"
    )
    arguments = (str(program), "-p", str(folder), "-c", str(folder / "nginx.conf"), "-e", str(folder / "error.log"))
    tested = await asyncio.create_subprocess_exec(*arguments, "-t", stderr=asyncio.subprocess.PIPE)
    said = (await tested.communicate())[1].decode()
    assert "syntax is ok" in said, said
    assert "[warn]" not in said, said
    async with listening(port, *arguments) as url:
        yield Edge("nginx", url, logs)


@asynccontextmanager
async def varnish(folder: Path, program: Path, *, port: int, origin_port: int) -> AsyncIterator[Edge]:
    """Run Varnish with the sample VCL, its backend and token changed to those of the test."""
    vcl = folder / "feedproxy.vcl"
    vcl.write_text(
        changed(
            SAMPLES / "varnish/feedproxy.vcl",
            {'.port = "8080"': f'.port = "{origin_port}"', "CHANGE-ME": TOKEN, ".interval = 2s": ".interval = 0.2s"},
        )
    )
    arguments = (str(program), "-F", "-j", "none", "-n", str(folder / "varnish"), "-a", f"127.0.0.1:{port}")
    async with listening(port, *arguments, "-f", str(vcl), "-s", "malloc,16M") as url:
        yield Edge("varnish", url)


EDGES = {"nginx": nginx, "varnish": varnish}


def changed(sample: Path, replacements: dict[str, str]) -> str:
    """Return a sample's text with each of these texts replaced; each must be in it."""
    text = sample.read_text()
    for written in replacements:
        assert written in text, f"{sample} has no {written!r}"
    pattern = "|".join(re.escape(each) for each in sorted(replacements, key=len, reverse=True))
    return re.sub(pattern, lambda match: replacements[match[0]], text)


@asynccontextmanager
async def listening(port: int, *arguments: str) -> AsyncIterator[str]:
    """Run a program until the end of the block; yield its URL once it answers."""
    process = await asyncio.create_subprocess_exec(
        *arguments, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL
    )
    url = f"http://127.0.0.1:{port}"
    try:
        await answering(f"{url}/healthz", process)
        yield url
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


async def answering(url: str, process: asyncio.subprocess.Process) -> None:
    """Wait until there is any answer from there."""
    async with ClientSession() as session, asyncio.timeout(30):
        while True:
            assert process.returncode is None, "the edge has ended"
            try:
                async with session.get(url):
                    return
            except ClientConnectionError:
                await asyncio.sleep(0.05)
