"""TZIDs put in as they are served: the parameter changes, the wall-clock text stays."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import lru_cache
from typing import cast

from feedproxy.ics.components import Component
from feedproxy.ics.contentline import ContentLine, split
from feedproxy.ics.folding import LIMIT, fold, fold_each, unfold
from feedproxy.ics.normal import fits
from feedproxy.ics.runs import Piece, Run, singly
from feedproxy.ics.times import LONGEST_TIME_LIKE, TIME_NAMES
from feedproxy.transform.bound_lines import Bound, Lines, lines_of, tzid_of
from feedproxy.transform.definitions import STEP, Served
from feedproxy.transform.report import Journal
from feedproxy.transform.run_times import Form, Key, Times, binds, line_before, parted, times_of
from feedproxy.transform.tzid_uses import Census, Found, Parts, bare

_RULE = re.compile(rb"(?<=\n)(?:RRULE|EXRULE)[;:][^\r]*+(?:\r\n [^\r]*+)*+")
_SHORT = 1_000
"""Octets of parameters, at most, that are remembered."""
_LOCAL_UNTIL = re.compile(rb"(UNTIL=\d{8}T\d{6})(?!Z|\d)")
_LOCAL_TIME = re.compile(rb"(?<=[0-9]{8}T[0-9]{6})(?![Z0-9])")
"""The end of a time without Z."""


class Rename:
    """Components with their TZIDs as served.

    `plain` has the head as served of each head of a plain time, by context: None where it cannot be put in as octets,
    for it needs a Z behind its value, or a fold, or it is what another head becomes.
    """

    def __init__(self, census: Census, served: Mapping[tuple[int, str], Served], journal: Journal) -> None:
        self.tzids = census.tzids
        self.context = census.contexts.of
        self.served = served
        self.journal = journal
        self.parameters: defaultdict[int, dict[bytes, bytes | None]] = defaultdict(dict)
        self.plain: dict[tuple[int, bytes], bytes | None] = {}

    def __call__(self, component: Component, found: Found) -> Component:
        """Return the component with its TZIDs as served, itself when they stay as they are."""
        text = None
        if isinstance(found, Parts):
            text = self._by_parts(self.context(component.scope), found)
        elif isinstance(found, tuple):
            text = self._by_heads(component, found)
        if text is None:
            text = self._by_lines(component, found if isinstance(found, Lines) else lines_of(component))
        return component.with_text(text) if text != component.text else component

    def run(self, run: Run, times: Times | None = None) -> list[tuple[Piece, Piece]]:
        """Return the pieces of a divided run, and what each becomes: itself where its TZIDs stay.

        `times`: the same divided at its times, if that is done already.
        """
        if run.is_bound:
            become = self._become(self.context(run.scope), map(bare, run.behind))
            served = {parameter: become[bare(parameter)] for parameter in run.behind}
            if None not in served.values():
                return [(run, self._with_parameters(run, cast(dict[bytes, bytes], served)))]
        found: list[tuple[Piece, Times | None]] = parted(run) if times is None else [(run, times)]
        return [each for piece, its in found for each in self._renamed(piece, its)]

    def _renamed(self, piece: Piece, times: Times | None) -> list[tuple[Piece, Piece]]:
        """Return a piece and what it becomes, the components apart of which a rule may have to end in UTC."""
        if isinstance(piece, Component) or times is None:
            return [(component, self(component, lines_of(component))) for component in singly([piece])]
        changed = self._by_times(piece, times)
        if changed is not None:
            return [(piece, changed)]
        ending = [n for n, text in enumerate(piece.texts()) if _LOCAL_UNTIL.search(unfold(text))]
        parts = [(part, times_of(part) if isinstance(part, Run) else None) for part in piece.apart(ending)]
        return [each for part, its in parts for each in self._renamed(part, its)]

    def _with_parameters(self, run: Run, served: Mapping[bytes, bytes]) -> Run:
        if all(parameter == given for parameter, given in served.items()):
            return run
        parts = list(run.parts)
        parts[1::2] = map(served.__getitem__, parts[1::2])
        return replace(run, parts=parts)

    def _by_times(self, run: Run, times: Times) -> Run | None:
        """Return a run with its times as served; None where a rule may have to end in UTC for that."""
        context = self.context(run.scope)
        in_utc = any(self._starts_in_utc(context, *key) for key in times.found)
        if in_utc and _LOCAL_UNTIL.search(unfold(run.text)):
            return None
        lines = {key: self._lines(context, run, times, key) for key in times.found}
        changed = {key: become for key, become in lines.items() if become is not None}
        return replace(run, parts=times.with_lines(changed), is_divided=False) if changed else run

    def _starts_in_utc(self, context: int, before: bytes, form: Form) -> bool:
        line = line_before(before)
        if line is None or line.name != b"DTSTART":
            return False
        return form is Form.IN_UTC or (binds(line, form) and self.served[context, tzid_of(line)].tzid is None)

    def _lines(self, context: int, run: Run, times: Times, key: Key) -> list[bytes] | None:
        """Return what the properties become that begin so and have such values, None if they stay."""
        before, form = key
        line = line_before(before)
        if line is None:
            return None
        values = times.found[key]
        tzid = self.served[context, tzid_of(line)].tzid if binds(line, form) else None
        become = _with_tzid(line, tzid or None)
        if form is Form.DAYS and not binds(line, form):
            kinds = times.kinds(run, key) if run.kinds else [run.kind]
            self.journal.note_each(STEP, "date-with-tzid", kinds, count=len(values))
            become = become.with_parameter(b"VALUE", b"DATE")
        elif form is Form.IN_UTC:
            self.journal.note(STEP, "utc-with-tzid", tzid_of(line), count=len(values))
        elif tzid is None:
            values = _LOCAL_TIME.sub(b"Z", b"\n".join(values)).split(b"\n")
        elif not tzid:
            self.journal.note(STEP, "tzid-empty", line.name.decode(), count=len(values))
        elif become == line:
            return None
        start = become.with_value(b"").octets
        return fold_each([*map(start.__add__, values)])

    def _by_parts(self, context: int, parts: Parts) -> bytes | None:
        tzids = parts.tzids
        become = self._become(context, tzids)
        served = {tzid: parameter[:-1] for tzid in tzids if (parameter := become[tzid]) is not None}
        if len(served) < len(tzids):
            return None
        text = parts.with_parameters(served)
        return text if fits(text) else None

    def _become(self, context: int, tzids: Iterable[bytes]) -> Mapping[bytes, bytes | None]:
        """Return the parameter as served, a colon behind it, of each of these TZIDs."""
        become = self.parameters[context]
        for tzid in set(tzids).difference(become):
            become[tzid] = self._parameter(context, tzid)
        return become

    def _parameter(self, context: int, tzid: bytes) -> bytes | None:
        """Return the parameter as served; None where it takes more than putting that in."""
        served = self.served[context, tzid.decode()].tzid
        if not served:
            return None
        longest = ContentLine(b"RECURRENCE-ID", b"", b"").with_parameter(b"TZID", served.encode())
        return longest.parameters + b":" if len(longest.octets) <= LIMIT - LONGEST_TIME_LIKE else None

    def _by_heads(self, component: Component, heads: tuple[bytes, ...]) -> bytes | None:
        text = component.text
        for head in heads:
            key = (self.context(component.scope), head)
            become = self.plain[key] if key in self.plain else self._plain(*key)
            if become is None:
                return None
            if become is not head:
                text = text.replace(b"\n" + head + b":", b"\n" + become + b":")
        return text

    def _plain(self, context: int, head: bytes) -> bytes | None:
        become = None
        tzid, line = self.tzids[head], split(head + b":")
        served = self.served[context, tzid].tzid if tzid is not None else None
        if line is not None and served:
            become = line.with_parameter(b"TZID", served.encode()).octets[:-1]
            if become == head:
                become = head
            elif len(become) > LIMIT - len(":") - LONGEST_TIME_LIKE or become in self.tzids:
                become = None
        self.plain[context, head] = become
        return become

    def _by_lines(self, component: Component, lines: Lines) -> bytes:
        starts_in_utc = False
        pieces: list[bytes] = []
        at = 0
        for bound, start, end in lines.bound:
            become = self._line(bound, component)
            starts_in_utc |= bound.line.name == b"DTSTART" and any(line.value.endswith(b"Z") for line in become)
            if become != [bound.line]:
                pieces += (component.text[at:start], b"\r\n".join(fold(line.octets) for line in become))
                at = end
        text = b"".join([*pieces, component.text[at:]]) if pieces else component.text
        return _RULE.sub(_with_until_in_utc, text) if starts_in_utc else text

    def _line(self, bound: Bound, component: Component) -> list[ContentLine]:
        """Return what a property with a TZID becomes: two properties where some of its values are in UTC."""
        line, local, in_utc, _ = bound
        if local is None:
            return self._unbound(bound, component)
        served = self.served.get((self.context(component.scope), tzid_of(line)))
        if served is None:
            return [line]
        tzid = served.tzid
        if tzid is None:
            return [_with_tzid(line, None).with_value(_LOCAL_TIME.sub(b"Z", line.value))]
        if not tzid:
            self.journal.note(STEP, "tzid-empty", line.name.decode())
            return [_with_tzid(line, None)]
        renamed = _with_tzid(line, tzid)
        if not in_utc or line.name not in TIME_NAMES or b":" in line.value:  # a colon is in no list of times
            return [renamed]
        self.journal.note(STEP, "utc-with-tzid", tzid_of(line))
        bare = _with_tzid(line, None)
        return [renamed.with_value(local), bare.with_value(in_utc)]

    def _unbound(self, bound: Bound, component: Component) -> list[ContentLine]:
        """Return what a property becomes whose TZID binds nothing: days, times in UTC, or one property of each."""
        line = _with_tzid(bound.line, None)
        found = []
        if bound.days:
            self.journal.note(STEP, "date-with-tzid", component.kind.decode())
            found.append(line.with_parameter(b"VALUE", b"DATE").with_value(bound.days))
        if bound.in_utc:
            self.journal.note(STEP, "utc-with-tzid", tzid_of(bound.line))
            found.append(line.with_value(bound.in_utc))
        return found


def _with_tzid(line: ContentLine, tzid: str | None) -> ContentLine:
    """Return the line with another TZID, or none."""
    if len(line.parameters) > _SHORT:
        return line.with_parameter(b"TZID", None if tzid is None else tzid.encode())
    return ContentLine(line.name, _parameters(line.parameters, tzid), line.value)


@lru_cache(1_024)
def _parameters(written: bytes, tzid: str | None) -> bytes:
    return ContentLine(b"", written, b"").with_parameter(b"TZID", None if tzid is None else tzid.encode()).parameters


def _with_until_in_utc(rule: re.Match[bytes]) -> bytes:
    unfolded = unfold(rule[0])
    mended = _LOCAL_UNTIL.sub(rb"\1Z", unfolded)
    return rule[0] if mended == unfolded else fold(mended)
