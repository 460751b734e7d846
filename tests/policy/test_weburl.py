import pytest
from hypothesis import given
from hypothesis import strategies as st
from yarl import URL

from feedproxy.policy.weburl import (
    Origin,
    UrlRefused,
    WebUrl,
    follow,
    is_webcal,
    read_url,
    split_userinfo,
    without_tls,
)

BASE = read_url("https://example.com/a/b.ics?x=1")


@pytest.mark.parametrize(
    ("text", "origin", "path", "query"),
    [
        ("https://example.com", Origin("https", "example.com", 443), "/", ""),
        ("HTTP://EXAMPLE.com:8080?q", Origin("http", "example.com", 8080), "/", "q"),
        ("webcal://example.com/a.ics#top", Origin("https", "example.com", 443), "/a.ics", ""),
        ("webcals://example.com:8443/", Origin("https", "example.com", 8443), "/", ""),
        ("https://[2001:DB8::0:1]:81/", Origin("https", "2001:db8::1", 81), "/", ""),
        (
            "https://a.example/%2Fa%20b/ü?k=%2F&ü=1%",
            Origin("https", "a.example", 443),
            "/%2Fa%20b/%C3%BC",
            "k=%2F&%C3%BC=1%",
        ),
        ("https://a.example/a b\r\nHost: c", Origin("https", "a.example", 443), "/a%20b%0D%0AHost:%20c", ""),
        ("https://a.example/a\\..\\b", Origin("https", "a.example", 443), "/a%5C..%5Cb", ""),
    ],
)
def test_a_url_is_read_in_its_parts(text: str, origin: Origin, path: str, query: str) -> None:
    """What is percent-encoded stays as it was written, for it may be signed; what must be encoded is."""
    assert read_url(text) == WebUrl(origin, path, query)


@pytest.mark.parametrize(
    "text", ["https://example.com/", "http://example.com:81/a?b", "https://[2001:db8::1]:81/%2F?%2f"]
)
def test_a_plain_url_is_written_as_it_was(text: str) -> None:
    assert str(read_url(text)) == text


@given(st.from_regex(r"https://[a-z.0-9\[\]:@%\\-]{1,20}(/[^\ud800-\udfff]*)?", fullmatch=True))
def test_aiohttp_dials_the_host_and_port_that_were_read(text: str) -> None:
    try:
        url = read_url(text)
    except UrlRefused:
        return
    dialled = URL(str(url), encoded=True)
    assert (dialled.scheme, dialled.raw_host, dialled.port) == (url.origin.scheme, url.origin.host, url.origin.port)
    assert dialled.raw_user is None
    assert dialled.raw_path_qs.isascii()


@pytest.mark.parametrize(
    ("location", "target"),
    [
        ("c.ics", "https://example.com/a/c.ics"),
        ("/c.ics", "https://example.com/c.ics"),
        ("?y=2", "https://example.com/a/b.ics?y=2"),
        ("../../c", "https://example.com/c"),
        ("//other.example/c", "https://other.example/c"),
        ("http://other.example/c#d", "http://other.example/c"),
        (" https://other.example/c ", "https://other.example/c"),
        ("/caf\udcc3\udca9.ics", "https://example.com/caf%C3%A9.ics"),
        ("/latin\udce9.ics", "https://example.com/latin%E9.ics"),
    ],
)
def test_a_location_is_relative_to_where_it_came_from(location: str, target: str) -> None:
    assert str(follow(BASE, location)) == target


@pytest.mark.parametrize(
    ("location", "flaw"),
    [
        ("file:///etc/passwd", "scheme"),
        ("mailto:a@b.example", "scheme"),
        ("https://u:p@other.example/", "userinfo"),
        ("https://[other.example/", "host"),
        ("https://other.example\N{FULLWIDTH SOLIDUS}c/", "host"),
        ("https://0x7f.1/", "host"),
        ("https://other.example:0/", "port"),
    ],
)
def test_a_location_that_cannot_be_fetched_is_refused(location: str, flaw: str) -> None:
    with pytest.raises(UrlRefused) as refused:
        follow(BASE, location)
    assert refused.value.flaw == flaw


@pytest.mark.parametrize(
    ("text", "rest", "userinfo"),
    [
        ("https://example.com/a@b", "https://example.com/a@b", None),
        ("https://u:p@example.com/a", "https://example.com/a", "u:p"),
        ("webcal://u@example.com?x@y", "webcal://example.com?x@y", "u"),
        ("https://a@b:c@example.com", "https://example.com", "a@b:c"),
        ("https://@example.com/", "https://example.com/", ""),
        ("example.com", "example.com", None),
        ("", "", None),
    ],
)
def test_a_user_name_is_taken_out_of_a_url(text: str, rest: str, userinfo: str | None) -> None:
    assert split_userinfo(text) == (rest, userinfo)


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("webcal://example.com/a?b", "http://example.com/a?b"),
        ("WEBCAL://example.com:8443/", "http://example.com:8443/"),
        ("webcal://example.com:443/", "http://example.com/"),
    ],
)
def test_webcal_without_tls_is_http_on_its_own_port(text: str, plain: str) -> None:
    assert is_webcal(text)
    assert str(without_tls(read_url(text))) == plain


@pytest.mark.parametrize("text", ["webcals://example.com/", "https://example.com/", "http://webcal/", ""])
def test_only_webcal_leaves_it_open_how_it_is_fetched(text: str) -> None:
    assert not is_webcal(text)
