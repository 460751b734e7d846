"""Every way that is known to write an inside address, tried on a client with real sockets.

Something listens on every local address, so a way that is open would be seen to lead there; and the interpreter's own
audit events show what is really connected to, so that an address which is not local is not dialled either.
"""

import asyncio
import socket
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest
from aiohttp import ClientSession, TCPConnector

from feedproxy.errors import EgressDenied, FetchFailed
from feedproxy.policy.egress import EgressPolicy
from feedproxy.upstream import Fetched, FetchRequest, GuardedSession, Limits, UpstreamClient
from tests.upstream.conversation import Answer, Asked, Names, Server, plain

FEED = b"BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n"

ADDRESSES = """
    127.0.0.1                           loopback
    127.0.0.53                          loopback
    127.255.255.254                     loopback
    ::1                                 loopback
    ::ffff:127.0.0.1                    loopback
    ::ffff:7f00:1                       loopback
    0.0.0.0                             unspecified
    0.1.2.3                             unspecified
    ::                                  unspecified
    ::ffff:0.0.0.0                      unspecified
    10.0.0.1                            private
    172.16.0.1                          private
    172.31.255.255                      private
    192.168.1.1                         private
    ::ffff:10.0.0.1                     private
    fc00::1                             private
    fd12:3456::1                        private
    fec0::1                             private
    169.254.1.1                         link-local
    fe80::1                             link-local
    169.254.169.254                     metadata
    ::ffff:169.254.169.254              metadata
    169.254.170.2                       metadata
    168.63.129.16                       metadata
    100.100.100.200                     metadata
    fd00:ec2::254                       metadata
    100.64.0.1                          cgnat
    100.127.255.254                     cgnat
    192.0.2.1                           documentation
    2001:db8::1                         documentation
    198.18.0.1                          benchmark
    224.0.0.1                           multicast
    239.255.255.250                     multicast
    ff02::1                             multicast
    64:ff9b::7f00:1                     nat64
    64:ff9b::a9fe:a9fe                  nat64
    64:ff9b:1::a00:1                    nat64
    2002:7f00:1::                       6to4
    2002:a00:1::1                       6to4
    2001:0:7f00:1::                     teredo
    2001:0:4136:e378:8000:63bf:80ff:fffe teredo
    192.0.0.8                           reserved
    240.0.0.1                           reserved
    255.255.255.255                     reserved
    ::127.0.0.1                         reserved
    100::1                              reserved
    4000::1                             reserved
"""
"""As a resolver or a URL gives them, and the class that each is refused for."""

SPELLINGS = """
    2130706433                          host
    017700000001                        host
    0x7f000001                          host
    0x7F000001                          host
    0x7f.0x0.0x0.0x1                    host
    0x7f.1                              host
    0177.0.0.1                          host
    0177.1                              host
    127.1                               host
    127.0.1                             host
    127.0.0.01                          host
    127.0.0.1.                          host
    127.0.0.1%2e                        host
    127.0.0.1%00.example.com            host
    127.0.0.256                         host
    0                                   host
    localhost.                          host
    LOCALHOST.                          host
    ①②⑦.⓪.⓪.①                           host
    １２７.０.０.１                       host
    127。0。0。1                          host
    127．0．0．1                          host
    ⓛocalhost                           host
    ｌocalhost                           host
    bücher.example                      host
    loc\u00adalhost                     host
    %6c%6f%63alhost                     host
    [::1%25lo]                          host
    [fe80::1%25eth0]                    host
    [::ffff:127.0.0.1%25lo]             host
    [127.0.0.1]                         host
    [::1].example.com                   host
    [::127.1]                           host
    example.com@127.0.0.1               userinfo
    example.com:80@127.0.0.1            userinfo
    127.0.0.1@example.com               userinfo
    @127.0.0.1                          userinfo
    example.com%40@127.0.0.1            userinfo
    example.com\\@127.0.0.1             userinfo
    127.0.0.1\\.example.com             host
    [0:0:0:0:0:0:0:1]                   loopback
    [0000:0000::0001]                   loopback
    [::FFFF:127.0.0.1]                  loopback
    [0:0:0:0:0:ffff:7f00:0001]          loopback
    [::ffff:a9fe:a9fe]                  metadata
    [64:FF9B::127.0.0.1]                nat64
    [2002:7F00:0001::]                  6to4
"""  # noqa: RUF001 # letters and digits that only look like ASCII
"""How the host is written in a URL, and the part of it or the class that it is refused for."""


