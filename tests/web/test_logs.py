"""The log has one JSON line a request, and no secret in any line."""

import io
import json
import logging
import sys
import threading
from base64 import b64encode
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest
from aiohttp import ClientSession

from feedproxy.demo.subscriptions import CLUB, LEAGUE
from feedproxy.metrics import Metrics
from feedproxy.policy.secrets import feed_hash, log_name
from feedproxy.web import keys
from feedproxy.web.access_log import MAX_NOTES, AccessLog
from feedproxy.web.client_family import client_family
from feedproxy.web.logs import MAX_LINES, BufferedHandler, JsonFormatter, LogBuffer, scrub
from feedproxy.web.warm_feeds import Said
from tests.web.running import running

SECRETS = ("hunter2", b64encode(b"member:hunter2").decode(), str(CLUB.id), CLUB.id.hex, "access_token")


async def test_a_request_is_one_line_that_names_route_and_feed_but_not_the_path(tmp_path: Path) -> None:
    async with running(tmp_path) as service, ClientSession() as session:
        headers = {"User-Agent": "Mozilla/5.0 Thunderbird/153.0", "Accept-Encoding": "identity"}
        async with session.get(f"{service.url}/v1/webcal/{LEAGUE.id}?x=hunter2", headers=headers) as answer:
            octets = len(await answer.read())
        line = json.loads(service.log_lines()[-1])
        name = log_name(feed_hash(service.app[keys.SECRET_KEY], LEAGUE.id))
    assert line["time"].endswith("Z")
    assert line["duration_ms"] >= 0
    assert line["bytes"] >= octets
    assert {key: line[key] for key in ("event", "method", "route", "feed", "status", "cache", "client")} == {
        "event": "request",
        "method": "GET",
        "route": "feed",
        "feed": name,
        "status": 200,
        "cache": "miss",
        "client": "thunderbird",
    }
    assert line["request_id"] == answer.headers["X-Request-Id"]


