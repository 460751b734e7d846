"""`lint`: what is wrong with a feed, line by line, and whom it hurts (`feedproxy.ops.rules` is the table).

Each check looks at the body as it came (`feedproxy.ops.outline`) and tells a `Findings` what it has found. What hangs
on the meaning of a TZID is asked of the base.
"""

import codecs
import re
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field

import tzmap
from feedproxy.errors import FeedRefused
from feedproxy.ics.components import SCHEDULED
from feedproxy.ics.contentline import LINE_START, ContentLine, split_at_last_colon
from feedproxy.ics.contentlines import content_lines
from feedproxy.ics.folding import LIMIT
from feedproxy.ics.normal import is_normal, wide_encoding
from feedproxy.ics.text import unescape
from feedproxy.ics.times import TIME_NAMES, wall_time
from feedproxy.ops.clocks import Clocks, Moment
from feedproxy.ops.instances import order
from feedproxy.ops.outline import Line, Node, Outline, logical_lines, outline
from feedproxy.ops.paint import visible
from feedproxy.ops.rules import RULES, SEVERITIES, Rule, Severity
from feedproxy.transform import Base, Options, ZoneReport, index
from feedproxy.transform.bound_lines import DATES, UTC_TIME
from feedproxy.transform.definitions import clean
from feedproxy.transform.profiles import GOOGLE_OCTETS
from feedproxy.transform.repair import is_cancelling
from tzmap.resolution import offset_text

MOST = 20
"""How many findings of a rule are named; all are counted."""
NAMED_ONCE = frozenset(("line-ends", "name-case"))
"""What is wrong with all lines of a body when it is with one."""

OF_THE_CALENDAR = {
    "version": (b"VERSION",),
    "prodid-missing": (),
    "method": (b"METHOD",),
    "head-property-twice": (b"VERSION", b"PRODID", b"METHOD"),
    "x-publish-ttl": (b"X-PUBLISH-TTL",),
    "interval-replaced": (b"X-PUBLISHED-TTL", b"REFRESH-INTERVAL"),
    "interval-unreadable": (b"REFRESH-INTERVAL", b"X-PUBLISHED-TTL", b"X-PUBLISH-TTL"),
}
"""What the repair of a calendar's properties notes, and where to look for the line."""


@dataclass(frozen=True, slots=True)
class Finding:
    """A rule that does not hold at a line: its number and place in the body, what stands there; whose event it is."""

    rule: Rule
    line: int
    offset: int
    text: str
    uid: str = ""


@dataclass(frozen=True, slots=True)
class Lint:
    """What was found, in the order of the lines; of each rule `counts` has how often, `findings` the first few."""

    target: str
    findings: tuple[Finding, ...]
    counts: dict[str, int]

    def worst(self) -> Severity | None:
        """Return the gravest severity there is."""
        found = {RULES[rule].severity for rule in self.counts}
        return next((severity for severity in SEVERITIES if severity in found), None)


@dataclass(slots=True)
class Findings:
    """Where checks tell what they find."""

    found: list[Finding] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)

    def add(self, rule: str, line: Line, text: str = "", *, uid: bytes = b"", count: int = 1) -> None:
        """Note that a rule does not hold at a line."""
        self.counts[rule] += count
        if self.counts[rule] - count < (1 if rule in NAMED_ONCE else MOST):
            whose = visible(uid.decode("utf-8", "replace"))
            self.found.append(Finding(RULES[rule], line.number, line.offset, visible(text), whose))


@dataclass(frozen=True, slots=True)
class _Feed:
    """What checks look at. What `is_normal` has nothing wrong with its octets, lines and boundaries."""

    body: bytes
    outline: Outline
    base: Base | None
    clocks: Clocks
    is_normal: bool

    @property
    def lines(self) -> Sequence[Line]:
        return self.outline.lines


