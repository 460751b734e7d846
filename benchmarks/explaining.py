"""One event of a feed of 27 MB explained, beside what it takes to index the feed."""

from collections.abc import Iterator
from datetime import UTC, datetime

from benchmarks.feeds import season
from benchmarks.measure import interleaved
from feedproxy.ops.event import explain_event
from feedproxy.ops.event_formats import as_text
from feedproxy.ops.explain import SERVED
from feedproxy.transform import Base, index

EVENTS = 40_000
NOW = datetime(2026, 1, 1, tzinfo=UTC)


def explained(body: bytes, base: Base) -> str:
    """Explain the last event."""
    return as_text(explain_event(body, f"event-{EVENTS - 1}@example.com", base, SERVED, now=NOW))


def table() -> Iterator[str]:
    """Iterate over the lines of the table."""
    body = season(EVENTS, defined=True)
    base = index(body, SERVED)
    one, whole = interleaved(lambda: explained(body, base), lambda: index(body, SERVED), rounds=5)
    yield f"| {EVENTS:,} events, {len(body) / 1e6:.1f} MB | measured | must be |"
    yield "| --- | --- | --- |"
    yield f"| one event explained, once the feed is indexed | {one:.2f} s | 1 s |"
    yield f"| as a multiple of indexing it | {one / whole:.1f} | 3 |"
