"""What upstreams get wrong and clients choke on, put right before anything else looks at it.

Which client breaks on what was measured with Thunderbird 153, Evolution 3.46, vdirsyncer 0.21, khal, calcurse,
FullCalendar, node-ical and Home Assistant; the rules are in the order in which they run.
"""

import operator
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, chain, compress, count

from feedproxy.ics.components import SCHEDULED, Component
from feedproxy.ics.contentline import ContentLine, split
from feedproxy.ics.folding import fold_each, unfold
from feedproxy.ics.runs import Piece, Run
from feedproxy.ics.searching import holds
from feedproxy.transform.calendar import Calendar, Heads
from feedproxy.transform.edit import lines_of, with_lines, without
from feedproxy.transform.nameless import STEP, identified, is_identified_at_once, name_of, with_identity
from feedproxy.transform.report import Journal
from feedproxy.transform.revision import SAME, revised
from feedproxy.transform.unique import Identity, identity, unique, version

CANCELLED = b"STATUS:CANCELLED"
CANCELLABLE = SCHEDULED - {b"VFREEBUSY"}
PRODID = b"PRODID:-//feedproxy//feedproxy//EN"

_RULES = re.compile(rb"(\n(?:RRULE|EXRULE)[;:][^\r]*+(?:\r\n [^\r]*+)*+)")
_UNTIDY_RULE = re.compile(rb"\n(?:RRULE|EXRULE)(?=[;:])(?!:[^a-z\r]*+(?<![;, \t])\r\n(?! ))")
"""A rule that may have to be mended: with parameters, with small letters, with a separator at its end, or folded."""
_RULES_WITH_PARAMETERS = (b"\nRRULE;", b"\nEXRULE;")
_SEPARATORS = b";, \t"
_ONCE = (b"VERSION", b"PRODID", b"METHOD")
"""Of what a VCALENDAR may have once, the first counts."""
_TTL_NAMES = (b"REFRESH-INTERVAL", b"X-PUBLISHED-TTL", b"X-PUBLISH-TTL")
_WRITTEN_STARTS = tuple(name + end for name in (*_ONCE, *_TTL_NAMES) for end in (b":", b";"))
_KNOWN = re.compile(rb"(?:%b|NAME|X-WR-CALNAME)[:;]" % b"|".join((*_ONCE, *_TTL_NAMES)))
_ONLY_CANCELLED = b"BEGIN:%b\r\nSTATUS:CANCELLED\r\nEND:%b\r\n"
_VERSIONS = (b"\nSEQUENCE", b"\nLAST-MODIFIED")
_CANCELLING = re.compile(rb"[Mm](?i:ETHOD:CANCEL)\s*\Z")
_DURATION = re.compile(rb"\+?(P(?:\d+W|(?=[\dT])(?:\d+D)?(?:T(?=\d)(?:\d+H)?(?:\d+M)?(?:\d+S)?)?))")


def repair(calendar: Calendar, journal: Journal) -> Calendar:
    """Mend the components and the head. One head is left."""
    cancelled = calendar.cancelled
    pieces: list[Piece] = []
    for piece in calendar.pieces:
        if isinstance(piece, Run):
            pieces += mended_run(piece, journal, cancelled)
        elif (found := mended(piece, journal, cancelled=piece.scope in cancelled)) is not None:
            pieces.append(found)
    return replace(
        calendar,
        heads=(_head(calendar.heads, journal),),
        definitions=_with_tidy_rules(calendar.definitions, journal),
        pieces=tuple(_series_cancelled(unique(pieces, journal), cancelled, journal)),
        cancelled=frozenset(),
    )


def cancelled_scopes(heads: Sequence[bytes]) -> frozenset[int]:
    """Return which VCALENDARs, known by their property texts, say METHOD:CANCEL.

    Nearly always none does, which is seen in all at once.
    """
    if b"METHOD:CANCEL" not in unfold(b"".join(heads)).upper():
        return frozenset()
    different = [*{*heads}]
    cancelling = {*compress(different, map(is_cancelling, Heads(different)))}
    return frozenset(_places(heads, cancelling))


def mended(component: Component, journal: Journal, *, cancelled: bool = False) -> Component | None:
    """Mend what needs no other component to be looked at; None when it says nothing.

    `cancelled`: its VCALENDAR says METHOD:CANCEL.
    """
    if component.kind in SCHEDULED and component.is_empty():
        journal.note(STEP, "empty-component", component.kind.decode())
        return None
    component = with_tidy_rules(component, journal)
    if component.kind in SCHEDULED:
        component = with_identity(component, journal)
        if cancelled and component.kind in CANCELLABLE:
            component = _cancelled(component, journal)
    return component


