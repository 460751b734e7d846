"""Whatever a feed holds, what is shown of it is right where that can be told, and raises nothing of its own."""

import json
import re
from collections.abc import Iterator
from datetime import date
from random import Random

import pytest

from feedproxy.errors import FeedRefused
from feedproxy.ics.reading import read
from feedproxy.ics.runs import singly
from feedproxy.ops import diff_formats, event_formats, lint_formats
from feedproxy.ops.at import happening, read_time
from feedproxy.ops.diff import compare
from feedproxy.ops.event import explain_event
from feedproxy.ops.explain import SERVED, examine
from feedproxy.ops.explain_formats import as_json, as_text
from feedproxy.transform import Base, index
from tests.fuzz.mutation import mutated
from tests.golden.test_golden import NAMES, octets
from tests.ops.test_golden import NOW

ROUNDS = 4
_COMMANDS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029]")


def bodies(name: str) -> Iterator[bytes]:
    random = Random(name)
    for _ in range(ROUNDS):
        yield mutated(octets(name, "in"), random)


def indexed(body: bytes) -> Base | None:
    try:
        return index(body, SERVED)
    except FeedRefused:
        return None


@pytest.mark.parametrize("name", NAMES)
def test_whatever_comes_is_shown(name: str) -> None:
    for body in bodies(name):
        explanation = examine("x", body)
        assert explanation.lint is not None
        shown = [as_text(explanation), lint_formats.as_text(explanation.lint), lint_formats.as_github(explanation.lint)]
        values = [as_json(explanation), lint_formats.as_json(explanation.lint), lint_formats.as_sarif(explanation.lint)]
        base = indexed(body)
        if base is not None:
            difference = compare(("a", "b"), octets(name, "in"), body)
            shown.append(diff_formats.as_text(difference))
            values.append(diff_formats.as_json(difference))
            happening(base.calendar, read_time(date(2026, 7, 1).isoformat(), "Europe/Paris"))
            there = [each for each in singly(read(body).pieces) if each.kind != b"VTIMEZONE"]
            for uid in {each.uid().decode() for each in there} - {""}:
                event = explain_event(body, uid, base, SERVED, now=NOW)
                served = [each for each in base.calendar.components if each.uid().decode() == uid]
                assert list(event.served) == served
                shown.append(event_formats.as_text(event, ("Asia/Tokyo",)))
                values.append(event_formats.as_json(event, ("Asia/Tokyo",)))
        for text in shown:
            assert not _COMMANDS.search(text)
        json.dumps(values)
