"""Every TZID resolved, and renamed where that moves nothing.

For each TZID of each VCALENDAR the values that use it are collected; `tzmap.resolve` decides, from the name, the feed's
own VTIMEZONE and those values, what it stands for. Then either

- the TZID becomes the IANA key (values in UTC get their `Z`), and a VTIMEZONE is written from the zone data, or
- the definition of the feed travels as it is, under a TZID that no other definition of the feed has.

Wall-clock text is never computed: only the parameter changes. A value that ends in Z is UTC whatever its TZID says.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import chain

import tzmap
from feedproxy.ics.components import Component
from feedproxy.ics.runs import Piece
from feedproxy.ics.times import are_times, times_among, wall_times
from feedproxy.transform import recurrence
from feedproxy.transform.calendar import Calendar, ZoneUse
from feedproxy.transform.definitions import Definitions, Served, contexts_of, serve
from feedproxy.transform.report import Contexts, Journal, ZoneReport
from feedproxy.transform.run_times import Times
from feedproxy.transform.tzid_rename import Rename
from feedproxy.transform.tzid_uses import Census, Found, Use, value_of
from feedproxy.transform.unique import lost, without

_UNKNOWN = (datetime(1970, 1, 1), datetime(2037, 12, 31))  # noqa: DTZ001
"""The days for which a zone is declared when no value says on which it is used."""


class TimeZones:
    """The step. `horizon`: how far beyond its start a recurrence is looked at and its VTIMEZONE holds."""

    def __init__(self, horizon: timedelta) -> None:
        self.horizon = horizon

    def __call__(self, calendar: Calendar, journal: Journal) -> Calendar:
        """Resolve and rename. The definitions are gone afterwards; `zones` says what is to be declared.

        Two RECURRENCE-IDs can turn out to be one only when their TZIDs are as served. Then fewer components are left,
        and the range of each zone is that of these.
        """
        done = Journal()
        origins, resolved = self._resolved(calendar, done)
        renamed = (was for was, piece in zip(origins, resolved.pieces, strict=True) if piece is not was)
        if any(map(_may_be_another, renamed)) and (gone := lost(resolved.pieces, journal)):
            return self(replace(calendar, pieces=tuple(without(origins, gone))), journal)
        journal.add(done)
        return resolved

    def _resolved(self, calendar: Calendar, journal: Journal) -> tuple[list[Piece], Calendar]:
        """Return the calendar resolved, and what each of its pieces was."""
        census = self._census(contexts := self._contexts(calendar.definitions))
        taken = [each for piece in calendar.pieces for each in counted(census, piece)]
        census.finish()
        served, zones = self._served(census, Definitions(calendar.definitions, contexts, journal), journal)
        journal.contexts = contexts
        rename = self._rename(census, served, journal)
        renamed = [each for piece, found in taken for each in _renamed(rename, piece, found)]
        pieces = tuple(each for _, each in renamed)
        return [piece for piece, _ in renamed], replace(calendar, definitions=(), pieces=pieces, zones=zones)

    def _contexts(self, definitions: Iterable[Component]) -> Contexts:
        return contexts_of(definitions)

    def _census(self, contexts: Contexts) -> Census:
        return Census(self.horizon, contexts)

    def _rename(self, census: Census, served: Mapping[tuple[int, str], Served], journal: Journal) -> Rename:
        return Rename(census, served, journal)

    def _served(
        self, census: Census, definitions: Definitions, journal: Journal
    ) -> tuple[dict[tuple[int, str], Served], tuple[ZoneUse, ...]]:
        served: dict[tuple[int, str], Served] = {}
        taken: dict[str, Served] = {}
        zones: list[tuple[Served, Use]] = []
        for (scope, tzid), use in census.uses.items():
            definition = definitions.find(scope, tzid)
            resolution = self._resolve((scope, tzid), use, definition, by_value=census.steps <= recurrence.MAX_STEPS)
            here = served[scope, tzid] = serve(resolution, definition, taken)
            zones.append((here, use))
            defined = definition is not None
            journal.zones.append(ZoneReport(tzid, here.tzid or "UTC", use.values, defined, resolution, scope))
        definitions.note_unused(journal)
        return served, _zone_uses(zones)

    def _resolve(self, key: tuple[int, str], use: Use, definition: bytes | None, *, by_value: bool) -> tzmap.Resolution:
        _, tzid = key
        if use.first > use.last:
            return tzmap.resolve(tzid, definition=definition)
        span = (use.first, use.last)
        if by_value:
            try:
                return tzmap.resolve(tzid, definition=definition, values=self._times(key, use), span=span)
            except recurrence.Inexpandable:
                pass
        return tzmap.resolve(tzid, definition=definition, span=span)

    def _times(self, _: tuple[int, str], use: Use) -> Iterator[datetime]:
        """Iterate over every time that is bound to a TZID, instances included, each once. Raises Inexpandable.

        It is that of a context, as in `Census.uses`.
        """
        values = [*dict.fromkeys(map(value_of, use.plain))]
        joined = b",".join(values)
        plain = wall_times(joined if are_times(joined) else b",".join(times_among(values)))
        listed = map(wall_times, dict.fromkeys(use.lists))
        recurring = (recurrence.times(component, self.horizon) for component in use.components)
        yield from dict.fromkeys(chain(plain, chain.from_iterable(listed), chain.from_iterable(recurring)))


def _may_be_another(piece: Piece) -> bool:
    """Tell whether another component may turn out to be the same once their TZIDs are as served."""
    return b"\nRECURRENCE-ID;" in piece.text if isinstance(piece, Component) else piece.shares_uids


def counted(census: Census, piece: Piece) -> list[tuple[Piece, Found]]:
    """Count the uses of a piece; return it, or what of a run could be done together."""
    if isinstance(piece, Component):
        return [(piece, census.take(piece))]
    run = piece.divided()
    parts = run.parted_by(census.contexts.of) if len(run.parts) > 1 or not run.is_divided else [run]
    return [each for part in parts for each in census.take_run(part)]


def _renamed(rename: Rename, piece: Piece, found: Found) -> list[tuple[Piece, Piece]]:
    """Return what a piece, or each part of a run that does not stay one, was and is."""
    if isinstance(piece, Component):
        return [(piece, rename(piece, found))]
    return rename.run(piece, found if isinstance(found, Times) else None)


def _zone_uses(served: list[tuple[Served, Use]]) -> tuple[ZoneUse, ...]:
    """Say what is to be declared. A use without a time counts only where no other use of the zone has one."""
    timed = {here.tzid for here, use in served if use.first <= use.last}
    return tuple(
        ZoneUse(here.tzid, first.date(), last.date(), here.definition)
        for here, use in served
        if here.tzid is not None and (here.definition is not None or here.tzid in tzmap.zone_names())
        for first, last in [(use.first, use.last) if use.first <= use.last else _UNKNOWN]
        if use.first <= use.last or here.tzid not in timed
    )
