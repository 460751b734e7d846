"""Floating times stay floating; where an operator wants it, they are bound to the zone that X-WR-TIMEZONE names."""

from feedproxy.transform import Options, render
from tests.readers import rfc

FEED = b"""BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//test//EN
X-WR-TIMEZONE:W. Europe Standard Time
BEGIN:VEVENT
UID:floating
DTSTAMP:20260101T000000Z
DTSTART:20260701T100000
DTEND:20260701T110000
EXDATE:20260702T100000,20260703T100000
RRULE:FREQ=DAILY;COUNT=5
END:VEVENT
BEGIN:VEVENT
UID:utc
DTSTAMP:20260101T000000Z
DTSTART:20260701T100000Z
END:VEVENT
BEGIN:VEVENT
UID:day
DTSTAMP:20260101T000000Z
DTSTART;VALUE=DATE:20260701
END:VEVENT
BEGIN:VEVENT
UID:zoned
DTSTAMP:20260101T000000Z
DTSTART;TZID=America/New_York:20260701T100000
END:VEVENT
END:VCALENDAR
BEGIN:VCALENDAR
VERSION:2.0
BEGIN:VEVENT
UID:elsewhere
DTSTAMP:20260101T000000Z
DTSTART:20260701T100000
END:VEVENT
END:VCALENDAR
"""


def starts(body: bytes) -> dict[str, str | None]:
    return {event.uid: event.start for event in rfc.Feed(body).events()}


def test_floating_times_float_unless_the_setting_says_otherwise() -> None:
    found = starts(render(FEED).body)
    assert found["floating"] == found["elsewhere"] == "2026-07-01T10:00:00"


def test_the_setting_binds_floating_times_and_nothing_else() -> None:
    body = render(FEED, options=Options(bind_floating=True)).body
    assert starts(body) == {
        "floating": "2026-07-01T08:00:00Z",
        "utc": "2026-07-01T10:00:00Z",
        "day": "2026-07-01",
        "zoned": "2026-07-01T14:00:00Z",
        "elsewhere": "2026-07-01T10:00:00",
    }
    (event,) = (event for event in rfc.Feed(body).events() if event.uid == "floating")
    assert event.end == "2026-07-01T09:00:00Z"
    assert event.exdates == ["2026-07-02T08:00:00Z", "2026-07-03T08:00:00Z"]
    assert b"DTSTART;TZID=Europe/Berlin:20260701T100000" in body


def test_what_is_bound_stays_bound_and_is_reported() -> None:
    rendered = render(FEED, options=Options(bind_floating=True))
    assert [(c.rule, c.count, c.examples) for c in rendered.report.changes if c.step == "floating"] == [
        ("bound", 3, ("floating",))
    ]
    assert render(rendered.body).body == rendered.body
