"""The records of the domain: frozen values that every layer speaks of.

All instants are aware `datetime`s in UTC; wall-clock times are naive and stand beside the IANA key of their zone.
Digests are keyed hashes (`feedproxy.policy.secrets`), never the secret itself.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from hashlib import blake2b
from typing import Literal
from uuid import UUID

from feedproxy import gzip_member
from feedproxy.gzip_member import Start


@dataclass(frozen=True, slots=True)
class Account:
    """A tenant. `code` is the CalReply accountCode (= merchantCode), compared case-insensitively, kept as given.

    `name` is what people call it, the merchantName of webhooks; where it is empty the code is shown.
    """

    id: int
    code: str
    created_at: datetime
    name: str = ""


ErrorStyle = Literal["documented", "A", "B", "C"]
"""The shape of errors: A pairs, B `Code` and `Reason`, C `code` and `reason`; documented: each route has its own."""

WebcalBody = Literal["bare", "json_string", "object"]
"""What answers the making of a webcal: the bare URL, the URL as a JSON string, or a JSON object that holds it."""


@dataclass(frozen=True, slots=True)
class Preferences:
    """How an application wants to be answered, and the exact URIs that people may be sent on to with a result."""

    error_style: ErrorStyle = "documented"
    webcal_create_body: WebcalBody = "bare"
    redirect_uris: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Application:
    """An account's API client: what an OAuth2 client_id stands for."""

    client_id: str
    account: Account
    name: str
    secret_digest: bytes
    created_at: datetime
    preferences: Preferences = Preferences()


@dataclass(frozen=True, slots=True)
class AccessToken:
    """A bearer token as stored: its digest, whose it is, until when, and the preferences of its application."""

    digest: bytes
    client_id: str
    account: Account
    expires_at: datetime
    preferences: Preferences = Preferences()


@dataclass(frozen=True, slots=True)
class RefreshToken:
    """A single-use refresh token as stored. All tokens that descend from one grant share its `family`."""

    digest: bytes
    client_id: str
    family: UUID
    expires_at: datetime
    used_at: datetime | None = None


OnDeactivate = Literal["freeze", "empty", "gone"]
"""What a deactivated subscription's feed is: as it was, without events, or HTTP 410."""


@dataclass(frozen=True, slots=True)
class CalendarSource:
    """An upstream calendar and how it is fetched. `name` is unique within the account, whatever the case.

    `sealed` holds URL, credentials and headers, `url_digest` tells one URL from another (`feedproxy.sealing`).
    """

    id: UUID
    account: Account
    name: str
    sealed: bytes
    url_digest: bytes
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class Tag:
    """A tag of a calendar: `text` is matched against CATEGORIES, `id` is the API's internalId."""

    id: UUID
    text: str
    external_id: str | None = None


@dataclass(frozen=True, slots=True)
class CalendarDetails:
    """What an operator says of a calendar.

    `protected`: its feeds want a login. `single_subscription`: a subscriber has at most one active subscription.
    `time_zones` are the Windows ids of its time-zone tags. `on_deactivate`: None leaves it to the settings.
    """

    title: str
    description: str = ""
    image: str = ""
    protected: bool = False
    single_subscription: bool = False
    time_zones: tuple[str, ...] = ()
    on_deactivate: OnDeactivate | None = None


@dataclass(frozen=True, slots=True)
class Calendar:
    """A calendar that people subscribe to. `code` is compared case-insensitively within the account, kept as given."""

    id: int
    account: Account
    code: str
    details: CalendarDetails
    source: CalendarSource
    tags: tuple[Tag, ...]
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class Subscriber:
    """Who subscribes, as the API was told.

    `facts` is every other field that was sent, by its canonical camelCase name (`utmSource`, `marketingAllowed`, ...):
    values that JSON can hold.
    """

    subscriber_id: str = ""
    user_name: str = ""
    email: str = ""
    facts: Mapping[str, object] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """What tells subscribers apart; empty if nothing does."""
        return self.subscriber_id or self.user_name


@dataclass(frozen=True, slots=True)
class Wishes:
    """What of its calendar a subscription wants; the empty one wants everything.

    `zone` is the Windows or IANA id that was asked for. `include_events` and `exclude_events` are GUIDs,
    `include_external` and `exclude_external` ids of the calendar's owner, all as they were given.
    """

    tags: tuple[Tag, ...] = ()
    zone: str = ""
    include_events: tuple[str, ...] = ()
    include_external: tuple[str, ...] = ()
    exclude_events: tuple[str, ...] = ()
    exclude_external: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FeedLogin:
    """What opens the feed of a protected calendar: a user name, and the keyed hash of a password that we made."""

    user_name: str
    password_digest: bytes


Method = Literal["webcal", "google"]
State = Literal["upstream", "pending", "active", "inactive"]
"""upstream: only the upstream knows the feed. pending: waits for a consent of Google's."""


@dataclass(frozen=True, slots=True)
class Subscription:
    """Somebody's subscription. `calendar` is None exactly if only the upstream knows the feed.

    `updated_at` is the last time that its own part of the feed became another, but for events that were put into it,
    which have times of their own. `deactivated_by` is the actionType of the webhook that tells of it.
    """

    id: UUID
    account: Account
    calendar: Calendar | None
    state: State
    method: Method
    subscriber: Subscriber
    wishes: Wishes
    login: FeedLogin | None
    created_at: datetime
    updated_at: datetime
    deactivated_at: datetime | None = None
    deactivated_by: str = ""


@dataclass(frozen=True, slots=True)
class Frozen:
    """What the feed of a deactivated subscription was: one gzip member, and when its octets had last changed."""

    gzip: bytes
    last_modified: datetime


