"""The pages for operators, and the same as JSON: who may see them, what they show, what they mask, what they do."""

import gzip
import logging
import os
import re
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path
from time import monotonic, process_time

import pytest
from aiohttp import ClientSession, encode_basic_auth

from feedproxy.config import Settings
from feedproxy.model import Changed
from feedproxy.ops.anatomy import MOST_OCTETS, Subject
from feedproxy.store import migrate
from feedproxy.web import keys
from feedproxy.web.metrics import METRICS
from feedproxy.web.ops import maker
from feedproxy.web.ops.desk import Desk
from feedproxy.web.ops.exchange import ASIDE
from feedproxy.web.routes import OPS
from tests.servers.postgres import PostgresServer
from tests.servers.upstream import Answer, calendar
from tests.store.conftest import postgres  # noqa: F401 # a fixture
from tests.web.ops_stage import FAN, LOGIN, LONE, PASSWORD, SECRETS, UPSTREAM_ID, USER, OpsStage, ops_stage

EVERY_PAGE = (
    "",
    "/feeds",
    "/feeds/{feed}",
    "/accounts",
    "/accounts/bears",
    "/calendars/bears/games",
    "/subscriptions/{fan}",
)


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[OpsStage]:
    async with ops_stage(tmp_path) as stage:
        yield stage


def paths(stage: OpsStage) -> list[str]:
    return [path.format(feed=stage.feed, fan=stage.fan) for path in EVERY_PAGE]


# Who may


async def test_without_credentials_in_the_settings_there_is_nothing_under_ops(tmp_path: Path) -> None:
    async with ops_stage(tmp_path, ops_user="", ops_password="") as stage:
        known = {re.sub(r"\{\w+\}", "x", row.template) for row in OPS}
        for path in known | {"/ops", "/ops/", "/ops/other", "/ops/api"}:
            for method in ("GET", "POST"):
                answer = await stage.ask(path, method)
                assert answer.status == 404
                assert (await answer.json())["errors"] == [{"code": "NotFound", "reason": "not found"}]


async def test_only_the_operators_password_opens_them(stage: OpsStage) -> None:
    wrong = [encode_basic_auth(USER, PASSWORD[:-1]), encode_basic_auth("other", PASSWORD), "Basic !", "Bearer x", ""]
    for path in ("/ops", "/ops/api/feeds", "/ops/nothing", f"/ops/feeds/{stage.feed}"):
        for authorization in wrong:
            answer = await stage.ask(path, headers={"Authorization": authorization})
            assert answer.status == 401
            assert answer.headers["WWW-Authenticate"] == 'Basic realm="feedproxy ops", charset="UTF-8"'
            assert answer.headers["Cache-Control"] == "no-store"
    assert stage.app[METRICS].registry.get_sample_value("feedproxy_auth_failures_total", {"reason": "ops"}) == 8
    assert (await stage.ask("/ops/nothing")).status == 404


async def test_passwords_cannot_be_guessed_on_and_on(tmp_path: Path) -> None:
    async with ops_stage(tmp_path, login_attempts=3) as stage:
        guesses = [
            await stage.ask("/ops", headers={"Authorization": encode_basic_auth(USER, str(n))}) for n in range(5)
        ]
        assert [answer.status for answer in guesses] == [401, 401, 401, 429, 429]
        assert int(guesses[-1].headers["Retry-After"]) > 0
        assert (await stage.ask("/ops")).status == 429
        stage.clock.wind(days=1)
        for _ in range(5):
            assert (await stage.ask("/ops")).status == 200


async def test_no_answer_may_be_kept_framed_or_load_anything(stage: OpsStage) -> None:
    await stage.read()
    for path in paths(stage):
        answer = await stage.ask(f"/ops{path}")
        assert answer.headers["Cache-Control"] == "no-store"
        policy = answer.headers["Content-Security-Policy"]
        assert policy.startswith("default-src 'none'; style-src 'sha256-")
        assert "frame-ancestors 'none'" in policy
        assert answer.headers["X-Frame-Options"] == "DENY"
        page = await answer.text()
        assert not re.search(r"<script|<link|<img|<iframe|\sstyle=|\son\w+=|https?://(?!127\.0\.0\.1)", page), path
        assert (await stage.ask(f"/ops{path}", headers={})).status == 401


# What is shown


