"""`feedproxy explain`: what became of a feed, and why."""

import asyncio
import json
from pathlib import Path
from uuid import UUID

import click

from feedproxy.accounts import secret_key
from feedproxy.cli.clock import utc_now
from feedproxy.cli.settings import config_option, opened_store, read_settings
from feedproxy.config import Settings
from feedproxy.errors import BadRequest, FetchFailed
from feedproxy.ops.explain import Explanation, as_json, as_text, examine
from feedproxy.ops.served import served_options
from feedproxy.policy.access import Credentials
from feedproxy.subscribed import feed_name, subscription_url
from feedproxy.upstream import Fetched, FetchRequest
from feedproxy.web.app import upstream_client

SCHEMES = ("http://", "https://", "webcal://")


@click.command()
@config_option
@click.option("--user", metavar="NAME:PASSWORD", help="Credentials for the upstream.")
@click.option("--json", "machine", is_flag=True, help="For programs.")
@click.argument("source")
def explain(file: Path | None, user: str | None, machine: bool, source: str) -> None:
    """Say what was fetched from SOURCE, which TZID became what and why, what was repaired, what went in and out.

    SOURCE is a file, a URL, or a subscription id. Exit code 1: it is refused and there is nothing to serve.
    """
    path = Path(source)
    if path.is_file():
        explanation = examine(source, path.read_bytes())
    else:
        explanation = asyncio.run(_fetched(source, read_settings(file), _credentials(user)))
    shown = json.dumps(as_json(explanation), indent=2, ensure_ascii=False) + "\n" if machine else as_text(explanation)
    click.echo(shown, nl=False)
    if explanation.report is None:
        raise SystemExit(1)


def _credentials(user: str | None) -> Credentials | None:
    if user is None:
        return None
    name, _, password = user.partition(":")
    return Credentials(name.encode(), password.encode())


async def _fetched(source: str, settings: Settings, credentials: Credentials | None) -> Explanation:
    if source.lower().startswith(SCHEMES):
        fetched, failure = await _fetch(settings, FetchRequest(url=source, credentials=credentials))
        options = served_options(settings)
        return examine(source, fetched.body if fetched else None, fetch=fetched, failure=failure, options=options)
    try:
        subscription_id = UUID(source)
    except ValueError:
        raise BadRequest(f"{source!r} is no file, no URL and no subscription id") from None
    return await _subscription(settings, subscription_id, credentials)


async def _subscription(settings: Settings, subscription_id: UUID, credentials: Credentials | None) -> Explanation:
    if not settings.upstream_url:
        raise BadRequest("upstream_url is not set: there is nowhere to fetch a subscription from")
    url = subscription_url(settings.upstream_url, subscription_id)
    async with opened_store(settings) as store:
        key = await secret_key(settings, store)
        kept = await store.last_good(feed_name(key, subscription_id, credentials))
        events = await store.events_of(subscription_id)
    headers = {name: value.get_secret_value() for name, value in settings.upstream_headers.items()}
    fetched, failure = await _fetch(settings, FetchRequest(url=url, credentials=credentials, headers=headers))
    return examine(
        str(subscription_id),
        fetched.body if fetched else None,
        personal=[event for event in events if event.details.is_visible(utc_now())],
        fetch=fetched,
        failure=failure,
        kept=kept,
        loss_share=settings.loss_share,
        options=served_options(settings),
        now=utc_now(),
    )


async def _fetch(settings: Settings, request: FetchRequest) -> tuple[Fetched | None, FetchFailed | None]:
    async with upstream_client(settings) as client:
        try:
            answer = await client.fetch(request)
        except FetchFailed as failure:
            return None, failure
    return (answer, None) if isinstance(answer, Fetched) else (None, None)
