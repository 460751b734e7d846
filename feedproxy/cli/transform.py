"""`feedproxy transform`: one feed in, one feed out, as a filter."""

import json
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

import click

from feedproxy.errors import BadRequest
from feedproxy.model import PersonalEvent
from feedproxy.transform import render
from feedproxy.web.calreply_models import read_events

NO_HISTORY = datetime(1970, 1, 1, tzinfo=UTC)
"""When the events of a file were made, as far as anybody knows: the same file gives the same octets."""


@click.command()
@click.argument("feed", type=click.File("rb"), default="-", metavar="[FILE|-]")
@click.option("--personal", type=click.File("rb"), help="JSON: events to merge in, as the API takes them.")
@click.option("--report", type=click.Path(dir_okay=False, path_type=Path), help="Write what was done here, as JSON.")
def transform(feed: BinaryIO, personal: BinaryIO | None, report: Path | None) -> None:
    """Transform the feed in FILE, or from standard input, and write it to standard output.

    Exit code 3: the input is no feed that may be served; standard error says why.
    """
    events = _events(personal.read()) if personal else ()
    rendered = render(feed.read(), personal=events)
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
