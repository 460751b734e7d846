"""IANA zones, read from the tzdata *package*: the host's own zone files are never looked at.

zoneinfo searches the host first, and a host half a year behind shows half a continent at the wrong hour
(British Columbia, Alberta, Manitoba, Morocco and Cuba changed in 2026 alone). So this module reads the
package's TZif files (RFC 9636) itself.
"""

import struct
from bisect import bisect_right
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache, lru_cache
from importlib import resources

import tzdata  # type: ignore[import-untyped]

from tzmap import posixtz
from tzmap.clock import END_YEAR, wall_seconds, year_of
from tzmap.errors import UnknownZone
from tzmap.timeline import Timeline

TZDATA_EDITION: str = tzdata.IANA_VERSION

_EXPLICIT_UNTIL = 2100
"""Onsets are worked out to this year at once, and to the end of the calendar's cycle when someone asks."""


@dataclass(frozen=True, slots=True)
class LocalType:
    """One way a zone's clocks were set: seconds east of UTC, whether it counts as daylight-saving time, its name."""

    offset: int
    dst: bool
    name: str


@dataclass(frozen=True, slots=True)
class Zone:
    """One IANA zone: the local type before every onset, the recorded (UTC second, local type), the rule after them."""

    key: str
    first: LocalType
    recorded: tuple[tuple[int, LocalType], ...]
    rule: posixtz.PosixTz | None

    def onsets(self, through: int) -> list[tuple[int, LocalType]]:
        """Every onset from the beginning to the end of year `through`, changes of name alone included."""
        onsets = list(self.recorded)
        if self.rule is None or self.rule.start is None:
            return onsets
        standard = LocalType(self.rule.offset, False, self.rule.name)
        daylight = LocalType(self.rule.dst_offset, True, self.rule.dst_name)
        last = onsets[-1][0] if onsets else None
        for year in range(year_of(last) if last is not None else 1, through + 1):
            for instant, starts in self.rule.onsets(year):
                if last is None or instant > last:
                    onsets.append((instant, daylight if starts else standard))
        return onsets


@cache
def zone_names() -> frozenset[str]:
    """Every zone of the installed tzdata, links included. `Factory`, which means "not set", is none."""
    listed = (resources.files("tzdata") / "zones").read_text("ascii").split()
    return frozenset(listed) - {"Factory"}


@cache
def folded_names() -> dict[str, str]:
    """Casefolded name to the name as tzdata writes it."""
    return {name.casefold(): name for name in zone_names()}


@lru_cache(maxsize=1024)
def load(key: str) -> Zone:
    """Read one zone; raise UnknownZone for a name that tzdata does not list."""
    if key not in zone_names():
        raise UnknownZone(key)
    path = resources.files("tzdata").joinpath("zoneinfo", *key.split("/"))
    return parse_tzif(key, path.read_bytes())


def parse_tzif(key: str, data: bytes) -> Zone:
    """Read a TZif file of version 2 or later (RFC 9636); the 32-bit block before the 64-bit one is skipped."""
    header = struct.Struct(">4sc15x6l")
    _, _, isut, isstd, leap, times, types, chars = header.unpack_from(data)
    at = header.size + times * 5 + types * 6 + chars + leap * 8 + isstd + isut
    _, _, isut, isstd, leap, times, types, chars = header.unpack_from(data, at)
    at += header.size
    instants = struct.unpack_from(f">{times}q", data, at)
    indexes = data[at + times * 8 : at + times * 9]
    at += times * 9
    records = [struct.unpack_from(">lBB", data, at + 6 * number) for number in range(types)]
    names = data[at + 6 * types : at + 6 * types + chars]
    at += 6 * types + chars + leap * 12 + isstd + isut
    local = [LocalType(offset, bool(dst), _text_at(names, name)) for offset, dst, name in records]
    recorded = tuple((instant, local[index]) for instant, index in zip(instants, indexes, strict=True))
    return Zone(key, local[0], recorded, posixtz.parse(data[at:].strip(b"\n").decode("ascii")))


def _text_at(names: bytes, start: int) -> str:
    return names[start : names.index(0, start)].decode("ascii")


@lru_cache(maxsize=1024)
def _timeline(key: str, through: int) -> Timeline:
    zone = load(key)
    return Timeline(zone.first.offset, ((instant, local.offset) for instant, local in zone.onsets(through)))


def timeline(key: str, last_year: int) -> Timeline:
    """Return the offsets of a zone from the beginning to the end of year `last_year` at least."""
    return _timeline(key, _EXPLICIT_UNTIL if last_year < _EXPLICIT_UNTIL else END_YEAR)


def zone_offset(zone: str, local: datetime) -> timedelta:
    """Return the UTC offset of a zone at a wall-clock time: before a gap, first of a fold (RFC 5545 3.3.5).

    >>> from datetime import datetime
    >>> zone_offset("America/Vancouver", datetime(2026, 12, 1, 9)) // timedelta(hours=1)
    -7
    """
    wall = wall_seconds(local)
    return timedelta(seconds=timeline(zone, local.year).at(wall))


@lru_cache(maxsize=1024)
def constant_offset(key: str) -> int | None:
    """Return the seconds east of UTC of a zone that never had another offset, such as Etc/GMT-1; None for the rest."""
    zone = load(key)
    offsets = {zone.first.offset, *(local.offset for _, local in zone.onsets(_EXPLICIT_UNTIL))}
    return offsets.pop() if len(offsets) == 1 else None


def local_time(zone: str, instant: datetime) -> datetime:
    """Return the wall-clock time of a zone at an instant: an aware time in, a naive one out.

    >>> from datetime import UTC, datetime
    >>> local_time("America/Vancouver", datetime(2026, 12, 1, 17, tzinfo=UTC))
    datetime.datetime(2026, 12, 1, 10, 0)
    """
    utc = instant.astimezone(UTC).replace(tzinfo=None)
    seconds = wall_seconds(utc)
    instants, offsets = _offsets_by_instant(zone, END_YEAR if utc.year >= _EXPLICIT_UNTIL else _EXPLICIT_UNTIL)
    return utc + timedelta(seconds=offsets[bisect_right(instants, seconds)])


@lru_cache(maxsize=256)
def _offsets_by_instant(key: str, through: int) -> tuple[list[int], list[int]]:
    zone = load(key)
    onsets = zone.onsets(through)
    return [instant for instant, _ in onsets], [zone.first.offset, *(local.offset for _, local in onsets)]
