"""Names are looked up where nobody else waits."""

import asyncio
import socket
import threading

import pytest

from feedproxy.policy.egress import EgressPolicy
from feedproxy.upstream import Fetched, FetchRequest, Limits, UpstreamClient
from feedproxy.upstream.names import THREADS, Resolver
from tests.upstream.conversation import plain, serving


async def test_a_name_is_resolved_to_its_addresses() -> None:
    resolver = Resolver()
    results = await resolver.resolve("localhost", 80, socket.AF_INET)
    await resolver.close()
    assert {(result["host"], result["port"], result["family"]) for result in results} == {
        ("127.0.0.1", 80, socket.AF_INET)
    }


async def test_a_name_that_has_none_is_an_os_error() -> None:
    resolver = Resolver()
    with pytest.raises(OSError, match=r"Name or service not known|No address|Temporary failure"):
        await resolver.resolve("nowhere.invalid")
    await resolver.close()


async def test_names_whose_servers_never_answer_hold_up_neither_other_threads_nor_known_addresses(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    over = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: over.wait(20))
    async with serving(plain(200, b"feed")) as server:
        egress = EgressPolicy(allow=["127.0.0.1"])
        async with UpstreamClient(Limits(), egress, user_agent="feedproxy/test") as upstream:
            urls = [f"https://{n}.example/" for n in range(2 * THREADS)]
            hanging = [asyncio.ensure_future(upstream.fetch(FetchRequest(url))) for url in urls]
            await asyncio.sleep(0.05)
            assert await asyncio.wait_for(asyncio.to_thread(lambda: "done"), 5) == "done"
            answer = await asyncio.wait_for(upstream.fetch(FetchRequest(server.url())), 5)
            assert isinstance(answer, Fetched)
            assert not any(each.done() for each in hanging)
            for each in hanging:
                each.cancel()
            await asyncio.gather(*hanging, return_exceptions=True)
            over.set()
