r"""Unfolded text as content lines; a line that is none goes back to the text that it was torn from.

Broken producers write the line breaks of a DESCRIPTION as they are. Such a line belongs to the text before it: as
`\n`, or, behind a lone backslash, as the `n` of a `\n` that a careless tool has split. Quoted-printable of vCalendar
1.0 goes on in the next line behind a `=` (RFC 2045 section 6.7). What follows no text is dropped.

Nearly all lines are content lines as they stand, and one regular expression passes over as many of them as follow each
other. Lines that can be none are taken together, up to what may be one; only what is left is looked at line by line.
"""

import re
import sys
from collections.abc import Callable
from functools import partial

from feedproxy.ics.contentline import LINE_START, split

KIND = rb"[A-Z0-9_./-]{1,60}"
"""What a component is of: a name, short enough to need no fold."""

_CONTENT_LINES = re.compile(
    rb"""(?: [ACDF-Z] [A-Z0-9_./-]{0,59}+ : [^\n]*+ \n
           | (?:BEGIN|END) : KIND \n
           | (?! (?:BEGIN|END)[;:] )
             (?: KIND+ | X-[A-Za-z0-9_./-]{1,58}+ ) (?=[;:])
             (?: [^":\n]++ | "{64} | "[^"\n]*+" )*+ : [^\n]*+ \n
           )*+""".replace(b"KIND", KIND),
    re.VERBOSE,
)
_QUOTED_PRINTABLE = re.compile(rb"[^:]{1,200};ENCODING=QUOTED-PRINTABLE", re.IGNORECASE)
_QUOTED_PRINTABLE_SOMEWHERE = re.compile(rb";ENCODING=QUOTED-PRINTABLE", re.IGNORECASE)
_BOUNDARY = re.compile(rb"(?:[ \t]|\xef\xbb\xbf)*+(BEGIN|END)[ \t]*:[ \t]*(" + KIND + rb")[ \t]*", re.IGNORECASE)
"""A byte order mark before it: of files that were put together, or marked twice."""
_TEXTS = frozenset(
    b"COMMENT CONTACT DESCRIPTION LOCATION NAME SUMMARY STYLED-DESCRIPTION X-ALT-DESC X-APPLE-STRUCTURED-LOCATION"
    b" X-WR-CALDESC X-WR-CALNAME".split()
)
"""The properties to whose values a line that is no content line is given back."""
_PROPERTIES = _TEXTS | frozenset(
    b"ACTION ATTACH ATTENDEE BEGIN BUSYTYPE CALENDAR-ADDRESS CALSCALE CATEGORIES CLASS COLOR COMPLETED CONCEPT"
    b" CONFERENCE CREATED DTEND DTSTAMP DTSTART DUE DURATION END EXDATE EXRULE FREEBUSY GEO IMAGE LAST-MODIFIED LINK"
    b" METHOD ORGANIZER PARTICIPANT-TYPE PERCENT-COMPLETE PRIORITY PRODID PROXIMITY RDATE RECURRENCE-ID REFID"
    b" REFRESH-INTERVAL RELATED-TO REPEAT REQUEST-STATUS RESOURCE-TYPE RESOURCES RRULE SEQUENCE SOURCE STATUS"
    b" STRUCTURED-DATA TRANSP TRIGGER TZID TZID-ALIAS-OF TZNAME TZOFFSETFROM TZOFFSETTO TZUNTIL TZURL UID URL"
    b" VERSION".split()
)
"""The registered properties (RFC 5545 section 8.3.2 and its successors). In the middle of a text that has lost its
folds, `https://...` and `Passcode: 1234` are text, not properties of these names."""
_RULE = re.compile(rb"\n(?:EX|R)RULE;", re.IGNORECASE)
_NO_SOFT_LINE = re.compile(rb"\n[^\n]*+(?<!=)\n")
_LOST_PROPERTY_OR_BLANK = re.compile(rb"\n(?:\n|X-|[A-Z0-9-]+=)")
_NO_LINE_OF_TEXT = re.compile(
    rb"""\n(?: \n | X- | [A-Z0-9-]+=
             | (?i: X- | (?=[A-Z-]++[;:]) (?:%b) [;:] | (?:[ \t]|\xef\xbb\xbf)*+ (?:BEGIN|END) [ \t]*+ : ) )"""
    % b"|".join(sorted(_PROPERTIES)),
    re.VERBOSE,
)
"""A line that may not belong to the text before; the former where it has neither colon nor semicolon. All these begin
with the end of the line before, which is quickly looked for."""
_NOT_IN_CAPITALS = re.compile(
    rb"""\n(?: (?i:x-) (?<!X-) [A-Za-z0-9_./-]{1,58}+ (?=:|;[^:\n]*+:)
             | (?! [A-Z-]*+[:;] | (?i:BEGIN|END) [:;] ) (?i:%b) (?=:|;[^:\n]*+:)
             | (?i:BEGIN|END) : (?i:KIND) (?=\n) )""".replace(b"KIND", KIND)
    % b"|".join(sorted(_PROPERTIES)),
    re.VERBOSE,
)
"""The name of what is a content line wherever it stands, and a boundary; of some all letters are capitals."""
_IS_TEXT = re.compile(rb"(?:" + b"|".join(sorted(_TEXTS)) + rb")[;:]")
_RULES = frozenset((b"RRULE", b"EXRULE"))
"""`RRULE;FREQ=DAILY` means the only thing that it can; libical reads it so."""
_LOST_PROPERTY = re.compile(rb"X-|[A-Z0-9-]+=")