def mended_run(run: Run, journal: Journal, cancelled: Collection[int] = ()) -> Sequence[Piece]:
    """Mend a run as `mended` mends each of its events; there is little that plain events need."""
    run = _tidy_run(run, journal)
    scopes = {*_scopes(run)}
    if scopes.isdisjoint(cancelled):
        return [run] if run.is_identified else identified(run, journal)
    if run.is_identified and _is_cancelled_at_once(run):
        return [_cancelled_run(run, journal, cancelled)]
    if not scopes.issubset(cancelled):
        return [
            piece for part in run.parted_by(cancelled.__contains__) for piece in mended_run(part, journal, cancelled)
        ]
    if _is_cancelled_at_once(run) and is_identified_at_once(run):
        return [
            _said_to_be_cancelled(piece)
            for piece in identified(run, journal, "method-cancel")
            if isinstance(piece, Run)
        ]
    found = (mended(component, journal, cancelled=True) for component in run.components())
    return [component for component in found if component is not None]


def _scopes(piece: Piece) -> Sequence[int]:
    """Return the VCALENDARs that a piece is of."""
    return (isinstance(piece, Run) and piece.scopes) or (piece.scope,)


def _uids_of(pieces: Iterable[Piece], cancelled: Collection[int], *, within: bool) -> frozenset[bytes]:
    """Return the UIDs of what stands within a VCALENDAR that is cancelled, or of all else."""
    found: set[bytes] = set()
    for piece in pieces:
        uids = piece.uids if isinstance(piece, Run) else [piece.uid()]
        scopes = _scopes(piece)
        if len(scopes) > 1:
            found.update(compress(uids, [(scope in cancelled) == within for scope in scopes]))
        elif (piece.scope in cancelled) == within:
            found.update(uids)
    return frozenset(found - {b""})


def _series_cancelled(pieces: list[Piece], cancelled: frozenset[int], journal: Journal) -> list[Piece]:
    """Cancel the overrides of a series that another calendar of the stream cancels, but for those of a later version.

    A CANCEL without RECURRENCE-ID is of all instances (RFC 5546 section 3.2.5); they are of its version then.
    """
    if not cancelled or cancelled.issuperset(chain.from_iterable(map(_scopes, pieces))):
        return pieces
    shared = frozenset.intersection(*(_uids_of(pieces, cancelled, within=within) for within in (True, False)))
    if not shared:
        return pieces
    pieces = [part for piece in pieces for part in _parted_if_cancelling(piece, shared, cancelled)]
    components = [piece for piece in pieces if isinstance(piece, Component) and piece.kind in CANCELLABLE]
    series = {identity(c): c for c in components if c.scope in cancelled and not c.has(b"RECURRENCE-ID")}
    settled: list[Piece] = []
    for piece in pieces:
        if not cancelled.isdisjoint(_scopes(piece)):
            settled.append(piece)
        elif isinstance(piece, Run):
            settled += _run_of_cancelled_series(piece, series, journal)
        else:
            settled.append(_of_cancelled_series(piece, series, journal))
    return settled


def _parted_if_cancelling(piece: Piece, uids: Collection[bytes], cancelled: frozenset[int]) -> Sequence[Piece]:
    """Return a piece with its events of these UIDs each by itself, if some of its VCALENDARs are cancelled."""
    return piece.parted(uids) if isinstance(piece, Run) and not cancelled.isdisjoint(_scopes(piece)) else [piece]


def _of_cancelled_series(component: Component, series: Mapping[Identity, Component], journal: Journal) -> Component:
    """Cancel a component if its series is cancelled, and it is of no later version."""
    cancel = series.get(identity(component)[:2])
    if cancel is None or version(component)[0] > version(cancel)[0]:
        return component
    return revised(cancel, _cancelled(component, journal), SAME)


def _run_of_cancelled_series(run: Run, series: Mapping[Identity, Component], journal: Journal) -> Sequence[Piece]:
    """Do so to each component of a run: to all at once where none says of which version it is."""
    keys = [*zip(run.kind_of_each, run.uids, strict=True)]
    found = series.keys() & {*keys}
    if not found:
        return [run]
    if _has_nested(run) or any(name in run.text for name in _VERSIONS):
        parted = run.parted({uid for _, uid in found})
        return [p if isinstance(p, Run) else _of_cancelled_series(p, series, journal) for p in parted]
    places = _places(keys, found)
    journal.note_each(STEP, "method-cancel", map(run.uids.__getitem__, places), count=len(places))
    lines = {
        key: revised(series[key], Component(key[0], _ONLY_CANCELLED % (key[0], key[0])), SAME).own() for key in found
    }
    texts = run.texts()
    for n in places:
        text = lines_of(b"STATUS").sub(b"", texts[n]) if b"\nSTATUS" in texts[n] else texts[n]
        start = text.index(b"\n") + 1
        texts[n] = text[:start] + lines[keys[n]] + text[start:]
    return [replace(run, parts=[b"".join(texts)], is_divided=False)]