async def test_every_page_shows_what_programs_are_told(stage: OpsStage) -> None:
    await stage.read()
    for path in paths(stage)[1:]:
        told, page = await stage.told(path), await stage.text(f"/ops{path}")
        assert told
        shown = _Text(page)
        assert shown.headings[0] in page
        assert shown.unlabelled == []


async def test_a_page_comes_deflated_to_those_who_take_that(stage: OpsStage) -> None:
    await stage.read()
    async with ClientSession(auto_decompress=False) as session:
        for path in (f"/ops/feeds/{stage.feed}", f"/ops/api/feeds/{stage.feed}"):
            sizes = {}
            for wanted in ("gzip, deflate, br, zstd", "identity"):
                async with session.get(stage.client.make_url(path), headers=LOGIN | {"Accept-Encoding": wanted}) as got:
                    octets, coding = await got.read(), got.headers.get("Content-Encoding")
                    assert got.headers["Vary"] == "Accept-Encoding"
                    assert coding == ("gzip" if wanted.startswith("gzip") else None)
                    assert b"America/New_York" in (gzip.decompress(octets) if coding else octets)
                    sizes[wanted] = len(octets)
            assert sizes["gzip, deflate, br, zstd"] * 3 < sizes["identity"]


async def test_feeds_are_listed_by_health_with_counts(stage: OpsStage) -> None:
    await stage.read()
    stage.upstream.answers[UPSTREAM_ID] = Answer(status=503)
    await stage.read(LONE)
    stage.clock.wind(hours=1)
    await stage.submit(f"/ops/feeds/{stage.feed}/refresh")
    told = await stage.told("/feeds")
    assert {each["health"]: each["feeds"] for each in told["counts"] if each["feeds"]} == {"ok": 1, "degraded": 1}
    (ill,) = (await stage.told("/feeds?health=degraded"))["feeds"]
    assert (ill["feed"], ill["label"], ill["reason"], ill["events"]) == (
        stage.feed,
        "BEARS / fixtures",
        "status-503",
        3,
    )
    assert ill["lastGoodAt"] < ill["lookedAt"]
    (found,) = (await stage.told(f"/feeds?feed={stage.feed[:6]}"))["feeds"]
    assert found == ill
    page = await stage.text("/ops?health=degraded")
    assert "BEARS / fixtures" in page
    assert "status-503" in page
    assert (await stage.ask("/ops?health=other")).status == 400


async def test_a_feed_is_shown_with_the_lines_that_are_served_otherwise(stage: OpsStage) -> None:
    await stage.read()
    told = await stage.told(f"/feeds/{stage.feed}?month=2026-12")
    part = next(each for each in told["sides"]["parts"] if each["title"] == "VEVENT bears")
    changed = [(row["came"][1], row["served"][1]) for row in part["rows"] if row["mark"] == "changed"]
    assert (
        'DTSTART;TZID="Eastern Standard Time":20261206T130000',
        "DTSTART;TZID=America/New_York:20261206T130000",
    ) in changed
    days = {day["date"]: day for week in told["month"]["weeks"] for day in week}
    assert told["month"]["zone"] == "America/New_York"
    assert [(each["time"], each["title"]) for each in days["2026-12-06"]["entries"]] == [
        ("13:00", "bears"), ("13:00", "lions"), ("13:00", "packers"),
    ]  # fmt: skip
    assert told["explanation"]["report"]["zones"][0]["served"] == "America/New_York"
    assert [each["decision"] for each in told["history"]] == ["published"]
    page = await stage.text(f"/ops/feeds/{stage.feed}?month=2026-12")
    assert "<del>" in page
    assert "TZID=America/New_York" in page


async def test_what_belongs_to_an_account_is_shown(stage: OpsStage) -> None:
    told = await stage.told("/accounts/bears")
    assert [each["code"] for each in told["calendars"]] == ["games"]
    assert told["applications"][0]["clientId"] == "bears-shop"
    assert told["sources"][0]["feed"] == stage.feed
    assert told["subscriptions"][0]["name"] == stage.fan
    assert (await stage.told("/calendars/bears/games"))["calendar"]["tags"][0]["text"] == "Under 12"
    assert (await stage.ask("/ops/accounts/nobody")).status == 404


