"""The fast lane: the same answers, octet for octet, as without it, and nothing done that a warm feed does not need."""

import asyncio
import json
import random
import re
import socket
import threading
from base64 import b64encode
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from feedproxy import history
from feedproxy.cache.redis import RedisCache
from feedproxy.demo.subscriptions import CLUB, LEAGUE, RACES
from feedproxy.model import CalendarDetails, FeedLogin, Subscriber, Wishes
from feedproxy.policy.secrets import keyed_hash
from feedproxy.sealing import FetchSettings, seal_source
from feedproxy.store.database import Database
from feedproxy.web import heard_changes, keys, lane_check, serving
from feedproxy.web.lane import LaneConnection
from feedproxy.web.metrics import METRICS
from feedproxy.web.plain_get import MAX_OCTETS, read_plain_get
from tests.servers.redis import running_redis
from tests.web.running import Running, running

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
REQUESTS = 10_000
MEMBER = b"Basic " + b64encode(b"member:gulls-2027")
OURS, CLOSED, OVER = UUID(int=1), UUID(int=2), UUID(int=3)
"""Subscriptions of a calendar of ours: read by anybody, read with MEMBER, gone."""
KEPT = (LEAGUE.id, CLUB.id, OURS, CLOSED)
"""The feeds that are in memory."""
ASKED = (*[LEAGUE.id, OURS] * 4, CLUB.id, CLOSED, OVER)
"""What is asked for, some more often."""
CODINGS = (b"identity", b"gzip", b"br", b"zstd")
LAST = b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
RESET = b"reset"
"""What is left of a connection that was closed before all was sent: its answers may be lost with it."""
APART = re.compile(rb"(?i)(?<=\r\n)(Date|X-Request-Id): [^\r]*")
"""What two answers to the same request may differ in."""


@dataclass
class Pair:
    """The service with the lane and without; `taken` counts the answers of the lane."""

    fast: Running
    plain: Running
    taken: Counter[str]

    async def both(self, script: Iterable[bytes]) -> bytes:
        """Send the same octets in the same segments to both; return what both say until they close."""
        segments = list(script)
        for _ in range(5):
            fast, plain = await asyncio.gather(*(talk(each.port, segments) for each in (self.fast, self.plain)))
            if (fast == RESET) == (plain == RESET):
                break  # otherwise what came behind the end of one of the two took the answer with it
        assert fast == plain, segments
        return fast


