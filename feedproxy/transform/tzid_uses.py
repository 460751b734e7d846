"""Where a calendar names time zones: each TZID, who uses it, and between which wall-clock times.

Nearly every time in a feed is *plain*: `DTSTART;TZID=Europe/Madrid:20260301T200000` in one physical line, no colon
in its parameters, one value without Z. Feeds hold few different texts before that colon, so each is looked at once.
"""

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property, partial

from feedproxy.errors import FeedRefused
from feedproxy.ics.automata import whole
from feedproxy.ics.components import MAX_TZIDS, Component, component_of
from feedproxy.ics.contentline import split
from feedproxy.ics.folding import unfold
from feedproxy.ics.runs import UNBOUND, Piece, Run, gathered
from feedproxy.ics.times import TIME_LIKE, TIME_NAMES, are_times, times_among, times_of, wall_time, wall_times
from feedproxy.transform import recurrence
from feedproxy.transform.bound_lines import MAX_LISTED, Lines, lines_of, tzid_of
from feedproxy.transform.report import Contexts
from feedproxy.transform.run_times import Form, Times, binds, line_before, parted

MAX_HEADS = 8
"""Different heads of plain times in one component that are replaced one after the other."""
MAX_TIMES = 100
"""Times of one component that are looked at with their heads; where there are more, few of these may be the same."""

_TIMES = re.compile(rb"\n((?:%s);[^:\r]*+)(?::(%s)(?=\r\n[^ ]))?" % (b"|".join(TIME_NAMES), TIME_LIKE))
"""A time with parameters: what stands before the colon, and its value if it is plain, or like such."""
_RECURRENCE = re.compile(rb"\n(?:RRULE|%s)[;:][^\r]*+(?:\r\n [^\r]*+)*+" % b"|".join(TIME_NAMES))
"""What decides when an event of a run happens."""
_START = re.compile(rb"""\nDTSTART(?:;[^":;\r]*+)*?;TZID=("[^"\r]*+"|[^":;\r]++)[^:\r]*+:([^\r]*+)""")
"""When an event of a run starts: the TZID and the value."""
MAX_RECURRENCES = 1_000
"""Different recurrences that are remembered, for the next event that happens at the very same times."""
_VALUE_AND_END = len("20260301T200000\r")
"""Octets of a plain time in a run; what is longer is no time."""
_TZID = re.compile(rb""";TZID=("[^"\r]*+"|[^":;,\r]++)([^\r:]*+:)""")
"""In a component all of whose TZIDs bind plain times: the TZID, and what else stands before the value."""


def _silent(others: bytes, fold: bytes = b"") -> tuple[bytes, bytes]:
    """Write patterns of text that does not say `tzid`, in whatever letters, and has none of these other octets.

    The first is of an octet or a few; the second of any text, which may have folds like that in it.
    """
    t, z, i = (letter + b"(?:%b)*+" % fold for letter in (b"T", b"Z", b"I"))
    begun = b"%b(?:%b|%b%b|%b%b%b)*+" % (t, t, z, t, z, i, t)
    broken_off = b"%b(?:[^%bTZ]|%b[^%bTI]|%b%b[^%bTD])" % (begun, others, z, others, z, i, others)
    some = b"(?i:[^%bT]|%b)" % (others, broken_off)
    return some, b"(?i:(?:[^%bT]++|%b|%b)*+(?:%b(?:%b(?:%b)?+)?+)?+)" % (others, fold, broken_off, begun, z, i)


def _lines_of_plain_times() -> bytes:
    """Write the pattern of lines in which each TZID binds a plain time."""
    initial, _ = _silent(rb"\r ", rb"\r\n ")
    _, rest = _silent(rb"\r", rb"\r\n ")
    _, parameter = _silent(rb"\r\":;")
    tzid = rb"""(?:%b)(?:;%b)*;TZID=(?:"[^";\r]*+"|[^":;,\r]++)(?:;%b)*:%b""" % (
        b"|".join(TIME_NAMES),
        parameter,
        parameter,
        TIME_LIKE,
    )
    return b"(?:%b\r\n|%b%b\r\n)*+" % (tzid, initial, rest)


_are_plain = whole(_lines_of_plain_times())
"""Tell whether each TZID in the lines of a component binds a plain time."""


