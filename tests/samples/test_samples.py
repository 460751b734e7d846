"""The files in samples/ work as they are: settings are read, nginx caches and spares, systemd understands its unit."""

import asyncio
import configparser
import tomllib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiohttp import ClientConnectionError, ClientSession, encode_basic_auth
from aiohttp.test_utils import unused_port

from feedproxy.config import load
from feedproxy.demo.subscriptions import CLUB, LEAGUE, RACES
from feedproxy.transform import render
from tests.web.running import Running, running

SAMPLES = Path(__file__).parents[2] / "samples"
TEMPORARY = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
FEEDS = sorted((SAMPLES / "feeds").glob("*.ics"))


def test_the_settings_are_read() -> None:
    settings = load(SAMPLES / "feedproxy.toml", {})
    assert settings.public_url == "https://feeds.example.com"


def test_the_settings_that_are_commented_out_are_read_too(tmp_path: Path) -> None:
    given = (SAMPLES / "feedproxy.toml").read_text()
    one_machine, _, more = given.partition("# More than one process")
    more = "".join(f"{line.removeprefix('# ')}\n" for line in more.splitlines() if " = " in line)
    alternative = tomllib.loads(one_machine) | tomllib.loads(more)
    assert load(None, {}, alternative).workers == 4


@pytest.mark.parametrize("feed", FEEDS, ids=lambda feed: feed.name)
def test_the_feeds_have_what_the_transform_puts_right(feed: Path) -> None:
    body = feed.read_bytes()
    assert b'TZID="' in body
    assert b"METHOD:REFRESH\r\n" in body
    rules = {change.rule for change in render(body).report.changes}
    assert {"rule-separator", "method"} <= rules


def test_there_are_feeds() -> None:
    assert len(FEEDS) >= 2


@asynccontextmanager
async def nginx(folder: Path, program: Path, upstream_port: int) -> AsyncIterator[str]:
    """Run nginx with the sample site, its paths, port and origin changed to those of the test."""
    port = unused_port()
    site = (SAMPLES / "nginx/feedproxy.conf").read_text()
    for written, here in [
        ("listen 80;", f"listen 127.0.0.1:{port};"),
        ("127.0.0.1:8080", f"127.0.0.1:{upstream_port}"),
        ("/var/cache/nginx/feedproxy", f"{folder}/cache"),
        ("/var/log/nginx/feedproxy.log", f"{folder}/access.log"),
        ("/var/log/nginx/feedproxy.error.log", f"{folder}/site.error.log"),
    ]:
        assert written in site
        site = site.replace(written, here)
    temporary = "".join(f"{kind}_temp_path {folder}/{kind}; " for kind in TEMPORARY)
    (folder / "nginx.conf").write_text(
        f"daemon off; pid {folder}/nginx.pid; error_log {folder}/error.log; {'user root;' if root() else ''}\n"
        f"events {{}}\nhttp {{ {temporary}\n{site}\n}}\n"
    )
    arguments = (str(program), "-p", str(folder), "-c", str(folder / "nginx.conf"), "-e", str(folder / "error.log"))
    tested = await asyncio.create_subprocess_exec(*arguments, "-t", stderr=asyncio.subprocess.PIPE)
    assert "syntax is ok" in (await tested.communicate())[1].decode()
    process = await asyncio.create_subprocess_exec(*arguments)
    try:
        await answering(f"http://127.0.0.1:{port}/healthz")
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        await process.wait()


def root() -> bool:
    return Path("/proc/self").owner() == "root"


async def answering(url: str) -> None:
    async with ClientSession() as session, asyncio.timeout(10):
        while True:
            try:
                async with session.get(url):
                    return
            except ClientConnectionError:
                await asyncio.sleep(0.05)


@pytest.fixture
async def origin(tmp_path: Path) -> AsyncIterator[Running]:
    async with running(tmp_path) as service:
        yield service


