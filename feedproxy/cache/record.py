"""A feed as octets, for a server that keeps it: a version, a JSON header line, the end of the gzip member.

What many feeds begin with is kept once for all of them, under its digest: a record of its own. A record is written and
read as parts, wherever it is cut, for there may be many octets: none that stand in one part already are copied.
"""

import json
import zlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from feedproxy.gzip_member import Start
from feedproxy.model import Feed, Look

FEED, START = b"feed4 ", b"start2 "
"""Versions. Another release's records are none."""
CRCS = range(1 << 32)


class StoredFeed(NamedTuple):
    """A feed but for what it begins with: the digest of that, and the other fields."""

    start: bytes
    fields: dict[str, Any]

    def begun_by(self, start: Start) -> Feed:
        """Return the feed."""
        return Feed(start=start, **self.fields)


def feed_to_parts(feed: Feed) -> tuple[bytes, ...]:
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
    return _header(FEED, header), feed.end


def feed_from_parts(parts: Sequence[bytes]) -> StoredFeed | None:
    """Read a feed back; None when it was written by another version or has been damaged."""
    try:
        header, rest = _read(FEED, parts)
        end = b"".join(rest)
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
    except (ValueError, KeyError, TypeError, OverflowError):
        return None


def start_to_parts(start: Start) -> tuple[bytes, ...]:
    """Write what feeds begin with."""
    header = {"digest": start.digest.hex(), "length": start.length, "crc": start.crc}
    return _header(START, header), *start.blocks


def start_from_parts(parts: Sequence[bytes]) -> Start | None:
    """Read it back; None when it was written by another version. `gzip_member.is_sound` tells if it is damaged."""
    try:
        header, blocks = _read(START, parts)
        crc = int(header["crc"])
        if crc not in CRCS:
            return None
        return Start(blocks, int(header["length"]), crc, bytes.fromhex(header["digest"]))
    except (ValueError, KeyError, TypeError, OverflowError):
        return None


def _header(version: bytes, header: Mapping[str, object]) -> bytes:
    return version + json.dumps(header, separators=(",", ":")).encode() + b"\n"


def _read(version: bytes, parts: Sequence[bytes]) -> tuple[dict[str, Any], tuple[bytes, ...]]:
    """Read a header, which stands in the first part, and what follows it."""
    header, newline, rest = parts[0].partition(b"\n")
    if not newline or not header.startswith(version):
        raise ValueError("not a record of this version")
    return json.loads(header[len(version) :]), (rest, *parts[1:])
