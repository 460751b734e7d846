"""X-Request-Id: taken from the operator's own proxies when it is sane, made here otherwise, and in the log line."""

import json
from pathlib import Path

import pytest
from aiohttp import ClientSession

from feedproxy.demo.subscriptions import LEAGUE
from tests.web.running import Running, running

FEED = f"/webcal/{LEAGUE.id}"


async def ids_of(service: Running, path: str, sent: str) -> tuple[str, str]:
    """Ask with a request id; return that of the answer, and that of the log line."""
    async with (
        ClientSession() as session,
        session.get(service.url + path, headers={"X-Request-Id": sent}) as answer,
    ):
        said = answer.headers["X-Request-Id"]
    return said, json.loads(service.log_lines()[-1])["request_id"]


async def test_the_id_of_a_trusted_proxy_is_taken_also_where_the_answer_is_ready(tmp_path: Path) -> None:
    async with running(tmp_path, trusted_proxies=["127.0.0.1"]) as service:
        for number, path in enumerate([FEED, FEED, FEED, "/healthz", "/nowhere"]):
            sent = f"Root=1-67891233-{number}@proxy"
            assert await ids_of(service, path, sent) == (sent, sent)


@pytest.mark.parametrize("sent", ["", "a b", '"},{"', "é", "x" * 129, "<b>"])
async def test_what_is_no_sane_id_is_replaced(tmp_path: Path, sent: str) -> None:
    async with running(tmp_path, trusted_proxies=["127.0.0.1"]) as service:
        said, logged = await ids_of(service, FEED, sent)
    assert said == logged
    assert said != sent


async def test_a_stranger_names_no_request(tmp_path: Path) -> None:
    async with running(tmp_path, trusted_proxies=["192.0.2.0/24"]) as service:
        for path in (FEED, FEED, "/healthz"):
            said, logged = await ids_of(service, path, "mine")
            assert said == logged
            assert said != "mine"
