r"""Any octets to the *normal form*, in which all later work is done.

Text is in normal form when it is what every client accepts (RFC 5545 section 3.1, and stricter):

- UTF-8 without byte order mark, every line ended by CRLF, no blank line, no lone CR or LF;
- no control character but TAB, and none of NEL, U+2028, U+2029, which some readers take for a line end;
- no physical line over 75 octets, folds are CRLF SPACE, only behind more than 60 octets, never inside a character;
- every logical line is a content line, `name[;parameters]:value`, with as many quotes in its parameters as close; its
  name is in upper case unless it begins with `X-`, and so is the kind of a component.

Most feeds are in normal form when they arrive, or nearly so, and one regular expression tells: then the octets are not
even copied. Otherwise the text is taken apart line by line and written anew, which costs ten times as much. The order
there matters: lines are unfolded before they are decoded, because a fold may split a UTF-8 sequence; and what is not
UTF-8 is decoded line by line, so that one Latin-1 line does not spoil the rest.
"""

import codecs
import re
from dataclasses import dataclass

from feedproxy.ics.contentline import LINE_START, split
from feedproxy.ics.folding import fold

_LINE_BREAKING = b"\x0b\x0c\x1c\x1d\x1e"
"""VT, FF, FS, GS, RS: vdirsyncer 0.21 (`splitlines`) starts a new content line at each; they become a space."""
_DROPPED = bytes(set(range(32)) - set(b"\t\n\r" + _LINE_BREAKING)) + b"\x7f"
_TO_SPACE = bytes.maketrans(_LINE_BREAKING, b" " * len(_LINE_BREAKING))
_CONTROLS = _LINE_BREAKING + _DROPPED
_KIND = rb"[A-Z0-9_./-]{1,60}"
"""What a component is of: a name, short enough to need no fold."""
_WIDE_CONTROL = re.compile(rb"\xc2[\x80-\x9f]|\xe2\x80[\xa8\xa9]")
_WIDE_BREAKS = frozenset((b"\xc2\x85", b"\xe2\x80\xa8", b"\xe2\x80\xa9"))

_NORMAL = re.compile(
    rb"""(?: (?: (?:BEGIN|END) : KIND \r\n
             | (?! [^\n]{77} | (?:BEGIN|END)[;:] )            # at most 75 octets and CRLF
               (?: KIND+ | X-[A-Za-z0-9_./-]{1,58}+ )
               (?: ; (?: [^CONTROLS":]++ | "(?: [^CONTROLS"]++ | FOLD )*+" | FOLD )*+ )?
               : [^CONTROLS]*+ (?: FOLD [^CONTROLS]*+ )*+ \r\n
             ) )++""".replace(b"KIND", _KIND)
    .replace(b"FOLD", rb"\r\n[ ](?<=[^\n]{62}\n[ ])(?![^\n]{76}|[\x80-\xbf])")
    .replace(b"CONTROLS", rb"\x00-\x08\x0a-\x1f\x7f"),
    re.VERBOSE,
)
_BLANK_LINES = re.compile(rb"\n\n+")
_BLANK_IN_FOLD = re.compile(rb"(?<!\n)\n\n++(?=[ \t])")
_QUOTED_PRINTABLE = re.compile(rb"[^:]{1,200};ENCODING=QUOTED-PRINTABLE", re.IGNORECASE)
_BOUNDARY = re.compile(rb"[ \t]*(BEGIN|END)[ \t]*:[ \t]*(" + _KIND + rb")[ \t]*", re.IGNORECASE)
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


@dataclass(frozen=True, slots=True)
class Normal:
    """Text in normal form and what was mended to reach it, as (rule, count). Line ends and folds are not mentioned."""

    text: bytes
    repairs: tuple[tuple[str, int], ...] = ()


def normalise(body: bytes) -> Normal:
    """Bring any octets into normal form. Never raises, never drops a line that says something."""
    if is_normal(body):
        return Normal(body)
    repairs: dict[str, int] = {}
    text = _unfold(_one_line_end(_without_mark(body, repairs)), repairs)
    text = _without_controls(_utf8(text, repairs), repairs)
    lines = _content_lines(text.split(b"\n"), repairs)
    return Normal(b"".join(fold(line) + b"\r\n" for line in lines), tuple(repairs.items()))


def is_normal(text: bytes) -> bool:
    """Tell whether text is in normal form already."""
    if _NORMAL.fullmatch(text) is None:
        return False
    return text.isascii() or (_is_utf8(text) and _WIDE_CONTROL.search(text) is None)


