r"""Any octets to the *normal form*, in which all later work is done.

Text is in normal form when it is what every client accepts (RFC 5545 section 3.1, and stricter):

- UTF-8 without byte order mark, every line ended by CRLF, no blank line, no lone CR or LF;
- no control character but TAB, and none of NEL, U+2028, U+2029, which some readers take for a line end;
- no physical line over 75 octets, folds are CRLF SPACE, only behind more than 60 octets, never inside a character;
- every logical line is a content line, `name[;parameters]:value`, with as many quotes in its parameters as close, and
  these of at most 100,000 octets; its name is in upper case unless it begins with `X-`, and so is the kind of a
  component.

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
from itertools import filterfalse

from feedproxy.ics.contentline import overloaded
from feedproxy.ics.contentlines import content_lines
from feedproxy.ics.folding import fold_lines
from feedproxy.ics.linekinds import KIND
from feedproxy.ics.searching import holds, line_end, without

_LINE_BREAKING = b"\x0b\x0c\x1c\x1d\x1e"
"""VT, FF, FS, GS, RS: vdirsyncer 0.21 (`splitlines`) starts a new content line at each; they become a space."""
_DROPPED = bytes(set(range(32)) - set(b"\t\n\r" + _LINE_BREAKING)) + b"\x7f"
_TO_SPACE = bytes.maketrans(_LINE_BREAKING, b" " * len(_LINE_BREAKING))
_CONTROLS = _LINE_BREAKING + _DROPPED
_CR_TO_LF = bytes.maketrans(b"\r", b"\n")
_MANY_LINE_ENDS = b"\n" * 64
_CR_AND_CONTROLS = b"\r" + _CONTROLS
_WIDE_BREAKS = "\x85\u2028\u2029"
_WIDE_CONTROL = re.compile(rb"\xc2[\x80-\x9f]")
_HIGH_CONTROLS = bytes(range(0x80, 0xA0))
_SURROGATES = bytes(ord("H") if 0xD8 <= n < 0xDC else ord("L") if 0xDC <= n < 0xE0 else 0 for n in range(256))
"""By the high octet of a unit of UTF-16: the first half of a pair, the second, or none."""
_HALF = bytes(0xFF if n in b"HL" else 0 for n in range(256))
_ONLY_WIDE_CONTROLS = bytes(1 if n == 0xC2 else 2 if n in _HIGH_CONTROLS else 0 for n in range(256))
"""What makes of each wide control 1 and 2, and of other text nothing that has these two in a row."""
_RUN_ON = {
    name + b":VCALENDAR": re.compile(
        rb"%b:VCALENDAR(?<![^\n]%b:VCALENDAR)(?=[ \t]*[^ \t\n])(?![A-Z0-9_./-]*[ \t]*\n)" % (name, name)
    )
    for name in (b"BEGIN", b"END")
}
"""`END:VCALENDARBEGIN:VCALENDAR`, where files were put together whose last line has no end, and the like."""
_NO_CONTINUATION = bytes(set(range(256)) - set(range(0x80, 0xC0)))
"""All octets but those that every UTF-8 sequence has: text of these alone holds none."""
_NO_INITIAL = bytes(set(range(0xC0)) - {10})
_DAMAGED = b"\xff"
"""What is in no UTF-8."""
_ASCII_IN_LINES = bytes(set(range(128)) - {10})
_HIGH_TO_ONE = bytes(min(n, 0x80) for n in range(256))
_REPLACEMENT = "\ufffd".encode()
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
_OTHER_FOLD = re.compile(rb"\r\n (?<=[^\n]{62}\n )(?<!\n[^\n]{75}\r\n )(?<![^\n]{77}\n )")
"""One that may stay, and that does not stand where `fold` puts it; behind a line that is too long none may."""
_SHORT_LINES = re.compile(rb"(?s:.{0,76}\n)*+")
"""Lines of at most 75 octets and CRLF: as many as fit into each stretch of 77 are passed over at once."""
STRETCH = 65_536
"""Octets of a body, at least, that are worked on at once: short work, that stays in the processor's caches."""
DECODED = 65_536
"""Octets of UTF-16 that are read at once where a body is read in pieces."""
_BEGIN = re.compile(
    rb"BEGIN:V(?<=[\r\n]BEGIN:V)(?:EVENT|TODO|JOURNAL|FREEBUSY|TIMEZONE)(?=\r?\n[^\r\n\t ]|\r[^\r\n\t ])"
)
_BOUNDARIES = tuple(
    re.compile(rb"%b(?<=[\r\n]%b)(?=[A-Z0-9_./-]{1,60}(?:\r?\n(?![\r\n\t ])|\r(?![\r\n\t ])))" % (name, name))
    for name in (b"BEGIN:", b"END:")
)
"""The BEGIN and the END of a component, in text without small letters: no line goes on there either. They begin with
letters, which are quickly looked for where there are many lines."""


