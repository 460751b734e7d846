"""One component for each (kind, UID, RECURRENCE-ID): of several, Thunderbird, Evolution and vdirsyncer show one anyway.

The higher SEQUENCE wins, then the newer LAST-MODIFIED, then the later in the feed. The survivor stands where it stood.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import chain

from feedproxy.ics.components import Component
from feedproxy.ics.runs import Piece, Run
from feedproxy.transform.report import Journal

STEP = "unique"
SCHEDULED = frozenset((b"VEVENT", b"VTODO", b"VJOURNAL", b"VFREEBUSY"))
"""The kinds that have a UID (RFC 5545 section 3.6)."""


def unique(pieces: Sequence[Piece], journal: Journal) -> list[Piece]:
    """Return the pieces that stay, in order. Events of a run whose UID is there twice are parted from it."""
    shared = _shared_uids(pieces)
    if not shared:
        return list(pieces)
    kept: list[Piece] = []
    for piece in pieces:
        kept += piece.parted(shared) if isinstance(piece, Run) and not shared.isdisjoint(piece.uids) else [piece]
    dropped = set(_dropped([piece for piece in kept if isinstance(piece, Component)], journal))
    return [piece for piece in kept if id(piece) not in dropped]


def _shared_uids(pieces: Sequence[Piece]) -> set[bytes]:
    """Return the UIDs that more than one component has."""
    runs = [piece.uids for piece in pieces if isinstance(piece, Run)]
    others = [piece.uid() for piece in pieces if isinstance(piece, Component) and piece.kind in SCHEDULED]
    found = set(others).union(*runs)
    if len(found) == len(others) + sum(map(len, runs)):
        return set()
    return {uid for uid, count in Counter(chain(others, *runs)).items() if count > 1}


def _dropped(components: Sequence[Component], journal: Journal) -> Iterator[int]:
    """Iterate over the ids of the objects that give way to another."""
    best: dict[tuple[bytes, ...], Component] = {}
    versions: dict[tuple[bytes, ...], tuple[int, bytes]] = {}
    for component in components:
        if component.kind not in SCHEDULED:
            continue
        key = identity(component)
        rival = best.setdefault(key, component)
        if rival is component:
            continue
        if rival.text == component.text:
            journal.note(STEP, "duplicate", key[1].decode())
            yield id(component)
            continue
        journal.note(STEP, "clash", key[1].decode())
        of_rival = versions[key] if key in versions else version(rival)
        versions[key] = max(of_rival, own := version(component))
        if own < of_rival:
            yield id(component)
        else:
            yield id(rival)
            best[key] = component


def identity(component: Component) -> tuple[bytes, ...]:
    """Return what makes a component itself: its kind, its UID, its RECURRENCE-ID with the TZID (none for a master)."""
    recurrence = component.first(b"RECURRENCE-ID") if b"\nRECURRENCE-ID" in component.text else None
    if recurrence is None:
        return component.kind, component.uid()
    return component.kind, component.uid(), recurrence.value.strip(), (recurrence.parameter(b"TZID") or b"").strip(b'"')


def version(component: Component) -> tuple[int, bytes]:
    """Return the SEQUENCE and the LAST-MODIFIED by which two components of one identity are weighed."""
    sequence, modified = component.first(b"SEQUENCE"), component.first(b"LAST-MODIFIED")
    digits = sequence.value.strip() if sequence else b""
    return int(digits) if digits.isdigit() and len(digits) < 10 else 0, modified.value if modified else b""
