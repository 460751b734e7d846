"""`feedproxy doctor`: what keeps it from running well here, each with what mends it."""

import asyncio
import json
import os
import resource
from collections.abc import Iterator
from pathlib import Path

import click

from feedproxy.cli.clock import utc_now
from feedproxy.cli.settings import config_option, read_settings
from feedproxy.config import DEFAULT_FILE, Settings
from feedproxy.errors import SettingsError
from feedproxy.ops import doctor as examination
from feedproxy.ops.doctor import Finding
from feedproxy.ops.surroundings import cache_finding, store_findings, upstream_findings
from feedproxy.store.examination import sqlite_file
from feedproxy.upstream import GuardedSession
from feedproxy.upstream.configured import egress_policy
from feedproxy.web.wanted_traces import traces_installed, traces_wanted
from tzmap import TZDATA_EDITION

_COLOURS = {"ok": "green", "warning": "yellow", "failure": "red"}


@click.command()
@config_option
@click.option("--json", "machine", is_flag=True, help="For programs.")
def doctor(file: Path | None, machine: bool) -> None:
    """Look at the settings and at all that feedproxy needs; say what is wrong, and what mends it.

    Nothing is changed. Exit code 1: something fails. Run it as the user that the service runs as.
    """
    findings = asyncio.run(_findings(file))
    report = examination.as_json(findings)
    if machine:
        click.echo(json.dumps(report, indent=2))
    else:
        for finding in findings:
            _show(finding)
    raise SystemExit(0 if report["ok"] else 1)


def _show(finding: Finding) -> None:
    level = click.style(f"{finding.level:<8}", fg=_COLOURS[finding.level], bold=finding.level == "failure")
    click.echo(f"{level} {finding.check:<13} {finding.text}")
    if finding.fix and finding.level != "ok":
        click.echo(f"{'':<22} fix: {finding.fix}")


async def _findings(file: Path | None) -> list[Finding]:
    read_from = file or (DEFAULT_FILE if DEFAULT_FILE.exists() else None)
    try:
        settings = read_settings(file)
    except SettingsError as error:
        return [Finding("settings", "failure", error.message, "`feedproxy config --table` lists what there is")]
    found = [Finding("settings", "ok", f"read from {read_from or 'the environment alone'}")]
    found += examination.settings_findings(
        settings, traces_missing=traces_wanted(os.environ) and not traces_installed()
    )
    found += examination.file_findings(dict(_secret_files(settings, read_from)))
    found += [each async for each in store_findings(settings, utc_now)]
    found.append(await cache_finding(settings))
    async with GuardedSession(egress_policy(settings, [settings.upstream_url] if settings.upstream_url else [])) as out:
        found += [each async for each in upstream_findings(settings, out, utc_now)]
    host, made_with = examination.host_edition(), examination.made_with_edition()
    found.append(examination.tzdata_finding(TZDATA_EDITION, made_with, host, now=utc_now()))
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    limit = None if hard == resource.RLIM_INFINITY else hard
    found.append(examination.files_finding(settings.max_connections, limit))
    return found


def _secret_files(settings: Settings, read_from: Path | None) -> Iterator[tuple[str, Path]]:
    if read_from is not None:
        yield "settings file", read_from
    database = sqlite_file(settings.database_url.get_secret_value())
    if database is not None and database.exists():
        yield "database", database
    for edge in settings.edges:
        if edge.token_file is not None:
            yield f"{edge.kind} token", edge.token_file