def lint(target: str, body: bytes, options: Options, found: Outline | None = None) -> Lint:
    """Check a body against every rule; `found` is what stands in it, if that is known already."""
    found = found or outline(logical_lines(body))
    findings = Findings()
    base = None
    try:
        base = index(body, options)
    except FeedRefused as refusal:
        last = next((line for line in reversed(found.lines) if line.text.strip()), _START)
        findings.add(refusal.reason, last if refusal.reason == "truncated" else _START, refusal.message)
    if base is not None or findings.counts["truncated"]:
        feed = _feed(body, found, base, is_normal=is_normal(body))
        for each in _CHECKS:
            each(feed, findings)
    return Lint(target, _ordered(findings), dict(findings.counts))


def check(body: bytes, lines: Sequence[Line], base: Base) -> tuple[Finding, ...]:
    """Check some of the lines of a body against the rules for a line, an event, a time and a zone."""
    findings = Findings()
    feed = _feed(body, outline(lines), base, is_normal=False)
    for each in (_octets, _content_lines, _events, _twice, _times, _zones):
        each(feed, findings)
    return _ordered(findings)


def _feed(body: bytes, found: Outline, base: Base | None, *, is_normal: bool) -> _Feed:
    return _Feed(body, found, base, Clocks(base.calendar.zones if base else ()), is_normal)


def _ordered(findings: Findings) -> tuple[Finding, ...]:
    return tuple(sorted(findings.found, key=lambda finding: finding.line))


def _octets(feed: _Feed, findings: Findings) -> None:
    """Check what lines are made of, whatever they say."""
    if feed.is_normal:
        return
    first = feed.lines[0] if feed.lines else _START
    if feed.body.startswith(codecs.BOM_UTF8):
        findings.add("byte-order-mark", first)
    if wide_encoding(feed.body[:4]) is not None:
        findings.add("utf-16", first)
        return
    for line in feed.lines:
        physical = _PHYSICAL.findall(line.octets)
        lengths = [len(part.rstrip(b"\r\n")) for part in physical]
        if max(lengths, default=0) > LIMIT:
            findings.add("line-too-long", line, f"{max(lengths)} octets")
        if line.octets.count(b"\r\n") != len(physical) or not line.octets.endswith(b"\n"):
            findings.add("line-ends", line)
        if len(physical) > 1 and 0 in lengths[1:] and line.text.strip():
            findings.add("blank-line-in-fold", line)
        if found := _CONTROL.search(line.text):
            findings.add("control-characters", line, repr(found[0].decode("utf-8", "replace"))[1:-1])
        if not line.text.isascii():
            _letters(line, physical, findings)


def _letters(line: Line, physical: Sequence[bytes], findings: Findings) -> None:
    try:
        line.text.decode("utf-8")
    except UnicodeDecodeError as error:
        findings.add("not-utf-8", line, f"octet {line.text[error.start]:02X}")
        return
    if any(part[1:2] and 0x80 <= part[1] <= 0xBF for part in physical[1:]):
        findings.add("fold-inside-character", line)


def _boundaries(feed: _Feed, findings: Findings) -> None:
    """Check where components begin and end."""
    for oddity in feed.outline.oddities:
        is_text = not oddity.kind and not _CONTENT_LINE.fullmatch(oddity.line.text)
        rule = "line-dropped" if is_text else oddity.rule
        findings.add(rule, oddity.line, oddity.kind.decode() or _shown(oddity.line))
    for line in () if feed.is_normal else feed.lines:
        if _LOOSE_BOUNDARY.match(line.text) and not _BOUNDARY.fullmatch(line.text):
            findings.add("boundary-run-on" if _RUN_ON.match(line.text) else "boundary-blanks", line, _shown(line))
    for calendar in feed.outline.calendars[1:]:
        findings.add("calendars-joined", calendar.begin)


def _content_lines(feed: _Feed, findings: Findings) -> None:
    """Check that lines are content lines, and give those that are none the names that the reader has for that."""
    if feed.is_normal:
        return
    for node in (*feed.outline.calendars, *feed.outline.components):
        lines = node.whole or node.lines
        if all(_CONTENT_LINE.fullmatch(line.text) for line in lines):
            continue
        noted: dict[str, int] = {}
        for n, line in enumerate(lines, 1):
            found: dict[str, int] = {}
            text = b"".join(each.text + b"\n" for each in (lines[:n] if len(lines) <= LONG else (line,)))
            content_lines(text, found)
            for rule in found.keys() - {"boundary-blanks"}:
                if found[rule] > noted.get(rule, 0) or len(lines) > LONG:
                    findings.add(rule, line, _shown(line), uid=node.uid)
            noted = found
    for line in feed.lines:
        name = LINE_START.match(line.text)
        if name and name[1] != name[1].upper() and not name[1].startswith(b"X-") and line.content is not None:
            findings.add("name-case", line, name[1].decode())


