from ipaddress import IPv4Address, IPv6Address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedproxy.policy.egress import Allow, Deny, EgressPolicy

ANYWHERE = EgressPolicy()

ADDRESSES = """
    8.8.8.8                             -
    1.1.1.1                             -
    9.255.255.255                       -
    11.0.0.0                            -
    100.63.255.254                      -
    100.128.0.1                         -
    126.255.255.255                     -
    128.0.0.1                           -
    168.63.129.15                       -
    169.253.255.255                     -
    169.255.0.0                         -
    172.15.255.255                      -
    172.32.0.0                          -
    192.0.1.255                         -
    192.167.255.255                     -
    192.169.0.0                         -
    198.17.255.255                      -
    198.20.0.0                          -
    223.255.255.255                     -
    2606:4700:4700::1111                -
    2a00:1450:4001:80f::200e            -
    2003::1                             -
    ::ffff:8.8.8.8                      -
    0.0.0.0                             unspecified
    0.1.2.3                             unspecified
    ::                                  unspecified
    127.0.0.1                           loopback
    127.255.255.254                     loopback
    ::1                                 loopback
    ::ffff:127.0.0.1                    loopback
    ::ffff:7f00:1                       loopback
    10.0.0.0                            private
    10.255.255.255                      private
    172.16.0.1                          private
    172.31.255.255                      private
    192.168.1.1                         private
    ::ffff:192.168.1.1                  private
    fc00::1                             private
    fdff:ffff::1                        private
    fec0::1                             private
    169.254.0.1                         link-local
    169.254.255.255                     link-local
    fe80::1                             link-local
    fe80::1%eth0                        link-local
    febf::1                             link-local
    169.254.169.254                     metadata
    ::ffff:169.254.169.254              metadata
    169.254.170.2                       metadata
    168.63.129.16                       metadata
    100.100.100.200                     metadata
    192.0.0.192                         metadata
    fd00:ec2::254                       metadata
    fd20:ce::254                        metadata
    100.64.0.0                          cgnat
    100.127.255.255                     cgnat
    192.0.2.1                           documentation
    198.51.100.7                        documentation
    203.0.113.255                       documentation
    2001:db8::1                         documentation
    3fff::1                             documentation
    198.18.0.1                          benchmark
    198.19.255.255                      benchmark
    2001:2::1                           benchmark
    224.0.0.1                           multicast
    239.255.255.255                     multicast
    ff02::1                             multicast
    ff0e::1                             multicast
    64:ff9b::7f00:1                     nat64
    64:ff9b::8.8.8.8                    nat64
    64:ff9b:1::a9fe:a9fe                nat64
    2002:7f00:1::                       6to4
    2002:808:808::1                     6to4
    192.88.99.1                         6to4
    2001:0:4136:e378:8000:63bf:80ff:fffe teredo
    192.0.0.8                           reserved
    240.0.0.1                           reserved
    255.255.255.255                     reserved
    ::127.0.0.1                         reserved
    ::808:808                           reserved
    100::1                              reserved
    2001:20::1                          reserved
    5f00::1                             reserved
    4000::1                             reserved
    e000::1                             reserved
"""

