"""Which source a feed's name stands for: a calendar's, by the hash of its id; or a subscription's own."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from aiohttp import web

from feedproxy.model import CalendarSource
from feedproxy.policy.secrets import feed_hash, log_name, source_hash
from feedproxy.sources import Source
from feedproxy.subscribed import subscription_url
from feedproxy.web import keys

BATCH = 200
"""So many sources are read at a time: feeds get their turn in between."""
KEPT = timedelta(seconds=30)
"""For how long it is believed that there are no other sources."""


class SourceNames:
    """The sources of all calendars by the names of their feeds, read when they are asked for."""

    def __init__(self) -> None:
        self._found: dict[str, CalendarSource] = {}
        self._read_at: datetime | None = None

    async def named(self, app: web.Application) -> dict[str, CalendarSource]:
        """Return them."""
        now = app[keys.CLOCK]()
        if self._read_at is None or not timedelta(0) <= now - self._read_at < KEPT:
            self._found, self._read_at = await _every_source(app), now
        return self._found


NAMES = web.AppKey("source_names", SourceNames)


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


async def origin(request: web.Request, name: str, subscription_id: UUID | None) -> Origin:
    """Find out where the feed of a name comes from; `subscription_id` is whose it may be. Raises SealBroken."""
    app = request.app
    found = (await app[NAMES].named(app)).get(log_name(name))
    if found is not None:
        return Origin(found, None, app[keys.FEEDS].source_of(found))
    key, upstream_url = app[keys.SECRET_KEY], app[keys.SETTINGS].upstream_url
    if subscription_id is None:
        subscription_id = app[keys.FEEDS].subscription_seen(log_name(name))
    if subscription_id is None or not upstream_url or log_name(feed_hash(key, subscription_id)) != log_name(name):
        return Origin(None, None, None)
    headers = {field: value.get_secret_value() for field, value in app[keys.SETTINGS].upstream_headers.items()}
    url = subscription_url(upstream_url, subscription_id)
    return Origin(None, subscription_id, Source(feed_hash(key, subscription_id), url, None, headers))


async def _every_source(app: web.Application) -> dict[str, CalendarSource]:
    found: dict[str, CalendarSource] = {}
    after: UUID | None = None
    while batch := await app[keys.STORE].every_source(after=after, limit=BATCH):
        for each in batch:
            found[log_name(source_hash(app[keys.SECRET_KEY], each.id, each.url_digest))] = each
        after = batch[-1].id
    return found
