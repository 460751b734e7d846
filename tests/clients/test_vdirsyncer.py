"""vdirsyncer, a strict and widely used reader, takes the feed from the running service."""

import asyncio
import subprocess
import sys
from pathlib import Path

from tests.servers.service import PASSWORD, PROTECTED, PUBLIC, USER, Service

CONFIG = """\
[general]
status_path = "{folder}/status/"

[pair feed]
a = "here"
b = "there"
collections = null

[storage here]
type = "filesystem"
path = "{folder}/items/"
fileext = ".ics"

[storage there]
type = "http"
url = "{url}"
{login}
"""


async def vdirsyncer(folder: Path, *arguments: str) -> None:
    """Run vdirsyncer to its end; it must end well."""
    command = [sys.executable, "-m", "vdirsyncer", "-c", str(folder / "config"), *arguments]
    done = await asyncio.to_thread(subprocess.run, command, input=b"y\n", capture_output=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr.decode()


async def synced(service: Service, folder: Path, url: str, login: str = "") -> list[str]:
    """Synchronise a feed into a new folder; return the items."""
    (folder / "items").mkdir(parents=True)
    (folder / "config").write_text(CONFIG.format(folder=folder, url=url, login=login))
    await vdirsyncer(folder, "discover", "feed")
    await vdirsyncer(folder, "sync")
    return sorted(item.read_text() for item in (folder / "items").glob("*.ics"))


async def test_vdirsyncer_syncs_a_public_feed(service: Service, tmp_path: Path) -> None:
    items = await synced(service, tmp_path / "sync", f"{service.url}/v1/webcal/{PUBLIC}")
    assert {name for item in items for name in ("bears", "lions") if f"SUMMARY:{name}" in item} == {"bears", "lions"}
    assert len(items) == 2
    assert all("DTSTART;TZID=America/New_York:20261206T130000" in item for item in items)
    assert all("BEGIN:VTIMEZONE" in item for item in items)


async def test_vdirsyncer_syncs_a_protected_feed_with_basic_auth(service: Service, tmp_path: Path) -> None:
    login = f'auth = "basic"\nusername = "{USER}"\npassword = "{PASSWORD}"'
    items = await synced(service, tmp_path / "sync", f"{service.url}/v1/webcal/{PROTECTED}", login)
    assert len(items) == 1
    assert "SUMMARY:secret" in items[0]