@dataclass(frozen=True, slots=True)
class Grant:
    """A subscriber's lasting consent to write into a Google calendar; `sealed` holds the token."""

    account: Account
    subscriber_key: str
    email: str
    sealed: bytes
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class Consent:
    """A consent that was asked for. `digest` is of the OAuth2 `state`; `sealed` says what to do with the answer."""

    digest: bytes
    account: Account
    sealed: bytes
    expires_at: datetime


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

    `sequence` starts at 0 and grows by one on each change; `updated_at` is the time of the last change. A private
    event is that of one subscription, its `owner`, and named by (account, owner, event_id).
    """

    account_code: str
    event_id: str
    details: EventDetails
    sequence: int
    created_at: datetime
    updated_at: datetime
    owner: UUID | None = None


Zones = tuple[tuple[str, int, int], ...]
"""TZIDs with the first and the last year in which they are used, in the order of the TZIDs."""


@dataclass(frozen=True, slots=True)
class Changed:
    """A subscription whose feed is no longer what it was, for the caches in front of us; None: all of a source.

    `name` is the feed's or the source's tag: what it is called in caches. `hard` says that the copies may not be served
    on even if we cannot be reached: they belong to a feed that was withdrawn, or that is personal from now on.
    """

    name: str
    subscription_id: UUID | None
    hard: bool = False


@dataclass(frozen=True, slots=True)
class Held:
    """A body that was doubted and held back: why (`feedproxy.policy.publish`), how many components it had, since when.

    An operator has said that it is right (`accepted`), or that it is not to be believed however often it comes
    (`refused`).
    """

    reason: str
    text: str
    events: int
    since: datetime
    accepted: bool = False
    refused: bool = False


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
class Look:
    """What the feeds of a source have from the last look upstream.

    `source` is the digest of the body that they are made of; `generation` tells validators of the same octets apart.
    `fetched_at` is the last time that the upstream confirmed the body, `fresh_until` the end of the freshness lifetime
    (RFC 9111 section 4.2), `trouble` the reason why the looks since have not confirmed it, if there were any.
    `protected`: credentials were wanted. `base` names the source, if it is that of many subscriptions.
    """

    source: bytes
    generation: int
    fetched_at: datetime
    fresh_until: datetime
    trouble: str | None
    protected: bool
    base: str = ""


@dataclass(frozen=True, slots=True)
class Feed:
    """A feed as served: what it shares with others of its source, and what it has of its own.

    `start` and `end` make one gzip member (`feedproxy.gzip_member`); `zones` are those that its personal events use.
    `last_modified` is the time that the octets last changed, which only grows. `personal`: it is made for one
    subscription. `read_at` is the time of the look upstream after which the personal events were read, or None if they
    must be read again: one of them is hidden still.
    """

    start: Start
    end: bytes
    zones: Zones
    look: Look
    last_modified: datetime
    read_at: datetime | None
    personal: bool

    @property
    def gzip(self) -> bytes:
        """The octets as one gzip member."""
        return gzip_member.member(self.start, self.end)

    @property
    def octets(self) -> int:
        """How many they are."""
        return self.start.length + gzip_member.length(self.end)

    @property
    def body(self) -> bytes:
        """The octets themselves. Inflated each time: 20 us for 14 KB, 0.3 ms for 1 MB."""
        return gzip_member.text(self.gzip)

    @property
    def digest(self) -> str:
        """What validators are made of: other for other octets, 32 hex digits."""
        generation = self.look.generation.to_bytes(8, "little")
        return blake2b(self.end, key=self.start.digest, salt=generation, digest_size=16).hexdigest()

    @property
    def fetched_at(self) -> datetime:
        """The last time that the upstream confirmed the source."""
        return self.look.fetched_at

    @property
    def fresh_until(self) -> datetime:
        """Until when it needs no look at the upstream."""
        return self.look.fresh_until

    @property
    def protected(self) -> bool:
        """Whether credentials were wanted; like `personal`, that keeps it out of shared caches."""
        return self.look.protected

    @property
    def base(self) -> str:
        """What the source is called that it shares with others; empty if it is its own."""
        return self.look.base


Decision = Literal["published", "unchanged", "kept", "withdrawn", "nothing"]
"""What a look upstream led to: a new body, the one there was, the last good one for want of another, no feed any more,
none yet."""


@dataclass(frozen=True, slots=True)
class PastFetch:
    """A look upstream that has ended, as the history has it.

    `source` is the source's key, `ended_at` when it was over, after so many `seconds`. `result` is `fetched`,
    `not-modified`, or the reason why there was no answer; `status` what the upstream answered with, `etag` and
    `last_modified` its validators, `octets` and `digest` (SHA-256) those of the body as it came. `events` counts the
    components that it had for us. `decision` is what it led to, `reason` why the last good body was kept.
    """

    source: str
    ended_at: datetime
    seconds: float
    result: str
    decision: Decision
    reason: str | None = None
    status: int | None = None
    etag: str | None = None
    last_modified: str | None = None
    octets: int | None = None
    events: int | None = None
    digest: bytes | None = None


Health = Literal["ok", "stale", "degraded", "auth-needed", "blocked", "not-a-calendar", "empty", "shrunk"]
"""How a feed is doing: `feedproxy.policy.health` says what each word means."""


@dataclass(frozen=True, slots=True)
class FeedHealth:
    """How a source is doing (`feedproxy.policy.health`), and `since` when in that way.

    `reason` is why the last look did not confirm it, None if it did. `looked_at` is when that was, `last_good_at` when
    the upstream last confirmed what is served, None if there is nothing; `events` counts the components of that.
    """

    source: str
    health: Health
    since: datetime
    looked_at: datetime
    reason: str | None = None
    last_good_at: datetime | None = None
    events: int = 0