SPELLINGS = """
    https://example.com/a.ics           -
    https://example.com                 -
    HTTPS://EXAMPLE.COM/                -
    webcal://example.com/a.ics          -
    https://example.com:443/            -
    https://example.com:80/             -
    https://xn--bcher-kva.example/      -
    https://a_b.example/                -
    https://intranet/                   -
    https://8.8.8.8/                    -
    https://[2606:4700:4700::1111]/     -
    https://example.com/a@b:c/          -
    http://example.com/                 scheme
    ftp://example.com/                  scheme
    file:///etc/passwd                  scheme
    gopher://example.com/               scheme
    javascript:alert(1)                 scheme
    //example.com/                      scheme
    example.com                         scheme
    /path                               scheme
    https:example.com                   scheme
    https:/example.com                  scheme
    https://example.com:8080/           port
    https://example.com:22/             port
    https://example.com:0/              port
    https://example.com:65536/          port
    https://example.com:99999/          port
    https://user@example.com/           userinfo
    https://user:pw@example.com/        userinfo
    https://@example.com/               userinfo
    https://example.com@127.0.0.1/      userinfo
    https:///a.ics                      host
    https://:443/                       host
    https://example..com/               host
    https://.example.com/               host
    https://example.com./               host
    https://-example.com/               host
    https://exa%6dple.com/              host
    https://example.com:8a/             host
    https://example.com:-1/             host
    https://example.com:443:443/        host
    https://example.com\\evil.example/  host
    https://ｅxample.com/               host
    https://①②⑦.0.0.1/                  host
    https://127。0。0。1/                host
    https://2130706433/                 host
    https://0x7f000001/                 host
    https://0x7f.0.0.1/                 host
    https://0177.0.0.1/                 host
    https://127.1/                      host
    https://127.0.0.01/                 host
    https://0/                          host
    https://1.2.3.4.5/                  host
    https://example.256/                host
    https://[::1                        host
    https://[::1]x/                     host
    https://[127.0.0.1]/                host
    https://[fe80::1%25eth0]/           host
    https://::1/                        host
    https://127.0.0.1/                  loopback
    https://[::1]/                      loopback
    https://[0:0:0:0:0:0:0:1]/          loopback
    https://[::ffff:127.0.0.1]/         loopback
    https://[::FFFF:7F00:1]/            loopback
    https://[64:ff9b::7f00:1]/          nat64
    https://169.254.169.254/latest/     metadata
    https://[::ffff:a9fe:a9fe]/         metadata
    https://192.168.0.1/                private
    https://0.0.0.0/                    unspecified
    https://[::]/                       unspecified
"""  # noqa: RUF001 # letters and digits that only look like ASCII


def rows(table: str) -> list[tuple[str, Allow | Deny]]:
    """Read lines of two words: what is asked, and the class that it is denied for, or `-`."""
    pairs = (line.split() for line in table.splitlines() if line.strip())
    return [(asked, Allow() if name == "-" else Deny(f"egress-{name}")) for asked, name in pairs]


@pytest.mark.parametrize(("address", "decision"), rows(ADDRESSES))
def test_only_public_addresses_are_dialled(address: str, decision: Allow | Deny) -> None:
    assert ANYWHERE.decide_address(address, 443, host="example.com") == decision


@pytest.mark.parametrize(("url", "decision"), rows(SPELLINGS))
def test_only_plain_urls_with_tls_on_web_ports_are_fetched(url: str, decision: Allow | Deny) -> None:
    assert ANYWHERE.decide_url(url) == decision


@given(st.ip_addresses())
def test_what_python_does_not_call_global_is_not_dialled(address: IPv4Address | IPv6Address) -> None:
    decision = ANYWHERE.decide_address(str(address), 443, host="example.com")
    assert isinstance(decision, Deny) or address.is_global


@given(st.ip_addresses(v=4))
def test_an_ipv4_address_is_judged_alike_in_ipv6_notation(address: IPv4Address) -> None:
    plain = ANYWHERE.decide_address(str(address), 443, host="example.com")
    assert ANYWHERE.decide_address(f"::ffff:{address}", 443, host="example.com") == plain


@given(st.text())
def test_any_text_gets_a_decision(text: str) -> None:
    assert isinstance(ANYWHERE.decide_url(text), Allow | Deny)
    assert ANYWHERE.decide_address(text, 443, host=text) is not None


def test_what_is_no_address_is_not_dialled() -> None:
    assert ANYWHERE.decide_address("example.com", 443, host="example.com") == Deny("egress-host")


