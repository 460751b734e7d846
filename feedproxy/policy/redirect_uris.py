"""Where people are sent on to with a result: to URIs that an application has registered, and no others.

An open redirect lends our name to whoever wants one (RFC 9700 section 4.11), so a URI counts only as it is registered,
character by character; beyond that it may have a query and a fragment of its own. Schemes may be an app's.
"""

import re
from collections.abc import Collection, Sequence
from urllib.parse import quote, unquote_plus, urlencode

_PRINTABLE = "".join(map(chr, range(0x21, 0x7F)))
_ORIGIN = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:(?://[^/?#]*)?")


def sendable(uri: str) -> str:
    """Return a URI as it can stand in a header field: whatever is not printable ASCII is percent-encoded."""
    return quote(uri.strip(), safe=_PRINTABLE, errors="surrogatepass")


def is_registered(uri: str, registered: Collection[str]) -> bool:
    """Tell whether a URI is one of those registered, which may have a query; one without allows any.

    Case does not count in scheme and host.
    """
    place, _, _ = _comparable(uri).partition("#")
    path, _, _ = place.partition("?")
    return bool({place, path} & {_comparable(each) for each in registered})


def with_result(uri: str, result: Sequence[tuple[str, str]], names: Collection[str]) -> str:
    """Return the URI with a result in its query, in place of any parameter that has one of the result's `names`.

    Its own query and fragment stay as they are.
    """
    place, mark, fragment = uri.partition("#")
    path, _, query = place.partition("?")
    own = [part for part in query.split("&") if part and unquote_plus(part.partition("=")[0]) not in names]
    return f"{path}?{'&'.join([*own, urlencode(result, quote_via=quote)])}{mark}{fragment}"


def _comparable(uri: str) -> str:
    sent = sendable(uri)
    origin = _ORIGIN.match(sent)
    return sent if origin is None else origin[0].lower() + sent[origin.end() :]
