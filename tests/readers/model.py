"""What every reader returns of a feed, so that two of them can be compared."""

from dataclasses import dataclass, field


@dataclass
class Event:
    """One component. Its times are texts: `2026-03-01T19:00:00Z`, without Z if floating, `2026-03-01` if a day."""

    kind: str
    uid: str
    start: str | None
    end: str | None = None
    recurrence_id: str | None = None
    exdates: list[str] = field(default_factory=list)
    rdates: list[str] = field(default_factory=list)
    texts: dict[str, str] = field(default_factory=dict)
    alarms: int = 0

    @property
    def key(self) -> str:
        """The UID, and behind a `#` the RECURRENCE-ID of an override."""
        return f"{self.uid}#{self.recurrence_id}" if self.recurrence_id else self.uid


TEXTS = ("SUMMARY", "DESCRIPTION", "LOCATION", "COMMENT")
"""The properties whose texts an event gives."""
