"""What the feed route says, through the front door: codings, caches, credentials, limits."""

import asyncio
import gzip
import os
from collections.abc import Callable
from uuid import UUID

import brotli
import pytest
import zstandard
from aiohttp import ClientResponse, encode_basic_auth

from feedproxy.feeds import Feeds
from tests.servers.upstream import Answer, calendar
from tests.web.stage import FAN, GAME, OTHER, PATH, STRANGER, Stage, attach

PROTECTED = UUID("33333333-c7f2-42b8-acb9-bda8f804c0d7")
DECODERS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.decompress,
    "br": brotli.decompress,
    "zstd": lambda body: zstandard.ZstdDecompressor().decompress(body),
}
SHARED_FIELDS = {"CDN-Cache-Control", "Surrogate-Key", "Cache-Tag"}
VALIDATORS = {"ETag", "Last-Modified", "Age", "Cache-Status"}


def guess(number: int) -> str:
    return encode_basic_auth("fan", f"guess {number}")


def protect(stage: Stage) -> str:
    """Put a feed upstream that wants credentials; return its path."""
    stage.upstream.answers[PROTECTED] = Answer(calendar("secret"), credentials=FAN)
    return f"/v1/webcal/{PROTECTED}"


async def said(response: ClientResponse) -> tuple[int, dict[str, str], bytes]:
    """Return all of an answer but what tells two apart that are the same."""
    headers = {name: value for name, value in response.headers.items() if name.lower() not in {"date", "x-request-id"}}
    return response.status, headers, await response.read()


@pytest.mark.parametrize("events", [2, 1_000], ids=["small", "large"])
async def test_every_coding_holds_the_same_octets_under_a_validator_of_its_own(stage: Stage, events: int) -> None:
    stage.upstream.answers[GAME] = Answer(calendar(*(f"{n}-{os.urandom(16).hex()}" for n in range(events))))
    plain = await stage.get()
    body = await plain.read()
    tags = {plain.headers["ETag"]}
    for coding, decode in DECODERS.items():
        first, *others = await asyncio.gather(*(stage.get(headers={"Accept-Encoding": coding}) for _ in range(5)))
        assert first.headers["Content-Encoding"] == coding
        packed = await first.read()
        assert decode(packed) == body
        assert len(packed) < len(body)
        for other in others:
            assert await other.read() == packed
        head = await stage.client.head(PATH, headers={"Accept-Encoding": coding})
        assert head.headers["Content-Length"] == str(len(packed))
        tags.add(tag := first.headers["ETag"])
        again = await stage.get(headers={"Accept-Encoding": coding, "If-None-Match": tag})
        assert (again.status, again.headers["ETag"], again.headers["Vary"]) == (304, tag, "Accept-Encoding")
    assert len(tags) == 1 + len(DECODERS)


async def test_a_coding_is_made_again_when_the_feed_changes(stage: Stage) -> None:
    before = await (await stage.get(headers={"Accept-Encoding": "br"})).read()
    stage.upstream.answers[GAME] = Answer(calendar("bears", "lions", "packers"))
    stage.clock.wind(hours=2)
    await stage.get()
    await stage.settled()
    after = await (await stage.get(headers={"Accept-Encoding": "br"})).read()
    assert b"packers" not in brotli.decompress(before)
    assert b"packers" in brotli.decompress(after)


@pytest.mark.parametrize("accepted", ["identity;q=0", "*;q=0", "deflate", "", "nonsense;;q"])
async def test_no_accept_encoding_costs_a_calendar(stage: Stage, accepted: str) -> None:
    response = await stage.get(headers={"Accept-Encoding": accepted})
    body = await response.read()
    assert response.status == 200
    assert (gzip.decompress(body) if "Content-Encoding" in response.headers else body).startswith(b"BEGIN:VCALENDAR")


