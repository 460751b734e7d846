"""Runs: components that need no mending, or little, held and copied many at a time.

A run is text of the normal form (`feedproxy.ics.normal`) in which components follow each other, and what is known of
each: its UID, its kind, its VCALENDAR, whether it recurs. How runs are found in a body says `feedproxy.ics.cutting`.
"""

import re
from bisect import bisect_right
from collections import defaultdict, deque
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from itertools import accumulate, chain, compress, groupby, pairwise, repeat
from operator import itemgetter
from typing import TypeVar

from feedproxy.ics.components import MARK, SCHEDULED, Component, Stream, component_of
from feedproxy.ics.contentline import split
from feedproxy.ics.folding import LIMIT, unfold
from feedproxy.ics.kinds import ALARMS
from feedproxy.ics.searching import holds
from feedproxy.ics.times import (
    LONGEST_TIME_LIKE,
    TIME_AND_BLANKS,
    TIME_LIKE,
    TIME_NAMES,
    TIME_WITH_PARAMETERS,
)

_UNUSUAL_TIME = re.compile(
    rb"""%b (?! TZID=(?:"[^"\r]*+"|[^":;,\r]++):%b\r\n[^ ] | VALUE=DATE(?:-TIME)?:[^:\r]*+\r\n[^ ] )"""
    % (TIME_WITH_PARAMETERS, TIME_LIKE),
    re.VERBOSE,
)
"""A time with parameters that is none of these: one value without Z, be it a time or not, that a TZID binds; a day."""
_RECURRENCE_ID_OR_BEHIND = re.compile(rb"\n(RECURRENCE-ID[;:][^\r]*+(?:\r\n [^\r]*+)*+|\n)")
_PLAIN_RECURRENCE_ID = re.compile(rb"\n(RECURRENCE-ID(?:;[^\":\r]*+)?+):([^:\r]*+)\r\n[^ \0][^\0]*+\0")
"""What stands before the value of one, the value, and the rest of the event, up to the NUL behind it."""
_FIRST, _SECOND = itemgetter(0), itemgetter(1)
_COMPONENT = re.compile(rb"BEGIN:([^\r]*)\r\n(?:(?!END:\1\r)[^\n]*+\n)*+END:\1\r\n")
"""A component of a run, in which there is none of its kind."""
MARKED = b"BEGIN:" + MARK + b"\r\nEND:" + MARK + b"\r\n"
Key = TypeVar("Key")
UNBOUND = b";TZID="
"""What a run is divided at: behind it is the TZID, where it binds a time; alone it stands where it does not."""
_PARAMETER = re.compile(
    rb"""(;TZID=(?:%s)(?>"[^"]*+"|[^:]++):|;TZID=)""" % b"|".join(rb"(?<=\n%s;TZID=)" % name for name in TIME_NAMES)
)
"""The time that a TZID binds has one form where none is unusual, so there is nothing more to look at here."""
_LONGEST_UNFOLDED = LIMIT - len(b"RECURRENCE-ID") - LONGEST_TIME_LIKE
"""Octets of a parameter whose time has surely not been folded since the event was seen to be plain."""
_UNFOLDED = re.compile(TIME_AND_BLANKS + rb"\r\n[^ ]")


def gathered(keys: Iterable[Key], texts: Iterable[bytes]) -> Mapping[Key, list[bytes]]:
    """Return the texts of each key, in order."""
    found = defaultdict[Key, list[bytes]](list)
    deque(map(list.append, map(found.__getitem__, keys), texts), maxlen=0)  # a loop at C's pace
    return found