def _calendar(feed: _Feed, findings: Findings) -> None:
    """Check the calendar's own properties: what was mended of them has its line."""
    if feed.base is None or not feed.outline.calendars:
        return
    calendar = feed.outline.calendars[0]
    for change in feed.base.journal.changes():
        names = OF_THE_CALENDAR.get(change.rule)
        if change.step == "repair" and names is not None:
            line = next((line for name in names for line in calendar.every(name)), calendar.begin)
            text = _shown(line) if line is not calendar.begin else ""
            findings.add(change.rule, line, text, count=change.count)
    for each in feed.outline.calendars:
        method = each.first(b"METHOD")
        if method is not None and is_cancelling([method.text]):
            findings.add("method-cancel", method)
    if not any(node.kind in SCHEDULED and len(node.whole) > 2 for node in feed.outline.components):
        findings.add("no-events", calendar.begin)
    if len(feed.body) > GOOGLE_OCTETS:
        findings.add("over-1-MB", calendar.begin, f"{len(feed.body):,} octets")


def _events(feed: _Feed, findings: Findings) -> None:
    """Check each event by itself."""
    for node in feed.outline.components:
        if node.kind in SCHEDULED:
            if not node.lines and not node.children:
                findings.add("empty-component", node.begin, node.kind.decode())
                continue
            _identity(node, findings)
            _end(node, feed, findings)
        for line in node.whole:
            if line.text[:6].upper() in {b"RRULE:", b"RRULE;", b"EXRULE"} and (rule := line.content) is not None:
                _rule(rule, line, node, findings)


def _identity(node: Node, findings: Findings) -> None:
    uid, stamp = node.uid, node.first(b"DTSTAMP")
    if not uid:
        findings.add("uid-missing", node.begin, node.kind.decode())
    if stamp is None or not node.value(b"DTSTAMP"):
        findings.add("dtstamp-missing", stamp or node.begin, uid=uid)
    if node.kind == b"VEVENT" and node.first(b"DTSTART") is None:
        findings.add("dtstart-missing", node.begin, uid=uid)


def _end(node: Node, feed: _Feed, findings: Findings) -> None:
    line = node.first(b"DTEND")
    if line is None:
        return
    start, end = _moment(node, b"DTSTART", feed), _moment(node, b"DTEND", feed)
    if node.first(b"DURATION") is not None:
        findings.add("end-and-duration", line, _shown(line), uid=node.uid)
    if start is None or end is None:
        return
    if start.is_day != end.is_day:
        findings.add("end-of-other-type", line, _shown(line), uid=node.uid)
    elif order(end) < order(start):
        findings.add("end-before-start", line, f"{start} to {end}", uid=node.uid)


def _rule(rule: ContentLine, line: Line, node: Node, findings: Findings) -> None:
    if rule.value.rstrip(b";, \t") != rule.value:
        findings.add("rule-separator", line, _shown(line), uid=node.uid)
    if rule.value.upper() != rule.value:
        findings.add("rule-case", line, _shown(line), uid=node.uid)
    if not _READABLE_RULE.fullmatch(rule.value.strip(b";, \t")):
        findings.add("rule-unreadable", line, _shown(line), uid=node.uid)
    content = node.content(b"DTSTART") if node.kind in SCHEDULED else None
    if content and _LOCAL_UNTIL.search(rule.value) and (content.value.endswith(b"Z") or content.parameter(b"TZID")):
        findings.add("until-local", line, _shown(line), uid=node.uid)


