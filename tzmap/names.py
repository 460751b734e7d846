"""From a TZID as feeds write it to the zones it may name: the rungs of the ladder that need no definition.

The rungs, in order; the first that knows the name answers:

    iana             Europe/Berlin, europe/berlin, America/New York, US-Eastern
    windows          W. Europe Standard Time, in any case and spacing      (CLDR)
    override         Mid-Atlantic Standard Time                            (overrides.py)
    numbered         Eastern Standard Time 1: Outlook's mark that two definitions collided
    vendor-prefix    /freeassociation.sourceforge.net/Tzfile/Europe/Ljubljana
    tzone            tzone://Microsoft/Utc, Z, (UTC)
    offset           GMT+0100, UTC+5:30, (GMT -05:00)
    display          (UTC-05:00) Eastern Time (US & Canada)                (labels.py)
    lotus            Romance, W. Europe, Eastern: the Windows id without "Standard Time"

Nothing is ever matched by part: "GMT Standard Time" contains GMT and is London.
"""

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import cache

from tzmap import labels
from tzmap.overrides import OVERRIDES, RESPELLED
from tzmap.windows import CLDR_VERSION, TERRITORIES, ZONES
from tzmap.zones import folded_names, zone_names


@dataclass(frozen=True, slots=True)
class Candidate:
    """What a name may stand for: a zone, or an offset where `zone` is None.

    `needs_proof`: more than one thing goes by this name, so only a definition that agrees makes it usable.
    `is_zone_name`: the name is the zone's own, so a stale copy of the zone's rules does not outweigh it.
    """

    rung: str
    zone: str | None
    evidence: str
    offset: timedelta | None = None
    needs_proof: bool = False
    is_zone_name: bool = False


_LONGEST = 255
"""Characters; no name known to us is half as long."""


def clean(tzid: str) -> str:
    r"""Return the name without what feeds put around it: quotes, spaces, escapes, a trailing `\n` (Exchange 2010).

    >>> clean('"(UTC+01:00) Amsterdam\\, Berlin"  ')
    '(UTC+01:00) Amsterdam, Berlin'
    """
    text = tzid.strip()
    if len(text) > 1 and text[0] == text[-1] == '"':  # a backslash escapes no closing quote
        text = text[1:-1]
    if len(text) > _LONGEST:
        return ""
    text = unicodedata.normalize("NFC", text).replace("\N{MINUS SIGN}", "-")
    text = re.sub(r"\\([,;\\\"])", r"\1", text)
    before = ""
    while text != before:
        before = text
        text = re.sub(r"\\[nN]$", "", text.strip().strip("\"'\0"))
    return " ".join(text.split())


def candidates(name: str, territory: str | None = None) -> list[Candidate]:
    """Return what a cleaned name may stand for, likeliest first; empty when no rung knows it."""
    for rung in _RUNGS:
        found = rung(name, territory)
        if found:
            return found
    return []


def windows_table() -> dict[str, str]:
    """Return every Windows id with its zone, overrides included, in alphabetical order."""
    return dict(sorted({**ZONES, **{row.windows_id: row.zone for row in OVERRIDES}}.items()))


def windows_id(name: str) -> str | None:
    """Return the Windows id of a time zone that is named by one or by an IANA key, in any case; None if it has none.

    A zone that several ids lead to goes by the one whose main zone it is.

    >>> windows_id("america/toronto")
    'Eastern Standard Time'
    """
    folded = name.strip().casefold()
    return _folded_windows_ids().get(folded) or _ids_of_zones().get(folded)


@cache
def _folded_windows_ids() -> dict[str, str]:
    return {name.casefold(): name for name in windows_table()}


@cache
def _ids_of_zones() -> dict[str, str]:
    rows = [(zone, name) for name, places in TERRITORIES.items() for zone in places.values()]
    rows += [(row.zone, row.windows_id) for row in OVERRIDES]
    rows += [(zone, name) for name, zone in ZONES.items()]
    ids = {zone.casefold(): name for zone, name in rows}
    return ids | {old.casefold(): ids[new.casefold()] for old, new in RESPELLED.items() if new.casefold() in ids}


def known() -> frozenset[str]:
    """Return every name the ladder knows as a whole: zones, Windows ids, display names."""
    return zone_names() | windows_table().keys() | labels.known()


def by_location(location: str) -> list[Candidate]:
    """Return the zone an X-LIC-LOCATION names, if it does; a hint, so it needs proof."""
    name = clean(location)
    zones = [found.zone for rung in (_iana, _vendor_prefix) for found in rung(name, None)]
    return [Candidate("hint-location", zone, f"X-LIC-LOCATION names {zone}.", needs_proof=True) for zone in zones[:1]]


def by_windows_id(name: str, rung: str, evidence: str) -> list[Candidate]:
    """Return the zone of a Windows id that a hint points at; needs proof."""
    return [
        Candidate(rung, found.zone, evidence, needs_proof=True)
        for found in _windows(name, None) + _override(name, None)
    ]


