"""`feedproxy demo`: see it work, with nothing but this package."""

import asyncio
import io
import shlex
import signal
import sys
import tempfile
from pathlib import Path

import click
import uvloop
from aiohttp import ClientSession

from feedproxy.cli.clock import utc_now
from feedproxy.demo.check import check
from feedproxy.demo.lines import lines
from feedproxy.demo.stage import attach_event, stage
from feedproxy.web import logs


@click.command()
@click.option("--check", "once", is_flag=True, help="Try everything once, print a short report, exit 0 or 1.")
@click.option("--port", type=int, help="Port of feedproxy; 8080, or a free one if that is taken.")
def demo(once: bool, port: int | None) -> None:
    """Serve sample feeds from a stand-in upstream and print lines to paste."""
    with tempfile.TemporaryDirectory(prefix="feedproxy-demo-") as folder:
        if once:
            sys.exit(0 if uvloop.run(_check(Path(folder), port)) else 1)
        uvloop.run(_show(Path(folder), port))
    click.echo("Stopped; nothing is left behind.")


async def _check(folder: Path, port: int | None) -> bool:
    buffer = logs.LogBuffer(io.StringIO())
    logs.configure(buffer, "warning")
    kept = True
    async with stage(folder, port, buffer, utc_now) as running:
        async for finding in check(running):
            kept = kept and finding.kept
            click.echo(f"{'ok  ' if finding.kept else 'FAIL'}  {finding.promise}  ({finding.seen})")
    click.echo("The demo works." if kept else "The demo does not work.")
    return kept


async def _show(folder: Path, port: int | None) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    buffer = logs.LogBuffer(sys.stderr)
    logs.configure(buffer, "info")
    async with stage(folder, port, buffer, utc_now) as running, ClientSession() as session:
        await attach_event(session, running)
        click.echo(lines(running, _this_command()))
        flushing = asyncio.ensure_future(logs.keep_flushing(buffer.flush))
        await stop.wait()
        flushing.cancel()
    buffer.flush()


def _this_command() -> str:
    program = Path(sys.argv[0])
    return shlex.quote(str(program)) if program.name == "feedproxy" else f"{shlex.quote(sys.executable)} -m feedproxy"
