"""`feedproxy diff`: what another body of a feed means for those who look at it."""

from pathlib import Path

import click

from feedproxy.cli.settings import config_option, read_settings
from feedproxy.cli.target import body_of, credentials_of, paint, user_option, write_json
from feedproxy.errors import BadRequest, FeedRefused
from feedproxy.ops.diff import compare
from feedproxy.ops.diff_formats import as_json, as_text


@click.command()
@config_option
@user_option
@click.option("--json", "machine", is_flag=True, help="For programs.")
@click.argument("before", metavar="A")
@click.argument("after", metavar="B")
def diff(*, file: Path | None, user: str | None, machine: bool, before: str, after: str) -> None:
    """Say what B means for those who look at A: events added, removed, moved to another instant, changed.

    A and B are files, URLs, or subscription ids: ID as it is fetched now, ID@last as it was last good, ID@served as it
    is served. Exit code 0: the same, or only churn; 1: they differ; 2: one of them could not be looked at.
    """
    settings, credentials = read_settings(file), credentials_of(user)
    bodies = [body_of(each, settings, credentials) for each in (before, after)]
    try:
        difference = compare((before, after), bodies[0], bodies[1])
    except FeedRefused as refusal:
        raise BadRequest(refusal.message) from None
    if machine:
        write_json(as_json(difference))
    else:
        click.echo(as_text(difference, paint()), nl=False)
    if difference.differs:
        raise SystemExit(1)
