"""VTIMEZONE text for an IANA zone (RFC 5545 3.6.5), right at every instant of a range in every reader we measured.

Readers differ, so the text keeps to what all of them understand:

- Onsets stand in the wall-clock time before them (TZOFFSETFROM), as the RFC says; icalendar writes the time
  after.
- The rule that never ends is an RRULE from its true beginning, so one zone gets the same text for most ranges.
  A rule whose onset slips into the next day (Nuuk, Gaza) becomes a weekday among days of the month.
- Onsets without a rule are RDATE, one a line, DTSTART repeated among them: ical.js reads only the first of a
  list, and no DTSTART beside RDATE. UNTIL is two days late, because dateutil reads it as wall-clock time.
- Outlook uses the STANDARD and the DAYLIGHT with the latest DTSTART. So observances are in order of DTSTART, a
  range that needs one pair gets one pair, and a zone that gave up changing its clocks ends on a STANDARD.
- One onset lies before the range: ical.js takes UTC where it knows no earlier one.

What is called DAYLIGHT is the half with the greater offset, in Dublin and Casablanca too: Outlook knows no
other.
"""

from collections import Counter, defaultdict
from datetime import date, timedelta
from functools import lru_cache

from tzmap import eras
from tzmap.clock import DAY, wall_datetime, year_start
from tzmap.eras import Era, History, Onset
from tzmap.errors import TzmapError

_Block = tuple[int, list[str]]
"""An observance: its DTSTART (wall-clock second), by which observances are ordered, and its lines."""

_MARGIN = 2 * DAY
_FEWEST_FOR_RULE = 3
"""Onsets within the range that make an RRULE shorter than RDATE lines."""
_LINE_OCTETS = 75


def vtimezone(zone: str, first: date, last: date) -> bytes:
    """Return a VTIMEZONE, with CRLF line ends, that is right from the year of `first` to the year of `last`.

    Both years are included, and two days on each side. Raises UnknownZone for a zone tzdata does not have and
    TzmapError for a range that ends before it begins.
    """
    return _rendered(zone, first.year, last.year)


def fixed_vtimezone(tzid: str, offset: timedelta) -> bytes:
    """Return a VTIMEZONE for a constant offset under any TZID; raise TzmapError for what cannot be written."""
    if not tzid or any(ord(character) < 32 or ord(character) == 127 for character in tzid):
        raise TzmapError(f"TZID {tzid!r} is empty or has control characters: choose another")
    if abs(offset) >= timedelta(days=1):
        raise TzmapError(f"offset {offset} is a day or more: give one between -24 and +24 hours")
    text = tzid.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,")
    seconds = offset // timedelta(seconds=1)
    return _component(text, [_observance("STANDARD", 0, seconds, seconds, "")])


@lru_cache(maxsize=4096)
def _rendered(zone: str, first_year: int, last_year: int) -> bytes:
    if last_year < first_year:
        raise TzmapError(f"the range ends ({last_year}) before it begins ({first_year})")
    history = eras.history(zone)
    start = year_start(first_year) - _MARGIN
    end = year_start(last_year) + 366 * DAY + _MARGIN
    needed = history.needed(start, end)
    blocks = _observances(history, needed)
    if not needed or history.onsets[needed[0]].instant > start:
        first = history.onsets[needed[0]].offset_from if needed else history.initial.offset
        anchor = min(0, year_start(max(first_year - 1, 1)))
        blocks.append((anchor, _observance("STANDARD", anchor, first, first, history.initial.name)))
    blocks.sort(key=lambda block: block[0])
    return _component(zone, [lines for _, lines in blocks])


def _observances(history: History, needed: range) -> list[_Block]:
    """Return the observances that the needed onsets make."""
    used = Counter(era for index in needed if (era := history.eras[index]) is not None)
    if any(era.endless for era in used):
        used.update(history.endless)
    current = {history.eras[index] for index in needed[-2:] if history.changing(index)}
    ruled = [era for era, count in used.items() if era.endless or era in current or count >= _FEWEST_FOR_RULE]
    blocks = [_recurring(era) for era in ruled]
    dates = defaultdict[tuple[object, ...], list[Onset]](list)
    for index in needed:
        if history.eras[index] not in ruled:
            onset = history.onsets[index]
            dates[onset[1:]].append(onset)
    return blocks + [_dated(onsets) for onsets in dates.values()]


def _recurring(era: Era) -> _Block:
    until = "" if era.endless else f";UNTIL={_date_time(era.last.wall - era.last.wall % DAY + 2 * DAY)}Z"
    return _from_onset(era.first, [f"RRULE:FREQ=YEARLY;{era.rule}{until}"])


def _dated(onsets: list[Onset]) -> _Block:
    lines = [f"RDATE:{_date_time(onset.wall)}" for onset in onsets] if len(onsets) > 1 else []
    return _from_onset(onsets[0], lines)


def _from_onset(onset: Onset, recurrence: list[str]) -> _Block:
    kind = "DAYLIGHT" if onset.daylight else "STANDARD"
    lines = _observance(kind, onset.wall, onset.offset_from, onset.offset_to, onset.name)
    return onset.wall, [*lines[:2], *recurrence, *lines[2:]]


def _observance(kind: str, start: int, offset_from: int, offset_to: int, name: str) -> list[str]:
    lines = [
        f"BEGIN:{kind}",
        f"DTSTART:{_date_time(start)}",
        f"TZOFFSETFROM:{_offset(offset_from)}",
        f"TZOFFSETTO:{_offset(offset_to)}",
    ]
    return [*lines, *([f"TZNAME:{name}"] if name else []), f"END:{kind}"]


def _component(tzid: str, observances: list[list[str]]) -> bytes:
    lines = ["BEGIN:VTIMEZONE", f"TZID:{tzid}", *(line for one in observances for line in one), "END:VTIMEZONE"]
    return b"".join(_folded(line) for line in lines)


def _folded(line: str) -> bytes:
    """One content line, folded at 75 octets (RFC 5545 3.1) but never inside a character, with its CRLF."""
    pieces, current = [], b""
    for character in line:
        octets = character.encode("utf-8", "replace")
        if len(current) + len(octets) > _LINE_OCTETS:
            pieces.append(current)
            current = b" "
        current += octets
    return b"\r\n".join([*pieces, current]) + b"\r\n"


def _date_time(wall: int) -> str:
    moment = wall_datetime(wall)
    return f"{moment.year:04}{moment:%m%dT%H%M%S}"


def _offset(seconds: int) -> str:
    hours, rest = divmod(abs(seconds), 3600)
    minutes, rest = divmod(rest, 60)
    return f"{'-' if seconds < 0 else '+'}{hours:02}{minutes:02}" + (f"{rest:02}" if rest else "")
