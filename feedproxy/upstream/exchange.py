"""What is asked of an upstream, and what came back."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from feedproxy.policy.access import Credentials


@dataclass(frozen=True, slots=True)
class FetchRequest:
    """One conditional GET.

    `url` may be written with `webcal://` (which means https) and with `user:password@`, which counts where there are no
    `credentials`. `etag` and `last_modified` are the validators of the copy at hand, as the upstream wrote them. They,
    the credentials and `headers` are for the origin of `url` alone and follow no redirect to another; `abroad` is for
    where such a redirect led. `moved_to` is where permanent redirects have led often enough: it is asked first, and
    `url` only when that fails.
    """

    url: str
    credentials: Credentials | None = None
    etag: str | None = None
    last_modified: str | None = None
    abroad: "Validators | None" = None
    moved_to: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Hop:
    """One request on the way: its URL without query, the status, and the IP address that was connected to."""

    url_shown: str
    status: int
    address: str


@dataclass(frozen=True, slots=True)
class Validators:
    """The validators of an answer that came from another origin than was asked. They are for its very URL, a secret."""

    url: str
    etag: str | None
    last_modified: str | None


@dataclass(frozen=True, slots=True)
class Way:
    """The way to an answer. Its URLs are secrets.

    `redirects` are the answers before it: the status, and the absolute URL that it pointed to. `from_moved`: it began
    at the request's `moved_to`. `abroad`: it ended at another origin than was asked.
    """

    redirects: tuple[tuple[int, str], ...]
    from_moved: bool
    abroad: Validators | None


@dataclass(frozen=True, slots=True)
class NotModified:
    """A 304: the copy at hand is good. Header fields as the upstream wrote them; `seconds` is what it took in all.

    `etag` and `last_modified` are None when it came from another origin than was asked: they are in `way` then.
    """

    etag: str | None
    last_modified: str | None
    cache_control: str | None
    expires: str | None
    date: str | None
    age: str | None
    hops: tuple[Hop, ...]
    way: Way
    seconds: float


@dataclass(frozen=True, slots=True)
class Fetched:
    """A 200: `body` is complete and free of content coding; `wire_octets` is its length as it was sent.

    `etag` and `last_modified` are None when the answer came from another origin than was asked: they are in `way` then,
    and not to be sent back to the first.
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
    way: Way
    wire_octets: int
    seconds: float