async def talk(port: int, segments: list[bytes]) -> bytes:
    """Send segments one by one; return all that comes back until the service closes, but for what may differ."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    answer = asyncio.ensure_future(reader.read())
    try:
        for segment in segments:
            writer.write(segment)
            for _ in range(4):
                await asyncio.sleep(0)
        return APART.sub(rb"\1:", await asyncio.wait_for(answer, 20))
    except ConnectionError:
        return RESET
    finally:
        answer.cancel()
        writer.close()


def get(path: str, *fields: bytes) -> bytes:
    """Return a GET as calendar clients send it."""
    return b"\r\n".join([b"GET " + path.encode() + b" HTTP/1.1", b"Host: x", *fields, b"", b""])


async def subscribe(service: Running) -> None:
    """Have subscriptions of a calendar of ours: one that anybody may read, one that wants a login, one that is gone."""
    store, key = service.app[keys.STORE], service.app[keys.SECRET_KEY]
    account = await store.add_account("CLUB", now=NOW)
    settings = FetchSettings(f"{service.settings.upstream_url}/v1/webcal/{LEAGUE.id}")
    source = await store.add_source(
        account, id=UUID(int=0), name="league", sealed=seal_source(key, settings)[0], url_digest=b"alike", now=NOW
    )
    details = CalendarDetails("Ours", on_deactivate="gone")
    calendar = await store.add_calendar(account, "league", details, source, now=NOW)
    login = FeedLogin("member", keyed_hash(key, "feed-password", b"gulls-2027"))
    for subscription_id in (OURS, CLOSED, OVER):
        await store.subscribe(
            calendar,
            id=subscription_id,
            method="webcal",
            state="active",
            subscriber=Subscriber(),
            wishes=Wishes(exclude_external=("x",)),
            login=login if subscription_id == CLOSED else None,
            events=(),
            now=NOW,
        )
    await store.deactivate({OVER: None}, by="DeactivatedById", now=NOW)


@asynccontextmanager
async def pair(folder: Path, **settings: object) -> AsyncIterator[Pair]:
    """Run both, with the feeds in memory in each coding."""
    taken: Counter[str] = Counter()
    answer = LaneConnection._answer

    def counted(connection: LaneConnection, question: object) -> bool:
        taken["while it did not read"] += connection.writing_paused
        sent = answer(connection, question)  # type: ignore[arg-type]
        taken["sent" if sent else "left"] += 1
        return sent

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(LaneConnection, "_answer", counted)
        given: dict[str, Any] = {"secret_key": "k" * 40, "idle_seconds": 60, **settings}
        (folder / "fast").mkdir()
        (folder / "plain").mkdir()
        async with (
            running(folder / "fast", clock=lambda: NOW, **given) as fast,
            running(folder / "plain", clock=lambda: NOW, fast_lane=False, **given) as plain,
        ):
            both = Pair(fast, plain, taken)
            for service in (fast, plain):
                await subscribe(service)
            for feed in KEPT:
                for coding in CODINGS:
                    for authorization in ([b"Authorization: " + MEMBER], []):
                        asked = get(f"/webcal/{feed}", b"Accept-Encoding: " + coding, *authorization)
                        for service in (fast, plain):
                            await talk(service.port, [asked, LAST])
            taken.clear()
            yield both


def etags(answers: bytes) -> list[bytes]:
    return re.findall(rb'ETag: ("[^\r]*")', answers)


class Requests:
    """Makes requests up: plain ones, and plain ones that something was done to."""

    def __init__(self, tags: list[bytes]) -> None:
        self._chance = random.Random(1)
        self._tags = tags

    def one(self) -> bytes:
        """Return a request, mostly a plain one."""
        pick = self._chance.choice
        path = pick([b"/webcal/", b"/v1/webcal/", b"/v2/webcal/"]) + str(pick(ASKED)).encode()
        path += pick([b"", b"", b".ics", b"/", b".ics/"])
        fields = [b"Host: x"]
        fields += pick([[], [b"Accept-Encoding: " + pick([*CODINGS, b"gzip, deflate, br", b"*;q=0", b"identity;q=0"])]])
        logins = [MEMBER, MEMBER, b"Basic eDp5", b"basic  " + MEMBER[6:], b"Bearer x"]
        fields += pick([[], [b"Authorization: " + pick(logins)]])
        tags = [*self._tags, b"W/" + pick(self._tags), b"*", b'"x", ' + pick(self._tags), b'"x"']
        fields += pick([[], [], [b"If-None-Match: " + pick(tags)]])
        fields += pick([[], [], [b"If-Modified-Since: Sat, 21 Nov 2026 12:00:00 GMT"], [b"If-Modified-Since: never"]])
        fields += pick([[], [b"User-Agent: " + pick([b"curl/8", b"iOS/17.5 (21F79) dataaccessd/1.0"])]])
        fields += pick([[], [], [b"Connection: " + pick([b"keep-alive", b"Keep-Alive", b"close", b"keep-alive, x"])]])
        line, body = [b"GET", path, b"HTTP/1.1"], b""
        if self._chance.random() < 0.15:
            line, fields, body = self._odd(line, fields)
        self._chance.shuffle(fields)
        return b" ".join(line) + b"\r\n" + b"".join(field + b"\r\n" for field in fields) + b"\r\n" + body

    def _odd(self, line: list[bytes], fields: list[bytes]) -> tuple[list[bytes], list[bytes], bytes]:
        """Do one thing to a request that a plain one has not."""
        pick, body = self._chance.choice, b""
        match self._chance.randrange(10):
            case 0:
                line[0] = pick([b"HEAD", b"POST", b"get", b"OPTIONS", b"G E T", b""])
            case 1:
                line[1] = pick(
                    [
                        *(line[1] + b"?a=b", line[1].upper(), b"/webcal/x", b"//" + line[1], b"*", b"/%77ebcal/x"),
                        *(b"http://x" + line[1], line[1] + b"\x00", line[1] + b"#", b"/webcal/" + b"0" * 32, b""),
                        f"/webcal/{RACES.id}0".encode(),
                    ]
                )
            case 2:
                line[2] = pick([b"HTTP/1.0", b"HTTP/1.0", b"HTTP/2.0", b"http/1.1", b"HTTP/1.1 ", b"HTTP/1.1\r", b""])
            case 3:
                fields.append(pick(fields))
            case 4:
                odd = [b"Range: bytes=0-9", b"If-Range: x", b"Expect: 100-continue", b"Expect: x", b"TE: x"]
                fields.append(pick(odd))
            case 5:
                fields += pick([[b"Upgrade: websocket", b"Connection: upgrade"], [b"Upgrade: h2c"], [b"Trailer: x"]])
            case 6:
                given = [(b"Content-Length: 0", b""), (b"Content-Length: 5", b"12345"), (b"Content-Length: x", b"")]
                given += [(b"Transfer-Encoding: chunked", b"1\r\nx\r\n0\r\n\r\n")]
                given += [(b"Content-Length: %d" % len(LAST), LAST)]
                field, body = pick(given)
                fields.append(field)
            case 7:
                at = self._chance.randrange(len(fields))
                name, _, value = fields[at].partition(b": ")
                fields[at] = pick(
                    [
                        *(name + b":" + value, name + b":\t" + value + b" ", name + b" : " + value, b" " + fields[at]),
                        *(name.swapcase() + b": " + value, name + b":", name + b": " + value + b"\r\n folded", name),
                        *(name + b": \xff" + value, name + b": " + value + b"\x00", name + b": " + value + b"\n"),
                    ]
                )
            case 8:
                fields.append(b"X-Long: " + b"a" * pick([10, 1_900, 9_000]))
                fields += [b"X-%d: x" % n for n in range(pick([1, 30, 70]))]
            case _:
                line[0] = pick([b"\r\nGET", b"\nGET", b" GET", b"\r\n\r\nGET"])
        return line, fields, body

    def segments(self, requests: list[bytes]) -> list[bytes]:
        """Cut them up: one each mostly, or all at once, or anywhere."""
        octets = b"".join(requests)
        match self._chance.randrange(6):
            case 0:
                return [octets]
            case 1:
                cuts = sorted(self._chance.sample(range(len(octets)), min(len(octets), self._chance.randint(1, 9))))
                return [octets[start:end] for start, end in zip([0, *cuts], [*cuts, len(octets)], strict=True)]
            case _:
                return requests


async def test_ten_thousand_requests_are_answered_alike_with_it_and_without(tmp_path: Path) -> None:
    async with pair(tmp_path) as both:
        known = await both.both(
            [*(get(f"/webcal/{LEAGUE.id}", b"Accept-Encoding: " + coding) for coding in CODINGS), LAST]
        )
        tags = etags(known)
        assert len(set(tags)) == len(CODINGS)
        made = Requests(tags)
        statuses: Counter[bytes] = Counter()
        sent = 0
        while sent < REQUESTS:
            requests = [made.one() for _ in range(made._chance.randint(1, 6))]
            sent += len(requests)
            statuses.update(re.findall(rb"HTTP/1\.[01] (\d+) ", await both.both([*made.segments(requests), LAST])))
        assert statuses.keys() >= {b"200", b"304", b"400", b"401", b"404", b"405", b"410"}
        assert both.taken["sent"] > REQUESTS / 4
        assert counted(both.fast) == counted(both.plain)
        assert logged(both.fast) == logged(both.plain)


def counted(service: Running) -> dict[tuple[str, str], float]:
    """Return all counters of answers."""
    names = ("feedproxy_http_requests_total", "feedproxy_cache_requests_total", "feedproxy_auth_failures_total")
    families = ("feedproxy_http_request_duration_seconds_count",)
    return {
        (sample.name, str(sorted(sample.labels.items()))): sample.value
        for metric in service.app[METRICS].registry.collect()
        for sample in metric.samples
        if sample.name in (*names, *families)
    }


def logged(service: Running) -> Counter[str]:
    """Return the log's lines without what may differ; connections that run side by side may take turns in any order."""
    lines = [json.loads(line) for line in service.log_lines()]
    for line in lines:
        line["bytes"] -= len(line.get("request_id", ""))
        for name in ("time", "duration_ms", "request_id"):
            line.pop(name, None)
    return Counter(json.dumps(line) for line in lines)


