"""Which source a feed's name stands for: a calendar's, by the hash of its id; or a subscription's own."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from feedproxy.model import CalendarSource
from feedproxy.policy.secrets import feed_hash, log_name, source_hash
from feedproxy.sealing import unseal_source
from feedproxy.sources import Source
from feedproxy.subscribed import subscription_url
from feedproxy.web.ops.desk import Desk


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a feed comes from: a calendar's source, or what the upstream has of a subscription; None: not known."""

    calendar_source: CalendarSource | None
    subscription_id: UUID | None
    source: Source | None

    @property
    def label(self) -> str:
        """What people call it."""
        if self.calendar_source is not None:
            return label(self.calendar_source)
        return "a subscription of the upstream's"


def label(source: CalendarSource) -> str:
    """Return what people call a source."""
    return f"{source.account.code} / {source.name}"


async def origin(desk: Desk, name: str, subscription_id: UUID | None, now: datetime) -> Origin:
    """Find out where the feed of a name comes from; `subscription_id` is whose it may be. Raises SealBroken."""
    found = (await desk.sources(now)).get(log_name(name))
    if found is not None:
        fetched = unseal_source(desk.key, found)
        source_key = source_hash(desk.key, found.id, found.url_digest)
        return Origin(found, None, Source(source_key, fetched.url, fetched.credentials, fetched.headers, shared=True))
    key, upstream_url = desk.key, desk.settings.upstream_url
    if subscription_id is None or not upstream_url or log_name(feed_hash(key, subscription_id)) != log_name(name):
        return Origin(None, None, None)
    headers = {field: value.get_secret_value() for field, value in desk.settings.upstream_headers.items()}
    url = subscription_url(upstream_url, subscription_id)
    return Origin(None, subscription_id, Source(feed_hash(key, subscription_id), url, None, headers))
