"""The client: one conditional GET, hop by hop."""

import asyncio
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from types import MappingProxyType
from typing import Self
from urllib.parse import unquote_to_bytes

from aiohttp.abc import AbstractResolver
from multidict import CIMultiDict, CIMultiDictProxy

from feedproxy.errors import FetchFailed
from feedproxy.metrics import Metrics
from feedproxy.policy.access import Credentials
from feedproxy.policy.egress import EgressPolicy
from feedproxy.policy.weburl import UrlRefused, WebUrl, is_webcal, read_url, split_userinfo, without_tls
from feedproxy.upstream import failures, redirects
from feedproxy.upstream.body import ACCEPT_ENCODING, BodyReader, too_large
from feedproxy.upstream.exchange import Fetched, FetchRequest, Hop, NotModified
from feedproxy.upstream.response import Response
from feedproxy.upstream.session import GuardedSession

ACCEPT = "text/calendar, */*;q=0.1"


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of a fetch. `max_octets` counts the body as sent and, apart from that, as decoded."""

    connect_seconds: float = 5.0
    total_seconds: float = 20.0
    max_octets: int = 20_000_000
    max_redirects: int = 5
    connections_per_host: int = 4
    connections: int = 64


@dataclass(frozen=True, slots=True)
class HostProfile:
    """How a certain host wants to be asked: a User-Agent, and header fields that are sent to it alone."""

    user_agent: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)


_USUAL = HostProfile()


class UpstreamClient:
    """Fetches feeds; open in one event loop, as an async context manager or with `start` and `close`.

    `profiles` say how to ask certain hosts. `resolver` replaces the system's.
    """

    def __init__(
        self,
        limits: Limits,
        egress: EgressPolicy,
        *,
        user_agent: str,
        profiles: Mapping[str, HostProfile] = MappingProxyType({}),
        metrics: Metrics | None = None,
        resolver: AbstractResolver | None = None,
    ) -> None:
        self._limits = limits
        self._profiles = profiles
        self._user_agent = user_agent
        self._session = GuardedSession(
            egress,
            metrics=metrics,
            connect_seconds=limits.connect_seconds,
            connections=limits.connections,
            connections_per_host=limits.connections_per_host,
            resolver=resolver,
        )

    async def start(self) -> None:
        """Get ready to fetch."""
        await self._session.start()

    async def close(self) -> None:
        """Close all connections."""
        await self._session.close()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def fetch(self, request: FetchRequest) -> Fetched | NotModified:
        """GET, following redirects. Raises FetchFailed, or EgressDenied where the policy forbids it; nothing else."""
        try:
            url, credentials = _target(request)
        except UrlRefused as refusal:
            raise self._session.gate.refused_url(refusal) from None
        private = _private_headers(request, credentials)
        try:
            async with asyncio.timeout(self._limits.total_seconds):
                if is_webcal(request.url):
                    return await self._webcal(url, private)
                return await self._follow(url, private)
        except TimeoutError:
            raise failures.timed_out(url.origin.host, self._limits.total_seconds) from None

    async def _webcal(self, url: WebUrl, private: CIMultiDict[str]) -> Fetched | NotModified:
        """Fetch with https, or with http from a host that has no TLS at all, where the policy allows that."""
        try:
            return await self._follow(url, private)
        except FetchFailed as failure:
            plain = without_tls(url)
            if failure.reason not in failures.NO_TLS or not self._session.gate.allows(plain):
                raise
        return await self._follow(plain, private)

    async def _follow(self, url: WebUrl, private: CIMultiDict[str]) -> Fetched | NotModified:
        """Ask, and ask on where the answer points. What is `private` to the first origin stays behind for good."""
        began = asyncio.get_running_loop().time()
        start = url.origin
        hops: list[Hop] = []
        crossed = False
        self._session.gate.check(url)
        while True:
            answer = await self._ask(url, CIMultiDict() if crossed else private)
            hops.append(Hop(f"{url.origin}{url.path}", answer.status, answer.address))
            if answer.status not in redirects.STATUSES:
                break
            target = self._next(url, answer, len(hops))
            self._session.gate.check(target, start=start)
            crossed = crossed or target.origin != url.origin
            url = target
        seconds = asyncio.get_running_loop().time() - began
        conditional = not crossed and ("If-None-Match" in private or "If-Modified-Since" in private)
        return _concluded(url, answer, tuple(hops), seconds, crossed=crossed, conditional=conditional)

    def _next(self, url: WebUrl, answer: "_Answer", hops: int) -> WebUrl:
        block = failures.known_block(url.origin.host, answer.status, answer.headers)
        if block is not None:
            raise FetchFailed("bad-redirect", block, upstream_status=answer.status)
        if hops > self._limits.max_redirects:
            message = f"{url.origin.host} is still redirecting after {self._limits.max_redirects} redirects"
            raise FetchFailed("too-many-redirects", message, upstream_status=answer.status)
        return redirects.next_url(url, answer.headers.get("Location"), status=answer.status)

    async def _ask(self, url: WebUrl, private: CIMultiDict[str]) -> "_Answer":
        """Send one GET and read its answer, the body only of a 200."""
        host = url.origin.host
        async with self._session.request("GET", url, headers=self._headers(host, private)) as response:
            body = await self._body(response, host) if response.status == 200 else BodyReader(None, max_octets=0)
            return _Answer(response.status, response.address, response.headers, body.finish(), body.wire_octets)

    async def _body(self, response: Response, host: str) -> BodyReader:
        """Read a body up to its end, or to the first octet too many."""
        limit = self._limits.max_octets
        if response.content_length is not None and response.content_length > limit:
            raise too_large(limit)
        reader = BodyReader(response.headers.get("Content-Encoding"), max_octets=limit)
        try:
            async for octets in response.content.iter_any():
                reader.feed(octets)
        except failures.BODY_ERRORS as error:
            raise failures.body_failure(error, host) from None
        return reader

    def _headers(self, host: str, private: CIMultiDict[str]) -> CIMultiDict[str]:
        """Return the fields for a host: what it is asked with, over that of its profile, over the usual."""
        profile = self._profiles.get(host, _USUAL)
        headers = CIMultiDict({"Accept": ACCEPT, "User-Agent": profile.user_agent or self._user_agent})
        headers.update(profile.headers)
        headers.update(private)
        headers["Accept-Encoding"] = ACCEPT_ENCODING  # what `BodyReader` can decode, whatever else is wished for
        return headers


@dataclass(frozen=True, slots=True)
class _Answer:
    status: int
    address: str
    headers: CIMultiDictProxy[str]
    body: bytes
    wire_octets: int


def _target(request: FetchRequest) -> tuple[WebUrl, Credentials | None]:
    """Read the request's URL; the credentials are its own or, failing those, the URL's. Raises UrlRefused."""
    text, userinfo = split_userinfo(request.url)
    url = read_url(text)
    if request.credentials is not None or userinfo is None:
        return url, request.credentials
    user, _, password = userinfo.partition(":")
    return url, Credentials(unquote_to_bytes(user), unquote_to_bytes(password))


def _private_headers(request: FetchRequest, credentials: Credentials | None) -> CIMultiDict[str]:
    """Return the header fields that are for the origin of the request's URL alone."""
    headers = CIMultiDict(request.headers)
    if credentials is not None:
        headers["Authorization"] = "Basic " + b64encode(credentials.octets).decode("ascii")
    if request.etag is not None:
        headers["If-None-Match"] = request.etag
    if request.last_modified is not None:
        headers["If-Modified-Since"] = request.last_modified
    return headers


