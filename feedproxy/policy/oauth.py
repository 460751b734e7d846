"""OAuth2 as decisions over records: issuing a pair of tokens, and what a refresh token is still good for.

A refresh token works once (RFC 9700 section 4.14.2). Its use makes a new pair in the same family; use it again and
the family is revoked, for one of the two users is a thief. But answers get lost and workers race, so for a few seconds
the same client gets the same new pair again. To be able to repeat it without keeping any token in clear, on any worker,
the new tokens are made of the old refresh token and the server's key instead of chance.
"""

import math
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from urllib.parse import unquote_plus
from uuid import UUID

from feedproxy.model import AccessToken, Application, RefreshToken
from feedproxy.policy.secrets import keyed_hash, same


@dataclass(frozen=True, slots=True)
class Lifetimes:
    """How long tokens live, and for how long a used refresh token is answered again (0: never). In seconds."""

    access: int = 300
    refresh: int = 3600
    grace: int = 10


@dataclass(frozen=True, slots=True)
class Pair:
    """An access token and its refresh token: in clear for the client, and as they are stored."""

    access_token: str
    refresh_token: str
    issued_at: datetime
    access: AccessToken
    refresh: RefreshToken


@dataclass(frozen=True, slots=True)
class Rotate:
    """The refresh token is good: mark it used and issue its successors, of the same family."""

    family: UUID


@dataclass(frozen=True, slots=True)
class Repeat:
    """It was used a moment ago by the same client: give the successors of then again."""

    family: UUID
    used_at: datetime


@dataclass(frozen=True, slots=True)
class Reused:
    """It was used before: refuse it and revoke its family."""

    family: UUID


@dataclass(frozen=True, slots=True)
class Refused:
    """It is unknown, expired or another client's; which of them is not said."""


def secret_digest(key: bytes, client_secret: str) -> bytes:
    """Return what is stored of an application's secret."""
    return keyed_hash(key, "client-secret", _octets(client_secret))


def access_digest(key: bytes, access_token: str) -> bytes:
    """Return what is stored of an access token."""
    return keyed_hash(key, "access-token", _octets(access_token))


def refresh_digest(key: bytes, refresh_token: str) -> bytes:
    """Return what is stored of a refresh token."""
    return keyed_hash(key, "refresh-token", _octets(refresh_token))


def is_client_secret(key: bytes, application: Application, secret: bytes) -> bool:
    """Say whether the octets that a client sent are the application's secret, in any of their `readings`."""
    return any(same(application.secret_digest, secret_digest(key, text)) for text in readings(secret))


def readings(octets: bytes) -> tuple[str, ...]:
    """Return every text that octets in Basic credentials may stand for, the likeliest first.

    RFC 6749 section 2.3.1 wants them form-encoded, as simple-oauth2 does; requests-oauthlib and Authlib send Latin-1,
    curl whatever the terminal has, mostly UTF-8.
    """
    latin = octets.decode("latin-1")
    try:
        raw = [octets.decode("utf-8"), latin]
    except UnicodeDecodeError:
        raw = [latin]
    return tuple(dict.fromkeys([*raw, *map(unquote_plus, raw)]))


def issue(
    key: bytes,
    application: Application,
    *,
    access_token: str,
    refresh_token: str,
    family: UUID,
    now: datetime,
    lifetimes: Lifetimes,
) -> Pair:
    """Make the pair of two tokens; both live from the whole second that `now` lies in."""
    issued_at = now.replace(microsecond=0)
    client_id, account = application.client_id, application.account
    access_end, refresh_end = (issued_at + timedelta(seconds=life) for life in (lifetimes.access, lifetimes.refresh))
    return Pair(
        access_token,
        refresh_token,
        issued_at,
        AccessToken(access_digest(key, access_token), client_id, account, access_end),
        RefreshToken(refresh_digest(key, refresh_token), client_id, family, refresh_end),
    )


def succeed(
    key: bytes, application: Application, old: str, *, family: UUID, used_at: datetime, lifetimes: Lifetimes
) -> Pair:
    """Make the one pair that follows the refresh token `old`, used at `used_at`: always the same for the same input."""
    return issue(
        key,
        application,
        access_token=_successor(key, "next-access-token", old),
        refresh_token=_successor(key, "next-refresh-token", old),
        family=family,
        now=used_at,
        lifetimes=lifetimes,
    )


def judge_refresh(
    token: RefreshToken | None, client_id: str, *, now: datetime, grace: int
) -> Rotate | Repeat | Reused | Refused:
    """Decide about a refresh token that the client `client_id` presents."""
    if token is None or token.client_id != client_id:
        return Refused()
    if token.used_at is not None:
        in_grace = now - token.used_at < timedelta(seconds=grace)
        return Repeat(token.family, token.used_at) if in_grace else Reused(token.family)
    return Rotate(token.family) if now < token.expires_at else Refused()


def token_answer(pair: Pair, *, now: datetime) -> dict[str, object]:
    """Return the members of the token response, in the order of the CalReply reference.

    `.issued` and `.expires` lie the full lifetime apart; `expires_in` is what remains at `now`, in whole seconds begun
    and not yet run out: 299 of 300.
    """
    remaining = math.ceil((pair.access.expires_at - now).total_seconds())
    return {
        "access_token": pair.access_token,
        "token_type": "bearer",
        "expires_in": max(remaining - 1, 0),
        "refresh_token": pair.refresh_token,
        "as:client_id": pair.access.client_id,
        ".issued": _http_date(pair.issued_at),
        ".expires": _http_date(pair.access.expires_at),
    }


def _successor(key: bytes, purpose: str, old: str) -> str:
    return urlsafe_b64encode(keyed_hash(key, purpose, _octets(old))).rstrip(b"=").decode("ascii")


def _octets(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _http_date(instant: datetime) -> str:
    return format_datetime(instant.astimezone(UTC), usegmt=True)
