"""A PostgreSQL server of the tests' own: fresh, on loopback, gone afterwards."""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import asyncpg

PASSWORD = "p@ss/w#rd?"  # what a URL must percent-encode

NO_SYNC = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")


@dataclass(frozen=True)
class PostgresServer:
    """A running server and the way to its databases."""

    port: int

    def url(self, database: str, *, password: str = PASSWORD) -> str:
        return f"postgresql://feedproxy:{quote(password, safe='')}@127.0.0.1:{self.port}/{database}"

    async def new_database(self, *, like: str = "template0") -> str:
        """Make a database, empty or like another to which nobody is connected; return its URL."""
        name = f"test_{uuid4().hex}"
        await self.execute("postgres", f"CREATE DATABASE {name} TEMPLATE {like}")
        return self.url(name)

    async def execute(self, database: str, statement: str) -> None:
        connection = await asyncpg.connect(self.url(database))
        try:
            await connection.execute(statement)
        finally:
            await connection.close()


@contextmanager
def running_postgres(initdb: Path) -> Iterator[PostgresServer]:
    """Start the server whose `initdb` this is; stop it and remove its data at the end."""
    folder = Path(tempfile.mkdtemp(prefix="feedproxy-postgres-", dir="/tmp"))  # another user can reach it there
    user = unprivileged_user()
    if user:
        os.chown(folder, user["user"], user["group"])
    try:
        make_cluster(initdb, folder, user)
        with running_server(initdb.resolve().parent, folder, user, end=signal.SIGQUIT) as server:
            yield server
    finally:
        shutil.rmtree(folder)


def unprivileged_user() -> dict[str, Any]:
    """Return whom the server must run as, in subprocess's words: PostgreSQL refuses to run as root."""
    if os.getuid() != 0:
        return {}
    known = {entry.pw_name: entry for entry in pwd.getpwall()}
    entry = known.get("postgres") or known["nobody"]
    return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}


def make_cluster(initdb: Path, folder: Path, user: dict[str, Any]) -> None:
    password_file = folder / "password"
    password_file.write_text(PASSWORD)
    options = ["--username=feedproxy", f"--pwfile={password_file}", "--auth=scram-sha-256", "--no-sync"]
    command = [str(initdb), *options, "--encoding=UTF8", "--locale=C", "-D", str(folder / "data")]
    subprocess.run(command, check=True, capture_output=True, cwd=folder, **user)


@dataclass
class MortalPostgres:
    """A server that can be killed and started again on its port; what it has acknowledged is then there."""

    programs: Path
    folder: Path
    user: dict[str, Any]
    server: PostgresServer
    _running: ExitStack = field(default_factory=ExitStack)

    def start(self) -> None:
        """Start it and wait until it answers."""
        running = running_server(
            self.programs, self.folder, self.user, port=self.server.port, no_sync=NO_SYNC[:1], end=signal.SIGQUIT
        )
        self._running.enter_context(running)

    def kill(self) -> None:
        """End it as a crash would: every session is cut, nothing is written any more."""
        self._running.close()


@contextmanager
def mortal_postgres(initdb: Path) -> Iterator[MortalPostgres]:
    """Start a server that may be killed; remove its data at the end."""
    folder = Path(tempfile.mkdtemp(prefix="feedproxy-postgres-", dir="/tmp"))
    user = unprivileged_user()
    if user:
        os.chown(folder, user["user"], user["group"])
    server = MortalPostgres(initdb.resolve().parent, folder, user, PostgresServer(free_port()))
    try:
        make_cluster(initdb, folder, user)
        server.start()
        yield server
    finally:
        server.kill()
        shutil.rmtree(folder)


@contextmanager
def running_server(
    programs: Path,
    folder: Path,
    user: dict[str, Any],
    *,
    port: int | None = None,
    no_sync: Sequence[str] = NO_SYNC,
    end: signal.Signals = signal.SIGINT,
) -> Iterator[PostgresServer]:
    """Run a server; SIGINT ends it in good order, cutting sessions, and SIGQUIT at once."""
    server = PostgresServer(port or free_port())
    settings = ("listen_addresses=127.0.0.1", f"port={server.port}", f"unix_socket_directories={folder}", *no_sync)
    options = [word for setting in settings for word in ("-c", setting)]
    with (
        (folder / "log").open("wb") as log,
        subprocess.Popen(
            [str(programs / "postgres"), "-D", str(folder / "data"), *options],
            stdout=log,
            stderr=log,
            cwd=folder,
            **user,
        ) as process,
    ):
        try:
            wait_until_ready(programs / "pg_isready", process, server.port, folder / "log")
            yield server
        finally:
            process.send_signal(end)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def wait_until_ready(pg_isready: Path, process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    deadline = time.monotonic() + 60
    while subprocess.run([str(pg_isready), "-q", "-h", "127.0.0.1", "-p", str(port)], check=False).returncode != 0:
        assert process.poll() is None, log.read_text()
        assert time.monotonic() < deadline, log.read_text()
        time.sleep(0.05)
