"""The whole job on one feed: three zones renamed and declared anew, TTL, UIDs once each, five events put in."""

import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import icalendar

from benchmarks import with_icalendar
from benchmarks.feeds import ZONES, season
from benchmarks.measure import interleaved
from benchmarks.subscribers import personal_events
from benchmarks.with_libical import compiled
from feedproxy.transform import render

EVENTS = 2_000
_IANA = ("America/New_York", "Europe/Berlin", "Australia/Sydney")


def table() -> Iterator[str]:
    """Iterate over the lines of the table."""
    body, events = season(EVENTS, defined=True), personal_events(0)
    zones = dict(zip((zone.tzid for zone in ZONES), _IANA, strict=True))
    job = partial(render, body, personal=events)
    again, slow = interleaved(job, partial(with_icalendar.transform, body, events, zones), rounds=4)
    with tempfile.TemporaryDirectory() as folder:
        libical = compiled(Path(folder))
        peers = [partial(libical.transform, body, events, zones)] if libical else []
        ours, *theirs = interleaved(job, *peers)
    yield f"| {EVENTS:,} events, {len(body) / 1e6:.2f} MB, whole job | time | MB/s | x | must be |"
    yield "| --- | --- | --- | --- | --- |"
    yield _row("feedproxy", min(ours, again), len(body), "", "")
    yield _row(f"icalendar {icalendar.__version__}", slow, len(body), f"{slow / again:.0f}", "150")
    for seconds in theirs:
        yield _row("libical, in C", seconds, len(body), f"{seconds / ours:.1f}", "5")
    if not theirs:
        yield "| libical, in C | needs a C compiler and libical-dev | | | 5 |"


def _row(name: str, seconds: float, octets: int, ratio: str, wanted: str) -> str:
    return f"| {name} | {seconds * 1e3:.2f} ms | {octets / seconds / 1e6:.1f} | {ratio} | {wanted} |"
