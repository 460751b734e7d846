"""Each kind of edge is sent what its documentation asks for, and never more in one request than it takes."""

import json
from uuid import UUID

import pytest
from pydantic import SecretStr

from feedproxy.config import Edge
from feedproxy.model import Changed
from feedproxy.purge import PurgeRequest, requests_for

ID = UUID("5c0f3b52-7b0e-4f0e-9d55-1f3a8a6d2c11")
CHANGED = Changed("a1", ID)
WITHDRAWN = Changed("b2", ID, hard=True)
TOKEN = "t0ken"

VARNISH = Edge(kind="varnish", url="http://varnish:6081", token=SecretStr(TOKEN))
NGINX = Edge(kind="nginx", url="https://feeds.example", token=SecretStr(TOKEN))
FASTLY = Edge(kind="fastly", zone="SU1Z0isxPaozGVKXdv0eY", token=SecretStr(TOKEN))
CLOUDFLARE = Edge(kind="cloudflare", zone="023e105f4ecef8ad9ca31a8372d0c353", token=SecretStr(TOKEN))


def sent(edge: Edge, *changes: Changed) -> list[PurgeRequest]:
    return list(requests_for(edge, TOKEN, changes))


def test_varnish_is_sent_the_tags_and_the_token() -> None:
    (request,) = sent(VARNISH, CHANGED, Changed("c3", ID))
    assert (request.method, request.url) == ("PURGE", "http://varnish:6081/")
    assert request.headers == {"X-Feedproxy-Token": TOKEN, "Surrogate-Key": "a1 c3"}
    assert request.body == b""


def test_fastly_is_sent_its_surrogate_keys() -> None:
    (request,) = sent(FASTLY, CHANGED, Changed("c3", ID))
    assert (request.method, request.url) == ("POST", f"https://api.fastly.com/service/{FASTLY.zone}/purge")
    assert request.headers["Fastly-Key"] == TOKEN
    assert request.headers["Fastly-Soft-Purge"] == "1"
    assert json.loads(request.body) == {"surrogate_keys": ["a1", "c3"]}


def test_cloudflare_is_sent_its_cache_tags() -> None:
    (request,) = sent(CLOUDFLARE, CHANGED, Changed("c3", ID))
    zone = f"https://api.cloudflare.com/client/v4/zones/{CLOUDFLARE.zone}"
    assert (request.method, request.url) == ("POST", f"{zone}/invalidate_cache")
    assert request.headers["Authorization"] == f"Bearer {TOKEN}"
    assert request.headers["Content-Type"] == "application/json"
    assert json.loads(request.body) == {"tags": ["a1", "c3"]}


def test_nginx_is_asked_for_each_feed_past_its_cache() -> None:
    other = Changed("c3", UUID(int=7))
    assert [(each.method, each.url, each.changes) for each in sent(NGINX, CHANGED, other)] == [
        ("GET", f"https://feeds.example/v1/webcal/{ID}", (CHANGED,)),
        ("GET", f"https://feeds.example/v1/webcal/{other.subscription_id}", (other,)),
    ]


def test_nginx_has_done_its_part_when_it_passes_on_that_a_feed_is_gone() -> None:
    assert {401, 404} <= set(sent(NGINX, WITHDRAWN)[0].accepted)


def how(request: PurgeRequest) -> str:
    """What makes the request soft or hard, in the edge's own words."""
    if "invalidate_cache" in request.url or "purge_cache" in request.url:
        return request.url.rpartition("/")[2]
    return request.headers.get("X-Feedproxy-Purge") or request.headers.get("Fastly-Soft-Purge") or request.method


@pytest.mark.parametrize(
    ("edge", "soft", "hard"),
    [
        (VARNISH, "PURGE", "BAN"),
        (FASTLY, "1", "POST"),
        (CLOUDFLARE, "invalidate_cache", "purge_cache"),
        (NGINX, "soft", "hard"),
    ],
    ids=lambda value: value.kind if isinstance(value, Edge) else value,
)
def test_what_may_not_be_served_on_is_purged_hard_and_the_rest_as_the_settings_say(
    edge: Edge, soft: str, hard: str
) -> None:
    assert {request.changes: how(request) for request in sent(edge, CHANGED, WITHDRAWN)} == {
        (CHANGED,): soft,
        (WITHDRAWN,): hard,
    }
    if edge.kind == "nginx":  # it is given the new feed at once, so there is nothing to choose (`Edge` says so)
        return
    always = edge.model_copy(update={"soft": False})
    assert {how(request) for request in sent(always, CHANGED, WITHDRAWN)} == {hard}


@pytest.mark.parametrize("edge", [VARNISH, FASTLY, CLOUDFLARE], ids=lambda edge: edge.kind)
def test_a_tag_is_named_once(edge: Edge) -> None:
    (request,) = sent(edge, CHANGED, Changed("a1", UUID(int=7)))
    named = request.body.decode() or request.headers["Surrogate-Key"]
    assert named.count("a1") == 1
    assert len(request.changes) == 2


@pytest.mark.parametrize("edge", [VARNISH, NGINX, FASTLY, CLOUDFLARE], ids=lambda edge: edge.kind)
def test_nothing_is_sent_about_nothing(edge: Edge) -> None:
    assert sent(edge) == []


def test_all_feeds_of_a_source_are_purged_by_its_tag_but_not_where_there_are_no_tags() -> None:
    (request,) = sent(VARNISH, Changed("base", None))
    assert request.headers["Surrogate-Key"] == "base"
    assert sent(NGINX, Changed("base", None)) == []
