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
import operator
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from feedproxy.ics.contentlines import KIND, content_lines
from feedproxy.ics.folding import fold_lines

_LINE_BREAKING = b"\x0b\x0c\x1c\x1d\x1e"
"""VT, FF, FS, GS, RS: vdirsyncer 0.21 (`splitlines`) starts a new content line at each; they become a space."""
_DROPPED = bytes(set(range(32)) - set(b"\t\n\r" + _LINE_BREAKING)) + b"\x7f"
_TO_SPACE = bytes.maketrans(_LINE_BREAKING, b" " * len(_LINE_BREAKING))
_CONTROLS = _LINE_BREAKING + _DROPPED
_WIDE_BREAKS = tuple(character.encode() for character in "\x85\u2028\u2029")
_WIDE_CONTROL = re.compile(rb"\xc2[\x80-\x9f]")
_WIDE_INITIALS = b"\xc2", b"\xe2"
"""The first octets of wide breaks and wide controls: quickly looked for, and much text that is not English has none."""
_RUN_ON = tuple(
    re.compile(rb"%b:VCALENDAR(?<![^\n]%b:VCALENDAR)(?=[ \t]*[^ \t\n])(?![A-Z0-9_./-]*[ \t]*\n)" % (name, name))
    for name in (b"BEGIN", b"END")
)
"""`END:VCALENDARBEGIN:VCALENDAR`, where files were put together whose last line has no end, and the like."""
_NO_CONTINUATION = bytes(set(range(256)) - set(range(0x80, 0xC0)))
"""All octets but those that every UTF-8 sequence has: text of these alone holds none."""
_ASCII_IN_LINES = bytes(set(range(128)) - {10})
_WINDOWS = "".join(bytes([n]).decode("cp1252", "ignore") or chr(n) for n in range(256))
"""The characters of Windows-1252; its five holes are read as Latin-1."""

_NORMAL = re.compile(
    rb"""(?: (?: (?:BEGIN|END) : KIND \r\n
             | (?! [^\n]{77} | (?:BEGIN|END)[;:] )            # at most 75 octets and CRLF
               (?: KIND+ | X-[A-Za-z0-9_./-]{1,58}+ )
               (?: ; (?: [^CONTROLS":]++ | "(?: [^CONTROLS"]++ | FOLD )*+" | FOLD )*+ )?
               : [^CONTROLS]*+ (?: FOLD [^CONTROLS]*+ )*+ \r\n
             ) )++""".replace(b"KIND", KIND)
    .replace(b"FOLD", rb"\r\n[ ](?<=[^\n]{62}\n[ ])(?![^\n]{76}|[\x80-\xbf])")
    .replace(b"CONTROLS", rb"\x00-\x08\x0a-\x1f\x7f"),
    re.VERBOSE,
)
_FOLD = b"\r\n "
_OTHER_FOLD = re.compile(rb"\r\n (?:\r|(?<!\n[^\n]{75}\r\n ))")
"""One that may not stand where `fold` puts it."""
_NO_CONTROLS = bytes(set(range(256)) - set(_CONTROLS + b"\r\n"))
_SHORT_LINES = re.compile(rb"(?s:.{0,76}\n)*+")
"""Lines of at most 75 octets and CRLF: as many as fit into each stretch of 77 are passed over at once."""
STRETCH = 65_536
"""Octets of a body, at least, that are worked on at once: short work, that stays in the processor's caches."""
_BEGIN = re.compile(
    rb"BEGIN:V(?<=[\r\n]BEGIN:V)(?:EVENT|TODO|JOURNAL|FREEBUSY|TIMEZONE)(?=\r?\n[^\r\n\t ]|\r[^\r\n\t ])"
)
_BOUNDARY, _BOUNDARY_BEHIND_CR = (
    re.compile(start + rb"(?=(?:BEGIN|END):[A-Z0-9_./-]{1,60}(?:\r?\n(?![\r\n\t ])|\r(?![\r\n\t ])))", re.IGNORECASE)
    for start in (rb"\n", rb"[\r\n]")
)
"""What stands before the BEGIN or END of a component: no line goes on there either."""


@dataclass(frozen=True, slots=True)
class Normal:
    """Text in normal form and what was mended to reach it, as (rule, count). Line ends and folds are not mentioned."""

    text: bytes
    repairs: tuple[tuple[str, int], ...] = ()


def normalise(body: bytes) -> Normal:
    """Bring any octets into normal form. Never raises, never drops a line that says something."""
    repairs: Counter[str] = Counter()
    text = _without_mark(body, repairs)
    found = list(_stretches(text))
    normal = [_normal(stretch, repairs) for stretch in found]
    if all(map(operator.is_, found, normal)):
        return Normal(text, tuple(repairs.items()))
    return Normal(b"".join(normal), tuple(repairs.items()))


def _stretches(text: bytes) -> Iterator[bytes]:
    """Part a text before lines that begin a component: no line goes on there."""
    start = 0
    while start < len(text):
        begin = _BEGIN.search(text, start + STRETCH)
        end = begin.start() if begin else len(text)
        yield text[start:end]
        start = end


def _normal(text: bytes, repairs: Counter[str]) -> bytes:
    """Bring a stretch into normal form. Between two boundaries, what is in it already stays folded as it is.

    So the octets of a component do not hang on what else is in the stretch.
    """
    if is_normal(text):
        return text
    parts: list[bytes] = []
    at = 0
    for start, end in _folded(text):
        if is_normal(piece := text[start:end]):
            parts += (_written_anew(text[at:start], repairs), piece)
            at = end
    return b"".join([*parts, _written_anew(text[at:], repairs)]) if at else _written_anew(text, repairs)


