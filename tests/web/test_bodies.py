"""Bodies are read by what they hold, up to a limit, and nothing that can be sent is our failure."""

import gzip
import json
from collections.abc import AsyncIterator
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedproxy.errors import BadRequest
from feedproxy.web import bodies
from feedproxy.web.field_names import field_name
from tests.web.calreply import Api, running_api


@pytest.fixture
async def api(tmp_path: Path) -> AsyncIterator[Api]:
    async with running_api(tmp_path) as running:
        yield running


class TestContentDecides:
    @pytest.mark.parametrize(
        ("body", "fields"),
        [
            ('{"grant_type": "a", "n": 1}', {"granttype": "a", "n": 1}),
            ('\ufeff \r\n{"grant_type": "a",}', {"granttype": "a"}),
            ("grant_type=a&n=1", {"granttype": "a", "n": "1"}),
            ("grant_type=a+b%2B%c3%bc&n=\n", {"granttype": "a b+ü", "n": ""}),
            ("", {}),
            (" \n", {}),
        ],
    )
    async def test_over_the_content_type(self, api: Api, body: str, fields: dict[str, object]) -> None:
        for sent_as in "application/json", "application/x-www-form-urlencoded", "text/plain", "x", "", 'a/b;c="d':
            answer = await api.client.post("/echo", data=body.encode(), headers={"Content-Type": sent_as})
            assert (answer.status, await answer.json()) == (200, fields), sent_as

    async def test_and_what_is_neither_object_nor_form_is_refused_by_name(self, api: Api) -> None:
        for body in "[1]", "[]", '["grant_type"]', "{", "{ id: 1 }", "hello", "'{}'", '"a"', "\x00":
            answer = await api.client.post("/echo", data=body.encode())
            assert answer.status == 400, body
            [error] = (await answer.json())["errors"]
            assert error["code"] == "InvalidRequestParameter"
            assert "JSON" in error["reason"]


class TestFieldNames:
    @given(st.sampled_from(["grant_type", "timeZoneId", "subscriptionIds"]), st.data())
    def test_are_the_same_in_any_case_with_or_without_underscores_and_hyphens(
        self, name: str, data: st.DataObject
    ) -> None:
        parts = [
            data.draw(st.sampled_from([letter.lower(), letter.upper(), f"_{letter}", f"{letter}-"])) for letter in name
        ]
        assert field_name("".join(parts)) == field_name(name)

    def test_that_are_the_same_twice_count_the_last_time(self) -> None:
        assert bodies.parse_fields(b'{"timeZoneId": "a", "TimezoneID": "b", "time_zone_id": "c"}') == {
            "timezoneid": "c"
        }
        assert bodies.parse_fields(b"id=a&ID=b") == {"id": "b"}


class TestLimits:
    async def test_a_body_of_the_limit_is_read_and_one_octet_more_is_refused(self, api: Api) -> None:
        octets = b'{"a": "' + b"x" * (1_048_576 - 9) + b'"}'
        assert len(octets) == 1_048_576
        assert (await api.client.post("/echo", data=BytesIO(octets))).status == 200
        refused = await api.client.post("/echo", data=BytesIO(octets + b" "))
        assert refused.status == 413
        assert (await refused.json())["statusCode"] == 413

    async def test_count_after_decompression(self, api: Api) -> None:
        bomb = gzip.compress(b" " * 20_000_000)
        answer = await api.client.post("/echo", data=bomb, headers={"Content-Encoding": "gzip"})
        assert answer.status == 413

    def test_a_form_of_very_many_fields_is_refused(self) -> None:
        with pytest.raises(BadRequest):
            bodies.parse_fields(b"a=b&" * 2_000)


class TestWhatCannotBeRead:
    async def test_a_compressed_body_is_read(self, api: Api) -> None:
        answer = await api.client.post("/echo", data=gzip.compress(b'{"a": 1}'), headers={"Content-Encoding": "gzip"})
        assert (answer.status, await answer.json()) == (200, {"a": 1})

    @pytest.mark.parametrize("encoding", ["gzip", "deflate"])
    async def test_one_that_is_not_compressed_as_it_says_is_refused(self, api: Api, encoding: str) -> None:
        answer = await api.client.post("/echo", data=b'{"a": 1}', headers={"Content-Encoding": encoding})
        assert answer.status == 400

    async def test_one_that_is_not_utf_8_is_refused(self, api: Api) -> None:
        answer = await api.client.post("/echo", data='{"a": "ü"}'.encode("latin-1"))
        assert answer.status == 400
        assert "UTF-8" in await answer.text()

    async def test_a_multipart_body_is_of_a_type_that_is_not_read(self, api: Api) -> None:
        answer = await api.client.post(
            "/echo", data=b"--x\r\n\r\n", headers={"Content-Type": "multipart/form-data; boundary=x"}
        )
        assert answer.status == 415

    async def test_json_is_json_whatever_the_content_type_says(self, api: Api) -> None:
        for claim in ("multipart/form-data; boundary=x", "text/xml", "application/json; charset=utf-16", "image/png"):
            answer = await api.client.post("/echo", data=b'{"a": 1}', headers={"Content-Type": claim})
            assert (answer.status, await answer.json()) == (200, {"a": 1}), claim

    @given(st.binary() | st.text().map(str.encode) | st.binary().map(b"{".__add__) | st.binary().map(b"a=".__add__))
    def test_is_refused_as_a_bad_request_whatever_the_octets(self, octets: bytes) -> None:
        try:
            fields = bodies.parse_fields(octets)
        except BadRequest:
            return
        assert all(name == field_name(name) for name in fields)
        json.dumps(fields)