class TestUpstream:
    """The configured upstream is an allow list of one."""

    def test_its_origin_is_a_good_url_whatever_its_scheme_and_port(self) -> None:
        policy = EgressPolicy(urls=["http://upstream.example:9000/base"])
        assert policy.decide_url("http://upstream.example:9000/v1/webcal/x") == Allow()
        assert policy.decide_url("http://upstream.example:9001/") == Deny("egress-scheme")
        assert policy.decide_url("https://upstream.example:9000/") == Deny("egress-port")
        assert policy.decide_url("http://other.example:9000/") == Deny("egress-scheme")

    def test_a_public_name_may_not_lead_inside(self) -> None:
        policy = EgressPolicy(urls=["https://upstream.example"])
        assert policy.decide_address("8.8.8.8", 443, host="upstream.example") == Allow()
        assert policy.decide_address("127.0.0.1", 443, host="upstream.example") == Deny("egress-loopback")
        assert policy.decide_address("10.0.0.1", 443, host="upstream.example") == Deny("egress-private")

    @pytest.mark.parametrize("host", ["127.0.0.1", "10.1.2.3", "[::1]", "[::ffff:10.1.2.3]"])
    def test_an_address_that_the_operator_wrote_is_dialled(self, host: str) -> None:
        policy = EgressPolicy(urls=[f"http://{host}:9000"])
        assert policy.decide_url(f"http://{host}:9000/feed") == Allow()

    def test_no_other_port_or_address_comes_with_it(self) -> None:
        policy = EgressPolicy(urls=["http://127.0.0.1:9000"])
        assert policy.decide_url("https://127.0.0.1/") == Deny("egress-loopback")
        assert policy.decide_address("127.0.0.2", 9000, host="127.0.0.1") == Deny("egress-loopback")
        assert policy.decide_address("127.0.0.1", 9000, host="rebound.example") == Deny("egress-loopback")

    def test_localhost_leads_to_loopback_and_nowhere_else(self) -> None:
        policy = EgressPolicy(urls=["http://localhost:9000"])
        assert policy.decide_url("http://localhost:9000/") == Allow()
        assert policy.decide_address("127.0.0.1", 9000, host="localhost") == Allow()
        assert policy.decide_address("::1", 9000, host="localhost") == Allow()
        assert policy.decide_address("10.0.0.1", 9000, host="localhost") == Deny("egress-private")
        assert policy.decide_address("127.0.0.1", 9001, host="localhost") == Deny("egress-loopback")

    def test_a_metadata_service_is_no_upstream(self) -> None:
        policy = EgressPolicy(urls=["http://169.254.169.254"])
        assert policy.decide_url("http://169.254.169.254/latest/meta-data") == Deny("egress-metadata")

    def test_a_private_name_is_dialled_when_its_network_is_listed(self) -> None:
        policy = EgressPolicy(urls=["http://upstream.internal:9000"], allow=["10.0.0.0/8"])
        assert policy.decide_address("10.0.0.1", 9000, host="upstream.internal") == Allow()
        assert policy.decide_address("192.168.0.1", 9000, host="upstream.internal") == Deny("egress-private")


class TestAllowList:
    def test_a_listed_network_is_dialled_under_any_name(self) -> None:
        policy = EgressPolicy(allow=["10.1.0.0/16", "fd00:1::/32"])
        assert policy.decide_address("10.1.2.3", 443, host="example.com") == Allow()
        assert policy.decide_address("::ffff:10.1.2.3", 443, host="example.com") == Allow()
        assert policy.decide_address("fd00:1::5", 443, host="example.com") == Allow()
        assert policy.decide_address("10.2.0.1", 443, host="example.com") == Deny("egress-private")

    def test_a_listed_address_is_fetched_without_tls_and_on_any_port(self) -> None:
        policy = EgressPolicy(allow=["10.1.2.3"])
        assert policy.decide_url("http://10.1.2.3:8080/a.ics") == Allow()
        assert policy.decide_url("http://10.1.2.4:8080/a.ics") == Deny("egress-scheme")

    def test_a_listed_name_is_fetched_wherever_it_leads(self) -> None:
        policy = EgressPolicy(allow=["Calendar.Internal"])
        assert policy.decide_url("http://calendar.internal:8080/") == Allow()
        assert policy.decide_address("192.168.7.7", 8080, host="calendar.internal") == Allow()
        assert policy.decide_address("192.168.7.7", 8080, host="www.calendar.internal") == Deny("egress-private")

    @pytest.mark.parametrize("allow", ["100.64.0.0/10", "0.0.0.0/0", "metadata.example"])
    def test_metadata_services_do_not_come_with_a_network_or_name(self, allow: str) -> None:
        policy = EgressPolicy(allow=[allow])
        assert policy.decide_address("100.100.100.200", 80, host="metadata.example") == Deny("egress-metadata")

    def test_a_metadata_service_is_dialled_when_listed_by_itself(self) -> None:
        policy = EgressPolicy(allow=["100.100.100.200"])
        assert policy.decide_address("100.100.100.200", 80, host="metadata.example") == Allow()

    def test_a_listed_gateway_does_not_lead_inside(self) -> None:
        """Networks with NAT64 list its prefix; 6to4 and Teredo are judged alike by the addresses in them."""
        policy = EgressPolicy(allow=["64:ff9b::/96", "2002::/16", "2001::/32"])
        assert policy.decide_address("64:ff9b::808:808", 443, host="example.com") == Allow()
        assert policy.decide_address("64:ff9b::7f00:1", 443, host="example.com") == Deny("egress-loopback")
        assert policy.decide_address("64:ff9b::a9fe:a9fe", 443, host="example.com") == Deny("egress-metadata")
        assert policy.decide_address("2002:808:808::1", 443, host="example.com") == Allow()
        assert policy.decide_address("2002:a00:1::", 443, host="example.com") == Deny("egress-private")
        client = "2001:0:808:808:0:ffff:f5ff:fffe"  # 10.0.0.1 in the last 32 bits, inverted (RFC 4380 section 4)
        assert policy.decide_address(client, 443, host="example.com") == Deny("egress-private")

    def test_an_allow_list_may_name_networks_by_any_of_their_addresses(self) -> None:
        policy = EgressPolicy(allow=["10.1.2.3/16"])
        assert policy.decide_address("10.1.9.9", 443, host="example.com") == Allow()


