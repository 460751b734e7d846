"""`explain` names what was done to a feed and why."""

import asyncio
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from feedproxy.errors import FetchFailed
from feedproxy.model import EventDetails, Held, LastGood
from feedproxy.ops.event import explain_event
from feedproxy.ops.explain import SERVED, examine
from feedproxy.ops.explain_formats import as_json, as_text
from feedproxy.policy.freshness import Bounds
from feedproxy.store import open_store
from feedproxy.transform import index
from feedproxy.upstream import Fetched
from feedproxy.upstream.exchange import Way
from tests.cli.program import feedproxy
from tests.ops.test_golden import NOW
from tests.servers.service import PASSWORD, PROTECTED, PUBLIC, USER, Service
from tests.servers.upstream import calendar

FAULTY = b"""BEGIN:VCALENDAR
VERSION:2.0
METHOD:REFRESH
X-PUBLISH-TTL:P1D
BEGIN:VTIMEZONE
TZID:My Own Zone
BEGIN:STANDARD
DTSTART:20200101T000000
TZOFFSETFROM:+0130
TZOFFSETTO:+0130
END:STANDARD
END:VTIMEZONE
BEGIN:VEVENT
UID:one
DTSTART;TZID="W. Europe Standard Time":20260701T100000
RRULE:FREQ=DAILY;COUNT=3;
SUMMARY:One
END:VEVENT
BEGIN:VEVENT
UID:two
DTSTAMP:20260101T000000Z
DTSTART;TZID=My Own Zone:20260701T100000
END:VEVENT
BEGIN:VEVENT
UID:three
DTSTAMP:20260101T000000Z
DTSTART;TZID=Nowhere/Land:20260701T100000
END:VEVENT
BEGIN:VEVENT
END:VCALENDAR
"""


def test_every_tzid_is_named_with_what_it_became_and_why() -> None:
    text = as_text(examine("feed.ics", FAULTY))
    assert "'\"W. Europe Standard Time\"' -> Europe/Berlin   (windows; 1 values, without a definition)" in text
    assert "'My Own Zone' -> My Own Zone   (rules; 1 values, with a definition)" in text
    assert "'Nowhere/Land' -> Nowhere/Land   (unknown; 1 values, without a definition)" in text
    assert "maps 'W. Europe Standard Time' to Europe/Berlin" in text


def test_every_repair_is_named_by_its_rule_and_its_place() -> None:
    changes = {change.rule: change for change in examine("feed.ics", FAULTY).changes}
    for rule in ("method", "x-publish-ttl", "prodid-missing", "rule-separator", "dtstamp-missing", "empty-component"):
        assert rule in changes, rule
    assert changes["rule-separator"].examples == ("one",)
    assert changes["dtstamp-missing"].count == 1


def test_counts_in_and_out_are_shown() -> None:
    text = as_text(examine("feed.ics", FAULTY))
    assert "components in   4 VEVENT, 1 VTIMEZONE" in text
    assert "components out  3 VEVENT, 2 VTIMEZONE" in text


def test_a_refused_body_is_explained_and_the_last_good_one_shown() -> None:
    when = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)
    kept = LastGood("key", calendar("bears"), b"digest", None, None, 1, when, when)
    text = as_text(examine("x", b"<html>", kept=kept))
    assert "refused    html: the body is an HTML page, not a calendar" in text
    assert "served     the last good body instead, of 2026-11-20 08:00 UTC" in text
    assert "components in   1 VEVENT" in text
    assert "line 1: error html: The body is an HTML page. (refused)\n" in text


def test_a_failed_fetch_is_named_by_its_reason() -> None:
    busy = FetchFailed("status-503", "host answered with status 503", retry_after=120)
    assert "status 503; it asks to be left alone for 120 s\n" in as_text(examine("x", None, failure=busy))
    explanation = examine("x", None, failure=FetchFailed("timeout", "host did not answer"))
    assert explanation.report is None
    assert "refused    timeout: host did not answer" in as_text(explanation)


