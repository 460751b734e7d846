"""One component for each (kind, UID, RECURRENCE-ID): of several, Thunderbird, Evolution and vdirsyncer show one anyway.

The higher SEQUENCE wins, then the newer LAST-MODIFIED, then the later in the feed. The survivor stands where it stood.
"""

import operator
import re
from bisect import bisect, bisect_left
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain, compress

from feedproxy.ics.components import SCHEDULED, Component
from feedproxy.ics.runs import Piece, Run
from feedproxy.transform.report import Journal

STEP = "unique"

Identity = tuple[bytes, ...]
"""A kind, a UID, and of an override its RECURRENCE-ID."""
Version = tuple[int, bytes]
"""A SEQUENCE and a LAST-MODIFIED."""

_VERSION = re.compile(
    rb"""\n(?: (?: SEQUENCE:([0-9]{1,9}) | LAST-MODIFIED:([0-9TZ]++) ) (?=\r\n[^ ])
            | (SEQUENCE|LAST-MODIFIED|BEGIN:)
            | \n )""",
    re.VERBOSE,
)
"""What a component says of its version, plainly or not; a nested component, which may have some too; a blank line."""
_SAID = {
    b"\nSEQUENCE": re.compile(rb"\n(?:SEQUENCE:([0-9]{1,9})(?=\r\n[^ ])|\n)"),
    b"\nLAST-MODIFIED": re.compile(rb"\n(?:LAST-MODIFIED:([0-9TZ]++)(?=\r\n[^ ])|\n)"),
}
"""The value of a property, or nothing in the place of a blank line."""
_AT_ONCE = 512
"""Components whose versions are read at once: few enough to stay in the processor's caches."""
_UID = operator.itemgetter(1)
_NOT_PLAIN: Version = (-1, b"")
_SILENT: Version = (0, b"")


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
    runs = [piece.named for piece in pieces if isinstance(piece, Run)]
    others = [piece.uid() for piece in pieces if isinstance(piece, Component) and piece.kind in SCHEDULED]
    found = set(others).union(*runs)
    if len(found) == len(others) + sum(map(len, runs)):
        return set()
    return {uid for uid, count in Counter(chain(others, *runs)).items() if count > 1}


def _lost(pieces: Sequence[Piece], shared: set[bytes], journal: Journal) -> dict[int, set[int]]:
    """Weigh the components of one identity, numbered over all pieces that have such; return where the losers stand."""
    identities = [_identities(piece, shared) for piece in pieces]
    rivals = {key for key, count in Counter(chain.from_iterable(identities)).items() if count > 1 and key}
    starts: dict[int, int] = {}
    keys: list[Identity] = []
    texts: list[bytes] = []
    for number, (piece, found) in enumerate(zip(pieces, identities, strict=True)):
        if not rivals.isdisjoint(found):
            starts[len(keys)] = number
            keys += found
            texts += piece.texts() if isinstance(piece, Run) else [piece.text]
    verdict = _weighed(keys, texts, [*compress(range(len(keys)), map(rivals.__contains__, keys))])
    noted = [
        (rule, places) for rule, places in (("duplicate", verdict.duplicates), ("clash", verdict.clashes)) if places
    ]
    for rule, places in sorted(noted, key=operator.itemgetter(1)):
        journal.note_each(STEP, rule, map(_UID, map(keys.__getitem__, places)), count=len(places))
    return _by_piece(sorted(verdict.lost), starts)


def _by_piece(numbers: Sequence[int], starts: Mapping[int, int]) -> dict[int, set[int]]:
    """Return sorted numbers by the piece in which each is, as places in it; `starts` says where each piece begins."""
    firsts = [*starts]
    found: dict[int, set[int]] = {}
    at = 0
    while at < len(numbers):
        piece = bisect(firsts, numbers[at]) - 1
        first = firsts[piece]
        end = bisect_left(numbers, firsts[piece + 1], at) if piece + 1 < len(firsts) else len(numbers)
        found[starts[first]] = {number - first for number in numbers[at:end]}
        at = end
    return found


@dataclass(frozen=True, slots=True)
class _Verdict:
    """The numbers of the components that give way to others, and of those that say the same as one, or other things."""

    lost: list[int] = field(default_factory=list)
    duplicates: list[int] = field(default_factory=list)
    clashes: list[int] = field(default_factory=list)


