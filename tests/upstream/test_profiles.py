"""How certain hosts are asked: User-Agent and header fields that go to them alone."""

from feedproxy.policy.egress import EgressPolicy
from feedproxy.upstream import FetchRequest, HostProfile, Limits, UpstreamClient
from tests.upstream.conversation import Answer, Names, plain, serving

FEED = b"BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n"
NAMES = {"plain_example": [["127.0.0.1"]], "picky_example": [["127.0.0.1"]]}
PROFILES = {"picky.example": HostProfile("Mozilla/5.0 (picky)", {"X-Api-Key": "key"})}


def client() -> UpstreamClient:
    egress = EgressPolicy(allow=["127.0.0.1", "plain.example", "picky.example"])
    return UpstreamClient(Limits(), egress, user_agent="feedproxy/test", profiles=PROFILES, resolver=Names(**NAMES))


async def test_a_host_is_asked_as_its_profile_says_and_others_as_usual() -> None:
    async with serving(plain(200, FEED)) as server, client() as upstream:
        await upstream.fetch(FetchRequest(server.url(host="picky.example")))
        await upstream.fetch(FetchRequest(server.url(host="plain.example")))
    picky, usual = (asked.headers for asked in server.asked)
    assert (picky["user-agent"], picky["x-api-key"]) == ("Mozilla/5.0 (picky)", "key")
    assert usual["user-agent"] == "feedproxy/test"
    assert "x-api-key" not in usual


async def test_the_fields_of_a_host_follow_no_redirect_to_another_and_wait_for_those_who_arrive() -> None:
    answers: dict[str, Answer] = {"/end": plain(200, FEED)}
    async with serving(answers) as server, client() as upstream:
        answers["/there"] = plain(302, Location=server.url("/back", host="plain.example"))
        answers["/back"] = plain(302, Location=server.url("/end", host="picky.example"))
        await upstream.fetch(FetchRequest(server.url("/there", host="picky.example")))
    assert [asked.headers.get("x-api-key") for asked in server.asked] == ["key", None, "key"]
    assert [asked.headers["user-agent"][:9] for asked in server.asked] == ["Mozilla/5", "feedproxy", "Mozilla/5"]


async def test_what_a_source_says_of_itself_counts_more_than_what_its_host_does() -> None:
    async with serving(plain(200, FEED)) as server, client() as upstream:
        request = FetchRequest(server.url(host="picky.example"), headers={"User-Agent": "Source/1", "X-Api-Key": "own"})
        await upstream.fetch(request)
    headers = server.asked[0].headers
    assert (headers["user-agent"], headers["x-api-key"]) == ("Source/1", "own")
