"""UIDs and DTSTAMPs for components that lack them, derived from what they say: the same again at every fetch.

Of a run they are given to all at once.
"""

import re
from binascii import hexlify
from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import cache
from hashlib import sha256
from itertools import chain

from feedproxy.ics.components import SCHEDULED, Component, component_of
from feedproxy.ics.folding import unfold
from feedproxy.ics.kinds import scheduled
from feedproxy.ics.runs import Piece, Run
from feedproxy.transform.edit import with_lines, without
from feedproxy.transform.report import Journal

STEP = "repair"
UID_DOMAIN = b"@feedproxy"
_DIGITS = 32
"""Of the digest of what a component says, as many are its UID."""
NEVER = b"19700101T000000Z"
"""When something was stamped that does not say when."""
_BLANKS = (b" ", b"\t", b"\r")
_STAMPS = (b"LAST-MODIFIED", b"CREATED")
_START, _FINISH = b"BEGIN:%b\r", b"\nEND:%b\r\n"
_BETWEEN = b"\0"
"""Between texts of the normal form, in which there is no such character."""
_INSTANT = re.compile(rb"\d{8}T\d{6}Z")
_SAID_IN_EACH = {
    name: re.compile(rb"\n%b:(%b)\r(?:\n[^ %b][^%b]*+)?+%b" % (name, _INSTANT.pattern, *[_BETWEEN] * 3))
    for name in _STAMPS
}
"""An instant that a component says, and what else it says up to its end."""


def with_identity(component: Component, journal: Journal) -> Component:
    """Give it the UID and the DTSTAMP it lacks, if it is to have them."""
    text = component.text
    has_parameters = b"\nUID;" in text or b"\nDTSTAMP;" in text
    if not has_parameters and _says(text, b"\nUID:") and _says(text, b"\nDTSTAMP:"):
        return component
    lines = []
    has_uid, has_stamp = (_first_says(component, name) for name in (b"UID", b"DTSTAMP"))
    if has_uid and has_stamp:
        return component
    if not has_uid:
        lines.append(b"UID:" + _derived_uid(unfold(without(component, b"DTSTAMP").text)))
        journal.note(STEP, "uid-missing", lines[0].decode() if journal.has_room(STEP, "uid-missing") else "")
        component = without(component, b"UID")
    if not has_stamp:
        lines.append(b"DTSTAMP:" + _stamp(component))
        journal.note(STEP, "dtstamp-missing", name_of(component))
        component = without(component, b"DTSTAMP")
    return with_lines(component, lines)


def is_identified_at_once(run: Run) -> bool:
    """Tell whether nothing within the components of a run is named as they are."""
    own = scheduled(run.text) if run.within else run.text
    return own is run.text or all(own.count(name) == run.text.count(name) for name in (b"\nUID", b"\nDTSTAMP"))


def identified(run: Run, journal: Journal, also: str = "") -> Sequence[Piece]:
    """Give the components of a run what `with_identity` gives each; those that say nothing go.

    `also`: a rule that is noted of each that stays, if all are (`is_identified_at_once`).
    """
    if _says_nothing(run):
        journal.note_each(STEP, "empty-component", run.kind_of_each, count=len(run.uids))
        return []
    own = scheduled(run.text) if run.within else run.text
    named = [name for name in (b"UID", b"DTSTAMP") if b"\n" + name in own]
    if run.within and any(own.count(b"\n" + name) < run.text.count(b"\n" + name) for name in named):
        return _identified_singly(run, journal)
    kinds = run.kind_of_each
    said = _between_boundaries(run)
    empty: Sequence[int] = [n for n, lines in enumerate(said) if not lines] if b"" in said else ()
    unnamed: Sequence[int] = [n for n, uid in enumerate(run.uids) if not uid] if any(run.uids) else range(len(said))
    unstamped = run.unstamped
    if run.kinds:
        empty, unnamed = ([n for n in places if kinds[n] in SCHEDULED] for places in (empty, unnamed))
    if empty:
        unnamed, unstamped = ([n for n in places if said[n]] for places in (unnamed, unstamped))
    bare = _without_lines(said, unnamed, b"DTSTAMP") if b"DTSTAMP" in named else said
    derived = _derived_uids(_written(_chosen(kinds, unnamed), _chosen(bare, unnamed)), has_folds=b"\n " in run.text)
    places = {"empty-component": empty, "uid-missing": unnamed, "dtstamp-missing": unstamped}
    uids = _put(run.uids, unnamed, derived)
    if also:
        places[also] = [n for n, lines in enumerate(said) if lines]
    _note(run, places, derived, uids, journal)
    if len(empty) == len(said):
        return []
    given = _put([b""] * len(said), unnamed, _lines_of(b"UID", derived))
    stamps = _stamp_lines(kinds, said, unstamped)
    left = _without_lines(said, unnamed, b"UID") if b"UID" in named else said
    left = _without_lines(left, unstamped, b"DTSTAMP") if b"DTSTAMP" in named else left
    starts, finishes = (_of_each(form, kinds) for form in (_START, _FINISH))
    text = b"".join(chain.from_iterable(zip(starts, given, stamps, left, finishes, strict=True)))
    mended = replace(run, parts=[text], uids=uids, is_divided=False, is_identified=True, unstamped=())
    return mended.without(set(empty)) if empty else [mended]