async def test_a_subscription_is_found_by_its_guid_which_no_url_has(stage: OpsStage) -> None:
    for written in (str(FAN), FAN.hex.upper(), f"webcal://feeds.example/v1/webcal/{FAN}.ics"):
        answer = await stage.submit("/ops/search", q=written)
        assert (answer.status, answer.headers["Location"]) == (303, f"/ops/subscriptions/{stage.fan}")
    places = {"bears": "/accounts/BEARS", "Bears/GAMES": "/calendars/BEARS/games", stage.feed: f"/feeds/{stage.feed}"}
    for written, place in places.items():
        assert (await stage.submit("/ops/search", q=written)).headers["Location"] == f"/ops{place}"
    assert (await stage.submit("/ops/search", q="nothing of the kind")).status == 404
    await stage.read()
    told = await stage.told(f"/subscriptions/{stage.fan}")
    assert (told["subscription"]["calendar"], told["feed"]) == ("games", stage.feed)


# What is masked


async def test_secrets_are_masked_unless_they_are_asked_for_and_that_is_logged(
    stage: OpsStage, caplog: pytest.LogCaptureFixture
) -> None:
    await stage.read()
    await stage.read(LONE)
    for path in paths(stage):
        for root in ("/ops", "/ops/api"):
            text = await (await stage.ask(f"{root}{path}")).text()
            assert [secret for secret in SECRETS if secret in text] == [], path
    assert not [record for record in caplog.records if "masked" in record.message]
    for path, secret in {
        f"/feeds/{stage.feed}": str(UPSTREAM_ID),
        "/accounts/bears": str(UPSTREAM_ID),
        f"/subscriptions/{stage.fan}": str(FAN),
        "/calendars/bears/games": "fan@mail.example",
    }.items():
        caplog.clear()
        assert secret in await stage.text(f"/ops{path}?reveal=1")
        (record,) = [record for record in caplog.records if "masked" in record.message]
        assert record.levelno == logging.WARNING
        fields = vars(record)["fields"]
        assert (fields["user"], fields["network"]) == (USER, "127.0.0.0/24")
        assert not [each for each in SECRETS if each in str(fields)]
        assert "upstream-password" not in await stage.text(f"/ops{path}?reveal=1")


# What can be done


