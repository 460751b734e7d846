"""Keyed hashes: what is stored and logged in place of a token, a password or a subscription id.

Server-made secrets have at least 128 random bits, so one HMAC-SHA256 is enough against guessing, and it costs about
a microsecond where argon2id costs 85 ms. Secrets that a person chose must not be stored with this.
"""

import hashlib
import hmac
from functools import lru_cache
from uuid import UUID


def keyed_hash(key: bytes, purpose: str, secret: bytes) -> bytes:
    """Return the 32-octet HMAC-SHA256 of `secret` under `key`; each `purpose` has digests of its own."""
    return hmac.digest(key, purpose.encode() + b"\0" + secret, hashlib.sha256)


def same(left: bytes, right: bytes) -> bool:
    """Compare two secrets or digests in constant time."""
    return hmac.compare_digest(left, right)


@lru_cache(maxsize=1_024)
def feed_hash(key: bytes, subscription_id: UUID) -> str:
    """Return the 32 hex digits by which caches and the store name a subscription's feed."""
    return keyed_hash(key, "feed", subscription_id.bytes).hex()[:32]


def source_hash(key: bytes, source_id: UUID, url_digest: bytes) -> str:
    """Return the 32 hex digits by which caches and the store name a calendar's source; another URL is another one."""
    return keyed_hash(key, "source", source_id.bytes + url_digest).hex()[:32]


def log_name(feed_name: str) -> str:
    """Return the head of a `feed_hash` or of a name that begins with one: what logs call the feed.

    A GUID in a URL is a secret, so no log has it; and this is one name for a feed in every line about it.
    """
    return feed_name[:16]
