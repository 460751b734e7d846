"""What one family of clients needs beyond what all are given: nothing is left out, no event says anything else.

What `repair` and `timezones` do for every feed is most of it: one VCALENDAR in UTF-8 without byte order mark,
METHOD:PUBLISH, IANA TZIDs each with a VTIMEZONE, UIDs that occur once. A profile adds only what somebody has met:

    outlook  times without zone are bound to X-WR-TIMEZONE    it takes no floating times: a warning for each event and
                                                              shifted hours (owncloud/calendar#687)
             each event has a SEQUENCE                        older ones want it (alphagov/calendars#17); 0 is what RFC
                                                              5545 section 3.8.7.4 takes a missing one for
    google   times without zone are bound to X-WR-TIMEZONE    in subscribed feeds it shows them at another hour
                                                              (othyn/go-calendar#6)
             the report says when a feed is over 1 MB         it stops reading there (JM-Lemmi/ical-relay#212)
    apple    one EXDATE for each time                         macOS showed instances that a list excludes
                                                              (nusmodifications/nusmods#779)
"""

from collections.abc import Callable
from dataclasses import dataclass

from feedproxy.errors import BadRequest
from feedproxy.ics.components import Component
from feedproxy.ics.folding import fold
from feedproxy.transform.calendar import Calendar, Step
from feedproxy.transform.edit import with_properties, with_values
from feedproxy.transform.report import Journal
from feedproxy.transform.revision import REVISED

STEP = "profile"
GOOGLE_OCTETS = 1_000_000


@dataclass(frozen=True, slots=True)
class Profile:
    """What a family of clients needs: floating times bound or not, and steps that come after all others."""

    bind_floating: bool = False
    steps: tuple[Step, ...] = ()


def with_sequence(calendar: Calendar, journal: Journal) -> Calendar:
    """Give each event that has no SEQUENCE the one that it stands for."""

    def numbered(component: Component) -> Component:
        if component.kind not in REVISED or component.has(b"SEQUENCE"):
            return component
        return with_values(component, {b"SEQUENCE": b"0"})

    return _each(calendar, numbered, "sequence-missing", journal)


def with_single_exdates(calendar: Calendar, journal: Journal) -> Calendar:
    """Write a list of EXDATEs as one property for each."""

    def single(component: Component) -> Component:
        if b"\nEXDATE" not in component.text or not any(b"," in line.value for line in component.every(b"EXDATE")):
            return component
        lines = [line.with_value(value) for line in component.every(b"EXDATE") for value in line.value.split(b",")]
        bare = with_properties(component, lambda line: None if line.name == b"EXDATE" else line)
        at = len(bare.kind) + 8
        exdates = b"".join(fold(line.octets) + b"\r\n" for line in lines if line.value)
        return bare.with_text(bare.text[:at] + exdates + bare.text[at:])

    return _each(calendar, single, "exdate-list", journal)


def note_size(calendar: Calendar, journal: Journal) -> Calendar:
    """Say in the report that Google will not read the whole of it."""
    if sum(len(component.text) for component in calendar.components) > GOOGLE_OCTETS:
        journal.note(STEP, "over-1-MB")
    return calendar


PLAIN = Profile()
PROFILES = {
    "outlook": Profile(bind_floating=True, steps=(with_sequence,)),
    "google": Profile(bind_floating=True, steps=(note_size,)),
    "apple": Profile(steps=(with_single_exdates,)),
}


def profile(name: str) -> Profile:
    """Return a profile by its name; empty: that of all clients. Raises BadRequest."""
    if name and name not in PROFILES:
        raise BadRequest(f"there is no profile {name!r}: {', '.join(PROFILES)}")
    return PROFILES[name] if name else PLAIN


def _each(calendar: Calendar, change: Callable[[Component], Component], rule: str, journal: Journal) -> Calendar:
    components = []
    for component in calendar.components:
        changed = change(component)
        if changed is not component:
            journal.note(STEP, rule, component.uid().decode())
        components.append(changed)
    return calendar.with_components(components)