def _twice(feed: _Feed, findings: Findings) -> None:
    """Check that no event is there twice."""
    seen: dict[tuple[bytes, ...], Node] = {}
    for node in feed.outline.components:
        if node.kind not in SCHEDULED or not node.uid:
            continue
        instance = _as_served(node, b"RECURRENCE-ID", feed.base)
        rival = seen.setdefault((node.kind, node.uid, instance.octets if instance else b""), node)
        if rival is not node:
            same = [line.text for line in rival.whole] == [line.text for line in node.whole]
            where = f"the first is at line {rival.begin.number}"
            findings.add("duplicate" if same else "clash", node.begin, where, uid=node.uid)


def _times(feed: _Feed, findings: Findings) -> None:
    """Check each time: its form, and what its TZID does to it."""
    for node in feed.outline.components:
        if node.kind not in SCHEDULED:
            continue
        for line in node.lines:
            if line.text[:3].upper() not in _TIME_STARTS or (content := line.content) is None:
                continue
            if content.name in TIME_NAMES:
                _time(split_at_last_colon(content.octets) or content, line, node, findings)


def _time(time: ContentLine, line: Line, node: Node, findings: Findings) -> None:
    tzid = time.parameter(b"TZID")
    values = [value.partition(b"/")[0] for value in time.value.split(b",")]
    if any(wall_time(value) is None for value in values):
        findings.add("time-unreadable", line, _shown(line), uid=node.uid)
    elif tzid is None:
        if time.name == b"DTSTART" and all(_FLOATING.fullmatch(value) for value in values):
            findings.add("floating", line, _shown(line), uid=node.uid)
    elif DATES.fullmatch(time.value):
        findings.add("date-with-tzid", line, _shown(line), uid=node.uid)
    elif any(UTC_TIME.match(value) for value in values):
        findings.add("utc-with-tzid", line, _shown(line), uid=node.uid)
    elif not clean(tzid.decode("utf-8", "replace")):
        findings.add("tzid-empty", line, _shown(line), uid=node.uid)


def _zones(feed: _Feed, findings: Findings) -> None:
    """Check each TZID where it is met first, and each VTIMEZONE."""
    if feed.base is None:
        return
    context = feed.base.journal.contexts.of
    first: dict[tuple[int, str], Line] = {}
    for node in feed.outline.components:
        for line in node.whole if node.kind != b"VTIMEZONE" else ():
            if b"TZID" in line.text.upper() and (content := line.content) is not None:
                tzid = (content.parameter(b"TZID") or b"").decode("utf-8", "replace")
                first.setdefault((context(node.scope), tzid), line)
    definitions = [node for node in feed.outline.components if node.kind == b"VTIMEZONE"]
    by_name: dict[tuple[int | None, str], Node] = {}
    for node in definitions:
        by_name.setdefault((context(node.scope), _tzid(node).casefold()), node)
        by_name.setdefault((None, _tzid(node).casefold()), node)
    for zone in feed.base.journal.zones:
        met = first.get((zone.scope, zone.written))
        if met is not None:
            name = clean(zone.written).casefold()
            _zone(zone, met, by_name.get((zone.scope, name)) or by_name.get((None, name)), findings)
    used = {clean(zone.written).casefold() for zone in feed.base.journal.zones}
    _definitions(definitions, used, findings)


def _zone(zone: ZoneReport, line: Line, definition: Node | None, findings: Findings) -> None:
    name, resolution = clean(zone.written), zone.resolution
    is_iana, is_known = name in tzmap.zone_names(), resolution.kind != "keep"
    if not name:
        return
    if not zone.defined:
        known = "tzid-undeclared" if is_iana else "tzid-foreign-undeclared"
        findings.add(known if is_known else "tzid-unknown", line, name)
        return
    if (differs := resolution.disagreement) is not None:
        offsets = f"{offset_text(differs.by_rules)}, the zone {offset_text(differs.by_zone)}"
        text = f"{name}: at {differs.value} the definition says {offsets}"
        rule = "definition-differs" if is_iana or is_known else "definition-differs-foreign"
        findings.add(rule, definition.begin if definition else line, text)
    if any(sentence.startswith("The definition cannot be used") for sentence in resolution.evidence):
        findings.add("definition-unusable", definition.begin if definition else line, name)
    if resolution.kind in {"zone", "utc"} and not is_iana:
        findings.add("tzid-foreign", line, name)


