"""`python -m benchmarks.tokens [DATABASE_URL]`: what an OAuth2 token costs, by how many clients ask at once.

feedproxy runs as `feedproxy serve` does, on a SQLite file of its own, or on a PostgreSQL database that is migrated.
Each client asks for its next token as soon as it has one, over a connection that it keeps.
"""

import asyncio
import json
import os
import subprocess
import sys
from base64 import b64encode
from collections import defaultdict
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter

from benchmarks.slow_clients import cpu_seconds, free_port

CLIENTS = (1, 8, 16)
SECONDS = 1.0
ROUNDS = 5


@dataclass(frozen=True)
class Cost:
    """CPU seconds of the server a token, and tokens a second."""

    cpu: float
    rate: float


Application = tuple[bytes, bytes]
"""Client id and secret."""


class Client:
    """An application with a connection to the token endpoint."""

    def __init__(self, port: int, application: Application) -> None:
        self._port = port
        self._login = b64encode(b":".join(application))

    async def connect(self) -> None:
        """Open the connection."""
        self._reader, self._writer = await asyncio.open_connection("127.0.0.1", self._port)

    def close(self) -> None:
        """Close the connection."""
        self._writer.close()

    async def token(self, grant: bytes = b"grant_type=client_credentials") -> dict[str, str]:
        """Return what is answered to a grant."""
        head = b"POST /oauth2/token HTTP/1.1\r\nHost: localhost\r\nAuthorization: Basic %s\r\n" % self._login
        form = b"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: %d\r\n\r\n%s" % (len(grant), grant)
        self._writer.write(head + form)
        answer = await self._reader.readuntil(b"\r\n\r\n")
        assert answer.startswith(b"HTTP/1.1 200 "), answer
        length = next(int(line[15:]) for line in answer.split(b"\r\n") if line.lower().startswith(b"content-length:"))
        tokens: dict[str, str] = json.loads(await self._reader.readexactly(length))
        return tokens


async def credentials(client: Client, until: float) -> int:
    """Ask with the client's own credentials, again and again; return how many tokens that gave."""
    given = 0
    while perf_counter() < until:
        await client.token()
        given += 1
    return given


async def rotation(client: Client, until: float) -> int:
    """Ask with the refresh token of the answer before, again and again; return how many tokens that gave."""
    tokens, given = await client.token(), 0
    while perf_counter() < until:
        tokens = await client.token(b"grant_type=refresh_token&refresh_token=%s" % tokens["refresh_token"].encode())
        given += 1
    return given


GRANTS = {"client_credentials": credentials, "refresh_token": rotation}


async def measured(server: int, clients: list[Client], grant: str) -> Cost:
    """Ask with so many clients for some time."""
    began, used = perf_counter(), cpu_seconds(server)
    given = sum(await asyncio.gather(*[GRANTS[grant](client, began + SECONDS) for client in clients]))
    return Cost((cpu_seconds(server) - used) / given, given / (perf_counter() - began))


@asynccontextmanager
async def feedproxy(database: str) -> AsyncIterator[tuple[int, int, Application]]:
    """Run feedproxy on that database; give its process id and port, and an application of it."""
    with TemporaryDirectory() as folder:
        port = free_port()
        settings = {
            "FEEDPROXY_UPSTREAM_URL": "http://127.0.0.1:9",
            "FEEDPROXY_PORT": str(port),
            "FEEDPROXY_DATABASE_URL": database,
        }
        environment = os.environ | settings

        def command(*arguments: str) -> bytes:
            run = [sys.executable, "-m", "feedproxy", *arguments]
            return subprocess.run(run, cwd=folder, env=environment, check=True, capture_output=True).stdout  # noqa: S603 # ourselves

        code = f"bench{os.getpid()}"
        command("account", "add", code)
        (_, client_id), (_, secret) = (line.split() for line in command("application", "add", code).splitlines()[:2])
        server = await asyncio.create_subprocess_exec(
            *[sys.executable, "-m", "feedproxy", "serve"], cwd=folder, env=environment, stderr=subprocess.DEVNULL
        )
        try:
            await _listening(port)
            yield server.pid, port, (client_id, secret)
        finally:
            server.terminate()
            await server.wait()


async def _listening(port: int) -> None:
    async with asyncio.timeout(20):
        while True:
            with suppress(ConnectionError):
                _, writer = await asyncio.open_connection("127.0.0.1", port)
                writer.close()
                return
            await asyncio.sleep(0.1)


async def costs(database: str) -> dict[tuple[str, int], Cost]:
    """Measure each grant with each number of clients, in turn; return medians."""
    found: dict[tuple[str, int], list[Cost]] = defaultdict(list)
    async with feedproxy(database) as (server, port, application):
        clients = [Client(port, application) for _ in range(max(CLIENTS))]
        for client in clients:
            await client.connect()
        for _ in range(ROUNDS):
            for grant in GRANTS:
                for many in CLIENTS:
                    found[grant, many].append(await measured(server, clients[:many], grant))
        for client in clients:
            client.close()
    return {
        each: Cost(median(cost.cpu for cost in costs), median(cost.rate for cost in costs))
        for each, costs in found.items()
    }


def table(database: str = "sqlite:///feedproxy.db") -> Iterator[str]:
    """Iterate over the lines of the table."""
    yield f"| a token, {database.partition(':')[0]} | clients at once | CPU, must be 2 ms | a second, must be 200 |"
    yield "| --- | --- | --- | --- |"
    for (grant, many), cost in asyncio.run(costs(database)).items():
        yield f"| {grant} | {many} | {cost.cpu * 1e3:.2f} ms | {cost.rate:.0f} |"


if __name__ == "__main__":
    print(*table(*sys.argv[1:]), sep="\n")
