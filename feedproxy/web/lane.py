"""The fast lane: a plain GET whose answer is ready is answered as it comes in, without aiohttp.

aiohttp parses a request, starts a task, routes, and builds a response, and that costs four times what reading the
request from the socket and writing the answer do. Here the octets themselves lead to the answer. It is taken only when
aiohttp waits for a request, all octets that it was ever given belong to requests that it has answered, and the client
takes what is sent; everything else is aiohttp's, as if there were no lane.

Whether aiohttp waits is not public. Its names that are used here are `_waiter`, `_messages`, `_upgraded`,
`_request_count` and `_next_keepalive_close_time`; `feedproxy.web.lane_check` tries once, at the start, whether they are
what they were.
"""

from collections.abc import Callable
from functools import lru_cache
from typing import Literal

from aiohttp import EMPTY_PAYLOAD, web

from feedproxy.web.access_log import AccessLog
from feedproxy.web.connection import ORDER_SECONDS, Connection, Patience
from feedproxy.web.crowd import Crowd
from feedproxy.web.plain_get import MAX_OCTETS, read_plain_get
from feedproxy.web.stamp import new_request_id
from feedproxy.web.warm_feeds import Question, WarmFeeds
from feedproxy.web.warm_response import send

REQUESTS = 1_024
"""So many different requests are kept read."""

_END = b"\r\n\r\n"


class Lane:
    """What the connections of a process have in common."""

    def __init__(self, warm: WarmFeeds, access_log: AccessLog) -> None:
        self.warm = warm
        self.access_log = access_log
        self.question = lru_cache(maxsize=REQUESTS)(self._read)

    def _read(self, octets: bytes) -> Question | None:
        plain = read_plain_get(octets)
        return self.warm.read(*plain) if plain is not None else None


class LaneConnection(Connection):
    """A client's connection with a fast lane."""

    __slots__ = ("_lane", "_pending")

    def __init__(
        self,
        manager: web.Server,
        crowd: Crowd,
        patience: Patience,
        access_log: AccessLog,
        ended: Callable[[str], None],
        *,
        lane: Lane,
    ) -> None:
        super().__init__(manager, crowd, patience, access_log, ended)
        self._lane = lane
        self._pending: Literal["nothing", "a head", "unknown"] = "nothing"

    @property
    def is_idle(self) -> bool:
        """Whether aiohttp waits for the first octet of a request."""
        waiter = self._waiter
        return (
            waiter is not None
            and not waiter.done()
            and self._pending == "nothing"
            and not self._upgraded
            and not self.writing_paused
        )

    @property
    def has_a_deadline(self) -> bool:
        """Whether aiohttp closes the connection if nothing is asked on it any more."""
        return self._next_keepalive_close_time > self._loop.time()

    def data_received(self, data: bytes) -> None:
        """Answer at once, or have aiohttp do it."""
        if len(data) <= MAX_OCTETS and self.is_idle:
            question = self._lane.question(data)
            if question is not None and self._answer(question):
                return
        before = self._request_count
        super().data_received(data)
        if self._pending != "unknown" and data:
            self._pending = self._pending_after(data, self._request_count - before)

    def _answer(self, question: Question) -> bool:
        """Send the answer, if it is ready, and note all that aiohttp notes of one."""
        transport, lane = self._peer, self._lane
        if transport is None or transport.is_closing():
            return False
        answer = lane.warm.answer(question)
        if answer is None:
            return False
        request_id = new_request_id()
        lane.access_log.at_once(answer, request_id, send(transport, answer, request_id))
        self._request_count += 1
        now = self._loop.time()
        self._next_keepalive_close_time = now + self._patience.idle
        if now - self._listed_at >= ORDER_SECONDS:
            self._wait_again(now)
        return True

    def _pending_after(self, data: bytes, requests: int) -> Literal["nothing", "a head", "unknown"]:
        """Say what aiohttp holds once it was given these octets and took so many requests out of them.

        One request without a body, and its only empty line is their end: then nothing.
        """
        if requests == 0:
            return "a head"
        whole = requests == 1 and data.find(_END) == len(data) - len(_END)
        if whole and self._messages and self._messages[-1][1] is EMPTY_PAYLOAD and not self._upgraded:
            return "nothing"
        return "unknown"
