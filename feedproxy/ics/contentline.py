"""One content line of canonical text taken apart and put together (RFC 5545 section 3.1).

    contentline = name *(";" param) ":" value

Lenient as real feeds are: names may hold `_`, `.` and `/`, a parameter may lack its value. Octets in, octets out:
nothing is unescaped here, so that what is put together again is what was taken apart.
"""

import re
from dataclasses import dataclass

LINE_START = re.compile(rb"([A-Za-z0-9_./-]++)[;:]")
"""What a content line begins with; a line that does not is no content line."""

_PARAMETER = re.compile(rb';([^=;:"]*)(?:=((?:"[^"]*"|[^";:])*))?')
_NEEDS_QUOTES = re.compile(rb"[,;:]")


@dataclass(frozen=True, slots=True)
class ContentLine:
    """A property: its name as written, its parameters in order as (name, raw value), its raw value."""

    name: bytes
    parameters: tuple[tuple[bytes, bytes], ...]
    value: bytes

    def parameter(self, name: bytes) -> bytes | None:
        """Return the raw value of the first parameter of that upper-case name without its quotes, or None."""
        for key, value in self.parameters:
            if key.upper() == name:
                return value.strip().strip(b'"')
        return None

    @property
    def octets(self) -> bytes:
        """The line as canonical text, without its LF."""
        return self.name + b"".join(b";" + k + b"=" + v for k, v in self.parameters) + b":" + self.value


def split(line: bytes) -> ContentLine | None:
    """Take a line (without LF) apart; None when it is no content line."""
    start = LINE_START.match(line)
    if start is None:
        return None
    at = start.end(1)
    parameters = []
    while line[at : at + 1] == b";":
        match = _PARAMETER.match(line, at)
        if match is None:
            return None
        parameters.append((match[1].strip(), match[2] or b""))
        at = match.end()
    if line[at : at + 1] != b":":
        return None
    return ContentLine(start[1], tuple(parameters), line[at + 1 :])


def parameter_value(text: bytes) -> bytes:
    """Write `text` as a parameter value: quoted only where it must be, for some clients keep the quotes as text."""
    clean = text.replace(b'"', b"'")
    return b'"' + clean + b'"' if _NEEDS_QUOTES.search(clean) else clean