@dataclass(frozen=True)
class Run:
    """Plain events one after the other.

    `parts` are their text, in one piece until it is `divided`; `uids` has the UID of each, `recurs` the places of those
    with a recurrence rule; `scope` is the VCALENDAR of the stream that they are of, or the first, and `scopes` then has
    that of each. Until it is `restored`, `heads` is the property text of each VCALENDAR that begins in it,
    `definitions` are the VTIMEZONEs between the events, each with the number of its VCALENDAR, and `is_interrupted`
    says that something stood between them. `shares_uids`: an event of the same UID, and of another RECURRENCE-ID, may
    be there too (`feedproxy.transform.unique`). `is_identified`: none lacks the UID that it is to have, which is empty
    in `uids` then, or the DTSTAMP; `unstamped` are the places of the latter. `kind` is what all are, or `kinds` has the
    kind of each; those that are to have no UID have none in `uids`. `within` are the kinds that may stand in them.
    `repairs` counts what it took to make them plain, by rule. `is_tidy`: their times and rules are known to be written
    as nearly all are.
    """

    parts: Sequence[bytes]
    uids: list[bytes]
    recurs: list[int]
    scope: int = 0
    scopes: Sequence[int] = ()
    heads: Sequence[bytes] = ()
    definitions: Sequence[tuple[bytes, int]] = ()
    is_interrupted: bool = False
    is_divided: bool = False
    shares_uids: bool = False
    is_identified: bool = True
    repairs: Mapping[str, int] = field(default_factory=dict)
    kind: bytes = b"VEVENT"
    kinds: Sequence[bytes] = ()
    within: frozenset[bytes] = ALARMS
    unstamped: Sequence[int] = ()
    is_tidy: bool = True

    @property
    def text(self) -> bytes:
        """The text of the events."""
        return self.parts[0] if len(self.parts) == 1 else b"".join(self.parts)

    @cached_property
    def ends(self) -> list[int]:
        """Where each event ends."""
        return [*accumulate(map(len, self.texts()))]

    def divided(self) -> "Run":
        """Return it with its text in parts, every second one a `;TZID=...:` behind which is the value that it binds.

        Such a parameter that binds no time is left in the text but for its beginning (`UNBOUND`). Where times are
        unusual it is left as it is.
        """
        if self.is_divided or not (self.is_tidy or _UNUSUAL_TIME.search(self.text) is None):
            return self
        text = self.text
        return replace(self, parts=_PARAMETER.split(text) if holds(text, UNBOUND) else [text], is_divided=True)

    @cached_property
    def behind(self) -> Mapping[bytes, list[bytes]]:
        """What stands behind each parameter at which the run is divided, in order."""
        return gathered(self.parts[1::2], self.parts[2::2])

    @cached_property
    def is_bound(self) -> bool:
        """Tell whether it is divided, and every TZID binds a time, all in one physical line."""
        return self.is_divided and all(
            parameter != UNBOUND
            and b"\r" not in parameter
            and (len(parameter) <= _LONGEST_UNFOLDED or all(map(_UNFOLDED.match, texts)))
            for parameter, texts in self.behind.items()
        )

    def texts(self) -> list[bytes]:
        """Return the text of each event."""
        if self.kinds:
            return [found[0] for found in _COMPONENT.finditer(self.text)]
        last_line = b"\nEND:%b\r\n" % self.kind
        return [start + last_line for start in self.text.split(last_line)[:-1]]

    @property
    def named(self) -> list[bytes]:
        """The UIDs of those that have one."""
        if self.kinds:
            return [*filter(None, self.uids)]
        return self.uids if self.kind in SCHEDULED else []

    @property
    def kind_of_each(self) -> Sequence[bytes]:
        """The kinds of all, one by one."""
        return self.kinds or [self.kind] * len(self.uids)

    def components(self) -> list[Component]:
        """Return the components one by one."""
        return [*map(Component, self.kinds or repeat(self.kind), self.texts(), self.scopes or repeat(self.scope))]

    def parted_by(self, key: Callable[[int], object]) -> "list[Run]":
        """Return it in pieces, of whose VCALENDARs each has the same key; itself if that is one."""
        if len(set(map(key, set(self.scopes)))) < 2:
            return [self]
        text = self.text
        starts = [*accumulate((len([*those]) for _, those in groupby(map(key, self.scopes))), initial=0)]
        return [part for start, stop in pairwise(starts) for part in self._part(text, start, stop)]

    def in_calendars_from(self, scope: int) -> "Run":
        """Return it with its first VCALENDAR being that of the stream; heads and definitions are gone."""
        if scope == self.scope and not self.heads and not self.definitions:
            return self
        scopes = [*map((scope - self.scope).__add__, self.scopes)]
        return replace(self, scope=scope, scopes=scopes, heads=(), definitions=())

    def recurrence_ids(self) -> list[tuple[bytes, ...]]:
        """Return of each event its RECURRENCE-ID, the value and the TZID or nothing; of one that has none ()."""
        texts = self.texts()
        plain = _plain_recurrence_ids(texts)
        if plain is not None:
            return plain
        found: list[tuple[bytes, ...]] = []
        own: tuple[bytes, ...] = ()
        tzids: dict[bytes, bytes] = {}
        for line in _RECURRENCE_ID_OR_BEHIND.findall(b"\n".join([*texts, b""])):
            if line == b"\n":
                found.append(own)
                own = ()
            elif not own:
                start, _, value = line.rpartition(b":")
                tzid = tzids.get(start)
                own = (value.strip(), tzid) if tzid is not None and b"\r" not in value else _recurrence_id(line, tzids)
        return found

    def recurring(self) -> list[Component]:
        """Return the events that have a recurrence rule."""
        if not self.recurs:
            return []
        texts = self.texts()
        return [component_of(texts[n], self.scope) for n in self.recurs]

    def kind_at(self, place: int) -> bytes:
        """Return the kind of the component at that place."""
        return self.kinds[place] if self.kinds else self.kind

    def places(self, starts: Iterable[int]) -> list[int]:
        """Return the places of the components in which these octets of the text are."""
        return [*map(partial(bisect_right, self.ends), starts)]

    def parted(self, uids: Collection[bytes]) -> "list[Component | Run]":
        """Return it in pieces: the events of these UIDs each by itself, what is between them as runs."""
        return self.apart([n for n, uid in enumerate(self.uids) if uid in uids])

    def apart(self, places: Collection[int]) -> "list[Component | Run]":
        """Return it in pieces: the events at these places each by itself, what is between them as runs."""
        text = self.text
        pieces: list[Component | Run] = []
        start = 0
        for n in sorted(places):
            scope = self.scopes[n] if self.scopes else self.scope
            pieces += [*self._part(text, start, n), component_of(self._slice(text, n, n + 1), scope)]
            start = n + 1
        return [*pieces, *self._part(text, start, len(self.uids))]

    def without(self, places: Collection[int]) -> "list[Run]":
        """Return it without the events at these places, as no run when none is left."""
        if len(places) == len(self.uids):
            return []
        kept = [n not in places for n in range(len(self.uids))]
        gone = sorted(places)
        recurs = [n - bisect_right(gone, n) for n in self.recurs if kept[n]]
        text = b"".join(compress(self.texts(), kept))
        uids, kinds = ([*compress(values, kept)] for values in (self.uids, self.kinds))
        scopes = [*compress(self.scopes, kept)]
        scope = scopes[0] if scopes else self.scope
        changed = replace(self, parts=[text], uids=uids, recurs=recurs, scopes=scopes, kinds=kinds, is_divided=False)
        return [replace(changed, scope=scope)]

    def _part(self, text: bytes, start: int, stop: int) -> "list[Run]":
        if start == stop:
            return []
        recurs, unstamped = (
            [n - start for n in places if start <= n < stop] for places in (self.recurs, self.unstamped)
        )
        part = slice(start, stop)
        uids, scopes, kinds = self.uids[part], self.scopes[part], self.kinds[part]
        scope = scopes[0] if scopes else self.scope
        found = replace(self, parts=[self._slice(text, start, stop)], uids=uids, recurs=recurs, kinds=kinds)
        return [replace(found, scope=scope, scopes=scopes, unstamped=unstamped, is_divided=False)]

    def _slice(self, text: bytes, start: int, stop: int) -> bytes:
        return text[self.ends[start - 1] if start else 0 : self.ends[stop - 1]]


