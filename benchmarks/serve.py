"""`python -m benchmarks.serve [rounds]`: what a cached answer costs beside nginx, Varnish and a bare aiohttp handler.

All serve the same 14 KB feed on 127.0.0.1, each alone on core 0 while it is asked by wrk on core 1 with 64 connections
kept alive. They take turns in rounds of a second, and medians are compared. feedproxy runs as `feedproxy serve` does:
it checks the credentials, chooses the coding, compares the validator, writes its access log, counts.

The figure to trust is the CPU time of an answer, of all of a server's processes, in user and kernel: other work on the
machine changes the rate of answers at once, but this little. Ratios are made of it.
"""

import asyncio
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from statistics import median

import uvloop
from aiohttp import ClientSession, encode_basic_auth, web

from benchmarks.feeds import season
from benchmarks.slow_clients import free_port
from feedproxy.cli.clock import utc_now
from feedproxy.config import load
from feedproxy.web import access_log, logs, serving
from feedproxy.web.app import create_app
from feedproxy.web.metrics import METRICS

ROUNDS = 7
CONNECTIONS = 64
QUIET = 0.9
"""Share of its core that a server which is asked without pause has, if nobody else wants it."""
SERVER_CORE, CLIENT_CORE = "0", "1"
EVENTS = 14
FEEDS = 1_000
FAN = encode_basic_auth("fan", "secret")
FEED = "/v1/webcal/{:08x}-c7f2-42b8-acb9-bda8f804c0d7"
SHARED = {"Accept-Encoding": "identity", "User-Agent": "iOS/17.5 (21F79) dataaccessd/1.0", "Accept": "*/*"}
TABLE = Path(__file__).with_name("SERVE.md")

NGINX = """
daemon off; worker_processes 1; pid {folder}/nginx.pid; error_log {folder}/error.log;
events {{ worker_connections 1024; }}
http {{
    access_log off; sendfile on; tcp_nodelay on; open_file_cache max=1000; open_file_cache_valid 60s;
    keepalive_requests 100000000; default_type text/calendar; root {folder};
    client_body_temp_path {folder}; proxy_temp_path {folder}; fastcgi_temp_path {folder}; uwsgi_temp_path {folder};
    scgi_temp_path {folder};
    server {{
        listen 127.0.0.1:{port};
        location /open/ {{ alias {folder}/; }}
        location /auth/ {{ alias {folder}/; auth_basic feeds; auth_basic_user_file {folder}/users; }}
    }}
}}
"""

VCL = """
vcl 4.1;
backend origin {{ .host = "127.0.0.1"; .port = "{port}"; }}
sub vcl_recv {{ unset req.http.Authorization; return (hash); }}
sub vcl_backend_response {{ set beresp.ttl = 1h; set beresp.http.ETag = {{""1""}}; }}
"""


@dataclass(frozen=True, slots=True)
class Target:
    """What is asked, of which process and its descendants; `paths` more than one: in rotation."""

    name: str
    pid: int
    url: str
    headers: Mapping[str, str]
    paths: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Round:
    """What a second showed: CPU seconds of an answer, answers a second, p99 in seconds, share of its core in use."""

    cpu: float
    rate: float
    p99: float
    busy: float


def asked(target: Target, script: Path) -> Round:
    """Have wrk ask for a second."""
    command = ["taskset", "-c", CLIENT_CORE, "wrk", "-t1", f"-c{CONNECTIONS}", "-d1s", "--latency"]
    for name, value in target.headers.items():
        command += ["-H", f"{name}: {value}"]
    if target.paths:
        listed = ",".join(f'"{path}"' for path in target.paths)
        script.write_text(
            f"local paths = {{{listed}}}\nlocal made = {{}}\nlocal n = 0\n"
            "function init() for i, path in ipairs(paths) do made[i] = wrk.format(nil, path) end end\n"
            "function request() n = n % #made + 1 return made[n] end\n"
        )
        command += ["-s", str(script)]
    used = cpu_seconds(target.pid)
    said = subprocess.run([*command, target.url], check=True, capture_output=True, text=True).stdout  # noqa: S603
    used = cpu_seconds(target.pid) - used
    if "Non-2xx" in said and "If-None-Match" not in target.headers:
        raise RuntimeError(f"{target.name} answers what is no 200:\n{said}")
    count, seconds = re.findall(r"(\d+) requests in ([\d.]+)s", said)[0]
    (p99, unit) = re.findall(r"99%\s+([\d.]+)(us|ms|s)", said)[0]
    slowest = float(p99) * {"us": 1e-6, "ms": 1e-3, "s": 1.0}[unit]
    return Round(used / int(count), int(count) / float(seconds), slowest, used / float(seconds))


