"""What every edge of samples/ promises, in front of a feedproxy that is a process of its own."""

import asyncio
import json
import zlib
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import product
from pathlib import Path
from time import perf_counter
from uuid import UUID

import pytest
from aiohttp import ClientSession, TCPConnector, encode_basic_auth, web
from aiohttp.test_utils import TestServer, unused_port

from tests.cli.program import feedproxy, serving
from tests.servers.edges import EDGES, TOKEN, Edge
from tests.servers.upstream import Answer, Upstream, calendar, upstream
from tests.web.running import Running, running, utc_now

PUBLIC = UUID("8e71077b-c7f2-42b8-acb9-bda8f804c0d7")
PROTECTED = UUID("b78b79ba-607b-4f7a-9f4a-a46646f5a52e")
MEMBER = {"Authorization": encode_basic_auth("fan", "s3cret")}
NOBODY: dict[str, str] = {}
STRANGER = {"Authorization": encode_basic_auth("fan", "wrong")}
GARBAGE = {"Authorization": "Basic !"}

SPELLINGS = (f"/v1/webcal/{PROTECTED}", f"/webcal/{PROTECTED.hex}", f"/v2/webcal/{PROTECTED}.ics")

PART = {"Accept-Encoding": "identity", "Range": "bytes=0-9999"}

Ask = tuple[str, dict[str, str]]
"""A method, and header fields beside the credentials."""

ACCOUNT = "BEARS"
MANY = 50
LONGEST_SECOND = 2.5
"""A lifetime of one second, jittered and rounded up, is over by then."""


