"""Every TZID resolved, and renamed where that moves nothing.

For each TZID of each VCALENDAR the values that use it are collected; `tzmap.resolve` decides, from the name, the feed's
own VTIMEZONE and those values, what it stands for. Then either

- the TZID becomes the IANA key (values in UTC get their `Z`), and a VTIMEZONE is written from the zone data, or
- the definition of the feed travels as it is, under a TZID that no other definition of the feed has.

Wall-clock text is never computed: only the parameter changes. A value that ends in Z is UTC whatever its TZID says.

Nearly every time in a feed is *plain*: `DTSTART;TZID=Europe/Madrid:20260301T200000` in one physical line, no colon
in its parameters, one value without Z. Feeds hold few different texts before that colon, so each is looked at once
and replaced as octets. Components with other times are rewritten property by property.
"""

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cache
from itertools import chain, count

import tzmap
from feedproxy.ics.components import Component
from feedproxy.ics.contentline import ContentLine, split, split_at_last_colon
from feedproxy.ics.folding import LIMIT, fold, unfold
from feedproxy.ics.text import escape, unescape
from feedproxy.ics.times import TIME_NAMES, wall_time, wall_times
from feedproxy.transform import recurrence
from feedproxy.transform.calendar import Calendar, ZoneUse
from feedproxy.transform.repair import with_lines, without
from feedproxy.transform.report import Journal, ZoneReport
from feedproxy.transform.unique import unique

STEP = "timezones"
MAX_STEPS = 300_000
"""What the recurrences of a feed may take to expand; beyond, name and definition must agree throughout the range.

It counts every recurrence of the feed, so that the feed that comes out is looked at as closely as the one that came in.
"""
MAX_HEADS = 8
"""Different heads of plain times in one component that are replaced one after the other."""

_TIMES = re.compile(
    rb"\n (?: ( (?:TIME_NAMES) ; [^:\r]*+ ) : (\d{8}T\d{6}) \r | (?:TIME_NAMES) ( ; ) )".replace(
        b"TIME_NAMES", b"|".join(TIME_NAMES)
    ),
    re.VERBOSE,
)
"""A plain time in two groups, or any other time with parameters, known by the third."""
_WITH_PARAMETERS = re.compile(rb"(?<=\n)[A-Z0-9-]+;[^\r]*+(?:\r\n [^\r]*+)*+")
_RULE = re.compile(rb"(?<=\n)(?:RRULE|EXRULE)[;:][^\r]*+(?:\r\n [^\r]*+)*+")
_LOCAL_UNTIL = re.compile(rb"(UNTIL=\d{8}T\d{6})(?!Z|\d)")
_LOCAL_TIME = re.compile(rb"\d{8}T\d{6}(?!Z|\d)")
_DATES = re.compile(rb"\d{8}(?:,\d{8})*")
_UTC_TIME = re.compile(rb"\s*\d{8}T\d{6}Z")
_UNKNOWN = (datetime(1970, 1, 1), datetime(2037, 12, 31))  # noqa: DTZ001
"""The days for which a zone is declared when no value says on which it is used."""


@dataclass(slots=True)
class _Use:
    """What is known of one (scope, TZID): who uses it, how often, and between which wall-clock times."""

    components: list[Component] = field(default_factory=list)
    values: int = 0
    first: datetime = datetime.max  # noqa: DTZ901
    last: datetime = datetime.min  # noqa: DTZ901
    plain: list[bytes] = field(default_factory=list)

    def add(self, component: Component) -> None:
        """Note that a component uses it."""
        if not self.components or self.components[-1] is not component:
            self.components.append(component)

    def widen(self, times: Iterable[datetime]) -> None:
        """Let the range hold these times."""
        for time in times:
            self.first = min(self.first, time)
            self.last = max(self.last, time)

    def widen_by_plain(self) -> None:
        """Let the range hold the plain values; as texts of one length they sort as the times do."""
        if self.plain:
            ends = [wall_time(min(self.plain)), wall_time(max(self.plain))]
            times = ends if None not in ends else map(wall_time, self.plain)
            self.widen(time for time in times if time is not None)


