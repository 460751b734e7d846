"""What an http or https URL names, read strictly, so that no two readers of it can disagree.

Most ways round an egress policy are URLs that the checker and the dialler read differently: `http://0x7f.1/`,
`http://①②⑦.0.0.1/`, `http://good.example@evil.example/`. A host is here a DNS name of plain ASCII labels, a
dotted quad or an IPv6 address in brackets; any other spelling is refused, not interpreted. What is dialled is built
from the parts read here, never from the text again.
"""

import re
from dataclasses import dataclass
from ipaddress import AddressValueError, IPv4Address, IPv6Address
from typing import Literal
from urllib.parse import quote, urljoin

DEFAULT_PORTS = {"http": 80, "https": 443}
_SCHEMES = {"http": "http", "https": "https", "webcal": "https", "webcals": "https"}

Flaw = Literal["scheme", "userinfo", "host", "port"]

_URL = re.compile(r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*)://(?P<authority>[^/?#]*)(?P<target>[^#]*)(?:#.*)?", re.DOTALL)
_AUTHORITY = re.compile(r"(?P<host>\[[^\[\]]*\]|[^:\[\]]*)(?::(?P<port>[0-9]{0,5}))?")
_LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?")
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
_AS_WRITTEN = "!#$%&'()*+,/:;=?@[]~"


class UrlRefused(ValueError):
    """The text is no http or https URL in a plain spelling; `flaw` says which part is at fault."""

    def __init__(self, flaw: Flaw) -> None:
        super().__init__(flaw)
        self.flaw = flaw


@dataclass(frozen=True, slots=True)
class Origin:
    """Scheme, host and port (RFC 6454): what credentials and validators belong to. An IPv6 host has no brackets."""

    scheme: str
    host: str
    port: int

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}" + ("" if self.port == DEFAULT_PORTS[self.scheme] else f":{self.port}")


@dataclass(frozen=True, slots=True)
class WebUrl:
    """A URL without user name and fragment; `path` and `query` are kept as they were written, percent-encoded."""

    origin: Origin
    path: str
    query: str

    def __str__(self) -> str:
        return f"{self.origin}{self.path}" + (f"?{self.query}" if self.query else "")


def read_url(text: str) -> WebUrl:
    """Read an absolute URL; `webcal` means https. Raises UrlRefused."""
    match = _URL.fullmatch(text)
    scheme = _SCHEMES.get(match["scheme"].lower()) if match else None
    if match is None or scheme is None:
        raise UrlRefused("scheme")
    if "@" in match["authority"]:
        raise UrlRefused("userinfo")
    path, _, query = match["target"].partition("?")
    return WebUrl(_origin(scheme, match["authority"]), _encoded(path) or "/", _encoded(query))


def is_webcal(text: str) -> bool:
    """Tell whether a URL leaves it open how it is fetched; `webcals` does not."""
    return text[:7].lower() == "webcal:"


def without_tls(url: WebUrl) -> WebUrl:
    """Return the http URL of the same host; a port that was named stays."""
    origin = url.origin
    port = DEFAULT_PORTS["http"] if origin.port == DEFAULT_PORTS["https"] else origin.port
    return WebUrl(Origin("http", origin.host, port), url.path, url.query)


def follow(url: WebUrl, location: str) -> WebUrl:
    """Read a Location relative to the URL that it came from. Raises UrlRefused."""
    try:
        return read_url(urljoin(str(url), location.strip(" \t")))
    except UrlRefused:
        raise
    except ValueError:  # urljoin: brackets that do not match, a character that only looks like a delimiter
        raise UrlRefused("host") from None


def split_userinfo(text: str) -> tuple[str, str | None]:
    """Take `user:password` out of a URL; None when it has none."""
    head, slashes, rest = text.partition("://")
    authority = re.match(r"[^/?#]*", rest)
    assert authority is not None
    userinfo, at, host = authority[0].rpartition("@")
    return (f"{head}{slashes}{host}{rest[authority.end() :]}", userinfo) if at else (text, None)


def _origin(scheme: str, authority: str) -> Origin:
    match = _AUTHORITY.fullmatch(authority)
    if match is None:
        raise UrlRefused("host")
    host = match["host"].lower()
    port = int(match["port"]) if match["port"] else DEFAULT_PORTS[scheme]
    if not 0 < port < 65_536:
        raise UrlRefused("port")
    return Origin(scheme, _bare_ipv6(host) if host.startswith("[") else _name_or_ipv4(host), port)


def _bare_ipv6(host: str) -> str:
    try:
        address = IPv6Address(host[1:-1])
    except AddressValueError:
        raise UrlRefused("host") from None
    if address.scope_id is not None:
        raise UrlRefused("host")
    return str(address)


def _name_or_ipv4(host: str) -> str:
    labels = host.split(".")
    if len(host) > 253 or not all(_LABEL.fullmatch(label) for label in labels):
        raise UrlRefused("host")
    if _NUMBER.fullmatch(labels[-1]):  # a name that ends in a number is an IPv4 address to most readers
        try:
            return str(IPv4Address(host))
        except AddressValueError:
            raise UrlRefused("host") from None
    return host


def _encoded(part: str) -> str:
    """Percent-encode what may not stand in a URL; what is encoded already stays as it is.

    Octets of a header field that are no UTF-8 arrive as surrogates and leave as the octets that they were.
    """
    return quote(part, safe=_AS_WRITTEN, errors="surrogateescape")
