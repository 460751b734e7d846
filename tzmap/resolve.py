"""The ladder: what a TZID stands for, and whether it may be renamed.

1. The name gives candidates (names.py), most often one.
2. Without usable definition the name decides; a name nobody knows stays as it is. Never the host's zone, never
   UTC by default.
3. With a definition, a candidate must give the same instant at every value that uses the TZID (agreement.py).
4. Where the TZID is a zone's own name and the definition only has offsets that zone has used since 1970, it is
   a stale or lazy copy of the zone's rules: the name wins. Offsets foreign to the zone: the rules win, under
   another name.
5. A name that says nothing may still be found through the definition's own hints, if they agree at every value.
6. Everything else keeps its definition, word for word.
"""

import re
from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import lru_cache
from typing import NamedTuple

from tzmap import cdo, names, zones
from tzmap.agreement import Uses, Verdict, compare
from tzmap.clock import wall_datetime, year_of, year_start
from tzmap.errors import BadDefinition
from tzmap.names import Candidate
from tzmap.resolution import Disagreement, Hints, Kind, Resolution, offset_text
from tzmap.rules import Rules

_AMBIGUOUS = {"BST", "CDT", "CST", "EDT", "EST", "HST", "IST", "MDT", "MST", "PDT", "PST", "CET", "EET", "MET", "WET"}
_NO_HINTS = Hints()
_UNCOMPARED = Verdict(0, None)
_NAME = re.compile(rb"\nTZID:[^\r\n]*+\r?\n(?![ \t])")
"""A definition's own name: it decides nothing, and many have the same rules under different names."""
_REMEMBERED = 10_000
"""Octets of a name and a definition, at most, that are remembered with their answer."""


def resolve(
    tzid: str,
    *,
    definition: Rules | bytes | None = None,
    values: Iterable[datetime] = (),
    span: tuple[datetime, datetime] | None = None,
    hints: Hints = _NO_HINTS,
    territory: str | None = None,
) -> Resolution:
    """Say what a TZID stands for, and why. Raises nothing for any text or octets; reads no clock and no host zone.

    tzid        the name as it stands in the feed (may be quoted, padded, in any case)
    definition  the feed's own VTIMEZONE for it; one that cannot be used counts as absent
    values      every wall-clock time that uses the TZID; read only if the offsets differ in `span`
    span        (first, last) wall-clock time of the values; default: of the values. Without either, five years from
                the year of the tzdata edition are compared. Given a span without values, rules that differ from
                the zone anywhere in it disagree.
    hints       X-LIC-LOCATION and X-MICROSOFT-CDO-TZID; default: as the definition has them
    territory   ISO 3166 code that chooses among CLDR's zones for a Windows id

    >>> resolve("W. Europe Standard Time").zone
    'Europe/Berlin'
    """
    question = _Question(tzid, definition, hints, territory)
    if not isinstance(definition, Rules) and len(tzid) + len(definition or b"") <= _REMEMBERED:
        ends = (span[0].replace(tzinfo=None), span[1].replace(tzinfo=None)) if definition and span else None
        known = _by_span(question, ends)
        if known is not None:
            return known
    return _resolved(question, values, span)


class _Question(NamedTuple):
    """What is asked, but for the values."""

    tzid: str
    definition: Rules | bytes | None
    hints: Hints
    territory: str | None


class _Unread(Exception):
    """Raised where a value is looked at."""


def _unread() -> datetime:
    raise _Unread


@lru_cache(maxsize=256)
def _by_span(question: _Question, span: tuple[datetime, datetime] | None) -> Resolution | None:
    """Answer without the values, None where they decide; remembered, for the same feeds come again and again."""
    try:
        return _resolved(question, iter(_unread, None), span)
    except _Unread:
        return None


def _resolved(question: _Question, values: Iterable[datetime], span: tuple[datetime, datetime] | None) -> Resolution:
    tzid, definition, hints, territory = question
    rules, complaint = _usable(definition)
    name = names.clean(tzid)
    found = names.candidates(name, territory)
    notes = [*complaint, *_ambiguity(name)]
    if rules is None:
        return _by_name(tzid, found, hints, notes)
    uses = Uses(values, span)
    for one in found:
        verdict = compare(rules, one.zone, one.offset, uses)
        if verdict.disagreement is None:
            return _accepted(tzid, one, [one.evidence, _agreed(verdict, uses), *notes], verdict)
    if found:
        return _contradicted(tzid, found[0], rules, uses, notes)
    for one in _hinted(hints if hints.location or hints.cdo else Hints(rules.location, rules.cdo)):
        verdict = compare(rules, one.zone, None, uses)
        if verdict.disagreement is None:
            return _accepted(tzid, one, [one.evidence, _agreed(verdict, uses), *notes], verdict)
        notes.append(f"{one.evidence} {_differs(verdict.disagreement)}")
    return _kept(tzid, "rules", ["Nobody knows the name; its definition decides.", *notes])


