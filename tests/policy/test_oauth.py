"""Grants as decisions: what a pair of tokens says, and how often a refresh token works."""

import json
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedproxy.model import Account, Application, RefreshToken
from feedproxy.policy import oauth

KEY = b"k" * 32
NOW = datetime(2015, 12, 6, 23, 53, 0, 250_000, tzinfo=UTC)
FAMILY = UUID("8c1d3c1e-92a1-4a55-a3a8-0a8a4f3c9d11")
ACCOUNT = Account(1, "johnsmith", NOW)
APPLICATION = Application("johnsmithmedia", ACCOUNT, "site", oauth.secret_digest(KEY, "s:ec/+ü"), NOW)
LIFETIMES = oauth.Lifetimes()


def issued(now: datetime = NOW, lifetimes: oauth.Lifetimes = LIFETIMES) -> oauth.Pair:
    return oauth.issue(
        KEY, APPLICATION, access_token="aaa", refresh_token="rrr", family=FAMILY, now=now, lifetimes=lifetimes
    )


def refresh_token(used_at: datetime | None = None) -> RefreshToken:
    return RefreshToken(b"digest", "johnsmithmedia", FAMILY, NOW + timedelta(seconds=3600), used_at)


class TestTheAnswer:
    def test_has_the_members_of_the_published_sample_in_its_order_and_with_its_times(self) -> None:
        assert json.dumps(oauth.token_answer(issued(), now=NOW)) == json.dumps(
            {
                "access_token": "aaa",
                "token_type": "bearer",
                "expires_in": 299,
                "refresh_token": "rrr",
                "as:client_id": "johnsmithmedia",
                ".issued": "Sun, 06 Dec 2015 23:53:00 GMT",
                ".expires": "Sun, 06 Dec 2015 23:58:00 GMT",
            }
        )

    @given(st.integers(0, 999_999), st.integers(1, 86_400))
    def test_promises_one_second_less_than_the_lifetime_whatever_the_fraction_of_now(
        self, microsecond: int, lifetime: int
    ) -> None:
        now = NOW.replace(microsecond=microsecond)
        pair = issued(now, oauth.Lifetimes(access=lifetime))
        assert oauth.token_answer(pair, now=now)["expires_in"] == lifetime - 1
        assert pair.access.expires_at - pair.issued_at == timedelta(seconds=lifetime)

    def test_given_again_later_promises_only_what_is_left(self) -> None:
        assert oauth.token_answer(issued(), now=NOW + timedelta(seconds=9))["expires_in"] == 290

    def test_holds_tokens_that_the_records_do_not(self) -> None:
        pair = issued()
        assert pair.access.digest == oauth.access_digest(KEY, "aaa")
        assert pair.refresh.digest == oauth.refresh_digest(KEY, "rrr")
        assert "aaa" not in repr(pair.access)
        assert "rrr" not in repr(pair.refresh)


class TestARefreshToken:
    @pytest.mark.parametrize(
        ("token", "after", "decision"),
        [
            pytest.param(refresh_token(), 0, oauth.Rotate(FAMILY), id="unused"),
            pytest.param(refresh_token(), 3599, oauth.Rotate(FAMILY), id="in its last second"),
            pytest.param(refresh_token(), 3600, oauth.Refused(), id="expired"),
            pytest.param(None, 0, oauth.Refused(), id="unknown"),
            pytest.param(refresh_token(NOW), 0, oauth.Repeat(FAMILY, NOW), id="used this moment"),
            pytest.param(refresh_token(NOW), 9, oauth.Repeat(FAMILY, NOW), id="used within the grace"),
            pytest.param(refresh_token(NOW), 10, oauth.Reused(FAMILY), id="used before the grace"),
            pytest.param(refresh_token(NOW), 9_999, oauth.Reused(FAMILY), id="used and expired"),
        ],
    )
    def test_works_once_and_is_answered_again_only_within_the_grace(
        self, token: RefreshToken | None, after: int, decision: object
    ) -> None:
        now = NOW + timedelta(seconds=after)
        assert oauth.judge_refresh(token, "johnsmithmedia", now=now, grace=10) == decision

    def test_is_worth_nothing_to_another_client_and_loses_nothing_by_it(self) -> None:
        for token in refresh_token(), refresh_token(NOW):
            assert oauth.judge_refresh(token, "other", now=NOW, grace=10) == oauth.Refused()

    def test_without_a_grace_is_never_answered_again(self) -> None:
        assert oauth.judge_refresh(refresh_token(NOW), "johnsmithmedia", now=NOW, grace=0) == oauth.Reused(FAMILY)

    def test_has_one_pair_of_successors_on_every_worker_that_shares_the_key(self) -> None:
        def pair(key: bytes, old: str) -> oauth.Pair:
            return oauth.succeed(key, APPLICATION, old, family=FAMILY, used_at=NOW, lifetimes=LIFETIMES)

        assert pair(KEY, "old") == pair(KEY, "old")
        tokens = [
            token
            for made in (pair(KEY, "old"), pair(KEY, "older"), pair(b"another key", "old"))
            for token in (made.access_token, made.refresh_token)
        ]
        assert len(set(tokens)) == 6
        assert all(len(token) == 43 for token in tokens), "256 bits in base64url"


class TestClientCredentials:
    @pytest.mark.parametrize(
        "sent",
        [
            pytest.param("s:ec/+ü".encode(), id="raw UTF-8"),
            pytest.param("s:ec/+ü".encode("latin-1"), id="raw Latin-1"),
            pytest.param(b"s%3Aec%2F%2B%C3%BC", id="form-encoded"),
        ],
    )
    def test_are_known_in_every_encoding_seen_on_the_wire(self, sent: bytes) -> None:
        assert oauth.is_client_secret(KEY, APPLICATION, sent)

    @pytest.mark.parametrize("sent", [b"", b"s:ec/+", b"s:ec/ \xc3\xbc", b"\xff"])
    def test_that_are_wrong_are_refused(self, sent: bytes) -> None:
        assert not oauth.is_client_secret(KEY, APPLICATION, sent)

    @given(st.binary())
    def test_of_any_octets_are_read_without_an_error(self, sent: bytes) -> None:
        assert oauth.readings(sent)
