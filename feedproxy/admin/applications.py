"""Applications: an account's OAuth2 clients."""

import re
import secrets
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Annotated, Any, Self

from pydantic import AfterValidator, ConfigDict, Field

from feedproxy.admin.fields import Line, ShownModel, StrictModel, also, without_defaults
from feedproxy.errors import NotFound
from feedproxy.model import Account, Application, ErrorStyle, Preferences, WebcalBody
from feedproxy.policy.oauth import secret_digest
from feedproxy.policy.weburl import UrlRefused, read_url
from feedproxy.store import Store

MAX_REDIRECT_URLS = 100

_OWN_SCHEME = re.compile(r"([a-z][a-z0-9+.-]*):[!-~]+", re.IGNORECASE)
_UNSAFE_SCHEMES = frozenset({"about", "blob", "data", "file", "javascript", "vbscript", "view-source"})
"""What browsers do something with themselves: nobody is sent there with a result (RFC 8252 section 7.1 asks for one
of the application's own)."""


def _redirect_url(text: str) -> str:
    own = _OWN_SCHEME.fullmatch(text)
    scheme = own[1].lower() if own else ""
    if not scheme or scheme in _UNSAFE_SCHEMES:
        raise ValueError("a URL such as https://shop.example/done or com.example.app:/done is wanted")
    if scheme in {"http", "https"}:
        try:
            read_url(text)
        except UrlRefused as refusal:
            raise ValueError(
                f"a URL such as https://shop.example/done is wanted; the {refusal.flaw} is at fault"
            ) from None
    return text


_PATTERN = rf"^(?!(?:{'|'.join(sorted(_UNSAFE_SCHEMES))}):){_OWN_SCHEME.pattern.replace('a-z', 'A-Za-z')}$"
RedirectUrl = Annotated[
    str, Field(max_length=2_000), AfterValidator(_redirect_url), also(format="redirect-uri", pattern=_PATTERN)
]


class ApplicationChange(StrictModel):
    """What may be changed of an application."""

    model_config = ConfigDict(json_schema_extra=without_defaults)

    name: Line = Field(default="", description="What it is called in lists.")
    error_style: ErrorStyle = Field(
        default="documented", description="The shape of its errors; documented: each route has its own."
    )
    webcal_body: WebcalBody = Field(
        default="bare", description="What answers the making of a webcal: its bare URL, a JSON string or an object."
    )
    redirect_urls: tuple[RedirectUrl, ...] = Field(
        default=(), max_length=MAX_REDIRECT_URLS, description="Where people may be sent on to with a result."
    )


class NewApplication(ApplicationChange):
    """An application to be made."""

    model_config = ConfigDict(json_schema_extra={})


class ShownApplication(ShownModel):
    """An application, without its secret."""

    client_id: str
    name: str
    error_style: ErrorStyle
    webcal_body: WebcalBody
    redirect_urls: tuple[str, ...]
    created_at: datetime

    @classmethod
    def of(cls, application: Application) -> Self:
        """Show an application."""
        return cls(**_fields(application))


class ShownSecret(ShownModel):
    """A new secret of an application. It is stored as a keyed hash and not shown again."""

    client_id: str
    client_secret: str


class AddedApplication(ShownApplication):
    """A new application with its secret, which is not shown again."""

    client_secret: str

    @classmethod
    def with_secret(cls, application: Application, secret: str) -> Self:
        """Show an application and its secret."""
        return cls(**_fields(application), client_secret=secret)


async def wanted(store: Store, account: Account, client_id: str) -> Application:
    """Return the account's application of that client id. Raises NotFound, also if it is another account's."""
    application = await store.application(client_id)
    if application is None or application.account != account:
        raise NotFound(f"the account {account.code} has no application {client_id!r}")
    return application


async def add(
    store: Store, account: Account, new: NewApplication, *, key: bytes, now: datetime
) -> tuple[Application, str]:
    """Make an OAuth2 client of the account. Returns it and its secret, which is stored as a keyed hash only."""
    secret = _new_secret()
    application = await store.add_application(
        account,
        client_id=secrets.token_hex(16),
        name=new.name,
        secret_digest=secret_digest(key, secret),
        preferences=_preferences(Preferences(), new.given()),
        now=now,
    )
    return application, secret


async def change(store: Store, application: Application, change: ApplicationChange) -> Application:
    """Change what is given of an application."""
    given = change.given()
    name, preferences = given.get("name", application.name), _preferences(application.preferences, given)
    return await store.change_application(application, name=name, preferences=preferences)


async def rotate(store: Store, application: Application, *, key: bytes) -> str:
    """Give the application another secret and revoke all its tokens. Returns the secret."""
    secret = _new_secret()
    await store.change_secret(application.client_id, secret_digest(key, secret))
    return secret


async def remove(store: Store, application: Application) -> None:
    """Remove an application and its tokens."""
    await store.remove_application(application.client_id)


def _new_secret() -> str:
    """Make one of [A-Za-z0-9_-]: clients disagree on how others are sent (RFC 6749 section 2.3.1)."""
    return secrets.token_urlsafe(32)


_PREFERENCES = {
    "error_style": "error_style",
    "webcal_body": "webcal_create_body",
    "redirect_urls": "redirect_uris",
}


def _preferences(before: Preferences, given: Mapping[str, Any]) -> Preferences:
    return replace(before, **{_PREFERENCES[name]: value for name, value in given.items() if name in _PREFERENCES})


def _fields(application: Application) -> dict[str, Any]:
    preferences = {ours: getattr(application.preferences, theirs) for ours, theirs in _PREFERENCES.items()}
    return {
        "client_id": application.client_id,
        "name": application.name,
        "created_at": application.created_at,
        **preferences,
    }
