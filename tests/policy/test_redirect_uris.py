"""Where people are sent on to: to what is registered alone, and with one result."""

from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedproxy.policy.redirect_uris import is_registered, sendable, with_result

NAMES = ("success", "errors")
REGISTERED = ("https://shop.example.com/done", "myapp://calendar", "myapp:done", "https://shop.example.com/cb?tenant=7")


class TestRegistered:
    @pytest.mark.parametrize(
        "uri",
        [
            "https://shop.example.com/done",
            "HTTPS://Shop.Example.COM/done",
            " https://shop.example.com/done ",
            "https://shop.example.com/done?order=7",
            "https://shop.example.com/done#/thanks",
            "https://shop.example.com/done?order=7#/thanks?really",
            "https://shop.example.com/cb?tenant=7#x",
            "myapp://calendar?x=1",
            "MyApp:done",
        ],
    )
    def test_is_what_was_registered_with_any_query_and_fragment(self, uri: str) -> None:
        assert is_registered(uri, REGISTERED)

    @pytest.mark.parametrize(
        "uri",
        [
            "",
            "/done",
            "//shop.example.com/done",
            "http://shop.example.com/done",
            "https://shop.example.com",
            "https://shop.example.com/Done",
            "https://shop.example.com/done/",
            "https://shop.example.com/done/../evil",
            "https://shop.example.com/done;x",
            "https://shop.example.com:444/done",
            "https://shop.example.com@evil.example/done",
            "https://evil.example/https://shop.example.com/done",
            "https://evil.example?https://shop.example.com/done",
            "https://evil.example\\@shop.example.com/done",
            "https://shop.example.com\r\nLocation: https://evil.example/done",
            "https://shop.example.com/cb",
            "https://shop.example.com/cb?tenant=8",
            "https://shop.example.com/cb?tenant=7&x",
            "myapp://calendar/x",
            "javascript:alert(1)",
        ],
    )
    def test_is_nothing_else(self, uri: str) -> None:
        assert not is_registered(uri, REGISTERED)
        assert not is_registered(uri, ())

    def test_may_be_beyond_ascii(self) -> None:
        assert is_registered("https://shop.example.com/für", ["https://shop.example.com/f%C3%BCr"])

    @given(st.text(st.characters()))
    def test_is_sent_as_one_line_of_ascii(self, uri: str) -> None:
        sent = sendable(uri)
        assert all("!" <= character <= "~" for character in sent)
        assert sendable(sent) == sent


class TestTheResult:
    @pytest.mark.parametrize(
        ("uri", "sent"),
        [
            ("https://a/done", "https://a/done?success=true"),
            ("https://a/done?", "https://a/done?success=true"),
            ("https://a/done?a=1&b=%20", "https://a/done?a=1&b=%20&success=true"),
            ("https://a/done#/x?y", "https://a/done?success=true#/x?y"),
            ("https://a/done?a#b", "https://a/done?a&success=true#b"),
            ("https://a/done?success=false&errors=%5B%5D&a=1", "https://a/done?a=1&success=true"),
            ("https://a/done?%73uccess=false", "https://a/done?success=true"),
            ("myapp:done", "myapp:done?success=true"),
            ("myapp://calendar#top", "myapp://calendar?success=true#top"),
        ],
    )
    def test_is_put_behind_the_query_once(self, uri: str, sent: str) -> None:
        result = [("success", "true")]
        assert with_result(uri, result, NAMES) == sent
        assert with_result(sent, result, NAMES) == sent

    @given(st.text(st.characters(exclude_categories=["Cs"])))
    def test_of_any_text_is_read_back(self, text: str) -> None:
        sent = with_result("https://a/done?x=1#y", [("success", "false"), ("errors", text)], NAMES)
        assert parse_qsl(urlsplit(sent).query, keep_blank_values=True) == [
            ("x", "1"),
            ("success", "false"),
            ("errors", text),
        ]
        assert sent.endswith("#y")
        assert sendable(sent) == sent