async def test_several_fields_of_one_name_are_one_list(stage: Stage) -> None:
    tag = (await stage.get(headers={"Accept-Encoding": "br"})).headers["ETag"]
    fields = [
        ("Accept-Encoding", "gzip;q=0.1"),
        ("Accept-Encoding", "br"),
        ("If-None-Match", '"x"'),
        ("If-None-Match", tag),
    ]
    assert (await stage.client.get(PATH, headers=fields)).status == 304


async def test_certain_user_agents_get_no_coding(stage: Stage) -> None:
    await stage.restart(uncompressed_user_agents=["Outlook"])
    for agent, coding in (("Microsoft Outlook 16", None), ("Thunderbird", "gzip")):
        response = await stage.get(headers={"Accept-Encoding": "gzip", "User-Agent": agent})
        assert response.headers.get("Content-Encoding") == coding
        assert response.headers["Vary"] == "Accept-Encoding, User-Agent"


async def test_age_counts_from_the_look_upstream_and_max_age_stays(stage: Stage) -> None:
    first = await stage.get()
    assert "Age" not in first.headers
    assert first.headers["Cache-Status"] == "feedproxy; fwd=uri-miss; stored"
    stage.clock.wind(seconds=300)
    second = await stage.get()
    assert second.headers["Age"] == "300"
    assert second.headers["Cache-Control"] == first.headers["Cache-Control"]
    max_age = int(first.headers["Cache-Control"].removeprefix("max-age=").partition(",")[0])
    assert 810 <= max_age <= 990
    left = int(second.headers["Cache-Status"].removeprefix("feedproxy; hit; ttl="))
    assert 0 <= max_age - 300 - left <= 1
    stage.clock.wind(hours=2)
    stale = await stage.get()
    assert stale.headers["Age"] == "7500"
    assert stale.headers["Cache-Status"].startswith("feedproxy; hit; ttl=-")


async def test_cache_status_says_what_keeps_a_feed_from_being_newer(stage: Stage) -> None:
    await stage.get()
    stage.upstream.answers[GAME] = Answer(b"", status=503)
    stage.clock.wind(hours=2)
    await stage.get()
    await stage.settled()
    response = await stage.get()
    assert response.status == 200
    assert response.headers["Cache-Status"].endswith("; detail=status-503")
    assert "received-status=503" in response.headers["Proxy-Status"]


async def test_the_bounds_may_be_a_second(stage: Stage) -> None:
    await stage.restart(freshness_min=1, freshness_default=1, freshness_max=1)
    assert (await stage.get()).headers["Cache-Control"].startswith(("max-age=1,", "max-age=2,"))
    stage.clock.wind(seconds=1.2)
    await stage.get()
    await stage.settled()
    assert len(stage.upstream.requests) == 2


async def test_an_open_feed_has_tags_that_hold_no_guid(stage: Stage) -> None:
    tags = set()
    for headers in ({}, {"If-None-Match": "*"}):
        response = await stage.get(headers=headers)
        assert response.headers["Surrogate-Key"] == response.headers["Cache-Tag"]
        assert response.headers["CDN-Cache-Control"].startswith("max-age=")
        tags.add(response.headers["Cache-Tag"])
    (tag,) = tags
    assert len(tag) == 32
    assert tag not in GAME.hex
    stage.upstream.answers[OTHER] = Answer(calendar("bears"))
    assert (await stage.get(f"/v1/webcal/{OTHER}")).headers["Cache-Tag"] != tag


async def test_only_the_operators_own_edge_may_keep_a_personal_feed_and_only_if_he_says_so(stage: Stage) -> None:
    await attach(stage, "Dinner")
    before = await stage.get()
    assert not SHARED_FIELDS & set(before.headers)
    await stage.restart(capability_url_seconds=60)
    for headers in ({}, {"If-None-Match": "*"}):
        await stage.get()
        stage.clock.wind(seconds=10)
        response = await stage.get(headers=headers)
        assert response.headers["Cache-Control"] == "private, no-cache", "for all others"
        kept = int(response.headers["CDN-Cache-Control"].removeprefix("max-age=").partition(",")[0])
        assert kept - int(response.headers["Age"]) == 60
        assert response.headers["Surrogate-Key"]
    stage.upstream.answers[GAME].credentials = FAN
    stage.upstream.answers[GAME].etag = '"2"'
    stage.clock.wind(hours=2)
    await stage.get()
    await stage.settled()
    for headers in ({}, {"Authorization": FAN}):
        assert not SHARED_FIELDS & set((await stage.get(headers=headers)).headers), "protected feeds never"