Piece = Component | Run


def count(pieces: Iterable[Piece]) -> int:
    """Count the components in pieces."""
    return sum(len(piece.uids) if isinstance(piece, Run) else 1 for piece in pieces)


def singly(pieces: Iterable[Piece]) -> Iterator[Component]:
    """Iterate over the components in pieces, one by one."""
    return chain.from_iterable(piece.components() if isinstance(piece, Run) else (piece,) for piece in pieces)


def _plain_recurrence_ids(texts: Sequence[bytes]) -> list[tuple[bytes, ...]] | None:
    """Return the RECURRENCE-ID of each event, if all have one that is written plainly."""
    text = b"\0".join([*texts, b""])
    if text.count(b"\nRECURRENCE-ID") != len(texts):
        return None
    found: list[tuple[bytes, bytes]] = _PLAIN_RECURRENCE_ID.findall(text)
    known = {start: _recurrence_id(start + b":", {}) for start in {*map(_FIRST, found)}}
    if len(found) < len(texts) or () in known.values():
        return None
    tzids = {start: tzid for start, (_, tzid) in known.items()}
    return [*zip(map(bytes.strip, map(_SECOND, found)), map(tzids.__getitem__, map(_FIRST, found)), strict=True)]


def _recurrence_id(written: bytes, tzids: dict[bytes, bytes]) -> tuple[bytes, ...]:
    """Return the value and the TZID of a RECURRENCE-ID, folded or not; note what the text before it says."""
    line = split(unfold(written))
    if line is None:
        return ()
    tzid = tzids[line.name + line.parameters] = (line.parameter(b"TZID") or b"").strip(b'"')
    return line.value.strip(), tzid