async def test_a_request_that_comes_in_two_pieces_is_answered_alike_wherever_it_is_cut(tmp_path: Path) -> None:
    asked = get(f"/webcal/{CLUB.id}.ics", b"Accept-Encoding: gzip", b"Authorization: " + MEMBER)
    async with pair(tmp_path) as both:
        for at in range(1, len(asked)):
            answers = await both.both([asked, asked[:at], asked[at:], asked, LAST])
            assert answers.count(b"HTTP/1.1 200 OK\r\n") == 4
        drip = [bytes([octet]) for octet in asked * 2]
        assert (await both.both([*drip, LAST])).count(b"HTTP/1.1 200 OK\r\n") == 3
        assert both.taken["sent"] > len(asked)


async def test_a_head_that_began_before_is_never_mistaken_for_two(tmp_path: Path) -> None:
    """What aiohttp takes for the rest of a head or body, the lane must not take for a request."""
    plain = get(f"/webcal/{LEAGUE.id}")
    async with pair(tmp_path) as both:
        form = b"POST /oauth2/token HTTP/1.1\r\nHost: x\r\n"
        for begun, ended in (
            (b"GET /nowhere HTTP/1.1\r\nX: ", b""),
            (plain + b"GET /nowhere HTTP/1.1\r\nX: ", b""),
            (form + b"Content-Length: %d\r\n\r\n" % len(plain), b""),
            (form + b"Transfer-Encoding: chunked\r\n\r\n%x\r\n" % len(plain), b"\r\n0\r\n\r\n"),
        ):
            for script in ([begun, plain, ended], [plain, begun, plain, ended, plain]):
                answers = await both.both([*script, LAST])
                assert answers.count(b"text/calendar") == script.count(plain) - 1 + begun.startswith(plain)


