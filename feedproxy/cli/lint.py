"""`feedproxy lint`: what is wrong with a feed, and which calendar apps it hurts."""

from pathlib import Path

import click

from feedproxy.cli.settings import config_option, read_settings
from feedproxy.cli.target import body_of, credentials_of, paint, user_option, write_json
from feedproxy.ops import lint as linting
from feedproxy.ops.lint_formats import as_github, as_json, as_sarif, as_text, rule_as_json, table
from feedproxy.ops.rules import RULES, SEVERITIES
from feedproxy.transform import Options


@click.command()
@config_option
@user_option
@click.option("--format", "shape", type=click.Choice(["text", "json", "github", "sarif"]), default="text")
@click.option(
    "--fail-on",
    type=click.Choice([*SEVERITIES, "never"]),
    default="error",
    show_default=True,
    help="The least severity for which the exit code is 1.",
)
@click.option("--rules", "list_rules", is_flag=True, help="List the rules instead.")
@click.argument("target", required=False)
def lint(
    *, file: Path | None, user: str | None, shape: str, fail_on: str, list_rules: bool, target: str | None
) -> None:
    """Say what is wrong with TARGET, line by line, which calendar apps it hurts, and what helps.

    TARGET is a file, a URL, a subscription id as fetched now, or ID@last as it was last good. Exit code 1: something is
    as grave as --fail-on says; 2: it could not be looked at.
    """
    if list_rules:
        if shape == "json":
            write_json([rule_as_json(rule) for rule in RULES.values()])
        else:
            click.echo(table(paint()), nl=False)
        return
    if target is None:
        raise click.UsageError("name a file, a URL or a subscription id; or give --rules")
    body = body_of(target, read_settings(file), credentials_of(user))
    found = linting.lint(target, body, Options())
    match shape:
        case "json":
            write_json(as_json(found))
        case "sarif":
            write_json(as_sarif(found))
        case "github":
            click.echo(as_github(found), nl=False)
        case _:
            click.echo(as_text(found, paint()), nl=False)
    worst = found.worst()
    if worst is not None and fail_on in SEVERITIES[SEVERITIES.index(worst) :]:
        raise SystemExit(1)
