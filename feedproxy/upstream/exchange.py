"""What is asked of an upstream, and what came back."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from feedproxy.policy.access import Credentials


@dataclass(frozen=True, slots=True)
class FetchRequest:
    """One conditional GET.

    `url` may be written with `webcal://` (which means https) and with `user:password@`, which counts where there are no
    `credentials`. `etag` and `last_modified` are the validators of the copy at hand, as the upstream wrote them. They,
    the credentials and `headers` are for the origin of `url` alone and follow no redirect to another.
    """

    url: str
    credentials: Credentials | None = None
    etag: str | None = None
    last_modified: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Hop:
    """One request on the way: its URL without query, the status, and the IP address that was connected to."""

    url_shown: str
    status: int
    address: str


@dataclass(frozen=True, slots=True)
class NotModified:
    """A 304: the copy at hand is good. Header fields as the upstream wrote them; `seconds` is what it took in all."""

    etag: str | None
    last_modified: str | None
    cache_control: str | None
    expires: str | None
    date: str | None
    age: str | None
    hops: tuple[Hop, ...]
    seconds: float


@dataclass(frozen=True, slots=True)
class Fetched:
    """A 200: `body` is complete and free of content coding; `wire_octets` is its length as it was sent.

    `etag` and `last_modified` are None when the answer came from another origin than was asked: they are not to be
    sent back to the first.
    """

    body: bytes
    etag: str | None
    last_modified: str | None
    cache_control: str | None
    expires: str | None
    date: str | None
    age: str | None
    content_type: str | None
    hops: tuple[Hop, ...]
    wire_octets: int
    seconds: float
