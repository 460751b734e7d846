"""The address that is really dialled is what counts, whatever the URL and the DNS say."""

import logging

import pytest

from feedproxy.errors import EgressDenied
from feedproxy.policy.egress import Allow, EgressPolicy
from feedproxy.policy.weburl import WebUrl
from feedproxy.upstream import Fetched, FetchRequest, Limits, UpstreamClient
from tests.upstream.conversation import Answer, Names, plain, serving

FEED = b"BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n"


def client(egress: EgressPolicy, names: Names | None = None) -> UpstreamClient:
    return UpstreamClient(Limits(), egress, user_agent="feedproxy/test", resolver=names)


class NoUrlPolicy(EgressPolicy):
    """A policy with a hole: every URL is good. The addresses must still be judged."""

    def decide_url(self, url: str | WebUrl) -> Allow:
        return Allow()


@pytest.mark.parametrize("address", ["127.0.0.1", "::ffff:127.0.0.1", "::ffff:7f00:1", "0.0.0.0"])
async def test_a_public_name_that_leads_inside_is_not_dialled(address: str) -> None:
    names = Names(calendar_example=[[address]])
    async with serving(plain(200, FEED)) as server:
        egress = EgressPolicy(allow_http=True, ports=[server.port])
        async with client(egress, names) as upstream:
            with pytest.raises(EgressDenied) as denied:
                await upstream.fetch(FetchRequest(server.url("/secret", host="calendar.example")))
    assert denied.value.reason == ("egress-unspecified" if address == "0.0.0.0" else "egress-loopback")
    said = f"the egress policy forbids requests to calendar.example ({denied.value.reason}): `egress_allow` opens it"
    assert denied.value.message == said
    assert server.asked == []


async def test_the_name_of_the_upstream_may_not_be_rebound_either() -> None:
    async with serving(plain(200, FEED)) as server:
        url = server.url(host="upstream.example")
        async with client(EgressPolicy(urls=[url]), Names(upstream_example=[["127.0.0.1"]])) as upstream:
            with pytest.raises(EgressDenied):
                await upstream.fetch(FetchRequest(url))
    assert server.asked == []


async def test_an_answer_of_the_dns_that_changes_between_two_hops_is_noticed() -> None:
    """127.0.0.2 stands for a good address, 127.0.0.1 for one inside."""
    names = Names(calendar_example=[["127.0.0.2"], ["127.0.0.1"]])
    answers: dict[str, Answer] = {}
    async with serving(answers, host="127.0.0.2") as good, serving(plain(200, b"inside")) as inside:
        answers["/"] = plain(302, Location=inside.url(host="calendar.example"))
        egress = EgressPolicy(allow=["127.0.0.2"], allow_http=True, ports=[good.port, inside.port])
        async with client(egress, names) as upstream:
            with pytest.raises(EgressDenied) as denied:
                await upstream.fetch(FetchRequest(good.url(host="calendar.example")))
    assert denied.value.reason == "egress-loopback"
    assert len(good.asked) == 1
    assert inside.asked == []


async def test_of_several_addresses_only_the_good_are_dialled() -> None:
    names = Names(calendar_example=[["10.0.0.1", "::1", "127.0.0.2"]])
    async with serving(plain(200, FEED), host="127.0.0.2") as server:
        egress = EgressPolicy(allow=["127.0.0.2"], allow_http=True, ports=[server.port])
        async with client(egress, names) as upstream:
            answer = await upstream.fetch(FetchRequest(server.url(host="calendar.example")))
    assert isinstance(answer, Fetched)
    assert answer.hops[0].address == "127.0.0.2"


async def test_several_bad_addresses_are_a_denial() -> None:
    names = Names(calendar_example=[["10.0.0.1", "fd00::1", "127.0.0.1"]])
    async with client(EgressPolicy(), names) as upstream:
        with pytest.raises(EgressDenied):
            await upstream.fetch(FetchRequest("https://calendar.example/"))


@pytest.mark.parametrize("host", ["127.0.0.1", "[::ffff:127.0.0.1]", "localhost"])
async def test_an_address_in_the_url_does_not_slip_past_the_resolver(host: str) -> None:
    async with serving(plain(200, FEED)) as server, client(NoUrlPolicy()) as upstream:
        with pytest.raises(EgressDenied) as denied:
            await upstream.fetch(FetchRequest(server.url(host=host)))
    assert denied.value.reason == "egress-loopback"
    assert server.asked == []


async def test_an_open_connection_serves_only_the_host_it_was_opened_for() -> None:
    """A listed name may lead inside; another name that leads to the same place may not use its connection."""
    names = Names(good_example=[["127.0.0.1"]], bad_example=[["127.0.0.1"]])
    async with serving(plain(200, FEED)) as server:
        egress = EgressPolicy(allow=["good.example"], allow_http=True, ports=[server.port])
        async with client(egress, names) as upstream:
            await upstream.fetch(FetchRequest(server.url(host="good.example")))
            with pytest.raises(EgressDenied):
                await upstream.fetch(FetchRequest(server.url(host="bad.example")))
    assert len(server.asked) == 1


async def test_localhost_as_the_operator_wrote_it_is_dialled() -> None:
    async with serving(plain(200, FEED)) as server:
        url = server.url(host="localhost")
        async with client(EgressPolicy(urls=[url])) as upstream:
            assert isinstance(await upstream.fetch(FetchRequest(url)), Fetched)


async def test_we_do_not_fetch_from_ourselves() -> None:
    async with serving(plain(200, FEED)) as server:
        egress = EgressPolicy(urls=[server.url()], listens_on=[("0.0.0.0", server.port)])
        async with client(egress) as upstream:
            with pytest.raises(EgressDenied) as denied:
                await upstream.fetch(FetchRequest(server.url()))
    assert denied.value.reason == "egress-self"


@pytest.mark.parametrize("url", ["ftp://example.com/feed", "feed.ics", "", "https://0x7f.1/", "https://a@b@0/", "//x"])
async def test_what_is_no_url_is_denied(url: str) -> None:
    async with client(EgressPolicy()) as upstream:
        with pytest.raises(EgressDenied):
            await upstream.fetch(FetchRequest(url))


async def test_a_policy_that_only_reports_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    names = Names(calendar_example=[["127.0.0.1"]])
    async with serving(plain(200, FEED)) as server, client(EgressPolicy(report_only=True), names) as upstream:
        with caplog.at_level(logging.WARNING, logger="feedproxy.upstream"):
            answer = await upstream.fetch(FetchRequest(server.url(host="calendar.example")))
    assert isinstance(answer, Fetched)
    fields = [record.__dict__["fields"] for record in caplog.records]
    assert fields == [
        {"reason": "egress-scheme", "host": "calendar.example"},
        {"reason": "egress-loopback", "host": "calendar.example"},
    ]