def content_lines(text: bytes, repairs: dict[str, int]) -> bytes:
    """Return the content lines of unfolded text, all ended by LF; `repairs` counts what that took, by rule."""
    reader = _Reader(text, repairs)
    reader.read()
    return b"".join(reader.kept)


class _Next:
    """Where something is found next, looked for once for as long as that place lies ahead."""

    __slots__ = ("find", "place")

    def __init__(self, find: Callable[[int], int]) -> None:
        self.find = find
        self.place = 0

    def behind(self, at: int) -> int:
        """Return the first such place from there on; one behind all text if there is none."""
        if self.place < at:
            found = self.find(at)
            self.place = found if found >= 0 else sys.maxsize
        return self.place


class _Reader:
    """One pass over the lines.

    `parts` is the content line that is not kept yet, for what follows may belong to it: if it `is_text`, or if it is
    quoted-printable.
    """

    def __init__(self, text: bytes, repairs: dict[str, int]) -> None:
        self.text = b"\n" + text
        self.at = 1
        self.colon = _Next(partial(self.text.find, b":"))
        self.rule = _Next(partial(_find_rule, self.text))
        self.no_soft_line = _Next(partial(_find_line, self.text, _NO_SOFT_LINE))
        self.semicolon = _Next(partial(self.text.find, b";"))
        self.lost_property = _Next(partial(_find_line, self.text, _LOST_PROPERTY_OR_BLANK))
        self.no_line_of_text = _Next(partial(_find_line, self.text, _NO_LINE_OF_TEXT))
        self.repairs = repairs
        self.kept: list[bytes] = []
        self.parts: list[bytes] = []
        self.is_text = self.is_quoted_printable = self.has_capitals = False

    def read(self) -> None:
        while self.at < len(self.text):
            if self._pass_over_content() or self._pass_over_others():
                continue
            end = self.text.index(b"\n", self.at)
            self._take(self.text[self.at : end])
            self.at = end + 1
        self._keep()

    def _pass_over_content(self) -> bool:
        """Keep the content lines that follow; within a text that has lost its folds each is looked at on its own."""
        if len(self.parts) > 1:
            return False
        match = _CONTENT_LINES.match(self.text, self.at)
        start, end = match.span() if match else (self.at, self.at)
        if start == end:
            return False
        self._keep()
        last = self.text.rfind(b"\n", start, end - 1) + 1 or start
        self.kept.append(self.text[start:last])
        self._begin(self.text[last : end - 1])
        self.at = end
        return True

    def _pass_over_others(self) -> bool:
        """Give the lines that can be no content lines to the text that they follow, or drop them."""
        if self.is_quoted_printable:
            return self._pass_over_soft_breaks()
        if self.is_text:
            return self._pass_over_text()
        lines = self._before(self.colon, self.rule)  # which may lack a colon
        self._count("line-dropped", len(lines.translate(None, b" \t").split()))
        return lines != b""

    def _pass_over_text(self) -> bool:
        """Put lines behind a text that has lost its folds. The first of them may be a property that nobody knows."""
        lines = self._before(self.colon, self.semicolon, self.lost_property)
        if not lines and len(self.parts) > 1:
            lines = self._before(self.no_line_of_text)
        if not lines:
            return False
        self._count("line-rejoined", lines.count(b"\n"))
        _rejoin(self.parts, _with_escaped_breaks(lines[:-1]), soft_break=False)
        return True

    def _before(self, *ends: _Next) -> bytes:
        """Take the lines before the first in which one of these is."""
        start = stop = self.at
        for end in ends:
            place = end.behind(start)
            if stop == start or place < stop:
                stop = self.text.rfind(b"\n", start, place) + 1
                if not stop:
                    return b""
        self.at = stop
        return self.text[start:stop]

    def _pass_over_soft_breaks(self) -> bool:
        """Put the lines together that end in a soft line break as the line before them does."""
        if not self.parts[-1].endswith(b"="):
            return False
        lines = self._before(self.colon, self.no_soft_line)
        if not lines:
            return False
        self._count("line-rejoined", lines.count(b"\n"))
        _rejoin(self.parts, lines.replace(b"=\n", b"") + b"=", soft_break=True)
        return True

    def _take(self, line: bytes) -> None:
        soft_break = self.is_quoted_printable and self.parts[-1].endswith(b"=") and not _is_content(line)
        content = None if soft_break else _content_line(line, in_text=len(self.parts) > 1)
        if content is not None:
            self._keep()
            self._begin(content[0])
            if content[1]:
                self._count(content[1])
            elif content[0] != line:
                self._write_capitals()
        elif line and (soft_break or (self.is_text and _may_be_text(line))):
            self._count("line-rejoined")
            _rejoin(self.parts, line, soft_break=soft_break)
        elif line.strip():
            self._count("line-dropped")

    def _write_capitals(self) -> None:
        """Write all names in capitals where one is not, as they would be one by one: all stays where it is.

        In a quoted-printable text what is not in capitals may be a part of it.
        """
        if not self.has_capitals:
            self.has_capitals = True
            if _QUOTED_PRINTABLE_SOMEWHERE.search(self.text) is None:
                self.text = _NOT_IN_CAPITALS.sub(lambda found: found[0].upper(), self.text)

    def _begin(self, line: bytes) -> None:
        self.parts = [line]
        self.is_text = _IS_TEXT.match(line) is not None
        self.is_quoted_printable = _QUOTED_PRINTABLE.match(line) is not None

    def _keep(self) -> None:
        if self.parts:
            self.kept += (*self.parts, b"\n")

    def _count(self, rule: str, count: int = 1) -> None:
        if count:
            self.repairs[rule] = self.repairs.get(rule, 0) + count


