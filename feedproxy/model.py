"""The records of the domain: frozen values that every layer speaks of.

All instants are aware `datetime`s in UTC; wall-clock times are naive and stand beside the IANA key of their zone.
Digests are keyed hashes (`feedproxy.policy.secrets`), never the secret itself.
"""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Account:
    """A tenant. `code` is the CalReply accountCode (= merchantCode), compared case-insensitively, kept as given."""

    id: int
    code: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Application:
    """An account's API client: what an OAuth2 client_id stands for."""

    client_id: str
    account: Account
    name: str
    secret_digest: bytes
    created_at: datetime


@dataclass(frozen=True, slots=True)
class AccessToken:
    """A bearer token as stored: its digest, whose it is, until when."""

    digest: bytes
    client_id: str
    account: Account
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class RefreshToken:
    """A single-use refresh token as stored. All tokens that descend from one grant share its `family`."""

    digest: bytes
    client_id: str
    family: UUID
    expires_at: datetime
    used_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class EventDetails:
    """What an API client says of an event.

    `start` and `end` are both dates (all day, `end` exclusive) or both naive wall-clock times in `zone`, an IANA key.
    `notify_before` is in minutes. `visible_from` hides the event until then.
    """

    title: str
    start: datetime | date
    end: datetime | date
    zone: str
    description: str = ""
    location: str = ""
    notify_before: int | None = None
    visible_from: datetime | None = None

    @property
    def all_day(self) -> bool:
        """Whether the event is made of days rather than of times."""
        return not isinstance(self.start, datetime)

    def is_visible(self, now: datetime) -> bool:
        """Tell whether the event may be seen already."""
        return self.visible_from is None or self.visible_from <= now


@dataclass(frozen=True, slots=True)
class PersonalEvent:
    """A "subscription event": made through the API, attached to subscriptions, named by (account, event_id).

    `sequence` starts at 0 and grows by one on each change; `updated_at` is the time of the last change.
    """

    account_code: str
    event_id: str
    details: EventDetails
    sequence: int
    created_at: datetime
    updated_at: datetime


Zones = tuple[tuple[str, int, int], ...]
"""TZIDs with the first and the last year in which they are used, in the order of the TZIDs."""


@dataclass(frozen=True, slots=True)
class Changed:
    """A subscription whose feed is no longer what it was, for the caches in front of us.

    `name` is the feed's tag: what it is called in caches. `hard` says that the copies may not be served on even if we
    cannot be reached: they belong to a feed that was withdrawn, or that is personal from now on.
    """

    name: str
    subscription_id: UUID
    hard: bool = False


@dataclass(frozen=True, slots=True)
class Held:
    """A body that was doubted and held back: why (`feedproxy.policy.publish`), how many components it had, since when.

    `accepted`: an operator has said that it is right.
    """

    reason: str
    text: str
    events: int
    since: datetime
    accepted: bool = False


@dataclass(frozen=True, slots=True)
class LastGood:
    """The last good answer of a source, as kept in the store so that it outlives the process.

    `source` is the source's key (`feedproxy.feeds`), never its URL. `body` is what the upstream sent, decoded from its
    content encoding and settled against the one before, and `digest` its SHA-256; `etag` and `last_modified` are the
    upstream's validators as it wrote them; `events` counts the components in it; `fetched_at` is the last time that the
    upstream confirmed it, with a 304 or with a body in which nothing but churn was new.

    `rendered` is the SHA-256 of the feed made of it without any overlay, and `changed_at` since when there are such
    octets; `edition` names the release and the zone data that made it, in force since `edition_at`. `generation` tells
    validators of the same octets apart. `held` is what came since and was not believed.
    """

    source: str
    body: bytes
    digest: bytes
    etag: str | None
    last_modified: str | None
    events: int
    fetched_at: datetime
    changed_at: datetime
    rendered: bytes | None = None
    edition: str | None = None
    edition_at: datetime | None = None
    generation: int = 0
    held: Held | None = None


@dataclass(frozen=True, slots=True)
class Feed:
    """A feed as served: the octets, what they are validated by, and until when they need no look at the upstream.

    `digest` is the hex hash of `body` that the validators are made of; `gzip` the same octets as one gzip member;
    `last_modified` the time that the octets last changed, which only grows. `fetched_at` is the last time that the
    upstream confirmed the source, `fresh_until` the end of the freshness lifetime (RFC 9111 section 4.2). `protected`:
    the upstream wanted credentials; `personal`: the feed holds personal events. Both keep it out of shared caches.
    """

    body: bytes
    gzip: bytes
    digest: str
    last_modified: datetime
    fetched_at: datetime
    fresh_until: datetime
    protected: bool
    personal: bool
