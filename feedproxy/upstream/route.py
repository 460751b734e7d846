"""What is remembered of the way to a source, for as long as the process lives."""

from dataclasses import dataclass, replace

from feedproxy.policy.redirects import Moved, moved, moved_on
from feedproxy.upstream.exchange import Fetched, FetchRequest, NotModified, Validators


@dataclass(frozen=True, slots=True)
class Route:
    """Where a source has moved for good, and what is known of a copy that came from another origin.

    `abroad` are the validators of the copy whose SHA-256 is `digest`. Both are secrets, and no use to other processes.
    """

    moved: Moved | None = None
    abroad: Validators | None = None
    digest: bytes = b""

    def applied(self, request: FetchRequest, digest: bytes | None) -> FetchRequest:
        """Return the request along this route, by one who has the copy with that digest."""
        moved_to = self.moved.target if self.moved is not None and self.moved.remembered else None
        return replace(request, moved_to=moved_to, abroad=self.abroad if self.digest == digest else None)

    def noted(self, answer: Fetched | NotModified) -> "Route":
        """Return the route after a feed or a 304 was got along it."""
        if answer.way.from_moved:
            assert self.moved is not None, "it was in the request"
            return replace(self, moved=moved_on(self.moved, answer.way.redirects))
        failed = self.moved is not None and self.moved.remembered
        return replace(self, moved=moved(None if failed else self.moved, answer.way.redirects))

    def settled(self, answer: Fetched | NotModified, digest: bytes) -> "Route":
        """Return the route after the answer has become, or has confirmed, the copy with that digest."""
        abroad = answer.way.abroad
        if isinstance(answer, NotModified) and abroad is not None:  # it need not repeat the validators
            abroad = self.abroad
        return replace(self, abroad=abroad, digest=digest if abroad is not None else b"")
