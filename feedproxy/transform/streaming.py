"""A large body in, its feed out piece by piece: the octets that `render` gives, without holding all components at once.

The body is read three times. First for what stands between the passages (`feedproxy.transform.passages`), which is
held, and for components that seem to be there twice; where there are such, twice more, for which of them stay
(`feedproxy.transform.rivals`), and for those of which that cannot be said yet, which are held. Then for the time zones
that the passages name, and the days on which they do; once more for the times, where zones part from their definitions.
Then each passage is written as it comes.
"""

import re
from array import array
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import chain

from feedproxy.ics.components import MARK, SCHEDULED, Component, parse
from feedproxy.ics.normal import normalise, wide_encoding
from feedproxy.ics.runs import MARKED, Piece, Run, count
from feedproxy.model import PersonalEvent
from feedproxy.transform import recurrence
from feedproxy.transform.assembly import declarations, named_zones, render, written
from feedproxy.transform.calendar import Calendar, Heads, ZoneUse
from feedproxy.transform.definitions import Definitions, Served
from feedproxy.transform.merge import Merge
from feedproxy.transform.passages import Passage, passages, split
from feedproxy.transform.pipeline import Options
from feedproxy.transform.placeholder import PLACEHOLDER
from feedproxy.transform.profiles import PLAIN
from feedproxy.transform.repair import cancelled_scopes, mended, mended_run, repair
from feedproxy.transform.report import Contexts, Journal
from feedproxy.transform.rivals import Repeated, Rivals, key_of, keys_of, left, named_in
from feedproxy.transform.timezones import TimeZones, counted
from feedproxy.transform.tzid_rename import Rename
from feedproxy.transform.tzid_uses import Census, Found, Use

_MARK = Component(MARK, MARKED)
_BEGIN = re.compile(rb"\nBEGIN:([^\r]*)")
_CALENDAR = b"BEGIN:VCALENDAR"
MAX_CALENDARS = 1_000
"""VCALENDARs, at most, of a body that is streamed: more would be small, and their heads are held."""
_FIRST = datetime.min  # noqa: DTZ901 - a wall-clock time
_SECOND = timedelta(seconds=1)


def stream(body: bytes, *, personal: Iterable[PersonalEvent] = (), options: Options = Options()) -> Iterator[bytes]:
    """Transform a body; iterate over the octets that `render` gives for the same. Raises FeedRefused at first.

    Besides the body it holds 8 octets for each component, 40 more for each of those that seem to be there twice and all
    that is said of such where it is not plain which one stays, two passages of 64 KB, and 8 octets for each time of a
    zone whose definition parts from it somewhere. Read as a whole are bodies of more than a thousand VCALENDARs, or of
    some that say METHOD:CANCEL and some that do not, and all with options with steps of their own.
    """
    merge = Merge(personal)
    whole = options.steps or options.profile != PLAIN or options.bind_floating
    streamed = None if whole else _read(body, merge.events.keys())
    if streamed is None:
        yield render(body, personal=merge.events.values(), options=options).body
        return
    calendar, found = streamed
    zones = _ZonesOfPassages(options.horizon, found)
    base = zones(repair(calendar, Journal()), Journal())
    calendar = merge(base, Journal())
    uses: Sequence[ZoneUse] = calendar.zones
    if calendar.events() - len(merge.events) < base.events():
        passing = (piece for passage in found() for piece in zones.served(passage))
        uses = named_zones(chain(calendar.pieces, passing), uses)
    pieces = calendar.pieces or ((PLACEHOLDER,) if options.placeholder else ())
    waiting = found()
    for text in written(calendar.heads[0], declarations(uses), pieces):
        if text is _MARK.text:
            yield from (piece.text for piece in zones.served(next(waiting)))
        else:
            yield text