class TestOurselves:
    def test_our_own_port_is_never_dialled(self) -> None:
        policy = EgressPolicy(urls=["http://127.0.0.1:8080"], allow=["127.0.0.1"], listens_on=[("127.0.0.1", 8080)])
        assert policy.decide_url("http://127.0.0.1:8080/") == Deny("egress-self")
        assert policy.decide_address("::ffff:127.0.0.1", 8080, host="example.com") == Deny("egress-self")
        assert policy.decide_address("0.0.0.0", 8080, host="example.com") == Deny("egress-self")
        assert policy.decide_address("127.0.0.1", 8081, host="127.0.0.1") == Allow()

    def test_a_public_address_of_ours_is_ourselves_too(self) -> None:
        policy = EgressPolicy(listens_on=[("8.8.8.8", 443)])
        assert policy.decide_address("8.8.8.8", 443, host="feeds.example") == Deny("egress-self")
        assert policy.decide_address("8.8.8.8", 80, host="feeds.example") == Allow()
        assert policy.decide_address("127.0.0.1", 443, host="feeds.example") == Deny("egress-loopback")

    @pytest.mark.parametrize("everywhere", ["0.0.0.0", "::"])
    def test_listening_everywhere_is_listening_on_loopback(self, everywhere: str) -> None:
        policy = EgressPolicy(allow=["127.0.0.0/8", "::1"], listens_on=[(everywhere, 8080)])
        for address in ("127.0.0.1", "127.1.1.1", "::1", "0.0.0.0", "::"):
            assert policy.decide_address(address, 8080, host="example.com") == Deny("egress-self")

    def test_a_name_we_listen_on_is_not_resolved_here(self) -> None:
        policy = EgressPolicy(listens_on=[("feeds.example", 443)])
        assert policy.decide_address("8.8.8.8", 443, host="feeds.example") == Allow()


class TestReporting:
    """A policy that only reports lets pass what it would deny, and says so."""

    policy = EgressPolicy(report_only=True, listens_on=[("127.0.0.1", 8080)])

    @pytest.mark.parametrize(
        ("url", "reason"),
        [
            ("http://example.com/", "egress-scheme"),
            ("https://example.com:8443/", "egress-port"),
            ("https://127.0.0.1/", "egress-loopback"),
            ("https://169.254.169.254/", "egress-metadata"),
        ],
    )
    def test_it_names_the_reason(self, url: str, reason: str) -> None:
        assert self.policy.decide_url(url) == Allow(would_deny=reason)

    def test_it_names_the_reason_at_the_dial(self) -> None:
        assert self.policy.decide_address("10.0.0.1", 443, host="a.example") == Allow(would_deny="egress-private")
        assert self.policy.decide_address("127.0.0.1", 8080, host="a.example") == Allow(would_deny="egress-self")
        assert self.policy.decide_address("8.8.8.8", 443, host="a.example") == Allow()

    @pytest.mark.parametrize("url", ["ftp://example.com/", "https://0x7f.1/", "https://u:p@example.com/", "https:///"])
    def test_what_cannot_be_read_is_denied_nevertheless(self, url: str) -> None:
        assert isinstance(self.policy.decide_url(url), Deny)


def test_more_ports_and_plain_http_can_be_configured() -> None:
    policy = EgressPolicy(ports=[80, 443, 8443], allow_http=True)
    assert policy.decide_url("https://example.com:8443/") == Allow()
    assert policy.decide_url("http://example.com/") == Allow()
    assert policy.decide_url("http://example.com:8080/") == Deny("egress-port")
