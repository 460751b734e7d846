"""What is sent to an edge or a webhook goes through the same door as a fetch."""

import asyncio

import pytest

from feedproxy.errors import EgressDenied, FetchFailed
from feedproxy.metrics import Metrics
from feedproxy.policy.egress import EgressPolicy
from feedproxy.upstream import GuardedSession
from tests.upstream.conversation import Answer, Asked, Names, plain, serving


async def test_a_request_with_a_body_is_sent_and_its_answer_given_whatever_the_status() -> None:
    async with (
        serving({"/hook": plain(503, b"busy", Retry_After="5")}) as server,
        GuardedSession(EgressPolicy(urls=[server.url()])) as session,
    ):
        reply = await session.send("POST", server.url("/hook"), headers={"X-Tag": "a"}, body=b"{}")
    assert (reply.status, reply.headers["Retry-After"], reply.body) == (503, "5", b"busy")
    assert server.asked[0].target == "/hook"
    assert (server.asked[0].headers["x-tag"], server.asked[0].headers["content-length"]) == ("a", "2")


async def test_any_method_is_sent() -> None:
    async with serving({"/feed": plain(200)}) as server, GuardedSession(EgressPolicy(urls=[server.url()])) as session:
        assert (await session.send("PURGE", server.url("/feed"), headers={})).status == 200


async def test_a_redirect_is_an_answer_and_not_followed() -> None:
    async with (
        serving(plain(302, Location="/b")) as server,
        GuardedSession(EgressPolicy(urls=[server.url()])) as session,
    ):
        assert (await session.send("POST", server.url(), headers={})).status == 302
    assert len(server.asked) == 1


async def test_of_an_endless_answer_the_beginning_is_given() -> None:
    async def endless(_: Asked, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        while not writer.is_closing():
            writer.write(b"x" * 1_000)
            await writer.drain()
            await asyncio.sleep(0)

    async with serving(endless) as server, GuardedSession(EgressPolicy(urls=[server.url()])) as session:
        reply = await session.send("POST", server.url(), headers={}, max_octets=1_500)
    assert reply.body == b"x" * 1_500


async def test_silence_ends_with_the_total_time() -> None:
    async with serving({"/secret": b""}) as server, GuardedSession(EgressPolicy(urls=[server.url()])) as session:
        with pytest.raises(FetchFailed) as failed:
            await session.send("POST", server.url("/secret"), headers={}, total_seconds=0.2)
    assert failed.value.reason == "timeout"
    assert "secret" not in failed.value.message


@pytest.mark.parametrize(
    ("answer", "reason"),
    [(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nx", "broken-body"), (b"SMTP\r\n\r\n", "bad-answer")],
)
async def test_a_broken_answer_has_the_name_that_it_has_for_a_fetch(answer: bytes, reason: str) -> None:
    async def words(_: Asked, writer: asyncio.StreamWriter) -> None:
        writer.write(answer)
        await writer.drain()
        writer.close()

    async with serving(words) as server, GuardedSession(EgressPolicy(urls=[server.url()])) as session:
        with pytest.raises(FetchFailed) as failed:
            await session.send("POST", server.url(), headers={})
    assert failed.value.reason == reason


@pytest.mark.parametrize(
    ("host", "reason"),
    [("127.0.0.1", "egress-loopback"), ("inside.example", "egress-loopback"), ("0x7f.1", "egress-host")],
)
async def test_what_may_not_be_fetched_may_not_be_sent_to(host: str, reason: str) -> None:
    metrics = Metrics(version="", tzdata="", cldr="")
    names = Names(inside_example=[["127.0.0.1"]])
    answers: dict[str, Answer] = {"/": plain(200)}
    async with serving(answers) as server:
        egress = EgressPolicy(allow_http=True, ports=[server.port])
        async with GuardedSession(egress, metrics=metrics, resolver=names) as session:
            with pytest.raises(EgressDenied) as denied:
                await session.send("POST", server.url(host=host), headers={})
    assert denied.value.reason == reason
    assert server.asked == []
    labels = {"reason": reason.removeprefix("egress-"), "mode": "enforce"}
    assert metrics.registry.get_sample_value("feedproxy_rejected_destination_total", labels) == 1
