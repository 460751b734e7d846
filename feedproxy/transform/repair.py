"""What upstreams get wrong and clients choke on, put right before anything else looks at it.

Which client breaks on what was measured with Thunderbird 153, Evolution 3.46, vdirsyncer 0.21, khal, calcurse,
FullCalendar, node-ical and Home Assistant; the rules are in the order in which they run.
"""

import hashlib
import re
from dataclasses import replace

from feedproxy.ics.components import Component
from feedproxy.ics.contentline import ContentLine, split
from feedproxy.ics.folding import fold, unfold, write
from feedproxy.transform.calendar import Calendar
from feedproxy.transform.report import Journal

STEP = "repair"
SCHEDULED = frozenset((b"VEVENT", b"VTODO", b"VJOURNAL", b"VFREEBUSY"))
"""The kinds of which RFC 5545 section 3.6 demands UID and DTSTAMP."""
UID_DOMAIN = b"@feedproxy"
PRODID = b"PRODID:-//feedproxy//feedproxy//EN"

_RULE = re.compile(rb"(?<=\n)(?:RRULE|EXRULE)[;:][^\n]*(?:\n [^\n]*)*")
_STAMPS = (b"LAST-MODIFIED", b"CREATED")
_INSTANT = re.compile(rb"\d{8}T\d{6}Z")
_TTL_NAMES = (b"REFRESH-INTERVAL", b"X-PUBLISHED-TTL", b"X-PUBLISH-TTL")
_DURATION = re.compile(rb"\+?(P(?:\d+W|(?=[\dT])(?:\d+D)?(?:T(?=\d)(?:\d+H)?(?:\d+M)?(?:\d+S)?)?))")


def repair(calendar: Calendar, journal: Journal) -> Calendar:
    """Mend the components and the head. One head is left."""
    cancelled = {scope for scope, head in enumerate(calendar.heads) if b"METHOD:CANCEL" in _upper(head)}
    components = []
    for component in calendar.components:
        if component.kind in SCHEDULED and component.is_empty():
            journal.note(STEP, "empty-component", component.kind.decode("ascii", "replace"))
            continue
        mended = without_trailing_separators(component, journal)
        if component.kind in SCHEDULED:
            mended = _with_identity(mended, journal)
            if component.scope in cancelled and component.kind != b"VFREEBUSY":
                mended = _cancelled(mended, journal)
        components.append(mended)
    unique = _unique(components, journal)
    definitions = [without_trailing_separators(definition, journal) for definition in calendar.definitions]
    return replace(
        calendar.with_components(unique), heads=(_head(calendar.heads, journal),), definitions=tuple(definitions)
    )


def without_trailing_separators(component: Component, journal: Journal) -> Component:
    """`RRULE:FREQ=DAILY;` as CalReply publishes it: ics and vobject refuse the feed."""
    if b"RULE" not in component.text:
        return component
    text = _RULE.sub(lambda rule: fold(unfold(rule[0]).rstrip(b";, \t\r")) + b"\r", component.text)
    if text == component.text:
        return component
    journal.note(STEP, "rule-separator", _name(component))
    return replace(component, text=text)


def _with_identity(component: Component, journal: Journal) -> Component:
    """Give it the UID and the DTSTAMP it lacks, derived from what it says: the same again at every fetch."""
    lines = []
    if b"\nUID" not in component.text or not component.uid():
        digest = hashlib.sha256(component.text).hexdigest()[:32].encode()
        lines.append(b"UID:" + digest + UID_DOMAIN)
        journal.note(STEP, "uid-missing", lines[0].decode())
    if b"\nDTSTAMP" not in component.text:
        lines.append(b"DTSTAMP:" + _stamp(component))
        journal.note(STEP, "dtstamp-missing", _name(component))
    if not lines:
        return component
    if lines[0].startswith(b"UID:"):
        component = without(component, b"UID")
    return with_lines(component, lines)


def _stamp(component: Component) -> bytes:
    """When it was last changed, as far as it says so; no clock may reach the output."""
    for name in _STAMPS:
        line = component.first(name)
        if line and _INSTANT.fullmatch(line.value):
            return line.value
    return b"19700101T000000Z"


def _cancelled(component: Component, journal: Journal) -> Component:
    """METHOD:CANCEL says of the whole calendar what a subscribed feed says of each event."""
    journal.note(STEP, "method-cancel", _name(component))
    return with_lines(without(component, b"STATUS"), [b"STATUS:CANCELLED"])


def with_lines(component: Component, lines: list[bytes]) -> Component:
    """Return the component with these unfolded lines put right behind its BEGIN."""
    start = len(component.kind) + 8
    return replace(component, text=component.text[:start] + write(lines) + component.text[start:])


