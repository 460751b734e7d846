from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest

from feedproxy.errors import SealBroken
from feedproxy.model import Account, CalendarSource
from feedproxy.policy.access import Credentials
from feedproxy.sealing import FetchSettings, mask_id, seal, seal_source, unmask_id, unseal, unseal_source

KEY = b"k" * 32
NOW = datetime(2026, 11, 21, tzinfo=UTC)
SETTINGS = FetchSettings(
    "https://club.example/s3cret/ü.ics", Credentials(b"fan\xff", b"pa:ss\0"), {"X-Token": "t0ken", "Accept": "*/*"}
)


def source(sealed: bytes, url_digest: bytes) -> CalendarSource:
    return CalendarSource(uuid4(), Account(1, "acme", NOW), "club", sealed, url_digest, NOW, NOW)


@pytest.mark.parametrize("octets", [b"", b"\0", b"token" * 1_000])
def test_what_was_sealed_comes_back_and_is_not_in_the_seal(octets: bytes) -> None:
    sealed = seal(KEY, "grant", octets)
    assert unseal(KEY, "grant", sealed) == octets
    assert len(octets) < 2 or octets not in sealed
    assert seal(KEY, "grant", octets) != sealed, "each seal has a nonce of its own"


def test_a_seal_opens_for_its_key_and_purpose_only() -> None:
    sealed = seal(KEY, "grant", b"token")
    for key, purpose in ((b"K" * 32, "grant"), (KEY, "consent")):
        with pytest.raises(SealBroken, match="secret_key"):
            unseal(key, purpose, sealed)


def test_a_seal_that_was_touched_or_cut_is_broken() -> None:
    sealed = seal(KEY, "grant", b"token")
    touched = [sealed[:at] + bytes([sealed[at] ^ 1]) + sealed[at + 1 :] for at in range(len(sealed))]
    cut = [sealed[:length] for length in range(len(sealed))]
    for broken in [*touched, *cut, sealed + b"\0"]:
        with pytest.raises(SealBroken):
            unseal(KEY, "grant", broken)


def test_a_masked_id_is_always_the_same_and_leads_back_with_its_key_only() -> None:
    guid = UUID("8e71077b-c7f2-42b8-acb9-bda8f804c0d7")
    masked = mask_id(KEY, guid)
    assert masked == mask_id(KEY, guid) != mask_id(b"K" * 32, guid)
    assert unmask_id(KEY, masked) == guid
    touched = ("A" if masked[0] != "A" else "B") + masked[1:]
    for wrong in (touched, masked[:-2], "", "not a masked id", "\xff"):
        assert unmask_id(KEY, wrong) is None
    assert unmask_id(b"K" * 32, masked) is None


@pytest.mark.parametrize("settings", [SETTINGS, replace(SETTINGS, credentials=None, headers={})])
def test_fetch_settings_come_back_equal(settings: FetchSettings) -> None:
    assert unseal_source(KEY, source(*seal_source(KEY, settings))) == settings


def test_nothing_of_the_settings_can_be_read_in_what_is_stored_or_shown() -> None:
    sealed, url_digest = seal_source(KEY, SETTINGS)
    for secret in ("s3cret", "pa:ss", "t0ken", "club.example"):
        assert secret.encode() not in sealed + url_digest
        assert secret not in repr(SETTINGS)


def test_the_digest_tells_urls_apart_and_nothing_else() -> None:
    digest = seal_source(KEY, SETTINGS)[1]
    assert seal_source(KEY, replace(SETTINGS, credentials=None, headers={}))[1] == digest
    assert seal_source(KEY, replace(SETTINGS, url="https://club.example/"))[1] != digest
    assert seal_source(b"K" * 32, SETTINGS)[1] != digest
