"""The client: one conditional GET, hop by hop."""

import asyncio
from base64 import b64encode
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
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
from feedproxy.upstream import blocks, failures, redirects
from feedproxy.upstream.body import ACCEPT_ENCODING, BodyReader, too_large
from feedproxy.upstream.exchange import Fetched, FetchRequest, Hop, NotModified, Validators, Way
from feedproxy.upstream.response import Response
from feedproxy.upstream.session import GuardedSession

DECODED_AT_ONCE = 4_096
"""Octets, coded, that are decoded before others have their turn: 64 KB of a feed took 7 ms."""
LARGE = 1_000_000
"""Octets of a body that is put together in a thread: 20 MB take 3 to 24 ms."""
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
            asked = _read(request)
        except UrlRefused as refusal:
            raise self._session.gate.refused_url(refusal) from None
        try:
            async with asyncio.timeout(self._limits.total_seconds):
                if asked.moved_to is not None:
                    with suppress(FetchFailed):
                        return await self._follow(asked, asked.moved_to)
                if asked.webcal:
                    return await self._webcal(asked)
                return await self._follow(asked, asked.url)
        except TimeoutError:
            raise failures.timed_out(asked.url.origin.host, self._limits.total_seconds) from None

    async def _webcal(self, asked: "_Asked") -> Fetched | NotModified:
        """Fetch with https, or with http from a host that has no TLS at all, where the policy allows that."""
        try:
            return await self._follow(asked, asked.url)
        except FetchFailed as failure:
            plain = without_tls(asked.url)
            if failure.reason not in failures.NO_TLS or not self._session.gate.allows(plain):
                raise
        return await self._follow(replace(asked, url=plain), plain)

    async def _follow(self, asked: "_Asked", url: WebUrl) -> Fetched | NotModified:
        """Ask at `url`, and on where the answer points. What is private to the origin asked stays behind for good."""
        hops: list[Hop] = []
        try:
            return await self._followed(asked, url, hops)
        except FetchFailed as failure:
            failure.hops = tuple((hop.url_shown, hop.status, hop.address) for hop in hops)
            raise

    async def _followed(self, asked: "_Asked", url: WebUrl, hops: list[Hop]) -> Fetched | NotModified:
        began = asyncio.get_running_loop().time()
        pointed: list[tuple[int, str]] = []
        from_moved = url is asked.moved_to
        crossed = url.origin != asked.url.origin
        self._session.gate.check(url, start=asked.url.origin)
        while True:
            validators = asked.validators_for(url, crossed=crossed)
            headers = CIMultiDict[str]() if crossed else asked.private.copy()
            headers.update(validators)
            answer = await self._ask(url, headers)
            hops.append(Hop(f"{url.origin}{url.path}", answer.status, answer.address))
            if answer.status not in redirects.STATUSES:
                break
            target = self._next(url, answer, len(hops))
            pointed.append((answer.status, str(target)))
            self._session.gate.check(target, start=asked.url.origin)
            crossed = crossed or target.origin != asked.url.origin
            url = target
        abroad = Validators(str(url), answer.field("ETag"), answer.field("Last-Modified")) if crossed else None
        seconds = asyncio.get_running_loop().time() - began
        way = Way(tuple(pointed), from_moved, abroad)
        return _concluded(url, answer, tuple(hops), way, seconds, conditional=bool(validators))

    def _next(self, url: WebUrl, answer: "_Answer", hops: int) -> WebUrl:
        host = url.origin.host
        block = blocks.user_agent_block(host, answer.status, answer.headers) or blocks.sign_in(host, answer.headers)
        if block is not None:
            raise FetchFailed("bad-redirect", block, upstream_status=answer.status)
        if hops > self._limits.max_redirects:
            message = f"{host} is still redirecting after {self._limits.max_redirects} redirects"
            raise FetchFailed("too-many-redirects", message, upstream_status=answer.status)
        return redirects.next_url(url, answer.headers.get("Location"), status=answer.status)

    async def _ask(self, url: WebUrl, private: CIMultiDict[str]) -> "_Answer":
        """Send one GET and read its answer, the body only of a 200."""
        host = url.origin.host
        async with self._session.request("GET", url, headers=self._headers(host, private)) as response:
            body = await self._body(response, host) if response.status == 200 else BodyReader(None, max_octets=0)
            whole = body.finish() if body.octets < LARGE else await asyncio.to_thread(body.finish)
            return _Answer(response.status, response.address, response.headers, whole, body.wire_octets)

    async def _body(self, response: Response, host: str) -> BodyReader:
        """Read a body up to its end, or to the first octet too many."""
        limit = self._limits.max_octets
        if response.content_length is not None and response.content_length > limit:
            raise too_large(limit)
        reader = BodyReader(response.headers.get("Content-Encoding"), max_octets=limit)
        try:
            async for octets in response.content.iter_any():
                step = DECODED_AT_ONCE if reader.is_coded else len(octets)
                for start in range(0, len(octets), step or 1):
                    reader.feed(octets[start : start + step])
                    if start:
                        await asyncio.sleep(0)
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

    def field(self, name: str) -> str | None:
        """Return a header field if it is text that can be stored and sent back as it came."""
        value = self.headers.get(name)
        if value is not None and name == "Cache-Control":  # a list, which may be spread over several fields
            value = ", ".join(self.headers.getall(name))
        return value if value is not None and value.isascii() and value.isprintable() else None


