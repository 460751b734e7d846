"""`feedproxy explain`: what became of a feed, or of one event of it, and why."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from uuid import UUID

import click

from feedproxy.cli.clock import utc_now
from feedproxy.cli.settings import config_option, read_settings
from feedproxy.cli.target import (
    credentials_of,
    fetch,
    is_file,
    is_url,
    looked_at,
    paint,
    request_for,
    subscription_of,
    user_option,
    write_json,
)
from feedproxy.config import Settings
from feedproxy.errors import BadRequest, FetchFailed
from feedproxy.ops import event_formats
from feedproxy.ops.at import happening, read_time
from feedproxy.ops.clocks import seen_text, viewer
from feedproxy.ops.event import explain_event
from feedproxy.ops.explain import SERVED, Explanation, examine
from feedproxy.ops.explain_formats import as_json, as_text, came_as_json, came_lines
from feedproxy.ops.instances import Instance
from feedproxy.ops.own import Own
from feedproxy.ops.paint import visible
from feedproxy.ops.served import freshness_bounds, served_options
from feedproxy.policy.access import Credentials
from feedproxy.transform import Options
from feedproxy.upstream import Fetched, FetchRequest

EXPLAINED = 5
"""How many of the events that happen at a time are explained; all are listed."""


@dataclass(frozen=True, slots=True)
class _Asked:
    """What of a feed is asked: one UID, or what happens at a time; and by whose clocks."""

    uid: str | None
    at: str | None
    zones: tuple[str, ...]

    @property
    def whole(self) -> bool:
        return self.uid is None and self.at is None


@click.command()
@config_option
@user_option
@click.option("--uid", help="Explain the event with this UID.")
@click.option(
    "--at", metavar="TIME", help="Explain what happens then: 2026-07-01T10:00, 2026-07-01T10:00Z, 2026-07-01."
)
@click.option("--as", "zones", multiple=True, metavar="ZONE", help="Show times by this zone's clock, too. Repeatable.")
@click.option("--json", "machine", is_flag=True, help="For programs.")
@click.argument("target")
def explain(
    *, file: Path | None, user: str | None, uid: str | None, at: str | None, zones: tuple[str, ...], machine: bool,
    target: str,
) -> None:  # fmt: skip
    """Say what was fetched from TARGET, which TZID became what and why, what was repaired, what went in and out.

    With --uid or --at: where an event stands, what its times mean, what each step did to it, what is served, when it
    happens next. TARGET is a file, a URL, or a subscription id. --at is by the clock of the first --as, unless it has
    an offset. Exit code 1: it is refused and there is nothing to serve.
    """
    if uid is not None and at is not None:
        raise BadRequest("--uid and --at: give one of them")
    asked = _Asked(uid, at, tuple(map(viewer, zones)))
    explanation, options = asyncio.run(_examined(target, file, credentials_of(user), asked))
    if explanation.report is None or asked.whole:
        if machine:
            write_json(as_json(explanation))
        else:
            click.echo(as_text(explanation, paint()), nl=False)
    else:
        _events(explanation, options, asked, machine=machine)
    if explanation.report is None:
        raise SystemExit(1)


def _events(explanation: Explanation, options: Options, asked: _Asked, *, machine: bool) -> None:
    base, body, calendar = explanation.base, explanation.body, explanation.calendar
    assert base is not None
    assert body is not None
    assert calendar is not None
    found: list[tuple[str, Instance]] = []
    uids = [asked.uid] if asked.uid is not None else []
    if asked.at is not None:
        found = happening(calendar, read_time(asked.at, asked.zones[0] if asked.zones else None))
        uids = list(dict.fromkeys(uid for uid, _ in found))[:EXPLAINED]
    now = utc_now()
    events = [explain_event(body, uid, base, options, now=now, own=explanation.own) for uid in uids]
    if machine:
        happens = [{"uid": uid, "title": each.title, "start": str(each.start)} for uid, each in found]
        shown = [event_formats.as_json(event, asked.zones) for event in events]
        write_json(
            came_as_json(explanation) | ({"happens": happens} if asked.at is not None else {}) | {"events": shown}
        )
        return
    colours = paint()
    for line in came_lines(explanation, colours):
        click.echo(line)
    if asked.at is not None:
        click.echo("")
        click.echo(colours.strong(f"{len(found)} happen" if len(found) != 1 else "1 happens"))
        for line in _happening(found, asked.zones):
            click.echo(line)
    for event in events:
        click.echo("")
        click.echo(event_formats.as_text(event, asked.zones, colours), nl=False)


def _happening(found: Sequence[tuple[str, Instance]], zones: Sequence[str]) -> list[str]:
    lines = []
    for uid, each in found:
        start = each.start
        when = seen_text(start.instant, zones[0]) if start.instant is not None and zones else str(start)
        lines.append(f"  {when}  {visible(each.title)}  UID {uid}")
    return lines


async def _examined(
    target: str, file: Path | None, credentials: Credentials | None, asked: _Asked
) -> tuple[Explanation, Options]:
    """Fetch what there is to look at, and look at it as the service does; a file as `feedproxy transform` does."""
    if is_file(target):
        return examine(target, await asyncio.to_thread(Path(target).read_bytes), checked=asked.whole), SERVED
    settings = read_settings(file)
    options = served_options(settings)
    if not is_url(target):
        return await _subscription(settings, subscription_of(target), credentials, checked=asked.whole), options
    fetched, failure = await _fetched(settings, FetchRequest(url=target, credentials=credentials))
    body = fetched.body if fetched else None
    explanation = examine(
        target,
        body,
        fetch=fetched,
        failure=failure,
        options=options,
        bounds=freshness_bounds(settings),
        checked=asked.whole,
    )
    return explanation, options


async def _subscription(
    settings: Settings, subscription_id: UUID, credentials: Credentials | None, *, checked: bool
) -> Explanation:
    looked = await looked_at(settings, subscription_id, credentials)
    wanted = looked.wanted
    fetched, failure = await _fetched(settings, request_for(looked))
    explanation = examine(
        str(subscription_id),
        fetched.body if fetched else None,
        own=Own(wanted.selection, looked.personal, wanted.naming),
        fetch=fetched,
        failure=failure,
        kept=looked.kept,
        loss_share=settings.loss_share,
        options=served_options(settings),
        bounds=freshness_bounds(settings),
        now=utc_now(),
        checked=checked,
    )
    return replace(
        explanation,
        hidden=len(looked.hidden),
        subscription=looked.subscription,
        health=looked.health,
        ended=wanted.ended,
    )


async def _fetched(settings: Settings, request: FetchRequest) -> tuple[Fetched | None, FetchFailed | None]:
    try:
        return await fetch(settings, request), None
    except FetchFailed as failure:
        return None, failure