def _says_nothing(run: Run) -> bool:
    """Tell whether all in a run need a UID and say nothing: then it is as long as their boundaries."""
    kinds = run.kind_of_each
    octets = len(_START % b"") + len(_FINISH % b"")
    return SCHEDULED.issuperset(kinds) and len(run.text) == octets * len(kinds) + 2 * sum(map(len, kinds))


def _identified_singly(run: Run, journal: Journal) -> list[Piece]:
    """Do it one by one, where something within is named as the components are."""
    pieces: list[Piece] = []
    for piece in run.apart([n for n, kind in enumerate(run.kind_of_each) if kind in SCHEDULED]):
        if isinstance(piece, Run):
            pieces.append(replace(piece, is_identified=True, unstamped=()))
        elif piece.is_empty():
            journal.note(STEP, "empty-component", piece.kind.decode())
        else:
            pieces.append(with_identity(piece, journal))
    return pieces


def _note(
    run: Run, places: dict[str, Sequence[int]], derived: Sequence[bytes], uids: Sequence[bytes], journal: Journal
) -> None:
    """Write down what is mended in a run, by the rule and the places of the components, in the order of the places."""
    empty, _, unstamped, *_ = places.values()
    kinds = run.kind_of_each
    names = zip(_chosen(run.uids, unstamped), _chosen(kinds, unstamped), strict=True)
    examples: Sequence[Iterable[bytes]] = (
        _chosen(kinds, empty),
        map(b"UID:".__add__, derived),
        (uid or kind for uid, kind in dict.fromkeys(names)),
        filter(None, uids),
    )
    of_each = [(rule, places[rule], some) for rule, some in zip(places, examples, strict=False) if places[rule]]
    for rule, mended, some in sorted(of_each, key=lambda found: found[1][0]):
        journal.note_each(STEP, rule, some, count=len(mended))


def _put(values: list[bytes], places: Sequence[int], others: list[bytes]) -> list[bytes]:
    """Return the values with others at these places."""
    if len(places) == len(values):
        return others
    changed = values.copy()
    for place, other in zip(places, others, strict=True):
        changed[place] = other
    return changed


def _chosen(values: Sequence[bytes], places: Sequence[int]) -> Sequence[bytes]:
    return values if len(places) == len(values) else [values[n] for n in places]


def _between_boundaries(run: Run) -> list[bytes]:
    """Return the lines of each component of a run, with the end of each line before it and not behind."""
    if run.kinds:
        boundary = len(_FINISH % b"")
        return [
            text[len(kind) + boundary : -len(kind) - boundary]
            for kind, text in zip(run.kinds, run.texts(), strict=True)
        ]
    start, finish = _START % run.kind, _FINISH % run.kind
    return run.text[len(start) : -len(finish)].split(finish + start)


