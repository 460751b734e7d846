"""Origins: as the settings may list them, and what is said to whom."""

import pytest

from feedproxy.policy.cors import Origins, read_origin


@pytest.mark.parametrize(
    ("text", "origin"),
    [
        ("*", "*"),
        ("https://shop.example.com", "https://shop.example.com"),
        (" HTTPS://Shop.Example.com ", "https://shop.example.com"),
        ("https://shop.example.com:443", "https://shop.example.com"),
        ("http://shop.example.com:80", "http://shop.example.com"),
        ("http://shop.example.com:443", "http://shop.example.com:443"),
        ("http://[::1]:8080", "http://[::1]:8080"),
        ("capacitor://localhost", "capacitor://localhost"),
        ("chrome-extension://abcdef", "chrome-extension://abcdef"),
    ],
)
def test_an_origin_is_read_as_browsers_write_it(text: str, origin: str) -> None:
    assert read_origin(text) == origin


@pytest.mark.parametrize(
    "text",
    ["", "shop.example.com", "https://", "https://a/", "https://a/b", "https://a?b", "https://*.a", "null"],
)
def test_what_is_no_origin_is_refused_with_the_text(text: str) -> None:
    with pytest.raises(ValueError, match="neither an origin") as refusal:
        read_origin(text)
    assert repr(text) in str(refusal.value)


def test_who_is_listed_is_told_so_and_nobody_else() -> None:
    origins = Origins(frozenset({"https://a", "https://b"}))
    assert dict(origins.fields("https://b"))["Access-Control-Allow-Origin"] == "https://b"
    assert origins.fields("https://c") == origins.fields(None) == origins.for_all == ()
    assert (origins.listed, origins.any) == (True, False)


def test_all_are_told_the_same_when_all_may() -> None:
    origins = Origins(frozenset({"*"}))
    assert origins.fields("https://c") == origins.fields(None) == origins.for_all
    assert dict(origins.for_all)["Access-Control-Allow-Origin"] == "*"
    assert (origins.listed, origins.any) == (False, True)


def test_nobody_is_told_anything_when_none_may() -> None:
    origins = Origins(frozenset())
    assert origins.fields("https://c") == origins.for_all == ()
    assert (origins.listed, origins.any) == (False, False)
