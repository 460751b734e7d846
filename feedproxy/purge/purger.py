"""The sender: changes are taken in at once, and sent behind, to each edge by itself.

Whoever reports a change never waits and never hears of trouble. Changes are gathered for a moment, so that many feeds
that change together cost an edge few requests. What fails is sent again after longer and longer pauses. An edge that
stays away costs no more memory than its bounded queue: of what leaves that, it learns when its copies have run out.

Each change is sent a second time a little later: a copy may have been on its way to the edge while we purged, or may
have come from another process that had not heard of the change yet.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection, Iterable
from contextlib import suppress
from typing import Self

from feedproxy.config import Edge
from feedproxy.errors import FetchFailed
from feedproxy.metrics import Metrics
from feedproxy.model import Changed
from feedproxy.policy.secrets import log_name
from feedproxy.purge.edges import MOST_TAGS, PurgeRequest, requests_for
from feedproxy.purge.waiting import Due, Waiting

GATHER_SECONDS = 0.05
LAST_SECONDS = 2.0
"""How long the end of the process waits for what was not sent yet."""
MOST_HELD = 10_000
LOGGED_FEEDS = 20

_log = logging.getLogger(__name__)


Send = Callable[[PurgeRequest], Awaitable[None]]
"""Sends a request to an edge and sees that it was done. Raises FetchFailed, nothing else."""


class Purger:
    """Tells edges, each given with its token, what has changed while it is open (an async context manager)."""

    def __init__(self, edges: Iterable[tuple[Edge, str]], send: Send, metrics: Metrics) -> None:
        self._senders = [_Sender(edge, token, send, metrics) for edge, token in edges]
        self._tasks: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> Self:
        loop = asyncio.get_running_loop()
        self._tasks = [loop.create_task(sender.run()) for sender in self._senders]
        return self

    async def __aexit__(self, *_: object) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        with suppress(TimeoutError):
            async with asyncio.timeout(LAST_SECONDS):
                await asyncio.gather(*(sender.finish() for sender in self._senders))

    def changed(self, changes: Collection[Changed]) -> None:
        """Take in what has changed."""
        for sender in self._senders:
            sender.add(changes)


class _Sender:
    """What one edge is told, and when."""

    def __init__(self, edge: Edge, token: str, send: Send, metrics: Metrics) -> None:
        self._edge = edge
        self._token = token
        self._send = send
        self._metrics = metrics
        self._waiting = Waiting(MOST_HELD)
        self._added = asyncio.Event()

    def add(self, changes: Collection[Changed]) -> None:
        """Take in what has changed."""
        if dropped := self._waiting.add(changes, now=_now()):
            self._given_up(dropped)
        self._added.set()

    async def run(self) -> None:
        """Send what is due, for ever."""
        while True:
            await self._something_is_due()
            await asyncio.sleep(GATHER_SECONDS)
            try:
                await self._send_all(self._waiting.take(MOST_TAGS, now=_now()))
            except Exception:  # noqa: BLE001 # whatever it is, the next change must be sent
                _log.exception("a purge could not be sent", extra={"fields": {"edge": self._edge.kind}})

    async def finish(self) -> None:
        """Send what waits, due or not, for the last time."""
        while batch := self._waiting.take(MOST_TAGS, now=float("inf")):
            for request in requests_for(self._edge, self._token, batch):
                with suppress(FetchFailed):
                    await self._send(request)

    async def _something_is_due(self) -> None:
        while (due := self._waiting.next_due()) is None or due > _now():
            self._added.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(None if due is None else due - _now()):
                    await self._added.wait()

    async def _send_all(self, batch: dict[Changed, Due]) -> None:
        try:
            for request in requests_for(self._edge, self._token, tuple(batch)):
                await self._send_one(request, {change: batch.pop(change) for change in request.changes})
        except asyncio.CancelledError:
            self.add(batch)
            raise

    async def _send_one(self, request: PurgeRequest, dues: dict[Changed, Due]) -> None:
        try:
            await self._send(request)
        except FetchFailed as failure:
            self._note("failed", dues, reason=failure.reason)
            now = _now()
            kept = [self._waiting.failed(*each, now=now, retry_after=failure.retry_after) for each in dues.items()]
            if dropped := kept.count(False):
                self._given_up(dropped)
        except asyncio.CancelledError:
            self.add(dues)
            raise
        else:
            self._note("sent", dues)
            for change, due in dues.items():
                self._waiting.sent(change, due, now=_now())

    def _note(self, result: str, changes: Collection[Changed], *, reason: str | None = None) -> None:
        self._metrics.purge(self._edge.kind, result, len(changes))
        feeds = list(dict.fromkeys(log_name(change.name) for change in changes))[:LOGGED_FEEDS]
        fields = {"edge": self._edge.kind, "count": len(changes), "feeds": feeds}
        if reason is None:
            _log.info("edge purged", extra={"fields": fields})
        else:
            _log.warning("edge not purged", extra={"fields": fields | {"reason": reason}})

    def _given_up(self, count: int) -> None:
        self._metrics.purge(self._edge.kind, "dropped", count)
        _log.warning("purges given up", extra={"fields": {"edge": self._edge.kind, "count": count}})


def _now() -> float:
    return asyncio.get_running_loop().time()