@dataclass(frozen=True, slots=True)
class _Served:
    """What a TZID becomes: the TZID as served, and the definition that travels.

    None: UTC, the values get their Z. Empty: it says nothing and nothing defines it, the values are floating.
    """

    tzid: str | None
    definition: bytes | None = None
    origin: bytes | None = None
    """The definition as found, under the TZID that it had then."""


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
        resolved = self._resolved(calendar, done)
        if any(b"\nRECURRENCE-ID;" in component.text for component in calendar.components):
            kept = unique(resolved.components, journal)
            if len(kept) < len(calendar.components):
                return self(calendar.with_components([calendar.components[n] for n in kept]), journal)
        journal.add(done)
        return resolved

    def _resolved(self, calendar: Calendar, journal: Journal) -> Calendar:
        census = _Census(self.horizon)
        heads = [census.take(component) for component in calendar.components]
        definitions = _Definitions(calendar.definitions, journal)
        served: dict[tuple[int, str], _Served] = {}
        taken: dict[str, _Served] = {}
        zones = []
        for (scope, tzid), use in census.uses.items():
            use.widen_by_plain()
            definition = definitions.find(scope, tzid)
            resolution = self._resolve(tzid, use, definition, by_value=census.steps <= MAX_STEPS)
            here = served[scope, tzid] = _serve(resolution, definition, taken)
            zones += _zone_uses(here, use)
            defined = definition is not None
            journal.zones.append(ZoneReport(tzid, here.tzid or "UTC", use.values, defined, resolution))
        definitions.note_unused(journal)
        rename = _Rename(census, served, journal)
        components = [rename(component, own) for component, own in zip(calendar.components, heads, strict=True)]
        return replace(calendar.with_components(components), definitions=(), zones=tuple(zones))

    def _resolve(self, tzid: str, use: _Use, definition: bytes | None, *, by_value: bool) -> tzmap.Resolution:
        if use.first > use.last:
            return tzmap.resolve(tzid, definition=definition)
        span = (use.first, use.last)
        if by_value:
            try:
                return tzmap.resolve(tzid, definition=definition, values=self._times(use), span=span)
            except recurrence.Inexpandable:
                pass
        return tzmap.resolve(tzid, definition=definition, span=span)

    def _times(self, use: _Use) -> Iterator[datetime]:
        """Iterate over every time of the components that use the TZID. Raises Inexpandable."""
        for component in use.components:
            yield from recurrence.times(component, self.horizon)


class _Census:
    """Who uses which TZID: `uses` by (scope, TZID); `tzids` is the TZID in each head of a plain time, or None.

    `steps` estimates what all recurrences take to expand.
    """

    def __init__(self, horizon: timedelta) -> None:
        self.horizon = horizon
        self.uses: dict[tuple[int, str], _Use] = {}
        self.tzids: dict[bytes, str | None] = {}
        self.steps = 0

    def take(self, component: Component) -> tuple[bytes, ...] | None:
        """Count a component's uses; return the heads of its times if all of them are plain, else None."""
        if b"\nRRULE" in component.text:
            self.steps += recurrence.steps(component, self.horizon)
        times = _TIMES.findall(component.text)
        found = []
        for head, value, other in times:
            if other:
                break
            tzid = self.tzids[head] if head in self.tzids else self._tzid(head)
            if tzid is not None:
                found.append((head, value, tzid))
        else:
            heads = tuple(dict.fromkeys(head for head, _, _ in found))
            if component.text.count(b"TZID=") == len(found) and len(heads) <= MAX_HEADS:
                self._take_plain(component, found)
                return heads
        self._take_lines(component)
        return None

    def _take_plain(self, component: Component, found: list[tuple[bytes, bytes, str]]) -> None:
        for head, value, tzid in found:
            use = self._use(component, tzid)
            use.values += 1
            use.plain.append(value)
            if head.startswith(b"DTSTART"):
                self._widen_by_rules(use, component, value)

    def _take_lines(self, component: Component) -> None:
        for match in _WITH_PARAMETERS.finditer(component.text):
            line = _bound_line(match[0])
            if line is None or not (local := _local_values(line)):
                continue
            use = self._use(component, _tzid(line))
            times = wall_times(b",".join(local)) if line.name in TIME_NAMES else []
            use.values += max(1, len(times))
            use.widen(times)
            if line.name == b"DTSTART":
                self._widen_by_rules(use, component, line.value)

    def _use(self, component: Component, tzid: str) -> _Use:
        key = (component.scope, tzid)
        use = self.uses[key] if key in self.uses else self.uses.setdefault(key, _Use())
        use.add(component)
        return use

    def _widen_by_rules(self, use: _Use, component: Component, value: bytes) -> None:
        if b"\nRRULE" in component.text and (start := wall_time(value)) is not None:
            use.widen([recurrence.last_possible(component, start, self.horizon)])

    def _tzid(self, head: bytes) -> str | None:
        line = split(head + b":")
        tzid = self.tzids[head] = _tzid(line) if line and line.parameter(b"TZID") is not None else None
        return tzid


