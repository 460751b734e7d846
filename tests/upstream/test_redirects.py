"""Redirects against real sockets: where they may lead, and what is taken along."""

import pytest

from feedproxy.errors import EgressDenied, FetchFailed
from feedproxy.policy.access import Credentials
from feedproxy.policy.egress import EgressPolicy
from feedproxy.policy.weburl import read_url
from feedproxy.upstream import Fetched, FetchRequest, Limits, NotModified, UpstreamClient
from feedproxy.upstream.redirects import next_url
from tests.upstream.conversation import Answer, plain, serving

FEED = b"BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n"
PRIVATE = {"authorization", "if-none-match", "if-modified-since", "x-api-key"}


def client(egress: EgressPolicy, limits: Limits = Limits()) -> UpstreamClient:  # noqa: B008 # frozen
    return UpstreamClient(limits, egress, user_agent="feedproxy/test")


def private_request(url: str) -> FetchRequest:
    """Return a request that carries all that is for one origin alone."""
    return FetchRequest(
        url,
        credentials=Credentials(b"user", b"password"),
        etag='"v1"',
        last_modified="Fri, 20 Nov 2026 00:00:00 GMT",
        headers={"X-Api-Key": "key"},
    )


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_is_followed(status: int) -> None:
    answers: dict[str, Answer] = {
        "/a/feed?x": plain(status, Location="../b/feed?y"),
        "/b/feed?y": plain(status, b"moved", Location="/c"),
        "/c": plain(200, FEED, ETag='"c"'),
    }
    async with serving(answers) as server, client(EgressPolicy(urls=[server.url()])) as upstream:
        answer = await upstream.fetch(FetchRequest(server.url("/a/feed?x")))
    assert isinstance(answer, Fetched)
    assert (answer.body, answer.etag) == (FEED, '"c"')
    assert [(hop.url_shown, hop.status, hop.address) for hop in answer.hops] == [
        (server.url("/a/feed"), status, "127.0.0.1"),
        (server.url("/b/feed"), status, "127.0.0.1"),
        (server.url("/c"), 200, "127.0.0.1"),
    ]


async def test_within_an_origin_everything_is_taken_along() -> None:
    answers: dict[str, Answer] = {"/a": plain(302, Location="/b"), "/b": plain(304)}
    async with serving(answers) as server, client(EgressPolicy(urls=[server.url()])) as upstream:
        answer = await upstream.fetch(private_request(server.url("/a")))
    assert isinstance(answer, NotModified)
    assert [set(asked.headers) & PRIVATE for asked in server.asked] == [PRIVATE, PRIVATE]


async def test_nothing_private_crosses_to_another_origin_or_comes_back() -> None:
    answers: dict[str, Answer] = {}
    async with serving(answers) as first, serving({"/b": plain(302, Location=first.url("/c"))}) as second:
        answers |= {"/a": plain(302, Location=second.url("/b")), "/c": plain(200, FEED, ETag='"c"', Last_Modified="x")}
        async with client(EgressPolicy(allow=["127.0.0.1"])) as upstream:
            answer = await upstream.fetch(private_request(first.url("/a")))
    asked = [*first.asked[:1], *second.asked, *first.asked[1:]]
    assert [(each.target, set(each.headers) & PRIVATE) for each in asked] == [
        ("/a", PRIVATE),
        ("/b", set()),
        ("/c", set()),
    ]
    assert isinstance(answer, Fetched)
    assert (answer.body, answer.etag, answer.last_modified) == (FEED, None, None)


async def test_another_name_for_the_same_server_is_another_origin() -> None:
    answers: dict[str, Answer] = {"/b": plain(304)}
    async with serving(answers) as server, client(EgressPolicy(allow=["127.0.0.1", "localhost"])) as upstream:
        answers["/a"] = plain(302, Location=server.url("/b", host="localhost"))
        with pytest.raises(FetchFailed) as failed:
            await upstream.fetch(private_request(server.url("/a")))
    assert failed.value.reason == "status-304"
    assert set(server.asked[1].headers) & PRIVATE == set()


@pytest.mark.parametrize("location", ["/", "/?next"])
async def test_a_loop_ends(location: str) -> None:
    loop = plain(302, Location=location)
    async with serving({"/": loop, "/?next": loop}) as server:
        egress = EgressPolicy(urls=[server.url()])
        async with client(egress) as upstream:
            with pytest.raises(FetchFailed) as failed:
                await upstream.fetch(FetchRequest(server.url()))
    assert failed.value.reason == "too-many-redirects"
    assert len(server.asked) == 6