@dataclass(frozen=True, slots=True)
class Restored:
    """The property text of each VCALENDAR, their components and runs, and how many of these stand in no VCALENDAR."""

    heads: tuple[bytes, ...]
    pieces: tuple[Piece, ...]
    outside: int


def restored(stream: Stream, runs: Sequence[Run]) -> Restored | None:
    """Return what a stream holds that was read with marks, with the runs in the places of these.

    None where events that are interrupted stand in no VCALENDAR, or in a component.
    """
    if not runs:
        return Restored(stream.heads, stream.components, len(stream.outside))
    waiting = iter(runs)
    heads: list[bytes] = []
    pieces: list[Piece] = []
    some_within = [component.kind for component in stream.components].count(MARK) < len(runs)
    outside = frozenset(stream.outside)
    taken = found_outside = 0
    for n, component in enumerate(stream.components):
        scope = component.scope + len(heads) - taken
        if n in outside and component.kind != MARK:
            found_outside += 1
        if component.kind == MARK:
            run = next(waiting)
            if n in outside:
                if run.is_interrupted:
                    return None
                found_outside += len(run.uids)
            pieces += [Component(b"VTIMEZONE", text, number + scope) for text, number in run.definitions]
            pieces.append(run.in_calendars_from(scope))
            if run.heads:
                heads += (*stream.heads[taken : component.scope + 1], *run.heads)
                taken = component.scope + 1
        elif some_within and MARK in component.text:  # in a component of a kind that nobody knows
            first, *others = component.text.split(MARKED)
            held = [next(waiting) for _ in others]
            if any(run.is_interrupted for run in held):
                return None
            text = b"".join(chain.from_iterable(zip((run.text for run in held), others, strict=True)))
            pieces.append(Component(component.kind, first + text, scope))
        else:
            pieces.append(component if scope == component.scope else component._replace(scope=scope))
    return Restored((*heads, *stream.heads[taken:]), tuple(pieces), found_outside)
