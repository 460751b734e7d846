"""A subscription as an operator looks at it: where its feed comes from, what it wants of that, what it adds.

No login is asked for: who may open the store may see the feed.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from feedproxy import gzip_member
from feedproxy.errors import BadRequest, NotFound
from feedproxy.model import FeedHealth, Frozen, LastGood, OnDeactivate, PersonalEvent, Subscription
from feedproxy.policy.access import Credentials
from feedproxy.policy.secrets import log_name
from feedproxy.store import Store
from feedproxy.subscribed import Subscribed, Wanted
from feedproxy.transform import Options, Shared, empty_calendar, index, write_overlay


@dataclass(frozen=True, slots=True)
class Looked:
    """What the store knows of a subscription.

    `subscription` is None of one that only the upstream knows. `personal` are its events that can be seen now, `hidden`
    those that will be; `frozen` is what its feed was when it was deactivated.
    """

    wanted: Wanted
    subscription: Subscription | None
    kept: LastGood | None
    personal: tuple[PersonalEvent, ...]
    hidden: tuple[PersonalEvent, ...]
    frozen: Frozen | None
    health: FeedHealth | None


async def look(
    store: Store,
    key: bytes,
    subscription_id: UUID,
    credentials: Credentials | None,
    *,
    upstream_url: str,
    upstream_headers: Mapping[str, str],
    on_deactivate: OnDeactivate,
    refresh_minutes: int,
    now: datetime,
) -> Looked:
    """Read what the store knows. Raises BadRequest, Unavailable, SealBroken."""
    subscribed = Subscribed(
        store=store,
        key=key,
        upstream_url=upstream_url,
        upstream_headers=upstream_headers,
        on_deactivate=on_deactivate,
        refresh_minutes=refresh_minutes,
        hears=lambda: False,
        clock=lambda: now,
    )
    try:
        subscription = await store.subscription(subscription_id)
        wanted = subscribed.of(subscription) if subscription is not None else None
        found = wanted or await subscribed.wanted(subscription_id, credentials)
    finally:
        await subscribed.close()
    if not isinstance(found, Wanted):
        raise BadRequest("upstream_url is not set: there is nowhere to fetch that subscription from")
    events = await store.events_of(subscription_id)
    healths = await store.feed_healths(feed=log_name(found.source.key))
    return Looked(
        wanted=found,
        subscription=subscription if wanted is not None else None,
        kept=await store.last_good(found.source.key),
        personal=tuple(event for event in events if event.details.is_visible(now)),
        hidden=tuple(event for event in events if not event.details.is_visible(now)),
        frozen=await store.frozen(subscription_id),
        health=next(iter(healths), None),
    )


def served_body(looked: Looked, options: Options) -> bytes:
    """Return the octets that are served of a subscription while nobody looks upstream. Raises NotFound."""
    wanted = looked.wanted
    if wanted.ended == "gone":
        raise NotFound("the subscription is deactivated: its feed is answered with 410")
    if wanted.ended is not None:
        was = looked.frozen if wanted.ended == "freeze" else None
        return gzip_member.text(was.gzip) if was is not None else empty_calendar(wanted.naming)
    if looked.kept is None:
        raise NotFound("nothing good has been fetched for that subscription yet")
    shared = Shared(index(looked.kept.body, options), options)
    overlay = write_overlay(looked.personal)
    if not wanted.selection:
        start = shared.start(overlay, naming=wanted.naming)
    else:
        kept = shared.kept(wanted.selection)
        start = shared.start(overlay, kept.indices, kept.changed, wanted.naming)
    return gzip_member.text(gzip_member.member(start, overlay.end))
