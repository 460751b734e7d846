"""What an unfolded line may be, as regular expressions that are put together of named parts.

A line is a content line as it stands; or one once it is mended; or text; or nothing. Whether it is text may hang on
where it stands: in the middle of a text that has lost its folds, `https://...` and `Passcode: 1234` are text, not
properties of these names.
"""

import re

KIND = rb"[A-Z0-9_./-]{1,60}"
"""What a component is of: a name, short enough to need no fold."""
MARK = b"\x01"
"""Stands before a content line that is quoted-printable while such lines are put together."""

_TEXTS = b"COMMENT CONTACT DESCRIPTION LOCATION NAME SUMMARY STYLED-DESCRIPTION".split()
_TEXTS_FOR_NOW = b"ALT-DESC|APPLE-STRUCTURED-LOCATION|WR-CALDESC|WR-CALNAME"
"""The properties to whose values a line that is no content line is given back, without and with `X-`."""
_PROPERTIES = _TEXTS + (
    b"ACTION ATTACH ATTENDEE BUSYTYPE CALENDAR-ADDRESS CALSCALE CATEGORIES CLASS COLOR COMPLETED CONCEPT"
    b" CONFERENCE CREATED DTEND DTSTAMP DTSTART DUE DURATION EXDATE EXRULE FREEBUSY GEO IMAGE LAST-MODIFIED LINK"
    b" METHOD ORGANIZER PARTICIPANT-TYPE PERCENT-COMPLETE PRIORITY PRODID PROXIMITY RDATE RECURRENCE-ID REFID"
    b" REFRESH-INTERVAL RELATED-TO REPEAT REQUEST-STATUS RESOURCE-TYPE RESOURCES RRULE SEQUENCE SOURCE STATUS"
    b" STRUCTURED-DATA TRANSP TRIGGER TZID TZID-ALIAS-OF TZNAME TZOFFSETFROM TZOFFSETTO TZUNTIL TZURL UID URL"
    b" VERSION".split()
)
"""The registered properties (RFC 5545 section 8.3.2 and its successors)."""


def _any_of(names: list[bytes], *, lower: bool) -> bytes:
    """Write an expression for any of these names, `lower`: in small letters too. By the initial, it fails quickly."""
    by_initial: dict[bytes, list[bytes]] = {}
    for name in sorted(names):
        by_initial.setdefault(name[:1], []).append(name[1:])
    form = b"[%b%b](?i:%b)" if lower else b"[%b%b](?:%b)"
    return b"|".join(
        form % (initial, initial.lower() if lower else b"", b"|".join(rest)) for initial, rest in by_initial.items()
    )


_PARTS = {
    b"LINE": rb"(?: [^\n]++ \n )",
    # Without colon and semicolon there is no name: as many such lines as follow each other are passed over at once.
    b"NAMELESS": rb"(?: [^:;\n]*+ \n (?: [^:;]* \n )?+ )",
    b"KIND": KIND,
    b"PARAMETERS": rb'(?: [^":\n]++ | "{64} | "[^"\n]*+" )*+',
    # A byte order mark before it: of files that were put together, or marked twice.
    b"BOUNDARY": rb"""(?: (?:[ \t]|\xef\xbb\xbf)*+ (?i:BEGIN|END) [ \t]*+ : [ \t]*+ (?i:@KIND) [ \t]*+ \n )""",
    b"NO_BOUNDARY": rb"(?: (?:[Bb](?i:EGIN)|[Ee](?i:ND)) [;:] )",
    b"PLAIN": rb"(?: (?!(?:BEGIN|END)[;:]) (?:@KIND+|X-[A-Za-z0-9_./-]{1,58}+) (?=[;:]) @PARAMETERS : )",
    # A content line as it stands: nothing that is quoted-printable goes on there.
    b"STANDING": rb"(?: @PLAIN | @BOUNDARY )",
    # Quotes that do not close can be mended: any colon will do.
    b"VALUE": rb"(?: : | ; [^:\n]*+ : )",
    # `RRULE;FREQ=DAILY` means the only thing that it can; libical reads it so.
    b"RULE": rb"(?: [Rr](?i:RULE); | [Ee](?i:XRULE); )",
    b"CONTENT": rb"(?: @RULE | (?!@NO_BOUNDARY) [A-Za-z0-9_./-]{1,60}+ @VALUE | @BOUNDARY | @MARK )",
    # What is a content line even in the middle of a text.
    b"PROPERTY": rb"""(?: (?: [Xx]-[A-Za-z0-9_./-]{0,58}+ | (?=[A-Za-z-]{2,24}+[;:]) (?:@KNOWN) ) @VALUE
                        | @BOUNDARY | @RULE | @MARK )""",
    b"KNOWN": _any_of(_PROPERTIES, lower=True),
    # What is neither a content line nor text, wherever it stands.
    b"LOST": rb"""(?: (?= X- | [A-Z0-9-]++= | (?=[A-Z-]++[;:]) (?:BEGIN|END|@CAPITALS) [;:] ) (?!@PROPERTY) )""",
    b"CAPITALS": _any_of(_PROPERTIES, lower=False),
    # A text, but for the backslashes at its end, and what is torn from it first.
    # A text up to the backslash at its end that belongs to the line break; and the first line that is torn from it.
    b"BROKEN": rb"""(?: (?:@TEXTS) @VALUE (?: [^\n]*+ (?<!\\) | (?: [^\n\\]++ | \\++ (?!\n) )*+ )
                        (?:\\{64})*+ (?:\\\\)*+ )""",
    b"FIRST": rb"""(?: \n (?: [^A-Z0-9:;\n\x01-] [^:;\n]*+ \n
                            | (?:@LOST @LINE)*+ (?!@LOST|@CONTENT) @LINE ) )""",
    b"TORN": rb"(?: (?:@TEXTS) @VALUE [^\n]*+ @FIRST )",
    b"TEXTS": b"%b|X-(?:%b)|x-(?i:%b)" % (_any_of(_TEXTS, lower=True), _TEXTS_FOR_NOW, _TEXTS_FOR_NOW),
    b"MARK": MARK,
}


def pattern(form: bytes) -> re.Pattern[bytes]:
    """Compile a verbose expression in which `@NAME` stands for one of the parts."""
    return re.compile(_written(form), re.VERBOSE)


def _written(form: bytes) -> bytes:
    return re.sub(rb"@([A-Z_]+)", lambda part: _written(_PARTS[part[1]]), form)
