"""The table of what may be wrong with a feed: how bad it is, which calendar apps it hurts, and what helps.

Where apps are named, what they do was measured with the versions below, or is told by the source that is named. Ids are
those of the report of a transformation where that has one for the same.

    Thunderbird 153, Evolution 3.46.4, vdirsyncer 0.21, calcurse 4.7.1, FullCalendar 6.1.22 (ical.js 2.2.1), node-ical
    0.26.1, Home Assistant (ical 14.3.1)

An error: some app refuses the calendar, loses an event or shows it at another hour. A warning: some app shows it other
than it is meant, or keeps no track of it. A note: untidy, and no app is known to mind.
"""

from dataclasses import dataclass
from typing import Literal

Severity = Literal["error", "warning", "note"]
SEVERITIES: tuple[Severity, ...] = ("error", "warning", "note")


@dataclass(frozen=True, slots=True)
class Rule:
    """One line of the table.

    `clients` is who is hurt and how, `mended` is the step of ours that puts it right, empty if none does.
    """

    id: str
    severity: Severity
    title: str
    clients: str
    fix: str
    clause: str
    mended: str = ""


_TABLE = (
    # The body as a whole
    Rule("html", "error", "The body is an HTML page.",
         "Thunderbird and Evolution empty the calendar; the others refuse it",
         "Answer a failure with a status of 4xx or 5xx, never with a page and 200.", "RFC 5545 3.4"),
    Rule("empty", "error", "The body is empty.", "Thunderbird and Evolution empty the calendar",
         "Answer 503 while there is no calendar; one without events is a VCALENDAR.", "RFC 5545 3.4"),
    Rule("not-a-calendar", "error", "The body holds no VCALENDAR.", "Thunderbird and Evolution empty the calendar",
         "Begin with BEGIN:VCALENDAR.", "RFC 5545 3.4"),
    Rule("truncated", "error", "The body ends in the middle.",
         "Thunderbird, Evolution and Home Assistant show nothing; vdirsyncer and FullCalendar refuse it",
         "Send a Content-Length, and the whole body up to END:VCALENDAR.", "RFC 5545 3.4"),
    Rule("excessive", "error", "The body has more of something than any calendar.",
         "apps that do not refuse it take minutes, or all memory",
         "Look for what writes the same thing again and again.", ""),
    Rule("no-events", "warning", "The calendar has no events.", "Evolution keeps showing the old ones",
         "If there are none, put one harmless event in.", "RFC 5545 3.6", "write"),
    Rule("over-1-MB", "warning", "The feed is over 1 MB.", "Google stops reading there (JM-Lemmi/ical-relay#212)",
         "Leave out what is long past, or part the calendar.", ""),
    # Octets
    Rule("byte-order-mark", "error", "The body begins with a byte order mark.",
         "vdirsyncer, calcurse and Home Assistant refuse the calendar",
         "Write UTF-8 without a mark.", "RFC 5545 3.1.4", "read"),
    Rule("utf-16", "error", "The body is in UTF-16.", "every app that goes by the standard refuses it",
         "Write UTF-8.", "RFC 5545 3.1.4", "read"),
    Rule("not-utf-8", "error", "A line is not UTF-8.",
         "vdirsyncer refuses the calendar; most others show replacement characters",
         "Write UTF-8, whatever the Content-Type says.", "RFC 5545 3.1.4", "read"),
    Rule("control-characters", "error", "A line holds a control character.",
         "Home Assistant refuses the calendar; vdirsyncer begins a new property at VT, FF, FS, NEL, U+2028 and U+2029",
         "Leave out control characters; write a line break as \\n.", "RFC 5545 3.1", "read"),
    Rule("line-ends", "note", "Lines end in something other than CRLF.", "none of those tested",
         "End lines with CRLF.", "RFC 5545 3.1", "read"),
    Rule("line-too-long", "note", "A line is over 75 octets.", "none of those tested",
         "Fold lines behind 75 octets.", "RFC 5545 3.1", "read"),
    Rule("fold-inside-character", "warning", "A fold parts a character.",
         "FullCalendar (ical.js) shows two others for it",
         "Fold between characters.", "RFC 5545 3.1", "read"),
    Rule("blank-line-in-fold", "error", "A blank line stands within a folded line.",
         "Google drops the whole refresh of a file with bad folds",
         "Leave the blank line out.", "RFC 5545 3.1", "read"),
    Rule("name-case", "note", "Names are not in capitals.", "none of those tested",
         "Write names of properties and components in capitals.", "RFC 5545 2", "read"),
    # Content lines
    Rule("line-rejoined", "error", "A line is no content line: a text was written without escaping its line break.",
         "vdirsyncer, FullCalendar and Home Assistant refuse the calendar",
         "Write line breaks in texts as \\n.", "RFC 5545 3.3.11", "read"),
    Rule("line-dropped", "error", "A line is no content line, or has 100,000 octets of parameters.",
         "vdirsyncer, FullCalendar and Home Assistant refuse the calendar",
         "Leave it out.", "RFC 5545 3.1", "read"),
    Rule("quote-unclosed", "error", "A quote in a parameter is not closed.", "most readers lose the property",
         "Close it, or leave quotes out of parameters.", "RFC 5545 3.2", "read"),
    Rule("rule-without-colon", "error", "A rule has no colon before its value.", "most readers lose the recurrence",
         "Write RRULE:FREQ=...", "RFC 5545 3.8.5.3", "read"),
    # Components
    Rule("boundary-blanks", "error", "A BEGIN or END has blanks about it.", "strict readers lose the component",
         "Leave them out.", "RFC 5545 3.6", "read"),
    Rule("boundary-run-on", "error", "Something stands behind the BEGIN or END of a VCALENDAR, in the same line.",
         "strict readers refuse the calendar", "End each line with CRLF, the last one of a file too.",
         "RFC 5545 3.4", "read"),
    Rule("stray-end", "error", "An END closes nothing.", "strict readers refuse the calendar",
         "Leave it out, or write the BEGIN that it belongs to.", "RFC 5545 3.6", "read"),
    Rule("end-missing", "error", "A component has no END.", "strict readers refuse the calendar",
         "Write it.", "RFC 5545 3.6", "read"),
    Rule("outside-calendar", "warning", "Text stands outside the VCALENDAR.", "strict readers refuse the calendar",
         "Leave it out.", "RFC 5545 3.4", "read"),
    Rule("component-outside-calendar", "error", "A component stands outside the VCALENDAR.",
         "most readers do not see it", "Put it inside.", "RFC 5545 3.4", "read"),
    Rule("calendars-joined", "error", "There are several VCALENDARs.",
         "Thunderbird shows nothing; FullCalendar and Home Assistant refuse it; node-ical shows the last",
         "Put all events into one VCALENDAR.", "RFC 5545 3.4", "repair"),
    Rule("empty-component", "warning", "A component says nothing.", "vobject and others refuse the feed",
         "Leave it out.", "RFC 5545 3.6.1", "repair"),
    # The calendar's own properties
    Rule("version", "error", "VERSION is missing or odd.", "calcurse refuses the calendar",
         "Write VERSION:2.0 right behind BEGIN:VCALENDAR.", "RFC 5545 3.7.4", "repair"),
    Rule("prodid-missing", "warning", "PRODID is missing.", "validators, and readers that go by the standard",
         "Write a PRODID.", "RFC 5545 3.7.3", "repair"),
    Rule("method", "warning", "METHOD is not PUBLISH.",
         "Proton refuses odd ones (mlool/workday-calendar-extension#199); older Outlook wants PUBLISH "
         "(alphagov/calendars#17)", "Write METHOD:PUBLISH.", "RFC 5546 3.2.1", "repair"),
    Rule("method-cancel", "warning", "METHOD:CANCEL stands for all events.", "subscribed calendars show them as before",
         "Write STATUS:CANCELLED into each event.", "RFC 5546 3.2.5", "repair"),
    Rule("head-property-twice", "warning", "A property that a calendar has once is there twice.",
         "which one counts differs", "Write it once.", "RFC 5545 3.6", "repair"),
    Rule("x-publish-ttl", "note", "X-PUBLISH-TTL is a slip for X-PUBLISHED-TTL.", "nobody reads it",
         "Write REFRESH-INTERVAL;VALUE=DURATION, and X-PUBLISHED-TTL for Outlook.", "RFC 7986 5.7", "repair"),
    Rule("interval-replaced", "note", "Two refresh intervals differ.", "Nextcloud takes the one, Outlook the other",
         "Write the same into both.", "RFC 7986 5.7", "repair"),
    Rule("interval-unreadable", "note", "The refresh interval is no duration.", "apps take their own",
         "Write one such as PT4H.", "RFC 7986 5.7", "repair"),
    # Events
    Rule("uid-missing", "error", "There is no UID.",
         "Thunderbird, Evolution and Home Assistant make a new one at each load; node-ical shows none",
         "Give each event a UID that stays.", "RFC 5545 3.8.4.7", "repair"),
    Rule("dtstamp-missing", "warning", "There is no DTSTAMP that says anything.",
         "older Outlook wants it (alphagov/calendars#17)",
         "Write when the event was last changed, not when the feed was made.", "RFC 5545 3.8.7.2", "repair"),
    Rule("dtstart-missing", "error", "The event has no DTSTART.", "no app shows it", "Write one.", "RFC 5545 3.8.2.4"),
    Rule("time-unreadable", "error", "The value is no time.",
         "Home Assistant refuses the calendar; others lose the event",
         "Write 20260131, 20260131T190000 or 20260131T190000Z.", "RFC 5545 3.3.5"),
    Rule("end-before-start", "error", "The event ends before it begins.",
         "Home Assistant refuses the calendar; others show it with no length, or not at all",
         "Put DTEND behind DTSTART.", "RFC 5545 3.8.2.2"),
    Rule("end-of-other-type", "error", "DTSTART is a day and DTEND a time, or the other way round.",
         "Home Assistant refuses the calendar; others guess", "Make both days, or both times.", "RFC 5545 3.8.2.2"),
    Rule("end-and-duration", "warning", "The event has both DTEND and DURATION.", "which one counts differs",
         "Leave one out.", "RFC 5545 3.6.1"),
    Rule("duplicate", "warning", "The very same event is there twice.",
         "calcurse, FullCalendar and Home Assistant show it twice",
         "Write it once.", "RFC 5545 3.8.4.7", "repair"),
    Rule("clash", "error", "Two events that differ have one UID.",
         "Thunderbird, Evolution, vdirsyncer and node-ical show the last, the others both",
         "Give each a UID of its own; a changed instance needs a RECURRENCE-ID.", "RFC 5545 3.8.4.7", "repair"),
    Rule("rule-separator", "error", "A recurrence rule ends in a separator.", "vobject and ics refuse the feed",
         "Leave the separator out.", "RFC 5545 3.3.10", "repair"),
    Rule("rule-case", "error", "A recurrence rule is in small letters.", "FullCalendar (ical.js) refuses the feed",
         "Write it in capitals.", "RFC 5545 3.3.10", "repair"),
    Rule("until-local", "warning", "UNTIL is in local time, but DTSTART has a time zone.",
         "apps differ in whether the last instance is shown", "Write UNTIL in UTC.", "RFC 5545 3.3.10"),
    Rule("rule-unreadable", "error", "A recurrence rule cannot be read.", "apps show the first instance, or nothing",
         "Begin it with FREQ=, and give each part a value.", "RFC 5545 3.3.10"),
    # Time zones
    Rule("floating", "warning", "The time has no zone.",
         "Outlook takes no floating times (owncloud/calendar#687); Google shows them at another hour "
         "(othyn/go-calendar#6)", "Give it a TZID, or write it in UTC.", "RFC 5545 3.3.5"),
    Rule("utc-with-tzid", "error", "A time in UTC has a TZID.", "apps go by the one or by the other",
         "Leave out the TZID or the Z.", "RFC 5545 3.2.19", "timezones"),
    Rule("date-with-tzid", "warning", "A day has a TZID.", "some apps move it to the day before",
         "Leave the TZID out; write VALUE=DATE.", "RFC 5545 3.2.19", "timezones"),
    Rule("tzid-empty", "warning", "A TZID is empty.", "most apps take the time as floating",
         "Name a zone, or leave the parameter out.", "RFC 5545 3.2.19", "timezones"),
    Rule("tzid-undeclared", "warning", "An IANA zone is named that no VTIMEZONE defines.",
         "FullCalendar (ical.js) and Outlook take the time as floating",
         "Put a VTIMEZONE for it into the calendar.", "RFC 5545 3.6.5", "timezones"),
    Rule("tzid-foreign-undeclared", "error", "A zone is named as only one vendor does, and no VTIMEZONE defines it.",
         "Home Assistant refuses the calendar; calcurse takes the time for UTC, FullCalendar (ical.js) as floating",
         "Write the IANA name, and a VTIMEZONE for it.", "RFC 5545 3.6.5", "timezones"),
    Rule("tzid-foreign", "note", "A zone is named as only one vendor does.", "apps that go by the name alone",
         "Write the IANA name.", "RFC 7808 2", "timezones"),
    Rule("tzid-unknown", "error", "Nobody knows the zone that is named, and no VTIMEZONE defines it.",
         "every app guesses: floating, UTC, or its own zone",
         "Write an IANA name, and a VTIMEZONE for it.", "RFC 5545 3.6.5"),
    Rule("definition-differs", "error", "The VTIMEZONE of a known zone says other offsets than that zone has.",
         "apps that go by the name and apps that go by the definition show it at different hours",
         "Write the VTIMEZONE anew from the IANA data.", "RFC 5545 3.6.5", "timezones"),
    Rule("definition-differs-foreign", "error",
         "The VTIMEZONE of a zone that is named as only one vendor does says other offsets than that zone has.",
         "apps that go by the name and apps that go by the definition show it at different hours",
         "Write the VTIMEZONE anew from the IANA data, or name the zone as nobody else does.", "RFC 5545 3.6.5"),
    Rule("definition-unusable", "error", "A VTIMEZONE cannot be used.",
         "Outlook.com shows nothing for an odd one (nju-schedule-ics#8)",
         "Write STANDARD and DAYLIGHT with DTSTART, TZOFFSETFROM and TZOFFSETTO.", "RFC 5545 3.6.5", "timezones"),
    Rule("definition-without-tzid", "warning", "A VTIMEZONE has no TZID.", "nobody can use it",
         "Write its TZID.", "RFC 5545 3.8.3.1", "timezones"),
    Rule("defined-twice", "warning", "One TZID is defined twice, and differently.", "which one counts differs",
         "Define it once.", "RFC 5545 3.6.5", "timezones"),
    Rule("definition-unused", "note", "A VTIMEZONE is used by nothing.", "none: it only takes room",
         "Leave it out.", "RFC 5545 3.6.5", "timezones"),
)  # fmt: skip

REFUSED = ("html", "empty", "not-a-calendar", "truncated", "excessive")
"""The rules of which nothing is served."""

RULES = {rule.id: rule for rule in _TABLE}
