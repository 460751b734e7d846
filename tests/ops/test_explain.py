"""`explain` names what was done to a feed and why."""

import asyncio
import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from feedproxy.errors import FetchFailed
from feedproxy.model import EventDetails, Held, LastGood
from feedproxy.ops.explain import examine
from feedproxy.ops.explain_formats import as_json, as_text
from feedproxy.store import open_store
from tests.cli.program import feedproxy
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


def test_a_failed_fetch_is_named_by_its_reason() -> None:
    explanation = examine("x", None, failure=FetchFailed("timeout", "host did not answer"))
    assert explanation.report is None
    assert "refused    timeout: host did not answer" in as_text(explanation)


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