def with_tidy_rules(component: Component, journal: Journal) -> Component:
    """`RRULE:FREQ=DAILY;` as CalReply publishes it: ics and vobject refuse the feed; of `freq=daily` ical.js does."""
    if b"RULE" not in component.text or not _UNTIDY_RULE.search(component.text):
        return component
    tidied = _tidied(component.text)
    for mend in tidied.places:
        journal.note(STEP, mend, name_of(component))
    return component.with_text(tidied.text) if tidied.places else component


@dataclass(frozen=True, slots=True)
class _Tidied:
    """Text with tidy rules, where each was, and of each mend the rules, by their numbers, that needed it."""

    text: bytes
    starts: Sequence[int]
    places: Mapping[str, Sequence[int]]


def _tidied(text: bytes) -> _Tidied:
    """Mend the rules of a text, those that are alike once."""
    parts = _RULES.split(text)
    rules = parts[1::2]
    different = [*dict.fromkeys(rules)]
    lines = unfold(b"".join(different)).split(b"\n")[1:]
    bare = [line.rstrip(_SEPARATORS) for line in lines]
    joined = b"\n".join(bare)
    has_parameters = any(holds(b"\n" + joined, start) for start in _RULES_WITH_PARAMETERS)
    upper = [*map(_upper, bare)] if has_parameters else joined.upper().split(b"\n")
    separated, small = _different(lines, bare), _different(bare, upper)
    changed = sorted({*separated, *small})
    become = dict(zip(different, different, strict=True))
    folded = fold_each([upper[n] for n in changed])
    become.update(zip([different[n] for n in changed], map(b"\n".__add__, folded), strict=True))
    starts = [*accumulate(map(len, parts))][::2]
    parts[1::2] = map(become.__getitem__, rules)
    mends = {"rule-separator": separated, "rule-case": small}
    places = {mend: _places(rules, {different[n] for n in places}) for mend, places in mends.items() if places}
    return _Tidied(b"".join(parts), starts, dict(sorted(places.items(), key=_first)))


def _first(mend: tuple[str, Sequence[int]]) -> int:
    return mend[1][0]


def _different(some: Sequence[bytes], others: Sequence[bytes]) -> list[int]:
    """Return at which places two lists differ."""
    return [*compress(count(), map(operator.ne, some, others))]


def _places(values: Sequence[object], some: Collection[object]) -> list[int]:
    """Return the places of some values among others."""
    return [*compress(count(), map(some.__contains__, values))]


def _upper(rule: bytes) -> bytes:
    line = split(rule)
    return rule if line is None else line.with_value(line.value.upper()).octets


def _tidy_run(run: Run, journal: Journal) -> Run:
    """Do to each component of a run what `with_tidy_rules` does to one."""
    if run.is_tidy or b"RULE" not in run.text or _UNTIDY_RULE.search(run.text) is None:
        return run
    tidied = _tidied(run.text)
    components = run.places(tidied.starts)
    for mend, rules in tidied.places.items():
        places = dict.fromkeys(map(components.__getitem__, rules))
        examples = (run.uids[place] or run.kind_at(place) for place in places)
        journal.note_each(STEP, mend, examples, count=len(places))
    return replace(run, parts=[tidied.text], is_divided=False) if tidied.places else run


def _with_tidy_rules(definitions: Sequence[Component], journal: Journal) -> tuple[Component, ...]:
    """Return the definitions, one that is there again in its VCALENDAR left out, with tidy rules; few are different."""
    tidy = {text for text in {each.text for each in definitions} if not _UNTIDY_RULE.search(text)}
    once = dict.fromkeys(definitions)
    return tuple([each if each.text in tidy else with_tidy_rules(each, journal) for each in once])


def _cancelled(component: Component, journal: Journal) -> Component:
    """METHOD:CANCEL says of the whole calendar what a subscribed feed says of each event."""
    journal.note(STEP, "method-cancel", name_of(component) if journal.has_room(STEP, "method-cancel") else "")
    return with_lines(without(component, b"STATUS"), [CANCELLED])


def _cancelled_run(run: Run, journal: Journal, cancelled: Collection[int]) -> Run:
    """Do to each component of these VCALENDARs in a run what `_cancelled` does to one (`_is_cancelled_at_once`)."""
    if {*run.scopes}.issubset(cancelled):
        return _all_cancelled(run, journal)
    chosen = [scope in cancelled for scope in run.scopes]
    uids, kinds = ([*compress(values, chosen)] for values in (run.uids, run.kinds))
    some = replace(run, parts=[b"".join(compress(run.texts(), chosen))], uids=uids, kinds=kinds, is_divided=False)
    become = iter(_all_cancelled(some, journal).texts())
    texts = [next(become) if is_cancelled else text for text, is_cancelled in zip(run.texts(), chosen, strict=True)]
    return replace(run, parts=[b"".join(texts)], is_divided=False)


