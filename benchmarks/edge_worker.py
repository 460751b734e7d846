"""`python -m benchmarks.edge_worker`: what the transform costs under Pyodide in Node (`samples/edge-worker`).

Needs node and npm. Times are ratios to CPython in one run, but for booting, which CPython hardly has.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

from benchmarks.feeds import season
from feedproxy.transform import render

ROOT = Path(__file__).parent.parent
SAMPLE = ROOT / "samples/edge-worker"
ROUNDS = 5


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the worker said: milliseconds of booting and of each feed by name, its memory, and reasons of refusal."""

    boot: float
    memory: int
    milliseconds: dict[str, float]
    refused: dict[str, str]


def install(folder: Path) -> None:
    """Put the sample and all it needs into a folder, as its README says; npm's part is kept if it is there already."""
    shutil.copytree(SAMPLE, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("node_modules", "wheels"))
    if not (folder / "node_modules" / "pyodide" / "package.json").exists():
        subprocess.run(["npm", "ci", "--silent", "--no-audit", "--no-fund"], cwd=folder, check=True, timeout=100)
    shutil.rmtree(folder / "wheels", ignore_errors=True)
    wheel = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--disable-pip-version-check"]
    wheel += ["--constraint", str(ROOT / "constraints.txt"), "--wheel-dir", str(folder / "wheels")]
    wheel += [str(ROOT), "python-dateutil", "tzdata"]
    subprocess.run(wheel, check=True, timeout=100, capture_output=True)  # noqa: S603 # our own arguments


def run(folder: Path, feeds: Sequence[Path], out: Path, *, rounds: int = 1) -> Outcome:
    """Transform feeds in the worker that was installed there, into the folder `out`."""
    command = ["node", "run.mjs", "wheels", str(out), *map(str, feeds)]
    environment = os.environ | {"ROUNDS": str(rounds)}
    done = subprocess.run(  # noqa: S603 # our own arguments
        command, cwd=folder, env=environment, check=True, timeout=110, stdout=subprocess.PIPE
    )
    said = json.loads(done.stdout)
    each = said["feeds"].items()
    return Outcome(
        said["boot"],
        said["memory"],
        {name: feed["ms"] for name, feed in each},
        {name: feed["refused"] for name, feed in each if "refused" in feed},
    )


def native(body: bytes) -> float:
    """Return the milliseconds of CPython, the least of as many rounds."""
    least = float("inf")
    for _ in range(ROUNDS):
        start = perf_counter()
        render(body)
        least = min(least, perf_counter() - start)
    return least * 1000


def main() -> None:
    """Print the table."""
    with tempfile.TemporaryDirectory(prefix="feedproxy-edge-worker-") as name:
        folder = Path(name)
        install(folder)
        feeds = {f"{events:,} events": season(events, defined=True) for events in (14, 200, 2_000)}
        paths = [folder / f"{label}.ics" for label in feeds]
        for path, body in zip(paths, feeds.values(), strict=True):
            path.write_bytes(body)
        (folder / "out").mkdir()
        outcome = run(folder, paths, folder / "out", rounds=ROUNDS)
    print(
        f"boot and imports: {outcome.boot / 1000:.1f} s; memory of the whole process: {outcome.memory / 1e6:.0f} MB\n"
    )
    print("| feed | Pyodide | CPython | ratio |")
    print("| --- | --- | --- | --- |")
    for (label, body), milliseconds in zip(feeds.items(), outcome.milliseconds.values(), strict=True):
        here = native(body)
        size = f"{len(body) / 1e6:.2f} MB"
        print(f"| {label}, {size} | {milliseconds:.2f} ms | {here:.2f} ms | {milliseconds / here:.1f} |")


if __name__ == "__main__":
    main()