@dataclass(frozen=True, slots=True)
class Normal:
    """Text in normal form and what was mended to reach it, as (rule, count). Line ends and folds are not mentioned."""

    text: bytes
    repairs: tuple[tuple[str, int], ...] = ()


def normalise(body: bytes, *, is_utf8: bool = False) -> Normal:
    """Bring any octets into normal form; no line is dropped that says something to anybody.

    `is_utf8`: the body is known to be no UTF-16, and to have no byte order mark, whatever it begins with.
    Raises FeedRefused (`excessive`) where more lines follow each other than any component has.
    """
    repairs: Counter[str] = Counter()
    text = body if is_utf8 else _without_mark(body, repairs)
    found = list(_stretches(text))
    normal = [_normal(stretch, repairs) for stretch in found]
    if all(map(operator.is_, found, normal)):
        return Normal(text, tuple(repairs.items()))
    return Normal(b"".join(normal), tuple(repairs.items()))


def _stretches(text: bytes) -> Iterator[bytes]:
    """Part a text before lines that begin a component: no line goes on there."""
    start = 0
    while start < len(text):
        begin = _BEGIN.search(text, line_end(text, start + STRETCH - 1))
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
    """Iterate over where the pieces between two boundaries begin and end in which there are folds that may stay."""
    fold = _OTHER_FOLD.search(text) if holds(text, b"\r\n ") else None
    if fold is None:
        return
    upper = text.upper()
    ends = (found.start() for boundary in _BOUNDARIES for found in boundary.finditer(upper))
    start = 0
    for end in [*sorted(ends), len(text)]:
        if fold.start() < end:
            yield start, end
            if (fold := _OTHER_FOLD.search(text, end)) is None:
                return
        start = end


def _written_anew(text: bytes, repairs: Counter[str]) -> bytes:
    if not text:
        return text
    lines, ends = text.translate(None, _CR_AND_CONTROLS), text.count(b"\r\n")
    is_clean = len(text) - len(lines) == ends  # what is gone are the CRs of CRLFs
    lines = _without_overloaded(_unfold(lines if is_clean else _one_line_end(text, ends), repairs), repairs)
    lines = readable(lines, repairs, has_controls=not is_clean)
    return fold_lines(content_lines(_parted(lines, repairs), repairs))


def is_readable(text: bytes) -> bool:
    """Tell whether text is UTF-8 without controls."""
    return has_clean_letters(text) and len(text.translate(None, _CONTROLS)) == len(text)


def readable(lines: bytes, repairs: Counter[str], *, has_controls: bool = True) -> bytes:
    """Write unfolded lines in UTF-8 without controls."""
    if not has_clean_letters(lines):
        lines = _without_wide_controls(_utf8(lines, repairs), repairs)
    return _without_controls(lines, repairs) if has_controls else lines


def is_normal(text: bytes) -> bool:
    """Tell whether text is in normal form already."""
    return has_clean_letters(text) and _NORMAL.fullmatch(text) is not None and not any(overloaded(text))


def fits(lines: bytes) -> bool:
    """Tell whether lines, ended by CRLF and without controls, are short enough and UTF-8 without breaks."""
    return _SHORT_LINES.fullmatch(lines) is not None and has_clean_letters(lines) and not any(overloaded(lines))


