"""The transform inside a CDN worker: the real Pyodide, in the real Node."""

from collections.abc import Callable
from pathlib import Path

import pytest

from benchmarks.edge_worker import install, run
from feedproxy.errors import FeedRefused
from feedproxy.transform import render

TESTS = Path(__file__).parents[1]
FEEDS = [
    *sorted((TESTS.parent / "samples/feeds").glob("*.ics")),
    *sorted((TESTS / "golden").glob("*.in.ics")),
    *sorted((TESTS / "refused").glob("*.ics")),
]


def here(body: bytes) -> bytes | str:
    """What CPython makes of a feed: octets, or why it is refused."""
    try:
        return render(body).body
    except FeedRefused as refusal:
        return refusal.reason


@pytest.mark.service("node")
def test_a_worker_writes_the_same_octets_as_cpython_and_refuses_the_same_feeds(
    pytestconfig: pytest.Config, tmp_path: Path, service_program: Callable[[str], Path]
) -> None:
    folder = pytestconfig.cache.mkdir("edge-worker") if pytestconfig.cache else tmp_path / "worker"
    install(folder)
    out = tmp_path / "out"
    out.mkdir()
    outcome = run(folder, FEEDS, out)
    there: dict[str, bytes | str] = {**outcome.refused}
    there |= {path.name: path.read_bytes() for path in out.iterdir()}
    assert len(FEEDS) > 60
    assert there == {feed.name: here(feed.read_bytes()) for feed in FEEDS}
