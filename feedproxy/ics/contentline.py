"""One unfolded content line taken apart and put together (RFC 5545 section 3.1).

    contentline = name *(";" param) ":" value

Octets in, octets out: nothing is unescaped or tidied, so what is put together again is what was taken apart. Lenient as
real feeds are: names may hold `_`, `.` and `/`, a parameter may lack its name or its value.
"""

import re
from collections.abc import Iterator
from functools import cache, lru_cache
from typing import NamedTuple

from feedproxy.ics.folding import unfold

MAX_PARAMETERS = 100_000
"""Octets of parameters that a content line may have: what takes megabytes is a value. Real lines have some hundred."""

LINE_START = re.compile(rb"([A-Za-z0-9_./-]{1,60}+)[;:]")
"""What a content line begins with, a name short enough to need no fold; a line that does not is no content line."""

_PARAMETERS = re.compile(rb'(?:[^":]++|"{64}|"[^"]*+")*+(?=:)')
"""Of many quotes in a row each 64 are 32 empty texts."""
_REST_OF_PARAMETER = re.compile(rb'(?:"{64}|"[^"]*+"|[^";]++)*+')
_HAS_PARAMETERS = re.compile(rb"[A-Za-z0-9_./-]{1,60}+;")
_LINE_END = re.compile(rb"\n(?=[^ ])")
_NEAR = 1_000
"""Octets in which a line nearly always begins."""
_NEEDS_QUOTES = re.compile(rb"[,;:]")


class ContentLine(NamedTuple):
    """A property as written: its name, its parameters with their leading semicolons, its value."""

    name: bytes
    parameters: bytes
    value: bytes

    @property
    def octets(self) -> bytes:
        """The whole line, without its end."""
        return self.name + self.parameters + b":" + self.value

    def parameter(self, name: bytes) -> bytes | None:
        """Return the raw value, quotes included, of the first parameter of that upper-case name, or None."""
        spans = _spans(self.parameters, name)
        return self.parameters[slice(*spans[0])].partition(b"=")[2] if spans else None

    def with_parameter(self, name: bytes, value: bytes | None) -> "ContentLine":
        """Return the line with that parameter set in its place, or taken out; one given twice is there once after it.

        The value is quoted only if it must be: some clients keep the quotes as part of it.
        """
        written = b"" if value is None else b";" + name + b"=" + _quoted(value)
        pieces: list[bytes] = []
        at = 0
        for start, end in _spans(self.parameters, name):
            pieces += (self.parameters[at:start], written)
            written, at = b"", end
        return ContentLine(self.name, b"".join([*pieces, self.parameters[at:], written]), self.value)

    def with_value(self, value: bytes) -> "ContentLine":
        """Return the line with another value."""
        return ContentLine(self.name, self.parameters, value)


def split(line: bytes) -> ContentLine | None:
    """Take an unfolded line (without its end) apart; None when it is no content line."""
    start = LINE_START.match(line)
    if start is None:
        return None
    parameters = _PARAMETERS.match(line, start.end(1))
    if parameters is None:
        return None
    return ContentLine(start[1], parameters[0], line[parameters.end() + 1 :])


def split_at_last_colon(line: bytes) -> ContentLine | None:
    """Take a line apart whose value is a time: Google writes `DTSTART;TZID=GMT+05:30:20120101T090000` without quotes.

    A line whose end is no time is taken apart as any other.
    """
    start, colon = LINE_START.match(line), line.rfind(b":")
    value = line[colon + 1 :]
    is_time = value[:1].isdigit() and b'"' not in value and b";" not in value
    if start is None or colon < 0 or not is_time or line.count(b'"', 0, colon) % 2:
        return split(line)
    return ContentLine(start[1], line[start.end(1) : colon], value)


def overloaded(text: bytes) -> Iterator[tuple[int, int]]:
    """Iterate over where the content lines begin and end that have more than MAX_PARAMETERS octets of parameters.

    The text is of unfolded lines that end in LF, or of the normal form. Only a line of so many octets is looked at: to
    find that there is none a few octets in each 100,000 are read.
    """
    at = 0
    while len(text) - at > MAX_PARAMETERS:
        if start := _start_in_next(text, at):
            at = start
            continue
        behind = _LINE_END.search(text, at + MAX_PARAMETERS)
        end = behind.end() if behind else len(text)
        if _HAS_PARAMETERS.match(text, at) and _has_many_parameters(unfold(text[at:end])):
            yield at, end
        at = end


def _start_in_next(text: bytes, at: int) -> int:
    """Return where a line begins in the next MAX_PARAMETERS octets, not the first if it can be; 0 if none does."""
    end = at + MAX_PARAMETERS
    found = _LINE_END.search(text, end - _NEAR, end) or _LINE_END.search(text, at, end)
    return found.end() if found else 0


def _has_many_parameters(line: bytes) -> bool:
    start = line.index(b";")
    parameters = _PARAMETERS.match(line, start)
    end = parameters.end() if parameters else line.find(b":")
    return end - start > MAX_PARAMETERS


@lru_cache(maxsize=1)
def _spans(parameters: bytes, name: bytes) -> tuple[tuple[int, int], ...]:
    """Return where each parameter of that upper-case name stands, its leading semicolon included.

    A semicolon begins a parameter where all quotes before it are closed. `;NAME"..."` has no name. Kept for the line
    that was asked last: several ask in turn, and it may have a million parameters.
    """
    spans = []
    at, in_quotes = 0, False
    for found in _named(name).finditer(parameters):
        start = found.start()
        in_quotes ^= parameters.count(b'"', at, start) % 2 == 1
        at = start
        if not in_quotes and (rest := _REST_OF_PARAMETER.match(parameters, found.end())):
            spans.append((start, rest.end()))
    return tuple(spans)


@cache
def _named(name: bytes) -> re.Pattern[bytes]:
    return re.compile(rb";\s*+(?i:%b)\s*+(?=[=;]|\Z)" % re.escape(name))


def _quoted(value: bytes) -> bytes:
    clean = value.replace(b'"', b"'")
    return b'"' + clean + b'"' if _NEEDS_QUOTES.search(clean) else clean