async def test_the_number_of_redirects_is_a_limit_that_may_be_reached() -> None:
    answers: dict[str, Answer] = {f"/{n}": plain(302, Location=f"/{n + 1}") for n in range(2)}
    answers["/2"] = plain(200, FEED)
    async with serving(answers) as server:
        async with client(EgressPolicy(urls=[server.url()]), Limits(max_redirects=2)) as upstream:
            assert isinstance(await upstream.fetch(FetchRequest(server.url("/0"))), Fetched)
        async with client(EgressPolicy(urls=[server.url()]), Limits(max_redirects=1)) as upstream:
            with pytest.raises(FetchFailed, match="still redirecting after 1"):
                await upstream.fetch(FetchRequest(server.url("/0")))


@pytest.mark.parametrize(
    ("location", "reason"),
    [
        ("https://127.0.0.1/", "egress-loopback"),
        ("https://[::1]/", "egress-loopback"),
        ("https://[::ffff:127.0.0.1]/", "egress-loopback"),
        ("https://localhost/", "egress-unlisted"),
        ("https://example.com/", "egress-unlisted"),
        ("https://169.254.169.254/latest/meta-data/", "egress-metadata"),
        ("https://10.0.0.1/", "egress-private"),
        ("http://example.com/", "egress-scheme"),
        ("https://example.com:22/", "egress-port"),
        ("file:///etc/passwd", "bad-redirect"),
        ("https://user:pw@example.com/", "bad-redirect"),
        ("https://0x7f000001/", "bad-redirect"),
        ("https://[/", "bad-redirect"),
        ("https:///", "bad-redirect"),
        ("", "bad-redirect"),
    ],
)
async def test_a_redirect_to_where_we_may_not_go_ends_there(location: str, reason: str) -> None:
    async with serving(plain(302, Location=location)) as server:
        egress = EgressPolicy(urls=[server.url()])
        async with client(egress) as upstream:
            with pytest.raises(FetchFailed) as failed:
                await upstream.fetch(FetchRequest(server.url()))
    assert failed.value.reason == reason
    assert isinstance(failed.value, EgressDenied) == reason.startswith("egress-")
    assert [hop[1:] for hop in failed.value.hops] == [(302, "127.0.0.1")]


async def test_the_upstream_of_the_settings_redirects_only_to_itself_and_to_what_is_listed() -> None:
    """127.0.0.2 stands for a public host: the upstream is an allow list of one, other feeds may go there."""
    answers: dict[str, Answer] = {}
    async with serving(answers) as server, serving(plain(200, FEED), host="127.0.0.2") as other:
        answers["/"] = plain(302, Location=other.url(host="127.0.0.2"))
        for urls, allow in ([server.url()], ["127.0.0.2"]), ([], ["127.0.0.1", "127.0.0.2"]):
            async with client(EgressPolicy(urls=urls, allow=allow)) as upstream:
                assert isinstance(await upstream.fetch(FetchRequest(server.url())), Fetched)
        egress = EgressPolicy(urls=[server.url(), other.url(host="127.0.0.2")])
        async with client(egress) as upstream:
            with pytest.raises(EgressDenied) as denied:
                await upstream.fetch(FetchRequest(server.url()))
    assert denied.value.reason == "egress-unlisted"


async def test_a_redirect_that_does_not_say_where_ends_there() -> None:
    async with serving(plain(301)) as server, client(EgressPolicy(urls=[server.url()])) as upstream:
        with pytest.raises(FetchFailed) as failed:
            await upstream.fetch(FetchRequest(server.url()))
    assert (failed.value.reason, failed.value.upstream_status) == ("bad-redirect", 301)


def test_a_redirect_never_gives_up_tls() -> None:
    url = read_url("https://example.com/secret")
    with pytest.raises(FetchFailed) as failed:
        next_url(url, "http://other.example/secret?key", status=302)
    assert failed.value.reason == "https-to-http"
    assert failed.value.message == "example.com redirects from https to http, to other.example"
    assert next_url(read_url("http://example.com/"), "https://example.com/", status=302) == read_url(
        "https://example.com/"
    )
