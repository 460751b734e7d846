"""A changed event is newer than its source said, by as much each time."""

from datetime import UTC, datetime

import pytest

from feedproxy.ics.components import parse
from feedproxy.transform import Options, render
from feedproxy.transform.alarms import drop_alarms
from feedproxy.transform.revision import Revision
from tests.transform.calendars import event, feed

ALARM = "BEGIN:VALARM\nACTION:DISPLAY\nTRIGGER:-PT5M\nDESCRIPTION:now\nEND:VALARM"


def version(lines: str, revision: Revision, kind: str = "VEVENT") -> tuple[bytes | None, bytes | None]:
    body = feed(event(f"UID:x\n{lines}\n{ALARM}", kind))
    out = render(body, options=Options(steps=(drop_alarms,), revision=revision)).body
    component = parse(out).components[0]
    assert render(out, options=Options(steps=(drop_alarms,), revision=revision)).body == out
    sequence, modified = component.first(b"SEQUENCE"), component.first(b"LAST-MODIFIED")
    return sequence.value if sequence else None, modified.value if modified else None


@pytest.mark.parametrize(
    ("lines", "revision", "wanted"),
    [
        ("SUMMARY:a", Revision(), (b"1", b"20260101T000001Z")),
        ("SEQUENCE:7", Revision(3), (b"10", b"20260101T000001Z")),
        ("SEQUENCE:odd", Revision(), (b"1", b"20260101T000001Z")),
        ("LAST-MODIFIED:20260331T235959Z", Revision(), (b"1", b"20260401T000000Z")),
        ("LAST-MODIFIED:yesterday", Revision(), (b"1", b"20260101T000001Z")),
        ("SUMMARY:a", Revision(at=datetime(2026, 5, 1, tzinfo=UTC)), (b"1", b"20260501T000000Z")),
        ("SUMMARY:a", Revision(at=datetime(2025, 5, 1, tzinfo=UTC)), (b"1", b"20260101T000001Z")),
        ("LAST-MODIFIED:99991231T235959Z", Revision(), (b"1", b"20260101T000001Z")),
    ],
)
def test_sequence_and_last_modified_grow_from_those_of_the_source(
    lines: str, revision: Revision, wanted: tuple[bytes, bytes]
) -> None:
    assert version(lines, revision) == wanted


def test_a_journal_entry_and_a_to_do_grow_as_well() -> None:
    assert version("DUE:20260701T100000Z", Revision(), "VTODO") == (b"1", b"20260101T000001Z")


def test_lossless_repairs_and_renamed_zones_are_no_change() -> None:
    body = feed(event('UID:x\nDTSTART;TZID="Romance Standard Time":20260701T100000\nRRULE:FREQ=DAILY;'))
    assert b"SEQUENCE" not in render(body, options=Options(steps=(drop_alarms,))).body
