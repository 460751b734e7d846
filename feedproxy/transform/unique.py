"""One component for each (kind, UID, RECURRENCE-ID): of several, Thunderbird, Evolution and vdirsyncer show one anyway.

The higher SEQUENCE wins, then the newer LAST-MODIFIED, then the later in the feed. The survivor stands where it stood.
"""

from bisect import bisect
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
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
    """Weigh the components of one identity, numbered over all pieces that have such; return where the losers stand."""
    identities = [_identities(piece, shared) for piece in pieces]
    rivals = {key: list[int]() for key, count in Counter(chain.from_iterable(identities)).items() if count > 1}
    starts: dict[int, int] = {}
    keys: list[Identity] = []
    texts: list[bytes] = []
    for number, (piece, found) in enumerate(zip(pieces, identities, strict=True)):
        if not rivals.keys().isdisjoint(found):
            starts[len(keys)] = number
            keys += found
            texts += piece.texts() if isinstance(piece, Run) else [piece.text]
    for n, key in enumerate(keys):
        if key in rivals:
            rivals[key].append(n)
    weighing = _Weighing(texts)
    for key, places in rivals.items():
        weighing.weigh(key[0], places)
    for rule, places in sorted(weighing.noted.items(), key=lambda noted: min(noted[1])):
        journal.note_each(STEP, rule, (keys[n][1] for n in sorted(places)), count=len(places))
    gone: dict[int, set[int]] = {}
    firsts, numbers = [*starts], [*starts.values()]
    for n in weighing.lost:
        last = bisect(firsts, n) - 1
        gone.setdefault(numbers[last], set()).add(n - firsts[last])
    return gone


class _Weighing:
    """Which of some components, known by their numbers, give way to others (`lost`), and by which rules (`noted`)."""

    def __init__(self, texts: Sequence[bytes]) -> None:
        self.texts = texts
        self.lost: list[int] = []
        self.noted: dict[str, list[int]] = {}

    def weigh(self, kind: bytes, rivals: Sequence[int]) -> None:
        """Weigh those of one identity, each against the best before it."""
        texts, lost = self.texts, self.lost
        best, weight = rivals[0], None
        duplicates: list[int] = []
        clashes: list[int] = []
        for n in rivals[1:]:
            if texts[n] == texts[best]:
                duplicates.append(n)
                continue
            clashes.append(n)
            if weight is None:
                weight = version(Component(kind, texts[best]))
            own = version(Component(kind, texts[n]))
            if own < weight:
                lost.append(n)
            else:
                lost.append(best)
                best, weight = n, own
        lost += duplicates
        for rule, places in (("duplicate", duplicates), ("clash", clashes)):
            if places:
                self.noted.setdefault(rule, []).extend(places)


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
