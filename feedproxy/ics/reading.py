"""Octets in, components out: the runs are cut out, the rest is mended and parsed, the runs are put back."""

from collections import Counter
from dataclasses import dataclass
from typing import cast

from feedproxy.ics.components import parse
from feedproxy.ics.cutting import are_ours, cut
from feedproxy.ics.normal import normalise
from feedproxy.ics.runs import Piece, restored


@dataclass(frozen=True, slots=True)
class Reading:
    """What a body holds: the property text of each VCALENDAR, all their components, and what was mended.

    All text is in normal form. `pieces` are the components one by one or in runs; `repairs` are (rule, count).
    """

    heads: tuple[bytes, ...]
    pieces: tuple[Piece, ...]
    repairs: tuple[tuple[str, int], ...]


def read(body: bytes, *, divided: bool = True) -> Reading:
    """Read any octets; runs are `divided` or not. Raises FeedRefused (`not-a-calendar`, `truncated`, `excessive`)."""
    found = _read(body, divided=divided, across_calendars=True)
    return found or cast(Reading, _read(body, divided=divided, across_calendars=False))


def _read(body: bytes, *, divided: bool, across_calendars: bool) -> Reading | None:
    """Read any octets; None where runs were taken across what are not VCALENDARs."""
    rest, runs = cut(body, divided=divided, across_calendars=across_calendars)
    normal = normalise(rest)
    if runs and not are_ours(normal.text, runs):
        normal, runs = normalise(body), []
    text = normal.text
    if text is not rest:
        text, runs = cut(text, divided=divided, is_normal=True, before=runs, across_calendars=across_calendars)
    if b"BEGIN:VCALENDAR\r" not in text and any(run.heads for run in runs):
        return None
    stream = parse(text)
    found = restored(stream, runs)
    if found is None:
        return None
    mended = Counter(dict(normal.repairs))
    for run in runs:
        mended.update(run.repairs)
    repairs = (*mended.items(), *stream.repairs)
    if stream.outside:
        repairs += (("component-outside-calendar", found.outside),)
    return Reading(found.heads, found.pieces, repairs)
