"""Several processes on one port: started, started again when they die, and ended together.

A worker has a pipe from here as its standard input and ends when that does, so none outlives its supervisor.
"""

import asyncio
import os
import signal
import tempfile
import time
from collections.abc import Sequence

import click
from prometheus_client.multiprocess import mark_process_dead

from feedproxy.web.metrics import SHARED_FOLDER

FIRST_WAIT = 0.5
LONGEST_WAIT = 30.0
STEADY_SECONDS = 60.0
"""A worker that lived so long is started again at once; others wait, twice as long each time. And after so long the
settings have been shown to be right: a worker that cannot start then does not end the others."""

CANNOT_START = 2
"""The exit code of a worker whose settings are wrong, or whose database is away."""

MERCY_SECONDS = 5.0


class Supervisor:
    """Keeps `count` processes of `command` running until SIGTERM or SIGINT."""

    def __init__(self, command: Sequence[str], count: int, stop_seconds: float) -> None:
        self._command = command
        self._count = count
        self._stop_seconds = stop_seconds
        self._stop = asyncio.Event()
        self._exit_code = 0
        self._began = time.monotonic()

    async def run(self) -> int:
        """Run the workers. Returns the exit code for this process."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stop.set)
        with tempfile.TemporaryDirectory(prefix="feedproxy-metrics-") as folder:
            environment = os.environ | {SHARED_FOLDER: folder}
            async with asyncio.TaskGroup() as group:
                for _ in range(self._count):
                    group.create_task(self._keep_one(environment))
        return self._exit_code

    async def _keep_one(self, environment: dict[str, str]) -> None:
        wait = FIRST_WAIT
        while not self._stop.is_set():
            began = time.monotonic()
            code = await self._run_one(environment)
            if code == CANNOT_START and time.monotonic() - self._began < STEADY_SECONDS:
                self._exit_code = code
                self._stop.set()
            if self._stop.is_set():
                return
            wait = FIRST_WAIT if time.monotonic() - began > STEADY_SECONDS else min(wait * 2, LONGEST_WAIT)
            click.echo(f"feedproxy: a worker ended with code {code}; the next starts in {wait:g} s", err=True)
            await self._stopped_within(wait)

    async def _run_one(self, environment: dict[str, str]) -> int:
        worker = await asyncio.create_subprocess_exec(
            *self._command, stdin=asyncio.subprocess.PIPE, env=environment, start_new_session=True
        )
        ended = asyncio.ensure_future(worker.wait())
        stopped = asyncio.ensure_future(self._stop.wait())
        await asyncio.wait((ended, stopped), return_when=asyncio.FIRST_COMPLETED)
        stopped.cancel()
        if not ended.done():
            worker.terminate()
            await asyncio.wait((ended,), timeout=self._stop_seconds + MERCY_SECONDS)
        if not ended.done():
            worker.kill()
        code = await ended
        mark_process_dead(worker.pid, environment[SHARED_FOLDER])  # type: ignore[no-untyped-call]
        return code

    async def _stopped_within(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._stop.wait()
        except TimeoutError:
            return
