"""May we fetch this URL, may we dial this address: allowed or not, and why.

Both questions are asked, because a name says nothing about where it leads: the URL before anything is resolved, on
every hop of a redirect, and the address at the moment it is dialled, so that an answer of the DNS that changes
(rebinding) cannot slip between check and use.

An operator's allow list holds networks and host names. A listed network may be dialled although it is not public. A
listed host may be dialled wherever its name leads, with http and on any port. Neither opens the metadata services
of clouds, which give away credentials: those must be listed one address at a time. Nothing opens our own port.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from feedproxy.policy.weburl import Origin, UrlRefused, WebUrl, read_url

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

_CLASSES: tuple[tuple[str, tuple[Network, ...]], ...] = tuple(
    (name, tuple(map(ip_network, networks.split())))
    for name, networks in (
        # AWS, GCP, Azure, Oracle, Tencent, Alibaba; AWS containers; Azure's host; each on IPv4 and IPv6.
        (
            "metadata",
            """169.254.169.254 169.254.170.2 169.254.170.23 169.254.0.23 168.63.129.16 100.100.100.200 192.0.0.192
            fd00:ec2::254 fd00:ec2::23 fd20:ce::254""",
        ),
        ("unspecified", "0.0.0.0/8 ::/128"),
        ("loopback", "127.0.0.0/8 ::1/128"),
        ("private", "10.0.0.0/8 172.16.0.0/12 192.168.0.0/16 fc00::/7 fec0::/10"),
        ("link-local", "169.254.0.0/16 fe80::/10"),
        ("cgnat", "100.64.0.0/10"),
        ("documentation", "192.0.2.0/24 198.51.100.0/24 203.0.113.0/24 2001:db8::/32 3fff::/20"),
        ("benchmark", "198.18.0.0/15 2001:2::/48"),
        ("multicast", "224.0.0.0/4 ff00::/8"),
        ("nat64", "64:ff9b::/96 64:ff9b:1::/48"),
        ("6to4", "192.88.99.0/24 2002::/16"),
        ("teredo", "2001::/32"),
        # What IANA keeps back, and all of IPv6 that it has not given out as global unicast (2000::/3).
        ("reserved", "192.0.0.0/24 240.0.0.0/4 2001::/23 ::/3 4000::/2 8000::/1"),
    )
)
"""The classes that are not dialled, the first that holds an address names it (IANA special-purpose registries)."""

_NAT64 = IPv6Network("64:ff9b::/96")


@dataclass(frozen=True, slots=True)
class Allow:
    """Go ahead. `would_deny` is the reason there would have been, had the policy not been told only to report."""

    would_deny: str | None = None


@dataclass(frozen=True, slots=True)
class Deny:
    """Leave it. `reason` is a stable id: `egress-` and the class of the address or the part of the URL at fault."""

    reason: str


Decision = Allow | Deny


class EgressPolicy:
    """Decides about URLs and addresses; holds no state and does no I/O.

    `urls` are those that the operator wrote into the settings. The exact origin of each is always a good URL, and where
    he wrote an IP address or `localhost`, a good address too. Each is an allow list of one: what was sent there is
    redirected to nowhere else that is not listed. `allow` holds networks, addresses and host names. `listens_on` are
    our own addresses and ports; an unspecified one (`0.0.0.0`, `::`) stands for loopback too. `ports` may be dialled
    everywhere, and with `allow_http` without TLS.
    """

    def __init__(
        self,
        *,
        urls: Collection[str] = (),
        allow: Collection[str] = (),
        ports: Collection[int] = (80, 443),
        listens_on: Collection[tuple[str, int]] = (),
        allow_http: bool = False,
        report_only: bool = False,
    ) -> None:
        self._origins = frozenset(read_url(url).origin for url in urls)
        self._networks, self._hosts = _sorted_out(allow)
        self._ports = frozenset(ports)
        self._listens_on = tuple((own, port) for host, port in listens_on for own in _own_addresses(host))
        self._allow_http = allow_http
        self._report_only = report_only

    def decide_url(self, url: str | WebUrl) -> Decision:
        """Decide about a URL before its host is resolved; a host that is an IP address is judged as if dialled.

        What is no plain http or https URL is denied even when only reporting: there would be no telling what to dial.
        """
        try:
            read = read_url(url) if isinstance(url, str) else url
        except UrlRefused as refusal:
            return Deny(f"egress-{refusal.flaw}")
        origin = read.origin
        literal = _address(origin.host)
        if origin not in self._origins and not self._listed(origin, literal):
            if origin.scheme == "http" and not self._allow_http:
                return self._refusal("scheme")
            if origin.port not in self._ports:
                return self._refusal("port")
        return self.decide_address(origin.host, origin.port, host=origin.host) if literal else Allow()

    def decide_redirect(self, start: Origin, url: WebUrl) -> Decision:
        """Decide about the target of a redirect, when the first request went to `start`."""
        decision, origin = self.decide_url(url), url.origin
        if start not in self._origins or origin == start or self._listed(origin, _address(origin.host)):
            return decision
        return self._refusal("unlisted") if decision == Allow() else decision

    def decide_address(self, address: str, port: int, *, host: str) -> Decision:
        """Decide about the address that is about to be dialled for `host`, the host of the URL as read."""
        dialled = _address(address)
        if dialled is None:
            return Deny("egress-host")
        if self._is_ours(dialled, port):
            return self._refusal("self")
        for each in _with_embedded(dialled):
            name = _class_of(each)
            if name is not None and not self._exempt(name, each, port, host):
                return self._refusal(name)
        return Allow()

    def _refusal(self, name: str) -> Decision:
        reason = f"egress-{name}"
        return Allow(would_deny=reason) if self._report_only else Deny(reason)

    def _listed(self, origin: Origin, literal: Address | None) -> bool:
        return origin.host in self._hosts or (literal is not None and self._in_networks(literal))

    def _in_networks(self, address: Address) -> bool:
        return any(address in network for network in self._networks)

    def _is_ours(self, address: Address, port: int) -> bool:
        """Whether this is where we listen. Linux takes the unspecified address for loopback."""
        own = [own for own, own_port in self._listens_on if own_port == port]
        if address.is_unspecified:
            return any(each.is_loopback or each.is_unspecified for each in own)
        return address in own or (address.is_loopback and any(each.is_unspecified for each in own))

    def _exempt(self, name: str, address: Address, port: int, host: str) -> bool:
        if name == "metadata":
            return any(address in network for network in self._networks if network.num_addresses == 1)
        if self._in_networks(address) or host in self._hosts:
            return True
        if not any((host, port) == (origin.host, origin.port) for origin in self._origins):
            return False
        return address.is_loopback if host == "localhost" else _address(host) == address


def _sorted_out(allow: Collection[str]) -> tuple[tuple[Network, ...], frozenset[str]]:
    """Split an allow list into networks and host names."""
    networks, hosts = [], set()
    for entry in allow:
        try:
            networks.append(ip_network(entry, strict=False))
        except ValueError:
            hosts.add(entry.lower())
    return tuple(networks), frozenset(hosts)


def _own_addresses(host: str) -> tuple[Address, ...]:
    if host == "localhost":
        return ip_address("127.0.0.1"), ip_address("::1")
    own = _address(host)
    return () if own is None else (own,)


def _address(text: str) -> Address | None:
    """Read an address as a socket names it, without scope id; an IPv4 address in IPv6's clothes is an IPv4 address."""
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return (address.version == 6 and address.ipv4_mapped) or address


def _with_embedded(address: Address) -> Iterator[Address]:
    """Yield the address and those IPv4 addresses that a gateway on the way would turn it into."""
    yield address
    if address.version == 4:
        return
    if address in _NAT64:
        yield IPv4Address(int(address) & 0xFFFF_FFFF)
    if address.sixtofour is not None:
        yield address.sixtofour
    if address.teredo is not None:
        yield from address.teredo


def address_class(address: str) -> str:
    """Return the class of an address as a socket names it: `public`, `loopback`, `private`, ..."""
    read = _address(address)
    return (_class_of(read) or "public") if read is not None else "unknown"


def _class_of(address: Address) -> str | None:
    """Return the class of an address that is not public; None for a public one."""
    return next((name for name, networks in _CLASSES if any(address in network for network in networks)), None)
