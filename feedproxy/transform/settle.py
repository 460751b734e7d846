"""A new body with the octets of the last one wherever the two differ by churn alone (`feedproxy.transform.digest`).

What is made of the settled body is then the same as last time, octet for octet, where nothing else has changed: no
later step need know of churn.
"""

from collections import defaultdict
from collections.abc import Sequence

from feedproxy.errors import FeedRefused
from feedproxy.ics.components import Component
from feedproxy.ics.reading import read
from feedproxy.ics.runs import singly
from feedproxy.transform.digest import component_digest, head_digest, say_the_same
from feedproxy.transform.report import Journal
from feedproxy.transform.unique import SCHEDULED, identity, unique

_Place = tuple[int, int, int, int]
"""Where a component goes: its VCALENDAR, the place in the last body, 0 for what stood there and 1 for what is new
behind it, the place in the new body."""


def settle(last: bytes, new: bytes) -> bytes:
    """Return the new body, settled: `last` itself when nothing but churn differs.

    A component that differs by churn alone keeps its octets; each keeps its place, and one that is new comes behind the
    one that it follows in the new body. A body that is no calendar is not touched: `new` comes back.
    """
    if last == new:
        return last
    try:
        before, after = read(last), read(new)
    except FeedRefused:
        return new
    heads = [_settled_head(before.heads, number, head) for number, head in enumerate(after.heads)]
    kept = tuple(singly(before.pieces))
    placed = _placed(kept, tuple(singly(after.pieces)))
    components = tuple(component for _, component in sorted(placed, key=lambda pair: pair[0]))
    if tuple(heads) == before.heads and _are(components, kept):
        return last
    return _written(heads, components)


def _settled_head(before: Sequence[bytes], number: int, head: bytes) -> bytes:
    if number < len(before) and head_digest(before[number]) == head_digest(head):
        return before[number]
    return head


def _placed(before: Sequence[Component], after: Sequence[Component]) -> list[tuple[_Place, Component]]:
    """Give each component of the new body its place, and the octets of the last one where they are as good.

    What shares an identity is settled together: which of them survives (`unique`) may hang on what else is churn.
    """
    known, found = _by_identity(before), _by_identity(after)
    counterparts: dict[int, int] = {}
    changed: dict[int, int] = {}
    for key, places in found.items():
        stood = known.get(key, [])
        if _are_alike([before[n] for n in stood], [after[n] for n in places]):
            counterparts |= zip(places, stood, strict=True)
        elif stood:
            changed |= dict.fromkeys(places, stood[0])
    placed = []
    anchor = -1
    for n, component in enumerate(after):
        if (stood_at := counterparts.get(n)) is not None:
            anchor = stood_at
            placed.append(((component.scope, anchor, 0, n), before[anchor]))
        elif n in changed:
            anchor = changed[n]
            placed.append(((component.scope, anchor, 0, n), component))
        else:
            placed.append(((component.scope, anchor, 1, n), component))
    return placed


def _by_identity(components: Sequence[Component]) -> dict[tuple[bytes, ...], list[int]]:
    groups = defaultdict(list)
    for n, component in enumerate(components):
        groups[_identity(component)].append(n)
    return groups


def _identity(component: Component) -> tuple[bytes, ...]:
    """Return what makes a component itself; what has no name is known by what it says."""
    if component.kind in SCHEDULED and component.uid():
        return identity(component)
    if component.kind == b"VTIMEZONE" and (tzid := component.first(b"TZID")) is not None:
        return component.kind, tzid.value
    return component.kind, component_digest(component.text)


def _are_alike(before: Sequence[Component], after: Sequence[Component]) -> bool:
    """Tell whether components of one identity, each list in its order, differ by churn alone."""
    if len(before) != len(after) or not all(map(_is_alike, before, after)):
        return False
    return len(before) == 1 or _survive(before) == _survive(after)


def _survive(components: Sequence[Component]) -> list[bool]:
    """Tell of each of several that clash whether it is the one that is shown."""
    kept = {id(component) for component in unique(components, Journal())}
    return [id(component) in kept for component in components]


def _is_alike(before: Component, after: Component) -> bool:
    return before.scope == after.scope and say_the_same(before.text, after.text)


def _are(components: Sequence[Component], others: Sequence[Component]) -> bool:
    return len(components) == len(others) and all(map(lambda a, b: a is b, components, others))


def _written(heads: Sequence[bytes], components: Sequence[Component]) -> bytes:
    scopes: list[list[bytes]] = [[] for _ in heads]
    for component in components:
        scopes[component.scope].append(component.text)
    return b"".join(
        octets
        for head, texts in zip(heads, scopes, strict=True)
        for octets in (b"BEGIN:VCALENDAR\r\n", head, *texts, b"END:VCALENDAR\r\n")
    )
