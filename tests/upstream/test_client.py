"""The client against real sockets: what it asks, what it gives back, and a name for everything that goes wrong."""

import asyncio
import gzip
import random
import socket
import threading
import zlib
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager

import pytest

from feedproxy.errors import FetchFailed
from feedproxy.policy.access import Credentials
from feedproxy.policy.egress import EgressPolicy
from feedproxy.upstream import Fetched, FetchRequest, Hop, Limits, NotModified, UpstreamClient
from feedproxy.upstream.body import BodyReader
from feedproxy.upstream.client import DECODED_AT_ONCE
from tests.upstream.conversation import Answer, Asked, last_words, plain, serving

FEED = b"BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n"
SECRET = "/c0ffee00-0000-4000-8000-000000000001"
LOCAL = EgressPolicy(allow=["127.0.0.1"])
PATIENT = Limits(total_seconds=10)


@asynccontextmanager
async def client(limits: Limits = PATIENT, egress: EgressPolicy = LOCAL) -> AsyncIterator[UpstreamClient]:
    async with UpstreamClient(limits, egress, user_agent="feedproxy/test") as opened:
        yield opened


async def fetched(answer: Answer, limits: Limits = PATIENT) -> Fetched:
    async with serving(answer) as server, client(limits) as upstream:
        result = await upstream.fetch(FetchRequest(server.url()))
        assert isinstance(result, Fetched)
        return result


async def failure(answer: Answer, limits: Limits = PATIENT) -> FetchFailed:
    """Return how a fetch fails, having made sure that the failure gives nothing away."""
    async with serving({f"{SECRET}?key=pa55": answer}) as server, client(limits) as upstream:
        url = server.url(f"{SECRET}?key=pa55").replace("//", "//mallory:pa55@")
        with pytest.raises(FetchFailed) as failed:
            await upstream.fetch(FetchRequest(url))
    assert_gives_nothing_away(failed.value)
    return failed.value


def assert_gives_nothing_away(failed: FetchFailed) -> None:
    assert "\n" not in failed.message
    assert not any(secret in failed.message for secret in ("c0ffee", "pa55", "mallory"))
    assert failed.__context__ is None or failed.__suppress_context__


