"""A new body with the octets of the last one wherever the two differ by churn alone (`feedproxy.transform.digest`).

What is made of the settled body is then the same as last time, octet for octet, where nothing else has changed: no
later step need know of churn.
"""

from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import repeat
from typing import Any

from feedproxy.errors import FeedRefused
from feedproxy.ics.components import SCHEDULED, Component, component_of
from feedproxy.ics.reading import read
from feedproxy.ics.runs import Run, singly
from feedproxy.transform.digest import component_digest, head_digest, say_the_same
from feedproxy.transform.report import Journal
from feedproxy.transform.unique import identity, unique

_BETWEEN = b"\0"
"""Between the parts of a key: in no text of the normal form there is such a character."""

_AT_ONCE = 1_000
"""Components that are sorted or joined, or whose memory is given back, in one step."""


def settle(last: bytes, new: bytes) -> bytes:
    """Return the new body, settled: `last` itself when nothing but churn differs.

    A component that differs by churn alone keeps its octets; each keeps its place, and one that is new comes behind the
    one that it follows in the new body. A body that is no calendar is not touched: `new` comes back.
    """
    if last == new:
        return last
    try:
        before, after = _body(last), _body(new)
    except FeedRefused:
        return new
    heads = tuple(_settled_head(before.heads, number, head) for number, head in enumerate(after.heads))
    counterparts, changed = _counterparts(before, after)
    places = _places(before, after, counterparts | changed)
    order = _in_order(places)
    if heads == before.heads and [counterparts.get(n) for n in order] == [*range(len(before.texts))]:
        settled = last
    else:
        texts = (before.texts[counterparts[n]] if n in counterparts else after.texts[n] for n in order)
        settled = _written(heads, zip((after.scopes[n] for n in order), texts, strict=True))
    for values in (before.texts, before.keys, after.texts, after.keys):
        while values:
            values.popitem()
    return settled


def _settled_head(before: Sequence[bytes], number: int, head: bytes) -> bytes:
    if number < len(before) and head_digest(before[number]) == head_digest(head):
        return before[number]
    return head


@dataclass(frozen=True, slots=True)
class _Body:
    """The components of a body: the text of each, its VCALENDAR, and what makes it itself (`_key`).

    There is no container for each, and of all of them none that garbage is looked for in, as it is in a list: all
    threads wait meanwhile.
    """

    heads: tuple[bytes, ...]
    texts: dict[int, bytes]
    scopes: "array[int]"
    keys: dict[int, bytes]

    def component(self, n: int) -> Component:
        """Return one of them."""
        return component_of(self.texts[n], self.scopes[n])


def _body(octets: bytes) -> _Body:
    reading = read(octets, divided=False)
    body = _Body(reading.heads, {}, array("L"), {})
    pieces = [*reversed(reading.pieces)]
    del reading
    while pieces:
        piece = pieces.pop()
        if isinstance(piece, Run) and _is_known_by_uids(piece):
            body.keys.update(enumerate(piece.uids, len(body.keys)))
            body.texts.update(enumerate(piece.texts(), len(body.texts)))
            body.scopes.extend(piece.scopes or repeat(piece.scope, len(piece.uids)))
            continue
        for component in singly([piece]):
            body.keys[len(body.keys)] = _key(component)
            body.texts[len(body.texts)] = component.text
            body.scopes.append(component.scope)
    return body


def _is_known_by_uids(run: Run) -> bool:
    """Tell whether the key of each component of a run is its UID."""
    return run.is_identified and run.kind == b"VEVENT" and not run.kinds and b"\nRECURRENCE-ID" not in run.text


def _key(component: Component) -> bytes:
    """Return what makes a component itself: of an event that is no override its UID alone, as most are that.

    What has no name is known by what it says.
    """
    if component.kind in SCHEDULED and (uid := component.uid()):
        key = identity(component)
        return uid if key == (b"VEVENT", uid) else _BETWEEN.join(key)
    if component.kind == b"VTIMEZONE" and (tzid := component.first(b"TZID")) is not None:
        return _BETWEEN.join((component.kind, tzid.value))
    return _BETWEEN.join((component.kind, component_digest(component.text)))


