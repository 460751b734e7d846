"""A feed of 27 MB: what transforming it holds in memory beside the body that comes in and the octets that go out."""

import subprocess
import sys
import tempfile
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

from benchmarks.feeds import season
from benchmarks.measure import interleaved
from benchmarks.subscribers import personal_events
from benchmarks.unplain_feeds import KINDS
from feedproxy.transform import render, stream

EVENTS = 40_000
UNPLAIN_OCTETS = 10_000_000
_GROWTH = """
import re
import sys
from pathlib import Path
from benchmarks.memory import streamed

def most():
    return int(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1])

small, large = (Path(name).read_bytes() for name in sys.argv[1:])
streamed(small)
before = most()
streamed(large)
print(most() - before)
"""
"""Run by itself, so that nothing was larger before; on Linux, which says in KiB how large a resident set was."""


def streamed(body: bytes) -> int:
    """Transform a body and let each piece go when it has come; return how many octets that were."""
    return sum(map(len, stream(body, personal=personal_events(0))))


def peak(body: bytes) -> float:
    """Return the most MB that are allocated at once while a body is streamed."""
    streamed(season(200, defined=True))
    tracemalloc.start()
    streamed(body)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return most / 1e6


def growth(body: bytes) -> float:
    """Return by how many MB the resident set of a new process grows at most while a body is streamed."""
    with tempfile.TemporaryDirectory() as folder:
        small, large = Path(folder, "small.ics"), Path(folder, "large.ics")
        small.write_bytes(season(200, defined=True))
        large.write_bytes(body)
        ran = subprocess.run(  # noqa: S603 - our own arguments
            [sys.executable, "-c", _GROWTH, small, large], check=True, capture_output=True, text=True
        )
    return int(ran.stdout) * 1024 / 1e6


def table() -> Iterator[str]:
    """Iterate over the lines of the table."""
    body = season(EVENTS, defined=True)
    own = personal_events(0)
    piecewise, whole = interleaved(lambda: streamed(body), lambda: render(body, personal=own), rounds=3)
    yield f"| {EVENTS:,} events, {len(body) / 1e6:.1f} MB, streamed | measured | must be |"
    yield "| --- | --- | --- |"
    yield f"| memory beside input and output, allocated at once | {peak(body):.2f} MB | 1 MB |"
    most, kind = max((peak(make(UNPLAIN_OCTETS)), kind) for kind, make in KINDS.items())
    yield f"| the same of 10 MB that are not plain, the most of {len(KINDS)} kinds: {kind} | {most:.2f} MB | 1 MB |"
    yield f"| growth of the resident set | {growth(body):.2f} MB | |"
    speeds = " and ".join(f"{len(body) / seconds / 1e6:.0f}" for seconds in (piecewise, whole))
    yield f"| MB/s, and those of rendering it whole | {speeds} | |"
