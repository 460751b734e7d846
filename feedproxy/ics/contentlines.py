r"""Unfolded text as content lines; a line that is none goes back to the text that it was torn from.

Broken producers write the line breaks of a DESCRIPTION as they are. Such a line belongs to the text before it: as
`\n`, or, behind a lone backslash, as the `n` of a `\n` that a careless tool has split. Quoted-printable of vCalendar
1.0 goes on in the next line behind a `=` (RFC 2045 section 6.7). What follows no text is dropped.

Nearly all lines are content lines as they stand, and one regular expression passes over as many of them as follow each
other. From one that is none on, a passage is mended as a whole, in steps: each finds all the places that it concerns by
one expression, and writes what stands there anew all at once. So lines cost little, however they alternate.
"""

import re
from collections.abc import Callable
from functools import partial

from feedproxy.errors import FeedRefused
from feedproxy.ics.components import MAX_LINES
from feedproxy.ics.linekinds import MARK, pattern
from feedproxy.ics.searching import holds

Repairs = dict[str, int]

_FEW = 4_096
"""Octets that are mended together at least; twice as many each time that those behind them must be mended too."""
_MANY = 32_768
"""And at most, where a line allows it: few enough to stay in the processor's caches."""
_CONTENT_LINES = pattern(
    rb"""(?: [ACDF-Z] [A-Z0-9_./-]{0,59}+ : [^\n]*+ \n
           | (?:BEGIN|END) : @KIND \n
           | @PLAIN [^\n]*+ \n
           )*+"""
)
_BEFORE_PROPERTY = pattern(rb"\n (?<![=\n]\n) (?= (?: [Xx]-[A-Za-z0-9_./-]{1,58}+ | @KNOWN ) : | @BOUNDARY | @RULE )")
QUOTED_PRINTABLE = re.compile(rb";(?i:ENCODING=QUOTED-PRINTABLE)")
_BEFORE_QUOTED_PRINTABLE = pattern(
    rb"""\n (?= [A-Za-z0-9_./-]{1,60}+ ; [^:\n]*+ : ) (?!@NO_BOUNDARY)
            (?= [^:\n]{1,200} ; (?i:ENCODING=QUOTED-PRINTABLE) )"""
)
_SOFT_BREAKS = pattern(
    rb"""(@MARK [^\n]*)
         (= (?=\n) (?: (?<==) (?: \n [^:;\n]*= )++ | (?<==) \n (?!@MARK?+@STANDING) [^\n]++ | [^\n]++ )*+)"""
)
_TORN = pattern(
    rb"""((?: @NAMELESS | (?: [^CcDdLlNnSsXx\n] | X-[^AW\n] ) [^\n]*+ \n | (?!@TORN) @LINE )*+ @BROKEN?+)
         (\\?+ @FIRST (?: @NAMELESS | (?!@PROPERTY) @LINE )*+ | )"""
)
r"""Two groups: the lines up to a text that has lost its folds, and from the backslash at its end on what is torn."""
_TORN_FROM_QUOTED_PRINTABLE = pattern(
    rb"""((?: [^\x01\n]*+ \n | (?!@MARK@TORN) @LINE )*+ (?:@MARK@BROKEN)?+)
         (\\?+ @FIRST (?: (?<==\n) (?!@MARK?+@STANDING) @LINE
                        | (?<!=\n) (?:@LOST @LINE)*+ (?!@LOST|@PROPERTY) @LINE )*+ | )"""
)
"""The same of quoted-printable. Every search matches at once and consumes what it has read: it is read once."""
_LOST = pattern(rb"\n (?=[A-Z0-9-]) @LOST [^\n\0]*+")
_LOST_BEHIND_NO_SOFT_BREAK = pattern(rb"(?<!=) (?: \n @LOST [^\n\0]*+ )++")
_CONTENT_ONCE_MENDED = pattern(
    rb"""(?: [ACDF-Zacdf-z] [A-Za-z0-9_./-]{0,59}+ : [^\n]*+ \n
           | (?: [Bb](?i:EGIN) | [Ee](?i:ND) ) : [A-Za-z0-9_./-]{1,60}+ \n
           | (?=@CONTENT) @LINE )*+"""
)
_BLANK_LINE = re.compile(rb"\n[ \t]++(?=\n)")
_NAMELESS = pattern(rb"\n @NAMELESS")
_WITHOUT_COLON = re.compile(rb"\n[^:\n]*+\n(?:[^:]*\n)?+")
"""No content lines, where there are no rules that lack their colon and nothing is marked."""
_NO_CONTENT = pattern(rb"\n (?: (?!@CONTENT) @LINE )++")
_NOT_IN_CAPITALS = pattern(
    rb"""(\n (?: (?! (?:BEGIN|END) : @KIND \n ) (?: [Bb](?i:EGIN) | [Ee](?i:ND) ) [ \t]*+ : [^\n]*+
               | (?!X-) [A-Z0-9_./-]*+ [a-z] [^:;\n]*+ [:;]
               | [ \t\xef] [^\n]*+ ))"""
)
"""The names, and the boundaries, in which there are small letters or blanks, where all lines are content lines."""
_DIFFERENT = 12
"""Names that are looked for one after the other: a feed has few, many times."""
_BLANKS = b" \t\xef\xbb\xbf"
_BLANK_TO_THE_END = re.compile(rb"[ \t\xef][^\0]*+")
_RULES = tuple(
    (name, re.compile(name + rb"[^:\n]*+:"), re.compile(name + rb"(?=[^:\n]*+\n)"))
    for name in (b"\nRRULE;", b"\nEXRULE;")
)
_UNCLOSED = pattern(rb'(\n [A-Za-z0-9_./-]++ (?=;) (?=[^":\n]*+") (?!@PARAMETERS :) [^:\n]*+)')
_HIDDEN, _SHOWN = bytes.maketrans(b'":', b"\2\3"), bytes.maketrans(b"\2\3", b'":')
"""What is put behind a content line has no part in whether the quotes of that close."""
_STAND_INS = b"\2\3"
_OURS = b"\0" + MARK + _STAND_INS
"""The controls by which passages are marked. There are none in texts, but for those that nobody has cleaned."""


