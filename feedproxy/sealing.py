"""What is stored but must be had back: upstream URLs with their credentials, tokens of Google's. Sealed, not hashed.

A seal is one octet of version, a nonce, and ChaCha20-Poly1305 (RFC 8439) of the octets. Its key is derived from the
server's secret key (HKDF, RFC 5869), one for each purpose: what was sealed for one cannot be opened for another.
"""

import json
import os
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV, ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from feedproxy.errors import SealBroken
from feedproxy.model import CalendarSource
from feedproxy.policy.access import Credentials
from feedproxy.policy.secrets import keyed_hash

_VERSION = b"\1"
_NONCE = 12
_SOURCE = "calendar-source"


def seal(key: bytes, purpose: str, octets: bytes) -> bytes:
    """Return `octets` sealed under the server's secret key; other octets each time."""
    nonce = os.urandom(_NONCE)
    return _VERSION + nonce + _cipher(key, purpose).encrypt(nonce, octets, _VERSION)


def unseal(key: bytes, purpose: str, sealed: bytes) -> bytes:
    """Return what was sealed under that key for that purpose. Raises SealBroken for anything else."""
    nonce, rest = sealed[1 : 1 + _NONCE], sealed[1 + _NONCE :]
    if sealed[:1] == _VERSION and len(nonce) == _NONCE:
        with suppress(InvalidTag):
            return _cipher(key, purpose).decrypt(nonce, rest, _VERSION)
    raise SealBroken("a seal in the database cannot be opened: is secret_key what it was when it was made?")


@dataclass(frozen=True, slots=True)
class FetchSettings:
    """How an upstream calendar is fetched. Nothing of it belongs into a log: the URL may be a secret too."""

    url: str = field(repr=False)
    credentials: Credentials | None = field(default=None, repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)


def mask_id(key: bytes, subscription_id: UUID) -> str:
    """Return what a subscription is called where its GUID must not be seen, in URLs say: always the same text."""
    return urlsafe_b64encode(_mask(key).encrypt(subscription_id.bytes, None)).rstrip(b"=").decode()


def unmask_id(key: bytes, masked: str) -> UUID | None:
    """Return which subscription is called so; None if none is."""
    try:
        return UUID(bytes=_mask(key).decrypt(urlsafe_b64decode(masked + "=" * (-len(masked) % 4)), None))
    except (ValueError, InvalidTag):
        return None


def seal_source(key: bytes, settings: FetchSettings) -> tuple[bytes, bytes]:
    """Return what a CalendarSource holds of its settings: all of them sealed, and a keyed hash of the URL."""
    login = settings.credentials
    values = {
        "url": settings.url,
        "credentials": login and [part.decode("latin-1") for part in (login.user, login.password)],
        "headers": dict(settings.headers),
    }
    return seal(key, _SOURCE, json.dumps(values).encode()), keyed_hash(key, "source-url", settings.url.encode())


def unseal_source(key: bytes, source: CalendarSource) -> FetchSettings:
    """Return how a source is fetched. Raises SealBroken if it was sealed under another key."""
    values = json.loads(unseal(key, _SOURCE, source.sealed))
    login = values["credentials"]
    credentials = Credentials(*(part.encode("latin-1") for part in login)) if login else None
    return FetchSettings(values["url"], credentials, values["headers"])


def _mask(key: bytes) -> AESSIV:
    """Return a cipher that gives the same octets for the same id (RFC 5297)."""
    return AESSIV(HKDF(SHA256(), length=64, salt=None, info=b"feedproxy masked id").derive(key))


def _cipher(key: bytes, purpose: str) -> ChaCha20Poly1305:
    return ChaCha20Poly1305(HKDF(SHA256(), length=32, salt=None, info=b"feedproxy " + purpose.encode()).derive(key))
