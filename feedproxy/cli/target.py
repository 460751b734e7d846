"""What a command is pointed at: a file, a URL, or a subscription; and its body as it came."""

import asyncio
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from uuid import UUID

import click

from feedproxy.cli.clock import utc_now
from feedproxy.cli.settings import opened_store
from feedproxy.config import Settings
from feedproxy.errors import BadRequest, FetchFailed, NotFound
from feedproxy.ops.paint import Paint
from feedproxy.ops.served import served_options
from feedproxy.ops.subscription import Looked, look, served_body
from feedproxy.policy.access import Credentials
from feedproxy.serverkey import secret_key
from feedproxy.upstream import Fetched, FetchRequest
from feedproxy.upstream.configured import upstream_client

SCHEMES = ("http://", "https://", "webcal://")

user_option: Callable[[click.decorators.FC], click.decorators.FC] = click.option(
    "--user", metavar="NAME:PASSWORD", help="Credentials for the upstream."
)


def credentials_of(user: str | None) -> Credentials | None:
    """Read `NAME:PASSWORD`."""
    if user is None:
        return None
    name, _, password = user.partition(":")
    return Credentials(name.encode(), password.encode())


def is_file(target: str) -> bool:
    """Tell whether a target is a file, or a pipe."""
    path = Path(target)
    return path.exists() and not path.is_dir()


def is_url(target: str) -> bool:
    """Tell whether a target is a URL."""
    return target.lower().startswith(SCHEMES)


def subscription_of(target: str) -> UUID:
    """Read a subscription id. Raises BadRequest."""
    try:
        return UUID(target)
    except ValueError:
        raise BadRequest(f"{target!r} is no file, no URL and no subscription id") from None


async def fetch(settings: Settings, request: FetchRequest) -> Fetched:
    """Fetch a body as the service does. Raises FetchFailed."""
    async with upstream_client(settings) as client:
        answer = await client.fetch(request)
    if not isinstance(answer, Fetched):
        raise FetchFailed("status-304", "the upstream answered 304 to a request without validators")
    return answer


def paint() -> Paint:
    """Return colours if standard output is a terminal and nobody has set NO_COLOR (no-color.org)."""
    return Paint(sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb")


def write_json(value: object) -> None:
    """Write values for programs."""
    click.echo(json.dumps(value, indent=2, ensure_ascii=False))


def body_of(target: str, settings: Settings, credentials: Credentials | None) -> bytes:
    """Return the body of a target: a file, a URL, `ID` as fetched now, `ID@last` as last good, `ID@served` as served.

    Raises BadRequest, NotFound, FetchFailed.
    """
    return Path(target).read_bytes() if is_file(target) else asyncio.run(_body_of(target, settings, credentials))


async def _body_of(target: str, settings: Settings, credentials: Credentials | None) -> bytes:
    if is_url(target):
        return (await fetch(settings, FetchRequest(url=target, credentials=credentials))).body
    text, _, which = target.partition("@")
    looked = await looked_at(settings, subscription_of(text), credentials)
    match which:
        case "":
            return (await fetch(settings, request_for(looked))).body
        case "last" if looked.kept is not None:
            return looked.kept.body
        case "last":
            raise NotFound("nothing good has been fetched for that subscription yet")
        case "served":
            return served_body(looked, served_options(settings))
        case _:
            raise BadRequest(f"@{which}: is not known; an id may be followed by @last or @served")


async def looked_at(settings: Settings, subscription_id: UUID, credentials: Credentials | None) -> Looked:
    """Return what the store knows of a subscription. Raises BadRequest, Unavailable, SealBroken."""
    async with opened_store(settings) as store:
        return await look(
            store,
            await secret_key(settings, store),
            subscription_id,
            credentials,
            upstream_url=settings.upstream_url,
            upstream_headers={name: value.get_secret_value() for name, value in settings.upstream_headers.items()},
            on_deactivate=settings.on_deactivate,
            refresh_minutes=settings.refresh_interval_minutes,
            now=utc_now(),
        )


def request_for(looked: Looked) -> FetchRequest:
    """Return the request that fetches a subscription's source, whatever is known of it."""
    source = looked.wanted.source
    return FetchRequest(url=source.url, credentials=source.credentials, headers=source.headers)
