"""OAuth2 for the API's clients: tokens for client credentials, refresh, revocation, introspection and metadata.

What RFC 6749, 7009, 7662 and 8414 leave open is as the CalReply reference has it: JSON bodies as well as forms, a
refresh example that names the wrong grant type, and token responses with `.issued` and `.expires`.
"""

import secrets
from collections.abc import Mapping
from typing import assert_never
from uuid import uuid4

from aiohttp import web

from feedproxy.errors import BadRequest, NotFound, Unauthorized
from feedproxy.model import Application
from feedproxy.policy import oauth
from feedproxy.policy.access import Credentials, basic_credentials
from feedproxy.web import keys
from feedproxy.web.bearer import REALM
from feedproxy.web.bodies import Fields, read_fields
from feedproxy.web.feed_url import public_url
from feedproxy.web.field_names import field_name
from feedproxy.web.metrics import METRICS
from feedproxy.web.wrong_secrets import count_wrong

GRANT_TYPES = ("client_credentials", "refresh_token")

_WRONG = "client id or secret is wrong"
_NOT_STORED = {"Cache-Control": "no-store", "Pragma": "no-cache"}


async def token(request: web.Request) -> web.Response:
    """POST /oauth2/token: issue a pair of tokens."""
    fields = await read_fields(request)
    pair = await _granted(request, fields)
    answer = oauth.token_answer(pair, now=request.app[keys.CLOCK]())
    return web.json_response(answer, headers=_NOT_STORED)


async def revoke(request: web.Request) -> web.Response:
    """POST /oauth2/revoke (RFC 7009): a refresh token takes its whole family along; an unknown token is no error."""
    fields = await read_fields(request)
    application = await authenticated_client(request, fields)
    sent = _needed(fields, "token")
    store, key, now = request.app[keys.STORE], request.app[keys.SECRET_KEY], request.app[keys.CLOCK]()
    refresh = await store.refresh_token(oauth.refresh_digest(key, sent))
    access = await store.access_token(oauth.access_digest(key, sent), now=now)
    for found in refresh, access:
        if found is not None and found.client_id != application.client_id:
            raise BadRequest("the token was issued to another client", code="invalid_grant")
    if refresh is not None:
        await store.revoke_family(refresh.family)
    if access is not None:
        await store.revoke_access_token(access.digest)
    return web.Response(headers=_NOT_STORED)


async def introspect(request: web.Request) -> web.Response:
    """POST /oauth2/introspect (RFC 7662): what a client's own token is still good for."""
    fields = await read_fields(request)
    application = await authenticated_client(request, fields)
    sent = _needed(fields, "token")
    return web.json_response(await _introspected(request, application, sent), headers=_NOT_STORED)


async def metadata(request: web.Request) -> web.Response:
    """GET /.well-known/oauth-authorization-server (RFC 8414)."""
    issuer = public_url(request)
    methods = ["client_secret_basic", "client_secret_post"]
    return web.json_response(
        {
            "issuer": issuer,
            "token_endpoint": f"{issuer}/oauth2/token",
            "token_endpoint_auth_methods_supported": methods,
            "revocation_endpoint": f"{issuer}/oauth2/revoke",
            "revocation_endpoint_auth_methods_supported": methods,
            "introspection_endpoint": f"{issuer}/oauth2/introspect",
            "introspection_endpoint_auth_methods_supported": methods,
            "grant_types_supported": list(GRANT_TYPES),
            "response_types_supported": [],
        }
    )


async def _granted(request: web.Request, fields: Fields) -> oauth.Pair:
    application = await authenticated_client(request, fields, looked_at_again=True)
    grant_type, refresh_token = _text(fields, "grant_type"), _text(fields, "refresh_token")
    match grant_type:
        case "client_credentials":
            try:
                return await _issue(request, application, refresh_token)
            except NotFound:  # it has another secret by now, or is gone: look again
                request.app[keys.APPLICATIONS].pop(application.client_id, None)
                return await _granted(request, fields)
        case "refresh_token" if refresh_token is not None:
            return await _refresh(request, application, refresh_token)
        case None | "refresh_token":
            missing = "refresh_token" if grant_type else "grant_type"
            raise BadRequest(f"{missing} is missing", code="invalid_request")
        case _:
            raise BadRequest(f"grant_type must be one of {', '.join(GRANT_TYPES)}", code="unsupported_grant_type")


async def authenticated_client(request: web.Request, fields: Fields, *, looked_at_again: bool = False) -> Application:
    """Return the application whose id and secret came as Basic credentials or in the body.

    It may be one of before that is `looked_at_again` where tokens are written: they are issued to none that is gone or
    has another secret, and swapped for none, for its tokens are gone with it.

    Its request is counted. Any other Authorization scheme is ignored: some clients send `Bearer undefined` along.
    Raises Unauthorized for bad Basic credentials; BadRequest for bad or no others, and for Basic credentials that the
    body contradicts; TooMany.
    """
    application = await _authenticated(request, fields, looked_at_again=looked_at_again)
    request.app[keys.REQUEST_RATES].check(application.client_id)
    return application


