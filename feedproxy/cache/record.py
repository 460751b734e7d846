"""A feed as octets, for a server that keeps it: a version, a JSON header line, the end of the gzip member.

What many feeds begin with is kept once for all of them, under its digest: a record of its own.
"""

import json
import zlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from feedproxy import gzip_member
from feedproxy.gzip_member import Start
from feedproxy.model import Feed, Look

FEED, START = b"feed4 ", b"start2 "
"""Versions. Another release's records are none."""


class StoredFeed(NamedTuple):
    """A feed but for what it begins with: the digest of that, and the other fields."""

    start: bytes
    fields: dict[str, Any]

    def begun_by(self, start: Start) -> Feed:
        """Return the feed."""
        return Feed(start=start, **self.fields)


def feed_to_octets(feed: Feed) -> bytes:
    """Write a feed."""
    look = feed.look
    header = {
        "start": feed.start.digest.hex(),
        "crc": zlib.crc32(feed.end),
        "zones": feed.zones,
        "last_modified": feed.last_modified.isoformat(),
        "read_at": feed.read_at.isoformat() if feed.read_at is not None else None,
        "personal": feed.personal,
        "source": look.source.hex(),
        "generation": look.generation,
        "fetched_at": look.fetched_at.isoformat(),
        "fresh_until": look.fresh_until.isoformat(),
        "trouble": look.trouble,
        "protected": look.protected,
        "base": look.base,
    }
    return _written(FEED, header, feed.end)


def feed_from_octets(octets: bytes) -> StoredFeed | None:
    """Read a feed back; None when it was written by another version or has been damaged."""
    try:
        header, end = _read(FEED, octets)
        if zlib.crc32(end) != header["crc"]:
            return None
        fields = {
            "end": end,
            "zones": tuple((str(tzid), int(first), int(last)) for tzid, first, last in header["zones"]),
            "look": Look(
                source=bytes.fromhex(header["source"]),
                generation=int(header["generation"]),
                fetched_at=datetime.fromisoformat(header["fetched_at"]),
                fresh_until=datetime.fromisoformat(header["fresh_until"]),
                trouble=header["trouble"],
                protected=bool(header["protected"]),
                base=str(header["base"]),
            ),
            "last_modified": datetime.fromisoformat(header["last_modified"]),
            "read_at": datetime.fromisoformat(header["read_at"]) if header["read_at"] is not None else None,
            "personal": bool(header["personal"]),
        }
        return StoredFeed(bytes.fromhex(header["start"]), fields)
    except (ValueError, KeyError, TypeError, zlib.error):
        return None


def start_to_octets(start: Start) -> bytes:
    """Write what feeds begin with."""
    header = {"digest": start.digest.hex(), "length": start.length, "crc": start.crc}
    return _written(START, header, b"".join(start.blocks))


def start_from_octets(octets: bytes) -> Start | None:
    """Read it back; None when it was written by another version or has been damaged."""
    try:
        header, blocks = _read(START, octets)
        start = Start((blocks,), int(header["length"]), int(header["crc"]), bytes.fromhex(header["digest"]))
        gzip_member.text(gzip_member.member(start, gzip_member.end(b"")))
    except (ValueError, KeyError, TypeError, OverflowError, zlib.error):
        return None
    return start


def _written(version: bytes, header: Mapping[str, object], octets: bytes) -> bytes:
    return version + json.dumps(header, separators=(",", ":")).encode() + b"\n" + octets


def _read(version: bytes, octets: bytes) -> tuple[dict[str, Any], bytes]:
    header, newline, rest = octets.removeprefix(version).partition(b"\n")
    if not newline or not octets.startswith(version):
        raise ValueError("not a record of this version")
    return json.loads(header), rest
