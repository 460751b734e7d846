"""What every store promises of consents that were asked for, and of those that were given."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from feedproxy.errors import BadRequest, NotFound
from feedproxy.model import Account, Consent, Grant
from feedproxy.store import Store
from tests.store.contract import MINUTE, NOW

LATER = NOW + MINUTE


def consent_of(account: Account) -> Consent:
    return Consent(b"\0digest", account, b"\0sealed", NOW + 15 * MINUTE)


def grant_of(account: Account) -> Grant:
    return Grant(account, "id-1", "john@mail.example", b"\0sealed", NOW, NOW)


class ConsentContract:
    """Beside `StoreContract`, whose fixtures it uses."""

    async def test_a_consent_is_taken_once_even_by_many_at_once(
        self, store: Store, other: Store, account: Account
    ) -> None:
        consent = consent_of(account)
        await store.add_consent(consent)
        taken = await asyncio.gather(*(each.take_consent(b"\0digest", now=NOW) for each in (store, other) * 5))
        assert [each for each in taken if each is not None] == [consent]
        assert await store.take_consent(b"unknown", now=NOW) is None

    async def test_a_consent_ends_at_its_expiry_and_is_forgotten(self, store: Store, account: Account) -> None:
        consent = consent_of(account)
        for before, found in ((timedelta(microseconds=1), consent), (timedelta(0), None)):
            await store.add_consent(consent)
            assert await store.take_consent(consent.digest, now=consent.expires_at - before) == found
        assert await store.take_consent(consent.digest, now=NOW) is None, "whoever takes one forgets what has expired"

    async def test_a_grant_takes_the_place_of_the_one_before(
        self, store: Store, other: Store, account: Account
    ) -> None:
        grant = grant_of(account)
        await store.put_grant(grant)
        assert await other.grant(account, "id-1") == grant
        newer = replace(grant, email="", sealed=b"2", created_at=LATER, updated_at=LATER)
        await other.put_grant(newer)
        assert await store.grant(account, "id-1") == replace(newer, created_at=NOW)

    async def test_a_grant_is_the_subscriber_s_and_the_account_s(self, store: Store, account: Account) -> None:
        rival = await store.add_account("rival", now=NOW)
        await store.put_grant(grant_of(account))
        assert await store.grant(rival, "id-1") is None
        for other_key in ("ID-1", "", "\0"):
            assert await store.grant(account, other_key) is None

    async def test_a_grant_is_forgotten_and_no_other(self, store: Store, other: Store, account: Account) -> None:
        rival = await store.add_account("rival", now=NOW)
        kept = (replace(grant_of(account), subscriber_key="id-2"), replace(grant_of(account), account=rival))
        for each in (grant_of(account), *kept):
            await store.put_grant(each)
        assert await other.remove_grant(account, "id-1")
        assert await store.grant(account, "id-1") is None
        assert (await store.grant(account, "id-2"), await store.grant(rival, "id-1")) == kept
        for absent in ("id-1", "ID-2", "\0"):
            assert not await store.remove_grant(account, absent)

    @pytest.mark.parametrize(
        ("field", "named"), [("subscriber_key", "key of the subscriber"), ("email", "emailAddress")]
    )
    async def test_a_grant_that_cannot_be_stored_is_refused(
        self, store: Store, account: Account, field: str, named: str
    ) -> None:
        with pytest.raises(BadRequest, match=named):
            await store.put_grant(replace(grant_of(account), **{field: "nul \0"}))  # type: ignore[arg-type]

    async def test_consents_and_grants_go_with_their_account(self, store: Store, account: Account) -> None:
        await store.put_grant(grant_of(account))
        await store.add_consent(consent_of(account))
        await store.remove_account(account, now=LATER)
        assert await store.grant(account, "id-1") is None
        assert await store.take_consent(b"\0digest", now=NOW) is None
        for attempt in (store.put_grant(grant_of(account)), store.add_consent(consent_of(account))):
            with pytest.raises(NotFound, match="the account acme is gone"):
                await attempt
