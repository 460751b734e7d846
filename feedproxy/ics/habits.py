"""What a publisher writes wrong it writes wrong in every event: mended in all of a stretch at once.

A few events show the habits. What is to be written in their place is put there in the whole text, which takes a
fraction of what it takes to read its lines. That is right if all of the result is plain events (`feedproxy.ics.plain`),
which whoever calls this has to see: then each line was a content line but for these habits, and what a line becomes
hangs on no other. Otherwise nothing is known, and the text is to be read as it came.
"""

import re
from functools import partial

from feedproxy.ics.contentline import overloaded
from feedproxy.ics.contentlines import QUOTED_PRINTABLE, Repairs, anew, count, in_capitals, without_quotes
from feedproxy.ics.folding import fold_lines, unfold
from feedproxy.ics.linekinds import pattern
from feedproxy.ics.normal import fits, has_other_folds

_SAMPLE = 4_096
"""Octets that show the habits of a publisher."""
_TAIL = 1_024
"""Octets at the end of a stretch in which its last event ends, or nobody looks for it."""
_DIFFERENT = 12
"""Names that are written anew one after the other: a feed has few, many times."""
_FIRST_BEGIN, _END = (
    re.compile(rb"(?:\A|[\r\n])((?:\xef\xbb\xbf)*+%b[ \t]*+:[ \t]*+VEVENT[ \t]*+(?:\r++\n)++)" % name, re.IGNORECASE)
    for name in (b"BEGIN", b"END")
)
_CR_CR_LF, _BLANK_LINE = b"\r\r\n", b"\n\r\n"
_GOING_ON = (b" ", b"\t", b"\r", b"\n")
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


def events_in(stretch: bytes) -> tuple[int, int] | None:
    """Return where the first event of a stretch begins and its last one ends, however their boundaries are written."""
    at = max(0, len(stretch) - _TAIL)
    last = stretch[at:].upper().rfind(b"VEVENT")
    line = max(stretch.rfind(b"\n", at, at + last), at) if last >= 0 else at
    end = _END.match(stretch, line)
    begin = _FIRST_BEGIN.search(stretch, 0, line) if end else None
    if begin is None or end is None or stretch[end.end() : end.end() + 1] in _GOING_ON:
        return None
    return begin.start(1), end.end()


def without_habits(events: bytes) -> tuple[bytes, Repairs] | None:
    """Return events as they are without the habits that the first of them show, and what that took.

    None where nothing is to be mended, or what cannot be mended like that.
    """
    repairs: Repairs = {}
    before = b"\n" + events
    text = _without_blank_lines(before, repairs)
    text = _in_capitals(text, repairs)
    text = _with_colons_in_rules(text, repairs)
    text = _with_quotes_closed(text, repairs)
    if text is before and fits(events):
        return None
    if _BLANK_LINE in text or _has_soft_breaks(text) or has_other_folds(text) or any(overloaded(events)):
        return None
    text = text[1:]
    return (text if fits(text) else fold_lines(unfold(text).replace(b"\r\n", b"\n"))), repairs


def _has_soft_breaks(text: bytes) -> bool:
    return b"=\r\n" in text and QUOTED_PRINTABLE.search(text) is not None


def _sample(text: bytes) -> bytes:
    return text[: text.find(b"\n", _SAMPLE) + 1 or len(text)]


def _without_blank_lines(text: bytes, repairs: Repairs) -> bytes:
    """Leave out blank lines, and the first CR of `CR CR LF`; a blank line within a fold is told."""
    if _CR_CR_LF in _sample(text):
        found = text.replace(_CR_CR_LF, b"\r\n")
        count(repairs, "blank-line-in-fold", _folds_behind(_CR_CR_LF, text))
    else:
        found = text
    while _BLANK_LINE in found:
        if _folds_behind(_BLANK_LINE, found):
            return text
        found = found.replace(_BLANK_LINE, b"\n")
    return found


def _folds_behind(ends: bytes, text: bytes) -> int:
    return sum(text.count(ends + blank) for blank in (b" ", b"\t"))


def _in_capitals(text: bytes, repairs: Repairs) -> bytes:
    """Write the names of content lines, and boundaries, as the normal form has them."""
    names = dict.fromkeys(_NOT_IN_CAPITALS.findall(_sample(text)))
    if len(names) > _DIFFERENT:
        return anew(_NOT_IN_CAPITALS, text, partial(in_capitals, repairs=repairs))
    for name in names:
        if name.endswith(b"\r") and _folds_behind(name + b"\n", text):
            continue  # a boundary that goes on in the next line is none
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
