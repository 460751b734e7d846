"""How many connections there are, whose, and which of them makes room when there are too many.

A connection that waits for a request costs its client nothing, so it is the first to go, the one that has waited
longest before the others. One that is being answered is never sacrificed: then the newcomer is turned away.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import Protocol


class Member(Protocol):
    """A connection, as the crowd sees it."""

    listed: bool
    """Whether it is among those that may be ended; the crowd's to say. One that is not tells when it waits again."""

    @property
    def waits(self) -> bool:
        """Whether no request of it is complete and unanswered."""
        ...

    @property
    def unsent(self) -> int:
        """Octets of answers that are in our memory still."""
        ...

    def end(self, reason: str) -> None:
        """Close it at once."""


@dataclass(slots=True)
class _Client:
    """The connections of one network: how many, and those that wait, the longest first."""

    count: int = 0
    waiting: dict[Member, None] = field(default_factory=dict)


class Crowd:
    """All connections of a process.

    `most` of them and `most_per_client`, 0 for no such limit; clients are told apart by their IPv4 address or IPv6 /64,
    and those in `uncounted` networks are not. `unsent_octets` is what all answers that clients do not take may have
    in memory together.
    """

    def __init__(
        self,
        *,
        most: int,
        most_per_client: int,
        uncounted: Iterable[str],
        unsent_octets: int,
        refused: Callable[[str], None],
    ) -> None:
        self._most = most
        self._most_per_client = most_per_client
        self._uncounted = [ip_network(network) for network in uncounted]
        self._unsent_octets = unsent_octets
        self._refused = refused
        self._everybody = _Client()
        self._clients: dict[str, _Client] = {}
        self._names: dict[Member, str] = {}
        self._stalled: dict[Member, None] = {}

    def __len__(self) -> int:
        return len(self._names)

    def admit(self, member: Member, address: str) -> bool:
        """Take a new connection in, which waits for a request; False if there is no room for it."""
        name = self._client(address)
        client = self._clients.setdefault(name, _Client())
        crowded = name != "" and 0 < self._most_per_client <= client.count
        if not self._room(client if crowded else self._everybody, full=crowded or len(self) >= self._most):
            self._refused("crowded")
            self._let_go(name, client)
            return False
        client.count += 1
        self._names[member] = name
        self.waiting(member)
        return True

    def waiting(self, member: Member) -> None:
        """Note that a connection waits for a request from now on."""
        member.listed = True
        for each in self._circles(member):
            each.waiting.pop(member, None)
            each.waiting[member] = None

    def leave(self, member: Member) -> None:
        """Forget a connection that has ended; a second time does nothing."""
        self._unlist(member)
        self._stalled.pop(member, None)
        name = self._names.pop(member, None)
        if name is not None:
            client = self._clients[name]
            client.count -= 1
            self._let_go(name, client)

    def stalls(self, member: Member) -> None:
        """Note that a client does not take its answer; when there is too much of that, who stalls longest is ended."""
        self._stalled[member] = None
        unsent = {each: each.unsent for each in self._stalled}
        total = sum(unsent.values())
        for each, octets in unsent.items():
            if total <= self._unsent_octets:
                return
            total -= octets
            self._stalled.pop(each)
            each.end("unsent")

    def flows(self, member: Member) -> None:
        """Note that a client takes its answer again."""
        self._stalled.pop(member, None)

    def _room(self, circle: _Client, *, full: bool) -> bool:
        """Make room, if there is none, at the expense of who has waited longest in the circle."""
        if not full:
            return True
        while (longest := next(iter(circle.waiting), None)) is not None:
            if longest.waits:
                self.leave(longest)
                longest.end("crowded")
                return True
            self._unlist(longest)
        return False

    def _unlist(self, member: Member) -> None:
        """Pass over a connection, which is busy now, until it waits again."""
        member.listed = False
        for each in self._circles(member):
            each.waiting.pop(member, None)

    def _circles(self, member: Member) -> tuple[_Client, ...]:
        name = self._names.get(member)
        return () if name is None else (self._everybody, self._clients[name])

    def _let_go(self, name: str, client: _Client) -> None:
        if client.count == 0:
            self._clients.pop(name, None)

    def _client(self, address: str) -> str:
        """Name the client of an address; those that are not told apart have the empty name."""
        try:
            client = ip_address(address.partition("%")[0])
        except ValueError:
            return ""
        if client.version == 6 and client.ipv4_mapped is not None:
            client = client.ipv4_mapped
        if any(client in network for network in self._uncounted):
            return ""
        if client.version == 4:
            return str(IPv4Network((client, 32)))
        return str(IPv6Network((client, 64), strict=False))
