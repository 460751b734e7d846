"""Lists of TEXT values (RFC 5545 section 3.1.1), as CATEGORIES and RESOURCES have. An unescaped comma ends a value."""

import re

from feedproxy.ics.text import unescape

_ITEM = re.compile(rb"(?:[^,\\]++|\\.|\\\Z)*+", re.DOTALL)


def texts(value: bytes) -> list[str]:
    """Read a list of texts, empty ones included, without the blanks about each."""
    return [unescape(item).strip() for item in items(value)]


def items(value: bytes) -> list[bytes]:
    """Take a list apart into its items as written."""
    found, at = [], 0
    while True:
        match = _ITEM.match(value, at)
        end = match.end() if match else len(value)
        found.append(value[at:end])
        if end >= len(value):
            return found
        at = end + 1
