"""`python -m benchmarks`: prints the table of what was measured."""

import platform
from collections.abc import Callable
from functools import partial
from time import process_time
from unittest.mock import patch

import icalendar

from benchmarks.feeds import season
from feedproxy.transform import pipeline, render
from feedproxy.transform.calendar import Calendar
from feedproxy.transform.report import Journal

ROUNDS = 25


def interleaved(*works: Callable[[], object], rounds: int = ROUNDS) -> list[float]:
    """Return the least CPU time of each in seconds; they take turns, so that a noisy moment hits them all."""
    least = [float("inf")] * len(works)
    for _ in range(rounds):
        for n, work in enumerate(works):
            start = process_time()
            work()
            least[n] = min(least[n], process_time() - start)
    return least


class NoTimeZones:
    """In the place of the step that resolves time zones: does nothing."""

    def __init__(self, horizon: object) -> None:
        pass

    def __call__(self, calendar: Calendar, _: Journal) -> Calendar:
        """Hand the calendar on."""
        return calendar


def rendered_without_time_zones(body: bytes) -> object:
    """Do everything that `render` does but for the time zones."""
    with patch.object(pipeline, "TimeZones", NoTimeZones):
        return render(body)


def round_trip(body: bytes) -> object:
    """Read and write a feed with icalendar, which changes nothing."""
    return icalendar.Calendar.from_ical(body).to_ical()


def main() -> None:
    """Measure and print."""
    print(f"Python {platform.python_version()}, icalendar {icalendar.__version__}\n")
    print("| feed | CPU ms | MB/s | time zones add | x icalendar |")
    print("| --- | --- | --- | --- | --- |")
    for events in (14, 200, 2_000):
        for defined in (False, True):
            body = season(events, defined=defined)
            whole, without = interleaved(
                lambda body=body: render(body), lambda body=body: rendered_without_time_zones(body)
            )
            (peer,) = interleaved(partial(round_trip, body), rounds=3 if events > 200 else 10)
            form = "with" if defined else "without"
            name = f"{events:,} events, 3 zones, {form} VTIMEZONEs, {len(body) / 1e6:.2f} MB"
            print(
                f"| {name} | {whole * 1e3:.2f} | {len(body) / whole / 1e6:.0f} | {whole / without - 1:.0%} |"
                f" {peer / whole:.0f} |"
            )


if __name__ == "__main__":
    main()