def _read(body: bytes, also: Collection[bytes]) -> tuple[Calendar, Callable[[], Iterator[Passage]]] | None:
    """Return the calendar with marks in the places of passages, and how to read these; None if that cannot be done.

    `also`: UIDs of events that come from elsewhere.
    """
    rest: list[bytes] = []
    keys = array("q")
    nested = {b"VALARM"}
    apart: set[bytes] = set()
    count = calendars = 0
    for part in passages(body):
        if isinstance(part, bytes):
            rest.append(part)
            upper = part.upper()
            calendars += upper.count(_CALENDAR)
            if calendars > MAX_CALENDARS or MARK in upper:
                return None
            continue
        rest.append(MARKED)
        count += 1
        for piece in part:
            keys.extend(keys_of(piece))
            apart.update(filter(also.__contains__, named_in(piece)) if also else ())
            nested.update(_nested(piece))
    left = normalise(b"".join(rest), is_utf8=wide_encoding(body[:4]) is not None).text
    if not keys or left.upper().count(MARK) != 2 * count:
        return None
    found = parse(left)
    kinds = Counter(component.kind for component in found.components)
    cancelled = cancelled_scopes(found.heads)
    if len(cancelled) not in (0, len(found.heads)) or kinds[MARK] != count or not nested.isdisjoint(kinds):
        return None
    again = _Passages(body, array("l", [c.scope for c in found.components if c.kind == MARK]), bool(cancelled))
    held = (mended(component, Journal()) for component in found.components if component.kind in SCHEDULED)
    elsewhere = array("q", [key_of(component) for component in held if component is not None])
    keys.extend(elsewhere)
    repeated = Repeated(keys)
    del keys
    if repeated:
        apart |= again.undecided(repeated, {key for key in elsewhere if key in repeated})
    pieces = found.components if not apart else tuple(_parted(found.components, again(), apart))
    calendar = Calendar(
        heads=Heads(found.heads),
        definitions=tuple(component for component in pieces if component.kind == b"VTIMEZONE"),
        pieces=tuple(_MARK if c.kind == MARK else c for c in pieces if c.kind != b"VTIMEZONE"),
        cancelled=cancelled,
    )
    return calendar, lambda: _left(again(), apart)


class _Passages:
    """The passages of a body, to be read as often as they are wanted: with the VCALENDARs that they are of.

    `scopes` has that of each; `cancelled`: these say METHOD:CANCEL. Components that give way to others are left out
    once that is known.
    """

    def __init__(self, body: bytes, scopes: "array[int]", cancelled: bool) -> None:
        self._body = body
        self._scopes = scopes
        self._cancelled = cancelled
        self._lost = array("I")

    def __call__(self) -> Iterator[Passage]:
        """Iterate over them from the first on."""
        found = (part for part in passages(self._body) if not isinstance(part, bytes))
        number = 0
        for scope, passage in zip(self._scopes, found, strict=True):
            placed = self._placed(passage, scope) if scope or self._cancelled else passage
            yield left(placed, number, self._lost) if self._lost else placed
            number += count(placed) if self._lost else 0

    def undecided(self, repeated: Repeated, elsewhere: Collection[int]) -> set[bytes]:
        """Leave out what gives way to others among the components whose keys are there twice.

        Return the UIDs of those where that is not decided yet, as where one of them stands `elsewhere`.
        """
        self._lost, undecided = Rivals(self(), repeated, elsewhere).weighed()
        return _uids(self(), undecided.union(elsewhere))

    def _placed(self, passage: Passage, scope: int) -> Passage:
        pieces: Passage = []
        for piece in passage:
            if isinstance(piece, Run):
                run = replace(piece, scope=scope)
                pieces += mended_run(run, Journal(), {scope}) if self._cancelled else [run]
            else:
                component = mended(piece._replace(scope=scope), Journal(), cancelled=self._cancelled)
                assert component is not None, "what says nothing is gone already"
                pieces.append(component)
        return pieces


def _nested(piece: Piece) -> frozenset[bytes]:
    """Return the kinds of what may stand in components."""
    return piece.within if isinstance(piece, Run) else frozenset(_BEGIN.findall(piece.text))


def _uids(found: Iterable[Passage], repeated: set[int]) -> set[bytes]:
    """Return the UIDs in passages of components that may be there twice."""
    if not repeated:
        return set()
    return {
        uid
        for passage in found
        for piece in passage
        for uid, key in zip(named_in(piece), keys_of(piece), strict=True)
        if key in repeated
    }