@lru_cache(maxsize=64)
def _parsed(definition: bytes) -> Rules:
    """Read a definition; feeds repeat theirs word for word, and equal octets mean equal rules whoever sent them."""
    return Rules.parse(definition)


def _usable(definition: Rules | bytes | None) -> tuple[Rules | None, list[str]]:
    """Return the rules, or None and the reason why there are none."""
    if definition is None or isinstance(definition, Rules):
        return definition, []
    try:
        return _parsed(_NAME.sub(b"\n", definition, 1) if len(definition) <= _REMEMBERED else definition), []
    except BadDefinition as error:
        return None, [f"The definition cannot be used: {error}."]


def _ambiguity(name: str) -> list[str]:
    if name.upper() not in _AMBIGUOUS:
        return []
    return [f"{name!r} is an abbreviation that several places use for different offsets."]


def _by_name(tzid: str, found: list[Candidate], hints: Hints, notes: list[str]) -> Resolution:
    for one in found:
        if not one.needs_proof:
            return _accepted(tzid, one, [one.evidence, "No definition contradicts it.", *notes])
    unproven = [f"{one.evidence} But no definition confirms it." for one in [*found, *_hinted(hints)]]
    return _kept(tzid, "unknown", ["Nobody knows the name and no definition explains it.", *unproven, *notes])


def _contradicted(tzid: str, one: Candidate, rules: Rules, uses: Uses, notes: list[str]) -> Resolution:
    """Decide for the name or for the rules, which disagree with every candidate; `one` is the likeliest."""
    verdict = compare(rules, one.zone, one.offset, uses)
    evidence = [one.evidence, _differs(verdict.disagreement), *notes]
    if one.is_zone_name and one.zone is not None:
        foreign = ", ".join(offset_text(offset) for offset in _foreign(rules, one.zone, uses))
        if not foreign:
            why = "Its definition has only offsets of that zone: a stale or partial copy, so the name wins."
            return _accepted(tzid, one, [*evidence, why], verdict)
        evidence.append(f"{one.zone} never had the offset {foreign} since 1970: the definition is another zone's.")
    return _kept(tzid, "rules-win", [*evidence, "The definition wins."], verdict)


def _foreign(rules: Rules, zone: str, uses: Uses) -> list[timedelta]:
    """Return the offsets the rules have had since 1970 (to 2037 or the last value) and the zone has not."""
    first, last = year_start(1970), max(year_start(2038), uses.last)
    last_year = year_of(last)
    theirs = zones.timeline(zone, last_year).between(first, last)
    ours = rules.timeline(1970, last_year).between(first, last)
    return [timedelta(seconds=offset) for offset in sorted(ours - theirs)]


def _hinted(hints: Hints) -> list[Candidate]:
    found = names.by_location(hints.location) if hints.location else []
    number = (hints.cdo or "").strip()
    for windows_id in cdo.windows_ids(number):
        evidence = f"X-MICROSOFT-CDO-TZID {number} can stand for {windows_id!r}."
        found += names.by_windows_id(windows_id, "hint-cdo", evidence)
    return found


def _accepted(tzid: str, one: Candidate, evidence: list[str], verdict: Verdict = _UNCOMPARED) -> Resolution:
    kind: Kind = "fixed" if one.zone is None else "utc" if zones.constant_offset(one.zone) == 0 else "zone"
    zone = "Etc/UTC" if kind == "utc" else one.zone
    offset = one.offset if kind == "fixed" else None
    return Resolution(tzid, kind, zone, offset, one.rung, tuple(evidence), verdict.disagreement, verdict.compared)


def _kept(tzid: str, rung: str, evidence: list[str], verdict: Verdict = _UNCOMPARED) -> Resolution:
    return Resolution(tzid, "keep", None, None, rung, tuple(evidence), verdict.disagreement, verdict.compared)


def _agreed(verdict: Verdict, uses: Uses) -> str:
    first, last = wall_datetime(uses.first).date(), wall_datetime(uses.last).date()
    if verdict.compared:
        return f"The definition gives the same instant at each of {verdict.compared} values from {first} to {last}."
    return f"The definition gives the same offsets from {first} to {last}."


def _differs(disagreement: Disagreement | None) -> str:
    if disagreement is None:
        return ""
    ours, theirs = offset_text(disagreement.by_rules), offset_text(disagreement.by_zone)
    return f"At {disagreement.value.isoformat(' ')} the definition says {ours} and the name {theirs}."
