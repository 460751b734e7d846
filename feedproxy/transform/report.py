"""What a transformation did: every change by step and rule, every TZID, and the counts in and out."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import tzmap

EXAMPLES = 5
"""How many places a change names; the count says how many there were."""


@dataclass(frozen=True, slots=True)
class Change:
    """What a step did under one rule: how often, and a few of the places (a UID, or a text that says where)."""

    step: str
    rule: str
    count: int
    examples: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Contexts:
    """What decides, beside its name, what a TZID stands for: of the VCALENDARs with the same definitions the first.

    `like` has it of each VCALENDAR with definitions, `bare` is that of all others.
    """

    like: Mapping[int, int] = field(default_factory=dict)
    bare: int = 0

    def of(self, scope: int) -> int:
        """Return the first VCALENDAR that has the same definitions as this one."""
        return self.like.get(scope, self.bare)


@dataclass(frozen=True, slots=True)
class ZoneReport:
    """One TZID of the source: as written, as served, and the resolution that decided.

    `scope` is the first VCALENDAR with the same definitions as that in which it stands (`Contexts`).
    """

    written: str
    served: str
    uses: int
    defined: bool
    resolution: tzmap.Resolution
    scope: int = 0

    def as_mapping(self) -> dict[str, object]:
        """Return the same as values that `json.dumps` writes."""
        return {
            "written": self.written,
            "served": self.served,
            "uses": self.uses,
            "defined": self.defined,
            "resolution": self.resolution.as_mapping(),
        }


@dataclass(frozen=True, slots=True)
class Report:
    """Everything an operator may ask about one transformation. `components_*` count by kind."""

    octets_in: int
    octets_out: int
    components_in: dict[str, int]
    components_out: dict[str, int]
    changes: tuple[Change, ...]
    zones: tuple[ZoneReport, ...]
    tzdata: str = tzmap.TZDATA_EDITION
    cldr: str = tzmap.CLDR_VERSION

    def to_json(self) -> dict[str, object]:
        """Return the report as values that `json.dumps` writes."""
        return {
            "octets": {"in": self.octets_in, "out": self.octets_out},
            "components": {"in": self.components_in, "out": self.components_out},
            "changes": [
                {"step": c.step, "rule": c.rule, "count": c.count, "examples": list(c.examples)} for c in self.changes
            ],
            "zones": [zone.as_mapping() for zone in self.zones],
            "tzdata": self.tzdata,
            "cldr": self.cldr,
        }


@dataclass(slots=True)
class Journal:
    """Where the steps write what they do, while they do it."""

    _counts: dict[tuple[str, str], int] = field(default_factory=dict)
    _examples: dict[tuple[str, str], list[str]] = field(default_factory=dict)
    zones: list[ZoneReport] = field(default_factory=list)
    contexts: Contexts = Contexts()

    def has_room(self, step: str, rule: str) -> bool:
        """Tell whether another example of a change would be kept."""
        return len(self._examples.get((step, rule), ())) < EXAMPLES

    def note(self, step: str, rule: str, example: str = "", *, count: int = 1) -> None:
        """Add `count` changes under a rule; an example is kept while there is room."""
        key = (step, rule)
        self._counts[key] = self._counts.get(key, 0) + count
        examples = self._examples.setdefault(key, [])
        if example and len(examples) < EXAMPLES and example not in examples:
            examples.append(example)

    def note_each(self, step: str, rule: str, examples: Iterable[bytes], *, count: int) -> None:
        """Add so many changes under a rule, of which these are examples."""
        self.note(step, rule, count=count)
        if self.has_room(step, rule):
            for example in dict.fromkeys(examples):
                if not self.has_room(step, rule):
                    break
                self.note(step, rule, example.decode(), count=0)

    def add(self, other: "Journal") -> None:
        """Add everything that another journal holds."""
        for change in other.changes():
            self.note(change.step, change.rule, count=change.count - len(change.examples))
            for example in change.examples:
                self.note(change.step, change.rule, example)
        self.zones += other.zones
        self.contexts = other.contexts

    def changes(self) -> tuple[Change, ...]:
        """Return what was noted, in the order in which each rule was first met."""
        return tuple(
            Change(step, rule, count, tuple(self._examples[step, rule])) for (step, rule), count in self._counts.items()
        )

    def copy(self) -> "Journal":
        """Return a journal that goes on from here without changing this one."""
        return Journal(
            dict(self._counts),
            {key: list(examples) for key, examples in self._examples.items()},
            list(self.zones),
            self.contexts,
        )
