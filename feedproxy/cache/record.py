"""A feed as octets, for a server that keeps it: a version, a JSON header line, the gzip member.

The body is not in it: it is what the gzip member holds, and a quarter of the size.
"""

import json
import zlib
from datetime import datetime

from feedproxy.model import Feed

VERSION = b"feed1 "
_TIMES = ("last_modified", "fetched_at", "fresh_until")
_FLAGS = ("protected", "personal")
_GZIP = 16 + zlib.MAX_WBITS


def to_octets(feed: Feed) -> bytes:
    """Write a feed."""
    header = {
        "digest": feed.digest,
        **{name: getattr(feed, name).isoformat() for name in _TIMES},
        **{name: getattr(feed, name) for name in _FLAGS},
    }
    return VERSION + json.dumps(header, separators=(",", ":")).encode() + b"\n" + feed.gzip


def from_octets(octets: bytes) -> Feed | None:
    """Read a feed back; None when it was written by another version or has been damaged."""
    header, newline, compressed = octets.removeprefix(VERSION).partition(b"\n")
    if not newline or not octets.startswith(VERSION):
        return None
    try:
        fields = json.loads(header)
        return Feed(
            body=zlib.decompress(compressed, wbits=_GZIP),
            gzip=compressed,
            digest=str(fields["digest"]),
            last_modified=datetime.fromisoformat(fields["last_modified"]),
            fetched_at=datetime.fromisoformat(fields["fetched_at"]),
            fresh_until=datetime.fromisoformat(fields["fresh_until"]),
            protected=bool(fields["protected"]),
            personal=bool(fields["personal"]),
        )
    except (ValueError, KeyError, TypeError, zlib.error):
        return None
