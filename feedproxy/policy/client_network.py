"""From which network a request came, also behind reverse proxies."""

from collections.abc import Collection, Sequence
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

V4_PREFIX = 24
"""The longest IPv4 prefix that is routed by itself (RFC 7454 section 6.1.3): who has one address may have it all."""
V6_PREFIX = 64
"""One link (RFC 4291 section 2.5.4): a host in it may choose among 2**64 addresses, and privacy addresses do."""

UNKNOWN = "unknown"

Address = IPv4Address | IPv6Address


def client_network(peer: str | None, forwarded_for: Sequence[str], trusted: tuple[str, ...]) -> str:
    """Return the network of a client, as `192.0.2.0/24` or `2001:db8::/64`; `unknown` where no address is known.

    `peer` is the address that is connected, `forwarded_for` the values of X-Forwarded-For in order, `trusted` the
    networks of the operator's own reverse proxies. Each proxy adds at the end whom it was asked by, so the list is read
    from its end as long as a trusted one vouches; what lies before that, anybody can have written.
    """
    address = _address(peer or "")
    if address is not None and trusted and forwarded_for:
        for text in reversed(",".join(forwarded_for).split(",")):
            if not is_in(address, trusted):
                break
            before = _address(text)
            if before is None:
                break
            address = before
    return _network(address) if address is not None else UNKNOWN


def is_trusted(peer: str | None, trusted: tuple[str, ...]) -> bool:
    """Tell whether the address that is connected is one of the operator's own reverse proxies."""
    address = _address(peer or "")
    return address is not None and is_in(address, trusted)


def is_in(address: Address, networks: Collection[str]) -> bool:
    """Tell whether an address is in one of the networks."""
    return any(address in network for network in map(_read_network, networks))


@lru_cache(maxsize=1_024)
def _read_network(text: str) -> IPv4Network | IPv6Network:
    return ip_network(text)


def _address(text: str) -> Address | None:
    """Read an address, also with a port or a scope; an IPv4 address in IPv6 clothes is an IPv4 address."""
    text = text.strip().strip('"')
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def _network(address: Address) -> str:
    prefix = V4_PREFIX if address.version == 4 else V6_PREFIX
    return str(ip_network((address, prefix), strict=False))