async def slowly(port: int, asked: list[bytes]) -> bytes:
    """Ask with a small buffer and read nothing until everything is asked."""
    loop = asyncio.get_running_loop()
    client = socket.socket()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
    client.setblocking(False)
    with client:
        await loop.sock_connect(client, ("127.0.0.1", port))
        for each in asked:
            await loop.sock_sendall(client, each)
            await asyncio.sleep(0.001)
        parts = []
        while part := await loop.sock_recv(client, 10_000):
            parts.append(part)
    return APART.sub(rb"\1:", b"".join(parts))


async def test_a_client_that_reads_late_gets_everything_in_order_and_is_not_written_to_before(tmp_path: Path) -> None:
    kinds = [get(f"/webcal/{LEAGUE.id}", b"Accept-Encoding: " + coding) for coding in CODINGS]
    async with pair(tmp_path) as both:
        for service in (both.fast, both.plain):
            sizes = [len(await talk(service.port, [kind, LAST])) for kind in kinds]
        asked = kinds * (6_000_000 // sum(sizes))
        both.taken.clear()
        fast, plain = [await slowly(each.port, [*asked, LAST]) for each in (both.fast, both.plain)]
        assert fast == plain
        assert fast.count(b"HTTP/1.1 200 OK\r\n") == len(asked) + 1
        assert 0 < both.taken["sent"] < len(asked), "a part went by the lane, the rest waited"
        assert both.taken["while it did not read"] == 0


async def test_while_a_client_does_not_take_its_answers_they_are_left_to_aiohttp(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with pair(tmp_path) as both:
        monkeypatch.setattr(LaneConnection, "writing_paused", True, raising=False)
        assert (await both.both([get(f"/webcal/{LEAGUE.id}"), LAST])).startswith(b"HTTP/1.1 200 OK\r\n")
        assert both.taken["sent"] == 0
        monkeypatch.undo()


@pytest.mark.service("redis")
@pytest.mark.parametrize("lane", [True, False])
async def test_a_feed_in_memory_costs_no_thread_no_database_and_no_redis(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, service_program: Callable[[str], Path], lane: bool
) -> None:
    kinds = [
        get(f"/webcal/{feed}", b"Accept-Encoding: " + coding, b"Authorization: " + MEMBER)
        for feed in (*KEPT, RACES.id)
        for coding in CODINGS
    ]
    monkeypatch.setattr(heard_changes, "BEAT_SECONDS", 3_600)  # what these do is for no request
    monkeypatch.setattr(history, "TIDY_SECONDS", 3_600)
    with running_redis(service_program("redis")) as redis:
        async with running(tmp_path, fast_lane=lane, redis_url=redis.url) as service:
            await subscribe(service)
            for kind in kinds:
                await service.send(kind + LAST)
            await service.app[keys.HISTORY].written()
            touched: list[str] = []

            def forbid(target: object, name: str) -> None:
                forbidden.setattr(target, name, lambda *_, **__: touched.append(name))

            with pytest.MonkeyPatch.context() as forbidden:
                forbid(RedisCache, "_ask")
                forbid(Database, "read")
                forbid(Database, "write")
                forbid(threading.Thread, "start")
                forbid(type(asyncio.get_running_loop()), "run_in_executor")
                for kind in kinds:
                    assert (await service.send(kind + LAST)).startswith(b"HTTP/1.1 200 OK\r\n")
                    assert (await talk(service.port, [kind, LAST])).startswith(b"HTTP/1.1 200 OK\r\n")
            assert touched == []


async def test_it_keeps_to_the_deadline_for_idle_connections(tmp_path: Path) -> None:
    asked = get(f"/webcal/{LEAGUE.id}", b"Accept-Encoding: gzip")
    async with pair(tmp_path, idle_seconds=0.5) as both:
        reader, writer = await asyncio.open_connection("127.0.0.1", both.fast.port)
        loop = asyncio.get_running_loop()
        for _ in range(4):
            writer.write(asked)
            head = await reader.readuntil(b"\r\n\r\n")
            await reader.readexactly(int(re.findall(rb"Content-Length: (\d+)", head)[0]))
            await asyncio.sleep(0.25)
        assert both.taken["sent"] == 4, "asked again and again, it stayed open beyond half a second"
        asked_last = loop.time()
        assert await asyncio.wait_for(reader.read(), 5) == b""
        assert loop.time() - asked_last < 4
        writer.close()


async def test_without_its_footing_in_aiohttp_feeds_are_served_the_public_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def does_not_fit() -> bool:
        return False

    assert await lane_check.lane_fits()
    monkeypatch.setattr(LaneConnection, "is_idle", True)
    assert not await lane_check.lane_fits(), "what is always idle is found out"
    monkeypatch.undo()
    monkeypatch.setattr(serving, "lane_fits", does_not_fit)
    async with running(tmp_path) as service:
        assert (await service.send(get(f"/webcal/{LEAGUE.id}") + LAST)).startswith(b"HTTP/1.1 200 OK\r\n")
    assert "the fast lane does not fit" in caplog.text


@pytest.mark.parametrize(
    "octets",
    [
        get(f"/webcal/{LEAGUE.id}", b"X-Padding: " + b"a" * MAX_OCTETS),
        get(f"/webcal/{LEAGUE.id}") + b"GET",
        get(f"/webcal/{LEAGUE.id}")[:-1],
        get(f"/webcal/{LEAGUE.id}", b"Host: x"),
        get(f"/webcal/{LEAGUE.id}", b"Content-Length: 0"),
        get(f"/webcal/{LEAGUE.id}", b"Connection: close"),
        get(f"/webcal/{LEAGUE.id}?a"),
        get(f"/webcal/{LEAGUE.id}").replace(b"Host: x\r\n", b""),
        get(f"/webcal/{LEAGUE.id}").replace(b"\r\n", b"\n"),
    ],
)
def test_what_is_not_plain_is_not_read(octets: bytes) -> None:
    assert read_plain_get(octets) is None
    assert read_plain_get(get(f"/webcal/{LEAGUE.id}")) is not None
