"""An authorization code swapped for tokens, at the token endpoint of another service (RFC 6749 section 4.1.3)."""

import json
from base64 import urlsafe_b64decode
from binascii import Error as Base64Error
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from feedproxy.errors import FetchFailed
from feedproxy.upstream.session import GuardedSession, Reply


@dataclass(frozen=True, slots=True)
class Tokens:
    """What was granted. `refresh_token` and `email` are empty where the service says nothing of them."""

    access_token: str
    refresh_token: str
    seconds: int
    scopes: frozenset[str]
    email: str


async def exchange_code(
    session: GuardedSession, endpoint: str, *, code: str, client_id: str, client_secret: str, redirect_uri: str
) -> Tokens:
    """Swap a code. Raises FetchFailed: `code-refused` if the service says no, else as `GuardedSession.send`."""
    fields = {
        "grant_type": "authorization_code",
        "code": code,
        "client_id": client_id,
        "client_secret": client_secret,
        "redirect_uri": redirect_uri,
    }
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
    reply = await session.send("POST", endpoint, headers=headers, body=urlencode(fields).encode())
    said = _read_object(reply.body)
    if reply.status != 200 or not isinstance(said.get("access_token"), str):
        raise _refused(reply, said)
    return Tokens(
        access_token=_text(said, "access_token"),
        refresh_token=_text(said, "refresh_token"),
        seconds=int(seconds) if isinstance(seconds := said.get("expires_in"), int | float) else 0,
        scopes=frozenset(_text(said, "scope").split()),
        email=_text(_claims(_text(said, "id_token")), "email"),
    )


def _refused(reply: Reply, said: Mapping[str, object]) -> FetchFailed:
    error = said.get("error")
    reason = error if isinstance(error, str) and error.isascii() and error.isidentifier() else "no token"
    message = f"the token endpoint answered {reply.status}: {reason}"
    return FetchFailed("code-refused", message, upstream_status=reply.status)


def _claims(id_token: str) -> Mapping[str, object]:
    """Read an ID token. It came from who made it, so its signature needs no check (OpenID Connect Core 3.1.3.7)."""
    _, _, rest = id_token.partition(".")
    payload, _, _ = rest.partition(".")
    try:
        return _read_object(urlsafe_b64decode(payload.encode("ascii") + b"=" * (-len(payload) % 4)))
    except (UnicodeEncodeError, Base64Error):
        return {}


def _read_object(octets: bytes) -> Mapping[str, object]:
    try:
        value = json.loads(octets)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def _text(fields: Mapping[str, object], name: str) -> str:
    value = fields.get(name)
    return value if isinstance(value, str) else ""
