"""webcal:// means https://; http only where the policy allows it and there is no TLS to be had."""

import asyncio
import ssl
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from feedproxy.errors import FetchFailed
from feedproxy.policy.access import Credentials
from feedproxy.policy.egress import EgressPolicy
from feedproxy.upstream import Fetched, FetchRequest, Limits, UpstreamClient
from tests.upstream.conversation import Server, plain, serving

FEED = b"BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n"


def client(egress: EgressPolicy) -> UpstreamClient:
    return UpstreamClient(Limits(), egress, user_agent="feedproxy/test")


def webcal(server: Server) -> str:
    return server.url().replace("http:", "webcal:")


async def test_a_host_that_speaks_only_http_is_fetched_from_where_that_is_allowed() -> None:
    async with serving(plain(200, FEED)) as server, client(EgressPolicy(allow=["127.0.0.1"])) as upstream:
        answer = await upstream.fetch(FetchRequest(webcal(server), credentials=Credentials(b"u", b"p")))
    assert isinstance(answer, Fetched)
    assert answer.hops[0].url_shown == server.url()
    assert server.asked[-1].headers["authorization"] == "Basic dTpw"


@pytest.mark.parametrize("report_only", [False, True])
async def test_elsewhere_it_is_not(*, report_only: bool) -> None:
    """A policy that only reports stops nothing, and opens nothing either."""
    async with serving(plain(200, FEED)) as server:
        https_only = server.url().replace("http:", "https:")
        egress = EgressPolicy(urls=[https_only], report_only=report_only)
        async with client(egress) as upstream:
            with pytest.raises(FetchFailed) as failed:
                await upstream.fetch(FetchRequest(webcal(server)))
    assert failed.value.reason == "connect"
    assert server.asked == []


@pytest.mark.parametrize("scheme", ["https", "webcals"])
async def test_other_schemes_say_that_tls_is_wanted(scheme: str) -> None:
    async with serving(plain(200, FEED)) as server, client(EgressPolicy(allow=["127.0.0.1"])) as upstream:
        with pytest.raises(FetchFailed) as failed:
            await upstream.fetch(FetchRequest(server.url().replace("http:", f"{scheme}:")))
    assert failed.value.reason == "connect"
    assert server.asked == []


async def test_a_certificate_that_we_do_not_trust_is_no_reason_to_do_without(tmp_path: Path) -> None:
    async with tls_server(tmp_path) as port, client(EgressPolicy(allow=["127.0.0.1"])) as upstream:
        with pytest.raises(FetchFailed) as failed:
            await upstream.fetch(FetchRequest(f"webcal://127.0.0.1:{port}/secret"))
    assert failed.value.reason == "certificate"
    assert failed.value.message == "127.0.0.1 has no certificate that we trust: self-signed certificate"


async def test_an_answer_over_tls_is_an_answer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A 404 over https is not asked for again over http."""
    async with tls_server(tmp_path) as port:
        monkeypatch.setattr("aiohttp.connector._SSL_CONTEXT_VERIFIED", ssl._create_unverified_context())
        async with client(EgressPolicy(allow=["127.0.0.1"])) as upstream:
            with pytest.raises(FetchFailed) as failed:
                await upstream.fetch(FetchRequest(f"webcal://127.0.0.1:{port}/secret"))
    assert failed.value.reason == "status-404"


@asynccontextmanager
async def tls_server(folder: Path) -> AsyncIterator[int]:
    """Answer 404 over TLS, with a certificate that nobody signed."""
    key, certificate = folder / "key.pem", folder / "certificate.pem"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=127.0.0.1", "-days", "2"]
    command += ["-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(key), "-out", str(certificate)]
    await asyncio.to_thread(subprocess.run, command, check=True, capture_output=True)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, key)

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(plain(404))

    server = await asyncio.start_server(answer, "127.0.0.1", 0, ssl=context)
    async with server:
        yield server.sockets[0].getsockname()[1]