def rows(table: str) -> list[tuple[str, str]]:
    pairs = (line.rsplit(maxsplit=1) for line in table.splitlines() if line.strip())
    return [(written.strip(), f"egress-{name}") for written, name in pairs]


def as_host(address: str) -> str:
    return f"[{address}]" if ":" in address else address


IN_URLS = [(as_host(address), reason) for address, reason in rows(ADDRESSES)] + rows(SPELLINGS)

_connected: list[str] | None = None


def _audit(event: str, arguments: tuple[object, ...]) -> None:
    if _connected is not None and event == "socket.connect" and isinstance(arguments[1], tuple):
        _connected.append(str(arguments[1][0]))


sys.addaudithook(_audit)


@pytest.fixture
def connected() -> Iterator[list[str]]:
    """Every address that a socket is connected to."""
    global _connected  # noqa: PLW0603 # an audit hook cannot be taken away again
    _connected = []
    yield _connected
    _connected = None


@dataclass
class Inside:
    """What listens on all local addresses of both families, on one port."""

    port: int
    asked: list[Asked] = field(default_factory=list)


@asynccontextmanager
async def inside() -> AsyncIterator[Inside]:
    listeners = []
    state = Server(0, {"/": plain(200, FEED)})
    for family, host in ((socket.AF_INET, "0.0.0.0"), (socket.AF_INET6, "::")):
        listener = socket.socket(family)
        if family == socket.AF_INET6:
            listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        listener.bind((host, state.port))
        state.port = listener.getsockname()[1]
        listeners.append(await asyncio.start_server(state.converse, sock=listener))
    try:
        yield Inside(state.port, state.asked)
    finally:
        for server in listeners:
            server.close()


@asynccontextmanager
async def redirecting(location: str) -> AsyncIterator[int]:
    """A server on 127.0.0.2, which stands for the good world outside, that redirects to a location."""
    answers: dict[str, Answer] = {"/": plain(302, Location=location.encode().decode("latin-1"))}
    server = await asyncio.start_server(Server(0, answers).converse, "127.0.0.2", 0)
    async with server:
        yield server.sockets[0].getsockname()[1]


def client(egress: EgressPolicy, names: Names | None = None) -> UpstreamClient:
    return UpstreamClient(Limits(), egress, user_agent="feedproxy/test", resolver=names)


def open_to(*ports: int, allow: tuple[str, ...] = ()) -> EgressPolicy:
    """Return a policy to which neither scheme nor port is a reason to refuse: only where it leads counts."""
    return EgressPolicy(allow_http=True, ports=ports, allow=allow)


def test_the_tables_are_long_enough_to_be_worth_something() -> None:
    assert len(set(IN_URLS)) == len(IN_URLS) >= 90


@pytest.mark.parametrize(("host", "reason"), IN_URLS)
async def test_in_a_url(connected: list[str], host: str, reason: str) -> None:
    async with inside() as server, GuardedSession(open_to(server.port)) as session:
        with pytest.raises(EgressDenied) as denied:
            await session.send("GET", f"http://{host}:{server.port}/", headers={})
    assert denied.value.reason == reason
    assert connected == []


@pytest.mark.parametrize(("address", "reason"), rows(ADDRESSES))
async def test_behind_a_name(connected: list[str], address: str, reason: str) -> None:
    names = Names(calendar_example=[[address]])
    async with inside() as server, client(open_to(server.port), names) as upstream:
        with pytest.raises(EgressDenied) as denied:
            await upstream.fetch(FetchRequest(f"http://calendar.example:{server.port}/"))
    assert denied.value.reason == reason
    assert connected == []