def _iana(name: str, _territory: str | None) -> list[Candidate]:
    """Return the zone of that name. `US-Eastern` stands for one, but is none: its own rules may win over it."""
    underscored = name.replace(" ", "_")
    for spelling in (name, underscored, underscored.replace("-", "/", 1) if "/" not in name else name):
        zone = folded_names().get(spelling.casefold())
        if zone is not None:
            exact = spelling in (name, underscored)
            return [Candidate("iana", zone, f"{zone} is a zone of tzdata.", is_zone_name=exact)]
    return []


@cache
def _windows_ids() -> dict[str, str]:
    return {name.casefold(): name for name in ZONES}


@cache
def _override_rows() -> dict[str, tuple[str, str]]:
    return {row.windows_id.casefold(): (row.zone, row.reason) for row in OVERRIDES}


def _windows(name: str, territory: str | None) -> list[Candidate]:
    windows_id = _windows_ids().get(name.casefold())
    if windows_id is None:
        return []
    world = Candidate("windows", ZONES[windows_id], f"CLDR {CLDR_VERSION} maps {windows_id!r} to {ZONES[windows_id]}.")
    local = TERRITORIES.get(windows_id, {}).get((territory or "").upper())
    if local is None:
        return [world]
    where = f"CLDR {CLDR_VERSION} maps {windows_id!r} to {local} in territory {(territory or '').upper()}."
    return [Candidate("windows", local, where), world]


def _override(name: str, _territory: str | None) -> list[Candidate]:
    zone, reason = _override_rows().get(name.casefold(), (None, ""))
    return [Candidate("override", zone, reason)] if zone else []


def _numbered(name: str, territory: str | None) -> list[Candidate]:
    base = re.fullmatch(r"(.*\S) \d{1,3}", name)
    if base is None:
        return []
    found = _windows(base[1], territory) or _override(base[1], territory) or _display(base[1], territory)
    return [
        Candidate("numbered", one.zone, f"The number marks a second definition of the name. {one.evidence}")
        for one in found
    ]


def _vendor_prefix(name: str, _territory: str | None) -> list[Candidate]:
    """Find the longest tail that is a zone: two parts or more after any prefix, one part after a vendor's own."""
    if name.casefold().startswith("tzone:"):
        return []
    parts = name.replace(" ", "_").split("/")
    vendor = parts[0] == ".." or (parts[0] == "" and (len(parts) == 2 or "." in "".join(parts[1:2])))
    for start in range(1, len(parts)):
        zone = folded_names().get("/".join(parts[start:]).casefold())
        if zone is not None and (vendor or start < len(parts) - 1):
            return [Candidate("vendor-prefix", zone, f"After the vendor's prefix it names {zone}.", is_zone_name=True)]
    return []


def _tzone(name: str, _territory: str | None) -> list[Candidate]:
    if name.casefold() in _UTC_NAMES:
        return [Candidate("tzone", "Etc/UTC", "The name stands for UTC.")]
    return []


_OFFSET = re.compile(r"\(?\s*(?:utc|gmt|z)?\s*([+-])\s*(\d{1,2})(?:[:.]?(\d{2}))?\s*\)?", re.IGNORECASE)
_UTC_NAMES = {"tzone://microsoft/utc", "z", "(utc)", "(gmt)"}


def _offset(name: str, _territory: str | None) -> list[Candidate]:
    found = _OFFSET.fullmatch(name)
    if found is None:
        return []
    hours, minutes = int(found[2]), int(found[3] or 0)
    if hours > 18 or minutes > 59:
        return []
    offset = timedelta(hours=hours, minutes=minutes) * (-1 if found[1] == "-" else 1)
    return [Candidate("offset", etc_zone(offset), "The name is an offset from UTC.", offset)]


def etc_zone(offset: timedelta) -> str | None:
    """Return the Etc zone of a whole-hour offset, or None. Its sign is POSIX's: +01:00 is Etc/GMT-1."""
    hours, rest = divmod(offset, timedelta(hours=1))
    if hours == 0 and not rest:
        return "Etc/UTC"
    return None if rest else folded_names().get(f"etc/gmt{-hours:+d}")


def _display(name: str, territory: str | None) -> list[Candidate]:
    windows_id = labels.windows_id(name)
    found = (_windows(windows_id, territory) or _override(windows_id, territory)) if windows_id else []
    return [
        Candidate("display", one.zone, f"It is the display name of {windows_id!r}. {one.evidence}") for one in found
    ]


_SHARED_NAMES = {"atlantic", "central", "eastern", "mountain", "pacific", "samoa"}
"""Lotus names that other producers use for other places (Australia has an Eastern and a Central time too)."""


def _lotus(name: str, territory: str | None) -> list[Candidate]:
    daylight = name.casefold().endswith(" daylight time")
    base = name[: -len(" daylight time")] if daylight else name
    windows_id = f"{base} Standard Time"
    found = _windows(windows_id, territory) or _override(windows_id, territory)
    needs_proof = daylight or base.casefold() in _SHARED_NAMES
    return [
        Candidate("lotus", one.zone, f"It is short for {windows_id!r}. {one.evidence}", needs_proof=needs_proof)
        for one in found
    ]


_RUNGS: tuple[Callable[[str, str | None], list[Candidate]], ...] = (
    _iana,
    _windows,
    _override,
    _numbered,
    _vendor_prefix,
    _tzone,
    _offset,
    _display,
    _lotus,
)
