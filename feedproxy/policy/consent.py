"""Asking people for a consent (RFC 6749 section 4.1): the page that they are sent to, and the `state` they bring back.

A state is random octets and our signature: what is not ours is told without looking into the database, and the
database has a digest of it alone.
"""

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as Base64Error
from collections.abc import Mapping
from urllib.parse import quote, urlencode

from feedproxy.policy.secrets import keyed_hash, same

RANDOM_OCTETS = 32
SIGNATURE_OCTETS = 16

_LANGUAGE = re.compile(r"\s*([A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8})*)\s*(?:[,;]|$)")


def signed_state(key: bytes, octets: bytes) -> str:
    """Return the state made of RANDOM_OCTETS random octets."""
    return urlsafe_b64encode(octets + _signature(key, octets)).decode("ascii")


def is_state_of_ours(key: bytes, state: str) -> bool:
    """Tell whether a state was made with this key."""
    try:
        octets = urlsafe_b64decode(state.encode("ascii"))
    except (UnicodeEncodeError, Base64Error):
        return False
    random, signature = octets[:RANDOM_OCTETS], octets[RANDOM_OCTETS:]
    return same(signature, _signature(key, random)) and signed_state(key, random) == state


def state_digest(key: bytes, state: str) -> bytes:
    """Return what is stored of a state of ours."""
    return keyed_hash(key, "consent-state", state.encode("ascii"))


def consent_page(url: str, parameters: Mapping[str, str], accept_language: str | None) -> str:
    """Return the address of the page, in the language that a browser would like best, if we were told."""
    language = _LANGUAGE.match(accept_language or "")
    fields = dict(parameters) | ({"hl": language[1]} if language else {})
    return f"{url}?{urlencode(fields, quote_via=quote)}"


def _signature(key: bytes, octets: bytes) -> bytes:
    return keyed_hash(key, "consent-signature", octets)[:SIGNATURE_OCTETS]
