"""What each kind of edge wants to be sent. Pure: changes in, requests out.

A soft purge marks a copy as old, so that it can still be served should we be out of reach later. What is `hard` is not:
that copy is gone, whatever the settings say.
"""

import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from feedproxy.config import Edge
from feedproxy.model import Changed

MOST_TAGS = 100
"""Tags in one request: Cloudflare takes 100, Fastly 256, and so many fit into a header field of Varnish (8 KB)."""

TOKEN = "X-Feedproxy-Token"  # noqa: S105 # the field's name
"""The header field in which nginx and Varnish look for the edge's token (`samples/`)."""


@dataclass(frozen=True, slots=True)
class PurgeRequest:
    """A request to an edge about some changes. A status of 2xx means that it was done, or one of `accepted`."""

    changes: tuple[Changed, ...]
    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes = b""
    accepted: tuple[int, ...] = ()


def requests_for(edge: Edge, token: str, changes: Collection[Changed]) -> Iterator[PurgeRequest]:
    """Yield what to send to an edge about changes, MOST_TAGS of them at most."""
    if edge.kind == "nginx":
        for change in changes:
            if change.subscription_id is not None:  # it knows no tags: its copies of the other feeds run out
                yield _nginx(edge, token, change)
        return
    for soft in (True, False):
        alike = tuple(change for change in changes if soft == (edge.soft and not change.hard))
        if alike:
            yield _BY_TAG[edge.kind](edge, token, alike, soft=soft)


def _nginx(edge: Edge, token: str, change: Changed) -> PurgeRequest:
    """Ask for the feed as the sample site takes it: open-source nginx can neither purge nor find a copy by its tag.

    It asks us past its copy and keeps the answer; or, in a hard purge, puts a note in the copy's place.
    """
    url = f"{edge.url}/v1/webcal/{change.subscription_id}"
    headers = {TOKEN: token, "X-Feedproxy-Purge": "hard" if change.hard else "soft"}
    return PurgeRequest((change,), "GET", url, headers, accepted=(401, 403, 404, 410))


def _varnish(edge: Edge, token: str, changes: tuple[Changed, ...], *, soft: bool) -> PurgeRequest:
    """PURGE or BAN, as the sample VCL takes them."""
    headers = {TOKEN: token, "Surrogate-Key": " ".join(_tags(changes))}
    return PurgeRequest(changes, "PURGE" if soft else "BAN", f"{edge.url}/", headers)


def _fastly(edge: Edge, token: str, changes: tuple[Changed, ...], *, soft: bool) -> PurgeRequest:
    """Purge surrogate keys (Fastly's API: POST /service/{id}/purge)."""
    headers = {"Fastly-Key": token, "Accept": "application/json", "Content-Type": "application/json"}
    if soft:
        headers["Fastly-Soft-Purge"] = "1"
    url = f"{edge.url or 'https://api.fastly.com'}/service/{edge.zone}/purge"
    return PurgeRequest(changes, "POST", url, headers, json.dumps({"surrogate_keys": _tags(changes)}).encode())


def _cloudflare(edge: Edge, token: str, changes: tuple[Changed, ...], *, soft: bool) -> PurgeRequest:
    """Invalidate or purge cache tags (Cloudflare's API: POST /zones/{id}/invalidate_cache and .../purge_cache)."""
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    api = edge.url or "https://api.cloudflare.com/client/v4"
    url = f"{api}/zones/{edge.zone}/{'invalidate_cache' if soft else 'purge_cache'}"
    return PurgeRequest(changes, "POST", url, headers, json.dumps({"tags": _tags(changes)}).encode())


def _tags(changes: tuple[Changed, ...]) -> list[str]:
    return list(dict.fromkeys(change.name for change in changes))


_BY_TAG = {"varnish": _varnish, "fastly": _fastly, "cloudflare": _cloudflare}
