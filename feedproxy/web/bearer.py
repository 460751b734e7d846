"""Bearer tokens: who calls (RFC 6750)."""

import re

from aiohttp import web

from feedproxy.errors import BadRequest, Forbidden, Unauthorized
from feedproxy.model import AccessToken
from feedproxy.policy.oauth import access_digest
from feedproxy.web import keys
from feedproxy.web.metrics import METRICS
from feedproxy.web.request_keys import PREFERENCES

REALM = "feedproxy"

_HEADER = re.compile(r"bearer +([A-Za-z0-9._~+/-]{1,1024}=*) *", re.IGNORECASE)


async def access_token_for(request: web.Request, account_code: str) -> AccessToken:
    """Return the caller's token, which is good for the account of that code (compared without regard to case).

    Raises Unauthorized without a good token in the Authorization field, Forbidden with another account's, BadRequest if
    there is no account of that code.
    """
    token = await access_token(request)
    if token.account.code.casefold() == account_code.casefold():
        return token
    if await request.app[keys.STORE].account(account_code) is None:
        raise BadRequest(f"account code {account_code[:60]!r} is unknown")
    raise Forbidden("the access token is another account's")


async def access_token(request: web.Request) -> AccessToken:
    """Return the caller's token, note on the request how its application wants to be answered, and count the request.

    Raises Unauthorized, also if the query has a token: queries end up in logs. Raises TooMany.
    """
    if "access_token" in request.query:
        raise _challenged("send the access token in the Authorization field, not in the query", "invalid_request")
    header = request.headers.get("Authorization")
    if header is None or header.partition(" ")[0].lower() != "bearer":
        raise _challenged("an access token is needed: Authorization: Bearer <token>")
    found = _HEADER.fullmatch(header.strip())
    token = await _stored(request, found[1]) if found else None
    if token is None:
        request.app[METRICS].auth_failure("bearer")
        raise _challenged("the access token is malformed, unknown or has expired", "invalid_token")
    request[PREFERENCES] = token.preferences
    request.app[keys.REQUEST_RATES].check(token.client_id)
    return token


async def _stored(request: web.Request, token: str) -> AccessToken | None:
    digest = access_digest(request.app[keys.SECRET_KEY], token)
    return await request.app[keys.STORE].access_token(digest, now=request.app[keys.CLOCK]())


def _challenged(message: str, error: str | None = None) -> Unauthorized:
    """Name the error only if a token was there: RFC 6750 section 3.1."""
    reason = f', error="{error}", error_description="{message}"' if error else ""
    return Unauthorized(message, challenge=f'Bearer realm="{REALM}"{reason}')
