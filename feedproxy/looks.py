"""What a look upstream came to: as the history has it, and what it says of how the feed is doing. Values only."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from feedproxy.errors import FeedRefused, FetchFailed
from feedproxy.model import Decision, FeedHealth, PastFetch
from feedproxy.policy.health import health
from feedproxy.upstream import Fetched, NotModified


class Standing(Protocol):
    """What is asked here of the state of a source (`feedproxy.sources`)."""

    @property
    def digest(self) -> bytes:
        """The SHA-256 of the last good body."""

    @property
    def generation(self) -> int:
        """What tells validators of the same octets apart."""

    @property
    def events(self) -> int:
        """How many components it has."""

    @property
    def fetched_at(self) -> datetime:
        """When the upstream last confirmed it."""

    @property
    def trouble(self) -> str | None:
        """Why the last look did not."""


@dataclass(frozen=True, slots=True)
class Look:
    """A look upstream that has ended, after so many `seconds`, at `ended_at`.

    `answer` is what came last, None if nothing did; `failure` why there is no feed, if there is none; `before` and
    `after` what was served, and is. `protected`: it was made with credentials. `private`: they were a subscriber's own.
    """

    source: str
    answer: Fetched | NotModified | None
    failure: FetchFailed | FeedRefused | None
    before: Standing | None
    after: Standing | None
    protected: bool
    private: bool
    seconds: float
    ended_at: datetime

    @property
    def trouble(self) -> str | None:
        """Why it did not confirm what is served."""
        return self.failure.reason if self.failure is not None else self.after.trouble if self.after else None


def past_fetch(look: Look) -> PastFetch:
    """Return what the history says of a look; its body's digest is not known yet."""
    answer, after, decision = look.answer, look.after, _decision(look)
    return PastFetch(
        source=look.source,
        ended_at=look.ended_at,
        seconds=look.seconds,
        result="fetched" if isinstance(answer, Fetched) else "not-modified" if answer else look.trouble or "",
        decision=decision,
        reason=look.trouble,
        status=_status(look),
        etag=answer.etag if answer is not None else None,
        last_modified=answer.last_modified if answer is not None else None,
        octets=len(answer.body) if isinstance(answer, Fetched) else None,
        events=after.events if after is not None and decision in ("published", "unchanged") else None,
    )


def body_to_keep(look: Look) -> bytes | None:
    """Return the body that came, if it led to something and no subscriber's own credentials opened it."""
    if look.private or not isinstance(look.answer, Fetched) or _decision(look) == "unchanged":
        return None
    return look.answer.body


def feed_health(look: Look, *, stale_after: timedelta) -> FeedHealth:
    """Return how the feed is doing after a look."""
    last_good_at = look.after.fetched_at if look.after is not None else None
    events = look.after.events if look.after is not None else 0
    now = health(
        look.trouble,
        events=events,
        last_good_at=last_good_at,
        protected=look.protected,
        now=look.ended_at,
        stale_after=stale_after,
    )
    return FeedHealth(look.source, now, look.ended_at, look.ended_at, look.trouble, last_good_at, events)


def _decision(look: Look) -> Decision:
    before, after = look.before, look.after
    if after is None:
        return "withdrawn" if before is not None else "nothing"
    if after.trouble is not None:
        return "kept"
    same = before is not None and (before.digest, before.generation) == (after.digest, after.generation)
    return "unchanged" if same else "published"


def _status(look: Look) -> int | None:
    match look.answer:
        case Fetched():
            return 200
        case NotModified():
            return 304
        case None:
            status = (look.trouble or "").removeprefix("status-")
            return int(status) if status.isdecimal() else None