class TestAsking:
    async def test_a_request_is_polite(self) -> None:
        async with serving(plain(200, FEED)) as server, client() as upstream:
            await upstream.fetch(FetchRequest(server.url()))
        assert server.asked == [
            Asked(
                "/",
                {
                    "host": f"127.0.0.1:{server.port}",
                    "accept": "text/calendar, */*;q=0.1",
                    "accept-encoding": "gzip, deflate",
                    "user-agent": "feedproxy/test",
                },
            )
        ]

    async def test_validators_credentials_and_own_fields_are_sent(self) -> None:
        etag, last_modified = '"v1"', "Sat, 21 Nov 2026 00:00:00 GMT"
        async with serving(plain(200, FEED)) as server, client() as upstream:
            await upstream.fetch(
                FetchRequest(
                    server.url(),
                    credentials=Credentials("ü".encode(), b"a:b"),
                    headers={"X-Api-Key": "k", "user-agent": "Special/1", "Accept-Encoding": "br"},
                    etag=etag,
                    last_modified=last_modified,
                )
            )
        headers = server.asked[0].headers
        assert headers["authorization"] == "Basic w7w6YTpi"
        assert (headers["if-none-match"], headers["if-modified-since"]) == (etag, last_modified)
        assert (headers["x-api-key"], headers["user-agent"]) == ("k", "Special/1")
        assert headers["accept-encoding"] == "gzip, deflate"

    async def test_a_user_name_in_the_url_becomes_credentials(self) -> None:
        async with serving(plain(200, FEED)) as server, client() as upstream:
            url = server.url().replace("//", "//us%40er:p%3Aw@")
            await upstream.fetch(FetchRequest(url))
            await upstream.fetch(FetchRequest(url, credentials=Credentials(b"other", b"pw")))
        assert [asked.headers["authorization"] for asked in server.asked] == [
            "Basic dXNAZXI6cDp3",
            "Basic b3RoZXI6cHc=",
        ]
        assert all("@" not in asked.headers["host"] + asked.target for asked in server.asked)

    async def test_the_target_is_sent_as_it_was_written(self) -> None:
        target = "/a%2Fb/%7Ec/d+e%20f?sig=%2B%2f=&x=a%26b;c"
        async with serving({target: plain(200, FEED)}) as server, client() as upstream:
            await upstream.fetch(FetchRequest(server.url(target)))
        assert server.asked[0].target == target

    async def test_cookies_are_not_kept(self) -> None:
        async with serving(plain(200, FEED, Set_Cookie="id=1; Path=/")) as server, client() as upstream:
            await upstream.fetch(FetchRequest(server.url()))
            await upstream.fetch(FetchRequest(server.url()))
        assert [asked.headers.get("cookie") for asked in server.asked] == [None, None]

    async def test_the_environment_names_no_proxy(self, monkeypatch: pytest.MonkeyPatch) -> None:
        async with serving(plain(200, FEED)) as server, serving(plain(500)) as proxy:
            monkeypatch.setenv("HTTP_PROXY", proxy.url())
            monkeypatch.setenv("http_proxy", proxy.url())
            async with client() as upstream:
                await upstream.fetch(FetchRequest(server.url()))
        assert len(server.asked) == 1
        assert proxy.asked == []

    async def test_no_more_connections_to_a_host_than_allowed(self) -> None:
        now, most = 0, 0

        async def count(_: Asked, writer: asyncio.StreamWriter) -> None:
            nonlocal now, most
            now += 1
            most = max(most, now)
            await asyncio.sleep(0.01)
            now -= 1
            writer.write(plain(200, FEED))

        async with serving(count) as server, client(Limits(connections_per_host=2)) as upstream:
            await asyncio.gather(*(upstream.fetch(FetchRequest(server.url())) for _ in range(10)))
        assert len(server.asked) == 10
        assert most == 2