def content_lines(text: bytes, repairs: Repairs) -> bytes:
    """Return the content lines of unfolded text, all ended by LF; `repairs` counts what that took, by rule.

    Raises FeedRefused (`excessive`) where so many of a component follow each other that no feed may have them.
    """
    kept: list[bytes] = []
    at, few, lines = 0, _FEW, 0
    while (end := _end(_CONTENT_LINES, text, at)) < len(text):
        start = text.rfind(b"\n", at, max(at, end - 1)) + 1 or at
        few = min(few * 2, _MANY) if end - at < few else _FEW
        stop = _passage_end(text, start + few)
        kept += (text[at:start], _mended(text[start:stop], repairs))
        lines = 0 if end - at >= few or _has_boundary(kept[-1]) else lines + kept[-1].count(b"\n")
        if lines > MAX_LINES:
            raise FeedRefused("excessive", f"more than {MAX_LINES} content lines follow each other in a component")
        at = stop
    return b"".join([*kept, text[at:]]) if kept else text


def _has_boundary(lines: bytes) -> bool:
    return b"\nBEGIN:" in lines or b"\nEND:" in lines


def _end(lines: re.Pattern[bytes], text: bytes, at: int) -> int:
    """Return how far such lines follow each other from there on."""
    found = lines.match(text, at)
    return found.end() if found else at


def _passage_end(text: bytes, at: int) -> int:
    """Return where a line begins, from there on, that is a content line whatever stands before it."""
    colon = text.find(b":", at)
    start = text.find(b"\nRRULE;", at, colon if colon >= 0 else len(text))
    if start < 0:
        start = max(at, text.rfind(b"\n", at, colon)) if colon >= 0 else len(text)
    found = _BEFORE_PROPERTY.search(text, start)
    return found.end() if found else len(text)


def _mended(text: bytes, repairs: Repairs) -> bytes:
    """Mend a passage; what stands before it and behind it is no concern of its lines.

    First all lines find their places, then each content line is mended by itself.
    """
    lines = b"\n" + (text.translate(None, _OURS) if _has_any(text, _OURS) else text)
    while holds(lines, b"\n\n"):
        lines = lines.replace(b"\n\n", b"\n")
    lines = _with_soft_breaks_joined(lines, repairs)
    lines = _with_others_placed(lines, repairs).replace(MARK, b"")
    lines = _in_capitals(lines, repairs)
    lines = _with_colons_in_rules(lines, repairs)
    if b'"' in lines:
        lines = anew(_UNCLOSED, lines, partial(without_quotes, repairs=repairs))
    return lines[1:].translate(_SHOWN) if _has_any(lines, _STAND_INS) else lines[1:]


def _has_any(text: bytes, octets: bytes) -> bool:
    return any(octet in text for octet in octets)


def anew(places: re.Pattern[bytes], text: bytes, write: Callable[[bytes], bytes]) -> bytes:
    """Write the last group of each match anew: `write` takes and returns all of them, with NULs between.

    Two that are empty may come last. `split` is several times as quick as `sub` with a function.
    """
    pieces = places.split(text)
    step = places.groups + 1
    found = pieces[places.groups :: step]
    while found and not found[-1]:
        found.pop()
    if not found:
        return text
    pieces[places.groups : step * len(found) : step] = write(b"\0".join(found)).split(b"\0")
    return b"".join(pieces)


