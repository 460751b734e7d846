"""Every TZID resolved, and renamed where that moves nothing.

For each TZID of each VCALENDAR the values that use it are collected; `tzmap.resolve` decides, from the name, the feed's
own VTIMEZONE and those values, what it stands for. Then either

- the TZID becomes the IANA key (values in UTC get their `Z`), and a VTIMEZONE is written from the zone data, or
- the definition of the feed travels as it is, under a TZID that no other definition of the feed has.

Wall-clock text is never computed: only the parameter changes. A value that ends in Z is UTC whatever its TZID says.
"""

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import islice

import tzmap
from feedproxy.ics.components import Component
from feedproxy.ics.contentline import ContentLine, split, split_at_last_colon
from feedproxy.ics.folding import fold, unfold
from feedproxy.ics.text import escape, unescape
from feedproxy.ics.times import TIME_NAMES, wall_times
from feedproxy.transform import recurrence
from feedproxy.transform.calendar import Calendar, ZoneUse
from feedproxy.transform.repair import with_lines, without
from feedproxy.transform.report import Journal, ZoneReport

STEP = "timezones"

_WITH_PARAMETERS = re.compile(rb"(?<=\n)[A-Z0-9-]+;[^\r]*(?:\r\n [^\r]*)*")
_MAX_VALUES = 100_000
"""Values of one TZID that are compared one by one; beyond, the days of the whole range are."""

_UNTIL = re.compile(rb"(?<=\n)(RRULE:[^\r]*(?:\r\n [^\r]*)*)")
_LOCAL_UNTIL = re.compile(rb"(UNTIL=\d{8}T\d{6})(?!Z|\d)")
_DATES = re.compile(rb"\d{8}(?:,\d{8})*")


@dataclass(slots=True)
class _Use:
    """What is known of one (scope, TZID): who uses it, between which wall-clock times."""

    components: list[Component] = field(default_factory=list)
    values: int = 0
    first: datetime = datetime.max  # noqa: DTZ901
    last: datetime = datetime.min  # noqa: DTZ901


@dataclass(frozen=True, slots=True)
class _Served:
    """What a TZID becomes: the TZID as served (None: UTC, the values get their Z), and the definition that travels."""

    tzid: str | None
    definition: bytes | None


class TimeZones:
    """The step. `horizon`: how far beyond its start a recurrence is looked at and its VTIMEZONE holds."""

    def __init__(self, horizon: timedelta) -> None:
        self.horizon = horizon

    def __call__(self, calendar: Calendar, journal: Journal) -> Calendar:
        """Resolve and rename. The definitions are gone afterwards; `zones` says what is to be declared."""
        uses = self._uses(calendar)
        definitions = _definitions(calendar, journal)
        served: dict[tuple[int, str], _Served] = {}
        taken: dict[str, bytes] = {}
        zones = []
        for key, use in uses.items():
            scope, tzid = key
            definition = definitions.get((scope, _loose(tzid)))
            resolution = self._resolve(tzid, use, definition)
            served[key] = _serve(resolution, definition, taken)
            journal.zones.append(
                ZoneReport(tzid, served[key].tzid or "UTC", use.values, definition is not None, resolution)
            )
            zones += _zone_uses(served[key], use)
        components = [_renamed(component, served, journal) for component in calendar.components]
        unused = len(calendar.definitions) - sum(1 for scope, tzid in uses if (scope, _loose(tzid)) in definitions)
        if unused > 0:
            journal.note(STEP, "definition-unused", count=unused)
        return replace(calendar.with_components(components), definitions=(), zones=tuple(zones))

    def _uses(self, calendar: Calendar) -> dict[tuple[int, str], _Use]:
        uses: dict[tuple[int, str], _Use] = {}
        for component in calendar.components:
            if b"TZID" not in component.text:
                continue
            for line in _bound_lines(component):
                if line.value.endswith(b"Z") or _DATES.fullmatch(line.value):
                    continue
                use = uses.setdefault((component.scope, _tzid(line)), _Use())
                if not use.components or use.components[-1] is not component:
                    use.components.append(component)
                self._widen(use, line, component)
        return uses

    def _widen(self, use: _Use, line: ContentLine, component: Component) -> None:
        times = wall_times(line.value) if line.name in TIME_NAMES else []
        use.values += max(1, len(times))
        for time in times:
            use.first = min(use.first, time)
            use.last = max(use.last, time)
        if times and line.name == b"DTSTART" and b"\nRRULE" in component.text:
            use.last = max(use.last, recurrence.last_possible(component, times[0], self.horizon))

    def _resolve(self, tzid: str, use: _Use, definition: bytes | None) -> tzmap.Resolution:
        if use.first > use.last:
            return tzmap.resolve(tzid, definition=definition)
        return tzmap.resolve(tzid, definition=definition, values=self._times(use), span=(use.first, use.last))

    def _times(self, use: _Use) -> Iterator[datetime]:
        times = (time for component in use.components for time in recurrence.times(component, self.horizon))
        try:
            yield from islice(times, _MAX_VALUES)
            expanded = next(times, None) is None
        except recurrence.Inexpandable:
            expanded = False
        if not expanded:
            yield from recurrence.grid(use.first, use.last)


