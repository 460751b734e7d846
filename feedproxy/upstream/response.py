"""aiohttp's response, and two things that we want of it beside."""

import asyncio
from typing import Self

from aiohttp import ClientPayloadError, ClientResponse
from aiohttp.connector import Connection


class Response(ClientResponse):
    """A response that knows the IP address it came from, and whose body ends when its connection does."""

    address = ""

    async def start(self, connection: Connection) -> Self:
        """Read the head of the response."""
        transport, protocol = connection.transport, connection.protocol
        peer = transport.get_extra_info("peername") if transport is not None else None
        self.address = str(peer[0]) if peer else ""
        closed = protocol.closed if protocol is not None else None
        await super().start(connection)
        if closed is not None:
            self._end_with(closed)
        return self

    def _end_with(self, closed: asyncio.Future[None]) -> None:
        """Fail the body when the connection is gone before its end.

        aiohttp closes the connection on a chunk that it cannot parse, but leaves the reader waiting (3.14.5, C parser).
        """
        content = self.content

        def end(ended: asyncio.Future[None]) -> None:
            if not ended.cancelled():
                ended.exception()  # looked at, so that asyncio does not complain that nobody did
            if not content.is_eof() and content.exception() is None:
                content.set_exception(ClientPayloadError("the connection was closed"))

        def whole() -> None:
            closed.remove_done_callback(end)

        closed.add_done_callback(end)
        content.on_eof(whole)
