"""The requests that almost every calendar client sends, read strictly (RFC 9112).

What is no plain GET of a feed in every respect is None here and left to aiohttp: so that the two can never disagree
about what a request says or where it ends. Few fields may stand in one, none twice, and none with a body, an
expectation or another protocol in sight.
"""

import re
from typing import NamedTuple

MAX_OCTETS = 2_048

FEED_PATH = r"/(?:v[12]/)?webcal/([0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12})(?:\.ics)?/?"
"""The path of a feed as nearly all clients write it; `feedproxy.web.routes` takes a few others too."""

_HEAD = re.compile(
    rb"GET " + FEED_PATH.encode() + rb" HTTP/1\.1\r\n"
    rb"((?:[A-Za-z-]{1,40}: [!-~](?:[ -~]{0,1000}[!-~])?\r\n){1,24})\r\n"
)
_FIELDS = frozenset(
    {
        *(b"accept", b"accept-encoding", b"accept-language", b"authorization", b"cache-control", b"connection", b"dnt"),
        *(b"forwarded", b"from", b"host", b"if-modified-since", b"if-none-match", b"pragma", b"referer", b"user-agent"),
        *(b"via", b"x-forwarded-for", b"x-forwarded-host", b"x-forwarded-proto", b"x-real-ip"),
    }
)
_HOST = re.compile(rb"[0-9A-Za-z.-]+(?::[0-9]{1,5})?|\[[0-9A-Fa-f:.]+\](?::[0-9]{1,5})?")


class PlainGet(NamedTuple):
    """A GUID as it stands in the path, and the fields in order, as aiohttp's `raw_headers` has them."""

    guid: str
    fields: tuple[tuple[bytes, bytes], ...]


def read_plain_get(octets: bytes) -> PlainGet | None:
    """Read a plain GET of a feed that is all of these octets; None for anything else."""
    if len(octets) > MAX_OCTETS:
        return None
    head = _HEAD.fullmatch(octets)
    if head is None:
        return None
    fields = tuple((name, value) for name, _, value in (line.partition(b": ") for line in head[2][:-2].split(b"\r\n")))
    by_name = {name.lower(): value for name, value in fields}
    if len(by_name) != len(fields) or not by_name.keys() <= _FIELDS:
        return None
    if (
        not _HOST.fullmatch(by_name.get(b"host", b""))
        or by_name.get(b"connection", b"keep-alive").lower() != b"keep-alive"
    ):
        return None
    return PlainGet(head[1].decode(), fields)