async def test_a_form_counts_only_if_it_is_from_one_of_the_pages(stage: OpsStage) -> None:
    await stage.read()
    before = len(stage.upstream.requests)
    path = f"/feeds/{stage.feed}/refresh"
    first, second = [re.findall(r'name="token" value="(\w+)"', await stage.text("/ops"))[0] for _ in range(2)]
    assert first != second, "a length that hangs on a token is the same for no two pages"
    swapped = first[: len(first) // 2] + second[len(second) // 2 :]
    for data in ({}, *({"token": token} for token in ("guessed", "", first[:-2], first[:64], "00" * 64, swapped))):
        assert (await stage.ask(f"/ops{path}", "POST", data=data)).status == 403
    for content_type in ("application/x-www-form-urlencoded", "text/plain", "multipart/form-data; boundary=x"):
        headers = {**LOGIN, "Content-Type": content_type}
        assert (await stage.ask(f"/ops/api{path}", "POST", headers=headers, data=b"{}")).status in {403, 415}
    assert len(stage.upstream.requests) == before
    preflight = {**LOGIN, "Origin": "https://evil.example", "Access-Control-Request-Method": "POST"}
    assert (
        "Access-Control-Allow-Origin" not in (await stage.ask(f"/ops/api{path}", "OPTIONS", headers=preflight)).headers
    )
    told = await stage.ask(f"/ops/api{path}", "POST", json={})
    assert (told.status, (await told.json())["done"]) == (200, "confirmed")
    for token in (first, second):
        assert (await stage.ask(f"/ops{path}", "POST", data={"token": token})).status == 303
    assert (await stage.ask(f"/ops{path}")).status == 405


async def test_a_refresh_looks_upstream_at_once_and_makes_a_feed_healthy(
    stage: OpsStage, caplog: pytest.LogCaptureFixture
) -> None:
    await stage.read()
    stage.upstream.answers[UPSTREAM_ID] = Answer(status=503)
    answer = await stage.submit(f"/ops/feeds/{stage.feed}/refresh")
    assert (answer.status, answer.headers["Location"]) == (303, f"/ops/feeds/{stage.feed}")
    assert (await stage.told(f"/feeds/{stage.feed}"))["health"]["health"] == "degraded"
    stage.upstream.answers[UPSTREAM_ID] = Answer(calendar("bears", "lions", "packers", "jets"))
    stage.clock.wind(minutes=1)
    await stage.submit(f"/ops/feeds/{stage.feed}/refresh")
    assert (await stage.told(f"/feeds/{stage.feed}"))["health"]["health"] == "ok"
    assert b"SUMMARY:jets" in await stage.read()
    done = [vars(record)["fields"] for record in caplog.records if "intervened" in record.message]
    assert [(each["action"], each["what"]) for each in done] == [("refresh", f"feed {stage.feed}")] * 2


async def test_the_feed_of_a_subscription_of_the_upstream_is_refreshed_too(stage: OpsStage) -> None:
    await stage.read(LONE)
    (lone,) = (await stage.told("/feeds"))["feeds"]
    stage.upstream.answers[LONE] = Answer(calendar("alone", "no-more"))
    stage.clock.wind(minutes=1)
    answer = await stage.submit(f"/ops/feeds/{lone['feed']}/refresh")
    assert str(LONE) not in answer.headers["Location"]
    assert b"SUMMARY:no-more" in await stage.read(LONE)


async def test_a_feed_of_which_nothing_is_in_memory_is_refreshed_by_its_guid(tmp_path: Path) -> None:
    async with ops_stage(tmp_path) as stage:
        await stage.read(LONE)
        (lone,) = (await stage.told("/feeds"))["feeds"]
        stage.app[keys.FEEDS]._seen.clear()
        path = f"/ops/feeds/{lone['feed']}/refresh"
        assert (await stage.submit(path)).status == 400
        assert (await stage.submit(path, subscription=str(FAN))).status == 400
        assert (await stage.submit(path, subscription=str(LONE))).status == 303


async def test_an_update_that_is_held_back_is_shown_and_released(stage: OpsStage) -> None:
    await stage.read()
    stage.upstream.answers[UPSTREAM_ID] = Answer(calendar("bears"))
    await stage.submit(f"/ops/feeds/{stage.feed}/refresh")
    told = await stage.told(f"/feeds/{stage.feed}")
    assert (told["health"]["health"], told["lastGood"]["held"]["reason"]) == ("shrunk", "sharply-shrunk")
    lost = next(part for part in told["sides"]["parts"] if part["title"] == "VEVENT lions")
    assert {row["mark"] for row in lost["rows"]} == {"new"}, "it is served, and did not come"
    assert "An update is held back" in await stage.text(f"/ops/feeds/{stage.feed}")
    assert b"lions" in await stage.read()
    stage.clock.wind(minutes=1)
    assert (await stage.submit(f"/ops/feeds/{stage.feed}/accept")).status == 303
    assert (await stage.told(f"/feeds/{stage.feed}"))["health"]["health"] == "ok"
    assert b"lions" not in await stage.read()
    assert (await stage.submit(f"/ops/feeds/{stage.feed}/accept")).status == 409


async def test_an_update_that_is_refused_is_not_believed_however_often_it_comes(stage: OpsStage) -> None:
    await stage.read()
    path = f"/ops/feeds/{stage.feed}"
    assert (await stage.submit(f"{path}/hold")).status == 409
    stage.upstream.answers[UPSTREAM_ID] = Answer(calendar("bears"))
    await stage.submit(f"{path}/refresh")
    assert (await stage.submit(f"{path}/hold")).status == 303
    for answer in (Answer(calendar("bears")), Answer(status=503), Answer(calendar("bears"))):
        stage.upstream.answers[UPSTREAM_ID] = answer
        stage.clock.wind(hours=1)
        await stage.submit(f"{path}/refresh")
        assert b"lions" in await stage.read()
        assert (await stage.told(f"/feeds/{stage.feed}"))["lastGood"]["held"]["refused"]
    stage.clock.wind(hours=1)
    await stage.submit(f"{path}/accept")
    assert b"lions" not in await stage.read()


async def test_a_purge_reaches_the_edges_and_renewed_validators_are_others(
    stage: OpsStage, monkeypatch: pytest.MonkeyPatch
) -> None:
    await stage.read()
    purged: list[Changed] = []
    monkeypatch.setattr(stage.app[keys.FEEDS], "_on_change", purged.extend)
    await stage.submit(f"/ops/feeds/{stage.feed}/purge")
    (told,) = purged
    assert told.name.startswith(stage.feed)
    assert told.hard
    etag = (await stage.client.get(f"/webcal/{FAN}")).headers["ETag"]
    await stage.submit(f"/ops/feeds/{stage.feed}/renew")
    stage.clock.wind(minutes=1)
    await stage.submit(f"/ops/feeds/{stage.feed}/refresh")
    assert (await stage.client.get(f"/webcal/{FAN}")).headers["ETag"] != etag
    assert (await stage.submit(f"/ops/feeds/{stage.feed}/explode")).status == 404


async def test_what_is_wrong_is_said_on_a_page_to_people_and_in_json_to_programs(stage: OpsStage) -> None:
    for path in ("/feeds/" + "0" * 16, "/feeds/none", "/subscriptions/none", "/feeds?after=x"):
        page, told = await stage.ask(f"/ops{path}"), await stage.ask(f"/ops/api{path}")
        assert page.status == told.status
        assert page.status in {400, 404}
        assert "<h1>That did not work</h1>" in await page.text()
        assert (await told.json())["errors"][0]["reason"]


async def test_the_work_is_done_in_another_process_that_gives_way_and_is_replaced(tmp_path: Path) -> None:
    async with ops_stage(tmp_path, beside=True) as stage:
        await stage.read()
        assert "BEARS / fixtures" in await stage.text("/ops")
        assert (await stage.told(f"/feeds/{stage.feed}"))["sides"]["parts"]
        refused = await stage.ask(f"/ops/api/feeds/{stage.feed}?zone=Nowhere")
        assert refused.status == 400
        assert "is no time zone" in (await refused.json())["errors"][0]["reason"]
        with pytest.raises(RuntimeError, match=r"raise KeyError\(desk\.settings\.ops_user\)"):
            await stage.app[ASIDE].do(fail)
        at_work = stage.app[ASIDE]._maker
        assert at_work is not None
        assert os.sched_getscheduler(at_work.process.pid) == os.SCHED_IDLE
        at_work.process.kill()
        broken = await stage.ask("/ops/api/feeds")
        assert (broken.status, broken.headers["Retry-After"]) == (503, "5")
        assert (await stage.told("/feeds"))["feeds"], "another takes its place"


@pytest.mark.service("postgres")
async def test_that_process_reads_postgresql_too(tmp_path: Path, postgres: PostgresServer) -> None:  # noqa: F811
    url = await postgres.new_database()
    await migrate(url)
    async with ops_stage(tmp_path, beside=True, database_url=url) as stage:
        await stage.read()
        for _ in range(2):
            assert (await stage.told(f"/feeds/{stage.feed}"))["sides"]["parts"]


async def test_who_makes_pages_rests_longer_than_it_works(tmp_path: Path) -> None:
    async with ops_stage(tmp_path, beside=True) as stage:
        aside = stage.app[ASIDE]
        await aside.do(work, 0.0)
        began = monotonic()
        await aside.do(work, 0.2)
        await aside.do(work, 0.0)
        assert monotonic() - began >= 0.2 * (1 + maker.RESTS)


def test_a_feed_is_not_worked_out_again_within_a_minute() -> None:
    desk = Desk(Settings.model_validate({"upstream_url": "http://127.0.0.1:1"}), b"", store=None)  # type: ignore[arg-type]
    now = datetime(2026, 12, 1, 9, 30, 1, tzinfo=UTC)
    subject = Subject("a", calendar("bears", "lions"), None)
    shown = desk.anatomy(subject, now)
    assert shown["sides"]
    assert desk.anatomy(replace(subject), now + timedelta(seconds=58)) is shown
    assert desk.anatomy(subject, now + timedelta(minutes=1)) is not shown
    assert desk.anatomy(replace(subject, came=calendar("bears")), now) != shown
    assert desk.anatomy(replace(subject, zone="Asia/Tokyo"), now) != shown
    assert desk.anatomy(replace(subject, came=bytes(MOST_OCTETS + 1)), now) == {"tooLarge": True}


async def work(_: Desk, seconds: float) -> None:
    began = process_time()
    while process_time() - began < seconds:
        pass


async def fail(desk: Desk) -> None:
    raise KeyError(desk.settings.ops_user)


class _Text(HTMLParser):
    """What of a page is easily forgotten: headings, and fields without a label."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.headings: list[str] = []
        self.unlabelled: list[str] = []
        self._in_label = self._in_heading = False
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self._in_label = self._in_label or tag == "label"
        self._in_heading = tag == "h1"
        if tag == "input" and given.get("type") != "hidden" and not self._in_label and "aria-label" not in given:
            self.unlabelled.append(str(given))

    def handle_endtag(self, tag: str) -> None:
        self._in_label = self._in_label and tag != "label"

    def handle_data(self, data: str) -> None:
        if self._in_heading and data.strip():
            self.headings.append(data.strip())
