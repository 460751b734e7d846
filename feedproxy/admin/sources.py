"""Sources: the upstream calendars of an account, and how they are fetched.

URL, credentials and header values are sealed in the store. Credentials and header values are never shown by the API;
so that nobody can have them sent to himself, they do not follow a URL to another origin.
"""

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Annotated, Any, Self
from uuid import UUID, uuid4

from pydantic import AfterValidator, ConfigDict, Field, SecretStr

from feedproxy.admin.fields import CONTROL, LINE_PATTERN, Name, ShownModel, StrictModel, also, without_defaults
from feedproxy.errors import BadRequest, NotFound
from feedproxy.model import Account, CalendarSource
from feedproxy.policy import access
from feedproxy.policy.weburl import UrlRefused, read_url
from feedproxy.sealing import FetchSettings, seal_source, unseal_source
from feedproxy.store import Store

MAX_HEADERS = 20

_PRINTABLE = re.compile(r"[!-~]*")
_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}")
_HEADER_VALUE = re.compile(r"[!-~](?:[ -~]{0,3998}[!-~])?")
_OURS = frozenset(
    {"accept-encoding", "connection", "content-length", "expect", "host", "if-match", "if-modified-since"}
    | {"if-none-match", "if-range", "if-unmodified-since", "keep-alive", "proxy-authorization", "range", "te"}
    | {"trailer", "transfer-encoding", "upgrade"}
)
"""Header fields that say how two hosts talk, or that each look upstream writes anew."""


def _source_url(url: str) -> str:
    if not _PRINTABLE.fullmatch(url):
        raise ValueError("a URL is printable ASCII without spaces; percent-encode the rest")
    try:
        read_url(url)
    except UrlRefused as refusal:
        raise ValueError(_URL_FIXES.get(refusal.flaw, f"{_URL_WANTED}; the {refusal.flaw} is at fault")) from None
    return url


_URL_WANTED = "a URL such as https://host/calendar.ics is wanted"
_URL_FIXES = {"userinfo": "the user name and password do not belong into the URL: give them as credentials"}


def _sendable(headers: dict[str, SecretStr]) -> dict[str, SecretStr]:
    if len({name.lower() for name in headers}) < len(headers):
        raise ValueError("one name stands there twice")
    for name, value in headers.items():
        if not _HEADER_NAME.fullmatch(name) or not _HEADER_VALUE.fullmatch(value.get_secret_value()):
            raise ValueError(f"{name[:60]!r}: a header field has a name without spaces and a value of printable ASCII")
        if name.lower() in _OURS:
            raise ValueError(f"{name!r} is a header field that feedproxy writes itself")
    return headers


def _without_colon(user: str) -> str:
    if ":" in user:
        raise ValueError("holds a colon, which ends a user name (RFC 7617)")
    return user


_USER_PATTERN = LINE_PATTERN.replace(CONTROL, f":{CONTROL}")


class Credentials(StrictModel):
    """A user name and password for HTTP Basic."""

    user: Annotated[Name, AfterValidator(_without_colon), also(pattern=_USER_PATTERN)]
    password: SecretStr = Field(max_length=1_000)


_LABEL, _OCTET = "[A-Za-z0-9](?:[A-Za-z0-9-]{0,30}[A-Za-z0-9])?", "(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])"
_HOST = (
    rf"(?:(?:{_LABEL}\.){{0,4}}[A-Za-z]{{2,20}}|{_OCTET}(?:\.{_OCTET}){{3}})(?::(?:[1-9][0-9]{{0,3}}|[1-5][0-9]{{4}}))?"
)
_URL_PATTERN = rf"^(?:[Hh][Tt][Tt][Pp][Ss]?|[Ww][Ee][Bb][Cc][Aa][Ll][Ss]?)://{_HOST}(?:[/?#][!-~]*)?$"
"""Of the usual addresses; what else may be one (IPv6, longer names) is not told."""
SourceUrl = Annotated[str, Field(max_length=8_000), AfterValidator(_source_url), also(pattern=_URL_PATTERN)]
Headers = Annotated[
    dict[str, SecretStr],
    Field(max_length=MAX_HEADERS),
    AfterValidator(_sendable),
    also(
        propertyNames={"pattern": f"^{_HEADER_NAME.pattern}$", "not": {"enum": sorted(_OURS)}},
        additionalProperties={"type": "string", "writeOnly": True, "pattern": f"^{_HEADER_VALUE.pattern}$"},
    ),
]