def _folded(text: bytes) -> Iterator[tuple[int, int]]:
    """Iterate over where the pieces between two boundaries begin and end in which there are folds."""
    start, fold = 0, text.find(_FOLD)
    if fold < 0 or _OTHER_FOLD.search(text) is None:
        return
    boundary = _BOUNDARY if text.count(b"\r") == text.count(b"\r\n") else _BOUNDARY_BEHIND_CR
    for end in [*(found.end() for found in boundary.finditer(text)), len(text)]:
        if fold < end:
            yield start, end
            fold = text.find(_FOLD, end)
            if fold < 0:
                return
        start = end


def _written_anew(text: bytes, repairs: Counter[str]) -> bytes:
    if not text:
        return text
    text = _unfold(_one_line_end(text), repairs)
    text = _parted(_without_controls(_utf8(text, repairs), repairs), repairs)
    return fold_lines(content_lines(text, repairs))


def is_normal(text: bytes) -> bool:
    """Tell whether text is in normal form already."""
    return has_clean_letters(text) and _NORMAL.fullmatch(text) is not None


def is_free_of_controls(lines: bytes) -> bool:
    """Tell whether there is no control in physical lines but CRLF; every CR must be known to have its LF behind it."""
    breaks = lines.translate(None, _NO_CONTROLS)
    return breaks == b"\r\n" * (len(breaks) // 2)


def fits(lines: bytes) -> bool:
    """Tell whether physical lines, ended by CRLF and without controls, are short enough and UTF-8 without breaks."""
    return _SHORT_LINES.fullmatch(lines) is not None and has_clean_letters(lines)


def has_clean_letters(text: bytes) -> bool:
    """Tell whether text is UTF-8 without characters that break lines or control anything."""
    return text.isascii() or (_is_utf8(text) and not _has_wide_controls(text))


def _has_wide_controls(text: bytes) -> bool:
    if not any(initial in text for initial in _WIDE_INITIALS):
        return False
    return _WIDE_CONTROL.search(text) is not None or any(wide in text for wide in _WIDE_BREAKS)


def _without_mark(body: bytes, repairs: Counter[str]) -> bytes:
    if body.startswith(codecs.BOM_UTF8):
        repairs["byte-order-mark"] = 1
        return body.removeprefix(codecs.BOM_UTF8)
    encoding = wide_encoding(body[:4])
    if encoding is None:
        return body
    repairs["utf-16"] = 1
    return body.decode(encoding, "replace").removeprefix("\ufeff").encode("utf-8", "replace")


def wide_encoding(start: bytes) -> str | None:
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
    """End every line by LF, the last too."""
    if b"\r" in text and b"\n" in text:
        all_crlf = text.count(b"\r\n") == text.count(b"\r")
        text = text.translate(None, b"\r") if all_crlf else text.replace(b"\r\n", b"\n")
    text = text.replace(b"\r", b"\n")
    return text if text.endswith(b"\n") else text + b"\n"


def _unfold(text: bytes, repairs: Counter[str]) -> bytes:
    """Join folded lines. Blank lines go first: one inside a folded line is a fold too many, not the line's end."""
    if b"\n\n" in text:
        if found := text.count(b"\n\n ") + text.count(b"\n\n\t"):
            repairs["blank-line-in-fold"] += found
        while b"\n\n" in text:
            text = text.replace(b"\n\n", b"\n")
    text = text.lstrip(b"\n").replace(b"\n ", b"")
    return text.replace(b"\n\t", b"") if b"\t" in text else text


def _utf8(text: bytes, repairs: Counter[str]) -> bytes:
    if _is_utf8(text):
        return text
    if not text.translate(None, _NO_CONTINUATION) or text.decode("utf-8", "ignore").isascii():
        repairs["not-utf-8"] += len(text.translate(None, _ASCII_IN_LINES).split())
        return _from_windows(text)
    lines = text.split(b"\n")
    wrong = [n for n, line in enumerate(lines) if not line.isascii() and not _is_utf8(line)]
    for n in wrong:
        lines[n] = _mended(lines[n])
    repairs["not-utf-8"] += len(wrong)
    return b"\n".join(lines)


def _is_utf8(text: bytes) -> bool:
    try:
        text.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _mended(line: bytes) -> bytes:
    """Read a line that is not UTF-8: as damaged UTF-8 where most of it is, else as Windows-1252."""
    replaced = line.decode("utf-8", "replace")
    damage = replaced.count("\ufffd")
    if sum(character > "\x7f" for character in replaced) > 2 * damage:
        return replaced.encode()
    return _from_windows(line)


def _from_windows(text: bytes) -> bytes:
    """Read Windows-1252, as the web decodes Latin-1 too."""
    return codecs.charmap_decode(text, "strict", _WINDOWS)[0].encode()


def _parted(text: bytes, repairs: Counter[str]) -> bytes:
    """Put what stands behind the BEGIN or END of a VCALENDAR, in its line, into a line of its own."""
    for boundary in _RUN_ON:
        text, count = boundary.subn(rb"\g<0>\n", text)
        if count:
            repairs["boundary-run-on"] += count
    return text


def _without_controls(text: bytes, repairs: Counter[str]) -> bytes:
    """Make line-breaking controls spaces, drop the others."""
    found = len(text) - len(text.translate(None, _CONTROLS))
    if found:
        text = text.translate(_TO_SPACE, _DROPPED)
    if _has_wide_controls(text):
        for wide in _WIDE_BREAKS:
            spaced = text.replace(wide, b" ")
            found += (len(text) - len(spaced)) // (len(wide) - len(b" "))
            text = spaced
        text, others = _WIDE_CONTROL.subn(b"", text)
        found += others
    if found:
        repairs["control-characters"] += found
    return text
