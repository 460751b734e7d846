"""What right time costs: TZIDs resolved and checked by values, beside renaming by a table and beside nothing."""

from collections.abc import Iterator
from functools import cache, partial
from unittest.mock import patch

import tzmap
from benchmarks.feeds import season
from benchmarks.measure import interleaved
from feedproxy.transform import pipeline, render
from feedproxy.transform.calendar import Calendar
from feedproxy.transform.report import Journal


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


def table() -> Iterator[str]:
    """Iterate over the lines of the table."""
    yield "| feed with 3 zones | transform | resolving and checking add (may be 25 %) | all of time zones adds |"
    yield "| --- | --- | --- | --- |"
    for events in (14, 200, 2_000):
        for defined in (False, True):
            body = season(events, defined=defined)
            whole, named, none = interleaved(
                *(partial(work, body) for work in (render, renamed_by_table, without_time_zones))
            )
            name = f"{events:,} events, {'with' if defined else 'without'} VTIMEZONEs, {len(body) / 1e6:.2f} MB"
            speed = f"{whole * 1e3:.2f} ms, {len(body) / whole / 1e6:.0f} MB/s"
            yield f"| {name} | {speed} | {whole / named - 1:.0%} | {whole / none - 1:.0%} |"
