"""All that operators are shown of a feed's bodies: what was made of the one that came, both side by side, a month.

One function of values that returns values for JSON, so that another process can do the work.
"""

from calendar import month_name
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime

from feedproxy.config import Settings
from feedproxy.errors import BadRequest
from feedproxy.model import LastGood
from feedproxy.ops.clocks import viewer
from feedproxy.ops.explain import Explanation, examine
from feedproxy.ops.explain_formats import as_json
from feedproxy.ops.lint import lint
from feedproxy.ops.month import month_of
from feedproxy.ops.outline import logical_lines, outline
from feedproxy.ops.own import NOTHING, Own, chosen
from feedproxy.ops.rules import RULES
from feedproxy.ops.served import served_options
from feedproxy.ops.sides import side_by_side
from feedproxy.transform import assemble

MOST_OCTETS = 5_000_000
"""Larger bodies are for `feedproxy explain`."""

Shown = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Subject:
    """What is looked at: the body that came last, what is served in its place or of it, what a subscription adds.

    `first` is the first day of the month to draw, None for the one that it is now; `zone` by whose clock, empty for
    that which the calendar names.
    """

    name: str
    came: bytes | None
    kept: LastGood | None
    own: Own = NOTHING
    first: date | None = None
    zone: str = ""

    @property
    def is_too_large(self) -> bool:
        """Whether nothing of it is to be worked out."""
        return max(len(self.came or b""), len(self.kept.body) if self.kept else 0) > MOST_OCTETS


def anatomy(subject: Subject, settings: Settings, now: datetime) -> Shown:
    """Return what is to be shown."""
    came = subject.came if subject.came is not None else subject.kept.body if subject.kept else None
    if came is None:
        return {}
    options = served_options(settings)
    found = outline(logical_lines(came))
    explanation = examine(
        subject.name,
        came,
        own=subject.own,
        kept=subject.kept,
        loss_share=settings.loss_share,
        options=options,
        now=now,
        checked=False,
    )
    explanation = replace(explanation, lint=lint(subject.name, came, options, found))
    served = b""
    if explanation.base is not None:
        served = assemble(chosen(explanation.base, subject.own, options), subject.own.personal, options).body
    sides = side_by_side(found, outline(logical_lines(served)))
    return {
        "explanation": _explained(explanation),
        "sides": asdict(sides),
        "month": _month(explanation, subject, now),
        "octets": {"came": len(came), "served": len(served)},
    }


def _explained(explanation: Explanation) -> Shown:
    """Return the explanation, its faults once a rule."""
    lint = explanation.lint
    lines: dict[str, list[int]] = {}
    for finding in lint.findings if lint else ():
        lines.setdefault(finding.rule.id, []).append(finding.line)
    faults = [
        asdict(RULES[rule]) | {"count": lint.counts[rule] if lint else 0, "lines": found}
        for rule, found in lines.items()
    ]
    return as_json(explanation) | {"faults": faults}


def _month(explanation: Explanation, subject: Subject, now: datetime) -> Shown | None:
    calendar = explanation.calendar
    if calendar is None:
        return None
    month = month_of(calendar, subject.first or now.date().replace(day=1), _zone(explanation, subject.zone))
    return {
        "month": f"{month.first:%Y-%m}",
        "title": f"{month_name[month.first.month]} {month.first.year}",
        "zone": month.zone,
        "before": f"{month.before:%Y-%m}",
        "after": f"{month.after:%Y-%m}",
        "weeks": [
            [
                asdict(day) | {"date": day.date.isoformat(), "inMonth": day.date.month == month.first.month}
                for day in week
            ]
            for week in month.weeks
        ],
    }


def _zone(explanation: Explanation, asked: str) -> str:
    """Return by whose clock to draw: the one that is asked for, else the zone that most of the feed's times are in."""
    if asked:
        return viewer(asked)
    zones = explanation.report.zones if explanation.report else ()
    used = sorted(((zone.uses, zone.served) for zone in zones if zone.served), reverse=True)
    for _, served in used:
        try:
            return viewer(served or "")
        except BadRequest:
            continue
    return "Etc/UTC"
