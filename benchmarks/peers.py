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
from benchmarks.with_libical import Libical
from feedproxy.transform import render

EVENTS = 2_000
_IANA = ("America/New_York", "Europe/Berlin", "Australia/Sydney")


def table() -> Iterator[str]:
    """Iterate over the lines of the table."""
    body, events = season(EVENTS, defined=True), personal_events(0)
    zones = dict(zip((zone.tzid for zone in ZONES), _IANA, strict=True))
    with tempfile.TemporaryDirectory() as folder:
        libical = Libical(Path(folder))
        ours, theirs = interleaved(
            partial(render, body, personal=events), partial(libical.transform, body, events, zones)
        )
        again, slow = interleaved(
            partial(render, body, personal=events),
            partial(with_icalendar.transform, body, events, zones),
            rounds=4,
        )
    yield f"| {EVENTS:,} events, {len(body) / 1e6:.2f} MB, whole job | time | MB/s | x | must be |"
    yield "| --- | --- | --- | --- | --- |"
    yield _row("feedproxy", min(ours, again), len(body), "", "")
    yield _row(f"icalendar {icalendar.__version__}", slow, len(body), f"{slow / again:.0f}", "150")
    yield _row("libical, in C", theirs, len(body), f"{theirs / ours:.1f}", "5")


def _row(name: str, seconds: float, octets: int, ratio: str, wanted: str) -> str:
    return f"| {name} | {seconds * 1e3:.2f} ms | {octets / seconds / 1e6:.1f} | {ratio} | {wanted} |"
