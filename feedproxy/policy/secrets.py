"""Keyed hashes: what is stored and logged in place of a token, a password or a subscription id.

Server-made secrets have at least 128 random bits, so one HMAC-SHA256 is enough against guessing, and it costs about
a microsecond where argon2id costs 85 ms. Secrets that a person chose must not be stored with this.
"""

import hashlib
import hmac
from uuid import UUID


def keyed_hash(key: bytes, purpose: str, secret: bytes) -> bytes:
    """Return the 32-octet HMAC-SHA256 of `secret` under `key`; each `purpose` has digests of its own."""
    return hmac.digest(key, purpose.encode() + b"\0" + secret, hashlib.sha256)


def same(left: bytes, right: bytes) -> bool:
    """Compare two secrets or digests in constant time."""
    return hmac.compare_digest(left, right)


def log_name(key: bytes, subscription_id: UUID) -> str:
    """Return the 16 hex digits by which logs and metrics name a feed: its GUID in a URL is a secret too."""
    return keyed_hash(key, "log", subscription_id.bytes).hex()[:16]