def has_other_folds(text: bytes) -> bool:
    """Tell whether there are folds in text that may stay, and that do not stand where `fold` puts them."""
    return holds(text, b"\r\n ") and _OTHER_FOLD.search(text) is not None


def has_clean_letters(text: bytes) -> bool:
    """Tell whether text is UTF-8 without characters that break lines or control anything."""
    if text.isascii():
        return True
    try:
        letters = text.decode()
    except UnicodeDecodeError:
        return False
    return not (any(wide in letters for wide in _WIDE_BREAKS) or _has_wide_controls(text))


def _has_wide_controls(text: bytes) -> bool:
    """Tell whether there are any in UTF-8: by a table, for what they begin with stands before other characters too."""
    return b"\xc2" in text and b"\1\2" in text.translate(_ONLY_WIDE_CONTROLS)


def _without_mark(body: bytes, repairs: Counter[str]) -> bytes:
    if body.startswith(codecs.BOM_UTF8):
        repairs["byte-order-mark"] = 1
        return body.removeprefix(codecs.BOM_UTF8)
    encoding = wide_encoding(body[:4])
    if encoding is None:
        return body
    repairs["utf-16"] = 1
    try:
        text = body.decode(encoding)
    except UnicodeDecodeError:
        text = _with_halves_replaced(body, encoding).decode(encoding, "replace")
    return text.removeprefix("\ufeff").encode("utf-8", "replace")


def _with_halves_replaced(body: bytes, encoding: str) -> bytes:
    """Put U+FFFD in the place of each surrogate in UTF-16 whose other half is missing, all of them at once."""
    is_big = encoding == "utf-16-be" or body.startswith(codecs.BOM_UTF16_BE)
    end = len(body) & ~1
    high, low = slice(1 - is_big, end, 2), slice(int(is_big), end, 2)
    kinds = body[high].translate(_SURROGATES)
    if end < len(body) and kinds.endswith(b"H"):  # it and the octet behind it become one character
        kinds = kinds[:-1] + b"\0"
    halves = int.from_bytes(kinds.replace(b"HL", b"\0\0").translate(_HALF), "big")
    octets = bytearray(body)
    for place, octet in ((high, b"\xff"), (low, b"\xfd")):
        kept = int.from_bytes(body[place], "big") & ~halves
        put = int.from_bytes(octet * len(kinds), "big") & halves
        octets[place] = (kept | put).to_bytes(len(kinds), "big")
    return bytes(octets)


def decoded(body: bytes, encoding: str) -> Iterator[bytes]:
    """Iterate over the octets in UTF-8 of a body in UTF-16, some at a time."""
    decoder = codecs.getincrementaldecoder(encoding)("replace")
    is_first = True
    for start in range(0, len(body), DECODED):
        text = decoder.decode(body[start : start + DECODED], final=start + DECODED >= len(body))
        if is_first and text:
            text, is_first = text.removeprefix("\ufeff"), False
        yield text.encode("utf-8", "replace")


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


def _one_line_end(text: bytes, ends: int) -> bytes:
    """End every line by LF; so many end by CRLF."""
    if text.count(b"\r") == ends:
        return text.translate(None, b"\r")
    return text.replace(b"\r\n", b"\n").translate(_CR_TO_LF)


def _unfold(text: bytes, repairs: Counter[str]) -> bytes:
    """Join folded lines, and end the last. Blank lines go first: one inside a folded line is a fold too many."""
    has_tabs = b"\t" in text
    if holds(text, b"\n\n"):
        text = text.replace(_MANY_LINE_ENDS, b"\n\n")
        if found := text.count(b"\n\n ") + (text.count(b"\n\n\t") if has_tabs else 0):
            repairs["blank-line-in-fold"] += found
        while b"\n\n" in text:
            text = text.replace(b"\n\n", b"\n")
    text = without(text.lstrip(b"\n"), b"\n ")
    text = without(text, b"\n\t") if has_tabs else text
    return text if text.endswith(b"\n") else text + b"\n"


def _without_overloaded(text: bytes, repairs: Counter[str]) -> bytes:
    """Drop the lines that have more parameters than mean anything to anybody."""
    pieces = []
    at = 0
    for start, end in overloaded(text):
        pieces.append(text[at:start])
        at = end
        repairs["line-dropped"] += 1
    return b"".join([*pieces, text[at:]]) if at else text


