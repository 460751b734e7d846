"""Feeds made to be slow: each kind of any size, for the linear to be seen in.

Each kind takes a number of octets and returns a body of about as many, all of the one thing that it is named after.
"""

from collections.abc import Callable, Iterator
from itertools import count

from benchmarks.feeds import season

HEAD, END = b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\n", b"END:VCALENDAR\r\n"
EVENT = b"BEGIN:VEVENT\r\nUID:%d\r\nDTSTAMP:20260101T000000Z\r\nDTSTART:20260701T100000Z\r\n"
_GAME = EVENT + b"SUMMARY:Game\r\nEND:VEVENT\r\n"
TODO = b"BEGIN:VTODO\r\nUID:%d\r\nDTSTAMP:20260101T000000Z\r\n"
ZONE = (
    b"BEGIN:VTIMEZONE\r\nTZID:Z%d\r\nBEGIN:STANDARD\r\nDTSTART:16010101T020000\r\nTZOFFSETFROM:-0400\r\nTZOFFSETTO:-0500\r\n"
    b"END:STANDARD\r\nEND:VTIMEZONE\r\n"
)
_BOUND = b"DTEND;TZID=Tokyo Standard Time:20260701T110000\r\nEND:VEVENT\r\n"

Kind = Callable[[int], bytes]


