"""Basic credentials: read leniently, never an exception."""

from base64 import b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedproxy.policy.access import MAX_HEADER, Credentials, basic_credentials


def header(octets: bytes, scheme: str = "Basic") -> str:
    return f"{scheme} {b64encode(octets).decode()}"


@given(st.binary(max_size=40).filter(lambda user: b":" not in user), st.binary(max_size=40))
def test_what_a_client_sends_is_read(user: bytes, password: bytes) -> None:
    credentials = basic_credentials(header(user + b":" + password))
    assert credentials == Credentials(user, password)
    assert credentials.octets == user + b":" + password


@pytest.mark.parametrize(
    ("sent", "utf8", "latin_1"),
    [
        ("fan:päss".encode(), "fan:päss".encode(), b"fan:p\xe4ss"),
        (b"fan:p\xe4ss", "fan:päss".encode(), b"fan:p\xe4ss"),
        (b"f\xe4n:pass", "fän:pass".encode(), b"f\xe4n:pass"),
        (b"fan:pass", b"fan:pass", None),
        ("fan:\u20ac".encode(), "fan:\u20ac".encode(), None),
    ],
)
def test_credentials_are_the_same_in_utf_8_and_latin_1(sent: bytes, utf8: bytes, latin_1: bytes | None) -> None:
    credentials = basic_credentials(header(sent))
    assert credentials is not None
    one = credentials.in_utf8()
    other = one.in_latin_1()
    assert one.octets == utf8
    assert (other.octets if other is not None else None) == latin_1


@pytest.mark.parametrize("scheme", ["basic", "BASIC", " Basic", "Basic  "])
def test_the_scheme_is_read_in_any_case_and_spacing(scheme: str) -> None:
    assert basic_credentials(header(b"ann:secret", scheme)) == Credentials(b"ann", b"secret")


@pytest.mark.parametrize(
    "value",
    [
        None,
        "",
        "Basic",
        "Basic ",
        "Bearer YW5uOnNlY3JldA==",
        "Basic !!!",
        "Basic YW5uOnNlY3JldA",
        "Basic YW5u OnNl",
        "Basic \u00e4\u00f6",
        header(b"no colon"),
        header(b"ann:" + b"x" * MAX_HEADER),
    ],
)
def test_garbage_is_no_credentials(value: str | None) -> None:
    assert basic_credentials(value) is None


@given(st.text(max_size=60))
def test_no_text_raises(text: str) -> None:
    for value in (text, f"Basic {text}"):
        credentials = basic_credentials(value)
        assert credentials is None or b":" in credentials.octets
