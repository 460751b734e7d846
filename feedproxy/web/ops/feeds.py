"""/ops: the feeds by how they are doing. /ops/feeds/{feedName}: all of one."""

import re
from collections.abc import Mapping
from datetime import date, datetime, timedelta

from feedproxy.errors import BadRequest, NotFound
from feedproxy.model import FeedHealth, Health, Held, LastGood
from feedproxy.ops.anatomy import Subject
from feedproxy.ops.history import DIGEST_SHOWN, FeedHistory, as_json, feed_history
from feedproxy.policy.health import HEALTHS
from feedproxy.policy.secrets import log_name
from feedproxy.policy.weburl import read_url
from feedproxy.sealing import mask_id, unmask_id
from feedproxy.web.ops.desk import Asked, Desk, Values
from feedproxy.web.ops.pages import iso
from feedproxy.web.ops.sources import Origin, label, origin

PAGE = 50
LOOKS = 50
"""So many looks upstream are listed."""

MEANINGS: Mapping[Health, str] = {
    "ok": "The upstream confirmed it at the last look.",
    "degraded": "The last look failed in a way that may pass by itself.",
    "stale": "It goes on failing, and what was good is old.",
    "auth-needed": "The upstream wants credentials, or other ones.",
    "blocked": "Something will not let us ask.",
    "not-a-calendar": "What comes is no calendar.",
    "empty": "Nothing is left of its events.",
    "shrunk": "It has lost so much at once that it is held back.",
}

_NAME = re.compile(r"[0-9a-f]{16}")
_MONTH = re.compile(r"(\d{4})-(\d\d)")


async def feeds(desk: Desk, asked: Asked) -> Values:
    """List the feeds, those first that have been as they are for longest: `?health=`, `?feed=` the head of a name."""
    chosen, head = _health(asked), asked.query.get("feed", "").strip().lower()
    if not re.fullmatch("[0-9a-f]{0,64}", head):
        raise BadRequest("feed: the name of a feed as in the log is wanted, or its first digits")
    found = await desk.store.healths_page(feed=head, health=chosen, after=_after(asked), limit=PAGE + 1)
    since = asked.now - timedelta(days=desk.settings.history_days)
    counts = await desk.store.count_healths(looked_since=since)
    labels = await desk.sources(asked.now)
    return {
        "now": iso(asked.now),
        "counts": [
            {"health": each, "feeds": counts.get(each, (0, None))[0], "meaning": MEANINGS[each]} for each in HEALTHS
        ],
        "health": chosen,
        "feed": head,
        "feeds": [
            health_values(each) | {"label": label(source) if (source := labels.get(log_name(each.source))) else None}
            for each in found[:PAGE]
        ],
        "next": f"{found[PAGE - 1].since.isoformat()}~{found[PAGE - 1].source}" if len(found) > PAGE else None,
    }


async def feed(desk: Desk, asked: Asked) -> Values:
    """Show one feed: how it is doing, what came and what is served, a month of it, its history, what can be done."""
    name, of = name_of(asked.places), asked.query.get("of", "")
    given = unmask_id(desk.key, of) if of else None
    whence = await origin(desk, name, given or asked.seen, asked.now)
    past = await feed_history(desk.store, name, limit=LOOKS)
    health = max(past.healths, key=lambda each: each.looked_at, default=None)
    if health is None and whence.source is None:
        raise NotFound(f"there is no feed {name}: nobody has looked upstream for it, or it was too long ago")
    source_key = health.source if health is not None else whence.source.key if whence.source else name
    kept = await desk.store.last_good(source_key)
    body, digest = await _came(desk, asked, name, past)
    subject = Subject(name, body, kept, first=asked_month(asked), zone=asked.query.get("zone", ""))
    return {
        "now": iso(asked.now),
        "name": name,
        "label": whence.label,
        "of": mask_id(desk.key, whence.subscription_id) if whence.subscription_id else None,
        "health": health_values(health) | {"meaning": MEANINGS[health.health]} if health else None,
        "others": [health_values(each) for each in past.healths if each is not health],
        "origin": _origin(whence, reveal=asked.reveal),
        "lastGood": last_good_values(kept),
        "body": digest,
        "history": as_json(past)["fetches"],
        "reveal": asked.reveal,
        **desk.anatomy(subject, asked.now),
    }


