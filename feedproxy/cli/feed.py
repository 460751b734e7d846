"""`feedproxy feed`: what is held back, an operator's word on it, new validators, and what there was before."""

import asyncio
import json
import re
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar
from uuid import UUID

import click

from feedproxy.cli.clock import utc_now
from feedproxy.cli.settings import config_option, opened_store, read_settings
from feedproxy.config import Settings
from feedproxy.errors import BadRequest, NotFound
from feedproxy.model import Held
from feedproxy.ops.history import FeedHistory, as_json, as_text, feed_history
from feedproxy.policy.secrets import feed_hash, log_name, source_hash
from feedproxy.serverkey import secret_key
from feedproxy.store import Store

_NAME = re.compile(r"[0-9a-f]{16}")
"""What the log calls a feed."""

T = TypeVar("T")


@click.group()
def feed() -> None:
    """See what is held back and accept it; renew validators; look back."""


@feed.command("held")
@config_option
def list_held(file: Path | None) -> None:
    """List the feeds of which a new body is held back: name, since when, why.

    A feed is named as in the log. It has what it had before until the same comes again or is accepted.
    """
    for line in asyncio.run(_with_store(read_settings(file), _held)):
        click.echo(line)


@feed.command()
@click.argument("name", metavar="FEED")
@config_option
def accept(name: str, file: Path | None) -> None:
    """Accept what is held back of FEED, a subscription id or a name from `feedproxy feed held`.

    It is published at the next look upstream, once, if it has not lost more by then.
    """
    count = asyncio.run(_with_store(read_settings(file), lambda store, settings: _accept(store, settings, name)))
    click.echo(f"Accepted for {_sources(count)}; the next look upstream publishes it.")


@feed.command()
@click.argument("name", metavar="FEED", required=False)
@click.option("--all", "everything", is_flag=True, help="Renew every feed.")
@config_option
def renew(name: str | None, everything: bool, file: Path | None) -> None:  # click's way
    """Give FEED other validators from its next look upstream on, so that every client fetches it whole.

    For clients that got something else under its URL, from a cache on the way say, and keep our ETag to it: Evolution
    stays empty then for as long as the ETag is the same.
    """
    if everything == (name is not None):
        raise BadRequest("name one feed, or give --all")
    count = asyncio.run(_with_store(read_settings(file), lambda store, settings: _renew(store, settings, name)))
    click.echo(f"Renewed for {_sources(count)}, from the next look upstream on.")


@feed.command()
@click.argument("name", metavar="FEED")
@click.option("--limit", type=click.IntRange(1), default=20, show_default=True, help="So many looks upstream.")
@click.option("--json", "machine", is_flag=True, help="For programs.")
@click.option("--body", metavar="DIGEST", help="Write a body that the list names, as it came from the upstream.")
@config_option
def history(name: str, limit: int, machine: bool, body: str | None, file: Path | None) -> None:
    """List the last looks upstream of FEED, the newest first: what came, and what was made of it."""
    settings = read_settings(file)
    if body is not None:
        click.echo(asyncio.run(_with_store(settings, lambda store, _: _body(store, settings, name, body))), nl=False)
        return
    found = asyncio.run(_with_store(settings, lambda store, _: _history(store, settings, name, limit)))
    click.echo(json.dumps(as_json(found), indent=2) + "\n" if machine else as_text(found), nl=False)


async def _history(store: Store, settings: Settings, name: str, limit: int) -> FeedHistory:
    found = await feed_history(store, await _source_name(store, settings, name), limit=limit)
    if not found.fetches and not found.healths:
        raise NotFound(f"there is no history of {name}")
    return found


async def _body(store: Store, settings: Settings, name: str, digest: str) -> bytes:
    feed_name = await _source_name(store, settings, name)
    named = [each for each in await store.kept_bodies(feed_name) if each.hex().startswith(digest.lower())]
    octets = await store.past_body(feed_name, named[0]) if len(named) == 1 else None
    if octets is None:
        raise NotFound(f"{name} has no one body {digest!r}; `feedproxy feed history` names those that are there")
    return octets


async def _with_store(settings: Settings, work: Callable[[Store, Settings], Awaitable[T]]) -> T:
    async with opened_store(settings) as store:
        return await work(store, settings)


async def _held(store: Store, _: Settings) -> list[str]:
    return [_line(log_name(source), held) for source, held in await store.held()]


def _line(name: str, held: Held) -> str:
    accepted = " (accepted)" if held.accepted else ""
    return f"{name}  {held.since:%Y-%m-%d %H:%M} UTC  {held.reason}: {held.text}{accepted}"


async def _accept(store: Store, settings: Settings, name: str) -> int:
    count = await store.accept_held(await _source_name(store, settings, name))
    if not count:
        raise NotFound(f"nothing is held back of {name}; `feedproxy feed held` lists what is")
    return count


async def _renew(store: Store, settings: Settings, name: str | None) -> int:
    source = None if name is None else await _source_name(store, settings, name)
    count = await store.renew(source, now=utc_now())
    if not count and name is not None:
        raise NotFound(f"nothing has been served of {name} yet")
    return count


async def _source_name(store: Store, settings: Settings, name: str) -> str:
    """Return what the store calls the source of a feed; a subscription of a calendar has the calendar's."""
    if _NAME.fullmatch(name.lower()):
        return name.lower()
    try:
        subscription_id = UUID(name)
    except ValueError:
        raise BadRequest(f"{name!r} is no subscription id and no name of a feed as in the log") from None
    key = await secret_key(settings, store)
    subscription = await store.subscription(subscription_id)
    if subscription is not None and subscription.calendar is not None:
        source = subscription.calendar.source
        return source_hash(key, source.id, source.url_digest)
    return feed_hash(key, subscription_id)


def _sources(count: int) -> str:
    return "1 feed" if count == 1 else f"{count} feeds"
