"""Validators of a feed (RFC 9110 sections 8.8 and 13)."""

import re
from datetime import datetime

from feedproxy.policy.content_coding import Coding
from feedproxy.policy.httpdate import read_http_date

_TAG = re.compile(r'(?:W/)?"([^"]*)"')
_SUFFIXES = {"identity": "", "gzip": "-gz", "br": "-br", "zstd": "-zst"}


def etag(digest: str, coding: Coding) -> str:
    """Return the strong entity tag of a representation: each coding has its own, as RFC 9110 section 8.8.3 wants."""
    return f'"{digest}{_SUFFIXES[coding]}"'


def matches(if_none_match: str, tag: str) -> bool:
    """Tell whether If-None-Match names a strong entity tag (weak comparison, a list, `*`)."""
    return if_none_match.strip() == "*" or tag.strip('"') in _TAG.findall(if_none_match)


def not_modified(
    if_none_match: str | None, if_modified_since: str | None, *, tag: str, last_modified: datetime
) -> bool:
    """Tell whether the client's copy is good. If-None-Match wins over the date."""
    if if_none_match is not None:
        return matches(if_none_match, tag)
    since = read_http_date(if_modified_since)
    return since is not None and last_modified.replace(microsecond=0) <= since
