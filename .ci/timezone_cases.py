"""`python .ci/timezone_cases.py FILE`: hard time-zone cases, each rendered as a feed and read back literally.

FILE is JSON: `cases`, each with `tzid_param`, `vtimezone`, `calendar_props`, `dtstart_value`, `expected_utc`,
`expected_tzid`, `accept_tzids` (`custom:X` accepts any TZID that names no zone). Exit code 1 unless all are right.
"""

import json
import re
import sys
from datetime import datetime
from pathlib import Path

import tzmap
from feedproxy.transform import render
from tests.readers import rfc

_START = re.compile(rb"\nDTSTART(?:;TZID=(\"?)([^\r]*?)\1)?:[^\r:]*?(Z?)\r")


def main(path: str) -> int:
    """Render and read each case; print those that are wrong and how many are right."""
    cases = json.loads(Path(path).read_text("utf-8"))["cases"]
    wrong = [f"{case['id']}: {fault}" for case in cases if (fault := _fault(case))]
    print(*wrong, f"{len(cases) - len(wrong)} of {len(cases)} time-zone cases", sep="\n")
    return 1 if wrong else 0


def _fault(case: dict[str, str]) -> str | None:
    body = render(_feed(case)).body
    (event,) = rfc.Feed(body).events()
    expected = datetime.strptime(case["expected_utc"], "%Y%m%dT%H%M%SZ").isoformat() + "Z"  # noqa: DTZ007 - Z is put back
    if event.start != expected:
        return f"starts at {event.start}, not at {expected}"
    found = _START.search(body, body.index(b"BEGIN:VEVENT"))
    served = "UTC" if found is None or found[3] else (found[2] or b"").decode()
    accepted = [case["expected_tzid"], *case["accept_tzids"]]
    custom = any(tzid.startswith("custom:") for tzid in accepted) and served not in tzmap.zone_names()
    return None if served in accepted or custom else f"is served under {served}, not under {accepted}"


def _feed(case: dict[str, str]) -> bytes:
    parameter = f";TZID={case['tzid_param']}" if case["tzid_param"] else ""
    properties = f"{case['calendar_props']}\r\n" if case["calendar_props"] else ""
    return (
        f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//case//EN\r\n{properties}{case['vtimezone'] or ''}BEGIN:VEVENT\r\n"
        f"UID:{case['id']}\r\nDTSTAMP:20260101T000000Z\r\nDTSTART{parameter}:{case['dtstart_value']}\r\n"
        "END:VEVENT\r\nEND:VCALENDAR\r\n"
    ).encode()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