def _without_mark(body: bytes, repairs: dict[str, int]) -> bytes:
    if body.startswith(codecs.BOM_UTF8):
        repairs["byte-order-mark"] = 1
        return body.removeprefix(codecs.BOM_UTF8)
    encoding = _wide_encoding(body[:4])
    if encoding is None:
        return body
    repairs["utf-16"] = 1
    return body.decode(encoding, "replace").removeprefix("\ufeff").encode("utf-8", "replace")


def _wide_encoding(start: bytes) -> str | None:
    """Name the UTF-16 that a body is in: by its mark, or by the NULs beside its first two letters."""
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    if len(start) < 4:
        return None
    if not start[1] and not start[3] and start[0] and start[2]:
        return "utf-16-le"
    if not start[0] and not start[2] and start[1] and start[3]:
        return "utf-16-be"
    return None


def _one_line_end(text: bytes) -> bytes:
    return text.replace(b"\r\n", b"\n").replace(b"\r", b"\n") + b"\n"


def _unfold(text: bytes, repairs: dict[str, int]) -> bytes:
    """Join folded lines. Blank lines go first: one inside a folded line is a fold too many, not the line's end."""
    if b"\n\n" in text:
        if found := len(_BLANK_IN_FOLD.findall(text)):
            repairs["blank-line-in-fold"] = found
        text = _BLANK_LINES.sub(b"\n", text)
    text = text.lstrip(b"\n")
    return text.replace(b"\n ", b"").replace(b"\n\t", b"")


def _utf8(text: bytes, repairs: dict[str, int]) -> bytes:
    if _is_utf8(text):
        return text
    lines = text.split(b"\n")
    wrong = [n for n, line in enumerate(lines) if not _is_utf8(line)]
    for n in wrong:
        lines[n] = _mended(lines[n])
    repairs["not-utf-8"] = len(wrong)
    return b"\n".join(lines)


def _is_utf8(text: bytes) -> bool:
    try:
        text.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _mended(line: bytes) -> bytes:
    """Read a line that is not UTF-8: as damaged UTF-8 where most of it is, else as Windows-1252.

    The web decodes Latin-1 as Windows-1252 too; its five holes are read as Latin-1.
    """
    replaced = line.decode("utf-8", "replace")
    damage = replaced.count("\ufffd")
    if sum(character > "\x7f" for character in replaced) > 2 * damage:
        return replaced.encode()
    try:
        return line.decode("cp1252").encode()
    except UnicodeDecodeError:
        return line.decode("latin-1").encode()


def _without_controls(text: bytes, repairs: dict[str, int]) -> bytes:
    """Make line-breaking controls spaces, drop the others."""
    found = len(text) - len(text.translate(None, _CONTROLS))
    if found:
        text = text.translate(_TO_SPACE, _DROPPED)
    if not text.isascii():
        text, wide = _WIDE_CONTROL.subn(lambda m: b" " if m[0] in _WIDE_BREAKS else b"", text)
        found += wide
    if found:
        repairs["control-characters"] = found
    return text


def _content_lines(lines: list[bytes], repairs: dict[str, int]) -> list[bytes]:
    r"""Keep the content lines; text that lost its fold goes back to the line it came from.

    Broken producers write the line breaks of a DESCRIPTION as they are. Such a line belongs to the text before it: as
    `\n`, or, behind a lone backslash, as the `n` of a `\n` that a careless tool has split. Quoted-printable of
    vCalendar 1.0 goes on in the next line behind a `=` (RFC 2045 section 6.7). What follows no text is dropped.
    """
    kept: list[bytes] = []
    parts: list[bytes] = []
    for line in lines:
        soft_break = bool(parts) and parts[-1].endswith(b"=") and _has_soft_break(parts[0], line)
        content = None if soft_break else _content_line(line, in_text=len(parts) > 1)
        if content is not None:
            kept.append(b"".join(parts))
            parts = [content[0]]
            if content[1]:
                repairs[content[1]] = repairs.get(content[1], 0) + 1
        elif line and (soft_break or _continues_text(line, parts)):
            repairs["line-rejoined"] = repairs.get("line-rejoined", 0) + 1
            _rejoin(parts, line, soft_break=soft_break)
        elif line.strip():
            repairs["line-dropped"] = repairs.get("line-dropped", 0) + 1
    kept.append(b"".join(parts))
    return kept[1:] if parts else []


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
    return _QUOTED_PRINTABLE.match(start) is not None and _BOUNDARY.fullmatch(following) is None


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