def _of_each(form: bytes, kinds: Sequence[bytes]) -> Sequence[bytes]:
    """Return that boundary of components of these kinds."""
    if kinds and kinds.count(kinds[0]) == len(kinds):
        return [form % kinds[0]] * len(kinds)
    forms = {kind: form % kind for kind in {*kinds}}
    return [*map(forms.__getitem__, kinds)]


def _lines_of(name: bytes, values: Sequence[bytes]) -> list[bytes]:
    """Return a property for each value, with the end of the line before it and not behind."""
    start = b"\n%b:" % name
    return (start + (b"\r" + _BETWEEN + start).join(values) + b"\r").split(_BETWEEN) if values else []


def _written(kinds: Sequence[bytes], said: Sequence[bytes]) -> list[bytes]:
    """Return the text of components of these kinds that have these lines."""
    boundaries = zip(_of_each(_START, kinds), said, _of_each(_FINISH, kinds), strict=True)
    return [start + lines + finish for start, lines, finish in boundaries]


def _without_lines(said: list[bytes], places: Sequence[int], name: bytes) -> list[bytes]:
    """Return the lines of components, in some of them but those of that name, which nothing within has."""
    if not places:
        return said
    return _put(said, places, _lines(name).sub(b"", _BETWEEN.join(_chosen(said, places))).split(_BETWEEN))


@cache
def _lines(name: bytes) -> re.Pattern[bytes]:
    """Match a property of that name, folds included, with the end of the line before it and not behind."""
    return re.compile(rb"\n%b[;:][^\r]*+\r(?:\n [^\r]*+\r)*+" % re.escape(name))


def _derived_uids(texts: Sequence[bytes], *, has_folds: bool) -> list[bytes]:
    """Return the UIDs of components that say this, without their DTSTAMPs."""
    digests = [sha256(text).digest() for text in (map(unfold, texts) if has_folds else texts)]
    digits = hexlify(b"".join(digests))
    return [digits[at : at + _DIGITS] + UID_DOMAIN for at in range(0, len(digits), 2 * sha256().digest_size)]


def _derived_uid(text: bytes) -> bytes:
    """Return the UID of a component that says this, unfolded and without its DTSTAMP."""
    return hexlify(sha256(text).digest())[:_DIGITS] + UID_DOMAIN


def _stamp_lines(kinds: Sequence[bytes], said: Sequence[bytes], unstamped: Sequence[int]) -> list[bytes]:
    """Return the DTSTAMP that each component is to be given; nothing for one that has one."""
    some = _chosen(said, unstamped)
    stamps = _stamps(_BETWEEN.join([*some, b""]), len(some))
    if stamps is None:
        stamps = [*map(_stamp, map(component_of, _written(_chosen(kinds, unstamped), some)))]
    return _put([b""] * len(said), unstamped, _lines_of(b"DTSTAMP", stamps))


def _stamps(text: bytes, number: int) -> Sequence[bytes] | None:
    """Return when each of so many components was last changed, if all say it once and plainly, or none says anything.

    `text` is their lines.
    """
    for name in _STAMPS:
        count = text.count(b"\n" + name)
        if count:
            found: list[bytes] = _SAID_IN_EACH[name].findall(text) if count == number else []
            return found if len(found) == number and b"\nBEGIN:" not in text else None
    return [NEVER] * number


def _says(text: bytes, start: bytes) -> bool:
    """Tell at a glance whether a component has an own property that begins so and says something; when in doubt not."""
    at = text.find(start)
    behind = at + len(start)
    return at >= 0 and text[behind : behind + 1] not in _BLANKS and text.find(b"\nBEGIN:", 0, at) < 0


def _first_says(component: Component, name: bytes) -> bool:
    """Tell whether its first property of that name says something: libical takes no notice of one that does not."""
    return (component.value(name) or b"").strip() != b""


def _stamp(component: Component) -> bytes:
    """When it was last changed, as far as it says so; no clock may reach the output."""
    for name in _STAMPS:
        value = component.value(name)
        if value and _INSTANT.fullmatch(value):
            return value
    return NEVER


def name_of(component: Component) -> str:
    """Return what a component is called in a report: its UID, or its kind if it has none."""
    return (component.uid() or component.kind).decode()
