"""What a publisher writes wrong it writes wrong in every component: mended in all of a stretch at once.

A few components show the habits. What is to be written in their place is put there in the whole text, which takes a
fraction of what it takes to read its lines. That is right if all of the result is plain (`feedproxy.ics.plain`), which
whoever calls this has to see: then each line was a content line but for these habits, and what a line becomes hangs on
no other. Otherwise nothing is known, and the text is to be read as it came.
"""

import re
from collections import Counter
from functools import partial

from feedproxy.ics.components import SCHEDULED
from feedproxy.ics.contentline import overloaded
from feedproxy.ics.contentlines import QUOTED_PRINTABLE, Repairs, anew, count, in_capitals, without_quotes
from feedproxy.ics.folding import LIMIT, fold, unfold
from feedproxy.ics.linekinds import pattern
from feedproxy.ics.normal import fits, has_clean_letters, has_other_folds, is_readable, readable

_SAMPLE = 4_096
"""Octets that show the habits of a publisher."""
_TAIL = 1_024
"""Octets at the end of a stretch in which its last component ends, or nobody looks for it."""
_DIFFERENT = 12
"""Names that are written anew one after the other: a feed has few, many times."""
_FIRST_BEGIN, _END = (
    re.compile(
        rb"(?:\A|[\r\n])((?:\xef\xbb\xbf)*+%b[ \t]*+:[ \t]*+(?:%b)[ \t]*+[\r\n]++)(?![ \t])"
        % (name, b"|".join(sorted(SCHEDULED))),
        re.IGNORECASE,
    )
    for name in (b"BEGIN", b"END")
)
_LONG_LINE = re.compile(rb"\n(?! )[^\r\n]{%d,}+(?:\r\n [^\r\n]*+)*+" % (LIMIT + 1))
_UNUSUAL_FOLD = re.compile(rb"\n(?:\t|[ ](?<!\n[^\n]{75}\r\n ))")
"""One that does not stand where `fold` puts it."""
_BLANK_LINE = b"\n\r\n"
_NOT_IN_CAPITALS = pattern(
    rb"""(\n (?: (?! (?:BEGIN|END) : @KIND \r\n ) (?:\xef\xbb\xbf)*+
                 (?: [Bb](?i:EGIN) | [Ee](?i:ND) ) [ \t]*+ : [ \t]*+ [A-Za-z0-9_./-]{1,60}+ [ \t]*+ \r (?=\n)
               | (?!X-) [A-Z0-9_./-]*+ [a-z] [A-Za-z0-9_./-]*+ [:;] ))"""
)
_RULE, _RULE_WITH_PARAMETERS = b"\nRRULE;", re.compile(rb"\nRRULE;(?:[^:\r]++|\r\n[ \t])*+:")
_UNCLOSED = pattern(
    rb"""(\n [A-Za-z0-9_./-]++ (?=; [^":\r]*+ ") (?! (?: [^":\r]++ | "{64} | "[^"\r]*+" )*+ : )
          [^:\r\0]*+) (?= [^\r]*+ \r\n (?![ \t]) )"""
)
_PARTS = {
    b"@NAME": rb"[A-Za-z0-9_./-]{1,60}+",
    b"@CLOSED": rb"""(?: : | ; (?: [^":\r]++ | "[^"\r]*+" )*+ : )""",
    b"@SOFT": rb"[^\r\0=]*+ (?: = (?!\r) [^\r\0=]*+ )*+",
    b"@TORN": rb"(?! X- | [A-Z0-9-]++= | @FOLD_OR_BOUNDARY ) [^\r\0]++ (?<!\\) (?!\r\n[ \t])",
    b"@FOLD_OR_BOUNDARY": rb"[ \t\xef] | (?:[Bb](?i:EGIN)|[Ee](?i:ND)) [ \t]*+ [:;]",
    b"@PROPERTY": rb"""(?: (?: @KNOWN | [Xx]-[A-Za-z0-9_./-]*+ ) [:;]
                         | (?:\xef\xbb\xbf)*+ (?:[Bb](?i:EGIN)|[Ee](?i:ND)) [ \t]*+ : )""",
}


def _pattern(form: bytes) -> re.Pattern[bytes]:
    """Compile an expression in which these parts may be named too, of lines that end in CRLF."""
    for name, part in _PARTS.items():
        form = form.replace(name, part)
    return pattern(form)


_SOFT_BREAKS = _pattern(
    rb"""(\n (?= [^:\r]{1,200} ; (?i:ENCODING=QUOTED-PRINTABLE) ) @NAME @CLOSED @SOFT)
         ((?: =\r\n (?!@FOLD_OR_BOUNDARY|@PLAIN) @SOFT )++)"""
)
_TORN = _pattern(
    rb"""(\n (?=[CcDdLlNnSsXx]) (?:@TEXTS) @CLOSED [^\r]*+ (?: \r\n [ ] [^\r]*+ )*+ (?<!\\))
         (\r\n (?!@NAME[:;]) @TORN (?: \r\n (?!@PROPERTY) @TORN )*+) (?= \r\n @PROPERTY )"""
)
r"""A text, what is torn from it, and before what: nothing that needs to be looked at twice, no backslash, no fold."""