class _Definitions:
    """The VTIMEZONEs by the TZIDs that may mean them. Of several of one TZID the first that says something counts."""

    def __init__(self, definitions: Iterable[Component], journal: Journal) -> None:
        self._named: dict[tuple[int, str], bytes] = {}
        self._alike: dict[tuple[int | None, str], bytes] = {}
        self._unused: dict[bytes, None] = {}
        for definition in sorted(definitions, key=lambda each: b"\nBEGIN:" not in each.text):
            line = definition.first(b"TZID")
            if line is None:
                journal.note(STEP, "definition-without-tzid")
                continue
            tzid = unescape(line.value)
            name = _clean(tzid)
            if self._named.setdefault((definition.scope, name), definition.text) != definition.text:
                journal.note(STEP, "defined-twice", tzid)
                continue
            self._alike.setdefault((definition.scope, name.casefold()), definition.text)
            self._alike.setdefault((None, name.casefold()), definition.text)
            self._unused[definition.text] = None

    def find(self, scope: int, tzid: str) -> bytes | None:
        """Return the definition of a TZID: this VCALENDAR's first, in this case first, then another's."""
        name = _clean(tzid)
        found = (
            self._named.get((scope, name))
            or self._alike.get((scope, name.casefold()))
            or self._alike.get((None, name.casefold()))
        )
        if found is not None:
            self._unused.pop(found, None)
        return found

    def note_unused(self, journal: Journal) -> None:
        """Report how many definitions nothing used."""
        if self._unused:
            journal.note(STEP, "definition-unused", count=len(self._unused))


class _Rename:
    """Components with their TZIDs as served.

    `plain` has the head as served of each head of a plain time, by scope: None where it cannot be put in as octets, for
    it needs a Z behind its value, or a fold, or it is what another head becomes.
    """

    def __init__(self, census: _Census, served: Mapping[tuple[int, str], _Served], journal: Journal) -> None:
        self.tzids = census.tzids
        self.served = served
        self.journal = journal
        self.plain: dict[tuple[int, bytes], bytes | None] = {}

    def __call__(self, component: Component, heads: tuple[bytes, ...] | None) -> Component:
        """Return the component with its TZIDs as served, itself when they stay as they are."""
        text = self._by_heads(component, heads) if heads is not None else None
        if text is None:
            text = self._by_lines(component)
        return component.with_text(text) if text != component.text else component

    def _by_heads(self, component: Component, heads: tuple[bytes, ...]) -> bytes | None:
        text = component.text
        for head in heads:
            key = (component.scope, head)
            become = self.plain[key] if key in self.plain else self._plain(*key)
            if become is None:
                return None
            if become is not head:
                text = text.replace(b"\n" + head + b":", b"\n" + become + b":")
        return text

    def _plain(self, scope: int, head: bytes) -> bytes | None:
        become = None
        tzid, line = self.tzids[head], split(head + b":")
        served = self.served[scope, tzid].tzid if tzid is not None else None
        if line is not None and served:
            become = line.with_parameter(b"TZID", served.encode()).octets[:-1]
            if become == head:
                become = head
            elif len(become) > LIMIT - len(":20260301T200000") or become in self.tzids:
                become = None
        self.plain[scope, head] = become
        return become

    def _by_lines(self, component: Component) -> bytes:
        in_utc: set[bytes] = set()

        def rewritten(match: re.Match[bytes]) -> bytes:
            line = _bound_line(match[0])
            if line is None:
                return match[0]
            lines = self._line(line, component)
            in_utc.update(line.name for line in lines if line.value.endswith(b"Z"))
            return match[0] if lines == [line] else b"\r\n".join(fold(each.octets) for each in lines)

        text = _WITH_PARAMETERS.sub(rewritten, component.text)
        return _RULE.sub(_with_until_in_utc, text) if b"DTSTART" in in_utc else text

    def _line(self, line: ContentLine, component: Component) -> list[ContentLine]:
        """Return what a property with a TZID becomes: two properties where some of its values are in UTC."""
        bare = line.with_parameter(b"TZID", None)
        local = _local_values(line)
        if local == []:
            dates = _DATES.fullmatch(line.value) is not None
            rule = "date-with-tzid" if dates else "utc-with-tzid"
            self.journal.note(STEP, rule, component.kind.decode() if dates else _tzid(line))
            return [bare.with_parameter(b"VALUE", b"DATE") if dates else bare]
        served = self.served.get((component.scope, _tzid(line)))
        if served is None:
            return [line]
        tzid = served.tzid
        if tzid is None:
            return [bare.with_value(_LOCAL_TIME.sub(rb"\g<0>Z", line.value))]
        if not tzid:
            self.journal.note(STEP, "tzid-empty", line.name.decode())
            return [bare]
        values = line.value.split(b",")
        in_utc = [value for value in values if _UTC_TIME.match(value)]
        renamed = line.with_parameter(b"TZID", tzid.encode())
        if not in_utc or line.name not in TIME_NAMES:
            return [renamed]
        self.journal.note(STEP, "utc-with-tzid", _tzid(line))
        return [renamed.with_value(b",".join(local)), bare.with_value(b",".join(in_utc))]