def cpu_seconds(pid: int) -> float:
    """Return the CPU time that a process and its descendants have used, all their threads."""
    total = 0
    for each in descendants(pid):
        for task in Path(f"/proc/{each}/task").glob("*/schedstat"):
            total += int(task.read_text().split()[0])
    return total / 1e9


def descendants(pid: int) -> Iterator[int]:
    """Yield the ids of a process and of all that descend from it."""
    yield pid
    for task in Path(f"/proc/{pid}/task").iterdir():
        for child in (task / "children").read_text().split():
            yield from descendants(int(child))


def anonymous_octets(pid: int) -> int:
    """Return how much memory a process has that is no file's."""
    return int(re.findall(r"RssAnon:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())[0]) * 1_024


@contextmanager
def pinned(command: list[str], **settings: str) -> Iterator[int]:
    """Run a server on its core; give its process id."""
    with subprocess.Popen(  # noqa: S603 # ourselves and what is installed
        ["taskset", "-c", SERVER_CORE, *command],
        env=os.environ | settings,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as server:
        try:
            yield server.pid
        finally:
            server.send_signal(signal.SIGTERM)


def distinct(number: int) -> bytes:
    """Return a feed of 14 KB that deflates to a quarter, as real ones do; no two numbers have the same."""
    words = iter(random.Random(number).randbytes(EVENTS * 120).hex())  # noqa: S311 # the same in each run
    pieces = season(EVENTS, defined=False).replace(b"UID:event-", b"UID:event-%d-" % number).split(b"1PYwoNS")
    return b"".join(piece + "".join(islice(words, 240)).encode() for piece in pieces[:-1]) + pieces[-1]


@asynccontextmanager
async def upstream() -> AsyncIterator[str]:
    """Serve a feed of its own under each path; those under an odd number want credentials."""

    async def feed(request: web.Request) -> web.Response:
        number = int(request.match_info["number"], 16)
        if number % 2 and request.headers.get("Authorization") != FAN:
            return web.Response(status=401, headers={"WWW-Authenticate": "Basic"})
        return web.Response(body=distinct(number), content_type="text/calendar")

    app = web.Application()
    app.router.add_get("/v1/webcal/{number:[0-9a-f]{8}}{rest:.*}", feed)
    runner = web.AppRunner(app)
    await runner.setup()
    port = free_port()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    yield f"http://127.0.0.1:{port}"
    await runner.cleanup()


async def answer(session: ClientSession, url: str, headers: Mapping[str, str]) -> tuple[bytes, Mapping[str, str]]:
    """Ask until there is a 200, which may take a while for a server that starts."""
    for _ in range(100):
        try:
            async with session.get(url, headers=headers) as response:
                if response.status == 200:
                    return await response.read(), response.headers
        except OSError:
            pass
        await asyncio.sleep(0.1)
    raise RuntimeError(f"no answer from {url}")


class Silent(access_log.AccessLog):
    """Notes nothing."""

    def log(self, *_: object) -> None:
        """Do nothing."""

    def at_once(self, *_: object) -> None:
        """Do nothing."""


async def serve_silently() -> None:
    """Serve as `feedproxy serve` does, but neither log nor count requests."""
    settings = load(None, os.environ)
    app = create_app(settings, clock=utc_now)
    listener = serving.listen(settings.host, settings.port)
    silent = Silent(app[METRICS], None, utc_now)
    logs.configure(logs.LogBuffer(sys.stderr), "error")
    await serving.serve(app, listener, settings, silent, stop=asyncio.Event(), ready=lambda: None)


async def serve_bare(port: int, body: bytes) -> None:
    """Serve a file's octets with the least that aiohttp's documentation has a handler do."""

    async def handler(_: web.Request) -> web.Response:
        return web.Response(body=body, content_type="text/calendar")

    app = web.Application()
    app.router.add_get("/feed", handler)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    await asyncio.Event().wait()


class Stand:
    """All servers, started, with the feed at hand in each."""

    def __init__(self, stack: AsyncExitStack, folder: Path, session: ClientSession) -> None:
        self._stack = stack
        self._folder = folder
        self._session = session

    async def feedproxy(self, behind: str, *arguments: str, **settings: str) -> tuple[int, str]:
        """Start feedproxy; return its process id and URL."""
        port = free_port()
        mine = Path(tempfile.mkdtemp(dir=self._folder))
        environment = {
            "FEEDPROXY_UPSTREAM_URL": behind,
            "FEEDPROXY_PORT": str(port),
            "FEEDPROXY_DATABASE_URL": f"sqlite:///{mine}/feedproxy.db",
            **{f"FEEDPROXY_{name.upper()}": value for name, value in settings.items()},
        }
        command = [sys.executable, *(arguments or ("-m", "feedproxy", "serve"))]
        pid = self._stack.enter_context(pinned(command, **environment))
        return pid, f"http://127.0.0.1:{port}"

    async def nginx(self) -> tuple[int, str]:
        """Start nginx before the folder."""
        port = free_port()
        (self._folder / "users").write_text("fan:{PLAIN}secret\n")
        config = self._folder / "nginx.conf"
        config.write_text(NGINX.format(folder=self._folder, port=port))
        command = ["nginx", "-c", str(config), "-e", f"{self._folder}/error.log"]
        return self._stack.enter_context(pinned(command)), f"http://127.0.0.1:{port}"

    async def varnish(self, origin: str) -> tuple[int, str]:
        """Start Varnish before an origin."""
        port = free_port()
        config = self._folder / "feeds.vcl"
        config.write_text(VCL.format(port=origin.rpartition(":")[2]))
        command = ["varnishd", "-F", "-f", str(config), "-a", f"127.0.0.1:{port}", "-s", "malloc,64m"]
        command += ["-n", f"{self._folder}/varnish"]
        return self._stack.enter_context(pinned(command)), f"http://127.0.0.1:{port}"

    async def bare(self, file: Path) -> tuple[int, str]:
        """Start the bare handler."""
        port = free_port()
        command = [sys.executable, "-m", "benchmarks.serve", "bare", str(port), str(file)]
        return self._stack.enter_context(pinned(command)), f"http://127.0.0.1:{port}"


async def targets(stack: AsyncExitStack, folder: Path, session: ClientSession) -> list[Target]:
    """Start everything and see that each server answers."""
    stand = Stand(stack, folder, session)
    behind = await stack.enter_async_context(upstream())
    fan = {**SHARED, "Authorization": FAN}
    found: list[Target] = []
    ours = {
        "feedproxy": await stand.feedproxy(behind),
        "feedproxy, no log": await stand.feedproxy(behind, "-m", "benchmarks.serve", "silent"),
        **{name: await stand.feedproxy(behind, **settings) for name, settings in VARIANTS.items()},
    }
    for name, (pid, url) in ours.items():
        path = FEED.format(1)
        body, headers = await answer(session, url + path, fan)
        (folder / "feed.ics").write_bytes(body)
        found.append(Target(name, pid, url + path, fan))
        found.append(Target(f"{name}, gzip", pid, url + path, {**fan, "Accept-Encoding": "gzip"}))
        found.append(Target(f"{name}, 304", pid, url + path, {**fan, "If-None-Match": headers["ETag"]}))
        many = tuple(FEED.format(2 * n + 1) for n in range(250))
        if name == "feedproxy":
            for each in many:
                await answer(session, url + each, fan)
            found.append(Target("feedproxy, 250 feeds in rotation", pid, url, fan, many))
    print(f"{len(body):,} octets", file=sys.stderr)
    pid, bare = await stand.bare(folder / "feed.ics")
    found.append(Target("bare aiohttp", pid, f"{bare}/feed", SHARED))
    pid, url = await stand.nginx()
    _, headers = await answer(session, f"{url}/open/feed.ics", SHARED)
    found.append(Target("nginx", pid, f"{url}/open/feed.ics", SHARED))
    found.append(Target("nginx, auth", pid, f"{url}/auth/feed.ics", fan))
    found.append(Target("nginx, 304", pid, f"{url}/open/feed.ics", {**SHARED, "If-None-Match": headers["ETag"]}))
    pid, url = await stand.varnish(bare)
    _, headers = await answer(session, f"{url}/feed", fan)
    found.append(Target("Varnish", pid, f"{url}/feed", fan))
    found.append(Target("Varnish, 304", pid, f"{url}/feed", {**fan, "If-None-Match": headers["ETag"]}))
    for target in found:
        if not target.paths:
            conditional = "If-None-Match" in target.headers
            async with session.get(target.url, headers=target.headers) as response:
                assert response.status == (304 if conditional else 200), (target, response.status)
    return found


VARIANTS: dict[str, dict[str, str]] = {"feedproxy, public path": {"fast_lane": "false"}}
"""feedproxy with other settings."""


async def memory(session: ClientSession) -> tuple[float, float]:
    """Return MB per 1,000 distinct feeds: of their entries in the cache, and of all that the process grows by."""
    with tempfile.TemporaryDirectory() as name:
        async with AsyncExitStack() as stack:
            stand = Stand(stack, Path(name), session)
            behind = await stack.enter_async_context(upstream())
            pid, url = await stand.feedproxy(behind)
            fan = {**SHARED, "Authorization": FAN, "Accept-Encoding": "gzip"}
            for n in range(FEEDS // 4):
                await answer(session, url + FEED.format(2 * n), fan)
            before = anonymous_octets(pid)
            for n in range(FEEDS // 4, FEEDS + FEEDS // 4):
                await answer(session, url + FEED.format(2 * n), fan)
            grown = anonymous_octets(pid) - before
    command = [sys.executable, "-m", "benchmarks.serve", "memory"]
    process = await asyncio.create_subprocess_exec(*command, stdout=subprocess.PIPE)
    said, _ = await process.communicate()
    return float(said) / 1e6, grown / 1e6


def entries() -> int:
    """Return by how many octets this process grows for 1,000 feeds in its cache."""
    from benchmarks.subscribers import LOOK, NOW, OPTIONS  # noqa: PLC0415 # of this measure alone
    from feedproxy.cache.memory import MemoryCache  # noqa: PLC0415
    from feedproxy.model import Feed  # noqa: PLC0415
    from feedproxy.transform import Shared, index, write_overlay  # noqa: PLC0415

    cache = MemoryCache(10**9)
    overlay = write_overlay([])

    def keep(n: int) -> None:
        start = Shared(index(distinct(n), OPTIONS), OPTIONS).start(overlay)
        cache.keep(f"{n:032x}", Feed(start, overlay.end, overlay.zones, LOOK, NOW, NOW, personal=False))

    for n in range(FEEDS):
        keep(n)
    before = anonymous_octets(os.getpid())
    for n in range(FEEDS, 5 * FEEDS):
        keep(n)
    return (anonymous_octets(os.getpid()) - before) // 4


async def main(rounds: int) -> None:
    """Measure, print and write the table."""
    missing = [tool for tool in ("wrk", "taskset", "nginx", "varnishd") if shutil.which(tool) is None]
    if missing:
        sys.exit(f"benchmarks.serve needs {', '.join(missing)}: Debian's packages wrk, util-linux, nginx and varnish")
    async with ClientSession(auto_decompress=False) as session, AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        os.chmod(folder, 0o755)  # noqa: PTH101, S103 # nothing else runs yet
        everybody = await targets(stack, folder, session)
        for target in everybody:
            await asyncio.to_thread(asked, target, folder / "wrk.lua")
        shown: dict[str, list[Round]] = {target.name: [] for target in everybody}
        for _ in range(rounds):
            for target in everybody:
                shown[target.name].append(await asyncio.to_thread(asked, target, folder / "wrk.lua"))
    async with ClientSession() as session:
        text = table(shown, await memory(session), rounds)
    print(text)
    TABLE.write_text(text)


def table(shown: Mapping[str, list[Round]], used: tuple[float, float], rounds: int) -> str:
    """Return the table in Markdown."""

    def ratio(ours: str, theirs: str, attribute: str = "cpu") -> float:
        """Return how many times ours fits into theirs, round by round, the median."""
        pairs = zip(shown[ours], shown[theirs], strict=True)
        return float(median(getattr(b, attribute) / getattr(a, attribute) for a, b in pairs))

    lines = [
        ("cached 200, beside a bare aiohttp handler on uvloop", ">= 2.2 x", ratio("feedproxy", "bare aiohttp"), "x"),
        ("cached 200, beside nginx serving a file", ">= 0.85 x", ratio("feedproxy", "nginx"), "x"),
        ("cached 200, beside nginx with auth_basic", "", ratio("feedproxy", "nginx, auth"), "x"),
        ("cached 200, beside Varnish", ">= 1.4 x", ratio("feedproxy", "Varnish"), "x"),
        ("304, beside Varnish", ">= 1.5 x", ratio("feedproxy, 304", "Varnish, 304"), "x"),
        ("304, beside nginx", ">= 0.7 x", ratio("feedproxy, 304", "nginx, 304"), "x"),
        ("access log and metrics cost", "<= 5 %", (ratio("feedproxy, no log", "feedproxy") - 1) * 100, "%"),
        ("p99 at 64 connections, of that of bare aiohttp", "<= 0.8 x", ratio("bare aiohttp", "feedproxy", "p99"), "x"),
        ("memory of 1,000 distinct 14 KB feeds in the cache", "<= 4.5 MB", used[0], "MB"),
        ("what the process grows by for them in all", "", used[1], "MB"),
    ]
    if "feedproxy, public path" in shown:
        value = ratio("feedproxy, public path", "bare aiohttp")
        lines.insert(1, ("the same without the fast lane", ">= 1.15 x", value, "x"))
    head = (
        "# Serving a cached feed\n\nWritten by `python -m benchmarks.serve`, which says how it measures: the same "
        f"14 KB feed, one core a server, wrk with {CONNECTIONS} connections on another, {rounds} rounds of a second in "
        "turn, medians. Ratios are of CPU time an answer, but for p99.\n\n| measure | must reach | measured |\n"
        "| --- | --- | --- |\n"
    )
    text = head + "".join(f"| {name} | {goal} | {value:.2f} {unit} |\n" for name, goal, value, unit in lines)
    text += (
        "\n| server | CPU an answer | answers a second | p99 | share of its core |\n| --- | --- | --- | --- | --- |\n"
    )
    for name, found in shown.items():
        cpu, rate, p99, busy = (
            median(getattr(each, field) for each in found) for field in ("cpu", "rate", "p99", "busy")
        )
        text += f"| {name} | {cpu * 1e6:.1f} us | {rate:,.0f} | {p99 * 1e3:.2f} ms | {busy:.0%} |\n"
    return text


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["bare", port, file]:
            uvloop.run(serve_bare(int(port), Path(file).read_bytes()))
        case ["silent"]:
            uvloop.run(serve_silently())
        case ["memory"]:
            print(entries())
        case given:
            asyncio.run(main(int(given[0]) if given else ROUNDS))