def _definitions(definitions: Sequence[Node], used: Collection[str], findings: Findings) -> None:
    seen: dict[tuple[int, str], Node] = {}
    for node in definitions:
        if node.first(b"TZID") is None:
            findings.add("definition-without-tzid", node.begin)
            continue
        name = _tzid(node)
        before = seen.setdefault((node.scope, name), node)
        if [line.text for line in before.whole] != [line.text for line in node.whole]:
            findings.add("defined-twice", node.begin, f"{name}: the first is at line {before.begin.number}")
        elif name.casefold() not in used:
            findings.add("definition-unused", node.begin, name)


def _tzid(definition: Node) -> str:
    content = definition.content(b"TZID")
    return clean(unescape(content.value)) if content else ""


def _moment(node: Node, name: bytes, feed: _Feed) -> Moment | None:
    """Return what a property of a time means, its TZID as the base has resolved it."""
    time = _as_served(node, name, feed.base)
    return next(iter(feed.clocks.moments(time)), None) if time is not None else None


def _as_served(node: Node, name: bytes, base: Base | None) -> ContentLine | None:
    """Return a property of a time with the TZID that it is served with."""
    content = node.content(name)
    tzid = content.parameter(b"TZID") if content else None
    if content is None or tzid is None:
        return content
    zones = base.journal.zones if base is not None else ()
    context = base.journal.contexts.of(node.scope) if base is not None else 0
    zone = next((zone for zone in zones if zone.scope == context and zone.written.encode() == tzid), None)
    if zone is None:
        return content
    if zone.resolution.kind == "utc":
        return content.with_parameter(b"TZID", None).with_value(content.value.removesuffix(b"Z") + b"Z")
    return content.with_parameter(b"TZID", zone.served.encode())


def _shown(line: Line) -> str:
    text = line.text.decode("utf-8", "backslashreplace").strip()
    return text if len(text) <= SHOWN else text[: SHOWN - 3] + "..."


_START = Line(1, 0, b"", b"")
LONG = 300
"""Lines of a component from which one that is no content line is looked at by itself."""
SHOWN = 80
"""Characters of a line that are shown beside a finding."""
_PHYSICAL = re.compile(rb"[^\r\n]*+(?:\r\n|\r|\n)|[^\r\n]++\Z")
_CONTROL = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]|\xc2[\x80-\x9f]|\xe2\x80[\xa8\xa9]")
_BOUNDARY = re.compile(rb"(?:BEGIN|END):[A-Z0-9_./-]{1,60}", re.IGNORECASE)
_LOOSE_BOUNDARY = re.compile(rb"(?:[ \t]|\xef\xbb\xbf)*+(?:BEGIN|END)[ \t]*:", re.IGNORECASE)
_RUN_ON = re.compile(rb"(?:BEGIN|END):VCALENDAR[ \t]*[^ \t]")
_CONTENT_LINE = re.compile(rb"""[A-Za-z0-9_./-]{1,60}+(?=[;:])(?:[^":]++|"[^"]*")*+:.*""", re.DOTALL)
_READABLE_RULE = re.compile(
    rb"(?:[A-Z-]+=[^;=]+;)*FREQ=(?:SECONDLY|MINUTELY|HOURLY|DAILY|WEEKLY|MONTHLY|YEARLY)(?:;[A-Z-]+=[^;=]+)*",
    re.IGNORECASE,
)
_LOCAL_UNTIL = re.compile(rb"UNTIL=\d{8}T\d{6}(?![Z\d])", re.IGNORECASE)
_FLOATING = re.compile(rb"\d{8}T\d{6}")
_TIME_STARTS = frozenset(name[:3] for name in TIME_NAMES)
_CHECKS: tuple[Callable[[_Feed, Findings], None], ...] = (
    _octets, _boundaries, _content_lines, _calendar, _events, _twice, _times, _zones,
)  # fmt: skip
