"""One component for each (kind, UID, RECURRENCE-ID): of several, Thunderbird, Evolution and vdirsyncer show one anyway.

The higher SEQUENCE wins, then the newer LAST-MODIFIED, then the later in the feed. The survivor stands where it stood.
"""

from collections.abc import Sequence

from feedproxy.ics.components import Component
from feedproxy.transform.report import Journal

STEP = "unique"
SCHEDULED = frozenset((b"VEVENT", b"VTODO", b"VJOURNAL", b"VFREEBUSY"))
"""The kinds that have a UID (RFC 5545 section 3.6)."""


def unique(components: Sequence[Component], journal: Journal) -> list[int]:
    """Return the indices of the components that stay, in order."""
    best: dict[tuple[bytes, ...], int] = {}
    dropped = set()
    for n, component in enumerate(components):
        if component.kind not in SCHEDULED:
            continue
        rival = best.setdefault(identity(component), n)
        if rival == n:
            continue
        same = components[rival].text == component.text
        journal.note(STEP, "duplicate" if same else "clash", component.uid().decode())
        if same or version(component) < version(components[rival]):
            dropped.add(n)
        else:
            dropped.add(rival)
            best[identity(component)] = n
    return [n for n in range(len(components)) if n not in dropped]


def identity(component: Component) -> tuple[bytes, ...]:
    """Return what makes a component itself: its kind, its UID, its RECURRENCE-ID with the TZID (none for a master)."""
    recurrence = component.first(b"RECURRENCE-ID") if b"\nRECURRENCE-ID" in component.text else None
    if recurrence is None:
        return component.kind, component.uid()
    return component.kind, component.uid(), recurrence.value.strip(), (recurrence.parameter(b"TZID") or b"").strip(b'"')


def version(component: Component) -> tuple[int, bytes]:
    """Return the SEQUENCE and the LAST-MODIFIED by which two components of one identity are weighed."""
    sequence, modified = component.first(b"SEQUENCE"), component.first(b"LAST-MODIFIED")
    digits = sequence.value.strip() if sequence else b""
    return int(digits) if digits.isdigit() and len(digits) < 10 else 0, modified.value if modified else b""
