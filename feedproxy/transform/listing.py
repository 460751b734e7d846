"""The events of a calendar, as the API names them."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from feedproxy.ics.components import Component
from feedproxy.ics.text import unescape
from feedproxy.transform.eventid import external_ids, guid
from feedproxy.transform.uidset import uid_sets


@dataclass(frozen=True, slots=True)
class CalendarEvent:
    """An event: its GUID (`feedproxy.transform.eventid`), its title, and what its owner calls it.

    `external_id` is its first X-EXTERNAL-ID, or its UID where that is no GUID.
    """

    id: UUID
    name: str
    external_id: str | None


def calendar_events(components: Sequence[Component]) -> tuple[CalendarEvent, ...]:
    """Return one event for each UID set, as its master tells of it, or else its first override."""
    return tuple(_event(components[each.members[0]]) for each in uid_sets(components))


def _event(component: Component) -> CalendarEvent:
    uid = unescape(component.uid())
    summary = component.first(b"SUMMARY")
    named = min(external_ids(component), default=None)
    own = UUID(guid(uid))
    return CalendarEvent(
        id=own,
        name=unescape(summary.value) if summary is not None else "",
        external_id=named if named is not None or str(own) in uid.lower() else uid,
    )
