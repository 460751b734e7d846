"""Validators and content negotiation for a feed (RFC 9110 sections 8.8, 12.5.3 and 13)."""

import re
from datetime import datetime
from typing import Literal

from feedproxy.policy.httpdate import read_http_date

Encoding = Literal["identity", "gzip"]

_TAG = re.compile(r'(?:W/)?"([^"]*)"')
_CODING = re.compile(r"([^\s;,]+)\s*(?:;\s*q\s*=\s*([0-9.]+)\s*)?", re.IGNORECASE)


def etag(digest: str, encoding: Encoding) -> str:
    """Return the strong entity tag of a representation: each encoding has its own, as RFC 9110 section 8.8.3 wants."""
    return f'"{digest}-gz"' if encoding == "gzip" else f'"{digest}"'


def not_modified(
    if_none_match: str | None, if_modified_since: str | None, *, tag: str, last_modified: datetime
) -> bool:
    """Tell whether the client's copy is good. If-None-Match (weak comparison, a list, `*`) wins over the date."""
    if if_none_match is not None:
        return if_none_match.strip() == "*" or tag.strip('"') in _TAG.findall(if_none_match)
    since = read_http_date(if_modified_since)
    return since is not None and last_modified.replace(microsecond=0) <= since


def encoding(accept_encoding: str | None) -> Encoding | None:
    """Choose an encoding by Accept-Encoding; None when the client takes neither.

    No header, or an empty one: identity. On equal quality gzip is chosen: it is a quarter of the octets.
    """
    if not accept_encoding or not accept_encoding.strip():
        return "identity"
    quality = {name.lower(): _quality(q) for name, q in _CODING.findall(accept_encoding)}
    gzip = quality.get("gzip", quality.get("x-gzip", quality.get("*", 0.0)))
    identity = quality.get("identity", quality["*"] if quality.get("*") == 0.0 else 0.001)
    if gzip > 0 and gzip >= identity:
        return "gzip"
    return "identity" if identity > 0 else None


def _quality(text: str) -> float:
    try:
        return min(max(float(text), 0.0), 1.0) if text else 1.0
    except ValueError:
        return 0.0