@pytest.mark.service("nginx")
async def test_nginx_answers_a_public_feed_itself_and_once_the_origin_is_gone(
    tmp_path: Path, origin: Running, service_program: Callable[[str], Path]
) -> None:
    async with nginx(tmp_path, service_program("nginx"), origin.port) as edge, ClientSession() as session:
        seen = []
        for _ in range(2):
            async with session.get(f"{edge}/v1/webcal/{LEAGUE.id}") as answer:
                seen.append((answer.status, answer.headers["X-Cache"], await answer.read()))
        assert [(status, cache) for status, cache, _ in seen] == [(200, "MISS"), (200, "HIT")]
        assert seen[0][2] == seen[1][2]
        origin.stop.set()
        async with session.get(f"{edge}/v1/webcal/{LEAGUE.id}") as answer:
            assert answer.status == 200
        async with session.get(f"{edge}/v1/webcal/{LEAGUE.id}?cold") as answer:
            assert answer.status in {502, 504}
        for log in ("access.log", "site.error.log"):
            assert str(LEAGUE.id) not in (tmp_path / log).read_text()


@pytest.mark.service("nginx")
async def test_fifty_cold_requests_through_nginx_are_one_for_the_origin(
    tmp_path: Path, origin: Running, service_program: Callable[[str], Path]
) -> None:
    async with nginx(tmp_path, service_program("nginx"), origin.port) as edge, ClientSession() as session:

        async def status() -> int:
            async with session.get(f"{edge}/webcal/{RACES.id}") as answer:
                await answer.read()
                return answer.status

        assert set(await asyncio.gather(*(status() for _ in range(50)))) == {200}
    assert sum('"route": "feed"' in line for line in origin.log_lines()) == 1


@pytest.mark.service("nginx")
async def test_nginx_never_gives_a_protected_feed_to_anyone_else(
    tmp_path: Path, origin: Running, service_program: Callable[[str], Path]
) -> None:
    assert CLUB.credentials is not None
    member = {"Authorization": encode_basic_auth(CLUB.credentials.user.decode(), CLUB.credentials.password.decode())}
    stranger = {"Authorization": encode_basic_auth("member", "wrong")}
    url = f"/v1/webcal/{CLUB.id}"
    async with nginx(tmp_path, service_program("nginx"), origin.port) as edge, ClientSession() as session:
        for login, status in [(member, 200), (None, 401), (stranger, 401), (member, 200), (None, 401)]:
            async with session.get(edge + url, headers=login) as answer:
                assert answer.status == status
                assert ("Members" in await answer.text()) is (status == 200)


@pytest.mark.service("nginx")
async def test_nginx_keeps_the_operators_pages_to_the_machine(
    tmp_path: Path, origin: Running, service_program: Callable[[str], Path]
) -> None:
    async with nginx(tmp_path, service_program("nginx"), origin.port) as edge, ClientSession() as session:
        for path in ("/metrics", "/readyz"):
            async with session.get(edge + path) as answer:
                assert answer.status == 404


UNIT = SAMPLES / "systemd/feedproxy.service"


def test_the_unit_runs_a_command_that_there_is_and_gives_back_memory() -> None:
    unit = configparser.ConfigParser(strict=False, interpolation=None, delimiters=("=",))
    unit.optionxform = str  # type: ignore[assignment,method-assign] # names keep their case
    unit.read(UNIT)
    service = unit["Service"]
    assert service["ExecStart"].split()[1:] == ["serve", "--config", "/etc/feedproxy/feedproxy.toml"]
    assert "MALLOC_TRIM_THRESHOLD_=" in service["Environment"]
    assert int(service["TimeoutStopSec"]) > load(SAMPLES / "feedproxy.toml", {}).stop_seconds


@pytest.mark.service("systemd")
async def test_systemd_finds_no_fault_with_the_unit(tmp_path: Path, service_program: Callable[[str], Path]) -> None:
    unit = tmp_path / "feedproxy.service"
    unit.write_text(UNIT.read_text().replace("/opt/feedproxy/bin/feedproxy", "/bin/true"))
    process = await asyncio.create_subprocess_exec(
        service_program("systemd"), "verify", str(unit), stderr=asyncio.subprocess.PIPE
    )
    faults = (await process.communicate())[1].decode()
    assert [line for line in faults.splitlines() if "feedproxy.service" in line] == []
