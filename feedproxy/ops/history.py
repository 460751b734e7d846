"""The history of a feed, for people and for programs."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from feedproxy.model import FeedHealth, PastFetch
from feedproxy.policy.secrets import log_name
from feedproxy.store import Store

DIGEST_SHOWN = 12
"""So many hex digits of a body's SHA-256 name it."""


@dataclass(frozen=True, slots=True)
class FeedHistory:
    """The last looks upstream of a feed, the newest first; which of their bodies are there; how the feed is doing.

    Under other credentials a feed is another one: `healths` has one for each of them.
    """

    fetches: tuple[PastFetch, ...]
    kept: Collection[bytes]
    healths: tuple[FeedHealth, ...]


async def feed_history(store: Store, feed: str, *, limit: int) -> FeedHistory:
    """Read the history of a feed, named by the head of its name in the store."""
    return FeedHistory(
        await store.past_fetches(feed, limit=limit), await store.kept_bodies(feed), await store.feed_healths(feed=feed)
    )


def as_json(history: FeedHistory) -> dict[str, object]:
    """Return the history for programs. Sources are called as in the log."""
    return {
        "health": [_health(each) for each in history.healths],
        "fetches": [_fetch(each, history.kept) for each in history.fetches],
    }


def as_text(history: FeedHistory) -> str:
    """Return the history for people, a line a look."""
    lines = [
        f"{log_name(each.source)}  {each.health} since {each.since:%Y-%m-%d %H:%M} UTC, "
        + (f"last good {each.last_good_at:%Y-%m-%d %H:%M} UTC" if each.last_good_at else "never good")
        for each in history.healths
    ]
    rows = [_row(each, history.kept) for each in history.fetches]
    if rows:
        rows.insert(0, ("ended (UTC)", "took", "result", "status", "octets", "events", "decision", "why", "body"))
        lines += ["", *_columns(rows)]
    return "\n".join(lines) + "\n" if lines else ""


def _health(health: FeedHealth) -> Mapping[str, object]:
    return {
        "feed": log_name(health.source),
        "health": health.health,
        "since": health.since.isoformat(),
        "lookedAt": health.looked_at.isoformat(),
        "reason": health.reason,
        "lastGoodAt": health.last_good_at.isoformat() if health.last_good_at else None,
        "events": health.events,
    }


def _fetch(fetch: PastFetch, kept: Collection[bytes]) -> Mapping[str, object]:
    return {
        "feed": log_name(fetch.source),
        "endedAt": fetch.ended_at.isoformat(),
        "seconds": round(fetch.seconds, 3),
        "result": fetch.result,
        "status": fetch.status,
        "etag": fetch.etag,
        "lastModified": fetch.last_modified,
        "octets": fetch.octets,
        "events": fetch.events,
        "decision": fetch.decision,
        "reason": fetch.reason,
        "body": fetch.digest.hex()[:DIGEST_SHOWN] if fetch.digest in kept and fetch.digest else None,
    }


def _row(fetch: PastFetch, kept: Collection[bytes]) -> tuple[str, ...]:
    said = _fetch(fetch, kept)
    numbers = [said[name] for name in ("status", "octets", "events")]
    return (
        f"{fetch.ended_at:%Y-%m-%d %H:%M:%S}",
        f"{fetch.seconds:.2f} s",
        fetch.result,
        *("" if number is None else str(number) for number in numbers),
        fetch.decision,
        fetch.reason if fetch.reason not in (None, fetch.result) else "",
        str(said["body"] or ""),
    )


def _columns(rows: Iterable[tuple[str, ...]]) -> Iterable[str]:
    listed = list(rows)
    widths = [max(map(len, column)) for column in zip(*listed, strict=True)]
    for row in listed:
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
