"""Which components of a large body give way to others, as `feedproxy.transform.unique` says, without holding them.

Of each that may be there twice it is kept what decides, in 40 octets: numbers in the places of what it is and says.
"""

import re
from array import array
from bisect import bisect_left
from collections.abc import Container, Iterable, Mapping, Sequence
from itertools import compress

from feedproxy.ics.components import SCHEDULED, Component
from feedproxy.ics.runs import Piece, Run, count
from feedproxy.transform.passages import Passage
from feedproxy.transform.unique import Identity, identities, identity, versions, without

_PORTIONS = 32
"""In how many portions numbers are looked through: a set or a dict takes many times the room of an array."""
_INSTANT = re.compile(rb"(\d{8})T(\d{6})Z")
_ODD = -1
"""In the place of a LAST-MODIFIED that is no instant."""


class Repeated:
    """The numbers that are there twice among others."""

    def __init__(self, keys: "array[int]") -> None:
        self._portions = [_repeated(keys, portion) for portion in range(_PORTIONS)]

    def __contains__(self, key: object) -> bool:
        assert isinstance(key, int)
        portion = self._portions[key % _PORTIONS]
        place = bisect_left(portion, key)
        return place < len(portion) and portion[place] == key

    def __bool__(self) -> bool:
        return any(self._portions)


def _repeated(keys: "array[int]", portion: int) -> "array[int]":
    seen: set[int] = set()
    repeated: set[int] = set()
    for key in keys:
        if key % _PORTIONS == portion:
            (repeated if key in seen else seen).add(key)
    return array("q", sorted(repeated))


def named_in(piece: Piece) -> Sequence[bytes]:
    """Return the UID of each component that has one."""
    return piece.named if isinstance(piece, Run) else (piece.uid(),)


def keys_of(piece: Piece) -> Iterable[int]:
    """Iterate over a number for each component that has a UID: the same number where two might be the same."""
    if isinstance(piece, Component):
        return (key_of(piece),)
    if b"\nRECURRENCE-ID" in piece.text:
        return (key_of(component) for component in piece.components() if component.kind in SCHEDULED)
    return map(hash, piece.named)


def key_of(component: Component) -> int:
    """Return a number for a component: that of every other that might be the same."""
    recurrence_id = component.first(b"RECURRENCE-ID") if b"\nRECURRENCE-ID" in component.text else None
    value = recurrence_id.value.rpartition(b":")[2].strip().removesuffix(b"Z") if recurrence_id else b""
    return hash((component.uid(), value)) if value else hash(component.uid())


class Rivals:
    """The components of passages whose key is among these; each is known by its number in all passages.

    Those whose rivals stand `elsewhere` are not among them: in which order they come decides as well.
    """

    def __init__(self, found: Iterable[Passage], keys: Container[int], elsewhere: Container[int] = ()) -> None:
        self._keys, self._identities, self._texts, self._times = (array("q") for _ in range(4))
        self._sequences, self._numbers = array("I"), array("I")
        number = 0
        for passage in found:
            for piece in passage:
                places = [n for n, uid in enumerate(piece.uids) if uid] if isinstance(piece, Run) else [0]
                mine = {
                    place: key
                    for place, key in zip(places, keys_of(piece), strict=True)
                    if key in keys and key not in elsewhere
                }
                if mine:
                    self._take(piece, number, mine)
                number += count([piece])

    def _take(self, piece: Piece, number: int, mine: Mapping[int, int]) -> None:
        """Take the components at these places of a piece, each with its key."""
        known, texts = _said(piece)
        read = versions(known, texts, [*mine])
        for place, key in mine.items():
            sequence, time = read[place]
            self._keys.append(key)
            self._identities.append(hash(known[place]))
            self._texts.append(hash(texts[place]))
            self._sequences.append(sequence)
            self._times.append(_as_number(time))
            self._numbers.append(number + place)

    def weighed(self) -> "tuple[array[int], set[int]]":
        """Return the numbers of those that give way to others, in order, and the keys of which not all are decided.

        That are those of which some are not the same after all, or as yet, and those with an odd LAST-MODIFIED.
        """
        lost = bytearray(len(self._keys))
        undecided: set[int] = set()
        for portion in range(_PORTIONS):
            best: dict[int, int] = {}
            for n, key in enumerate(self._keys):
                if key % _PORTIONS == portion and key not in undecided:
                    known = best.setdefault(key, n)
                    if self._times[n] == _ODD or self._identities[n] != self._identities[known]:
                        undecided.add(key)
                    elif known != n:
                        loser = self._loser(known, n)
                        lost[loser] = True
                        best[key] = known + n - loser
        return array("I", compress(self._numbers, lost)), undecided

    def _loser(self, known: int, n: int) -> int:
        if self._texts[n] == self._texts[known] or self._version(n) < self._version(known):
            return n
        return known

    def _version(self, n: int) -> tuple[int, int]:
        return self._sequences[n], self._times[n]


def left(passage: Passage, number: int, lost: "array[int]") -> Passage:
    """Return what is left of a passage, whose first component has that number, without those that are lost."""
    gone: dict[int, list[int]] = {}
    at = bisect_left(lost, number)
    for n, piece in enumerate(passage):
        end = bisect_left(lost, number + count([piece]), at)
        if end > at:
            gone[n] = [each - number for each in lost[at:end]]
        number += count([piece])
        at = end
    return without(passage, gone) if gone else passage


def _said(piece: Piece) -> tuple[Sequence[Identity], Sequence[bytes]]:
    """Return what makes each component of a piece itself, and its text."""
    return (identities(piece), piece.texts()) if isinstance(piece, Run) else ([identity(piece)], [piece.text])


def _as_number(time: bytes) -> int:
    """Return a number for a LAST-MODIFIED, by which it sorts among others; 0 for none."""
    instant = _INSTANT.fullmatch(time)
    return int(instant[1] + instant[2]) + 1 if instant else _ODD if time else 0
