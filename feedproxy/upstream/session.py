"""The one way out: whatever feedproxy sends to another host goes through here.

The URL is judged before anything is resolved, the address as it is dialled. No redirect is followed, no cookie kept, no
proxy or .netrc of the environment used.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Self

from aiohttp import ClientSession, ClientTimeout, DummyCookieJar, TCPConnector
from aiohttp.abc import AbstractResolver
from multidict import CIMultiDictProxy
from yarl import URL

from feedproxy.metrics import Metrics
from feedproxy.policy.egress import EgressPolicy
from feedproxy.policy.weburl import UrlRefused, WebUrl, read_url
from feedproxy.upstream import failures
from feedproxy.upstream.dial import Gate
from feedproxy.upstream.names import Resolver
from feedproxy.upstream.response import Response


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer: its status and header fields, and of its body as much as was wanted."""

    status: int
    headers: CIMultiDictProxy[str]
    body: bytes


class GuardedSession:
    """Sends requests where the egress policy allows; open in one event loop, as a context manager or with `start`.

    What the policy refuses, or would refuse if it did not only report, is logged and counted in `metrics`. `resolver`
    replaces the system's.
    """

    def __init__(
        self,
        egress: EgressPolicy,
        *,
        metrics: Metrics | None = None,
        connect_seconds: float = 5.0,
        connections: int = 64,
        connections_per_host: int = 4,
        resolver: AbstractResolver | None = None,
    ) -> None:
        self.gate = Gate(egress, metrics)
        self._connect_seconds = connect_seconds
        self._connections = connections
        self._connections_per_host = connections_per_host
        self._resolver = resolver
        self._session: ClientSession | None = None

    async def start(self) -> None:
        """Get ready to send."""
        self._session = ClientSession(
            connector=TCPConnector(
                resolver=self._resolver or Resolver(),
                socket_factory=self.gate.open_socket,
                limit=self._connections,
                limit_per_host=self._connections_per_host,
            ),
            response_class=Response,
            cookie_jar=DummyCookieJar(),
            timeout=ClientTimeout(total=None, sock_connect=self._connect_seconds),
            auto_decompress=False,
            trust_env=False,
        )

    async def close(self) -> None:
        """Close all connections."""
        if self._session is not None:
            await self._session.close()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    @asynccontextmanager
    async def request(
        self, method: str, url: WebUrl, *, headers: Mapping[str, str], body: bytes | None = None
    ) -> AsyncIterator[Response]:
        """Send a request to a URL that the caller had judged; the answer's head is there, its body is still to be read.

        Raises FetchFailed, or EgressDenied when the address may not be dialled.
        """
        host = url.origin.host
        assert self._session is not None, "start() first"
        with self.gate.dialling(host) as attempts:
            try:
                response = await self._session.request(
                    method, URL(str(url), encoded=True), headers=headers, data=body, allow_redirects=False
                )
            except failures.HEAD_ERRORS as error:
                if attempts.refused is not None:
                    raise failures.egress_denied(attempts.refused, host) from None
                raise failures.connection_failure(error, host) from None
        assert isinstance(response, Response)
        async with response:
            yield response

    async def send(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str],
        body: bytes | None = None,
        total_seconds: float = 10.0,
        max_octets: int = 65_536,
    ) -> Reply:
        """Send a request and return the answer, whatever its status, with no more than `max_octets` of its body.

        Raises FetchFailed: `timeout`, `connect` and so on (`feedproxy.upstream.failures`); EgressDenied for a URL or
        address that may not be dialled. No more is raised, and no message has the URL's path, query or user in it.
        """
        try:
            read = read_url(url)
        except UrlRefused as refusal:
            raise self.gate.refused_url(refusal) from None
        self.gate.check(read)
        try:
            async with (
                asyncio.timeout(total_seconds),
                self.request(method, read, headers={"Accept-Encoding": "identity", **headers}, body=body) as response,
            ):
                return Reply(response.status, response.headers, await _beginning(response, max_octets))
        except TimeoutError:
            raise failures.timed_out(read.origin.host, total_seconds) from None
        except failures.BODY_ERRORS as error:
            raise failures.body_failure(error, read.origin.host) from None


async def _beginning(response: Response, octets: int) -> bytes:
    """Read a body to its end, or to so many octets; the rest is not waited for."""
    parts = []
    async for part in response.content.iter_any():
        parts.append(part[:octets])
        octets -= len(part)
        if octets <= 0:
            response.close()
            break
    return b"".join(parts)
