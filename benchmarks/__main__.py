"""`python -m benchmarks`: measures everything, prints the tables and writes them to `benchmarks/RESULTS.md`."""

import platform
from pathlib import Path

from benchmarks import explaining, hostile, memory, peers, subscribers, timezones, tokens
from benchmarks.measure import IN_A_ROW, ROUNDS

RESULTS = Path(__file__).with_name("RESULTS.md")
HEADER = f"""# Measured

By `make bench` under Python {platform.python_version()}: the least CPU time of up to {ROUNDS} rounds,
in which everything that is compared takes turns of {IN_A_ROW}. Machines are noisy, ratios in one run are not.
"""


def main() -> None:
    """Measure, print and write."""
    lines = [HEADER]
    print(HEADER)
    for part in (peers, memory, subscribers, timezones, explaining, tokens, hostile):
        for line in (*part.table(), ""):
            print(line, flush=True)
            lines.append(line)
    RESULTS.write_text("\n".join(lines), "utf-8")


if __name__ == "__main__":
    main()
