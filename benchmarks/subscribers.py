"""What subscribers of one calendar cost: to refresh, with a filter of their own, in memory."""

import gc
import gzip
import random
import tracemalloc
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from time import process_time

from benchmarks.feeds import season
from benchmarks.measure import interleaved
from feedproxy.cache.memory import MemoryCache
from feedproxy.gzip_member import Start
from feedproxy.model import EventDetails, Feed, Look, PersonalEvent
from feedproxy.transform import Options, Overlay, Shared, index, render, write_overlay

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
LOOK = Look(bytes(32), 0, NOW, NOW + timedelta(minutes=15), None, protected=False)
OPTIONS = Options()


def personal_events(subscriber: int, *, count: int = 5) -> list[PersonalEvent]:
    """Return what an API client has put into one subscriber's calendar: bookings, no two alike."""
    chance = random.Random(subscriber)  # noqa: S311 # the same in each run
    events = []
    for n in range(count):
        start = datetime(2026, 1, 1, 8) + timedelta(hours=chance.randrange(8_000))  # noqa: DTZ001 # a wall-clock time
        title = f"Your booking {chance.randrange(10**6)}"
        details = EventDetails(title, start, start + timedelta(hours=1), "Europe/Berlin")
        events.append(PersonalEvent("acme", f"{subscriber}-{n}", details, 0, NOW, NOW))
    return events


def feed(start: Start, overlay: Overlay) -> Feed:
    """Return the feed of a subscriber."""
    return Feed(start, overlay.end, overlay.zones, LOOK, NOW, NOW, personal=True)


def refresh(events: int, subscribers: int) -> tuple[float, float]:
    """Return CPU seconds: to index a new calendar, and to give all subscribers theirs, gzip and tag made."""
    body = season(events, defined=True)
    before = Shared(index(body, OPTIONS), OPTIONS)
    feeds = []
    for n in range(subscribers):
        overlay = write_overlay(personal_events(n % 1_000))
        feeds.append(feed(before.start(overlay), overlay))
    began = process_time()
    shared = Shared(index(body, OPTIONS), OPTIONS)
    ready = process_time()
    for each in feeds:
        start = shared.start(Overlay(frozenset(), each.zones, each.end))
        renewed = replace(each, start=start, look=LOOK)
        assert renewed.gzip
        assert renewed.digest
    return ready - began, process_time() - ready


def with_a_filter_of_their_own(events: int, subscribers: int) -> float:
    """Return the CPU seconds of one subscriber who wants nine of ten events, no two the same; gzip and tag made."""
    shared = Shared(index(season(events, defined=True), OPTIONS), OPTIONS)
    overlay = write_overlay(personal_events(0))
    chance = random.Random(1)  # noqa: S311 # the same in each run
    choices = [sorted(chance.sample(range(events), events * 9 // 10)) for _ in range(subscribers)]
    shared.start(overlay, choices[0])
    least = float("inf")
    for _ in range(5):
        began = process_time()
        for kept in choices:
            filtered = feed(shared.start(overlay, kept), overlay)
            assert filtered.gzip
            assert filtered.digest
        least = min(least, process_time() - began)
    return least / subscribers


def memory_of_subscribers(subscribers: int = 1_000) -> float:
    """Return the octets that each cached feed takes of subscribers of one calendar with personal events."""
    shared = Shared(index(season(200, defined=True), OPTIONS), OPTIONS)

    def made(n: int) -> Feed:
        overlay = write_overlay(personal_events(n))
        return feed(shared.start(overlay), overlay)

    return _memory(made, subscribers)


def from_scratch(events: int) -> float:
    """Return the CPU seconds of one subscriber whose feed is rendered from the body and deflated by itself."""
    body, own = season(events, defined=True), personal_events(0)
    (seconds,) = interleaved(lambda: gzip.compress(render(body, personal=own).body, 6, mtime=0), rounds=10)
    return seconds


def table() -> Iterator[str]:
    """Iterate over the lines of the table."""
    ready, all_of_them = min(refresh(200, 10_000) for _ in range(3))
    refreshed = ready + all_of_them
    yield "| one calendar of 200 events, 5 personal ones each, gzip and ETag included | measured | must be |"
    yield "| --- | --- | --- |"
    yield f"| 10,000 subscribers refreshed, one core | {refreshed:.3f} s | 0.25 s |"
    yield f"| rendering and deflating for each, as a multiple of that | {from_scratch(200) * 1e4 / refreshed:.0f} | |"
    yield f"| a subscriber with a filter of its own | {with_a_filter_of_their_own(200, 200) * 1e6:.0f} us | 150 us |"
    yield f"| memory for 1,000 subscribers | {memory_of_subscribers() / 1e3:.2f} MB | 0.6 MB |"


def _memory(made: Callable[[int], Feed], count: int) -> float:
    """Return how many octets more are allocated for each feed, key and place in the cache included."""
    cache = MemoryCache(10**9)
    cache.keep("warm", made(count))
    gc.collect()
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    for n in range(count):
        cache.keep(f"{n:032x}", made(n))
    gc.collect()
    after = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    return (after - before) / count
