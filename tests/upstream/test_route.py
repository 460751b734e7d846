"""A permanent redirect that came three times is not waited for again, and takes nothing private along."""

import asyncio
import hashlib

from feedproxy.policy.access import Credentials
from feedproxy.policy.egress import EgressPolicy
from feedproxy.upstream import Fetched, FetchRequest, Limits, NotModified, Route, UpstreamClient
from tests.upstream.conversation import Answer, Asked, Server, plain, serving

FEED = b"BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n"
DIGEST = hashlib.sha256(FEED).digest()
EGRESS = EgressPolicy(allow=["127.0.0.1"])


async def looks(upstream: UpstreamClient, request: FetchRequest, number: int, route: Route = Route()) -> Route:  # noqa: B008 # frozen
    """Look so many times for a body that is always the same, as `Sources` does."""
    for _ in range(number):
        answer = await upstream.fetch(route.applied(request, DIGEST))
        assert isinstance(answer, NotModified) or answer.body == FEED
        route = route.noted(answer).settled(answer, DIGEST)
    return route


def client() -> UpstreamClient:
    return UpstreamClient(Limits(), EGRESS, user_agent="feedproxy/test")


def targets(server: Server) -> list[str]:
    return [asked.target for asked in server.asked]


async def test_the_fourth_look_begins_where_three_were_led_to() -> None:
    answers: dict[str, Answer] = {"/old": plain(301, Location="/new"), "/new": plain(200, FEED)}
    async with serving(answers) as server, client() as upstream:
        await looks(upstream, FetchRequest(server.url("/old")), 5)
    assert targets(server) == ["/old", "/new"] * 3 + ["/new"] * 2


async def test_a_temporary_redirect_is_followed_each_time() -> None:
    answers: dict[str, Answer] = {"/old": plain(302, Location="/new"), "/new": plain(200, FEED)}
    async with serving(answers) as server, client() as upstream:
        await looks(upstream, FetchRequest(server.url("/old")), 5)
    assert targets(server) == ["/old", "/new"] * 5


async def test_when_the_remembered_place_fails_the_feeds_own_url_is_asked_at_once_and_counts_anew() -> None:
    answers: dict[str, Answer] = {"/old": plain(308, Location="/new"), "/new": plain(200, FEED)}
    async with serving(answers) as server, client() as upstream:
        request = FetchRequest(server.url("/old"))
        route = await looks(upstream, request, 4)
        answers |= {"/old": plain(200, FEED), "/new": plain(404)}
        server.asked.clear()
        await looks(upstream, request, 2, route)
    assert targets(server) == ["/new", "/old", "/old"]


async def test_a_remembered_place_that_moves_on_is_forgotten() -> None:
    answers: dict[str, Answer] = {"/old": plain(301, Location="/new"), "/new": plain(200, FEED)}
    async with serving(answers) as server, client() as upstream:
        request = FetchRequest(server.url("/old"))
        route = await looks(upstream, request, 3)
        answers |= {"/new": plain(301, Location="/newer"), "/newer": plain(200, FEED)}
        server.asked.clear()
        await looks(upstream, request, 2, route)
    assert targets(server) == ["/new", "/newer", "/old", "/new", "/newer"]


async def test_credentials_and_fields_stay_at_the_first_origin_for_ever() -> None:
    answers: dict[str, Answer] = {}
    async with serving(answers) as first, serving(plain(200, FEED)) as second, client() as upstream:
        answers["/"] = plain(301, Location=second.url())
        request = FetchRequest(
            first.url(), credentials=Credentials(b"u", b"p"), etag='"first"', headers={"X-Api-Key": "k"}
        )
        await looks(upstream, request, 5)
    assert len(first.asked) == 3
    assert len(second.asked) == 5
    assert all({"authorization", "x-api-key", "if-none-match"} <= set(asked.headers) for asked in first.asked)
    for asked in second.asked:
        assert not {"authorization", "x-api-key", "if-none-match"} & set(asked.headers)


async def test_a_copy_from_another_origin_is_asked_for_conditionally_there_and_only_there() -> None:
    answers: dict[str, Answer] = {}

    async def unless_the_same(asked: Asked, writer: asyncio.StreamWriter) -> None:
        same = asked.headers.get("if-none-match") == '"second"'
        writer.write(plain(304) if same else plain(200, FEED, ETag='"second"'))

    async with serving(answers) as first, serving(unless_the_same) as second, client() as upstream:
        answers["/"] = plain(301, Location=second.url())
        request = FetchRequest(first.url())
        route = await looks(upstream, request, 5)
        assert [asked.headers.get("if-none-match") for asked in first.asked] == [None] * 3
        assert [asked.headers.get("if-none-match") for asked in second.asked] == [None] + ['"second"'] * 4
        answer = await upstream.fetch(route.applied(request, b"another digest"))
    assert isinstance(answer, Fetched), "whose copy is another one does not ask conditionally"


async def test_a_remembered_place_is_judged_like_any_other() -> None:
    """The allow list may have changed since; the feed's own URL is asked then."""
    async with serving(plain(200, FEED)) as server:
        egress = EgressPolicy(urls=[server.url()])
        async with UpstreamClient(Limits(), egress, user_agent="feedproxy/test") as upstream:
            request = FetchRequest(server.url(), moved_to="http://169.254.169.254/latest/")
            answer = await upstream.fetch(request)
    assert isinstance(answer, Fetched)
    assert not answer.way.from_moved
