"""The ids by which an event may be named: its UID, its X-EXTERNAL-ID, and a GUID that the UID stands for.

The GUID of a UID that is one itself, with or without dashes and braces, in any case, and with or without `@domain`
behind it, is that one. Every other UID has the name-based UUID (RFC 9562 section 5.5) of its octets in a namespace of
our own: the same at every fetch, in every process, for ever. The UID itself decides, not the source that it came from.
"""

import re
from functools import lru_cache
from uuid import UUID, uuid5

from feedproxy.ics.components import Component
from feedproxy.ics.text import unescape
from feedproxy.transform.edit import every_extension

NAMESPACE = UUID("0d9f6c52-5a0f-5b0e-8a3e-4d7c1d0a9e61")
_GUID = re.compile(r"\{?([0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12})\}?(?:@.*)?", re.IGNORECASE | re.DOTALL)


def guid(uid: str) -> str:
    """Return the GUID of a UID: lower case, with dashes."""
    return _canonical(uid) or str(uuid5(NAMESPACE, uid))


@lru_cache(10_000)
def spellings(name: str) -> frozenset[str]:
    """Return what an id that somebody gave may be: the text itself, and a GUID as we write it."""
    text = name.strip()
    found = _canonical(text)
    return frozenset((text, found) if found else (text,))


def external_ids(component: Component) -> set[str]:
    """Return the X-EXTERNAL-IDs of a component."""
    lines = every_extension(component, b"X-EXTERNAL-ID")
    return {text for line in lines if (text := unescape(line.value).strip())}


def _canonical(text: str) -> str | None:
    match = _GUID.fullmatch(text)
    return str(UUID(match[1])) if match else None