@dataclass(slots=True)
class Use:
    """What is known of a TZID in one context: who uses it, how often, and between which wall-clock times.

    `plain` has texts that begin with the value of a plain time, or with what stands for one; `lists` the values that it
    binds in components that are not plain; `components` are those that recur.
    """

    components: list[Component] = field(default_factory=list)
    values: int = 0
    first: datetime = datetime.max  # noqa: DTZ901
    last: datetime = datetime.min  # noqa: DTZ901
    plain: list[bytes] = field(default_factory=list)
    lists: list[bytes] = field(default_factory=list)

    def add(self, component: Component) -> None:
        """Note that a component uses it which recurs."""
        if not self.components or self.components[-1] is not component:
            self.components.append(component)

    def widen(self, times: Iterable[datetime]) -> None:
        """Let the range hold these times."""
        for time in times:
            self.first = min(self.first, time)
            self.last = max(self.last, time)

    def widen_by_plain(self) -> None:
        """Let the range hold the plain values."""
        self.widen(plain_times(ends(self.plain)))


@dataclass(frozen=True, slots=True)
class _Plan:
    """What the heads of a component's plain times say: each one's TZID or None, how many have one, and which heads."""

    tzids: tuple[str | None, ...]
    bound: int
    heads: tuple[bytes, ...]


def plain_times(texts: Iterable[bytes]) -> Iterator[datetime]:
    """Iterate over the times that texts begin with, where there are such."""
    return (time for text in texts if (time := wall_time(text[:_VALUE_AND_END])) is not None)


def value_of(text: bytes) -> bytes:
    """Return the plain time that a text begins with."""
    return text[:_VALUE_AND_END].rstrip()


def ends(texts: Sequence[bytes]) -> list[bytes]:
    """Return the first and the last of the plain times that texts begin with; the texts sort as they do."""
    found = [min(texts), max(texts)] if texts else []
    if len(list(plain_times(found))) < len(found):
        timed = times_among([text[:_VALUE_AND_END] for text in texts])
        found = [min(timed), max(timed)] if timed else []
    return list(map(value_of, found))


def bare(parameter: bytes) -> bytes:
    """Return the TZID, quotes included, of a parameter at which a run is divided."""
    return parameter[len(UNBOUND) : -1]


@dataclass(frozen=True)
class Parts:
    """The text of a component all of whose TZIDs bind plain times.

    `heads` has what stands before the values, from the TZID on, and that TZID; None where they are more than a few.
    """

    text: bytes
    heads: Mapping[bytes, bytes] | None

    @cached_property
    def _split(self) -> list[bytes]:
        """The text, and in it by turns a TZID, what else stands before the value, the text that begins with that."""
        return _TZID.split(self.text)

    @property
    def tzids(self) -> Collection[bytes]:
        """The TZIDs, quotes included."""
        return set(self._split[1::3] if self.heads is None else self.heads.values())

    def values(self) -> Iterable[tuple[bytes, list[bytes]]]:
        """Iterate over the TZIDs and the texts that begin with the values of each; one may come twice."""
        if self.heads is None:
            return gathered(self._split[1::3], self._split[3::3]).items()
        return ((tzid, self.text.split(head)[1:]) for head, tzid in self.heads.items())

    def with_parameters(self, become: Mapping[bytes, bytes]) -> bytes:
        """Return the text with another parameter, its semicolon included, in the place of each TZID."""
        heads = {head: become[tzid] + head[len(UNBOUND + tzid) :] for head, tzid in (self.heads or {}).items()}
        changed = {head: other for head, other in heads.items() if head != other}
        if heads and heads.keys().isdisjoint(changed.values()):
            text = self.text
            for head, other in changed.items():
                text = text.replace(head, other)
            return text
        pieces = self._split.copy()
        pieces[1::3] = map(become.__getitem__, pieces[1::3])
        return b"".join(pieces)


Found = tuple[bytes, ...] | Parts | Lines | Times
"""What a census finds in a component: the heads of its plain times, its parts where they are many, or each line.

In a run whose times are not all plain: these."""