def _utf8(text: bytes, repairs: Counter[str]) -> bytes:
    """Read each line that is not UTF-8: as damaged UTF-8 where most of it is, else as Windows-1252."""
    if _is_utf8(text):
        return text
    high = text.translate(None, _ASCII_IN_LINES)
    if not high.translate(None, _NO_CONTINUATION) or text.decode("utf-8", "ignore").isascii():
        repairs["not-utf-8"] += (b"\n" + high.translate(_HIGH_TO_ONE)).count(b"\n\x80")
        return _from_windows(text)
    return _utf8_by_line(text, repairs)


def _utf8_by_line(text: bytes, repairs: Counter[str]) -> bytes:
    """Do it where some is UTF-8: equal lines once."""
    lines = text.split(b"\n")
    high = [*filterfalse(bytes.isascii, lines)]
    become = _read_anyhow([*dict.fromkeys(high)])
    repairs["not-utf-8"] += sum(map(become.__contains__, high))
    return b"\n".join(map(become.get, lines, lines))


def _read_anyhow(lines: list[bytes]) -> dict[bytes, bytes]:
    """Return those of the lines that are not UTF-8 and what each is in UTF-8.

    Of each character that is not ASCII one octet is looked at, `_DAMAGED` or another.
    """
    text = b"\n".join(lines)
    read = text.decode("utf-8", "replace").encode()
    letters = read.replace(_REPLACEMENT, _DAMAGED).translate(None, _NO_INITIAL).split(b"\n")
    found = zip(lines, read.split(b"\n"), letters, strict=True)
    damaged = [(line, mended, high) for line, mended, high in found if _DAMAGED in high and mended != line]
    become = {line: mended for line, mended, _ in damaged}
    windows = [line for line, _, high in damaged if 2 * high.count(_DAMAGED) >= len(high)]
    become.update(zip(windows, _from_windows(b"\n".join(windows)).split(b"\n"), strict=False))
    return become


def _is_utf8(text: bytes) -> bool:
    try:
        text.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _from_windows(text: bytes) -> bytes:
    """Read Windows-1252, as the web decodes Latin-1 too; they are the same but for what is a control in Latin-1."""
    if len(text.translate(None, _HIGH_CONTROLS)) == len(text):
        return text.decode("latin-1").encode()
    return codecs.charmap_decode(text, "strict", _WINDOWS)[0].encode()


def _parted(text: bytes, repairs: Counter[str]) -> bytes:
    """Put what stands behind the BEGIN or END of a VCALENDAR, in its line, into a line of its own.

    Only looked for from before the first to behind the last such line, for most text has none.
    """
    for name, boundary in _RUN_ON.items():
        last = text.rfind(name)
        if last < 0:
            continue
        first = last if text.rfind(name, 0, last) < 0 else text.find(name)
        start, end = max(0, first - 1), text.index(b"\n", last) + 1
        parted, count = boundary.subn(rb"\g<0>\n", text[start:end])
        if count:
            text = text[:start] + parted + text[end:]
            repairs["boundary-run-on"] += count
    return text


def _without_controls(text: bytes, repairs: Counter[str]) -> bytes:
    """Make line-breaking controls spaces, drop the others."""
    if found := len(text) - len(text.translate(None, _CONTROLS)):
        repairs["control-characters"] += found
        return text.translate(_TO_SPACE, _DROPPED)
    return text


def _without_wide_controls(text: bytes, repairs: Counter[str]) -> bytes:
    """Make line-breaking characters of UTF-8 spaces, drop the other controls."""
    if has_clean_letters(text):
        return text
    found = 0
    for wide in map(str.encode, _WIDE_BREAKS):
        spaced = text.replace(wide, b" ")
        found += (len(text) - len(spaced)) // (len(wide) - len(b" "))
        text = spaced
    if _has_wide_controls(text):
        text, others = _WIDE_CONTROL.subn(b"", text)
        found += others
    if found:
        repairs["control-characters"] += found
    return text