class SourceChange(StrictModel):
    """What may be changed of a source."""

    model_config = ConfigDict(json_schema_extra=without_defaults)

    name: Name = Field(default="", description="What calendars call it, whatever the case.")
    url: SourceUrl = Field(default="", description="Where the calendar is; `webcal://` is fetched as https.")
    credentials: Credentials | None = Field(default=None, description="What the upstream wants; null: nothing.")
    headers: Headers = Field(default={}, description="Header fields to send with each look upstream, all of them.")


class NewSource(SourceChange):
    """A source to be made."""

    model_config = ConfigDict(json_schema_extra={})

    name: Name = Field(description="What calendars call it, whatever the case.")
    url: SourceUrl = Field(description="Where the calendar is; `webcal://` is fetched as https.")


class ShownSource(ShownModel):
    """A source. `url` ends after its host, and of header fields there are only the names."""

    id: UUID
    name: str
    url: str
    has_credentials: bool
    headers: tuple[str, ...]
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, source: CalendarSource, settings: FetchSettings, *, reveal: bool = False) -> Self:
        """Show a source; `reveal`: with the whole URL."""
        return cls(
            id=source.id,
            name=source.name,
            url=settings.url if reveal else f"{read_url(settings.url).origin}/***",
            has_credentials=settings.credentials is not None,
            headers=tuple(settings.headers),
            created_at=source.created_at,
            updated_at=source.updated_at,
        )


async def wanted(store: Store, account: Account, written: str) -> CalendarSource:
    """Return the account's source of that name in any case, or of that id. Raises NotFound."""
    source = await store.source_named(account, written)
    if source is None and (source_id := _read_id(written)) is not None:
        source = await store.source(account, source_id)
    if source is None:
        raise NotFound(f"the account {account.code} has no source {written!r}")
    return source


async def add(store: Store, account: Account, new: NewSource, *, key: bytes, now: datetime) -> CalendarSource:
    """Add a source. Raises Conflict if its name is taken."""
    sealed, url_digest = seal_source(key, _settings(FetchSettings(new.url, None, {}), new.given()))
    return await store.add_source(account, id=uuid4(), name=new.name, sealed=sealed, url_digest=url_digest, now=now)


async def change(
    store: Store, source: CalendarSource, change: SourceChange, *, key: bytes, now: datetime
) -> frozenset[UUID]:
    """Change what is given of a source; return the subscriptions whose feeds that changes.

    Raises Conflict if its new name is taken or somebody else changes it just now, BadRequest if secrets would follow
    the URL to another origin.
    """
    before, given = unseal_source(key, source), change.given()
    _keep_secrets_home(before, given)
    settings, sealed, url_digest = _settings(before, given), source.sealed, source.url_digest
    if settings != before:
        sealed, url_digest = seal_source(key, settings)
    name = given.get("name", source.name)
    return await store.change_source(source, name=name, sealed=sealed, url_digest=url_digest, now=now)


def _keep_secrets_home(before: FetchSettings, given: Mapping[str, Any]) -> None:
    if "url" not in given or read_url(given["url"]).origin == read_url(before.url).origin:
        return
    kept = [name for name in ("credentials", "headers") if getattr(before, name) and name not in given]
    if kept:
        names = " and ".join(kept)
        raise BadRequest(f"the URL leads to another host: give {names} anew, or say that there are none")


def _settings(before: FetchSettings, given: Mapping[str, Any]) -> FetchSettings:
    settings = replace(before, url=given.get("url", before.url))
    if "credentials" in given:
        settings = replace(settings, credentials=_credentials(given["credentials"]))
    if "headers" in given:
        values = {name: value.get_secret_value() for name, value in given["headers"].items()}
        settings = replace(settings, headers=values)
    return settings


def _credentials(given: Credentials | None) -> access.Credentials | None:
    if given is None:
        return None
    return access.Credentials(given.user.encode(), given.password.get_secret_value().encode())


def _read_id(written: str) -> UUID | None:
    try:
        return UUID(written)
    except ValueError:
        return None
