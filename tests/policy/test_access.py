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
