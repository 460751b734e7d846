"""The command line: one module a command, imported when it is called, so that `feedproxy transform` starts quickly.

Exit codes: 0 done, 1 no (a check failed), 2 asked wrongly or could not, 3 the feed is refused.
"""

import importlib

import click

import feedproxy
from feedproxy.errors import FeedproxyError, FeedRefused
from tzmap import CLDR_VERSION, TZDATA_EDITION

COMMANDS = {
    "account": "feedproxy.cli.account:account",
    "application": "feedproxy.cli.application:application",
    "calendar": "feedproxy.cli.calendar:calendar",
    "config": "feedproxy.cli.config:config",
    "demo": "feedproxy.cli.demo:demo",
    "diff": "feedproxy.cli.diff:diff",
    "doctor": "feedproxy.cli.doctor:doctor",
    "explain": "feedproxy.cli.explain:explain",
    "feed": "feedproxy.cli.feed:feed",
    "lint": "feedproxy.cli.lint:lint",
    "migrate": "feedproxy.cli.migrate:migrate",
    "serve": "feedproxy.cli.serve:serve",
    "source": "feedproxy.cli.source:source",
    "tag": "feedproxy.cli.tag:tag",
    "transform": "feedproxy.cli.transform:transform",
}


class Commands(click.Group):
    """The group of all commands. What feedproxy raises on purpose becomes one line and an exit code."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 # click's signature
        """Return the commands' names."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 # click's signature
        """Import a command."""
        if cmd_name not in COMMANDS:
            return None
        module, _, name = COMMANDS[cmd_name].partition(":")
        command: click.Command = getattr(importlib.import_module(module), name)
        return command

    def invoke(self, ctx: click.Context) -> object:
        """Run a command."""
        try:
            return super().invoke(ctx)
        except FeedproxyError as error:
            click.echo(f"feedproxy: {error.message}", err=True)
            ctx.exit(3 if isinstance(error, FeedRefused) else 2)
        except BrokenPipeError:
            raise
        except OSError as error:
            place = f"{error.filename}: " if error.filename else ""
            click.echo(f"feedproxy: {place}{(error.strerror or str(error)).lower()}", err=True)
            ctx.exit(2)


@click.command(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(
    feedproxy.__version__,
    message=f"feedproxy {feedproxy.__version__}, tzdata {TZDATA_EDITION}, CLDR {CLDR_VERSION}",
    help="Show the versions.",
)
def main() -> None:
    """Serve calendar feeds: right time, never empty, same bytes, explainable."""
