"""The answer of tzmap.resolve: what a TZID stands for, which rung of the ladder said so, and on what evidence."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

Kind = Literal["zone", "utc", "fixed", "keep"]


@dataclass(frozen=True, slots=True)
class Hints:
    """What a VTIMEZONE says about itself beside its rules. Verified against the rules before use, never believed."""

    location: str | None = None
    """X-LIC-LOCATION"""
    cdo: str | None = None
    """X-MICROSOFT-CDO-TZID"""


@dataclass(frozen=True, slots=True)
class Disagreement:
    """Where name and rules part: the first wall-clock time, its offsets, and how many values are affected.

    `count` is 0 when no value was looked at: then `value` is where the two begin to differ.
    """

    value: datetime
    by_rules: timedelta
    by_zone: timedelta
    count: int


@dataclass(frozen=True, slots=True)
class Resolution:
    """What to do with a TZID.

    kind    zone    rename to `zone`
            utc     write the values with Z (`zone` is "Etc/UTC")
            fixed   constant `offset` that no Etc zone has; write tzmap.fixed_vtimezone
            keep    leave TZID and definition as they are
    """

    tzid: str
    kind: Kind
    zone: str | None
    offset: timedelta | None
    rung: str
    evidence: tuple[str, ...]
    disagreement: Disagreement | None = None
    compared: int = 0

    def as_mapping(self) -> dict[str, object]:
        """Return the same, of types json.dumps takes; times as ISO 8601, offsets as `+01:00`."""
        differs = self.disagreement
        return {
            "tzid": self.tzid,
            "kind": self.kind,
            "zone": self.zone,
            "offset": None if self.offset is None else offset_text(self.offset),
            "rung": self.rung,
            "evidence": list(self.evidence),
            "disagreement": differs
            and {
                "value": differs.value.isoformat(),
                "by_rules": offset_text(differs.by_rules),
                "by_zone": offset_text(differs.by_zone),
                "count": differs.count,
            },
            "compared": self.compared,
        }


def offset_text(offset: timedelta) -> str:
    """Return an offset as ISO 8601 writes it.

    >>> offset_text(timedelta(hours=-3, minutes=-30))
    '-03:30'
    """
    total = offset // timedelta(seconds=1)
    hours, rest = divmod(abs(total), 3600)
    minutes, seconds = divmod(rest, 60)
    return f"{'-' if total < 0 else '+'}{hours:02}:{minutes:02}" + (f":{seconds:02}" if seconds else "")
