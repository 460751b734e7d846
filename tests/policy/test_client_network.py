"""The client's network is right behind the operator's proxies, and nobody else can make one up."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedproxy.policy.client_network import UNKNOWN, client_network, is_trusted

TRUSTED = ("127.0.0.1", "10.0.0.0/8", "fd00::/8")


@pytest.mark.parametrize(
    ("peer", "network"),
    [
        ("192.0.2.77", "192.0.2.0/24"),
        ("::ffff:192.0.2.77", "192.0.2.0/24"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        (None, UNKNOWN),
        ("", UNKNOWN),
        ("unix:", UNKNOWN),
    ],
)
def test_neighbours_are_one_network(peer: str | None, network: str) -> None:
    assert client_network(peer, (), TRUSTED) == network


@pytest.mark.parametrize(
    ("peer", "forwarded_for", "network"),
    [
        ("127.0.0.1", ["192.0.2.77"], "192.0.2.0/24"),
        ("127.0.0.1", ["203.0.113.5, 192.0.2.77"], "192.0.2.0/24"),
        ("127.0.0.1", ["203.0.113.5", "192.0.2.77"], "192.0.2.0/24"),
        ("127.0.0.1", ["203.0.113.5, 192.0.2.77, 10.1.2.3"], "192.0.2.0/24"),
        ("::ffff:127.0.0.1", ["192.0.2.77"], "192.0.2.0/24"),
        ("fd00::1", ["2001:db8:1:2:3:4:5:6"], "2001:db8:1:2::/64"),
        ("127.0.0.1", ["192.0.2.77:4711"], "192.0.2.0/24"),
        ("127.0.0.1", ['"[2001:db8::1]:4711"'], "2001:db8::/64"),
        ("127.0.0.1", [" 192.0.2.77 "], "192.0.2.0/24"),
        ("127.0.0.1", [], "127.0.0.0/24"),
        ("127.0.0.1", [""], "127.0.0.0/24"),
        ("127.0.0.1", ["10.1.2.3"], "10.1.2.0/24"),
        ("127.0.0.1", ["192.0.2.77, unknown, 10.1.2.3"], "10.1.2.0/24"),
        ("198.51.100.1", ["192.0.2.77"], "198.51.100.0/24"),
        (None, ["192.0.2.77"], UNKNOWN),
    ],
)
def test_only_trusted_proxies_are_believed(peer: str | None, forwarded_for: list[str], network: str) -> None:
    assert client_network(peer, forwarded_for, TRUSTED) == network


def test_nobody_is_believed_where_nobody_is_trusted() -> None:
    assert client_network("127.0.0.1", ["192.0.2.77"], ()) == "127.0.0.0/24"
    assert not is_trusted("127.0.0.1", ())
    assert is_trusted("127.0.0.1", TRUSTED)
    assert is_trusted("10.255.0.1", TRUSTED)
    assert not is_trusted("11.0.0.1", TRUSTED)
    assert not is_trusted(None, TRUSTED)


@given(st.text(max_size=30), st.lists(st.text(max_size=30), max_size=3))
def test_no_text_raises(peer: str, forwarded_for: list[str]) -> None:
    client_network(peer, forwarded_for, TRUSTED)
    assert client_network("127.0.0.1", forwarded_for, TRUSTED) != UNKNOWN