def _parted(components: Iterable[Component], found: Iterator[Passage], apart: set[bytes]) -> Iterator[Component]:
    """Iterate over the components with those of these UIDs out of their passages, and a mark for each passage left."""
    for component in components:
        if component.kind == MARK:
            yield from (part if isinstance(part, Component) else _MARK for part in split(next(found), apart))
        else:
            yield component


def _left(found: Iterable[Passage], apart: set[bytes]) -> Iterator[Passage]:
    """Iterate over what is left of passages when the components of these UIDs are taken out."""
    for passage in found:
        yield from (part for part in split(passage, apart) if isinstance(part, list)) if apart else (passage,)


class _PassingCensus(Census):
    """A census that keeps of the values in passages how many there are, the first and the last.

    It takes a passage in the place of its mark: the order in which TZIDs are met decides how one is written.
    """

    def __init__(self, horizon: timedelta, contexts: Contexts, found: Iterator[Passage]) -> None:
        super().__init__(horizon, contexts)
        self._waiting = found

    def take(self, component: Component) -> Found:
        """Count the uses of a component, of a mark those of the passage in whose place it is."""
        if component.kind != MARK:
            return super().take(component)
        self.add(_part(self, next(self._waiting)))
        return ()


def _part(census: Census, passage: Passage) -> Census:
    part = census.part()
    for piece in passage:
        counted(part, piece)
    part.finish()
    return part


class _ZonesOfPassages(TimeZones):
    """The step of the time zones for a calendar whose passages are elsewhere and are read when they are needed.

    `_values` has the times that are bound to those TZIDs of which they are asked for, as seconds; None until all that
    are asked for are known, and of a TZID whose recurrences cannot be expanded.
    """

    def __init__(self, horizon: timedelta, found: Callable[[], Iterator[Passage]]) -> None:
        super().__init__(horizon)
        self._found = found
        self._renaming: Rename | None = None
        self._known = Contexts()
        self._wanted: set[tuple[int, str]] = set()
        self._values: dict[tuple[int, str], array[int] | None] | None = None

    def served(self, passage: Passage) -> Iterator[Piece]:
        """Iterate over the pieces that a passage becomes, with its TZIDs as served."""
        assert self._renaming is not None
        census = Census(self.horizon, Contexts())
        for piece in passage:
            if isinstance(piece, Run):
                yield from (renamed for _, renamed in self._renaming.run(piece.divided()))
            else:
                yield self._renaming(piece, census.take(piece))

    def _census(self, contexts: Contexts) -> Census:
        self._known = contexts
        return _PassingCensus(self.horizon, contexts, self._found())

    def _rename(self, census: Census, served: Mapping[tuple[int, str], Served], journal: Journal) -> Rename:
        self._renaming = super()._rename(census, served, journal)
        return self._renaming

    def _served(
        self, census: Census, definitions: Definitions, journal: Journal
    ) -> tuple[dict[tuple[int, str], Served], tuple[ZoneUse, ...]]:
        """See for which TZIDs the values are asked for, read all these in one pass, and do it again with them."""
        self._values = None
        self._wanted.clear()
        found = super()._served(census, definitions, Journal())
        if not self._wanted:
            return found
        self._values = self._gathered()
        return super()._served(census, definitions, journal)

    def _times(self, key: tuple[int, str], use: Use) -> Iterator[datetime]:
        if self._values is None:
            self._wanted.add(key)
            raise recurrence.Inexpandable(key)
        values = self._values[key]
        if values is None:
            raise recurrence.Inexpandable(key)
        yield from super()._times(key, use)
        yield from (_FIRST + second * _SECOND for second in values)

    def _gathered(self) -> "dict[tuple[int, str], array[int] | None]":
        values: dict[tuple[int, str], array[int] | None] = {key: array("q") for key in self._wanted}
        census = Census(self.horizon, self._known)
        for passage in self._found():
            for key, use in _part(census, passage).uses.items():
                known = values.get(key)
                if known is None:
                    continue
                try:
                    known.extend((time - _FIRST) // _SECOND for time in super()._times(key, use))
                except recurrence.Inexpandable:
                    values[key] = None
        return values