@pytest.mark.parametrize(("host", "reason"), IN_URLS)
async def test_behind_a_redirect(connected: list[str], host: str, reason: str) -> None:
    async with (
        inside() as server,
        redirecting(f"http://{host}:{server.port}/") as port,
        client(open_to(server.port, port, allow=("127.0.0.2",))) as upstream,
    ):
        with pytest.raises(FetchFailed) as failed:
            await upstream.fetch(FetchRequest(f"http://127.0.0.2:{port}/"))
    assert failed.value.reason in {reason, "bad-redirect"}
    assert isinstance(failed.value, EgressDenied) or reason in {"egress-host", "egress-userinfo"}
    assert connected == ["127.0.0.2"]


@pytest.mark.parametrize(("address", "reason"), rows(ADDRESSES))
async def test_behind_a_name_that_was_good_a_moment_ago(connected: list[str], address: str, reason: str) -> None:
    """The name leads outside for the first request and inside for the second (DNS rebinding)."""
    names = Names(calendar_example=[["127.0.0.2"], [address]])
    async with (
        inside() as server,
        redirecting(f"http://calendar.example:{server.port}/") as port,
        client(open_to(server.port, port, allow=("127.0.0.2",)), names) as upstream,
    ):
        with pytest.raises(EgressDenied) as denied:
            await upstream.fetch(FetchRequest(f"http://calendar.example:{port}/"))
    assert denied.value.reason == reason
    assert connected == ["127.0.0.2"]


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.53", "[::1]", "[::ffff:127.0.0.1]", "0.0.0.0", "[::]"])
async def test_a_policy_that_only_reports_lets_them_through_so_these_ways_do_lead_inside(
    connected: list[str], host: str
) -> None:
    async with inside() as server, client(EgressPolicy(report_only=True)) as upstream:
        assert isinstance(await upstream.fetch(FetchRequest(f"http://{host}:{server.port}/")), Fetched)
    assert len(server.asked) == len(connected) == 1


@pytest.mark.parametrize("host", ["2130706433", "0x7f.1", "0177.0.0.1", "127.1", "①②⑦.⓪.⓪.①"])
async def test_and_other_readers_do_read_these_spellings_so(host: str) -> None:
    """If the system's resolver stops doing that, the row can go."""
    infos = await asyncio.get_running_loop().getaddrinfo(host, 80, family=socket.AF_INET, type=socket.SOCK_STREAM)
    assert {info[4][0] for info in infos} == {"127.0.0.1"}


async def test_a_session_without_the_guard_is_led_inside_by_a_name() -> None:
    """What the tests above are measured against."""
    connector = TCPConnector(resolver=Names(calendar_example=[["::1"]]))
    async with (
        inside() as server,
        ClientSession(connector=connector) as session,
        session.get(f"http://calendar.example:{server.port}/") as answer,
    ):
        assert await answer.read() == FEED


@pytest.mark.parametrize("listed", ["127.0.0.0/8", "127.0.0.1", "calendar.example"])
@pytest.mark.parametrize("listens_on", ["127.0.0.1", "0.0.0.0", "localhost", "::"])
async def test_our_own_port_is_not_dialled_though_its_address_is_listed(
    connected: list[str], listed: str, listens_on: str
) -> None:
    async with inside() as server:
        own = [(listens_on, server.port)]
        egress = EgressPolicy(allow=[listed], allow_http=True, ports=[server.port], listens_on=own)
        async with client(egress, Names(calendar_example=[["127.0.0.1"]])) as upstream:
            with pytest.raises(EgressDenied) as denied:
                await upstream.fetch(FetchRequest(f"http://calendar.example:{server.port}/"))
    assert denied.value.reason == "egress-self"
    assert connected == []