def filled(unit: bytes, octets: int) -> bytes:
    """Return so many octets of one text again and again."""
    return unit * (octets // len(unit) + 1)


def numbered(unit: bytes, octets: int) -> bytes:
    """Return about so many octets of one text again and again, with a number wherever it says %d."""
    numbers = (unit % ((n,) * unit.count(b"%d")) for n in count())
    return b"".join(_until(numbers, octets))


def _until(texts: Iterator[bytes], octets: int) -> Iterator[bytes]:
    for text in texts:
        if octets <= 0:
            return
        octets -= len(text)
        yield text


def one(lines: bytes) -> bytes:
    """Return a feed of one event that has these lines."""
    return HEAD + EVENT % 1 + lines + b"END:VEVENT\r\n" + END


def feed(components: bytes) -> bytes:
    """Return a feed of these components."""
    return HEAD + components + END


def _in_one(unit: bytes) -> Kind:
    return lambda octets: one(filled(unit, octets))


def _numbered_in_one(unit: bytes) -> Kind:
    return lambda octets: one(numbered(unit, octets))


def _events(lines: bytes) -> Kind:
    return lambda octets: feed(numbered(EVENT + lines + b"END:VEVENT\r\n", octets))


def _value(start: bytes, unit: bytes, end: bytes = b"\r\n") -> Kind:
    return lambda octets: one(start + filled(unit, octets) + end)


def _components(unit: bytes) -> Kind:
    return lambda octets: feed(numbered(unit, octets))


def _halves(start: bytes, unit: bytes, line: bytes) -> Kind:
    return lambda octets: one(start + filled(unit, octets // 2) + b"\r\n" + filled(line, octets // 2))


def _nested(octets: int) -> bytes:
    opened = numbered(b"BEGIN:X%d\r\n", octets // 2)
    return one(opened + b"".join(b"END:X%d\r\n" % n for n in reversed(range(opened.count(b"\n")))))


def _season(octets: int) -> bytes:
    return season(octets // 680, defined=True)


KINDS: dict[str, Kind] = {
    # lines
    "one long line": _value(b"DESCRIPTION:", b"x"),
    "one long line of UTF-8": _value(b"DESCRIPTION:", "ü€".encode()),
    "folds of one octet": _value(b"DESCRIPTION:x\r\n", b" y\r\n", b""),
    "full folds": _value(b"DESCRIPTION:" + b"x" * 63 + b"\r\n", b" " + b"y" * 74 + b"\r\n", b""),
    "folds that split UTF-8": _value(b"DESCRIPTION:x\r\n", b" \xc3\r\n \xbc\r\n", b""),
    "lines of one octet": _in_one(b"x\r\n"),
    "empty lines": lambda octets: feed(filled(b"\r\n", octets)),
    "blank lines in folds": _value(b"DESCRIPTION:x\r\n", b"\r\n y\r\n", b""),
    "line feeds": lambda octets: _season(octets).replace(b"\r\n", b"\n"),
    "lone carriage returns": lambda octets: _season(octets).replace(b"\r\n", b"\r"),
    "CR and LF by turns": lambda octets: _season(octets).replace(b"\r\n", b"\r").replace(b"\rS", b"\nS"),
    "folds in every event": _events(b"DESCRIPTION:x\r\n y\r\n z\r\n"),
    "folds of tabs": _value(b"DESCRIPTION:x\r\n", b"\ty\r\n", b""),
    "blank lines in folds in every event": _events(b"DESCRIPTION:x\r\n\r\n y\r\n\r\n z\r\n"),
    "folds in names": _components(
        b"BEGIN:VEVENT\r\nU\r\n ID:%d\r\nDT\r\n STAMP:20260101T000000Z\r\nDTS\r\n TART:20260701\r\nEND:VEVENT\r\n"
    ),
    "long lines in every event": _events(b"DESCRIPTION:" + b"x" * 70 + b"\r\n"),
    "lower-case lines": _in_one(b"x-name:value\r\n"),
    "lower-case events": lambda octets: feed(numbered((EVENT + b"END:VEVENT\r\n").lower(), octets)),
    "junk and lines by turns": _in_one(b"junk\r\nX-A:1\r\n"),
    "lower-case names that are all different": _events(b"x-%d:1\r\ny-%d:1\r\n"),
    "names in mixed case": _events(b"Summary;Language=en:x\r\nLocation:y\r\nX-Foo:1\r\n"),
    "boundaries with blanks": _components(EVENT.replace(b"VEVENT", b"VEVENT ") + b"END : VEVENT\r\n"),
    "blanks at the end of each line": _components(_GAME.replace(b"\r\n", b" \r\n")),
    "blanks before the colon of each name": _components(
        _GAME.replace(b":", b" :").replace(b"BEGIN :", b"BEGIN:").replace(b"END :", b"END:")
    ),
    "byte order marks before events": _components(b"\xef\xbb\xbf" + _GAME),
    "byte order marks before lines": _components(b"".join(b"\xef\xbb\xbf" + line for line in _GAME.splitlines(True))),
    "CR CR LF": lambda octets: _season(octets).replace(b"\r\n", b"\r\r\n"),
    "lines double-spaced": lambda octets: _season(octets).replace(b"\r\n", b"\r\n\r\n"),
    "carriage returns": _value(b"DESCRIPTION:x", b"\r"),
    "carriage returns in texts": _events(b"SUMMARY:te\rxt\r\n"),
    "carriage returns in all lines": _components(
        _GAME.replace(b":", b":\r").replace(b"BEGIN:\r", b"BEGIN:").replace(b"END:\r", b"END:")
    ),
    "boundaries run on to the line before": _events(b"SUMMARY:x"),
    "quoted-printable in every event": _events(b"DESCRIPTION;ENCODING=QUOTED-PRINTABLE:a=0D=0A=\r\nb=\r\nc\r\n"),
    "junk behind all lines of events": _events(b"junk\r\nX-A:1\r\n" * 20),
    "junk behind all texts of events": _events(b"DESCRIPTION:text\r\ngoes on\r\nSUMMARY:text\r\nhttps://x\r\n"),
    "junk behind short texts": _events(b"NAME:a\r\njunk\r\n" * 20),
    "quotes that do not close by turns": _events(b'ATTENDEE;CN="a:b\r\nATTENDEE;CN="a":b\r\n'),
    "quoted-printable and junk by turns": _events(
        b"COMMENT;ENCODING=QUOTED-PRINTABLE:a=\r\nb\r\njunk\r\nX-A;ENCODING=QUOTED-PRINTABLE:a=\r\nb\r\njunk\r\n"
    ),
    "rules without a colon in events": _events(b"RRULE;FREQ=DAILY\r\n"),
    "rules without a colon": _in_one(b"RRULE;FREQ=DAILY\r\n"),
    "text that has lost its folds": _halves(b"DESCRIPTION:", b"x", b"junk\r\n"),
    "lines under a name without end": _halves(b"X-" + b"N" * 80, b"X", b"junk\r\n"),
    "names of a megabyte": lambda octets: one(filled(b"X-" + b"N" * 1_000_000 + b":1\r\n", octets)),
    "backslashes": _halves(b"DESCRIPTION:", b"\\", b"\\\\\\\r\n"),
    "text before": lambda octets: filled(b"junk junk\r\n", octets) + feed(b""),
    "text after": lambda octets: feed(b"") + filled(b"junk junk\r\n", octets),
    # octets
    "Latin-1": _in_one(b"DESCRIPTION:\xe4\xf6 stra\xdfe\r\n"),
    "one line of Latin-1": _value(b"DESCRIPTION:", b"\xe4\xf6 "),
    "UTF-16": lambda octets: b"\xff\xfe" + _season(octets // 2).decode("ascii").encode("utf-16-le"),
    "UTF-16 of lone surrogates": lambda octets: b"\xff\xfe" + filled(b"\x00\xd8", octets),
    "NULs": _value(b"DESCRIPTION:", b"\x00x"),
    "controls in every line": _in_one(b"DESCRIPTION:\x0b\x01\x7f text\r\n"),
    "wide controls": _value(b"DESCRIPTION:", "\u2028\x85".encode()),
    "Latin-1 in every event": _events(b"DESCRIPTION:\xe4\xf6 stra\xdfe\r\n"),
    "Latin-1 and UTF-8 by turns": _events(b"DESCRIPTION:stra\xdfe\r\nSUMMARY:stra\xc3\x9fe\r\n"),
    "damaged UTF-8 in every event": _events(b"SUMMARY:stra\xc3\x9fe \xc3\x9f\xc3\r\n"),
    "no-break spaces": _value(b"DESCRIPTION:", "\xa0".encode()),
    "controls in every event": _events(b"DESCRIPTION:\x0b\x01 text\r\n"),
    "controls and folds by turns": _value(b"DESCRIPTION:x", b"\x0b\r\n y"),
    "wide controls in every event": _events("DESCRIPTION:a\u2028\x85b\r\n".encode()),
    "quoted-printable": lambda octets: one(
        b"COMMENT;ENCODING=QUOTED-PRINTABLE:=\r\n" + filled(b"=4A=\r\n", octets) + b"x\r\n"
    ),
    # parameters
    "quotes": _value(b"ATTENDEE;CN=", b'"', b":a\r\n"),
    "quotes that do not close": _in_one(b'ATTENDEE;CN="a;b\r\n'),
    "parameters": _value(b"DTEND", b";X=1", b";TZID=UTC:20260701T100000\r\n"),
    "quoted parameters": _value(b"ATTENDEE", b';X="a:b;c"', b":x\r\n"),
    "quoted parameters in every event": _events(b"ATTENDEE" + b';X="a:b;c"' * 50 + b":x\r\n"),
    "parameters without end in folds": _value(b"ATTENDEE", b";X=1\r\n ", b":x\r\n"),
    "parameter lists": _value(b'ATTENDEE;MEMBER="a"', b',"mailto:a"', b":x\r\n"),
    # components
    "empty events": _components(b"BEGIN:VEVENT\r\nEND:VEVENT\r\n"),
    "heads": lambda octets: filled(HEAD + END, octets),
    "properties of the head": lambda octets: HEAD + numbered(b"X-P%d:1\r\n", octets) + END,
    "deep nesting": _nested,
    "ends of other things": lambda octets: one(
        numbered(b"BEGIN:X%d\r\n", octets // 2) + filled(b"END:VALARM\r\n", octets // 2)
    ),
    "crossed ends": _components(b"BEGIN:VEVENT\r\nUID:%d\r\nBEGIN:VALARM\r\nEND:VEVENT\r\nEND:VALARM\r\n"),
    "events without end": _components(b"BEGIN:VEVENT\r\nUID:%d\r\n"),
    "alarms without end": _components(
        b"BEGIN:VEVENT\r\n" + b"BEGIN:VALARM\r\nEND:VALARM\r\n" * 9 + b"BEGIN:VALARM\r\n"
    ),
    "things without end that hold events": _components(b"BEGIN:X%d\r\n" + EVENT + b"END:VEVENT\r\n"),
    "one thing that holds all events": lambda octets: feed(
        b"BEGIN:X\r\n" + numbered(EVENT + b"END:VEVENT\r\n", octets) + b"END:X\r\n"
    ),
    "ends": lambda octets: feed(filled(b"END:VEVENT\r\n", octets)),
    "alarms in one event": _in_one(b"BEGIN:VALARM\r\nACTION:AUDIO\r\nTRIGGER:-PT5M\r\nEND:VALARM\r\n"),
    # events
    "small events": _events(b""),
    "one UID": lambda octets: feed(numbered(EVENT % 1 + b"SEQUENCE:%d\r\nEND:VEVENT\r\n", octets)),
    "one event": lambda octets: feed(filled(EVENT % 1 + b"END:VEVENT\r\n", octets)),
    "no UID": _components(b"BEGIN:VEVENT\r\nDTSTART:20260701T100000Z\r\nSUMMARY:%d\r\nEND:VEVENT\r\n"),
    "overrides": lambda octets: feed(
        numbered((EVENT % 1) + b"RECURRENCE-ID;TZID=Asia/Tokyo:20260701T1%d\r\nEND:VEVENT\r\n", octets)
    ),
    "UIDs in one event": _numbered_in_one(b"UID:%d\r\n"),
    "method cancel": lambda octets: b"METHOD:CANCEL\r\n".join(
        [HEAD, numbered(EVENT + b"END:VEVENT\r\n", octets) + END]
    ),
    "calendars of one event each": lambda octets: numbered(HEAD + EVENT + b"END:VEVENT\r\n" + END, octets),
    "calendars of two events and a definition each": lambda octets: numbered(
        HEAD + ZONE.replace(b"Z%d", b"Tokyo Standard Time") + 2 * (EVENT + _BOUND) + END, octets
    ),
    "calendars of events with a TZID": lambda octets: numbered(HEAD + EVENT + _BOUND + END, octets),
    "a definition before each event": lambda octets: feed(
        numbered(ZONE.replace(b"Z%d", b"Tokyo Standard Time") + EVENT + _BOUND, octets)
    ),
    "calendars with and without METHOD:CANCEL by turns": lambda octets: numbered(
        (HEAD + EVENT + b"END:VEVENT\r\n" + END) + (HEAD + b"METHOD:CANCEL\r\n" + EVENT + b"END:VEVENT\r\n" + END),
        octets,
    ),
    "a series of many overrides that is cancelled": lambda octets: (
        HEAD
        + numbered(EVENT % 1 + b"RECURRENCE-ID:20260701T1%d\r\nEND:VEVENT\r\n", octets)
        + END
        + HEAD
        + b"METHOD:CANCEL\r\n"
        + EVENT % 1
        + b"END:VEVENT\r\n"
        + END
    ),
    "a kind for each component": _components(b"BEGIN:X-%d\r\nX-A:1\r\nEND:X-%d\r\n"),
    "heads all different": lambda octets: numbered(b"BEGIN:VCALENDAR\r\nX-A:%d\r\nEND:VCALENDAR\r\n", octets),
    "cancelling calendars": lambda octets: numbered(
        HEAD + b"METHOD:CANCEL\r\n" + EVENT + b"END:VEVENT\r\n" + END, octets
    ),
    "lines and events by turns": _components(EVENT + b"END:VEVENT\r\nX-A:%d\r\n"),
    "two of each UID": lambda octets: feed(
        (once := numbered(EVENT + b"END:VEVENT\r\n", octets // 2)) + once.replace(b"DTSTART:2026", b"DTSTART:2027")
    ),
    "one UID in many versions": lambda octets: feed(
        numbered(
            EVENT.replace(b"%d", b"1") + b"SEQUENCE:%d\r\nLAST-MODIFIED:20260101T00000%dZ\r\nEND:VEVENT\r\n", octets
        )
    ),
    "UIDs with parameters": _components(b"BEGIN:VEVENT\r\nUID;X=1:%d\r\nDTSTAMP:20260101T000000Z\r\nEND:VEVENT\r\n"),
    "UIDs that say nothing": _components(
        b"BEGIN:VEVENT\r\nUID:\r\nDTSTAMP:20260101T000000Z\r\nSUMMARY:%d\r\nEND:VEVENT\r\n"
    ),
    "UID and DTSTAMP by turns": _components(
        b"BEGIN:VEVENT\r\nDTSTAMP:20260101T000000Z\r\nSUMMARY:%d\r\nEND:VEVENT\r\n"
        b"BEGIN:VEVENT\r\nUID:%d\r\nSUMMARY:x\r\nEND:VEVENT\r\n"
    ),
    "to-dos": _components(TODO + b"END:VTODO\r\n"),
    "to-dos without UID": _components(b"BEGIN:VTODO\r\nDTSTART:20260701T100000Z\r\nSUMMARY:%d\r\nEND:VTODO\r\n"),
    "to-dos and events by turns": _components(EVENT + b"END:VEVENT\r\n" + TODO + b"END:VTODO\r\n"),
    "things of no kind": _components(b"BEGIN:X-THING\r\nX-A:%d\r\nEND:X-THING\r\n"),
    "things in alarms": _components(
        EVENT + b"BEGIN:VALARM\r\nBEGIN:VLOCATION\r\nNAME:x\r\nEND:VLOCATION\r\nEND:VALARM\r\nEND:VEVENT\r\n"
    ),
    "journals": _components(TODO.replace(b"VTODO", b"VJOURNAL") + b"END:VJOURNAL\r\n"),
    "what may be there once twice": _events(b"UID:again\r\nDTSTAMP:20260101T000000Z\r\nSUMMARY:a\r\nSUMMARY:b\r\n"),
    "DTSTAMPs with parameters": _components(
        b"BEGIN:VEVENT\r\nUID:%d\r\nDTSTAMP;X=1:20260101T000000Z\r\nEND:VEVENT\r\n"
    ),
    "DTSTAMPs with a TZID": _components(
        b"BEGIN:VEVENT\r\nUID:%d\r\nDTSTAMP;TZID=Asia/Tokyo:20260101T000000\r\nEND:VEVENT\r\n"
    ),
    "dates instead of DTSTAMPs": _components(
        b"BEGIN:VEVENT\r\nUID:%d\r\nLAST-MODIFIED:20260101T000000Z\r\nEND:VEVENT\r\n"
    ),
    "alarms in to-dos": _components(TODO + b"BEGIN:VALARM\r\nTRIGGER:-PT5M\r\nEND:VALARM\r\nEND:VTODO\r\n"),
    "alarms with UIDs": _events(b"BEGIN:VALARM\r\nUID:%d\r\nTRIGGER:-PT5M\r\nEND:VALARM\r\n"),
    "participants": _events(b"BEGIN:PARTICIPANT\r\nUID:%d\r\nPARTICIPANT-TYPE:ACTIVE\r\nEND:PARTICIPANT\r\n"),
    "things three deep": _events(b"BEGIN:A\r\nBEGIN:B\r\nBEGIN:C\r\nEND:C\r\nEND:B\r\nEND:A\r\n"),
    "things each of a kind of its own": _components(b"BEGIN:X-%d\r\nX-A:1\r\nEND:X-%d\r\n"),
    "events and things of no kind by turns": _components(
        EVENT + b"END:VEVENT\r\nBEGIN:X-THING\r\nX-A:1\r\nEND:X-THING\r\n"
    ),
    "empty components of each kind": _components(
        b"".join(
            b"BEGIN:%b\r\nEND:%b\r\n" % (kind, kind) for kind in (b"VTODO", b"VEVENT", b"VJOURNAL", b"VFREEBUSY", b"X")
        )
    ),
    "cancelled to-dos": lambda octets: b"METHOD:CANCEL\r\n".join(
        [HEAD, numbered(TODO + b"END:VTODO\r\n", octets) + END]
    ),
    "calendars of one to-do each": lambda octets: numbered(HEAD + TODO + b"END:VTODO\r\n" + END, octets),
    "lines and to-dos by turns": _components(TODO + b"END:VTODO\r\nX-A:%d\r\n"),
    # times and zones
    "an EXDATE of megabytes": _value(b"EXDATE;TZID=Asia/Tokyo:20260701T100000", b",20260701T100000"),
    "an RDATE half in UTC": _value(b"RDATE;TZID=Asia/Tokyo:20260701T100000", b",20260701T100000,20260701T100000Z"),
    "EXDATEs of 1,000 times, one of which is none": _in_one(
        b"EXDATE;TZID=Asia/Tokyo:" + b"20260701T100000," * 999 + b"20260732T100000\r\n"
    ),
    "EXDATEs of 9,000 times": _in_one(
        b"EXDATE;TZID=Asia/Tokyo:20260701T100000" + b",20260701T100000" * 8_999 + b"\r\n"
    ),
    "RDATEs half in UTC": _in_one(
        b"RDATE;TZID=Asia/Tokyo:" + b"20260701T100000,20260701T100000Z," * 500 + b"20260701T100000\r\n"
    ),
    "RDATEs that are days and times": _in_one(
        b"RDATE;TZID=Asia/Tokyo:" + b"20260701T100000,20260701," * 500 + b"20260701T100000\r\n"
    ),
    "RDATEs that are periods": _in_one(
        b"RDATE;TZID=Asia/Tokyo:" + b"20260701T100000/20260701T110000," * 500 + b"20260701\r\n"
    ),
    "EXDATEs": _in_one(b"EXDATE;TZID=Tokyo Standard Time:20260701T100000\r\n"),
    "EXDATEs all different": _numbered_in_one(b"EXDATE;N=%d;TZID=Tokyo Standard Time:20260701T100000\r\n"),
    "events of 1,000 EXDATEs, all different, and a rule": _events(
        b"RRULE:FREQ=DAILY\r\n" + numbered(b"EXDATE;N=%d;TZID=Tokyo Standard Time:20260701T100000\r\n", 50_000)
    ),
    "events of 1,000 EXDATEs of many TZIDs": _events(numbered(b"EXDATE;TZID=Zone %d:20260701T100000\r\n", 40_000)),
    "events of 1,000 EXDATEs in UTC and not": _events(
        filled(b"EXDATE;TZID=Asia/Tokyo:20260701T100000\r\nEXDATE;TZID=Asia/Tokyo:20260701T100000Z\r\n", 40_000)
    ),
    "events of 1,000 rules that end in a separator": _events(b"RRULE:FREQ=DAILY;\r\n" * 1_000),
    "events of 1,000 rules, all different, that end in a separator": _events(
        numbered(b"RRULE:FREQ=DAILY;COUNT=%d;\r\n", 30_000)
    ),
    "times in UTC with a TZID": _events(b"DTEND;TZID=Asia/Tokyo:20260701T110000Z\r\n"),
    "RECURRENCE-IDs that are days with a TZID": _events(b"RECURRENCE-ID;TZID=Asia/Tokyo:20260701\r\n"),
    "days with a TZID": _events(b"DTEND;VALUE=DATE;TZID=Asia/Tokyo:20260702\r\n"),
    "times with a VALUE and a TZID": _events(b"DTEND;VALUE=DATE-TIME;TZID=Tokyo Standard Time:20260701T110000\r\n"),
    "times by a TZID that is UTC": _events(b"DTEND;TZID=UTC:20260701T110000\r\n"),
    "times by a TZID that says nothing": _events(b"DTEND;TZID=:20260701T110000\r\n"),
    "times by TZIDs with colons": _events(b"DTEND;TZID=(UTC+09:00) Osaka, Sapporo, Tokyo:20260701T110000\r\n"),
    "times by long TZIDs": _events(
        b'DTEND;TZID="(UTC+01:00) Amsterdam, Berlin, Bern, Rome, Stockholm, Vienna":20260701T110000\r\n'
    ),
    "times that are none": _events(b"DTEND;TZID=Asia/Tokyo:tbd\r\n"),
    "EXDATEs of a few times": _events(
        b"EXDATE;TZID=Tokyo Standard Time:20260701T110000,20260702T110000,20260703T110000,20260704T110000\r\n"
    ),
    "rules in small letters": _events(b"RRULE:freq=daily\r\n"),
    "TZIDs": _events(b"DTEND;TZID=Zone %d:20260701T110000\r\n"),
    "definitions": _components(ZONE),
    "definitions in use": _components(ZONE + EVENT + b"DTEND;TZID=Z%d:20260701T110000\r\nEND:VEVENT\r\n"),
    "definitions of one TZID": lambda octets: feed(
        filled(ZONE % 1, octets) + EVENT % 1 + b"DTEND;TZID=Z1:20260701T110000\r\nEND:VEVENT\r\n"
    ),
    "definitions by turns": lambda octets: feed(filled(ZONE % 1 + ZONE % 2, octets)),
    "definitions of one TZID, all different": _components(ZONE.replace(b"TZID:Z%d", b"TZID:Z\r\nX-N:%d")),
    "observances": lambda octets: feed(
        b"BEGIN:VTIMEZONE\r\nTZID:Z1\r\n"
        + filled(
            b"BEGIN:STANDARD\r\nDTSTART:19700101T020000\r\nTZOFFSETFROM:-0400\r\nTZOFFSETTO:-0500\r\nEND:STANDARD\r\n",
            octets,
        )
        + b"END:VTIMEZONE\r\n"
        + EVENT % 1
        + b"DTEND;TZID=Z1:20260701T110000\r\nEND:VEVENT\r\n"
    ),
    "years": _events(b"DTEND;TZID=Asia/Tokyo:%d0701T110000\r\n"),
    "rules": _events(b"RRULE:FREQ=DAILY;COUNT=%d\r\nDTEND;TZID=Asia/Tokyo:20260701T110000\r\n"),
    "starts and rules in one event": _in_one(
        b"DTSTART;TZID=Asia/Tokyo:20260701T110000\r\nRRULE:FREQ=WEEKLY;COUNT=4\r\n"
    ),
    "starts and rules in one event, all different": _numbered_in_one(
        b"DTSTART;TZID=Asia/Tokyo:20260701T110000\r\nRRULE:FREQ=WEEKLY;COUNT=%d\r\n"
    ),
    "rules that no day fulfils": _events(
        b"RRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30\r\nDTEND;TZID=Asia/Tokyo:20260701T110000\r\n"
    ),
    "rules every second": _events(
        b"RRULE:FREQ=SECONDLY;BYSECOND=0,1,2,3,4,5;BYMINUTE=0,1,2,3\r\nDTEND;TZID=Asia/Tokyo:20260701T110000\r\n"
    ),
    "rules that end in a separator": _in_one(b"RRULE:FREQ=DAILY;\r\n"),
    "rules with lists of hours": _events(
        b"DTSTART;TZID=Asia/Tokyo:20260701T110000\r\nRRULE:FREQ=DAILY;COUNT=%d;BYHOUR=1" + b",2" * 500 + b"\r\n"
    ),
    "times by a definition that parts from its name": lambda octets: feed(
        ZONE.replace(b"Z%d", b"Tokyo Standard Time")
        + b"".join(
            _until(
                (
                    EVENT % n
                    + b"DTEND;TZID=Tokyo Standard Time:%d0701T%06d\r\nEND:VEVENT\r\n" % (2026 + n % 9, n % 99_999)
                    for n in count()
                ),
                octets,
            )
        )
    ),
    "TZIDs in quotes and not": _events(
        b'DTEND;TZID="Tokyo Standard Time":20260701T110000\r\nDTEND;TZID=Tokyo Standard Time:20260701T110000\r\n'
    ),
    "events of 1,000 starts and rules": _events(
        numbered(b"DTSTART;TZID=Asia/Tokyo:20260701T110000\r\nRRULE:FREQ=WEEKLY;COUNT=%d\r\n", 60_000)
    ),
    "a rule of megabytes": _value(b"RRULE:FREQ=DAILY;BYHOUR=1", b",1"),
    "markup": lambda octets: filled(b"<html", octets),
}
"""By name."""
