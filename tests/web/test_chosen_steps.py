"""What the settings choose is done to the source's events, and not to what subscribers have attached."""

from tests.readers import rfc
from tests.servers.upstream import Answer
from tests.web.stage import GAME, Stage, attach

SOURCE = b"".join(
    line + b"\r\n"
    for line in b"""BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//Example//Club//EN
X-WR-TIMEZONE:Europe/Madrid
BEGIN:VEVENT
UID:old
DTSTAMP:20260601T000000Z
DTSTART:20260101T100000Z
SUMMARY:Old
END:VEVENT
BEGIN:VEVENT
UID:game
DTSTAMP:20261101T000000Z
DTSTART:20261206T100000
SUMMARY:Game
BEGIN:VALARM
ACTION:DISPLAY
TRIGGER:-PT5M
DESCRIPTION:now
END:VALARM
END:VEVENT
END:VCALENDAR""".splitlines()
)


async def served(stage: Stage, **settings: object) -> rfc.Feed:
    stage.upstream.answers[GAME] = Answer(SOURCE)
    await stage.restart(**settings)
    await attach(stage, "Seat 12")
    response = await stage.get()
    assert response.status == 200
    return rfc.Feed(await response.read())


async def test_the_settings_shape_the_source_and_leave_personal_events_alone(stage: Stage) -> None:
    feed = await served(stage, title_prefix="[Club] ", drop_alarms=True, past_days=100, transform_revision=4)
    assert [event.texts["SUMMARY"] for event in feed.events()] == ["[Club] Game", "Seat 12"]
    assert feed.events()[0].alarms == 0
    sequence = feed.nodes[0].one("SEQUENCE")
    assert sequence is not None
    assert sequence.value == "4"


async def test_a_source_may_be_shown_as_busy_only(stage: Stage) -> None:
    feed = await served(stage, busy_only=True)
    assert [event.texts["SUMMARY"] for event in feed.events()] == ["Busy", "Busy", "Seat 12"]


async def test_a_profile_binds_what_its_clients_cannot_float(stage: Stage) -> None:
    assert (await served(stage)).events()[1].start == "2026-12-06T10:00:00"
    assert (await served(stage, profile="outlook")).events()[1].start == "2026-12-06T09:00:00Z"
