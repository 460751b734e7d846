"""A second reader of VTIMEZONE for the tests: RFC 5545 3.6.5 word for word, sharing no code with tzmap.

It understands the plain text tzmap writes (and this test suite writes), not what feeds hold.
"""

# ruff: noqa: DTZ001, DTZ007 - wall-clock times have no zone

from bisect import bisect_right
from datetime import datetime, timedelta

from dateutil.rrule import rrulestr

Segment = tuple[datetime, timedelta]
"""From this UTC instant (naive) on, this offset."""


class LiteralZone:
    """The UTC onsets of a VTIMEZONE up to a year, and the offset before them."""

    def __init__(self, text: bytes, through: int) -> None:
        lines = text.decode().replace("\r\n ", "").split("\r\n")
        found: list[tuple[datetime, timedelta, timedelta]] = []
        observance: dict[str, list[str]] = {}
        for line in lines:
            name, _, value = line.partition(":")
            if line in {"BEGIN:STANDARD", "BEGIN:DAYLIGHT"}:
                observance = {}
            elif line in {"END:STANDARD", "END:DAYLIGHT"}:
                found += _onsets(observance, through)
            else:
                observance.setdefault(name, []).append(value)
        found.sort(key=lambda onset: onset[0])
        self.before = found[0][1]
        self.instants = [instant for instant, _, _ in found]
        self.offsets = [offset for _, _, offset in found]

    def at_utc(self, instant: datetime) -> timedelta:
        index = bisect_right(self.instants, instant)
        return self.offsets[index - 1] if index else self.before

    def at_wall(self, wall: datetime) -> timedelta:
        """First of a fold; before a gap (RFC 5545 3.3.5): tried offset by offset, as a person would."""
        around = {self.at_utc(wall - timedelta(hours=h)) for h in (-26, 26)} | {self.before}
        around |= {
            offset
            for instant, offset in zip(self.instants, self.offsets, strict=True)
            if abs(instant - wall) < timedelta(days=2)
        }
        fits = [wall - offset for offset in around if self.at_utc(wall - offset) == offset]
        if fits:
            return wall - min(fits)
        onset = max(instant for instant in self.instants if instant <= wall - min(around))
        return self.at_utc(onset - timedelta(seconds=1))


def _onsets(observance: dict[str, list[str]], through: int) -> list[tuple[datetime, timedelta, timedelta]]:
    start = _moment(observance["DTSTART"][0])
    offset_from, offset_to = _offset(observance["TZOFFSETFROM"][0]), _offset(observance["TZOFFSETTO"][0])
    walls = {start, *(_moment(value) for line in observance.get("RDATE", []) for value in line.split(","))}
    for rule in observance.get("RRULE", []):
        text, _, until = rule.partition(";UNTIL=")
        latest = _moment(until.rstrip("Z")) + offset_from if until else datetime(through + 1, 1, 1)
        walls.update(rrulestr(text, dtstart=start).between(start, latest, inc=True))
    return [(wall - offset_from, offset_from, offset_to) for wall in walls]


def _moment(text: str) -> datetime:
    return datetime.strptime(text, "%Y%m%dT%H%M%S")


def _offset(text: str) -> timedelta:
    size = timedelta(hours=int(text[1:3]), minutes=int(text[3:5]), seconds=int(text[5:7] or 0))
    return -size if text[0] == "-" else size
