"""Keyed hashes: one for each key, purpose and secret, and none shows what it was made of."""

import hashlib
import hmac
from uuid import UUID

from feedproxy.policy.secrets import feed_hash, keyed_hash, log_name, same

GUID = UUID("b78b79ba-607b-4f7a-9f4a-a46646f5a52e")


def test_a_keyed_hash_is_an_hmac_over_purpose_and_secret() -> None:
    assert keyed_hash(b"key", "token", b"secret") == hmac.new(b"key", b"token\0secret", hashlib.sha256).digest()


def test_every_part_changes_the_hash() -> None:
    parts = [(b"k", "p", b"s"), (b"l", "p", b"s"), (b"k", "q", b"s"), (b"k", "p", b"t"), (b"k", "ps", b"")]
    assert len({keyed_hash(*each) for each in parts}) == len(parts)


def test_secrets_are_compared_whole() -> None:
    assert same(b"secret", b"secret")
    assert not same(b"secret", b"secreT")
    assert not same(b"secret", b"secret ")


def test_a_feed_has_a_name_that_is_not_its_id() -> None:
    name = feed_hash(b"key", GUID)
    assert len(name) == 32
    assert name != feed_hash(b"other key", GUID)
    assert GUID.hex not in name
    assert log_name(name) == log_name(name + ".protected") == name[:16]
