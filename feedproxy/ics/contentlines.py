r"""Unfolded text as content lines; a line that is none goes back to the text that it was torn from.

Broken producers write the line breaks of a DESCRIPTION as they are. Such a line belongs to the text before it: as
`\n`, or, behind a lone backslash, as the `n` of a `\n` that a careless tool has split. Quoted-printable of vCalendar
1.0 goes on in the next line behind a `=` (RFC 2045 section 6.7). What follows no text is dropped.

Nearly all lines are content lines as they stand, and one regular expression passes over as many of them as follow each
other, as two others do over lines that can be none; only what is left is looked at line by line.
"""

import re

from feedproxy.ics.contentline import LINE_START, split

KIND = rb"[A-Z0-9_./-]{1,60}"
"""What a component is of: a name, short enough to need no fold."""

_CONTENT_LINES = re.compile(
    rb"""(?: (?:BEGIN|END) : KIND \n
           | (?! (?:BEGIN|END)[;:] )
             (?: KIND+ | X-[A-Za-z0-9_./-]{1,58}+ ) (?=[;:])
             (?: [^":\n]++ | "[^"\n]*+" )*+ : [^\n]*+ \n
           )*+""".replace(b"KIND", KIND),
    re.VERBOSE,
)
_NO_CONTENT_LINES = re.compile(rb"(?:(?:[^\n:;]*+|(?!(?:[Ee][Xx])?[Rr])[^\n:]*+)\n)*+")
"""Without a colon; a rule may lack it."""
_LINES_OF_TEXT = re.compile(rb"(?:(?!X-|[A-Z0-9-]++=)[^\n:;]++\n)*+")
_SOFT_LINES = re.compile(rb"(?:[^\n:]*+(?<==)\n)*+")
_QUOTED_PRINTABLE = re.compile(rb"[^:]{1,200};ENCODING=QUOTED-PRINTABLE", re.IGNORECASE)
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
_IS_TEXT = re.compile(rb"(?:" + b"|".join(sorted(_TEXTS)) + rb")[;:]")
_RULES = frozenset((b"RRULE", b"EXRULE"))
"""`RRULE;FREQ=DAILY` means the only thing that it can; libical reads it so."""
_LOST_PROPERTY = re.compile(rb"X-|[A-Z0-9-]+=")


def content_lines(text: bytes, repairs: dict[str, int]) -> bytes:
    """Return the content lines of unfolded text, all ended by LF; `repairs` counts what that took, by rule."""
    reader = _Reader(text, repairs)
    reader.read()
    return b"".join(reader.kept)


class _Reader:
    """One pass over the lines: `parts` is the content line that is not kept yet, for what follows may belong to it."""

    def __init__(self, text: bytes, repairs: dict[str, int]) -> None:
        self.text = text
        self.at = 0
        self.repairs = repairs
        self.kept: list[bytes] = []
        self.parts: list[bytes] = []

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
        start, end = self.at, _matched(_CONTENT_LINES, self.text, self.at)
        if start == end:
            return False
        self._keep()
        last = self.text.rfind(b"\n", start, end - 1) + 1 or start
        self.kept.append(self.text[start:last])
        self.parts = [self.text[last : end - 1]]
        self.at = end
        return True

    def _pass_over_others(self) -> bool:
        """Give the lines that can be no content lines to the text that they follow, or drop them."""
        if self.parts and _QUOTED_PRINTABLE.match(self.parts[0]):
            return self._pass_over_soft_breaks()
        in_text = bool(self.parts) and _IS_TEXT.match(self.parts[0]) is not None
        start, end = self.at, _matched(_LINES_OF_TEXT if in_text else _NO_CONTENT_LINES, self.text, self.at)
        if start == end:
            return False
        lines = self.text[start:end]
        self.at = end
        if in_text:
            self._count("line-rejoined", lines.count(b"\n"))
            _rejoin(self.parts, _with_escaped_breaks(lines[:-1]), soft_break=False)
        else:
            self._count("line-dropped", len(lines.translate(None, b" \t").split()))
        return True

    def _pass_over_soft_breaks(self) -> bool:
        """Put the lines together that end in a soft line break as the line before them does."""
        if not self.parts[-1].endswith(b"="):
            return False
        start, end = self.at, _matched(_SOFT_LINES, self.text, self.at)
        if start == end:
            return False
        lines = self.text[start:end]
        self.at = end
        self._count("line-rejoined", lines.count(b"\n"))
        _rejoin(self.parts, lines.replace(b"=\n", b"") + b"=", soft_break=True)
        return True

    def _take(self, line: bytes) -> None:
        soft_break = bool(self.parts) and self.parts[-1].endswith(b"=") and _has_soft_break(self.parts[0], line)
        content = None if soft_break else _content_line(line, in_text=len(self.parts) > 1)
        if content is not None:
            self._keep()
            self.parts = [content[0]]
            if content[1]:
                self._count(content[1])
        elif line and (soft_break or _continues_text(line, self.parts)):
            self._count("line-rejoined")
            _rejoin(self.parts, line, soft_break=soft_break)
        elif line.strip():
            self._count("line-dropped")

    def _keep(self) -> None:
        if self.parts:
            self.kept += (*self.parts, b"\n")
        self.parts = []

    def _count(self, rule: str, count: int = 1) -> None:
        if count:
            self.repairs[rule] = self.repairs.get(rule, 0) + count


def _matched(pattern: re.Pattern[bytes], text: bytes, at: int) -> int:
    """Return where the match of a pattern that always matches ends."""
    match = pattern.match(text, at)
    return match.end() if match else at


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
        return name + parameters.replace(b'"', b"") + colon + value, "quote-unclosed"
    return (name + b":" + rest[1:], "rule-without-colon") if name in _RULES else None


def _has_soft_break(start: bytes, following: bytes) -> bool:
    """Tell whether quoted-printable goes on in a line; in one that is a content line as it stands it does not."""
    if _QUOTED_PRINTABLE.match(start) is None or _BOUNDARY.fullmatch(following):
        return False
    return _CONTENT_LINES.fullmatch(following + b"\n") is None


def _with_escaped_breaks(text: bytes) -> bytes:
    r"""Write the line breaks of a text as `\n`, one behind a lone backslash as its `n`. There are no NULs in texts."""
    paired = text.replace(b"\\\\", b"\0")
    return paired.replace(b"\\\n", b"\\n").replace(b"\n", b"\\n").replace(b"\0", b"\\\\")


def _continues_text(line: bytes, parts: list[bytes]) -> bool:
    if not parts or _LOST_PROPERTY.match(line):
        return False
    start = LINE_START.match(line)
    return (start is None or start[1] not in _PROPERTIES) and _IS_TEXT.match(parts[0]) is not None


def _rejoin(parts: list[bytes], line: bytes, *, soft_break: bool) -> None:
    if soft_break:
        parts[-1] = parts[-1][:-1]
        parts.append(line)
    else:
        backslashes = len(parts[-1]) - len(parts[-1].rstrip(b"\\"))
        parts.append((b"n" if backslashes % 2 else b"\\n") + line)