def _concluded(
    url: WebUrl, answer: _Answer, hops: tuple[Hop, ...], seconds: float, *, crossed: bool, conditional: bool
) -> Fetched | NotModified:
    """Say what the last answer means. A 304 is one only to a `conditional` request."""
    host, status, field = url.origin.host, answer.status, partial(_plain, answer.headers)
    if status == 304 and conditional:
        return NotModified(
            etag=field("ETag"),
            last_modified=field("Last-Modified"),
            cache_control=field("Cache-Control"),
            expires=field("Expires"),
            date=field("Date"),
            age=field("Age"),
            hops=hops,
            seconds=seconds,
        )
    if status != 200:
        raise failures.status_failure(host, status, answer.headers)
    block = failures.known_block(host, status, answer.headers)
    if block is not None:
        raise FetchFailed("html", block, upstream_status=status)
    return Fetched(
        body=answer.body,
        etag=None if crossed else field("ETag"),
        last_modified=None if crossed else field("Last-Modified"),
        cache_control=field("Cache-Control"),
        expires=field("Expires"),
        date=field("Date"),
        age=field("Age"),
        content_type=field("Content-Type"),
        hops=hops,
        wire_octets=answer.wire_octets,
        seconds=seconds,
    )


def _plain(headers: CIMultiDictProxy[str], name: str) -> str | None:
    """Return a header field if it is text that can be stored and sent back as it came."""
    value = headers.get(name)
    return value if value is not None and value.isascii() and value.isprintable() else None