@dataclass(frozen=True)
class Seen:
    """An answer, its body decoded from its content encoding."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def cache(self) -> str:
        return self.headers.get("X-Cache", "").lower()


@dataclass
class Front:
    """A subscriber, the edge, feedproxy, and the upstream that a test commands."""

    edge: Edge
    origin_url: str
    upstream: Upstream
    session: ClientSession

    async def get(self, path: str, headers: Mapping[str, str] = NOBODY, *, method: str = "GET") -> Seen:
        return await self._ask(f"{self.edge.url}{path}", headers, method)

    async def ask_origin(self, path: str, headers: Mapping[str, str] = NOBODY) -> Seen:
        return await self._ask(f"{self.origin_url}{path}", headers, "GET")

    async def _ask(self, url: str, headers: Mapping[str, str], method: str) -> Seen:
        asked = {"Accept-Encoding": "gzip"} | dict(headers)
        async with self.session.request(method, url, headers=asked) as answer:
            body = await answer.read()
            if answer.headers.get("Content-Encoding") == "gzip" and body:
                assert "gzip" in asked["Accept-Encoding"]
                body = zlib.decompress(body, 31) if answer.status == 200 else body
            return Seen(answer.status, answer.headers, body)

    async def seconds_until(self, path: str, good: Callable[[Seen], bool]) -> float:
        """Ask again and again until the answer is good; return how many seconds that took."""
        start = perf_counter()
        async with asyncio.timeout(10):
            while not good(await self.get(path)):  # noqa: ASYNC110 # there is nothing to be woken by
                await asyncio.sleep(0.02)
        return perf_counter() - start


@dataclass
class Stage(Front):
    """The feedproxy is a process of its own."""

    origin: asyncio.subprocess.Process
    folder: Path

    async def feeds_asked_for(self) -> int:
        """How many requests for feeds have reached feedproxy."""
        lines = (await self.ask_origin("/metrics")).body.decode().splitlines()
        counts = [
            line for line in lines if line.startswith("feedproxy_http_requests_total{") and 'route="feed"' in line
        ]
        return sum(int(float(line.split()[-1])) for line in counts)

    async def attach_event(self, title: str, *subscriptions: UUID) -> None:
        """Send an event through the API; it has been accepted when this returns."""
        event = {
            "eventId": "table",
            "title": title,
            "start": "2026-12-06T12:00:00",
            "end": "2026-12-06T14:00:00",
            "timezone": "Eastern Standard Time",
        }
        body = json.dumps({"event": event, "subscriptionIds": [str(each) for each in subscriptions]})
        headers = {"Authorization": f"Bearer {await self._token()}", "Content-Type": "application/json"}
        url = f"{self.edge.url}/v1/subscriptionevent/{ACCOUNT}"
        async with self.session.post(url, data=body, headers=headers) as answer:
            assert answer.status == 202, await answer.text()

    async def _token(self) -> str:
        feedproxy(self.folder, "account", "add", ACCOUNT)
        client = feedproxy(self.folder, "application", "add", ACCOUNT).stdout.decode().split()
        login = encode_basic_auth(client[client.index("client_id") + 1], client[client.index("client_secret") + 1])
        fields = {"grant_type": "client_credentials"}
        headers = {"Authorization": login}
        async with self.session.post(f"{self.edge.url}/oauth2/token", data=fields, headers=headers) as answer:
            assert answer.status == 200, await answer.text()
            token: str = (await answer.json())["access_token"]
            return token

    async def kill_origin(self) -> None:
        """End feedproxy as a crash would."""
        self.origin.kill()
        await self.origin.wait()


@dataclass
class Leap(Front):
    """The feedproxy runs here, and its clock can be put forward: for the edge no time passes."""

    feedproxy: Running
    ahead: timedelta = timedelta(0)

    def now(self) -> datetime:
        return utc_now() + self.ahead


@asynccontextmanager
async def stage(kind: str, program: Path, folder: Path, **settings: int) -> AsyncIterator[Stage]:
    """Put it all up, feedproxy as a process, with these settings."""
    port, origin_port = unused_port(), unused_port()
    async with upstream() as behind, subscriber() as session:
        give_feeds(behind)
        given = {
            "FEEDPROXY_UPSTREAM_URL": behind.url,
            "FEEDPROXY_PORT": str(origin_port),
            "FEEDPROXY_EDGES": json.dumps([setting(kind, port)]),
        } | {f"FEEDPROXY_{name.upper()}": str(value) for name, value in settings.items()}
        async with (
            serving(folder, extra=given) as (process, origin_url),
            EDGES[kind](folder, program, port=port, origin_port=origin_port) as edge,
        ):
            yield Stage(edge, origin_url, behind, session, process, folder)


@asynccontextmanager
async def leap(kind: str, program: Path, folder: Path) -> AsyncIterator[Leap]:
    """Put it all up, feedproxy in this process."""
    port = unused_port()
    up: Leap | None = None
    async with upstream() as behind, subscriber() as session:
        give_feeds(behind)
        edges = [setting(kind, port)]
        clock = lambda: up.now() if up else utc_now()  # noqa: E731
        async with (
            running(folder, clock=clock, upstream_url=behind.url, edges=edges) as service,
            EDGES[kind](folder, program, port=port, origin_port=service.port) as edge,
        ):
            up = Leap(edge, service.url, behind, session, service)
            yield up


@dataclass
class NaiveOrigin:
    """An origin that says of every answer that it may be kept for a second, until it answers with errors alone."""

    port: int
    fails: bool = False


@asynccontextmanager
async def naive_origin() -> AsyncIterator[NaiveOrigin]:
    async def answer(request: web.Request) -> web.Response:
        if origin.fails and request.path != "/healthz":
            return web.Response(status=503, headers={"Cache-Control": "max-age=60"})
        text = f"for {request.headers.get('Authorization', 'nobody')}"
        return web.Response(text=text, headers={"Cache-Control": "max-age=1, stale-if-error=600"})

    app = web.Application()
    app.router.add_get("/{path:.*}", answer)
    server = TestServer(app)
    await server.start_server()
    assert server.port is not None
    origin = NaiveOrigin(server.port)
    try:
        yield origin
    finally:
        await server.close()


def subscriber() -> ClientSession:
    """A session without kept connections: an edge closes them when it likes, which a POST does not survive."""
    return ClientSession(connector=TCPConnector(force_close=True), auto_decompress=False)


def give_feeds(behind: Upstream) -> None:
    behind.answers[PUBLIC] = Answer(calendar("bears", "lions"), etag='"1"')
    behind.answers[PROTECTED] = Answer(calendar("secret"), credentials=MEMBER["Authorization"])


def setting(kind: str, port: int) -> dict[str, str]:
    return {"kind": kind, "url": f"http://127.0.0.1:{port}", "token": TOKEN}


class EdgeContract:
    """What a subscriber may rely on, whichever edge is in front."""

    kind: str

    @pytest.fixture
    async def stage(self, tmp_path: Path, service_program: Callable[[str], Path]) -> AsyncIterator[Stage]:
        async with stage(self.kind, service_program(self.kind), tmp_path) as up:
            yield up

    @pytest.fixture
    async def leap(self, tmp_path: Path, service_program: Callable[[str], Path]) -> AsyncIterator[Leap]:
        async with leap(self.kind, service_program(self.kind), tmp_path) as up:
            yield up

    async def test_a_public_feed_is_answered_by_the_edge(self, stage: Stage) -> None:
        first, second = [await stage.get(f"/v1/webcal/{PUBLIC}") for _ in range(2)]
        assert (first.status, first.cache) == (200, "miss")
        assert (second.status, second.cache) == (200, "hit")
        assert first.body == second.body == (await stage.ask_origin(f"/v1/webcal/{PUBLIC}")).body
        assert b"bears" in first.body

    async def test_the_copy_is_good_with_and_without_compression_and_for_who_has_it_already(self, stage: Stage) -> None:
        path = f"/v1/webcal/{PUBLIC}"
        packed = await stage.get(path)
        plain = await stage.get(path, {"Accept-Encoding": "identity"})
        assert packed.headers["Content-Encoding"] == "gzip"
        assert "Content-Encoding" not in plain.headers
        assert packed.body == plain.body
        for seen, accepted in [(packed, "gzip"), (plain, "identity")]:
            again = {"If-None-Match": seen.headers["ETag"], "Accept-Encoding": accepted}
            assert (await stage.get(path, again)).status == 304
        head = await stage.get(path, method="HEAD")
        assert (head.status, head.body) == (200, b"")

    async def test_many_cold_requests_at_once_are_one_for_feedproxy_and_one_for_the_upstream(
        self, stage: Stage
    ) -> None:
        gate = stage.upstream.answers[PUBLIC].gate = asyncio.Event()
        asked = [asyncio.create_task(stage.get(f"/v1/webcal/{PUBLIC}")) for _ in range(MANY)]
        await asyncio.sleep(0.5)
        gate.set()
        assert {seen.status for seen in await asyncio.gather(*asked)} == {200}
        assert await stage.feeds_asked_for() == 1
        assert len(stage.upstream.requests) == 1

    async def test_a_feed_outlives_feedproxy_although_its_copy_has_run_out(
        self, tmp_path: Path, service_program: Callable[[str], Path]
    ) -> None:
        path = f"/v1/webcal/{PUBLIC}"
        second = dict.fromkeys(("freshness_min", "freshness_default", "freshness_max"), 1)
        async with stage(self.kind, service_program(self.kind), tmp_path, **second) as up:
            before = await up.get(path)
            await up.kill_origin()
            await asyncio.sleep(LONGEST_SECOND)
            for _ in range(5):
                after = await up.get(path)
                assert (after.status, after.body) == (200, before.body)
            assert (await up.get(f"/v1/webcal/{PROTECTED}", MEMBER)).status >= 500

    async def test_an_accepted_event_reaches_the_subscriber_within_a_second(self, stage: Stage) -> None:
        path = f"/v1/webcal/{PUBLIC}"
        for _ in range(2):
            await stage.get(path)
        await stage.attach_event("Your table", PUBLIC)
        assert await stage.seconds_until(path, lambda seen: b"Your table" in seen.body) < 1
        await stage.attach_event("Another table", PUBLIC)
        assert await stage.seconds_until(path, lambda seen: b"Another table" in seen.body) < 1
        assert b"Another table" in (await stage.get(path)).body

    async def test_a_change_upstream_reaches_the_subscriber_within_a_second_of_being_seen(self, leap: Leap) -> None:
        path = f"/v1/webcal/{PUBLIC}"
        assert [(await leap.get(path)).cache for _ in range(2)] == ["miss", "hit"]
        leap.upstream.answers[PUBLIC] = Answer(calendar("bears", "tigers"), etag='"2"')
        leap.ahead = timedelta(hours=2)
        assert (await leap.get(path)).cache == "hit"  # the edge does not know yet
        await leap.ask_origin(path)  # somebody else's request makes feedproxy look upstream
        assert await leap.seconds_until(path, lambda seen: b"tigers" in seen.body) < 1
        assert b"tigers" in (await leap.get(path)).body
        assert (await leap.get(path)).cache == "hit"

    async def test_a_feed_that_was_withdrawn_is_gone_at_the_edge_too(self, leap: Leap) -> None:
        path = f"/v1/webcal/{PUBLIC}"
        for _ in range(2):
            assert (await leap.get(path)).status == 200
        leap.upstream.answers[PUBLIC].credentials = MEMBER["Authorization"]
        leap.ahead = timedelta(hours=2)
        await leap.ask_origin(path)
        assert await leap.seconds_until(path, lambda seen: seen.status == 401) < 1
        leap.feedproxy.stop.set()
        await asyncio.sleep(0.5)
        gone = await leap.get(path)
        assert gone.status >= 500
        assert b"bears" not in gone.body

    async def test_a_personal_feed_is_never_kept(self, stage: Stage) -> None:
        path = f"/v1/webcal/{PUBLIC}"
        await stage.get(path)
        await stage.attach_event("Your table", PUBLIC)
        await stage.seconds_until(path, lambda seen: b"Your table" in seen.body)
        before = await stage.feeds_asked_for()
        for headers in ({}, {"Accept-Encoding": "identity"}, PART):
            assert "private" in (await stage.get(path, headers)).headers["Cache-Control"]
        assert await stage.feeds_asked_for() == before + 3
        await stage.kill_origin()
        assert b"Your table" not in (await stage.get(path)).body

    async def test_a_protected_feed_is_never_given_to_anyone_else(self, stage: Stage) -> None:
        plain: Ask = ("GET", {})
        whole: list[Ask] = [plain, ("GET", {"Accept-Encoding": "identity"}), ("GET", PART)]
        others = (NOBODY, STRANGER, GARBAGE)
        for path in SPELLINGS:
            for method, variant in [*whole, *whole]:
                member = await stage.get(path, MEMBER | variant, method=method)
                assert member.status in {200, 206}
                assert b"secret" in member.body
            known: list[Ask] = [("GET", {"If-None-Match": tag}) for tag in ("*", member.headers["ETag"])]
            for other, (method, variant) in product(others, [*whole, *known, ("HEAD", {})]):
                refused = await stage.get(path, other | variant, method=method)
                assert refused.status == 401
                assert b"secret" not in refused.body
                assert "ETag" not in refused.headers
        await stage.kill_origin()
        for path, other, (method, variant) in product(SPELLINGS, others, [*whole, *known, ("HEAD", {})]):
            gone = await stage.get(path, other | variant, method=method)
            assert gone.status not in {200, 206, 304}
            assert b"secret" not in gone.body

    @pytest.fixture
    async def naive(
        self, tmp_path: Path, service_program: Callable[[str], Path]
    ) -> AsyncIterator[tuple[Front, NaiveOrigin]]:
        port, program = unused_port(), service_program(self.kind)
        async with (
            naive_origin() as origin,
            EDGES[self.kind](tmp_path, program, port=port, origin_port=origin.port) as edge,
            subscriber() as session,
        ):
            yield Front(edge, "", Upstream("", {}, [], asyncio.Event().wait), session), origin

    async def test_what_credentials_got_is_not_kept_even_where_the_answer_forgets_to_say_so(
        self, naive: tuple[Front, NaiveOrigin]
    ) -> None:
        front, _ = naive
        for path in SPELLINGS:
            for headers in (MEMBER, STRANGER, NOBODY) * 2:
                seen = await front.get(path, headers)
                assert seen.body.decode() == f"for {headers.get('Authorization', 'nobody')}"

    async def test_an_error_never_takes_the_place_of_a_copy(self, naive: tuple[Front, NaiveOrigin]) -> None:
        front, origin = naive
        path = f"/v1/webcal/{PUBLIC}"
        assert (await front.get(path)).status == 200
        origin.fails = True
        await asyncio.sleep(1.5)
        for _ in range(5):
            assert (await front.get(path)).body == b"for nobody"
            await asyncio.sleep(0.1)
        assert (await front.get(path, MEMBER)).status == 503

    async def test_a_member_is_not_given_what_was_kept_for_others(self, stage: Stage) -> None:
        path = f"/v1/webcal/{PROTECTED}"
        assert (await stage.get(path)).status == 401
        assert (await stage.get(path, MEMBER)).status == 200
        assert (await stage.get(path, STRANGER)).status == 401
        assert (await stage.get(path, MEMBER)).status == 200

    async def test_only_feedproxy_may_purge(self, stage: Stage) -> None:
        path = f"/v1/webcal/{PUBLIC}"
        await stage.get(path)
        for method in ("PURGE", "BAN", "GET"):
            headers = {"X-Feedproxy-Token": "CHANGE-ME", "X-Feedproxy-Purge": "hard", "Surrogate-Key": "a"}
            purged = await stage.get(path, headers, method=method)
            assert method == "GET" or purged.status >= 400
        assert (await stage.get(path)).cache == "hit"

    async def test_the_operators_pages_stay_on_the_machine(self, stage: Stage) -> None:
        for path in ("/metrics", "/readyz"):
            assert (await stage.get(path)).status == 404
        assert (await stage.get("/healthz")).status == 200
