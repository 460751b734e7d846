"""A large body in, its feed out piece by piece: the octets that `render` gives, without holding all events at once.

The body is read three times. First for what stands between the runs (`feedproxy.ics.runs`) and for events that others
may be the same as; these are held. Then for the time zones that the runs name, and the days on which they do. Then
each run is written as it comes.
"""

from array import array
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from itertools import chain

from feedproxy.ics.components import MARK, Component, parse
from feedproxy.ics.normal import normalise
from feedproxy.ics.runs import MARKED, Piece, Run, segments
from feedproxy.model import PersonalEvent
from feedproxy.transform import recurrence
from feedproxy.transform.assembly import declarations, render, written
from feedproxy.transform.calendar import Calendar
from feedproxy.transform.definitions import Served
from feedproxy.transform.merge import Merge
from feedproxy.transform.pipeline import Options
from feedproxy.transform.placeholder import PLACEHOLDER
from feedproxy.transform.profiles import PLAIN
from feedproxy.transform.repair import head_lines, identified, is_cancelling, repair
from feedproxy.transform.report import Journal
from feedproxy.transform.timezones import TimeZones
from feedproxy.transform.tzid_rename import Rename
from feedproxy.transform.tzid_uses import Census, Found, Use, by_tzid, ends, plain_times
from feedproxy.transform.unique import SCHEDULED

_MARK = Component(MARK, MARKED)
_PORTIONS = 32
"""In how many portions keys are looked through for those that are there twice."""


def stream(body: bytes, *, personal: Iterable[PersonalEvent] = (), options: Options = Options()) -> Iterator[bytes]:
    """Transform a body; iterate over the octets that `render` gives for the same. Raises FeedRefused at first.

    Besides the body it holds 8 octets for each event, one run of 64 KB, and what is not plain. Several VCALENDARs in
    one body, a METHOD:CANCEL, and options with steps of their own are read as a whole.
    """
    merge = Merge(personal)
    whole = options.steps or options.profile != PLAIN or options.bind_floating
    streamed = None if whole else _read(body, merge.events)
    if streamed is None:
        yield render(body, personal=merge.events.values(), options=options).body
        return
    calendar, runs = streamed
    zones = _ZonesOfRuns(options.horizon, runs)
    calendar = merge(zones(repair(calendar, Journal()), Journal()), Journal())
    pieces = calendar.pieces or ((PLACEHOLDER,) if options.placeholder else ())
    waiting = runs()
    for text in written(calendar.heads[0], declarations(calendar.zones), pieces):
        if text is _MARK.text:
            yield from (piece.text for piece in zones.served(next(waiting)))
        else:
            yield text


def _read(body: bytes, also: Iterable[bytes]) -> tuple[Calendar, Callable[[], Iterator[Run]]] | None:
    """Return the calendar with marks in the places of runs, and how to read these; None if that cannot be done.

    `also`: UIDs of events that come from elsewhere.
    """
    rest: list[bytes] = []
    keys = array("q")
    count = 0
    for segment in _segments(body):
        if isinstance(segment, Run):
            rest.append(MARKED)
            keys.extend(_keys(segment))
            count += 1
        else:
            rest.append(segment)
    left = normalise(b"".join(rest)).text
    if not count or left.upper().count(MARK) != 2 * count:
        return None
    found = parse(left)
    if (
        len(found.heads) != 1
        or is_cancelling(head_lines(found.heads[0]))
        or sum(component.kind == MARK for component in found.components) != count
    ):
        return None
    keys.extend(map(hash, also))
    keys.extend(_key(component) for component in found.components if component.kind in SCHEDULED)
    apart = _uids(_segments(body), _repeated(keys))
    pieces = found.components if not apart else tuple(_parted(found.components, _segments(body), apart))
    calendar = Calendar(
        heads=(head_lines(found.heads[0]),),
        definitions=tuple(component for component in pieces if component.kind == b"VTIMEZONE"),
        pieces=tuple(_MARK if c.kind == MARK else c for c in pieces if c.kind != b"VTIMEZONE"),
    )
    return calendar, lambda: _runs(_segments(body), apart)


def _segments(body: bytes) -> Iterator[bytes | Run]:
    """Iterate over the runs of a body, mended, and over the octets between them."""
    for segment in segments(body):
        if isinstance(segment, Run) and not segment.is_identified:
            yield from identified(segment, Journal())
        else:
            yield segment