@dataclass(frozen=True, slots=True)
class _Asked:
    """A request, read. `private` and `validators` are the header fields for its own origin."""

    url: WebUrl
    webcal: bool
    moved_to: WebUrl | None
    private: CIMultiDict[str]
    validators: dict[str, str]
    abroad: Validators | None

    def validators_for(self, url: WebUrl, *, crossed: bool) -> dict[str, str]:
        """Return the header fields that make a request conditional, if this URL gave the copy at hand, or may have."""
        if self.abroad is not None and self.abroad.url == str(url):
            return _conditional(self.abroad.etag, self.abroad.last_modified)
        return {} if crossed else self.validators


def _conditional(etag: str | None, last_modified: str | None) -> dict[str, str]:
    fields = {"If-None-Match": etag, "If-Modified-Since": last_modified}
    return {name: value for name, value in fields.items() if value is not None}


def _read(request: FetchRequest) -> _Asked:
    """Read a request; the credentials are its own or, failing those, its URL's. Raises UrlRefused."""
    text, userinfo = split_userinfo(request.url)
    url = read_url(text)
    credentials = request.credentials
    if credentials is None and userinfo is not None:
        user, _, password = userinfo.partition(":")
        credentials = Credentials(unquote_to_bytes(user), unquote_to_bytes(password))
    private = CIMultiDict(request.headers)
    if credentials is not None:
        private["Authorization"] = "Basic " + b64encode(credentials.octets).decode("ascii")
    return _Asked(
        url=url,
        webcal=is_webcal(request.url),
        moved_to=read_url(request.moved_to) if request.moved_to is not None else None,
        private=private,
        validators=_conditional(request.etag, request.last_modified),
        abroad=request.abroad,
    )


def _concluded(
    url: WebUrl, answer: _Answer, hops: tuple[Hop, ...], way: Way, seconds: float, *, conditional: bool
) -> Fetched | NotModified:
    """Say what the last answer means. A 304 is one only to a `conditional` request."""
    host, status, field = url.origin.host, answer.status, answer.field
    if status == 304 and conditional:
        return NotModified(
            etag=None if way.abroad else field("ETag"),
            last_modified=None if way.abroad else field("Last-Modified"),
            cache_control=field("Cache-Control"),
            expires=field("Expires"),
            date=field("Date"),
            age=field("Age"),
            hops=hops,
            way=way,
            seconds=seconds,
        )
    challenge = blocks.challenge(host, answer.headers)
    if challenge is not None:
        raise challenge
    if status != 200:
        raise failures.status_failure(host, status, answer.headers)
    block = blocks.user_agent_block(host, status, answer.headers)
    if block is not None:
        raise FetchFailed("html", block, upstream_status=status)
    return Fetched(
        body=answer.body,
        etag=None if way.abroad else field("ETag"),
        last_modified=None if way.abroad else field("Last-Modified"),
        cache_control=field("Cache-Control"),
        expires=field("Expires"),
        date=field("Date"),
        age=field("Age"),
        content_type=field("Content-Type"),
        hops=hops,
        way=way,
        wire_octets=answer.wire_octets,
        seconds=seconds,
    )
