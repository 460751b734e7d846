"""An answer whose octets are all at hand: sent at once, nothing computed, and what aiohttp is told of it afterwards."""

import asyncio

from aiohttp import web
from aiohttp.abc import AbstractStreamWriter

from feedproxy.web.warm_feeds import Question, WarmAnswer

_END = b"\r\n\r\n"


def send(transport: asyncio.WriteTransport, answer: WarmAnswer, request_id: str) -> int:
    """Send an answer to a GET by HTTP/1.1 on a connection that stays open; return how many octets that were."""
    _, head, body, _, _ = answer
    head += request_id.encode() + _END
    if body:
        transport.writelines((head, body))
    else:
        transport.write(head)
    return len(head) + len(body)


class WarmResponse(web.StreamResponse):
    """What has been sent already when aiohttp is given it: one object for all answers of one status to a question."""

    def __init__(self, question: Question, status: int) -> None:
        super().__init__(status=status)
        self.question = question

    @property
    def keep_alive(self) -> bool:
        """Return True."""
        return True

    async def prepare(self, request: web.BaseRequest) -> AbstractStreamWriter:
        """Do nothing."""
        return request.writer

    async def write_eof(self, data: bytes = b"") -> None:
        """Do nothing."""