def _with_soft_breaks_joined(text: bytes, repairs: Repairs) -> bytes:
    """Put lines that are quoted-printable together, and what is torn from such texts.

    A line of that is a content line wherever it stands; behind a soft break only what needs no mending is one.
    """
    if b";" not in text or QUOTED_PRINTABLE.search(text) is None:
        return text
    text = _BEFORE_QUOTED_PRINTABLE.sub(b"\n" + MARK, text)
    text = anew(_SOFT_BREAKS, text, partial(_joined, repairs=repairs))
    return anew(_TORN_FROM_QUOTED_PRINTABLE, text, partial(_rejoined, repairs=repairs, soft=True))


def _joined(lines: bytes, repairs: Repairs) -> bytes:
    count(repairs, "line-rejoined", lines.count(b"\n"))
    return lines.replace(b"=\n", b"").replace(MARK, b"").translate(_HIDDEN)


def _rejoined(torn: bytes, repairs: Repairs, *, soft: bool = False) -> bytes:
    """Write lines as the text from which they are torn, but for those that are no text either."""
    lines = torn[:-1].replace(b"\n\0", b"\0")
    kept = (_LOST_BEHIND_NO_SOFT_BREAK if soft else _LOST).sub(b"", lines)
    count(repairs, "line-rejoined", kept.count(b"\n"))
    count(repairs, "line-dropped", lines.count(b"\n") - kept.count(b"\n"))
    if soft:
        kept = kept.replace(b"=\n", b"").replace(MARK, b"")
    return _with_escaped_breaks(kept).replace(b"\0", b"\n\0").translate(_HIDDEN) + b"\n"


def _with_escaped_breaks(text: bytes) -> bytes:
    r"""Write the line breaks of a text as `\n`, one behind a lone backslash as its `n`."""
    if b"\\" not in text:
        return text.replace(b"\n", b"\\n")
    paired = text.replace(b"\\\\", MARK)
    return paired.replace(b"\\\n", b"\\n").replace(b"\n", b"\\n").replace(MARK, b"\\\\")


def _with_others_placed(text: bytes, repairs: Repairs) -> bytes:
    """Give the lines that are no content lines to the text before them, or drop them; blank ones need no mention."""
    end = _end(_CONTENT_ONCE_MENDED, text, 1)
    if end == len(text):
        return text
    start = max(0, text.rfind(b"\n", 0, end - 1))
    lines = anew(_TORN, text[start:], partial(_rejoined, repairs=repairs))
    is_certain = MARK not in lines and not holds(lines.upper(), b"RULE;")
    kept = (_WITHOUT_COLON if is_certain else _NAMELESS).sub(b"\n", lines)
    if _end(_CONTENT_ONCE_MENDED, kept, 1) < len(kept):
        kept = _NO_CONTENT.sub(b"\n", kept)
    if dropped := lines.count(b"\n") - kept.count(b"\n"):
        blank = len(_BLANK_LINE.findall(lines)) if holds(lines, b"\n ") or holds(lines, b"\n\t") else 0
        count(repairs, "line-dropped", dropped - blank)
    return text[:start] + kept


def _in_capitals(text: bytes, repairs: Repairs) -> bytes:
    """Write the names of content lines, and boundaries, as the normal form has them."""
    at = 0
    for _ in range(_DIFFERENT):
        found = _NOT_IN_CAPITALS.search(text, at)
        if found is None:
            return text
        name = found[0]
        if name.translate(None, _BLANKS) != name:
            break
        at = found.start()
        text = text.replace(name, name.upper())
    return anew(_NOT_IN_CAPITALS, text, partial(in_capitals, repairs=repairs))


def in_capitals(names: bytes, repairs: Repairs) -> bytes:
    """Write names and boundaries in capitals, without blanks."""
    written = names.upper().translate(None, _BLANKS)
    if len(written) < len(names):
        count(repairs, "boundary-blanks", len(_BLANK_TO_THE_END.findall(names)))
    return written


def _with_colons_in_rules(text: bytes, repairs: Repairs) -> bytes:
    """Write `RRULE;FREQ=DAILY` as the only thing that it can mean."""
    for start, with_colon, without_colon in _RULES if holds(text, b"RULE;") else ():
        if start not in text:
            continue
        written = start[:-1] + b":"
        if with_colon.search(text) is None:
            found = text.count(start)
            text = text.replace(start, written)
        else:
            text, found = without_colon.subn(written, text)
        count(repairs, "rule-without-colon", found)
    return text


def without_quotes(parameters: bytes, repairs: Repairs) -> bytes:
    """Write parameters, with NULs between, without the quotes of which one does not close."""
    count(repairs, "quote-unclosed", parameters.count(b"\0") + 1)
    return parameters.translate(None, b'"')


def count(repairs: Repairs, rule: str, number: int) -> None:
    """Note that a rule was needed so many times; never is not worth a mention."""
    if number:
        repairs[rule] = repairs.get(rule, 0) + number