def without(component: Component, name: bytes) -> Component:
    """Return the component without its own properties of that name; nested components keep theirs."""
    if b"\n" + name not in component.text:
        return component
    kept, depth, dropping = [], -1, False
    for line in component.text.splitlines(keepends=True):
        if not line.startswith(b" "):
            dropping = depth == 0 and line.startswith((name + b":", name + b";"))
        depth += line.startswith(b"BEGIN:") - line.startswith(b"END:")
        if not dropping:
            kept.append(line)
    return replace(component, text=b"".join(kept))


def _unique(components: list[Component], journal: Journal) -> list[Component]:
    """Leave one component for each (UID, RECURRENCE-ID): Thunderbird, Evolution and vdirsyncer show the last anyway.

    The higher SEQUENCE wins, then the newer LAST-MODIFIED, then the later in the feed.
    """
    best: dict[tuple[bytes, bytes, bytes], int] = {}
    for n, component in enumerate(components):
        if component.kind not in SCHEDULED:
            continue
        key = identity(component)
        rival = best.setdefault(key, n)
        if rival == n:
            continue
        if components[rival].text == component.text:
            journal.note(STEP, "duplicate", _name(component))
        else:
            journal.note(STEP, "clash", _name(component))
            if _version(component) >= _version(components[rival]):
                best[key] = n
    kept = set(best.values())
    return [c for n, c in enumerate(components) if c.kind not in SCHEDULED or n in kept]


def identity(component: Component) -> tuple[bytes, bytes, bytes]:
    """Return what makes a component itself: its kind, UID and RECURRENCE-ID (empty for a master)."""
    recurrence = component.first(b"RECURRENCE-ID") if b"\nRECURRENCE-ID" in component.text else None
    return component.kind, component.uid() or b"", recurrence.value if recurrence else b""


def _version(component: Component) -> tuple[int, bytes]:
    sequence, modified = component.first(b"SEQUENCE"), component.first(b"LAST-MODIFIED")
    digits = sequence.value.strip() if sequence else b""
    return int(digits) if digits.isdigit() and len(digits) < 10 else 0, modified.value if modified else b""


def _name(component: Component) -> str:
    return (component.uid() or component.kind).decode("utf-8", "replace")


def _upper(head: tuple[bytes, ...]) -> list[bytes]:
    return [line.upper().rstrip() for line in head]


def _head(heads: tuple[tuple[bytes, ...], ...], journal: Journal) -> tuple[bytes, ...]:
    """Return the property lines of the one VCALENDAR: what every client wants first, then the source's own."""
    if len(heads) > 1:
        journal.note(STEP, "calendars-joined", count=len(heads) - 1)
    lines = [line for text in heads[0] if (line := split(text)) is not None]
    given = {line.name: line for line in reversed(lines)}
    head = [_version_line(given, journal), given[b"PRODID"].octets if b"PRODID" in given else PRODID]
    if b"PRODID" not in given:
        journal.note(STEP, "prodid-missing")
    if b"METHOD" in given and given[b"METHOD"].octets != b"METHOD:PUBLISH":
        journal.note(STEP, "method", given[b"METHOD"].value.decode("utf-8", "replace"))
    head.append(b"METHOD:PUBLISH")
    head += _refresh_interval(given, journal)
    if b"X-WR-CALNAME" in given and b"NAME" not in given:
        head.append(b"NAME:" + given[b"X-WR-CALNAME"].value)
    elif b"NAME" in given and b"X-WR-CALNAME" not in given:
        head.append(b"X-WR-CALNAME:" + given[b"NAME"].value)
    written = {b"VERSION", b"PRODID", b"METHOD", *_TTL_NAMES}
    return (*head, *(line.octets for line in lines if line.name not in written))


def _version_line(given: dict[bytes, ContentLine], journal: Journal) -> bytes:
    """VERSION:2.0; vCalendar's 1.0 stays, for what it holds is of another syntax."""
    line = given.get(b"VERSION")
    if line is not None and line.value.strip() in {b"2.0", b"1.0"}:
        return b"VERSION:" + line.value.strip()
    journal.note(STEP, "version", line.value.decode("utf-8", "replace") if line else "")
    return b"VERSION:2.0"


def _refresh_interval(given: dict[bytes, ContentLine], journal: Journal) -> list[bytes]:
    """REFRESH-INTERVAL (RFC 7986 section 5.7) for those who read the standard, X-PUBLISHED-TTL for Outlook."""
    for name in _TTL_NAMES:
        duration = _DURATION.fullmatch(given[name].value.strip().upper()) if name in given else None
        if duration is None:
            continue
        if name == b"X-PUBLISH-TTL":
            journal.note(STEP, "x-publish-ttl", duration[1].decode())
        return [b"REFRESH-INTERVAL;VALUE=DURATION:" + duration[1], b"X-PUBLISHED-TTL:" + duration[1]]
    return [given[name].octets for name in _TTL_NAMES if name in given]


def head_lines(text: bytes) -> tuple[bytes, ...]:
    """Return the unfolded property lines of a VCALENDAR's own text."""
    return tuple(unfold(text).removesuffix(b"\r\n").split(b"\r\n")) if text else ()
