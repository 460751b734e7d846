"""Events chosen by regular expressions on their texts.

The patterns are an operator's, the texts anybody's, so they are matched by RE2: its time grows with the text and with
the pattern, never exponentially, and what it cannot match that way (look-around, back references) is refused when the
step is made. A pattern is searched for in the text as people see it, unescaped; `^` and `$` are its ends.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import re2

from feedproxy.errors import BadRequest
from feedproxy.ics.components import SCHEDULED, Component
from feedproxy.ics.text import unescape
from feedproxy.ics.textlist import texts
from feedproxy.transform.calendar import Calendar
from feedproxy.transform.edit import every_extension
from feedproxy.transform.report import Journal
from feedproxy.transform.rewrite import LISTS
from feedproxy.transform.uidset import filtered, uid_sets

STEP = "matching"
MAX_PATTERN_OCTETS = 1_000
MAX_PROGRAM_OCTETS = 1_000_000
"""What a compiled pattern may take; RE2 refuses one that takes more."""

Search = Callable[[str], object]


@dataclass(frozen=True, slots=True)
class Match:
    """A pattern that a text property must have (`wanted`), or must not have, in one of its values.

    Of CATEGORIES and RESOURCES each item is a value of its own. A property that is not there has no value.
    """

    property: str
    pattern: str
    wanted: bool = True


class Matching:
    """The step: events stay for which every rule holds. Raises BadRequest for a pattern that is refused."""

    def __init__(self, rules: Sequence[Match]) -> None:
        self.rules = [(rule.property.strip().upper().encode(), _compiled(rule), rule.wanted) for rule in rules]

    def __call__(self, calendar: Calendar, journal: Journal) -> Calendar:
        """Leave out the events for which a rule does not hold. An override that lacks a property has its master's."""
        components = calendar.components
        sets = uid_sets(components)
        chosen = {n for n, component in enumerate(components) if component.kind not in SCHEDULED}
        for each in sets:
            master = components[each.master] if each.master is not None else None
            chosen.update(n for n in each.members if self._holds(components[n], master))
        return filtered(calendar, sets, chosen, journal, STEP)

    def _holds(self, component: Component, master: Component | None) -> bool:
        for name, search, wanted in self.rules:
            values = _values(component, name) or (_values(master, name) if master is not None else [])
            if any(search(value) for value in values) is not wanted:
                return False
        return True


def _compiled(rule: Match) -> Search:
    options = re2.Options()
    options.log_errors = False
    options.max_mem = MAX_PROGRAM_OCTETS
    if len(rule.pattern.encode()) > MAX_PATTERN_OCTETS:
        raise BadRequest(f"{rule.property}: the pattern is over {MAX_PATTERN_OCTETS} octets")
    try:
        search: Search = re2.compile(rule.pattern, options).search
    except re2.error as error:
        reason = error.args[0].decode("utf-8", "replace") if error.args else "it cannot be read"
        raise BadRequest(f"{rule.property}: the pattern {rule.pattern!r} is refused: {reason}") from None
    return search


def _values(component: Component, name: bytes) -> list[str]:
    lines = every_extension(component, name) if name.startswith(b"X-") else component.every(name)
    if name.decode() in LISTS:
        return [text for line in lines for text in texts(line.value) if text]
    return [unescape(line.value) for line in lines]
