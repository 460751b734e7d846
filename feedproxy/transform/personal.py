"""A personal event as a VEVENT: what the subscriber's calendar app shows of it.

The UID is made of account, event id and owner, so an update is an update everywhere; SEQUENCE and LAST-MODIFIED grow
with each change, for ICSx5 passes over an event whose LAST-MODIFIED did not. No text can start a line
(`feedproxy.ics.text`).
"""

from base64 import b32encode
from datetime import date, datetime, timedelta
from hashlib import blake2b
from uuid import UUID

import tzmap
from feedproxy.ics import times
from feedproxy.ics.components import Component
from feedproxy.ics.folding import write
from feedproxy.ics.text import escape
from feedproxy.model import PersonalEvent
from feedproxy.transform.calendar import ZoneUse

OPENING = b"BEGIN:VEVENT\r\nUID:personal-"
"""What every personal event begins with."""
UTC_ZONES = frozenset(("UTC", "Etc/UTC", "Etc/UCT", "Etc/Universal", "Etc/Zulu", "UCT", "Universal", "Zulu"))


def uid(account_code: str, event_id: str, owner: UUID | None = None) -> str:
    """Return the UID of a personal event, or of a subscription's own. Account codes differ by more than case.

    80 bits of hash are enough within one calendar, and short: they are what deflates least of a subscriber's own.
    """
    name = f"{account_code.casefold()}/{event_id}"
    key = owner.bytes if owner is not None else b""
    return "personal-" + b32encode(blake2b(name.encode(), digest_size=10, key=key).digest()).decode()


def component(event: PersonalEvent) -> Component:
    """Return the event as a VEVENT in normal form."""
    details = event.details
    updated = times.utc(event.updated_at)
    lines = [
        b"UID:" + uid(event.account_code, event.event_id, event.owner).encode(),
        b"DTSTAMP:" + updated,
        b"LAST-MODIFIED:" + updated,
        b"SEQUENCE:%d" % event.sequence,
        b"SUMMARY:" + escape(details.title),
        _time(b"DTSTART", event, details.start),
    ]
    if event.created_at != event.updated_at:
        lines.append(b"CREATED:" + times.utc(event.created_at))
    if details.end != details.start:
        lines.append(_time(b"DTEND", event, details.end))
    if details.description:
        lines.append(b"DESCRIPTION:" + escape(details.description))
    if details.location:
        lines.append(b"LOCATION:" + escape(details.location))
    if details.notify_before is not None:
        lines += [
            b"BEGIN:VALARM",
            b"ACTION:DISPLAY",
            b"DESCRIPTION:" + escape(details.title),
            b"TRIGGER:-PT%dM" % details.notify_before if details.notify_before else b"TRIGGER:PT0S",
            b"END:VALARM",
        ]
    return Component(b"VEVENT", write([b"BEGIN:VEVENT", *lines, b"END:VEVENT"]))


def zone_use(event: PersonalEvent) -> ZoneUse | None:
    """Return the zone that the event's times name; None for days, for UTC, and for what is no zone of tzdata."""
    details = event.details
    if not isinstance(details.start, datetime) or not isinstance(details.end, datetime):
        return None
    if details.zone in UTC_ZONES or details.zone not in tzmap.zone_names():
        return None
    return ZoneUse(details.zone, details.start.date(), details.end.date() + timedelta(days=1))


def _time(name: bytes, event: PersonalEvent, value: datetime | date) -> bytes:
    if not isinstance(value, datetime):
        return name + b";VALUE=DATE:" + times.day(value)
    if event.details.zone in UTC_ZONES:
        return name + b":" + times.local(value) + b"Z"
    return name + b";TZID=" + event.details.zone.encode() + b":" + times.local(value)
