"""An answer whose octets are all at hand, as aiohttp wants to be given one: written at once, nothing computed."""

from aiohttp import web
from aiohttp.abc import AbstractStreamWriter

from feedproxy.web.stamp import request_id
from feedproxy.web.warm_feeds import Question, WarmAnswer


class WarmResponse(web.StreamResponse):
    """An answer to a GET by HTTP/1.1 on a connection that stays open; for nothing else are the heads made."""

    def __init__(self, question: Question, answer: WarmAnswer) -> None:
        super().__init__(status=answer[0])
        self.question = question
        self.answer = answer
        self.request_id = ""
        self._request: web.BaseRequest | None = None
        self._octets = 0

    @property
    def keep_alive(self) -> bool:
        """Return True."""
        return True

    @property
    def body_length(self) -> int:
        """How many octets were sent, head and all, as aiohttp counts."""
        return self._octets

    async def prepare(self, request: web.BaseRequest) -> AbstractStreamWriter:
        """Take the request that is answered."""
        self._request = request
        self.request_id = request_id(request)
        return request.writer

    async def write_eof(self, data: bytes = b"") -> None:  # noqa: ARG002 # the body is in the answer
        """Send everything. Raises ConnectionError if the client has gone."""
        request = self._request
        assert request is not None
        if request.transport is None or request.transport.is_closing():
            raise ConnectionResetError("the client has gone")
        _, head, body, _, _ = self.answer
        head += self.request_id.encode() + b"\r\n\r\n"
        self._octets = len(head) + len(body)
        request.transport.writelines((head, body) if body else (head,))
        await request.writer.drain()
