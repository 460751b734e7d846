"""A server on loopback that says what a test wants, octet for octet, and keeps what it was asked."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiohttp.abc import AbstractResolver, ResolveResult

Answer = bytes | Callable[["Asked", asyncio.StreamWriter], Awaitable[None]]


@dataclass(frozen=True)
class Asked:
    """A request: its target, its header fields by lower-case name, and its body."""

    target: str
    headers: dict[str, str]
    body: bytes = b""


@dataclass
class Server:
    """`answers` by target; one that is not there answers 404. `asked` is every request, `begun` is set by the first,
    and `ended` when the client closes its first connection."""

    port: int
    answers: dict[str, Answer]
    asked: list[Asked] = field(default_factory=list)
    begun: asyncio.Event = field(default_factory=asyncio.Event)
    ended: asyncio.Event = field(default_factory=asyncio.Event)

    def url(self, target: str = "/", host: str = "127.0.0.1") -> str:
        return f"http://{host}:{self.port}{target}"

    async def converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while asked := await _request(reader):
                self.asked.append(asked)
                self.begun.set()
                answer = self.answers.get(asked.target, plain(404))
                if isinstance(answer, bytes):
                    writer.write(answer)
                else:
                    await answer(asked, writer)
                await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            self.ended.set()
            writer.close()


async def _request(reader: asyncio.StreamReader) -> Asked | None:
    """Read a request; None for a TLS handshake, which no server without TLS talks to."""
    first = await reader.readexactly(1)
    if first == b"\x16":
        return None
    lines = (first + await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
    fields = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines[1:] if line)}
    return Asked(lines[0].split(" ")[1], fields, await reader.readexactly(int(fields.get("content-length", 0))))


@asynccontextmanager
async def serving(answers: dict[str, Answer] | Answer, *, host: str = "127.0.0.1") -> AsyncIterator[Server]:
    """Serve these answers, or one to `/`, on a free port."""
    state = Server(0, answers if isinstance(answers, dict) else {"/": answers})
    server = await asyncio.start_server(state.converse, host, 0)
    state.port = server.sockets[0].getsockname()[1]
    try:
        yield state
    finally:
        server.close()


def plain(status: int = 200, body: bytes = b"", **fields: str) -> bytes:
    """Write an answer with its Content-Length; `Retry_After` in `fields` is the field Retry-After."""
    head = [f"HTTP/1.1 {status} Whatever", f"Content-Length: {len(body)}"]
    head += [f"{name.replace('_', '-')}: {value}" for name, value in fields.items()]
    return "\r\n".join(head).encode() + b"\r\n\r\n" + body


def last_words(octets: bytes) -> Answer:
    """Send octets, whatever they are, and close."""

    async def answer(_: Asked, writer: asyncio.StreamWriter) -> None:
        writer.write(octets)
        await writer.drain()
        writer.close()

    return answer


class Names(AbstractResolver):
    """A DNS of the test's own: each name's answers, the last for good."""

    def __init__(self, **answers: list[list[str]]) -> None:
        self._answers = {name.replace("_", "."): list(lists) for name, lists in answers.items()}

    async def resolve(self, host: str, port: int = 0, family: int = 0) -> list[ResolveResult]:
        answers = self._answers[host]
        addresses = answers.pop(0) if len(answers) > 1 else answers[0]
        return [
            ResolveResult(hostname=host, host=address, port=port, family=family, proto=0, flags=0)
            for address in addresses
        ]

    async def close(self) -> None: ...