async def test_what_came_with_credentials_is_private_whatever_the_answer(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = protect(stage)

    async def check(status: int, response: ClientResponse) -> None:
        assert response.status == status
        assert {"private", "no-store"} & set(response.headers["Cache-Control"].split(", ")), status
        assert "public" not in response.headers["Cache-Control"]
        assert not SHARED_FIELDS & set(response.headers), status
        if status not in {200, 304}:
            assert not VALIDATORS & set(response.headers), status

    for target, authorization, status in (
        (path, FAN, 200),
        (PATH, FAN, 200),
        (path, STRANGER, 401),
        (f"/v1/webcal/{OTHER}", FAN, 401),
        ("/v1/webcal/x", FAN, 401),
        (path, "Bearer x", 401),
    ):
        for method in ("GET", "HEAD"):
            headers = {"Authorization": authorization}
            await check(status, await stage.client.request(method, target, headers=headers))
    for target in (path, PATH):
        await check(304, await stage.get(target, headers={"Authorization": FAN, "If-None-Match": "*"}))
    await check(401, await stage.get(path))
    await check(405, await stage.client.post(path, headers={"Authorization": FAN}))

    async def fails(*_: object) -> None:
        raise RuntimeError

    monkeypatch.setattr(Feeds, "answer", fails)
    monkeypatch.setattr(Feeds, "in_memory", lambda *_: None)
    await check(500, await stage.get(path, headers={"Authorization": FAN}))


async def test_without_any_good_feed_the_503_is_private_too(stage: Stage) -> None:
    await stage.upstream.stop()
    response = await stage.get(headers={"Authorization": FAN})
    assert (response.status, response.headers["Cache-Control"]) == (503, "private, no-store")


async def test_a_wrong_password_and_an_unknown_feed_get_the_same_answer(stage: Stage) -> None:
    """Asked upstream, remembered, and after a while asked again: as often for the one as for the other."""
    protected, unknown = protect(stage), f"/v1/webcal/{OTHER}"
    for _ in range(6):
        for method in ("GET", "HEAD"):
            one, other = [
                await said(await stage.client.request(method, path, headers={"Authorization": STRANGER}))
                for path in (protected, unknown)
            ]
            assert one == other
            assert one[0] == 401
        asked = [
            (request.match_info["guid"], "Authorization" in request.headers) for request in stage.upstream.requests
        ]
        for with_password in (True, False):
            assert asked.count((str(PROTECTED), with_password)) == asked.count((str(OTHER), with_password)) > 0
        stage.clock.wind(seconds=16)
    assert len(stage.upstream.requests) == 2 * (2 + 3), "per feed: twice without the password, three times with it"


@pytest.mark.parametrize("upstream_charset", ["utf-8", "latin-1"])
async def test_a_password_is_the_same_in_utf_8_and_latin_1(stage: Stage, upstream_charset: str) -> None:
    utf8, latin_1 = (encode_basic_auth("fän", "päss:word", encoding=charset) for charset in ("utf-8", "latin-1"))
    path = protect(stage)
    stage.upstream.answers[PROTECTED].credentials = {"utf-8": utf8, "latin-1": latin_1}[upstream_charset]
    for header in (latin_1, utf8):
        assert b"secret" in await (await stage.get(path, headers={"Authorization": header})).read()
    assert len(stage.upstream.requests) == {"utf-8": 2, "latin-1": 3}[upstream_charset], (
        "the second is served from memory"
    )


async def test_guesses_are_limited_and_nobody_with_a_good_password_notices(stage: Stage) -> None:
    path = protect(stage)
    await stage.restart(login_attempts=5)
    assert (await stage.get(path, headers={"Authorization": FAN})).status == 200
    for number in range(5):
        for _ in range(3):
            assert (await stage.get(path, headers={"Authorization": guess(number)})).status == 401
    asked = len(stage.upstream.requests)
    limited = await stage.get(path, headers={"Authorization": guess(5)})
    assert (limited.status, limited.headers["Retry-After"]) == (429, "300")
    assert limited.headers["Cache-Control"] == "private, no-store"
    assert (await stage.get(path, headers={"Authorization": guess(4)})).status == 401, "no new guess"
    assert (await stage.get(path)).status == 401, "who sends no password guesses none"
    assert (await stage.get(headers={"Authorization": guess(5)})).status == 200, "another feed, and open"
    assert len(stage.upstream.requests) == asked + 1, "for the open feed"
    for _ in range(2):
        assert (await stage.get(path, headers={"Authorization": FAN})).status == 200
        await stage.restart(login_attempts=5)
    stage.clock.wind(seconds=301)
    assert (await stage.get(path, headers={"Authorization": guess(5)})).status == 401


async def test_known_credentials_pass_a_limit_also_when_only_the_store_knows_them(stage: Stage) -> None:
    path = protect(stage)
    assert (await stage.get(path, headers={"Authorization": FAN})).status == 200
    await stage.restart(login_attempts=1)
    assert (await stage.get(path, headers={"Authorization": guess(1)})).status == 401
    assert (await stage.get(path, headers={"Authorization": guess(2)})).status == 429
    assert (await stage.get(path, headers={"Authorization": FAN})).status == 200


async def test_many_guesses_at_once_are_no_way_around(stage: Stage) -> None:
    path = protect(stage)
    answers = await asyncio.gather(*(stage.get(path, headers={"Authorization": guess(n)}) for n in range(40)))
    assert sorted(answer.status for answer in answers) == [401] * 10 + [429] * 30
    with_password = [r for r in stage.upstream.requests if "Authorization" in r.headers]
    assert len(with_password) == 10


async def test_an_unknown_feed_is_limited_like_a_known_one(stage: Stage) -> None:
    await stage.restart(login_attempts=2)
    for path in (protect(stage), f"/v1/webcal/{OTHER}"):
        statuses = [(await stage.get(path, headers={"Authorization": guess(n)})).status for n in range(4)]
        assert statuses == [401, 401, 429, 429]


async def test_trouble_upstream_is_no_guess(stage: Stage) -> None:
    path = protect(stage)
    await stage.restart(login_attempts=1)
    stage.upstream.answers[PROTECTED] = Answer(b"", status=500)
    for number in range(3):
        assert (await stage.get(path, headers={"Authorization": guess(number)})).status == 503
        stage.clock.wind(seconds=61)


async def test_behind_a_trusted_proxy_each_client_network_has_its_own_limit(stage: Stage) -> None:
    path = protect(stage)
    await stage.restart(login_attempts=1, trusted_proxies=["127.0.0.1"])

    async def status(number: int, client: str) -> int:
        headers = {"Authorization": guess(number), "X-Forwarded-For": client}
        return (await stage.get(path, headers=headers)).status

    assert await status(1, "192.0.2.1") == 401
    assert await status(2, "192.0.2.200") == 429
    assert await status(3, "9.9.9.9, 192.0.2.1") == 429, "the client wrote the first itself"
    assert await status(4, "198.51.100.1") == 401
    assert await status(5, "2001:db8::1") == 401
    assert await status(6, "2001:db8::2") == 429


async def test_nobody_chooses_the_network_it_is_counted_in(stage: Stage) -> None:
    path = protect(stage)
    await stage.restart(login_attempts=1)
    headers = [{"Authorization": guess(n), "X-Forwarded-For": f"192.0.{n}.1"} for n in range(2)]
    assert [(await stage.get(path, headers=each)).status for each in headers] == [401, 429]