def _parts_of_component(text: bytes) -> Parts | None:
    """Return the text of a component in parts; None when a TZID in it binds anything but a plain time."""
    if not _are_plain(text):
        return None
    heads: dict[bytes, bytes] = {}
    rest = text
    while head := _TZID.search(rest):
        if len(heads) == MAX_HEADS:
            return Parts(text, None)
        heads[head[0]] = head[1]
        rest = rest.replace(head[0], b"")
    return Parts(text, heads)


class Census:
    """Who uses which TZID: `uses` by (context of its VCALENDAR, TZID).

    `tzids` is the TZID in each head of a plain time, or None. `steps` estimates what all recurrences take to expand of
    components in which a TZID binds a value; `singly` counts what is listed beside something that is no time, and so
    has to be read one by one.
    """

    def __init__(self, horizon: timedelta, contexts: Contexts) -> None:
        self.horizon = horizon
        self.contexts = contexts
        self.uses: dict[tuple[int, str], Use] = {}
        self.tzids: dict[bytes, str | None] = {}
        self.steps = 0
        self.singly = 0
        self._in_runs: list[tuple[Use, list[bytes]]] = []
        self._names: set[str] = set()
        self._recurrences: dict[tuple[int, bytes], int] = {}
        self._plans: dict[tuple[bytes, ...], _Plan | None] = {}

    def take(self, component: Component) -> Found:
        """Count a component's uses; return the heads of its times, or its parts, if all of them are plain."""
        if b"TZID" not in component.text and not _names_tzids(component.text):
            return ()
        recurs = b"\nRRULE" in component.text
        if component.text.count(b"TZID=") > MAX_TIMES:
            return self._take_many(component, recurs=recurs)
        found = _TIMES.findall(component.text)
        written = tuple([head if value else b"" for head, value in found])
        plan = self._plans[written] if written in self._plans else self._plan(written)
        if plan is None or component.text.count(b"TZID=") != plan.bound:
            return self._take_lines(component, recurs=recurs)
        self.steps += self._steps(component) if recurs and plan.bound else 0
        for (head, value), tzid in zip(found, plan.tzids, strict=True):
            if tzid is not None:
                use = self._use(component.scope, tzid)
                use.values += 1
                if recurs:
                    use.add(component)
                    self._widen_by_recurrence(use, component, head, value)
                else:
                    use.plain.append(value)
        return plan.heads

    def take_run(self, run: Run) -> list[tuple[Piece, Found]]:
        """Count the uses of a run; return it, divided, or the pieces in which it could be done."""
        run = run.divided()
        if run.is_bound:
            self._take_bound(run)
            return [(run, ())]
        taken: list[tuple[Piece, Found]] = []
        for piece, times in parted(run):
            if isinstance(piece, Component):
                taken.append((piece, self.take(piece)))
            elif times is not None:
                self._take_times(piece, times)
                taken.append((piece, times))
        return taken

    def _take_bound(self, run: Run) -> None:
        for parameter, texts in run.behind.items():
            use = self._use(run.scope, bare(parameter).decode())
            use.values += len(texts)
            self._in_runs.append((use, texts))
        if run.behind:
            self._take_recurring(run)

    def _take_times(self, run: Run, times: Times) -> None:
        """Count the uses of a run whose times may be written in any way."""
        for (before, form), values in times.found.items():
            line = line_before(before)
            if line is None or not binds(line, form):
                continue
            use = self._use(run.scope, tzid_of(line))
            if form is Form.SEVERAL and line.name in TIME_NAMES:
                self._take_lists(use, values)
            else:
                use.values += len(values)
                if line.name in TIME_NAMES:
                    self._in_runs.append((use, values))
        self._take_recurring(run)

    def _take_lists(self, use: Use, values: Sequence[bytes]) -> None:
        """Count the values of lists, those beside something that is no time one by one."""
        joined = b",".join(values)
        if not are_times(joined):
            for value in values:
                if not are_times(value):
                    self._take_values(use, value, is_held=True)
            joined = b",".join([value for value in values if are_times(value)])
        if joined:
            self._take_values(use, joined, is_held=True)

    def _take_values(self, use: Use, value: bytes, *, is_held: bool) -> None:
        count, times = self._times_of(value)
        use.values += max(1, count)
        use.widen(times)
        if times and is_held:
            use.lists.append(value)

    def part(self) -> "Census":
        """Return a census for a part of what is to be counted; what it remembers is shared."""
        part = Census(self.horizon, self.contexts)
        part.tzids, part._plans, part._recurrences = self.tzids, self._plans, self._recurrences
        part.steps = self.steps
        return part

    def add(self, part: "Census") -> None:
        """Add the uses that a part has; its values and components are not kept."""
        for key, found in part.uses.items():
            use = self.uses[key] if key in self.uses else self._first_use(key)
            use.values += found.values
            use.widen([found.first, found.last] if found.first <= found.last else [])
        self.steps = part.steps
        self._read_singly(part.singly)

    def finish(self) -> None:
        """Widen each range by the plain values, those of runs last."""
        for use, texts in self._in_runs:
            use.plain += texts
        for use in self.uses.values():
            use.widen_by_plain()

    def _take_recurring(self, run: Run) -> None:
        """Hold the recurring events of a run, and widen the ranges by what recurs; its values are kept already.

        Of those that happen at the very same times the first is held. What takes too much to expand is not held: only
        the ranges are asked for then.
        """
        if not run.recurs:
            return
        if self.steps <= recurrence.MAX_STEPS:
            text, ends = run.text, [0, *run.ends]
            texts = [text[ends[n] : ends[n + 1]] for n in run.recurs]
            keys = [*map(b"".join, map(_RECURRENCE.findall, texts))]
            firsts = dict(zip(reversed(keys), reversed(texts), strict=True))
            for key, count in Counter(keys).items():
                self._take_expandable(component_of(firsts[key], run.scope), key, count, is_bound=run.is_bound)
                if self.steps > recurrence.MAX_STEPS:
                    break
        if self.steps > recurrence.MAX_STEPS:
            self._widen_by_all(run)

    def _take_expandable(self, component: Component, key: bytes, count: int, *, is_bound: bool) -> None:
        """Hold a component if none is that happens at the times that the key says; `count`: how many do.

        `is_bound`: it is of a run in which every TZID binds a time.
        """
        if not (UNBOUND in component.text if is_bound else lines_of(component).are_local):
            return
        if recurrence.has_too_many_rules(component):
            self.steps += recurrence.TOO_MANY_STEPS
            return
        steps = self._recurrences.get((self.contexts.of(component.scope), key))
        if steps is None:
            steps = self._steps(component)
            if is_bound:
                self._widen_by_starts(component.scope, component.text, partial(recurrence.last_possible, component))
                for tzid, _ in set(_TZID.findall(component.text)):
                    self._use(component.scope, tzid.decode()).add(component)
            else:
                self._hold(component)
            if len(self._recurrences) < MAX_RECURRENCES:
                self._recurrences[self.contexts.of(component.scope), key] = steps
        self.steps += steps * count

    def _hold(self, component: Component) -> None:
        """Hold a component whose times are counted already, line by line."""
        for bound, _, _ in lines_of(component).bound:
            if bound.local is not None:
                use = self._use(component.scope, tzid_of(bound.line))
                use.add(component)
                if bound.line.name == b"DTSTART":
                    self._widen_by_rules(use, component, bound.line.value)

    def _steps(self, component: Component) -> int:
        """Estimate what it takes to expand the recurrences of a component, unless they take too much already."""
        return recurrence.steps(component, self.horizon) if self.steps <= recurrence.MAX_STEPS else 0

    def _widen_by_all(self, run: Run) -> None:
        """Widen the ranges by what recurs in a run: where no rule has an end, the last start of each TZID decides."""
        if not run.is_bound:
            for component in run.recurring():
                self._hold(component)
            return
        endless = run.text
        if len(run.recurs) < len(run.uids) or b"UNTIL=" in unfold(endless):
            others = []
            for component in run.recurring():
                if b"UNTIL=" in unfold(component.text):
                    self._widen_by_starts(run.scope, component.text, partial(recurrence.last_possible, component))
                else:
                    others.append(component.text)
            endless = b"".join(others)
        self._widen_by_starts(run.scope, endless, recurrence.last_of_endless)

    def _widen_by_starts(
        self, scope: int, text: bytes, last_possible: Callable[[datetime, timedelta], datetime]
    ) -> None:
        starts: dict[bytes, list[bytes]] = {}
        for tzid, value in set(_START.findall(text)):
            starts.setdefault(tzid, []).append(value)
        for tzid, values in starts.items():
            last = wall_time(max(values)) or max(plain_times(values), default=None)
            if last is not None:
                self._use(scope, tzid.decode()).widen([last_possible(last, self.horizon)])

    def _plan(self, written: tuple[bytes, ...]) -> "_Plan | None":
        """Read the heads of a component's times; None when one is not plain, or when they are too many.

        One that says `tzid` in other letters is not plain: `take` counts.
        """
        tzids = tuple([self.tzids[head] if head in self.tzids else self._tzid(head) for head in written if head])
        heads = tuple(dict.fromkeys(head for head, tzid in zip(written, tzids, strict=False) if tzid is not None))
        plain = len(tzids) == len(written) and len(heads) <= MAX_HEADS and all(b"TZID=" in head for head in heads)
        plan = _Plan(tzids, sum(tzid is not None for tzid in tzids), heads) if plain else None
        self._plans[written] = plan
        return plan

    def _widen_by_recurrence(self, use: Use, component: Component, head: bytes, value: bytes) -> None:
        start = wall_time(value)
        use.widen([start] if start is not None else [])
        if head.startswith(b"DTSTART"):
            self._widen_by_rules(use, component, value)

    def _take_many(self, component: Component, *, recurs: bool) -> Parts | Lines:
        """Count the uses of a component with many times: all at once if they are plain, else line by line."""
        parts = _parts_of_component(component.text)
        if parts is None:
            return self._take_lines(component, recurs=recurs)
        self.steps += self._steps(component) if recurs and parts.tzids else 0
        for tzid, texts in parts.values():
            use = self._use(component.scope, tzid.decode())
            use.values += len(texts)
            if recurs:
                use.add(component)
                use.widen(plain_times(ends(texts)))
            else:
                use.plain += texts
        if recurs:
            self._widen_by_starts(component.scope, component.text, partial(recurrence.last_possible, component))
        return parts

    def _take_lines(self, component: Component, *, recurs: bool) -> Lines:
        lines = lines_of(component)
        self.steps += self._steps(component) if recurs and lines.are_local else 0
        for bound, _, _ in lines.bound:
            if bound.local is None:
                continue
            line = bound.line
            use = self._use(component.scope, tzid_of(line))
            if recurs:
                use.add(component)
            if line.name in TIME_NAMES:
                self._take_values(use, bound.local, is_held=not recurs)
            else:
                use.values += 1
            if line.name == b"DTSTART":
                self._widen_by_rules(use, component, line.value)
        return lines

    def _times_of(self, value: bytes) -> tuple[int, list[datetime]]:
        """Return how many times a list names, and some between which they all lie."""
        if b"," not in value and (time := wall_time(value)) is not None:
            return 1, [time]
        if are_times(value):
            return times_of(value)
        self._read_singly(value.count(b","))
        times = wall_times(value)
        return len(times), times

    def _read_singly(self, times: int) -> None:
        self.singly += times
        if self.singly > MAX_LISTED:
            raise FeedRefused("excessive", f"more than {MAX_LISTED} times are listed beside what is none")

    def _use(self, scope: int, tzid: str) -> Use:
        key = (self.contexts.of(scope), tzid)
        return self.uses[key] if key in self.uses else self._first_use(key)

    def _first_use(self, key: tuple[int, str]) -> Use:
        self._names.add(key[1])
        if len(self._names) > MAX_TZIDS:
            raise FeedRefused("excessive", f"more than {MAX_TZIDS} TZIDs are named")
        return self.uses.setdefault(key, Use())

    def _widen_by_rules(self, use: Use, component: Component, value: bytes) -> None:
        if b"\nRRULE" in component.text and (start := wall_time(value)) is not None:
            use.widen([recurrence.last_possible(component, start, self.horizon)])

    def _tzid(self, head: bytes) -> str | None:
        line = split(head + b":")
        tzid = self.tzids[head] = tzid_of(line) if line and line.parameter(b"TZID") is not None else None
        return tzid


def _names_tzids(text: bytes) -> int:
    """Count how often a text says `TZID`, in whatever letters, also where a fold stands in it."""
    return unfold(text).upper().count(b"TZID")
