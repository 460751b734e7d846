"""Consents: states that only we can make, and the address of the page where people give one."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedproxy.policy.consent import RANDOM_OCTETS, consent_page, is_state_of_ours, signed_state, state_digest

KEY, OTHER_KEY = b"k" * 32, b"o" * 32
OCTETS = bytes(range(RANDOM_OCTETS))
STATE = signed_state(KEY, OCTETS)


def test_a_state_is_ours_by_its_signature() -> None:
    assert is_state_of_ours(KEY, STATE)
    assert not is_state_of_ours(OTHER_KEY, STATE)
    assert state_digest(KEY, STATE) != state_digest(KEY, signed_state(KEY, OCTETS[::-1]))


@pytest.mark.parametrize("octet", range(len(urlsafe_b64decode(STATE))))
def test_a_state_that_was_changed_anywhere_is_not(octet: int) -> None:
    octets = bytearray(urlsafe_b64decode(STATE))
    octets[octet] ^= 1
    assert not is_state_of_ours(KEY, urlsafe_b64encode(octets).decode())


@pytest.mark.parametrize("state", ["", "x", "=", STATE[:-4], STATE + "AAAA", STATE + "=", STATE[1:], f" {STATE}", "ü"])
def test_what_is_no_state_is_not_ours(state: str) -> None:
    assert not is_state_of_ours(KEY, state)


@given(st.text())
def test_no_text_raises_anything(state: str) -> None:
    assert not is_state_of_ours(KEY, state)


def test_the_page_is_told_everything_percent_encoded() -> None:
    page = consent_page("https://accounts.example/auth", {"scope": "a b", "state": "x=="}, None)
    assert page == "https://accounts.example/auth?scope=a%20b&state=x%3D%3D"


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        ("en-AU,en;q=0.9", "en-AU"),
        (" de ;q=0.5", "de"),
        ("zh-Hant-TW", "zh-Hant-TW"),
        (None, None),
        ("", None),
        ("*", None),
        ("en&x=1", None),
    ],
)
def test_the_page_is_in_the_language_that_was_asked_for_first(accepted: str | None, language: str | None) -> None:
    page = consent_page("https://accounts.example/auth", {"state": "x"}, accepted)
    assert dict(parse_qsl(urlsplit(page).query)).get("hl") == language