def _bound_lines(component: Component) -> Iterator[ContentLine]:
    for match in _WITH_PARAMETERS.finditer(component.text):
        if (line := _bound_line(match[0])) is not None:
            yield line


def _bound_line(text: bytes) -> ContentLine | None:
    """Take a property with a TZID apart; None if it has none."""
    if b"TZID" not in text:
        return None
    unfolded = unfold(text)
    timed = unfolded[: unfolded.index(b";")] in TIME_NAMES
    line = split_at_last_colon(unfolded) if timed else split(unfolded)
    return line if line is not None and line.parameter(b"TZID") is not None else None


def _tzid(line: ContentLine) -> str:
    return (line.parameter(b"TZID") or b"").decode("utf-8", "replace")


def _definitions(calendar: Calendar, journal: Journal) -> dict[tuple[int, str], bytes]:
    """Find the definition of each TZID of each VCALENDAR. Of several under one TZID the first counts."""
    found: dict[tuple[int, str], bytes] = {}
    for definition in calendar.definitions:
        line = definition.first(b"TZID")
        if line is None:
            journal.note(STEP, "definition-without-tzid")
            continue
        tzid = unescape(line.value)
        if found.setdefault((definition.scope, _loose(tzid)), definition.text) != definition.text:
            journal.note(STEP, "defined-twice", tzid)
    return found


def _loose(tzid: str) -> str:
    """Return what a parameter and a definition must share to be of one TZID: not quotes, blanks or case."""
    return " ".join(tzid.strip().strip('"').split()).casefold()


def _serve(resolution: tzmap.Resolution, definition: bytes | None, taken: dict[str, bytes]) -> _Served:
    clean = " ".join(resolution.tzid.strip().strip('"').split())
    match resolution.kind:
        case "utc":
            return _Served(None, None)
        case "zone":
            return _Served(resolution.zone, None)
        case "fixed" if resolution.offset is not None:
            return _travelling(clean, tzmap.fixed_vtimezone(clean, resolution.offset), taken)
        case _ if definition is not None:
            return _travelling(clean, definition, taken)
        case _:
            return _Served(clean, None)


def _travelling(tzid: str, definition: bytes, taken: dict[str, bytes]) -> _Served:
    """Give a definition that travels a TZID that is no zone's name and no other definition's."""
    name = tzid
    if name in tzmap.zone_names() or taken.get(name, definition) != definition:
        name = f"{tzid} ({hashlib.sha256(definition).hexdigest()[:8]})"
    taken[name] = definition
    if name == tzid:
        return _Served(name, definition)
    named = with_lines(without(Component(b"VTIMEZONE", definition), b"TZID"), [b"TZID:" + escape(name)])
    return _Served(name, named.text)


def _zone_uses(served: _Served, use: _Use) -> list[ZoneUse]:
    if served.tzid is None or (served.definition is None and served.tzid not in tzmap.zone_names()):
        return []
    if use.first > use.last:
        return []
    return [ZoneUse(served.tzid, use.first.date(), use.last.date(), served.definition)]


def _renamed(component: Component, served: Mapping[tuple[int, str], _Served], journal: Journal) -> Component:
    """Return the component with its TZIDs as served."""
    if b"TZID" not in component.text:
        return component
    utc_start = False

    def rewrite(match: re.Match[bytes]) -> bytes:
        nonlocal utc_start
        line = _bound_line(match[0])
        if line is None:
            return match[0]
        if _DATES.fullmatch(line.value):
            journal.note(STEP, "date-with-tzid", component.kind.decode("utf-8", "replace"))
            return fold(line.with_parameter(b"TZID", None).with_parameter(b"VALUE", b"DATE").octets)
        if line.value.endswith(b"Z"):
            journal.note(STEP, "utc-with-tzid", _tzid(line))
            return fold(line.with_parameter(b"TZID", None).octets)
        tzid = served[component.scope, _tzid(line)].tzid
        if tzid is None:
            utc_start = utc_start or line.name == b"DTSTART"
            return fold(_in_utc(line).octets)
        return match[0] if tzid == _tzid(line) else fold(line.with_parameter(b"TZID", tzid.encode()).octets)

    text = _WITH_PARAMETERS.sub(rewrite, component.text)
    if utc_start:
        text = _UNTIL.sub(lambda rule: fold(_LOCAL_UNTIL.sub(rb"\1Z", unfold(rule[0]))), text)
    return component if text == component.text else replace(component, text=text)


def _in_utc(line: ContentLine) -> ContentLine:
    """Write the times of a property, of its PERIODs too, with their Z instead of a TZID."""
    values = re.sub(rb"\d{8}T\d{6}(?!Z|\d)", rb"\g<0>Z", line.value)
    return line.with_parameter(b"TZID", None).with_value(values)
