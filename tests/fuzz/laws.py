"""What must hold for any octets whatever, in one call: for the fuzzer, and for what it has found."""

import zlib
from time import process_time
from unittest.mock import patch

from feedproxy.errors import FeedRefused
from feedproxy.ics.folding import unfold
from feedproxy.transform import render, stream
from tests.readers import rfc

KEPT = b"BEGIN:X-KEPT\r\nX-A;B=1:2\\,3\r\nBEGIN:X-INNER\r\nEND:X-INNER\r\nEND:X-KEPT\r\n"
_AFTER = b"\r\nBEGIN:VCALENDAR\r\n" + KEPT + b"END:VCALENDAR\r\n"
_SELDOM = 32
"""One body in so many is grown, to see what that costs."""
_MOST_SECONDS = 10.0


def hold(body: bytes) -> None:
    """Raise AssertionError where a law is broken, and whatever a transformation raises that is no FeedRefused."""
    start = process_time()
    out = _rendered(body)
    assert process_time() - start < _MOST_SECONDS, "it takes too long"
    with patch("feedproxy.ics.reading.cut", lambda body, **_: (body, [])):
        alone = _rendered(body)
    assert alone == out or unfold(alone or b"") == unfold(out or b""), "events in runs come out as others do not"
    assert _streamed(body) == out, "what is streamed is not what is rendered"
    if out is not None:
        assert render(out).body == out, "what came out does not go through unchanged"
        _is_well_formed(out)
    if not body.startswith((b"\xff\xfe", b"\xfe\xff")) and b"\x00" not in body[:4]:
        with_more = _rendered(body + _AFTER)
        assert with_more is None or KEPT in with_more, "a component of a kind that nobody knows is lost"
    if zlib.crc32(body) % _SELDOM == 0:
        _is_linear(body)


def _rendered(body: bytes) -> bytes | None:
    try:
        return render(body).body
    except FeedRefused as refusal:
        known = refusal.reason in FeedRefused.REASONS and "\n" not in refusal.message
    assert known, "it is refused for no reason that we know"
    return None


def _streamed(body: bytes) -> bytes | None:
    try:
        return b"".join(stream(body))
    except FeedRefused:
        return None


def _is_well_formed(feed: bytes) -> None:
    """Read literally: physical lines, folds, and one VCALENDAR with everything in it closed by its own END."""
    opened: list[str] = []
    for number, line in enumerate(rfc.logical_lines(feed)):
        name, _, value = line.partition(":")
        assert value or ":" in line, f"{line!r} is no content line"
        assert (number == 0) == (line == "BEGIN:VCALENDAR"), "it is not one VCALENDAR"
        if name == "BEGIN":
            opened.append(value)
        elif name == "END":
            assert opened.pop() == value, f"END:{value} closes another"
        assert opened or line == "END:VCALENDAR", f"{line!r} is outside"
    assert not opened


def _is_linear(body: bytes) -> None:
    """Four times as often the same lines in it cost about four times as much."""
    lines = body.splitlines(keepends=True)
    if not lines:
        return
    start = zlib.crc32(body, 1) % len(lines)
    end = start + 1 + zlib.crc32(body, 2) % min(8, len(lines))
    few, many = (b"".join(lines[:start] + lines[start:end] * times + lines[end:]) for times in (100, 400))
    if _seconds(many) > 16 * max(_seconds(few), 0.005):
        assert min(_seconds(many) for _ in range(3)) <= 16 * max(_seconds(few), 0.005), "its cost is not linear"


def _seconds(body: bytes) -> float:
    start = process_time()
    _rendered(body)
    return process_time() - start