def _all_cancelled(run: Run, journal: Journal) -> Run:
    journal.note_each(STEP, "method-cancel", run.uids, count=len(run.uids))
    return _said_to_be_cancelled(run)


def _said_to_be_cancelled(run: Run) -> Run:
    text = lines_of(b"STATUS").sub(b"", run.text) if b"\nSTATUS" in run.text else run.text
    text = b"\n" + text
    for kind in {*run.kinds, run.kind}:
        begin = b"\nBEGIN:%b\r\n" % kind
        text = text.replace(begin, begin + CANCELLED + b"\r\n")
    return replace(run, parts=[text[1:]], is_divided=False)


def _is_cancelled_at_once(run: Run) -> bool:
    """Tell whether all in a run are to be cancelled, and nothing in them has a STATUS of its own."""
    return CANCELLABLE.issuperset({*run.kinds, run.kind}) and not (b"\nSTATUS" in run.text and _has_nested(run))


def _has_nested(run: Run) -> bool:
    """Tell whether components stand in those of a run."""
    return run.text.count(b"\nBEGIN:") >= len(run.uids)


def is_cancelling(head: Sequence[bytes]) -> bool:
    """Tell whether the property lines of a VCALENDAR say METHOD:CANCEL."""
    return any(map(_CANCELLING.match, head))


def _head(heads: Heads | tuple[tuple[bytes, ...], ...], journal: Journal) -> tuple[bytes, ...]:
    """Return the property lines of the one VCALENDAR: what every client wants first, then the source's own."""
    if len(heads) > 1:
        journal.note(STEP, "calendars-joined", count=len(heads) - 1)
    own = heads[0]
    texts = [*filter(_KNOWN.match, own)]
    known = [line for text in texts if (line := split(text)) is not None]
    given = {line.name: line for line in reversed(known)}
    head = [_version_line(given, journal), given[b"PRODID"].octets if b"PRODID" in given else PRODID]
    if b"PRODID" not in given:
        journal.note(STEP, "prodid-missing")
    if b"METHOD" in given and given[b"METHOD"].octets != b"METHOD:PUBLISH":
        journal.note(STEP, "method", given[b"METHOD"].value.decode())
    head.append(b"METHOD:PUBLISH")
    if twice := sum(line.name in _ONCE for line in known) - sum(name in given for name in _ONCE):
        journal.note(STEP, "head-property-twice", count=twice)
    head += _refresh_interval(given, journal)
    if b"X-WR-CALNAME" in given and b"NAME" not in given:
        head.append(b"NAME:" + given[b"X-WR-CALNAME"].value)
    elif b"NAME" in given and b"X-WR-CALNAME" not in given:
        head.append(b"X-WR-CALNAME:" + given[b"NAME"].value)
    at = 0
    for text in texts:
        if text.startswith(_WRITTEN_STARTS):
            place = own.index(text, at)
            head += own[at:place]
            at = place + 1
    return (*head, *own[at:])


def _version_line(given: dict[bytes, ContentLine], journal: Journal) -> bytes:
    """VERSION:2.0; vCalendar's 1.0 stays, for what it holds is of another syntax."""
    line = given.get(b"VERSION")
    version = line.value.strip() if line is not None else b""
    written = b"VERSION:" + (version if version in {b"2.0", b"1.0"} else b"2.0")
    if line is None or line.octets != written:
        journal.note(STEP, "version", line.value.decode() if line else "")
    return written


def _refresh_interval(given: dict[bytes, ContentLine], journal: Journal) -> list[bytes]:
    """REFRESH-INTERVAL (RFC 7986 section 5.7) for those who read the standard, X-PUBLISHED-TTL for Outlook."""
    for name in _TTL_NAMES:
        duration = _DURATION.fullmatch(given[name].value.strip().upper()) if name in given else None
        if duration is None:
            continue
        if name == b"X-PUBLISH-TTL":
            journal.note(STEP, "x-publish-ttl", duration[1].decode())
        for other in _TTL_NAMES[:2]:
            if other in given and given[other].value.strip().upper() != duration[1]:
                journal.note(STEP, "interval-replaced", given[other].octets.decode())
        return [b"REFRESH-INTERVAL;VALUE=DURATION:" + duration[1], b"X-PUBLISHED-TTL:" + duration[1]]
    for name in _TTL_NAMES:
        if name in given:
            journal.note(STEP, "interval-unreadable", given[name].octets.decode())
    return []