async def test_every_line_about_a_feed_calls_it_by_the_same_name(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with running(tmp_path) as service, ClientSession() as session:
        basic = {"Authorization": f"Basic {b64encode(b'member:hunter2').decode()}"}
        async with session.get(f"{service.url}/webcal/{CLUB.id}", headers=basic) as answer:
            assert answer.status == 401
        name = json.loads(service.log_lines()[-1])["feed"]
    lines = [json.loads(JsonFormatter().format(record)) for record in caplog.records]
    assert [(line["event"], line["feed"]) for line in lines] == [("fetch failed", name)] * 2, "without and with Basic"


def test_what_caused_an_error_is_told_but_no_secret_of_it() -> None:
    cause = OSError("cannot connect to postgresql://me:hunter2@db/feeds\nDETAIL: hunter2")
    error = RuntimeError("the database cannot be reached")
    error.__cause__ = cause
    record = logging.LogRecord("x", logging.WARNING, "", 0, "outage", None, (RuntimeError, error, None))
    line = json.loads(JsonFormatter().format(record))
    assert line["text"] == "the database cannot be reached"
    assert line["cause"] == "OSError: cannot connect to postgresql://db/..."


async def test_no_secret_that_was_sent_is_in_log_or_metrics(tmp_path: Path) -> None:
    async with running(tmp_path) as service, ClientSession() as session:
        basic = {"Authorization": f"Basic {b64encode(b'member:hunter2').decode()}"}
        bearer = {"Authorization": "Bearer hunter2", "User-Agent": "hunter2", "Referer": f"https://x/{CLUB.id}"}
        sent = [
            session.get(f"{service.url}/webcal/{CLUB.id}", headers=basic),
            session.get(f"{service.url}/webcal/{CLUB.id.hex.upper()}.ics?token=hunter2", headers=basic),
            session.get(f"{service.url}/nowhere/{CLUB.id}/hunter2", headers=bearer),
            session.post(f"{service.url}/v1/subscriptionevent/hunter2?access_token=hunter2", headers=bearer),
            session.post(f"{service.url}/oauth2/token", data={"client_id": "hunter2", "client_secret": "hunter2"}),
            session.request("hunter2", f"{service.url}/webcal/{CLUB.id}"),
        ]
        for request in sent:
            async with request as answer:
                assert answer.status >= 400
        async with session.get(f"{service.url}/metrics") as metrics:
            counters = await metrics.text()
        lines = service.log_lines()
    assert len(lines) == len(sent) + 1
    for secret in SECRETS:
        assert secret.lower() not in counters.lower()
        assert secret.lower() not in "\n".join(lines).lower()


@pytest.mark.parametrize(
    ("text", "scrubbed"),
    [
        (
            "cannot reach https://u:hunter2@api.example:8443/a/b?c=d now",
            "cannot reach https://api.example:8443/... now",
        ),
        ("redis://:hunter2@cache/1", "redis://cache/..."),
        ("GET webcal://x/v1/webcal/5c0f3b52-7b0e-4f0e-9d55-1f3a8a6d2c11", "GET webcal://x/..."),
        ("feed 5c0f3b52-7b0e-4f0e-9d55-1f3a8a6d2c11 and 5C0F3B527B0E4F0E9D551F3A8A6D2C11", "feed (id) and (id)"),
        ("Authorization: Bearer aGVsbG8-_=", "Authorization: Bearer ..."),
        ("sent basic bWU6aHVudGVyMg==", "sent basic ..."),
        ("nothing to hide: 12:30, a/b, 1.5", "nothing to hide: 12:30, a/b, 1.5"),
    ],
)
def test_scrubbing_leaves_what_is_no_secret(text: str, scrubbed: str) -> None:
    assert scrub(text) == scrubbed


def test_an_exception_is_logged_by_type_and_place_on_one_line() -> None:
    def fail() -> None:
        raise ValueError("no answer from https://me:hunter2@x/\nsecond line")

    stream = io.StringIO()
    handler = BufferedHandler(LogBuffer(stream))
    try:
        fail()
    except ValueError:
        record = logging.makeLogRecord({"msg": "gone wrong", "levelno": logging.ERROR, "fields": {"route": "feed"}})
        record.exc_info = sys.exc_info()
        handler.handle(record)
    line = json.loads(stream.getvalue())
    assert (line["event"], line["error"], line["text"], line["route"]) == (
        "gone wrong",
        "ValueError",
        "no answer from https://x/...",
        "feed",
    )
    assert "test_logs.py" in line["trace"][0]


def test_lines_wait_in_the_buffer_until_there_are_many_or_an_error() -> None:
    stream = io.StringIO()
    buffer = LogBuffer(stream)
    for _ in range(MAX_LINES - 1):
        buffer.write("line")
    assert stream.getvalue() == ""
    buffer.write("line")
    assert stream.getvalue().count("\n") == MAX_LINES
    handler = BufferedHandler(buffer)
    handler.handle(logging.makeLogRecord({"levelno": logging.INFO, "levelname": "INFO", "msg": "quiet"}))
    assert "quiet" not in stream.getvalue()
    handler.handle(logging.makeLogRecord({"levelno": logging.ERROR, "levelname": "ERROR", "msg": "loud"}))
    assert "quiet" in stream.getvalue()
    assert "loud" in stream.getvalue()


@pytest.mark.parametrize("answers", [1, MAX_NOTES - 1, MAX_NOTES, 2 * MAX_NOTES + 1])
def test_answers_that_are_noted_first_are_lines_in_their_order_and_none_is_lost(answers: int) -> None:
    stream = io.StringIO()
    buffer = LogBuffer(stream)
    metrics = Metrics(version="", tzdata="", cldr="")
    log = AccessLog(metrics, buffer, lambda: datetime(2026, 11, 21, tzinfo=UTC))
    said = Said(200, 'Z", "bytes": ', ', "request_id": "', metrics.at_once(200, "apple"))
    before = [f"a-{number}" for number in range(answers)]
    for name in before:
        log.at_once((said, b"", b"", '{"time": "2026-11-21T12:00:00.', 4_567), name, 100)
    buffer.write(json.dumps({"request_id": "between"}))
    log.at_once((said, b"", b"", '{"time": "2026-11-21T12:00:01.', 0), "last", 100)
    buffer.flush()
    lines = [json.loads(line) for line in stream.getvalue().splitlines()]
    assert [line["request_id"] for line in lines] == [*before, "between", "last"]
    assert lines[0] == {"time": "2026-11-21T12:00:00.004Z", "bytes": 100, "request_id": "a-0"}


def test_no_line_is_lost_when_another_thread_writes_while_lines_are_made() -> None:
    stream = io.StringIO()
    buffer = LogBuffer(stream)
    noted = ["noted"]

    def write() -> None:
        for _ in range(MAX_LINES):
            buffer.write("other")

    thread = threading.Thread(target=write)

    def lines() -> list[str]:
        made, noted[:] = noted.copy(), []
        if made:
            thread.start()
            thread.join(0.2)  # it may have to wait for us
        return made

    buffer.add_source(lines)
    buffer.flush()
    thread.join()
    buffer.flush()
    assert Counter(stream.getvalue().splitlines()) == {"noted": 1, "other": MAX_LINES}


def test_a_log_whose_reader_has_gone_stops_nobody() -> None:
    stream = io.StringIO()
    buffer = LogBuffer(stream)
    stream.close()
    buffer.write("line")
    buffer.flush()


def test_a_line_is_one_line_whatever_is_in_it() -> None:
    record = logging.makeLogRecord({"msg": "a\nb\x00", "levelname": "INFO", "fields": {"n": 1, "text": "c\r\nd"}})
    line = JsonFormatter().format(record)
    assert "\n" not in line
    assert json.loads(line)["text"] == "c\r\nd"


@pytest.mark.parametrize(
    ("user_agent", "family"),
    [
        ("iOS/17.5 (21F79) dataaccessd/1.0", "apple"),
        ("Mac+OS+X/10.15.7 (19H2) CalendarAgent/930.5.1", "apple"),
        ("macOS/15.1 (24B83) CalendarAgent/1161", "apple"),
        ("Google-Calendar-Importer", "google"),
        ("Microsoft Outlook 16.0", "outlook"),
        ("Microsoft.Exchange/15.20 (Calendar)", "outlook"),
        ("Mozilla/5.0 (X11) Gecko/20100101 Thunderbird/153.0", "thunderbird"),
        ("Evolution/3.46.4", "evolution"),
        ("ICSx5/2.2 (ical4j/3.2) Android/14", "icsx5"),
        ("curl/8.5.0", "curl"),
        ("vdirsyncer/0.21.0", "vdirsyncer"),
        ("", "other"),
        ("Mozilla/5.0 (Windows NT 10.0)", "other"),
    ],
)
def test_calendar_clients_are_told_apart(user_agent: str, family: str) -> None:
    assert client_family(user_agent) == family
