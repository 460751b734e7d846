"""`feedproxy transform`: one feed in, or several joined, one feed out, as a filter."""

import json
import sys
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, BinaryIO

import click

from feedproxy.cli.clock import utc_now
from feedproxy.errors import BadRequest
from feedproxy.model import PersonalEvent
from feedproxy.transform import Options, assemble, index_joined, stream
from feedproxy.transform.chosen import chosen_steps
from feedproxy.transform.matching import Match
from feedproxy.transform.profiles import PROFILES, profile
from feedproxy.transform.revision import Revision
from feedproxy.transform.rewrite import Prefix, Replace
from feedproxy.transform.selection import Selection
from feedproxy.web.calreply_models import read_events

NO_HISTORY = datetime(1970, 1, 1, tzinfo=UTC)
"""When the events of a file were made, as far as anybody knows: the same file gives the same octets."""


class PropertyAndText(click.ParamType[tuple[str, str]]):
    """`PROPERTY=TEXT` as a pair."""

    name = "property=text"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, str]:
        """Take the value apart at its first `=`."""
        name, equals, text = str(value).partition("=")
        if not equals or not name.strip():
            self.fail(f"{value!r} is not PROPERTY=TEXT, as SUMMARY=training is", param, ctx)
        return name.strip().upper(), text


class Day(click.ParamType[date]):
    """A date, or how many days ago it was."""

    name = "date|days"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> date:
        """Read 2026-01-31, or 365."""
        try:
            return (utc_now() - timedelta(days=int(value))).date() if value.isdecimal() else date.fromisoformat(value)
        except (ValueError, OverflowError):
            self.fail(f"{value!r} is no date such as 2026-01-31, and no number of days", param, ctx)


@click.command()
@click.argument("feeds", type=click.File("rb"), nargs=-1, metavar="[FILE|-]...")
@click.option("--personal", type=click.File("rb"), help="JSON: events to merge in, as the API takes them.")
@click.option("--report", type=click.Path(dir_okay=False, path_type=Path), help="Write what was done here, as JSON.")
@click.option("--name", default="", help="What the calendar is called.")
@click.option("--include", multiple=True, metavar="ID", help="Only this event: UID, X-EXTERNAL-ID or GUID. Repeatable.")
@click.option("--exclude", multiple=True, metavar="ID", help="Not this event. Repeatable.")
@click.option("--tag", "tags", multiple=True, help="Only events with this among their CATEGORIES, or another --tag.")
@click.option("--time-zone", "zone", default="", help="Only events of this time zone, and those of none.")
@click.option(
    "--match", "matches", multiple=True, type=PropertyAndText(), help="Only events in which this RE2 is found."
)
@click.option("--no-match", "mismatches", multiple=True, type=PropertyAndText(), help="No event in which it is found.")
@click.option("--since", type=Day(), help="No event that had ended before that day, or so many days ago.")
@click.option("--prefix", "prefixes", multiple=True, type=PropertyAndText(), help="Put TEXT before the property's.")
@click.option("--replace", "replacements", multiple=True, nargs=3, metavar="PROPERTY OLD NEW", help="Put NEW for OLD.")
@click.option("--drop-alarms", is_flag=True, help="Leave out the alarms.")
@click.option("--busy-only", is_flag=True, help="Leave out everything but times.")
@click.option("--profile", "client", type=click.Choice(sorted(PROFILES)), help="Whose app the feed is for.")
@click.option("--revision", type=click.IntRange(1, 1_000_000), default=1, help="Raise it when you change the others.")
def transform(
    *,
    feeds: Sequence[BinaryIO],
    personal: BinaryIO | None,
    report: Path | None,
    name: str,
    include: Sequence[str],
    exclude: Sequence[str],
    tags: Sequence[str],
    zone: str,
    matches: Sequence[tuple[str, str]],
    mismatches: Sequence[tuple[str, str]],
    since: date | None,
    prefixes: Sequence[tuple[str, str]],
    replacements: Sequence[tuple[str, str, str]],
    drop_alarms: bool,
    busy_only: bool,
    client: str | None,
    revision: int,
) -> None:
    """Transform the feed in FILE, or from standard input, and write it to standard output. Several are joined.

    What is filtered and rewritten is the feed's; personal events stay as they are given. Exit code 3: the input is no
    feed that may be served; standard error says why.
    """
    steps = chosen_steps(
        since=since,
        rewrites=[*(Prefix(*pair) for pair in prefixes), *(Replace(*three) for three in replacements)],
        selection=Selection(frozenset(include), frozenset(exclude), frozenset(tags), zone),
        matches=[*(Match(*pair) for pair in matches), *(Match(*pair, wanted=False) for pair in mismatches)],
        without_alarms=drop_alarms,
        only_busy=busy_only,
    )
    options = Options(steps=steps, revision=Revision(revision), profile=profile(client or ""))
    events = _events(personal.read()) if personal else ()
    bodies = [feed.read() for feed in feeds or [sys.stdin.buffer]]
    if len(bodies) == 1 and not name and not report:
        for octets in stream(bodies[0], personal=events, options=options):
            sys.stdout.buffer.write(octets)
        sys.stdout.buffer.flush()
        return
    rendered = assemble(index_joined(bodies, options, name), events, options)
    sys.stdout.buffer.write(rendered.body)
    sys.stdout.buffer.flush()
    if report:
        report.write_text(json.dumps(rendered.report.to_json(), indent=2, ensure_ascii=False) + "\n", "utf-8")


def _events(octets: bytes) -> Sequence[PersonalEvent]:
    try:
        value = json.loads(octets)
    except ValueError as error:
        raise BadRequest(f"--personal: is not JSON: {error}") from None
    return read_events(value, now=NO_HISTORY)