def _counterparts(before: _Body, after: _Body) -> tuple[dict[int, int], dict[int, int]]:
    """Return where those components of the new body stood that differ by churn alone, and where the changed ones did.

    What shares a key is settled together: which of them survives (`unique`) may hang on what else is churn.
    """
    known, found = _by_key(before.keys.values()), _by_key(after.keys.values())
    counterparts: dict[int, int] = {}
    changed: dict[int, int] = {}
    for key, there in found.items():
        stood = known.get(key)
        if stood is None:
            continue
        here, places = _listed(stood), _listed(there)
        if _are_alike(before, here, after, places):
            counterparts |= zip(places, here, strict=True)
        else:
            changed |= dict.fromkeys(places, here[0])
    return counterparts, changed


def _by_key(keys: Iterable[bytes]) -> dict[bytes, int | list[int]]:
    """Return where the component of each key stands: a number, or several."""
    found: dict[bytes, int | list[int]] = {}
    for n, key in enumerate(keys):
        first = found.setdefault(key, n)
        if isinstance(first, list):
            first.append(n)
        elif first != n:
            found[key] = [first, n]
    return found


def _listed(places: int | list[int]) -> list[int]:
    return [places] if isinstance(places, int) else places


def _are_alike(before: _Body, here: Sequence[int], after: _Body, there: Sequence[int]) -> bool:
    """Tell whether components of one key, each list in its order, differ by churn alone."""
    if len(here) != len(there):
        return False
    for stood, stands in zip(here, there, strict=True):
        if before.scopes[stood] != after.scopes[stands] or not say_the_same(before.texts[stood], after.texts[stands]):
            return False
    return len(here) == 1 or _survive(before, here) == _survive(after, there)


def _survive(body: _Body, places: Sequence[int]) -> list[bool]:
    """Tell of each of several that clash whether it is the one that is shown."""
    components = [body.component(n) for n in places]
    kept = {id(component) for component in unique(components, Journal())}
    return [id(component) in kept for component in components]


def _places(before: _Body, after: _Body, stood: dict[int, int]) -> list[int]:
    """Return for each component of the new body a number by which they are sorted.

    By its VCALENDAR, by its place in the last body, and what is new behind what stood there.
    """
    places = []
    anchor = -1
    for n, scope in enumerate(after.scopes):
        at = stood.get(n)
        if at is not None:
            anchor = at
        places.append(((len(before.texts) + 1) * scope + anchor + 1) * 2 + (at is None))
    return places


def _in_order(places: Sequence[int]) -> list[int]:
    """Return the numbers of components in the order of their places."""
    portions: dict[int, list[int]] = {}
    for n, place in enumerate(places):
        portions.setdefault(place // (2 * _AT_ONCE), []).append(n)
    return [n for _, portion in sorted(portions.items()) for n in sorted(portion, key=places.__getitem__)]


def _written(heads: Sequence[bytes], components: Iterable[tuple[int, bytes]]) -> bytes:
    """Write a body. What is joined at once is little, or large enough for other threads to go on meanwhile."""
    scopes: list[list[bytes]] = [[] for _ in heads]
    for scope, text in components:
        scopes[scope].append(text)
    octets: list[bytes] = []
    for head, texts in zip(heads, scopes, strict=True):
        octets += (b"BEGIN:VCALENDAR\r\n", head)
        octets += (b"".join(texts[n : n + _AT_ONCE]) for n in range(0, len(texts), _AT_ONCE))
        octets.append(b"END:VCALENDAR\r\n")
        _emptied(texts)
    return b"".join(octets)


def _emptied(values: list[Any]) -> None:
    """Give the memory of many values back a few at a time: all at once holds all threads up."""
    while values:
        del values[-_AT_ONCE:]
