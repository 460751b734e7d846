"""One component for each (kind, UID, RECURRENCE-ID): of several, Thunderbird, Evolution and vdirsyncer show one anyway.

The higher SEQUENCE wins, then the newer LAST-MODIFIED, then the later in the feed. The survivor stands where it stood.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import chain

from feedproxy.ics.components import Component
from feedproxy.ics.runs import Piece, Run
from feedproxy.transform.report import Journal

STEP = "unique"
SCHEDULED = frozenset((b"VEVENT", b"VTODO", b"VJOURNAL", b"VFREEBUSY"))
"""The kinds that have a UID (RFC 5545 section 3.6)."""

Identity = tuple[bytes, ...]
"""A kind, a UID, and of an override its RECURRENCE-ID."""


def unique(pieces: Sequence[Piece], journal: Journal) -> list[Piece]:
    """Return the pieces that stay, in order; runs without the events that do not."""
    shared = _shared_uids(pieces)
    if not shared:
        return list(pieces)
    return [
        replace(piece, shares_uids=True) if isinstance(piece, Run) and not shared.isdisjoint(piece.uids) else piece
        for piece in without(pieces, _lost(pieces, shared, journal))
    ]


def lost(pieces: Sequence[Piece], journal: Journal) -> dict[int, set[int]]:
    """Return the places of the components that give way to others, by piece; one that loses none is not there."""
    shared = _shared_uids(pieces)
    return _lost(pieces, shared, journal) if shared else {}


def without(pieces: Iterable[Piece], gone: Mapping[int, Collection[int]]) -> list[Piece]:
    """Return what is left of the pieces without the components at these places."""
    left: list[Piece] = []
    for number, piece in enumerate(pieces):
        if number not in gone:
            left.append(piece)
        elif isinstance(piece, Run):
            left += piece.without(gone[number])
    return left


def _shared_uids(pieces: Sequence[Piece]) -> set[bytes]:
    """Return the UIDs that more than one component has."""
    runs = [piece.uids for piece in pieces if isinstance(piece, Run)]
    others = [piece.uid() for piece in pieces if isinstance(piece, Component) and piece.kind in SCHEDULED]
    found = set(others).union(*runs)
    if len(found) == len(others) + sum(map(len, runs)):
        return set()
    return {uid for uid, count in Counter(chain(others, *runs)).items() if count > 1}


def _lost(pieces: Sequence[Piece], shared: set[bytes], journal: Journal) -> dict[int, set[int]]:
    gone: dict[int, set[int]] = {}
    best: dict[Identity, tuple[int, int, bytes]] = {}
    versions: dict[Identity, tuple[int, bytes]] = {}
    noted: dict[str, list[bytes]] = {}
    for key, rival in _rivals(pieces, shared):
        known = best.setdefault(key, rival)
        if known is rival:
            continue
        number, place, text = rival
        is_same = known[2] == text
        noted.setdefault("duplicate" if is_same else "clash", []).append(key[1])
        if not is_same:
            of_known = versions[key] if key in versions else version(Component(key[0], known[2]))
            versions[key] = max(of_known, own := version(Component(key[0], text)))
            if own >= of_known:
                number, place, _ = known
                best[key] = rival
        gone.setdefault(number, set()).add(place)
    for rule, uids in noted.items():
        journal.note_each(STEP, rule, uids)
    return gone


def _rivals(pieces: Sequence[Piece], shared: set[bytes]) -> Iterator[tuple[Identity, tuple[int, int, bytes]]]:
    """Iterate over the components whose identity others have too: that, the piece, the place in it, the text."""
    identities = [_identities(piece, shared) for piece in pieces]
    counts = Counter(chain.from_iterable(identities))
    for number, (piece, found) in enumerate(zip(pieces, identities, strict=True)):
        places = [place for place, key in enumerate(found) if counts[key] > 1]
        if places:
            texts = piece.texts() if isinstance(piece, Run) else [piece.text]
            for place in places:
                yield found[place], (number, place, texts[place])


def _identities(piece: Piece, shared: set[bytes]) -> list[Identity]:
    """Return what makes each component of a piece itself; nothing where they have UIDs of their own, or need none."""
    if isinstance(piece, Component):
        return [identity(piece)] if piece.kind in SCHEDULED else []
    if shared.isdisjoint(piece.uids):
        return []
    if b"\nRECURRENCE-ID" not in piece.text:
        return [(b"VEVENT", uid) for uid in piece.uids]
    return [(b"VEVENT", uid, *own) for uid, own in zip(piece.uids, piece.recurrence_ids(), strict=True)]


def identity(component: Component) -> Identity:
    """Return what makes a component itself: its kind, its UID, its RECURRENCE-ID with the TZID (none for a master)."""
    recurrence = component.first(b"RECURRENCE-ID") if b"\nRECURRENCE-ID" in component.text else None
    if recurrence is None:
        return component.kind, component.uid()
    return component.kind, component.uid(), recurrence.value.strip(), (recurrence.parameter(b"TZID") or b"").strip(b'"')


def version(component: Component) -> tuple[int, bytes]:
    """Return the SEQUENCE and the LAST-MODIFIED by which two components of one identity are weighed."""
    digits = (component.value(b"SEQUENCE") or b"").strip()
    return int(digits) if digits.isdigit() and len(digits) < 10 else 0, component.value(b"LAST-MODIFIED") or b""