def _bound_line(text: bytes) -> ContentLine | None:
    """Take a property with a TZID apart; None if it has none."""
    unfolded = unfold(text)
    if b"TZID" not in unfolded.upper():
        return None
    timed = unfolded[: unfolded.index(b";")] in TIME_NAMES
    line = split_at_last_colon(unfolded) if timed else split(unfolded)
    return line if line is not None and line.parameter(b"TZID") is not None else None


def _local_values(line: ContentLine) -> list[bytes]:
    """Return the values that the TZID binds: not those in UTC, and no days."""
    if line.name in TIME_NAMES and _DATES.fullmatch(line.value):
        return []
    return [value for value in line.value.split(b",") if not _UTC_TIME.match(value)]


def _tzid(line: ContentLine) -> str:
    return (line.parameter(b"TZID") or b"").decode()


def _clean(tzid: str) -> str:
    """Return a TZID without the quotes and blanks that tell no two apart, and that no parameter could hold."""
    return " ".join(tzid.strip().strip('"').replace('"', "'").split())


def _serve(resolution: tzmap.Resolution, definition: bytes | None, taken: dict[str, _Served]) -> _Served:
    clean = _clean(resolution.tzid)
    match resolution.kind:
        case "utc":
            return _Served(None)
        case "zone":
            return _Served(resolution.zone)
        case "fixed" if resolution.offset is not None:
            return _travelling(clean, tzmap.fixed_vtimezone(clean, resolution.offset), taken)
        case _ if definition is not None:
            return _travelling(clean, definition, taken)
        case _:
            return _Served(clean)


def _travelling(tzid: str, definition: bytes, taken: dict[str, _Served]) -> _Served:
    """Give a definition that travels a TZID that is no zone's name and no other definition's, in any case.

    `taken` has what was given so far, by TZID in small letters.
    """
    digest = hashlib.sha256(definition).hexdigest()[:8]
    names = chain([tzid, f"{tzid} ({digest})".strip()], (f"{tzid} ({digest}-{n})".strip() for n in count(2)))
    for name in names:  # pragma: no branch - it does not end
        known = taken.get(name.casefold())
        if known is not None and known.origin == definition:
            return known
        if known is None and name and name.casefold() not in _zone_names():
            break
    component = Component(b"VTIMEZONE", definition)
    given = component.first(b"TZID")
    if given is None or given.value != escape(name):
        component = with_lines(without(component, b"TZID"), [b"TZID:" + escape(name)])
    served = taken[name.casefold()] = _Served(name, component.text, definition)
    return served


@cache
def _zone_names() -> frozenset[str]:
    return frozenset(name.casefold() for name in tzmap.zone_names())


def _zone_uses(served: _Served, use: _Use) -> list[ZoneUse]:
    if served.tzid is None or (served.definition is None and served.tzid not in tzmap.zone_names()):
        return []
    first, last = (use.first, use.last) if use.first <= use.last else _UNKNOWN
    return [ZoneUse(served.tzid, first.date(), last.date(), served.definition)]


def _with_until_in_utc(rule: re.Match[bytes]) -> bytes:
    unfolded = unfold(rule[0])
    mended = _LOCAL_UNTIL.sub(rb"\1Z", unfolded)
    return rule[0] if mended == unfolded else fold(mended)