def _find_line(text: bytes, pattern: re.Pattern[bytes], at: int) -> int:
    """Return where a line begins that matches, or -1; the pattern begins with the end of the line before it."""
    found = pattern.search(text, at - 1)
    return found.start() + 1 if found else -1


def _find_rule(text: bytes, at: int) -> int:
    semicolon = text.find(b";", at)
    return _find_line(text, _RULE, text.rfind(b"\n", 0, semicolon) + 1) if semicolon >= 0 else -1


def _content_line(line: bytes, *, in_text: bool) -> tuple[bytes, str] | None:
    """Return the line as a content line of the normal form and what that took; None if it is no content line.

    BEGIN and END are known behind blanks too. Names that begin with `X-` are kept as written.
    """
    if boundary := _BOUNDARY.fullmatch(line):
        written = boundary[1].upper() + b":" + boundary[2].upper()
        return written, "boundary-blanks" if len(written) < len(line) else ""
    start = LINE_START.match(line)
    if start is None:
        return None
    name = start[1] if start[1].startswith(b"X-") else start[1].upper()
    if name in {b"BEGIN", b"END"} or (in_text and name not in _PROPERTIES and not name.startswith(b"X-")):
        return None
    rest = line[start.end(1) :]
    if rest.startswith(b":") or split(name + rest) is not None:
        return name + rest, ""
    parameters, colon, value = rest.partition(b":")
    if colon:
        return name + parameters.translate(None, b'"') + colon + value, "quote-unclosed"
    return (name + b":" + rest[1:], "rule-without-colon") if name in _RULES else None


def _is_content(line: bytes) -> bool:
    """Tell whether a line is a content line as it stands, in which no quoted-printable goes on."""
    return _BOUNDARY.fullmatch(line) is not None or _CONTENT_LINES.fullmatch(line + b"\n") is not None


def _with_escaped_breaks(text: bytes) -> bytes:
    r"""Write the line breaks of a text as `\n`, one behind a lone backslash as its `n`. There are no NULs in texts."""
    if b"\\" not in text:
        return text.replace(b"\n", b"\\n")
    paired = text.replace(b"\\\\", b"\0")
    return paired.replace(b"\\\n", b"\\n").replace(b"\n", b"\\n").replace(b"\0", b"\\\\")


def _may_be_text(line: bytes) -> bool:
    if _LOST_PROPERTY.match(line):
        return False
    start = LINE_START.match(line)
    return start is None or start[1] not in _PROPERTIES


def _rejoin(parts: list[bytes], line: bytes, *, soft_break: bool) -> None:
    if soft_break:
        parts[-1] = parts[-1][:-1]
        parts.append(line)
    else:
        backslashes = len(parts[-1]) - len(parts[-1].rstrip(b"\\"))
        parts.append((b"n" if backslashes % 2 else b"\\n") + line)
