"""`feedproxy serve`: the service, in this process or in several that share the port."""

import asyncio
import gc
import os
import signal
import socket
import sys
from pathlib import Path

import click
import uvloop

import feedproxy
from feedproxy.cli.clock import utc_now
from feedproxy.cli.settings import config_option, read_settings
from feedproxy.cli.workers import Supervisor
from feedproxy.config import Settings, effective
from feedproxy.web import logs, serving
from feedproxy.web.access_log import AccessLog
from feedproxy.web.app import create_app
from feedproxy.web.metrics import METRICS
from feedproxy.web.wanted_traces import wanted_traces

SWITCH_SECONDS = 0.001
"""For how long a thread that works on a large feed may hold the interpreter while requests wait."""
LOOKS_FOR_GARBAGE = (100, 50, 10)
"""How soon Python looks for garbage (`gc.set_threshold`): often, so that what is new is little. All threads wait
meanwhile: 5 ms when the lists of a feed of 20 MB were looked through at once, less than 1 ms this way."""


@click.command()
@config_option
@click.option("--host", help="Address to listen on.")
@click.option("--port", type=int, help="Port to listen on.")
@click.option("--workers", type=int, help="Processes that share the port.")
@click.option("--worker", is_flag=True, hidden=True, help="Be one of them; end when standard input does.")
def serve(file: Path | None, host: str | None, port: int | None, workers: int | None, worker: bool) -> None:
    """Serve until SIGTERM or Ctrl-C, then answer what is in flight and end."""
    settings = read_settings(file, {"host": host, "port": port, "workers": workers})
    buffer = logs.LogBuffer(sys.stderr)
    logs.configure(buffer, settings.log_level)
    try:
        if settings.workers > 1 and not worker:
            sys.exit(_supervise(settings, file))
        listener = serving.listen(settings.host, settings.port, shared=worker)
        uvloop.run(_serve(settings, listener, buffer, worker=worker))
    finally:
        buffer.flush()


def _supervise(settings: Settings, file: Path | None) -> int:
    serving.listen(settings.host, settings.port).close()
    holder = serving.listen(settings.host, settings.port, shared=True)
    port = holder.getsockname()[1]
    command = [sys.executable, "-m", "feedproxy", "serve", "--worker", "--host", settings.host, "--port", str(port)]
    command += ["--workers", str(settings.workers)] + (["--config", str(file)] if file else [])
    with holder:
        _announce(settings, holder)
        return asyncio.run(Supervisor(command, settings.workers, settings.stop_seconds).run())


async def _serve(settings: Settings, listener: socket.socket, buffer: logs.LogBuffer, *, worker: bool) -> None:
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    if worker:
        loop.add_reader(0, _stop_at_end_of_input, stop)
    app = create_app(settings, clock=utc_now)
    let_threads_turn()
    access_log = AccessLog(app[METRICS], buffer if settings.log_level in ("debug", "info") else None, utc_now)
    flushing = loop.create_task(logs.keep_flushing(buffer.flush, app[METRICS].count_tallies))
    try:
        await serving.serve(
            app,
            listener,
            settings,
            access_log,
            stop=stop,
            ready=lambda: None if worker else _announce(settings, listener),
            put_traces=wanted_traces(os.environ),
        )
    finally:
        flushing.cancel()
        app[METRICS].count_tallies()


def let_threads_turn() -> None:
    """Have no thread hold the others up for long. What is there by now stays, and is not looked through for garbage.

    To look through what Python has imported takes 95 ms each time.
    """
    sys.setswitchinterval(SWITCH_SECONDS)
    gc.set_threshold(*LOOKS_FOR_GARBAGE)
    gc.collect()
    gc.freeze()


def _stop_at_end_of_input(stop: asyncio.Event) -> None:
    if not os.read(0, 1):
        asyncio.get_running_loop().remove_reader(0)
        stop.set()


def _announce(settings: Settings, listener: socket.socket) -> None:
    shown = effective(settings)
    uses = f"database {shown['database_url']}, cache {shown['redis_url'] or 'in memory'}"
    click.echo(
        f"feedproxy {feedproxy.__version__} listens on {serving.url_of(listener)}, {uses}, "
        f"upstream {settings.upstream_url or 'none'}, workers {settings.workers}",
        err=True,
    )
