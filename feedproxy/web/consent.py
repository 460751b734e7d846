"""Consents to write into a Google calendar: asked for, noted, taken up once.

Whoever subscribes is sent to Google's page with a `state` that leads back to what was noted of them: to which
subscription the consent belongs, and where they are sent on to. That is sealed; in clear the database has a digest of
the state alone, which works once and for STATE_LIFE.
"""

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from aiohttp import hdrs, web

from feedproxy.errors import BadRequest, NotSetUp
from feedproxy.model import Account, Consent, Grant, Subscriber, Subscription
from feedproxy.policy.consent import RANDOM_OCTETS, consent_page, is_state_of_ours, signed_state, state_digest
from feedproxy.policy.redirect_uris import is_registered, sendable
from feedproxy.sealing import seal, unseal
from feedproxy.upstream.code_exchange import Tokens
from feedproxy.web import keys
from feedproxy.web.feed_url import public_url
from feedproxy.web.lenient_model import CODE
from feedproxy.web.request_keys import PREFERENCES

STATE_LIFE = timedelta(minutes=15)
CALENDAR_SCOPE = "https://www.googleapis.com/auth/calendar"
SCOPES = (CALENDAR_SCOPE, "https://www.googleapis.com/auth/userinfo.email")

_CONSENT, _GRANT = "google-consent", "google-grant"


@dataclass(frozen=True, slots=True)
class Asked:
    """What was noted when a consent was asked for."""

    account: Account
    subscription_id: UUID
    redirect_to: str


def google_is_set_up(request: web.Request) -> bool:
    """Tell whether the operator has registered this service with Google."""
    return bool(request.app[keys.SETTINGS].google_client_id)


def require_google(request: web.Request) -> None:
    """Raise NotSetUp unless `google_is_set_up`."""
    if not google_is_set_up(request):
        raise NotSetUp("subscribing with Google is not set up here: google_client_id is missing in the settings")


def registered_redirect(request: web.Request, redirect_to: str | None) -> str:
    """Return where people are sent on to, if the calling application (`access_token_for`) has registered it.

    Raises BadRequest if it has not, or there is none.
    """
    if redirect_to is None:
        raise BadRequest("redirect to parameter is missing", code=CODE)
    if not is_registered(redirect_to, request[PREFERENCES].redirect_uris):
        raise BadRequest("redirect to parameter is none of the redirect URIs of this application", code=CODE)
    return sendable(redirect_to)


async def is_held(
    request: web.Request, account: Account, subscriber: Subscriber, subscription_id: UUID | None = None
) -> bool:
    """Tell whether a subscriber has given consent before, for that subscription or, if he has a key, for any."""
    key = grant_key(subscriber, subscription_id)
    return key is not None and await request.app[keys.STORE].grant(account, key) is not None


async def wanted_again(request: web.Request, subscription: Subscription, redirect_to: str | None) -> str | None:
    """Return where to send somebody on to whose consent is lost, None if there is nothing to give consent to.

    Raises BadRequest as `registered_redirect` does.
    """
    if subscription.method != "google" or not google_is_set_up(request):
        return None
    if await is_held(request, subscription.account, subscription.subscriber, subscription.id):
        return None
    return registered_redirect(request, redirect_to)


def grant_key(subscriber: Subscriber, subscription_id: UUID | None) -> str | None:
    """Return what a consent is kept under: who has no key shares it with nobody."""
    return subscriber.key or (str(subscription_id) if subscription_id is not None else None)


async def consent_url(request: web.Request, subscription: Subscription, redirect_to: str) -> str:
    """Note that consent is asked for, and return the page where the subscriber gives it.

    `redirect_to` is as `registered_redirect` returns it. With the consent a pending subscription becomes active.
    """
    app, settings = request.app, request.app[keys.SETTINGS]
    key, now = app[keys.SECRET_KEY], app[keys.CLOCK]()
    state = signed_state(key, secrets.token_bytes(RANDOM_OCTETS))
    noted = {"subscription": str(subscription.id), "redirect_to": redirect_to}
    sealed = seal(key, _CONSENT, json.dumps(noted).encode())
    await app[keys.STORE].add_consent(
        Consent(state_digest(key, state), subscription.account, sealed, now + STATE_LIFE),
    )
    fields = {
        "response_type": "code",
        "client_id": settings.google_client_id,
        "redirect_uri": callback_url(request),
        "scope": " ".join(SCOPES),
        "access_type": "offline",
        "prompt": "consent",
        "state": state,
    }
    return consent_page(settings.google_auth_url, fields, request.headers.get(hdrs.ACCEPT_LANGUAGE))


def callback_url(request: web.Request) -> str:
    """Return where Google sends people back to: what has to be registered with Google."""
    return f"{public_url(request)}/google/callback"


async def taken_up(request: web.Request, state: str) -> Asked | None:
    """Return what was noted under a state, once; None if the state is forged, used or expired."""
    app, key = request.app, request.app[keys.SECRET_KEY]
    if not is_state_of_ours(key, state):
        return None
    consent = await app[keys.STORE].take_consent(state_digest(key, state), now=app[keys.CLOCK]())
    if consent is None:
        return None
    noted = json.loads(unseal(key, _CONSENT, consent.sealed))
    return Asked(consent.account, UUID(noted["subscription"]), noted["redirect_to"])


async def keep_grant(request: web.Request, subscription: Subscription, tokens: Tokens) -> None:
    """Keep what a subscriber has granted, sealed."""
    app, now = request.app, request.app[keys.CLOCK]()
    held: Mapping[str, object] = {
        "access_token": tokens.access_token,
        "refresh_token": tokens.refresh_token,
        "expires_at": (now + timedelta(seconds=tokens.seconds)).isoformat(),
        "scopes": sorted(tokens.scopes),
    }
    sealed = seal(app[keys.SECRET_KEY], _GRANT, json.dumps(held).encode())
    key = grant_key(subscription.subscriber, subscription.id)
    assert key is not None
    await app[keys.STORE].put_grant(Grant(subscription.account, key, tokens.email, sealed, now, now))