def name_of(places: Mapping[str, str]) -> str:
    """Return the feed's name that the path has. Raises NotFound."""
    name = places["feed_name"].lower()
    if not _NAME.fullmatch(name):
        raise NotFound("a feed is named by 16 hex digits, as in the log")
    return name


def asked_month(asked: Asked) -> date | None:
    """Return the first day of the month that is asked for. Raises BadRequest."""
    written = asked.query.get("month")
    if not written:
        return None
    match = _MONTH.fullmatch(written)
    try:
        first = date(int(match[1]), int(match[2]), 1) if match else None
    except ValueError:
        first = None
    if first is None or not 1900 <= first.year <= 2200:
        raise BadRequest("month: a month such as 2026-12 is wanted")
    return first


def health_values(health: FeedHealth) -> dict[str, object]:
    """Return how a feed is doing."""
    return {
        "feed": log_name(health.source),
        "health": health.health,
        "since": iso(health.since),
        "lookedAt": iso(health.looked_at),
        "reason": health.reason,
        "lastGoodAt": iso(health.last_good_at),
        "events": health.events,
        "withCredentials": "." in health.source,
    }


def last_good_values(good: LastGood | None) -> Values | None:
    """Return what is known of a last good body, but for the octets."""
    if good is None:
        return None
    return {
        "fetchedAt": iso(good.fetched_at),
        "changedAt": iso(good.changed_at),
        "events": good.events,
        "octets": len(good.body),
        "etag": good.etag,
        "lastModified": good.last_modified,
        "edition": good.edition,
        "held": _held(good.held),
    }


def _held(held: Held | None) -> Values | None:
    if held is None:
        return None
    return {
        "reason": held.reason,
        "text": held.text,
        "events": held.events,
        "since": iso(held.since),
        "accepted": held.accepted,
        "refused": held.refused,
    }


def _origin(whence: Origin, *, reveal: bool) -> Values | None:
    """Return where a feed comes from; the URL ends after its host unless it is to be revealed."""
    if whence.source is None:
        return None
    url, owner = whence.source.url, whence.calendar_source
    return {
        "account": owner.account.code if owner else None,
        "source": owner.name if owner else None,
        "url": url if reveal else f"{read_url(url).origin}/***",
        "hasCredentials": whence.source.credentials is not None,
        "headers": sorted(whence.source.headers),
    }


async def _came(desk: Desk, asked: Asked, name: str, past: FeedHistory) -> tuple[bytes | None, str | None]:
    """Return the body that came last, or the one that is asked for, if it is there; and its name."""
    wanted = asked.query.get("body", "").lower()
    digests = (each.digest for each in past.fetches if each.digest is not None and each.digest in past.kept)
    found = next((digest for digest in digests if digest.hex().startswith(wanted)), None)
    if found is None:
        if wanted:
            raise NotFound(f"there is no body {wanted[:DIGEST_SHOWN]!r} of this feed any more")
        return None, None
    return await desk.store.past_body(name, found), found.hex()[:DIGEST_SHOWN]


def _health(asked: Asked) -> Health | None:
    written = asked.query.get("health") or None
    if written is not None and written not in HEALTHS:
        raise BadRequest(f"health: one of {', '.join(HEALTHS)} is wanted")
    return next((each for each in HEALTHS if each == written), None)


def _after(asked: Asked) -> tuple[datetime, str] | None:
    written = asked.query.get("after")
    if not written:
        return None
    since, _, source = written.partition("~")
    try:
        instant = datetime.fromisoformat(since)
    except ValueError:
        instant = None
    if instant is None or instant.tzinfo is None or not source:
        raise BadRequest("after: what a page says is next is wanted")
    return instant, source