class TestAnswers:
    async def test_a_200_is_given_with_all_that_caching_wants(self) -> None:
        fields = {
            "etag": 'W/"a"',
            "last_modified": "Fri, 20 Nov 2026 00:00:00 GMT",
            "cache_control": "max-age=60",
            "expires": "0",
            "date": "Sat, 21 Nov 2026 00:00:00 GMT",
            "age": "5",
            "content_type": "text/calendar",
        }
        async with serving({"/a?b": plain(200, FEED, **fields)}) as server, client() as upstream:
            answer = await upstream.fetch(FetchRequest(server.url("/a?b")))
        assert isinstance(answer, Fetched)
        assert {name: getattr(answer, name) for name in fields} == fields
        assert answer.body == FEED
        assert answer.wire_octets == len(FEED)
        assert answer.hops == (Hop(server.url("/a"), 200, "127.0.0.1"),)
        assert 0 < answer.seconds < 10

    async def test_cache_control_may_be_spread_over_several_fields(self) -> None:
        spread = plain(200, FEED, Cache_Control="max-age=60\r\nCache-Control: no-store")
        async with serving({"/": spread}) as server, client() as upstream:
            answer = await upstream.fetch(FetchRequest(server.url("/")))
        assert answer.cache_control == "max-age=60, no-store"

    async def test_a_304_is_given_when_a_copy_is_at_hand(self) -> None:
        async with serving(plain(304, ETag='"b"', Cache_Control="max-age=60")) as server, client() as upstream:
            for request in (
                FetchRequest(server.url(), etag='"b"'),
                FetchRequest(server.url(), last_modified="Fri, 20 Nov 2026 00:00:00 GMT"),
            ):
                answer = await upstream.fetch(request)
                assert isinstance(answer, NotModified)
                assert (answer.etag, answer.cache_control) == ('"b"', "max-age=60")
                assert answer.hops == (Hop(server.url(), 304, "127.0.0.1"),)

    async def test_a_304_without_a_copy_is_a_failure(self) -> None:
        assert (await failure(plain(304))).reason == "status-304"

    @pytest.mark.parametrize(
        "answer",
        [
            last_words(b"HTTP/1.1 200 OK\r\n\r\n" + FEED),
            last_words(b"HTTP/1.0 200\r\n\r\n" + FEED),
            plain(200, FEED, Content_Encoding="identity"),
            plain(200, FEED, Content_Encoding="UTF-8"),
            plain(200, gzip.compress(FEED, mtime=0), Content_Encoding="gzip"),
            plain(200, gzip.compress(FEED, mtime=0), Content_Encoding="X-GZIP"),
            plain(200, gzip.compress(FEED[:9], mtime=0) + gzip.compress(FEED[9:], mtime=0), Content_Encoding="gzip"),
            plain(200, zlib.compress(FEED), Content_Encoding="deflate"),
            plain(200, zlib.compress(FEED, wbits=-15), Content_Encoding="deflate"),
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\n%b\r\n17\r\n%b\r\n0\r\n\r\n"
            % (FEED[:9], FEED[9:]),
        ],
        ids=["closed", "1.0", "identity", "no-coding", "gzip", "x-gzip", "members", "zlib", "bare-deflate", "chunked"],
    )
    async def test_a_body_is_decoded(self, answer: Answer) -> None:
        assert (await fetched(answer)).body == FEED

    async def test_an_empty_body_is_empty_however_coded(self) -> None:
        assert (await fetched(plain(200, Content_Encoding="gzip"))).body == b""

    async def test_a_large_body_is_decoded_a_little_at_a_time_and_put_together_in_a_thread(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        fed: list[int] = []
        joined: list[int] = []
        feed, finish = BodyReader.feed, BodyReader.finish

        def feeding(reader: BodyReader, octets: bytes) -> None:
            fed.append(len(octets))
            feed(reader, octets)

        def finishing(reader: BodyReader) -> bytes:
            joined.append(threading.get_ident())
            return finish(reader)

        monkeypatch.setattr(BodyReader, "feed", feeding)
        monkeypatch.setattr(BodyReader, "finish", finishing)
        body = FEED + random.Random(1).randbytes(2_000_000)
        answer = plain(200, gzip.compress(body, mtime=0), Content_Encoding="gzip")
        assert (await fetched(answer, Limits(total_seconds=10, max_octets=5_000_000))).body == body
        assert max(fed) == DECODED_AT_ONCE
        assert joined != [threading.get_ident()]

    async def test_header_fields_that_are_no_text_are_left_out(self) -> None:
        answer = await fetched(last_words(b'HTTP/1.1 200 OK\r\nETag: "\xe9"\r\nExpires: \xff\r\nAge: 1\r\n\r\n'))
        assert (answer.etag, answer.expires, answer.age) == (None, None, "1")


class TestStatuses:
    @pytest.mark.parametrize("status", [201, 204, 206, 300, 305, 400, 401, 403, 404, 410, 418, 429, 500, 503, 599, 999])
    async def test_any_other_status_is_a_failure_named_after_it(self, status: int) -> None:
        failed = await failure(plain(status, b"" if status == 204 else FEED))
        assert (failed.reason, failed.upstream_status) == (f"status-{status}", status)
        assert failed.message == f"127.0.0.1 answered with status {status}"

    @pytest.mark.parametrize(
        ("value", "seconds"),
        [
            ("120", 120.0),
            ("Sat, 21 Nov 2026 00:02:00 GMT", 120.0),
            ("Fri, 20 Nov 2026 00:00:00 GMT", 0.0),
            ("soon", None),
        ],
    )
    async def test_it_says_when_to_try_again(self, value: str, seconds: float | None) -> None:
        failed = await failure(plain(503, Retry_After=value, Date="Sat, 21 Nov 2026 00:00:00 GMT"))
        assert failed.retry_after == seconds

    @pytest.mark.parametrize(
        ("answer", "reason"),
        [
            (
                plain(500, X_OWA_Error="Microsoft.Exchange.Clients.Owa2.Server.Core.OwaBasicUnsupportedException"),
                "status-500",
            ),
            (plain(302, Location="https://outlook.office365.com/owa/auth/errorfe.aspx?httpCode=500"), "bad-redirect"),
            (plain(200, b"<html>", X_OWA_Error="OwaBasicUnsupportedException"), "html"),
        ],
    )
    async def test_the_user_agent_block_of_office_365_is_called_by_its_name(self, answer: bytes, reason: str) -> None:
        failed = await failure(answer)
        assert failed.reason == reason
        assert "User-Agent" in failed.message
        assert "upstream_user_agent" in failed.message

    @pytest.mark.parametrize(
        ("answer", "firewall"),
        [
            (plain(403, b"<html>", Cf_Mitigated="challenge"), "Cloudflare"),
            (plain(200, b"<html>", Cf_Mitigated="challenge"), "Cloudflare"),
            (plain(202, x_amzn_waf_action="challenge"), "AWS WAF"),
            (plain(405, x_amzn_waf_action="captcha"), "AWS WAF"),
        ],
    )
    async def test_a_firewall_that_wants_a_browser_is_named_and_speaks_not_for_the_upstream(
        self, answer: bytes, firewall: str
    ) -> None:
        failed = await failure(answer)
        assert (failed.reason, failed.upstream_status) == ("challenge", None)
        assert firewall in failed.message

    @pytest.mark.parametrize("host", ["accounts.google.com", "login.microsoftonline.com"])
    async def test_a_redirect_to_a_sign_in_page_is_called_by_its_name(self, host: str) -> None:
        failed = await failure(plain(302, Location=f"https://{host}/ServiceLogin?continue=x"))
        assert failed.reason == "bad-redirect"
        assert "sign in" in failed.message


class TestBrokenAnswers:
    @pytest.mark.parametrize(
        ("octets", "reason"),
        [
            (b"", "connect"),
            (b"\r\n", "connect"),
            (b"HTTP/1.1 200 OK\r\nContent-", "connect"),
            (b"HTTP/1.1 100 Continue\r\n\r\n", "connect"),
            (b"BEGIN:VCALENDAR\r\n\r\n", "bad-answer"),
            (b"ICY 200 OK\r\n\r\n", "bad-answer"),
            (b"HTTP/9.9 200 OK\r\n\r\n", "bad-answer"),
            (b"HTTP/1.1 abc OK\r\n\r\n", "bad-answer"),
            (b"HTTP/1.1 1000 OK\r\n\r\n", "bad-answer"),
            (b"HTTP/1.1 -200 OK\r\n\r\n", "bad-answer"),
            (b"HTTP/1.1 101 Switching\r\nUpgrade: h2c\r\nConnection: upgrade\r\n\r\n\x00\x00", "status-101"),
            (b"HTTP/1.1 200 OK\r\nno colon\r\n\r\n", "bad-answer"),
            (b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n", "bad-answer"),
            (b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nabcdef", "bad-answer"),
            (b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "bad-answer"),
            (bytes(1_000), "bad-answer"),
            (bytes(range(256)) * 50, "bad-answer"),
            (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", "bad-answer"),
            (b"HTTP/1.1 200 OK\r\nX: " + b"x" * 100_000 + b"\r\n\r\n", "bad-answer"),
            (b"HTTP/1.1 200 OK\r\n" + b"".join(b"X-%d: x\r\n" % n for n in range(10_000)) + b"\r\n", "bad-answer"),
            (b"HTTP/1.1 200 " + b"O" * 100_000 + b"\r\n\r\n", "bad-answer"),
            (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nBEGIN", "broken-body"),
            (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nBEGIN", "broken-body"),
            (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nBEGIN\r\n", "broken-body"),
            (plain(200, b"no gzip", Content_Encoding="gzip"), "broken-body"),
            (plain(200, gzip.compress(FEED, mtime=0)[:-9], Content_Encoding="gzip"), "broken-body"),
            (plain(200, gzip.compress(FEED, mtime=0)[:-8] + bytes(8), Content_Encoding="gzip"), "broken-body"),
            (plain(200, gzip.compress(FEED, mtime=0) + b"more", Content_Encoding="gzip"), "broken-body"),
            (plain(200, zlib.compress(FEED)[:-1], Content_Encoding="deflate"), "broken-body"),
            (plain(200, zlib.compress(FEED) + b"more", Content_Encoding="deflate"), "broken-body"),
            (plain(200, FEED, Content_Encoding="br"), "broken-body"),
            (plain(200, gzip.compress(FEED, mtime=0), Content_Encoding="gzip, gzip"), "broken-body"),
            (plain(200, gzip.compress(b"", mtime=0) * 40_000, Content_Encoding="gzip"), "broken-body"),
        ],
    )
    async def test_it_has_a_name(self, octets: bytes, reason: str) -> None:
        assert (await failure(last_words(octets))).reason == reason

    async def test_a_chunk_that_breaks_later_is_a_broken_body(self) -> None:
        async def answer(_: Asked, writer: asyncio.StreamWriter) -> None:
            writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nBEGIN\r\n")
            await writer.drain()
            await asyncio.sleep(0.02)
            writer.write(b"zz\r\n")

        assert (await failure(answer)).reason == "broken-body"

    async def test_a_connection_reset_is_a_broken_body(self) -> None:
        async def answer(_: Asked, writer: asyncio.StreamWriter) -> None:
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\nBEGIN")
            await writer.drain()
            await asyncio.sleep(0.02)
            writer.transport.abort()

        assert (await failure(answer)).reason == "broken-body"

    async def test_nobody_there(self) -> None:
        async with serving(plain()) as server:
            pass
        async with client() as upstream:
            with pytest.raises(FetchFailed) as failed:
                await upstream.fetch(FetchRequest(server.url(SECRET)))
        assert failed.value.reason == "connect"
        assert_gives_nothing_away(failed.value)

    async def test_somebody_there_who_does_not_accept(self) -> None:
        with socket.socket() as busy, ExitStack() as waiting:
            busy.bind(("127.0.0.1", 0))
            busy.listen(0)
            for _ in range(2):  # fills the backlog
                before_us = waiting.enter_context(socket.socket())
                before_us.setblocking(False)
                before_us.connect_ex(busy.getsockname())
            async with client(Limits(connect_seconds=0.2)) as upstream:
                with pytest.raises(FetchFailed) as failed:
                    await upstream.fetch(FetchRequest(f"http://127.0.0.1:{busy.getsockname()[1]}{SECRET}"))
        assert failed.value.reason == "timeout"
        assert failed.value.message == "127.0.0.1 did not accept a connection in time"

    async def test_no_such_name(self) -> None:
        async with client(egress=EgressPolicy()) as upstream:
            for name in ("feed.invalid", "xn--a.invalid", "a" * 63 + ".invalid"):
                with pytest.raises(FetchFailed) as failed:
                    await upstream.fetch(FetchRequest(f"https://{name}{SECRET}"))
                assert failed.value.reason == "dns"
                assert failed.value.message == f"{name} has no address"

    async def test_no_tls_where_https_was_wanted(self) -> None:
        async def answer(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(plain(400))
            writer.close()

        server = await asyncio.start_server(answer, "127.0.0.1", 0)
        async with server, client() as upstream:
            with pytest.raises(FetchFailed) as failed:
                await upstream.fetch(FetchRequest(f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}{SECRET}"))
        assert failed.value.reason == "tls"
        assert_gives_nothing_away(failed.value)


class TestBounds:
    small = Limits(total_seconds=10, max_octets=100_000)

    async def test_a_body_of_just_the_limit_is_taken(self) -> None:
        body = bytes(self.small.max_octets)
        assert (await fetched(plain(200, body), self.small)).body == body
        assert (await fetched(plain(200, gzip.compress(body), Content_Encoding="gzip"), self.small)).body == body

    @pytest.mark.parametrize(
        "answer",
        [
            plain(200, bytes(100_001)),
            last_words(b"HTTP/1.1 200 OK\r\n\r\n" + bytes(100_001)),
            b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n",
            plain(200, gzip.compress(bytes(100_001)), Content_Encoding="gzip"),
            plain(200, zlib.compress(bytes(100_001)), Content_Encoding="deflate"),
            plain(200, gzip.compress(bytes(50_001)) * 2, Content_Encoding="gzip"),
        ],
        ids=["announced", "sent", "promised", "gzip", "deflate", "members"],
    )
    async def test_one_octet_more_is_too_large(self, answer: Answer) -> None:
        assert (await failure(answer, self.small)).reason == "too-large"

    async def test_octets_on_the_wire_count_too(self) -> None:
        """A coding that makes more of them than there are in the body."""
        member = gzip.compress(b"")
        answer = plain(200, member * (100_000 // len(member) + 1), Content_Encoding="gzip")
        assert (await failure(answer, Limits(max_octets=1_000))).reason == "too-large"

    async def test_an_endless_body_is_not_waited_for(self) -> None:
        bomb = zlib.compressobj(9, wbits=31)

        async def answer(_: Asked, writer: asyncio.StreamWriter) -> None:
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n")
            while not writer.is_closing():
                writer.write(bomb.compress(bytes(1_000_000)))
                await writer.drain()
                await asyncio.sleep(0)

        async with serving(answer) as server, client(self.small) as upstream:
            with pytest.raises(FetchFailed) as failed:
                await upstream.fetch(FetchRequest(server.url()))
            assert failed.value.reason == "too-large"
            await asyncio.wait_for(server.ended.wait(), 10)

    async def test_a_drip_ends_with_the_total_time(self) -> None:
        async def answer(_: Asked, writer: asyncio.StreamWriter) -> None:
            writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
            while not writer.is_closing():
                writer.write(b"x")
                await asyncio.sleep(0.02)

        async with serving(answer) as server, client(Limits(total_seconds=0.3)) as upstream:
            with pytest.raises(FetchFailed) as failed:
                await upstream.fetch(FetchRequest(server.url()))
            assert failed.value.reason == "timeout"
            assert failed.value.message == "127.0.0.1 did not answer whole within 0.3 s"
            await asyncio.wait_for(server.ended.wait(), 10)

    @pytest.mark.parametrize("said", [b"", b"HTTP/1.1 200 OK\r\nX: ", b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"])
    async def test_silence_ends_with_the_total_time(self, said: bytes) -> None:
        assert (await failure(said, Limits(total_seconds=0.3))).reason == "timeout"

    async def test_redirects_do_not_prolong_the_total_time(self) -> None:
        async def answer(_: Asked, writer: asyncio.StreamWriter) -> None:
            await asyncio.sleep(0.2)
            writer.write(plain(302, Location="/"))

        async with serving(answer) as server, client(Limits(total_seconds=0.3)) as upstream:
            with pytest.raises(FetchFailed) as failed:
                await upstream.fetch(FetchRequest(server.url()))
        assert failed.value.reason == "timeout"

    async def test_a_cancelled_fetch_lets_go_of_its_connection(self) -> None:
        async def answer(_: Asked, writer: asyncio.StreamWriter) -> None:
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\nBEGIN")

        answers: dict[str, Answer] = {"/slow": answer, "/": plain(200, FEED)}
        async with serving(answers) as server, client(Limits(connections_per_host=1)) as upstream:
            slow = asyncio.create_task(upstream.fetch(FetchRequest(server.url("/slow"))))
            await server.begun.wait()
            slow.cancel()
            with pytest.raises(asyncio.CancelledError):
                await slow
            await asyncio.wait_for(server.ended.wait(), 10)
            answer_after = await upstream.fetch(FetchRequest(server.url("/")))
            assert isinstance(answer_after, Fetched)
