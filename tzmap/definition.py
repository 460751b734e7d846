"""A VTIMEZONE as text (RFC 5545 3.6.5), read with the tolerance feeds need; rules.py gives it a meaning.

Read all the same: any line ends, folded or not, any case; DTSTART as DATE, with a TZID parameter or with a Z
(its Z is ignored: it must be wall-clock time); offsets with colons, with seconds or without minutes; RDATE
lists and periods; no TZOFFSETFROM (Outlook for Mac; TZOFFSETTO stands in); two TZID lines (the first counts).
An observance without a usable DTSTART or TZOFFSETTO is left out.
"""

import re
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from tzmap import recurrence
from tzmap.clock import DAY, EPOCH_DAY
from tzmap.errors import BadDefinition

MAX_OCTETS = 100_000
"""The whole history of a zone, one observance for each onset, takes half of it."""
MAX_OBSERVANCES = 512
MAX_RULES = 80
MAX_DATES = 4096
MAX_BREADTH = 400
"""Onsets a year that all rules together may consider."""

_FOLD = re.compile(rb"(?:\r\n|\n|\r)[ \t]")
_LINE = re.compile(r'([A-Za-z0-9-]+)((?:;(?:[^":;]|"[^"]*")*)*):(.*)', re.DOTALL)
_OFFSET = re.compile(r"([+-]?)(\d{1,2}):?(\d\d)?:?(\d\d)?")
_WHEN = re.compile(r"(\d{4})-?(\d\d)-?(\d\d)(?:T(\d\d):?(\d\d):?(\d\d)?(Z?))?", re.IGNORECASE)

_LONGEST_WHEN = len("2026-03-01T02:00:00Z")


@dataclass(frozen=True, slots=True)
class Observance:
    """One STANDARD or DAYLIGHT: its onsets (wall-clock seconds in `offset_from` time) and the offset they bring."""

    start: int
    offset_from: int
    offset_to: int
    dates: tuple[int, ...]
    rules: tuple[recurrence.Recurrence, ...]


@dataclass(frozen=True, slots=True)
class Definition:
    """A VTIMEZONE: what it says of itself, and its observances in the order of the text."""

    tzid: str | None
    location: str | None
    cdo: str | None
    observances: tuple[Observance, ...]


def parse(text: bytes) -> Definition:
    """Read one VTIMEZONE component; raise BadDefinition when it is oversized, unreadable or without observance."""
    if len(text) > MAX_OCTETS:
        raise BadDefinition(f"a VTIMEZONE of more than {MAX_OCTETS} octets is no description of a time zone")
    own, found = _sections(text)
    observances = tuple(one for properties in found if (one := _observance(properties)) is not None)
    if not observances:
        raise BadDefinition("the VTIMEZONE has no STANDARD or DAYLIGHT with a DTSTART and a TZOFFSETTO")
    rules = [rule for one in observances for rule in one.rules]
    if len(rules) > MAX_RULES or sum(rule.breadth() for rule in rules) > MAX_BREADTH:
        raise BadDefinition(f"more than {MAX_RULES} RRULE, or rules this wide, are no description of a time zone")
    if sum(len(one.dates) for one in observances) > MAX_DATES:
        raise BadDefinition(f"more than {MAX_DATES} RDATE are no description of a time zone")
    return Definition(own.get("TZID"), own.get("X-LIC-LOCATION"), own.get("X-MICROSOFT-CDO-TZID"), observances)


_Properties = list[tuple[str, str]]


def _sections(text: bytes) -> tuple[dict[str, str], list[_Properties]]:
    """Return the component's own properties, the first of each name, and those of every observance."""
    own: dict[str, str] = {}
    found: list[_Properties] = []
    current: _Properties | None = None
    for name, value in _properties(text):
        match name, value.strip().upper():
            case "BEGIN", "STANDARD" | "DAYLIGHT":
                current = []
                found.append(current)
                if len(found) > MAX_OBSERVANCES:
                    raise BadDefinition(f"more than {MAX_OBSERVANCES} observances are no description of a time zone")
            case "END", "STANDARD" | "DAYLIGHT":
                current = None
            case "END", "VTIMEZONE":
                break
            case _ if current is not None:
                current.append((name, value))
            case _:
                own.setdefault(name, value)
    return own, found


def _properties(text: bytes) -> _Properties:
    """Return the (name, value) of every content line; parameters decide nothing in an observance and are dropped."""
    lines = _FOLD.sub(b"", text).decode("utf-8", "replace").replace("\r", "\n").split("\n")
    matches = (_LINE.match(line) for line in lines)
    return [(found[1].upper(), found[3]) for found in matches if found]


def _observance(properties: _Properties) -> Observance | None:
    first: dict[str, str] = {}
    for name, value in properties:
        first.setdefault(name, value)
    start = _when(first.get("DTSTART", ""))
    offset_to = _offset(first.get("TZOFFSETTO", ""))
    if start is None or offset_to is None:
        return None
    offset_from = _offset(first.get("TZOFFSETFROM", ""))
    if offset_from is None:
        offset_from = offset_to
    dates: list[int] = []
    for value in (value for name, value in properties if name == "RDATE"):
        for item in value.split(",", MAX_DATES):
            when = _when(item.partition("/")[0])  # of a period only the beginning is an onset
            if when is not None:
                dates.append(when[0] + offset_from if when[1] else when[0])
    texts = [value for name, value in properties if name == "RRULE"]
    rules = tuple(recurrence.parse(text, start[0], _until(text)) for text in texts)
    return Observance(start[0], offset_from, offset_to, tuple(dates), rules)


def _until(rule: str) -> recurrence.Until | None:
    """UNTIL of an RRULE. A date lasts to its end; without Z it is wall-clock time, which RFC 5545 forbids here."""
    text = recurrence.parts_of(rule).get("UNTIL")
    if text is None:
        return None
    when = _when(text)
    if when is None:
        raise BadDefinition(f"RRULE UNTIL={text[:20]} is neither a date nor a date-time")
    seconds, utc = when
    return recurrence.Until(seconds + DAY - 1 if "T" not in text else seconds, utc)


def _when(text: str) -> tuple[int, bool] | None:
    """Seconds of a DATE or DATE-TIME, and whether it is marked UTC; None when it is neither. Year 0 counts as 1."""
    text = text.strip()
    return _when_written(text) if len(text) <= _LONGEST_WHEN else None


@lru_cache(maxsize=4096)
def _when_written(text: str) -> tuple[int, bool] | None:
    """Read it, remembered: definitions repeat the onsets of others."""
    found = _WHEN.fullmatch(text)
    if found is None:
        return None
    year, month, day = max(int(found[1]), 1), int(found[2]), int(found[3])
    hour, minute, second = (int(part or 0) for part in found.group(4, 5, 6))
    try:
        days = date(year, month, day).toordinal() - EPOCH_DAY
    except ValueError:
        return None
    if hour > 23 or minute > 59 or second > 60:
        return None
    return days * DAY + hour * 3600 + minute * 60 + min(second, 59), bool(found[7])


def _offset(text: str) -> int | None:
    """Seconds east of UTC of a UTC-OFFSET; None for one that is none or a day or more."""
    found = _OFFSET.fullmatch(text.strip())
    if found is None:
        return None
    hours, minutes, seconds = (int(part or 0) for part in found.group(2, 3, 4))
    total = hours * 3600 + minutes * 60 + seconds
    return None if total >= DAY else -total if found[1] == "-" else total