def components_in(stretch: bytes) -> tuple[int, int] | None:
    """Return where the first component of a stretch begins and the last one ends, however their boundaries are written.

    They are of kinds that cannot stand in others.
    """
    ends = [*_END.finditer(stretch, max(0, len(stretch) - _TAIL))]
    begin = _FIRST_BEGIN.search(stretch, 0, ends[-1].start()) if ends else None
    return (begin.start(1), ends[-1].end()) if begin else None


def without_habits(components: bytes) -> tuple[bytes, Repairs] | None:
    """Return components as they are without the habits that the first of them show, and what that took.

    None where nothing is to be mended, or what cannot be mended like that.
    """
    repairs: Counter[str] = Counter()
    lines = _in_lines(components, repairs)
    before = b"\n" + lines
    text = b"" if any(overloaded(components)) else _read(before, repairs)
    if not text:
        return None
    if b"=\r\n" in text and QUOTED_PRINTABLE.search(text):
        if _BLANK_LINE in text:  # it would be taken for what a soft line break goes on in
            return None
        text = anew(_SOFT_BREAKS, text, partial(_joined, repairs=repairs))
        if b"=\r\n" in text:
            return None
    text = _rejoined(text, repairs)
    text = _in_capitals(text, repairs)
    text = _with_colons_in_rules(text, repairs)
    text = _with_quotes_closed(text, repairs)
    if text is before and lines is components and fits(components):
        return None
    if fits(text[1:]) or fits((text := _folded(text))[1:]):
        return text[1:], repairs
    return None


def _read(text: bytes, repairs: Counter[str]) -> bytes:
    """Return text in UTF-8 without controls, unfolded where that takes it; nothing where it cannot be done so."""
    sample = _sample(text)
    is_clean = has_clean_letters(text) and is_readable(sample)
    if _has_folds(text):
        if has_other_folds(text):
            return b""
        if not is_clean or _UNUSUAL_FOLD.search(sample):
            if _BLANK_LINE in text:
                return b""
            text = text.replace(b"\r\n ", b"").replace(b"\r\n\t", b"")
    if is_clean:
        return text
    text = readable(text, repairs)
    is_certain = not (repairs["control-characters"] and _has_folds(text))  # where a control stood before a blank
    return text if is_certain else b""


def _has_folds(text: bytes) -> bool:
    return b"\n " in text or (b"\t" in text and b"\n\t" in text)


def _folded(text: bytes) -> bytes:
    """Fold the lines that are too long."""
    pieces: list[bytes] = []
    at = 0
    for line in _LONG_LINE.finditer(text):
        pieces += (text[at : line.start() + 1], fold(unfold(line[0][1:])))
        at = line.end()
    return b"".join([*pieces, text[at:]]) if at else text


def _sample(text: bytes) -> bytes:
    return text[: text.find(b"\n", _SAMPLE) + 1 or len(text)]


def _in_lines(text: bytes, repairs: Repairs) -> bytes:
    """End all lines by CRLF, and leave out blank ones; one within a fold is told."""
    sample = _sample(text)
    if not sample.count(b"\r") == sample.count(b"\n") == sample.count(b"\r\n"):
        text = text.replace(b"\r\n", b"\n").replace(b"\r", b"\n").replace(b"\n", b"\r\n")
        sample = _sample(text)
    if _BLANK_LINE not in sample:
        return text
    count(repairs, "blank-line-in-fold", text.count(_BLANK_LINE + b" ") + text.count(_BLANK_LINE + b"\t"))
    while _BLANK_LINE in text:
        text = text.replace(_BLANK_LINE, b"\n")
    return text


def _joined(lines: bytes, repairs: Repairs) -> bytes:
    """Put lines that are quoted-printable together."""
    count(repairs, "line-rejoined", lines.count(b"\n"))
    return lines.replace(b"=\r\n", b"")


def _rejoined(text: bytes, repairs: Repairs) -> bytes:
    """Put texts together whose line breaks were written as they are."""
    if _TORN.search(_sample(text)) is None:
        return text

    def rejoined(lines: bytes) -> bytes:
        if QUOTED_PRINTABLE.search(lines):
            return lines
        count(repairs, "line-rejoined", lines.count(b"\n"))
        return lines.replace(b"\r\n", b"\\n")

    return anew(_TORN, text, rejoined)


def _in_capitals(text: bytes, repairs: Repairs) -> bytes:
    """Write the names of content lines, and boundaries, as the normal form has them."""
    names = dict.fromkeys(_NOT_IN_CAPITALS.findall(_sample(text)))
    if len(names) > _DIFFERENT:
        return anew(_NOT_IN_CAPITALS, text, partial(in_capitals, repairs=repairs))
    for name in names:
        written = in_capitals(name, {})
        if len(written) < len(name):
            count(repairs, "boundary-blanks", text.count(name))
        text = text.replace(name, written)
    return text


def _with_colons_in_rules(text: bytes, repairs: Repairs) -> bytes:
    if _RULE not in _sample(text) or _RULE_WITH_PARAMETERS.search(text):
        return text
    count(repairs, "rule-without-colon", text.count(_RULE))
    return text.replace(_RULE, b"\nRRULE:")


def _with_quotes_closed(text: bytes, repairs: Repairs) -> bytes:
    if _UNCLOSED.search(_sample(text)) is None:
        return text
    return anew(_UNCLOSED, text, partial(without_quotes, repairs=repairs))
