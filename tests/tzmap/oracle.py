"""What zoneinfo says about a zone of the tzdata package, by the package's own file (never the host's)."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from importlib import resources
from zoneinfo import ZoneInfo

from tests.tzmap.literal import LiteralZone


@cache
def zone(name: str) -> ZoneInfo:
    with resources.files("tzdata").joinpath("zoneinfo", *name.split("/")).open("rb") as file:
        return ZoneInfo.from_file(file, key=name)


def offset_at(name: str, instant: datetime) -> timedelta:
    """The offset at a UTC instant, given naive."""
    offset = instant.replace(tzinfo=UTC).astimezone(zone(name)).utcoffset()
    assert offset is not None
    return offset


def offset_on_wall(name: str, wall: datetime) -> timedelta:
    """The offset at a wall-clock time; zoneinfo with fold=0 reads gap and fold as RFC 5545 does."""
    offset = wall.replace(tzinfo=zone(name)).utcoffset()
    assert offset is not None
    return offset


def transitions(name: str, first: datetime, last: datetime) -> Iterator[datetime]:
    """The UTC instants between two at which the offset changes, found by asking: every three days, then by halves."""
    step = timedelta(days=3)
    at, offset = first, offset_at(name, first)
    while at < last:
        following, changed = at + step, offset_at(name, at + step)
        if changed != offset:
            low, high = at, following
            while high - low > timedelta(seconds=1):
                middle = low + (high - low) // 2
                middle = middle.replace(microsecond=0)
                low, high = (low, middle) if offset_at(name, middle) != offset else (middle, high)
            yield high
        at, offset = following, changed


def wrong_instants(text: bytes, name: str, cuts: list[datetime], first: datetime, last: datetime) -> list[datetime]:
    """The UTC instants in [first, last] at which a VTIMEZONE read literally differs from the zone.

    `cuts` are the zone's own onsets: between them and the text's both are constant, so the ends suffice.
    """
    read = LiteralZone(text, last.year + 1)
    probes = {first, last, *(probe for cut in [*cuts, *read.instants] for probe in (cut, cut - timedelta(seconds=1)))}
    return sorted(p for p in probes if first <= p <= last and read.at_utc(p) != offset_at(name, p))
