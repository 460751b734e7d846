"""Errors become answers in one place: status, shape, fields; what nobody foresaw says nothing to the client."""

import json
import logging
from collections.abc import AsyncIterator

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from feedproxy.errors import BadRequest, FeedproxyError, Forbidden, NotFound, Unauthorized, Unavailable
from feedproxy.web.errors import answer_errors, error_answer
from feedproxy.web.logs import JsonFormatter
from feedproxy.web.stamp import stamp


@pytest.mark.parametrize(
    ("error", "status"),
    [(BadRequest("x"), 400), (Forbidden("x"), 403), (NotFound("x"), 404), (FeedproxyError("x"), 500)],
)
@pytest.mark.parametrize("style", ["calreply-a", "calreply-b", "calreply-c"])
def test_the_body_says_the_status_of_the_answer(error: FeedproxyError, status: int, style: str) -> None:
    answer = error_answer(error, style)
    assert answer.status == status
    assert isinstance(answer.text, str)
    assert json.loads(answer.text)["statusCode"] == status
    assert answer.headers["Cache-Control"] == "no-store"


def test_an_empty_style_has_no_body() -> None:
    answer = error_answer(NotFound("there is none"), "empty")
    assert (answer.status, answer.body) == (404, None)


def test_fields_that_a_status_needs_are_there() -> None:
    challenged = error_answer(Unauthorized("x", challenge='Bearer realm="feedproxy"'), "calreply-c")
    assert challenged.headers["WWW-Authenticate"] == 'Bearer realm="feedproxy"'
    assert error_answer(Unavailable("x", retry_after=30), "empty").headers["Retry-After"] == "30"


@pytest.fixture
async def client() -> AsyncIterator[TestClient[web.Request, web.Application]]:
    async def boom(_: web.Request) -> web.Response:
        raise RuntimeError("could not reach https://user:hunter2@db.example/path?key=hunter2")

    async def away(_: web.Request) -> web.Response:
        cause = OSError("no space left on /var/lib/feedproxy")
        raise Unavailable("the database cannot be reached", retry_after=5) from cause

    async def too_large(_: web.Request) -> web.Response:
        raise web.HTTPRequestEntityTooLarge(10, 20)

    async def too_many(_: web.Request) -> web.Response:
        raise web.HTTPTooManyRequests(headers={"Retry-After": "7"})

    async def elsewhere(_: web.Request) -> web.Response:
        raise web.HTTPFound("/there")

    app = web.Application(middlewares=[answer_errors])
    app.on_response_prepare.append(stamp)
    app.add_routes(
        [
            web.get("/boom", boom),
            web.get("/away", away),
            web.get("/large", too_large),
            web.get("/many", too_many),
            web.get("/elsewhere", elsewhere),
        ]
    )
    async with TestClient(TestServer(app)) as client:
        yield client


async def test_what_nobody_foresaw_is_a_plain_500_that_the_log_explains(
    client: TestClient[web.Request, web.Application], caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR):
        answer = await client.get("/boom")
    assert answer.status == 500
    text = await answer.text()
    assert "hunter2" not in text
    assert "Traceback" not in text
    assert json.loads(text)["errors"][0]["code"] == "ServerError"
    fields = caplog.records[0].__dict__["fields"]
    assert fields["request_id"] == answer.headers["X-Request-Id"]


async def test_an_outage_is_503_and_the_log_has_its_cause(
    client: TestClient[web.Request, web.Application], caplog: pytest.LogCaptureFixture
) -> None:
    answer = await client.get("/away")
    assert (answer.status, answer.headers["Retry-After"]) == (503, "5")
    assert "/var/lib" not in await answer.text()
    line = json.loads(JsonFormatter().format(caplog.records[0]))
    assert (line["level"], line["cause"]) == ("warning", "OSError: no space left on /var/lib/feedproxy")
    assert line["request_id"] == answer.headers["X-Request-Id"]


async def test_what_aiohttp_raises_has_our_shape(client: TestClient[web.Request, web.Application]) -> None:
    answer = await client.get("/large")
    assert answer.status == 413
    assert (await answer.json())["errors"][0]["code"] == "TooLarge"


async def test_who_asks_too_often_is_told_when_to_ask_again(client: TestClient[web.Request, web.Application]) -> None:
    answer = await client.get("/many")
    assert (answer.status, answer.headers["Retry-After"]) == (429, "7")
    assert (await answer.json())["errors"][0]["code"] == "TooManyRequests"


async def test_a_redirect_is_no_error(client: TestClient[web.Request, web.Application]) -> None:
    answer = await client.get("/elsewhere", allow_redirects=False)
    assert (answer.status, answer.headers["Location"]) == (302, "/there")
