"""The sender: nobody waits for it, and what an edge did not take is sent again."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from uuid import UUID

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from pydantic import SecretStr

from feedproxy.config import Edge
from feedproxy.errors import SettingsError
from feedproxy.metrics import Metrics
from feedproxy.model import Changed
from feedproxy.policy.egress import EgressPolicy
from feedproxy.purge import Purger, PurgeRequest, deliver, purger, waiting, with_tokens
from feedproxy.upstream import GuardedSession

TOKEN = "edge-t0ken"


@dataclass
class StandIn:
    """An edge that notes what it is sent and answers as it is told, 200 otherwise."""

    url: str = ""
    taken: list[tuple[str, str]] = field(default_factory=list)
    refused: int = 0
    statuses: list[int] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)
    open: asyncio.Event = field(default_factory=asyncio.Event)
    took: asyncio.Event = field(default_factory=asyncio.Event)

    async def answer(self, request: web.Request) -> web.Response:
        await self.open.wait()
        status = self.statuses.pop(0) if self.statuses else 200
        if status != 200:
            self.refused += 1
            return web.Response(status=status, headers=self.headers)
        self.taken.append((request.method, request.headers.get("Surrogate-Key", request.path)))
        self.took.set()
        return web.Response()

    async def has_taken(self, count: int) -> None:
        async with asyncio.timeout(10):
            while len(self.taken) < count:
                self.took.clear()
                await self.took.wait()


@asynccontextmanager
async def stand_in() -> AsyncIterator[StandIn]:
    edge = StandIn()
    edge.open.set()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", edge.answer)
    server = TestServer(app)
    await server.start_server()
    edge.url = str(server.make_url("")).rstrip("/")
    try:
        yield edge
    finally:
        edge.open.set()
        await server.close()


@pytest.fixture
async def edge() -> AsyncIterator[StandIn]:
    async with stand_in() as running:
        yield running


@pytest.fixture
def metrics() -> Metrics:
    return Metrics(version="", tzdata="", cldr="")


@pytest.fixture(autouse=True)
def _short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waiting, "AGAIN_SECONDS", 0.3)
    monkeypatch.setattr(waiting, "FIRST_PAUSE", 0.05)


@asynccontextmanager
async def told(metrics: Metrics, *edges: Edge, egress: EgressPolicy | None = None) -> AsyncIterator[Purger]:
    policy = egress or EgressPolicy(urls=[edge.url for edge in edges])
    async with (
        GuardedSession(policy) as session,
        Purger(with_tokens(edges), partial(deliver, session), metrics) as running,
    ):
        yield running


@asynccontextmanager
async def purging(metrics: Metrics, *edges: StandIn) -> AsyncIterator[Purger]:
    settings = [Edge(kind="varnish", url=each.url, token=SecretStr(TOKEN)) for each in edges]
    async with told(metrics, *settings) as running:
        yield running


def change(name: str) -> Changed:
    return Changed(name, UUID(int=0))


def counted(metrics: Metrics, result: str) -> float:
    return metrics.registry.get_sample_value("feedproxy_edge_purges_total", {"edge": "varnish", "result": result}) or 0


async def test_an_edge_is_told_at_once_and_a_second_time(edge: StandIn, metrics: Metrics) -> None:
    async with purging(metrics, edge) as running:
        running.changed([change("a")])
        await edge.has_taken(2)
        await asyncio.sleep(0.5)
    assert edge.taken == [("PURGE", "a")] * 2
    assert counted(metrics, "sent") == 2


async def test_what_changes_in_one_moment_is_one_request(edge: StandIn, metrics: Metrics) -> None:
    async with purging(metrics, edge) as running:
        for name in "abcabc":
            running.changed([change(name)])
        await edge.has_taken(1)
        assert edge.taken == [("PURGE", "a b c")]


@pytest.mark.parametrize("status", [500, 403, 429, 302])
async def test_what_an_edge_does_not_take_is_sent_again(
    edge: StandIn, metrics: Metrics, status: int, caplog: pytest.LogCaptureFixture
) -> None:
    edge.statuses = [status, status]
    with caplog.at_level(logging.INFO):
        async with purging(metrics, edge) as running:
            running.changed([change("a")])
            await edge.has_taken(1)
    assert edge.refused == 2
    assert counted(metrics, "failed") == 2
    reasons = [getattr(record, "fields", {}).get("reason") for record in caplog.records]
    assert reasons.count(f"status-{status}") == 2
    assert TOKEN not in caplog.text + str([record.__dict__ for record in caplog.records])


async def test_an_edge_that_hangs_holds_up_neither_who_reports_nor_another_edge(
    edge: StandIn, metrics: Metrics
) -> None:
    edge.open.clear()
    async with stand_in() as other, purging(metrics, edge, other) as running:
        running.changed([change("a")])
        await other.has_taken(1)
        assert edge.taken == []
        edge.open.set()
        await edge.has_taken(1)


async def test_only_that_request_is_sent_again_which_failed(edge: StandIn, metrics: Metrics) -> None:
    setting = Edge(kind="nginx", url=edge.url, token=SecretStr(TOKEN))
    edge.statuses = [200, 503, 200]
    async with told(metrics, setting) as running:
        running.changed([Changed(str(number), UUID(int=number)) for number in range(3)])
        await edge.has_taken(3)
    assert edge.refused == 1
    assert [path for _, path in edge.taken[:3]] == [f"/v1/webcal/{UUID(int=number)}" for number in (0, 2, 1)]


async def test_what_waits_at_the_end_is_sent_before_the_process_goes(edge: StandIn, metrics: Metrics) -> None:
    edge.open.clear()
    async with purging(metrics, edge) as running:
        running.changed([change("a")])
        await asyncio.sleep(0.1)  # on its way, and not answered
        running.changed([change("b")])
        edge.open.set()
    assert " ".join(tags for _, tags in edge.taken).count("b") == 1
    assert "a" in edge.taken[0][1]


async def test_an_edge_that_stays_away_does_not_keep_the_process(
    edge: StandIn, metrics: Metrics, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(purger, "LAST_SECONDS", 0.1)
    edge.open.clear()
    async with asyncio.timeout(5):
        async with purging(metrics, edge) as running:
            running.changed([change("a")])
            await asyncio.sleep(0.1)
    assert edge.taken == []


async def test_a_fault_of_our_own_does_not_end_the_sending(metrics: Metrics, caplog: pytest.LogCaptureFixture) -> None:
    sent: list[str] = []

    async def send(request: PurgeRequest) -> None:
        sent.append(request.headers["Surrogate-Key"])
        if len(sent) == 1:
            raise ZeroDivisionError

    edge = Edge(kind="varnish", url="http://varnish", token=SecretStr(TOKEN))
    async with Purger([(edge, TOKEN)], send, metrics) as running:
        running.changed([change("a")])
        await asyncio.sleep(0.1)
        running.changed([change("b")])
        await asyncio.sleep(0.1)
        assert sent == ["a", "b"]
    assert "a purge could not be sent" in caplog.text


async def test_what_finds_no_room_is_counted(edge: StandIn, metrics: Metrics, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(purger, "MOST_HELD", 5)
    async with purging(metrics, edge) as running:
        running.changed([change(str(number)) for number in range(8)])
        await edge.has_taken(1)
    assert edge.taken[0] == ("PURGE", "3 4 5 6 7")
    assert counted(metrics, "dropped") == 3


async def test_the_egress_policy_decides_where_a_purge_may_go(edge: StandIn, metrics: Metrics) -> None:
    setting = Edge(kind="varnish", url=edge.url, token=SecretStr(TOKEN))
    async with told(metrics, setting, egress=EgressPolicy()) as running:
        running.changed([change("a")])
        await asyncio.sleep(0.2)
    assert counted(metrics, "failed") > 0
    assert edge.taken == []


def test_a_token_can_be_kept_in_a_file_of_its_own(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text("s3cret\n")
    edge = Edge(kind="varnish", url="http://varnish", token_file=file)
    assert list(with_tokens([edge])) == [(edge, "s3cret")]


@pytest.mark.parametrize("content", [None, "", "two words", "zwölf"])
def test_a_token_that_cannot_be_read_stops_the_start_and_names_the_file(tmp_path: Path, content: str | None) -> None:
    file = tmp_path / "token"
    if content is not None:
        file.write_text(content)
    with pytest.raises(SettingsError, match=r"edges\[0\].token_file: .*token: ") as caught:
        list(with_tokens([Edge(kind="varnish", url="http://varnish", token_file=file)]))
    assert content is None or not content or content not in caught.value.message
