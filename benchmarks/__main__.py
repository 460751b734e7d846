"""`python -m benchmarks`: prints the table of what was measured."""

import platform
from collections.abc import Callable
from functools import cache, partial
from time import process_time
from unittest.mock import patch

import icalendar

import tzmap
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


by_name = cache(tzmap.resolve)
"""What the name alone says: a table look-up, nothing checked."""


def renamed_by_table(body: bytes) -> object:
    """Transform with TZIDs renamed by a table, as a proxy does that checks nothing."""
    with patch("tzmap.resolve", lambda tzid, **_: by_name(tzid)):
        return render(body)


def without_time_zones(body: bytes) -> object:
    """Do everything that `render` does but for the time zones."""
    with patch.object(pipeline, "TimeZones", NoTimeZones):
        return render(body)


def round_trip(body: bytes) -> object:
    """Read and write a feed with icalendar, which changes nothing."""
    return icalendar.Calendar.from_ical(body).to_ical()


def main() -> None:
    """Measure and print."""
    print(f"Python {platform.python_version()}, icalendar {icalendar.__version__}, least CPU time of {ROUNDS} rounds\n")
    print("| feed with 3 zones | transform | resolving and checking add | all of time zones adds | x icalendar |")
    print("| --- | --- | --- | --- | --- |")
    for events in (14, 200, 2_000):
        for defined in (False, True):
            body = season(events, defined=defined)
            works = [partial(work, body) for work in (render, renamed_by_table, without_time_zones)]
            whole, table, none = interleaved(*works)
            (peer,) = interleaved(partial(round_trip, body), rounds=3 if events > 200 else 10)
            name = f"{events:,} events, {'with' if defined else 'without'} VTIMEZONEs, {len(body) / 1e6:.2f} MB"
            speed = f"{whole * 1e3:.2f} ms, {len(body) / whole / 1e6:.0f} MB/s"
            print(f"| {name} | {speed} | {whole / table - 1:.0%} | {whole / none - 1:.0%} | {peer / whole:.0f} |")


if __name__ == "__main__":
    main()
