"""The application through its front door: paths, methods, garbage, slow clients, and the end of it."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import ClientSession

from feedproxy.demo.subscriptions import LEAGUE
from tests.web.running import Running, running

GUID = str(LEAGUE.id)


@pytest.fixture
async def service(tmp_path: Path) -> AsyncIterator[Running]:
    async with running(tmp_path) as service:
        yield service


@pytest.fixture
async def session() -> AsyncIterator[ClientSession]:
    async with ClientSession() as session:
        yield session


@pytest.mark.parametrize("prefix", ["", "/v1", "/v2", "/V1"])
@pytest.mark.parametrize("path", ["/webcal/{}", "/webcal/{}/", "/WebCal/{}.ics", "/webcal/{}.ICS/"])
@pytest.mark.parametrize("guid", [GUID, GUID.upper(), GUID.replace("-", ""), f"%7B{GUID}%7D"])
async def test_a_feed_is_reached_by_every_spelling_of_its_path(
    service: Running, session: ClientSession, prefix: str, path: str, guid: str
) -> None:
    async with session.get(service.url + prefix + path.format(guid), allow_redirects=False) as answer:
        assert answer.status == 200
        assert answer.content_type == "text/calendar"


@pytest.mark.parametrize(
    "path", ["/", "/v3/webcal/" + GUID, "/v1", "/webcal", "/webcal/a/b/c", "/V1/healthz", "/%00", "/%ff"]
)
async def test_other_paths_are_not_found(service: Running, session: ClientSession, path: str) -> None:
    async with session.get(service.url + path) as answer:
        assert answer.status == 404
        assert await answer.json() == {
            "success": False,
            "statusCode": 404,
            "errors": [{"code": "NotFound", "reason": "not found"}],
        }


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("POST", f"/v1/webcal/{GUID}", {"GET", "HEAD"}),
        ("DELETE", "/healthz", {"GET", "HEAD"}),
        ("GET", "/oauth2/token", {"POST"}),
        ("PUT", "/v1/subscriptionevent/DEMO/", {"POST"}),
        ("PATCH", "/metrics", {"GET", "HEAD"}),
    ],
)
async def test_another_method_is_told_which_are_allowed(
    service: Running, session: ClientSession, method: str, path: str, allowed: set[str]
) -> None:
    async with session.request(method, service.url + path) as answer:
        assert answer.status == 405
        assert {each.strip() for each in answer.headers["Allow"].split(",")} == allowed
        assert (await answer.json())["statusCode"] == 405


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics", "/.well-known/oauth-authorization-server"])
async def test_whatever_answers_get_answers_head_with_the_same_fields(
    service: Running, session: ClientSession, path: str
) -> None:
    async with session.get(service.url + path) as got, session.head(service.url + path) as head:
        assert (got.status, head.status) == (200, 200)
        assert head.content_type == got.content_type
        assert await head.read() == b""


async def test_every_answer_has_a_request_id_of_its_own_and_no_version(
    service: Running, session: ClientSession
) -> None:
    ids = set()
    for path in ("/healthz", "/nowhere", f"/webcal/{GUID}"):
        async with session.get(service.url + path) as answer:
            assert answer.headers["Server"] == "feedproxy"
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
            ids.add(answer.headers["X-Request-Id"])
    assert len(ids) == 3


GARBAGE = {
    "not HTTP": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(64) + b"\r\n\r\n",
    "HTTP/9.9": b"GET /healthz HTTP/9.9\r\n\r\n",
    "no method": b" / HTTP/1.1\r\n\r\n",
    "bare CR in a header": b"GET / HTTP/1.1\r\nHost: x\r\nX-A: hunter2\rB: c\r\n\r\n",
    "NUL in a header": b"GET / HTTP/1.1\r\nHost: x\r\nAuthorization: Basic hunter2\x00\r\n\r\n",
    "space before the colon": b"GET / HTTP/1.1\r\nHost : hunter2\r\n\r\n",
    "header of 9 kB": b"GET / HTTP/1.1\r\nHost: x\r\nX-A: " + b"a" * 9_000 + b"\r\n\r\n",
    "path of 9 kB": b"GET /" + b"a" * 9_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
    "100 headers": b"GET / HTTP/1.1\r\nHost: x\r\n" + b"".join(b"X-%d: a\r\n" % n for n in range(100)) + b"\r\n",
    "two lengths": b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
    "length and chunks": b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n"
    b"\r\n",
    "negative length": b"POST /oauth2/token HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
    "broken authority": b"GET http://[::1 HTTP/1.1\r\nHost: x\r\n\r\n",
    "port of letters": b"GET http://x:abc/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
    "CONNECT": b"CONNECT example.com:443 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
    "OPTIONS *": b"OPTIONS * HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
    "broken escapes": b"GET /webcal/%zz%f%/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
    "overlong UTF-8": b"GET /webcal/%c0%ae%c0%ae HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
    "raw Latin-1": b"GET /webcal/\xe9\xff HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
    "dots": b"GET /../../etc/passwd HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
    "CR LF in the id": b"GET /webcal/a%0d%0aSet-Cookie:x HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
    "odd Basic": b"GET /webcal/" + GUID.encode() + b" HTTP/1.1\r\nHost: x\r\nAuthorization: Basic \xff\xfe=\r\n"
    b"Connection: close\r\n\r\n",
    "unknown expectation": b"POST /oauth2/token HTTP/1.1\r\nHost: x\r\nExpect: a miracle\r\nConnection: close\r\n"
    b"Content-Length: 0\r\n\r\n",
    "body cut off": b"POST /oauth2/token HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nhunter2\r\n",
    "not gzip": b"POST /oauth2/token HTTP/1.1\r\nHost: x\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n"
    b"Connection: close\r\n\r\nabc",
}


@pytest.mark.parametrize("name", GARBAGE)
async def test_garbage_gets_a_short_4xx_and_one_quiet_log_line(
    service: Running, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    answer = await service.send(GARBAGE[name])
    status = int(answer.split(b" ", 2)[1])
    assert 200 <= status < 500 if name == "odd Basic" else 400 <= status < 500
    for leak in (b"hunter2", b"Traceback", b"aiohttp", b"Python", b"Set-Cookie"):
        assert leak not in answer
    assert [record.getMessage() for record in caplog.records if record.levelname == "ERROR"] == []
    lines = service.log_lines()
    assert len(lines) == 1
    assert f'"status": {status}' in lines[0]
    assert "hunter2" not in lines[0]


@pytest.mark.parametrize(
    "beginning",
    [b"", b"GET /healthz HTTP/1.1\r\nHost: x\r\n", b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"],
    ids=["nothing", "half a head", "one request"],
)
async def test_a_connection_without_a_complete_request_is_closed(tmp_path: Path, beginning: bytes) -> None:
    async with running(tmp_path, idle_seconds=0.3) as service:
        await service.send(beginning)  # returns when the service has closed the connection


async def test_api_requests_over_plain_http_are_refused_if_the_settings_say_so(
    tmp_path: Path, session: ClientSession
) -> None:
    async with running(tmp_path, require_https=True, trusted_proxies=["127.0.0.0/8"]) as service:
        async with session.post(service.url + "/oauth2/token") as plain:
            assert plain.status == 403
            assert "HTTPS" in (await plain.json())["error_description"]
        async with session.post(service.url + "/oauth2/token", headers={"X-Forwarded-Proto": "https"}) as forwarded:
            assert (await forwarded.json())["error"] == "invalid_client"
        async with session.get(f"{service.url}/v1/webcal/{GUID}") as feed:
            assert feed.status == 200


async def test_who_is_no_listed_proxy_cannot_claim_https(tmp_path: Path, session: ClientSession) -> None:
    forwarded = {"X-Forwarded-Proto": "https"}
    async with (
        running(tmp_path, require_https=True, trusted_proxies=["192.0.2.0/24"]) as service,
        session.post(service.url + "/oauth2/token", headers=forwarded) as answer,
    ):
        assert "HTTPS" in (await answer.json())["error_description"]


async def test_a_stop_answers_what_is_in_flight(tmp_path: Path, session: ClientSession) -> None:
    async with running(tmp_path) as service:
        service.upstream.open.clear()
        feed = asyncio.ensure_future(session.get(f"{service.url}/webcal/{GUID}"))
        await service.upstream.asked.wait()
        service.stop.set()
        await asyncio.sleep(0.2)
        assert not feed.done()
        service.upstream.open.set()
        async with await feed as answer:
            assert answer.status == 200
