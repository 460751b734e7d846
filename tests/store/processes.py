"""What the store tests run in processes of their own, and the way they are started.

They are forked from a server process that has imported the store already, which makes one in milliseconds.
"""

import asyncio
import multiprocessing
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from typing import Any
from uuid import UUID, uuid4

from feedproxy.model import Account, Calendar, EventDetails, Frozen, Subscriber, Wishes
from feedproxy.store import Store, open_store

NOW = datetime(2026, 3, 29, tzinfo=UTC)
LATER = NOW + timedelta(minutes=1)
SUBSCRIPTION = UUID("c0ffee00-0000-4000-8000-000000000001")
WISHES = Wishes(zone="UTC", include_events=("a",), exclude_external=("b",))
DAY = EventDetails("Day", date(2026, 1, 1), date(2026, 1, 2), "UTC")

context = multiprocessing.get_context("forkserver")
context.set_forkserver_preload(["feedproxy.store", "alembic.command", "sqlalchemy.dialects.sqlite"])


@contextmanager
def started(target: Callable[..., None], *arguments: Any) -> Iterator[tuple[BaseProcess, Connection]]:
    """Run `target(connection, *arguments)` in a process; give it and our end of the connection."""
    ours, theirs = context.Pipe()
    process = context.Process(target=target, args=(theirs, *arguments))
    process.start()
    theirs.close()
    try:
        yield process, ours
    finally:
        process.kill()
        process.join()
        process.close()
        ours.close()


def received(connection: Connection) -> list[Any]:
    """Return everything that the process has said until it ended."""
    said = []
    while True:
        try:
            said.append(connection.recv())
        except EOFError:
            return said


def put_events_until_killed(connection: Connection, url: str, account: Account, prefix: str) -> None:
    """Say the id of each event as soon as the store has acknowledged it."""

    async def put(store: Store) -> None:
        for number in range(100_000):
            event_id = f"{prefix}-{number}"
            await store.put_event(account, event_id, DAY, [SUBSCRIPTION], now=NOW)
            connection.send(event_id)

    asyncio.run(with_store(url, put))


def change_subscriptions_until_killed(connection: Connection, url: str, calendar: Calendar) -> None:
    """Make, change, fill, empty and end one subscription after the other; say what the store has acknowledged."""

    async def change(store: Store) -> None:
        while True:
            number = uuid4()
            made = await store.subscribe(
                calendar,
                id=number,
                method="webcal",
                state="active",
                subscriber=Subscriber("id-1"),
                wishes=Wishes(),
                login=None,
                events=[("a", DAY), ("b", DAY)],
                now=NOW,
            )
            connection.send((number, "made"))
            await store.change_subscription(made.subscription, subscriber=Subscriber("id-1"), wishes=WISHES, now=NOW)
            connection.send((number, "changed"))
            await store.put_event(calendar.account, str(number), DAY, [number], now=NOW)
            connection.send((number, "filled"))
            await store.delete_event(calendar.account, str(number), now=LATER)
            connection.send((number, "emptied"))
            await store.deactivate({number: Frozen(b"feed", NOW)}, by="DeactivatedById", now=LATER)
            connection.send((number, "ended"))

    asyncio.run(with_store(url, change))


def put_some_events(connection: Connection, url: str, account: Account, prefix: str) -> None:
    """Wait for the word, put 25 events, and say "done"."""

    async def put(store: Store) -> None:
        connection.recv()
        for number in range(25):
            await store.put_event(account, f"{prefix}-{number}", DAY, [SUBSCRIPTION, uuid4()], now=NOW)

    asyncio.run(with_store(url, put))
    connection.send("done")


def open_at_once(connection: Connection, url: str) -> None:
    """Wait for the word, open the store, and say "done"."""

    async def ping(store: Store) -> None:
        await store.ping()

    connection.recv()
    asyncio.run(with_store(url, ping))
    connection.send("done")


async def with_store(url: str, work: Callable[[Store], Awaitable[None]]) -> None:
    store = await open_store(url)
    try:
        await work(store)
    finally:
        await store.close()