def _weighed(keys: Sequence[Identity], texts: Sequence[bytes], rivals: Sequence[int]) -> _Verdict:
    """Weigh components, known by their numbers, each against the best one before it of the same identity."""
    verdict = _Verdict()
    lose, is_duplicate, clashes = verdict.lost.append, verdict.duplicates.append, verdict.clashes.append
    best: dict[Identity, int] = {}
    read: Mapping[int, Version] = {}
    for n in rivals:
        known = best.setdefault(keys[n], n)
        if known == n:
            continue
        if texts[n] == texts[known]:
            is_duplicate(n)
            lose(n)
            continue
        clashes(n)
        read = read or versions(keys, texts, rivals)
        if read[n] < read[known]:
            lose(n)
        else:
            lose(known)
            best[keys[n]] = n
    return verdict


def _identities(piece: Piece, shared: set[bytes]) -> list[Identity]:
    """Return what makes each component of a piece itself; nothing where they have UIDs of their own, or need none."""
    if isinstance(piece, Component):
        return [identity(piece)] if piece.kind in SCHEDULED else []
    return [] if shared.isdisjoint(piece.uids) else identities(piece)


def identities(piece: Run) -> list[Identity]:
    """Return what makes each component of a run itself; () of one that needs no UID."""
    found: list[Identity] = [*zip(piece.kind_of_each, piece.uids, strict=True)]
    if b"\nRECURRENCE-ID" in piece.text:
        found = [*map(operator.add, found, piece.recurrence_ids())]
    return [key if key[1] else () for key in found] if b"" in piece.uids else found


def identity(component: Component) -> Identity:
    """Return what makes a component itself: its kind, its UID, its RECURRENCE-ID with the TZID (none for a master)."""
    recurrence = component.first(b"RECURRENCE-ID") if b"\nRECURRENCE-ID" in component.text else None
    if recurrence is None:
        return component.kind, component.uid()
    return component.kind, component.uid(), recurrence.value.strip(), (recurrence.parameter(b"TZID") or b"").strip(b'"')


def version(component: Component) -> Version:
    """Return the SEQUENCE and the LAST-MODIFIED by which two components of one identity are weighed."""
    digits = (component.value(b"SEQUENCE") or b"").strip()
    return int(digits) if digits.isdigit() and len(digits) < 10 else 0, component.value(b"LAST-MODIFIED") or b""


def versions(keys: Sequence[Identity], texts: Sequence[bytes], rivals: Sequence[int]) -> dict[int, Version]:
    """Return the versions of those of the components that are rivals, nearly all of them read in one pass."""
    found: dict[int, Version] = {}
    for at in range(0, len(rivals), _AT_ONCE):
        some = rivals[at : at + _AT_ONCE]
        found.update(zip(some, _plain_versions([texts[n] for n in some]), strict=True))
    for n in [n for n in rivals if found[n] is _NOT_PLAIN]:
        found[n] = version(Component(keys[n][0], texts[n]))
    return found


def _plain_versions(texts: Sequence[bytes]) -> list[Version]:
    """Return the versions that components say."""
    text = b"\n".join([*texts, b""])
    if not any(name in text for name in _SAID):
        return [_SILENT] * len(texts)
    sequences, times = (_said_by_each(name, text, len(texts)) for name in _SAID)
    if sequences is not None and times is not None:
        return [*zip(map(int, sequences), times, strict=True)]
    found: list[Version] = []
    sequence = modified = other = b""
    for digits, time, odd in _VERSION.findall(text):
        if digits:
            sequence = sequence or digits
        elif time:
            modified = modified or time
        elif odd:
            other = odd
        else:
            found.append(_NOT_PLAIN if other else (int(sequence or b"0"), modified))
            sequence = modified = other = b""
    return found


def _said_by_each(name: bytes, text: bytes, number: int) -> Sequence[bytes] | None:
    """Return the value of a property in each of so many components, if all say it once and plainly, or none does.

    A blank line stands behind each. Nothing is 0 or empty.
    """
    count = text.count(name)
    if not count:
        return [b"0" if name == b"\nSEQUENCE" else b""] * number
    found: list[bytes] = _SAID[name].findall(text) if count == number else []
    is_in_each = len(found) == 2 * number and all(found[::2]) and not any(found[1::2])
    return found[::2] if is_in_each and text.count(b"\nBEGIN:") < number else None
