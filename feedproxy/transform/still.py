"""Feeds that no source changes any more: what is left of a subscription that is over."""

from hashlib import blake2b

from feedproxy import gzip_member
from feedproxy.gzip_member import Start
from feedproxy.transform.assembly import written
from feedproxy.transform.naming import Naming
from feedproxy.transform.placeholder import PLACEHOLDER
from feedproxy.transform.repair import PRODID

NOTHING_MORE = gzip_member.end(b"")


def empty_calendar(naming: Naming) -> bytes:
    """Return a calendar of that name that has no events, but for the one that stands for none."""
    return b"".join(written(naming.of((b"VERSION:2.0", PRODID)), (), (PLACEHOLDER,)))


def still(text: bytes) -> tuple[Start, bytes]:
    """Return the start and the end of a feed of this text, as `gzip_member.member` puts them together."""
    part = gzip_member.deflate((text,))
    return gzip_member.start((part,), blake2b(text, digest_size=16).digest()), NOTHING_MORE