def test_the_way_to_a_failure_is_shown_with_what_each_address_is() -> None:
    failure = FetchFailed("egress-private", "the egress policy forbids requests to inside.example")
    failure.hops = (("https://a.example/feed", 302, "93.184.216.34"), ("http://127.0.0.1/feed", 302, "127.0.0.1"))
    text = as_text(examine("x", None, failure=failure))
    assert "fetched    https://a.example/feed -> 302 from 93.184.216.34 (public)\n" in text
    assert "fetched    http://127.0.0.1/feed -> 302 from 127.0.0.1 (loopback, opened by a setting)\n" in text
    assert "decision   nothing is served\n" in text


def fetched(body: bytes, **fields: str) -> Fetched:
    given = dict.fromkeys(("etag", "last_modified", "cache_control", "expires", "date", "age", "content_type")) | fields
    return Fetched(body=body, hops=(), way=Way((), False, None), wire_octets=len(body), seconds=0.1, **given)


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"cache_control": "max-age=600"}, "for 10 min, give or take a tenth: max-age says so"),
        (
            {"cache_control": "max-age=86400"},
            "for 1 h, give or take a tenth: max-age says 1 d, freshness_max bounds it",
        ),
        ({"cache_control": "no-store"}, "for 1 min, give or take a tenth: no-store says 0 s, freshness_min bounds it"),
        ({}, "for 1 h, give or take a tenth: REFRESH-INTERVAL says 1 d, freshness_max bounds it"),
    ],
)
def test_freshness_has_its_reason(fields: dict[str, str], says: str) -> None:
    bounds = Bounds(timedelta(seconds=300), timedelta(seconds=60), timedelta(seconds=3_600))
    text = as_text(examine("x", FAULTY, fetch=fetched(FAULTY, **fields), bounds=bounds))
    assert f"  fresh      {says}\n" in text


@pytest.mark.parametrize(
    ("body", "content_type", "says"),
    [
        (FAULTY, "text/calendar; charset=utf-8", "utf-8, as all of it is"),
        (
            FAULTY,
            "text/calendar; charset=ISO-8859-1",
            "utf-8, as all of it is; Content-Type says ISO-8859-1, which is not looked at",
        ),
        (FAULTY.replace(b"One", b"\xc9n"), None, "utf-8, but for some lines, which are read as windows-1252"),
        (FAULTY.decode().encode("utf-16"), None, "utf-16, by its first octets"),
    ],
)
def test_the_charset_is_what_the_octets_are(body: bytes, content_type: str | None, says: str) -> None:
    fields = {"content_type": content_type} if content_type else {}
    assert examine("x", body, fetch=fetched(body, **fields)).charset == says


def test_lines_of_utf_16_have_their_places_too() -> None:
    body = FAULTY.decode().encode("utf-16")
    node = explain_event(body, "one", index(body, SERVED), SERVED, now=NOW).upstream[0]
    for line in node.whole:
        assert body[line.offset : line.offset + len(line.octets)] == line.octets
        assert line.octets.decode("utf-16-le").rstrip() == line.text.decode()
        assert FAULTY.splitlines()[line.number - 1] == line.text


def test_the_json_form_says_the_same(tmp_path: Path) -> None:
    report = json.loads(json.dumps(as_json(examine("feed.ics", FAULTY))))
    assert report["report"]["components"] == {"in": {"VEVENT": 4, "VTIMEZONE": 1}, "out": {"VEVENT": 3, "VTIMEZONE": 2}}
    assert [zone["served"] for zone in report["report"]["zones"]] == ["Europe/Berlin", "My Own Zone", "Nowhere/Land"]


def test_the_command_explains_a_file_and_refuses_with_1(tmp_path: Path) -> None:
    (tmp_path / "feed.ics").write_bytes(FAULTY)
    (tmp_path / "page.html").write_bytes(b"<html>")
    good = feedproxy(tmp_path, "explain", "feed.ics")
    assert (good.returncode, good.stdout.decode()) == (0, as_text(examine("feed.ics", FAULTY)))
    bad = feedproxy(tmp_path, "explain", "page.html", "--json")
    assert bad.returncode == 1
    assert json.loads(bad.stdout)["failure"].startswith("html: ")
    nothing = feedproxy(tmp_path, "explain", "nothing-of-this-name")
    assert nothing.returncode == 2
    assert nothing.stderr.decode().count("\n") == 1