def _keys(run: Run) -> Iterable[int]:
    """Iterate over a number for each event: the same number where two might be the same event."""
    if b"\nRECURRENCE-ID" in run.text:
        return map(_key, run.components())
    return map(hash, run.uids)


def _key(component: Component) -> int:
    recurrence_id = component.first(b"RECURRENCE-ID") if b"\nRECURRENCE-ID" in component.text else None
    value = recurrence_id.value.rpartition(b":")[2].strip().removesuffix(b"Z") if recurrence_id else b""
    return hash((component.uid(), value)) if value else hash(component.uid())


def _repeated(keys: "array[int]") -> set[int]:
    """Return the numbers that are there twice. A portion at a time: a set takes many times the room of an array."""
    repeated: set[int] = set()
    for portion in range(_PORTIONS):
        seen: set[int] = set()
        for key in keys:
            if key % _PORTIONS == portion:
                (repeated if key in seen else seen).add(key)
    return repeated


def _uids(found: Iterable[bytes | Run], repeated: set[int]) -> set[bytes]:
    """Return the UIDs in runs of events that may be there twice."""
    if not repeated:
        return set()
    runs = (segment for segment in found if isinstance(segment, Run))
    return {uid for run in runs for uid, key in zip(run.uids, _keys(run), strict=True) if key in repeated}


def _parted(components: Iterable[Component], found: Iterable[bytes | Run], apart: set[bytes]) -> Iterator[Component]:
    """Iterate over the components with the events of these UIDs out of their runs, and a mark for each run left."""
    runs = (segment for segment in found if isinstance(segment, Run))
    for component in components:
        if component.kind == MARK:
            yield from (_MARK if isinstance(part, Run) else part for part in next(runs).parted(apart))
        else:
            yield component


def _runs(found: Iterable[bytes | Run], apart: set[bytes]) -> Iterator[Run]:
    """Iterate over what is left of the runs when the events of these UIDs are taken out."""
    for segment in found:
        if isinstance(segment, Run):
            if apart.isdisjoint(segment.uids):
                yield segment
            else:
                yield from (part for part in segment.parted(apart) if isinstance(part, Run))


class _RangeCensus(Census):
    """A census that keeps of the values in runs how many there are, the first and the last.

    It takes a run in the place of its mark: the order in which TZIDs are met decides how one is written.
    """

    def __init__(self, horizon: timedelta, runs: Iterator[Run]) -> None:
        super().__init__(horizon)
        self._waiting = runs

    def take(self, component: Component) -> Found:
        """Count the uses of a component, of a mark those of the run in whose place it is."""
        if component.kind != MARK:
            return super().take(component)
        run = next(self._waiting)
        if not self.take_run(run):
            for each in run.components():
                super().take(each)
        return ()

    def _keep(self, use: Use, texts: list[bytes]) -> None:
        use.plain = ends([*use.plain, *texts])

    def _hold(self, use: Use, component: Component) -> None:
        """Keep nothing: the events are read again when their instances are looked at."""


class _ZonesOfRuns(TimeZones):
    """The step of the time zones for a calendar whose runs are elsewhere and are read when they are needed."""

    def __init__(self, horizon: timedelta, runs: Callable[[], Iterator[Run]]) -> None:
        super().__init__(horizon)
        self._runs = runs
        self._renaming: Rename | None = None

    def served(self, run: Run) -> list[Piece]:
        """Return a run with its TZIDs as served."""
        assert self._renaming is not None
        return self._renaming.run(run.divided())

    def _census(self) -> Census:
        return _RangeCensus(self.horizon, self._runs())

    def _rename(self, census: Census, served: Mapping[tuple[int, str], Served], journal: Journal) -> Rename:
        self._renaming = super()._rename(census, served, journal)
        return self._renaming

    def _times(self, tzid: str, use: Use) -> Iterator[datetime]:
        return chain(super()._times(tzid, use), self._times_in_runs(tzid.encode()))

    def _times_in_runs(self, tzid: bytes) -> Iterator[datetime]:
        for run in self._runs():
            found = by_tzid(run)
            if found is None or tzid not in found:
                continue
            yield from plain_times(found[tzid])
            for component in run.recurring():
                if b";TZID=%b:" % tzid in component.text:
                    yield from recurrence.times(component, self.horizon)
