"""A code is swapped for tokens once, over the guarded way out, and nothing secret is in what goes wrong."""

import json
from base64 import urlsafe_b64encode
from urllib.parse import parse_qsl

import pytest

from feedproxy.errors import EgressDenied, FetchFailed
from feedproxy.policy.egress import EgressPolicy
from feedproxy.upstream import GuardedSession
from feedproxy.upstream.code_exchange import Tokens, exchange_code
from tests.upstream.conversation import Answer, plain, serving

GRANTED = {"access_token": "ya29", "refresh_token": "1//r", "expires_in": 3599, "scope": "a b", "token_type": "Bearer"}
CLAIMS = urlsafe_b64encode(json.dumps({"email": "fan@example.com"}).encode()).decode().rstrip("=")


async def exchange(answer: Answer, *, allowed: bool = True) -> Tokens:
    async with serving({"/token": answer}) as server:
        policy = EgressPolicy(urls=[server.url()] if allowed else [])
        async with GuardedSession(policy) as session:
            tokens = await exchange_code(
                session,
                server.url("/token"),
                code="c/o+d=e",
                client_id="id",
                client_secret="s3cret",
                redirect_uri="https://us/google/callback",
            )
    [asked] = server.asked
    assert asked.headers["content-type"] == "application/x-www-form-urlencoded"
    assert dict(parse_qsl(asked.body.decode())) == {
        "grant_type": "authorization_code",
        "code": "c/o+d=e",
        "client_id": "id",
        "client_secret": "s3cret",
        "redirect_uri": "https://us/google/callback",
    }
    return tokens


def said(fields: object, status: int = 200) -> Answer:
    return plain(status, json.dumps(fields).encode())


async def test_what_was_granted_is_read() -> None:
    tokens = await exchange(said({**GRANTED, "id_token": f"h.{CLAIMS}.s"}))
    assert tokens == Tokens("ya29", "1//r", 3599, frozenset({"a", "b"}), "fan@example.com")


@pytest.mark.parametrize("id_token", [None, 7, "", "x", "h.!.s", "h.é.s", "h.AAAA.s", f"h.{CLAIMS[:-3]}.s"])
async def test_an_id_token_that_says_nothing_is_no_reason_to_fail(id_token: object) -> None:
    assert (await exchange(said({**GRANTED, "id_token": id_token}))).email == ""


async def test_what_is_left_out_is_empty() -> None:
    assert await exchange(said({"access_token": "a"})) == Tokens("a", "", 0, frozenset(), "")


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (said({"error": "invalid_grant", "error_description": "s3cret"}, 400), "answered 400: invalid_grant"),
        (said({"error": "s3cret and more"}, 400), "answered 400: no token"),
        (said({"error": ["x"]}, 401), "answered 401: no token"),
        (said(GRANTED, 201), "answered 201: no token"),
        (said({"access_token": 7}), "answered 200: no token"),
        (said([]), "answered 200: no token"),
        (plain(200, b"<html>"), "answered 200: no token"),
        (plain(200, b"[" * 60_000), "answered 200: no token"),
        (plain(302, Location="/elsewhere"), "answered 302: no token"),
    ],
)
async def test_a_refusal_is_told_without_anything_secret(answer: Answer, message: str) -> None:
    with pytest.raises(FetchFailed) as failed:
        await exchange(answer)
    assert failed.value.reason == "code-refused"
    assert failed.value.message == f"the token endpoint {message}"


async def test_an_endpoint_that_may_not_be_dialled_is_not() -> None:
    async with serving({"/token": said(GRANTED)}) as server, GuardedSession(EgressPolicy()) as session:
        with pytest.raises(EgressDenied):
            await exchange_code(
                session, server.url("/token"), code="c", client_id="i", client_secret="s", redirect_uri="https://us"
            )
    assert server.asked == []