async def test_the_command_explains_urls_and_subscriptions(service: Service) -> None:
    def run(*arguments: str) -> dict[str, object]:
        done = feedproxy(service.folder, "explain", "--json", *arguments, extra=service.settings)
        assert done.returncode in {0, 1}, done.stderr
        answer: dict[str, object] = json.loads(done.stdout)
        return answer

    by_url = await asyncio.to_thread(run, f"{service.upstream.url}/v1/webcal/{PUBLIC}")
    assert by_url["failure"] is None
    assert by_url["fetch"]["hops"][0]["status"] == 200  # type: ignore[index]
    by_id = await asyncio.to_thread(run, str(PUBLIC))
    assert by_id["report"]["components"]["out"] == {"VEVENT": 2, "VTIMEZONE": 1}  # type: ignore[index]
    protected = await asyncio.to_thread(run, str(PROTECTED))
    assert str(protected["failure"]).startswith("status-401: ")
    opened = await asyncio.to_thread(run, "--user", f"{USER}:{PASSWORD}", str(PROTECTED))
    assert opened["report"]["components"]["out"]["VEVENT"] == 1  # type: ignore[index]
    metadata = await asyncio.to_thread(run, "https://169.254.169.254/latest/meta-data/")
    assert str(metadata["failure"]).startswith("egress-metadata: ")


def test_a_body_that_is_held_back_is_not_shown_as_served() -> None:
    when = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)
    kept = LastGood("key", calendar(*"abcdefghij"), b"digest", None, None, 10, when, when)
    explanation = examine("x", calendar("a", "b"), kept=kept, loss_share=0.4)
    assert explanation.failure == (
        "sharply-shrunk: 2 components after 10, and 8 of the lost not over; believed when it comes again"
    )
    assert explanation.report is not None
    assert explanation.report.components_out["VEVENT"] == 10
    held = Held("sharply-shrunk", "2 components after 10", 2, when)
    shown = examine("x", calendar("a", "b"), kept=replace(kept, held=held), loss_share=0.4)
    assert "held back  since 2026-11-20 08:00 UTC, sharply-shrunk\n" in as_text(shown)
    accepted = examine("x", calendar("a", "b"), kept=replace(kept, held=replace(held, accepted=True)), loss_share=0.4)
    assert accepted.failure is None, "it is served after the next look upstream"


def test_what_is_over_is_shown_as_no_loss() -> None:
    when = datetime(2026, 12, 24, 8, 0, tzinfo=UTC)
    kept = LastGood("key", calendar(*"abcdefghij"), b"digest", None, None, 10, when, when)
    assert examine("x", calendar("a"), kept=kept, loss_share=0.4, now=when).failure is None


async def test_the_operator_s_headers_go_to_the_upstream_and_nowhere_else(service: Service) -> None:
    extra = service.settings | {"FEEDPROXY_UPSTREAM_HEADERS": '{"X-Api-Key": "s3cret"}'}
    other = service.upstream.url.replace("127.0.0.1", "localhost")
    allowed = extra | {"FEEDPROXY_EGRESS_ALLOW": "localhost"}
    for target, environment in ((str(PUBLIC), extra), (f"{other}/v1/webcal/{PUBLIC}", allowed)):
        done = await asyncio.to_thread(feedproxy, service.folder, "explain", target, extra=environment)
        assert done.returncode == 0, done.stdout
    assert [request.headers.get("X-Api-Key") for request in service.upstream.requests] == ["s3cret", None]


async def test_an_event_that_is_still_hidden_is_not_shown_as_served(service: Service) -> None:
    now = datetime(2026, 11, 20, tzinfo=UTC)
    start = datetime(2026, 12, 1, 9)  # noqa: DTZ001 - a wall-clock time
    store = await open_store(f"sqlite:///{service.folder}/feedproxy.db")
    try:
        account = await store.account("BEARS")
        assert account is not None
        for name, visible_from in (("seen", None), ("hidden", datetime(2999, 1, 1, tzinfo=UTC))):
            details = EventDetails(title=name, start=start, end=start, zone="Etc/UTC", visible_from=visible_from)
            await store.put_event(account, name, details, [PUBLIC], now=now)
    finally:
        await store.close()
    done = await asyncio.to_thread(feedproxy, service.folder, "explain", "--json", str(PUBLIC), extra=service.settings)
    assert json.loads(done.stdout)["personal_events"] == 1
