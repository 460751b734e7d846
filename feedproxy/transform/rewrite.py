"""Texts of events rewritten: a prefix put before them, a text replaced by another.

Texts are compared and written as people see them, unescaped. What is rewritten stays as it is when it goes through
again: an occurrence of the old text inside of the new one ("Bears" in "Chicago Bears") is not replaced, and rules that
together never come to rest on a text leave that text alone.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from feedproxy.errors import BadRequest
from feedproxy.ics.contentline import ContentLine
from feedproxy.ics.text import escape, unescape
from feedproxy.ics.textlist import texts
from feedproxy.transform.calendar import Calendar
from feedproxy.transform.edit import with_properties
from feedproxy.transform.report import Journal

STEP = "rewrite"
LISTS = frozenset(("CATEGORIES", "RESOURCES"))
TEXTS = LISTS | {"SUMMARY", "DESCRIPTION", "LOCATION", "COMMENT", "CONTACT"}
"""The texts that people read (RFC 5545 section 3.8); X- properties join them."""
PASSES = 4
"""How often the rules are applied to a text until they change it no more."""


@dataclass(frozen=True, slots=True)
class Prefix:
    """Put `text` before each value of a property that does not begin with it; in a list without blanks before it."""

    property: str
    text: str

    def __post_init__(self) -> None:
        text = self.text.lstrip() if self.property.strip().upper() in LISTS else self.text
        object.__setattr__(self, "text", _as_written(text))

    def __call__(self, value: str) -> str:
        """Apply the rule."""
        return value if value.startswith(self.text) else self.text + value


@dataclass(frozen=True, slots=True)
class Replace:
    """Put `new` in the place of each `old` in the values of a property."""

    property: str
    old: str
    new: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "new", _as_written(self.new))

    def __call__(self, value: str) -> str:
        """Apply the rule."""
        if not self.new or self.old not in self.new:
            return value.replace(self.old, self.new)
        return self.new.join(part.replace(self.old, self.new) for part in value.split(self.new))


class Rewrite:
    """The step. The rules apply in order. Raises BadRequest for one that cannot be applied."""

    def __init__(self, rules: Sequence[Prefix | Replace]) -> None:
        self.rules: dict[bytes, list[Callable[[str], str]]] = {}
        for rule in rules:
            name = rule.property.strip().upper()
            if name not in TEXTS and not name.startswith("X-"):
                raise BadRequest(f"{rule.property}: is no text that can be rewritten: {', '.join(sorted(TEXTS))} or X-")
            if isinstance(rule, Replace) and not rule.old:
                raise BadRequest(f"{name}: the text to be replaced is empty")
            self.rules.setdefault(name.encode(), []).append(rule)
        self._anywhere = re.compile(rb"\n(?:%b)[;:]" % b"|".join(map(re.escape, self.rules)), re.IGNORECASE)

    def __call__(self, calendar: Calendar, journal: Journal) -> Calendar:
        """Rewrite the texts of all components."""
        components = []
        for component in calendar.components:
            if not self._anywhere.search(component.text):
                components.append(component)
                continue
            unsettled: list[bytes] = []
            rewritten = with_properties(component, lambda line, seen=unsettled: self._line(line, seen))  # type: ignore[misc]
            if rewritten is not component:
                journal.note(STEP, "rewritten", component.uid().decode())
            for name in unsettled:
                journal.note(STEP, "unsettled", f"{component.uid().decode()} {name.decode()}")
            components.append(rewritten)
        return calendar.with_components(components)

    def _line(self, line: ContentLine, unsettled: list[bytes]) -> ContentLine | None:
        rules = self.rules.get(line.name.upper())
        if rules is None or line.parameter(b"ENCODING") is not None:
            return line
        is_list = line.name.decode() in LISTS
        values = texts(line.value) if is_list else [unescape(line.value)]
        rewritten = [_settled(value, rules) if value else value for value in values]
        if None in rewritten:
            unsettled.append(line.name)
            return line
        if rewritten == values:
            return line
        written = [escape(value) for value in rewritten if value]
        return line.with_value(b",".join(written)) if written or not is_list else None


def _settled(value: str, rules: Sequence[Callable[[str], str]]) -> str | None:
    """Return what the rules make of a text once they change it no more; None when they do not come to rest."""
    for _ in range(PASSES):
        before = value
        for rule in rules:
            value = rule(value)
        if value == before:
            return value
    return None


def _as_written(text: str) -> str:
    """Return what a reader makes of a text that was written: no control characters, every line break alike."""
    return unescape(escape(text))