async def _authenticated(request: web.Request, fields: Fields, *, looked_at_again: bool) -> Application:
    client_id, client_secret = _text(fields, "client_id"), _text(fields, "client_secret")
    header = request.headers.get("Authorization", "").strip()
    if header.partition(" ")[0].lower() == "basic":
        credentials = basic_credentials(header)
        if credentials is not None:
            _check_same(credentials.user, client_id, "client_id")
            _check_same(credentials.password, client_secret, "client_secret")
        application = await _application(request, credentials, looked_at_again=looked_at_again)
        if application is None:
            raise Unauthorized(_WRONG, challenge=f'Basic realm="{REALM}"')
        return application
    if client_id is None or client_secret is None:
        message = "client_id and client_secret are needed, as Basic credentials or in the body"
        raise BadRequest(message, code="invalid_client")
    application = await _application(
        request, Credentials(_octets(client_id), _octets(client_secret)), looked_at_again=looked_at_again
    )
    if application is None:
        raise BadRequest(_WRONG, code="invalid_client")
    return application


async def _application(
    request: web.Request, credentials: Credentials | None, *, looked_at_again: bool
) -> Application | None:
    """Find the application that the credentials are of; without one, the failure is counted. Raises TooMany."""
    key, store = request.app[keys.SECRET_KEY], request.app[keys.STORE]
    user, password = (credentials.user, credentials.password) if credentials else (b"", b"")
    known = request.app[keys.APPLICATIONS]
    for client_id in oauth.readings(user):
        application = known.get(client_id) if looked_at_again else None
        if application is None or not oauth.is_client_secret(key, application, password):
            application = await store.application(client_id)
        if application is not None and oauth.is_client_secret(key, application, password):
            known[client_id] = application
            return application
    request.app[METRICS].auth_failure("client")
    count_wrong(request, b"client " + user, password, _WRONG, code="invalid_client")
    return None


async def _issue(request: web.Request, application: Application, refresh_token: str | None) -> oauth.Pair:
    """Issue a pair of a new family. A refresh token sent along, as in the published example, is then used up.

    Raises NotFound if the application that was looked up is gone or has another secret by now.
    """
    store, key, now = request.app[keys.STORE], request.app[keys.SECRET_KEY], request.app[keys.CLOCK]()
    pair = oauth.issue(
        key,
        application,
        access_token=secrets.token_urlsafe(32),
        refresh_token=secrets.token_urlsafe(32),
        family=uuid4(),
        now=now,
        lifetimes=_lifetimes(request),
    )
    await store.add_tokens(application, pair.access, pair.refresh)
    if refresh_token is not None:
        old = await store.refresh_token(oauth.refresh_digest(key, refresh_token))
        if old is not None and old.client_id == application.client_id and old.used_at is None:
            await store.mark_refresh_token_used(old.digest, now=now)
    return pair


async def _refresh(request: web.Request, application: Application, refresh_token: str) -> oauth.Pair:
    """Swap a refresh token for its successors. Raises BadRequest (`invalid_grant`)."""
    store, key, now = request.app[keys.STORE], request.app[keys.SECRET_KEY], request.app[keys.CLOCK]()
    lifetimes = _lifetimes(request)
    digest = oauth.refresh_digest(key, refresh_token)
    old = await store.refresh_token(digest)
    decision = oauth.judge_refresh(old, application.client_id, now=now, grace=lifetimes.grace)
    match decision:
        case oauth.Rotate(family):
            pair = oauth.succeed(key, application, refresh_token, family=family, used_at=now, lifetimes=lifetimes)
            if await store.use_refresh_token(digest, pair.access, pair.refresh, now=now):
                return pair
            return await _refresh(request, application, refresh_token)  # another request was first: repeat its answer
        case oauth.Repeat(family, used_at):
            pair = oauth.succeed(key, application, refresh_token, family=family, used_at=used_at, lifetimes=lifetimes)
            if await store.refresh_token(pair.refresh.digest) is not None:
                return pair
            await store.revoke_family(family)
        case oauth.Reused(family):
            await store.revoke_family(family)
        case oauth.Refused():
            pass
        case _:
            assert_never(decision)
    raise BadRequest("the refresh token is unknown, expired or used", code="invalid_grant")


async def _introspected(request: web.Request, application: Application, sent: str) -> Mapping[str, object]:
    store, key, now = request.app[keys.STORE], request.app[keys.SECRET_KEY], request.app[keys.CLOCK]()
    access = await store.access_token(oauth.access_digest(key, sent), now=now)
    refresh = await store.refresh_token(oauth.refresh_digest(key, sent))
    if refresh is not None and (refresh.used_at is not None or refresh.expires_at <= now):
        refresh = None
    found = access or refresh
    if found is None or found.client_id != application.client_id:
        return {"active": False}
    kind = {"token_type": "bearer"} if access is not None else {}
    return {"active": True, "client_id": found.client_id, **kind, "exp": int(found.expires_at.timestamp())}


def _lifetimes(request: web.Request) -> oauth.Lifetimes:
    settings = request.app[keys.SETTINGS]
    return oauth.Lifetimes(
        settings.access_token_seconds, settings.refresh_token_seconds, settings.refresh_grace_seconds
    )


def _check_same(octets: bytes, posted: str | None, name: str) -> None:
    if posted is not None and posted not in oauth.readings(octets):
        raise BadRequest(f"{name} in the body differs from the Basic credentials", code="invalid_request")


def _text(fields: Fields, name: str) -> str | None:
    match fields.get(field_name(name)):
        case None | "":
            return None
        case bool() | float() | dict() | list():
            raise BadRequest(f"{name} must be a string", code="invalid_request")
        case value:
            return str(value)


def _needed(fields: Fields, name: str) -> str:
    value = _text(fields, name)
    if value is None:
        raise BadRequest(f"{name} is missing", code="invalid_request")
    return value


def _octets(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")
