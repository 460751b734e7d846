"""How long the event loop is held at once."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from time import thread_time

import pytest

LONGEST = 0.005
"""Seconds for which nothing holds the event loop."""


@contextmanager
def noted_turns() -> Iterator[list[float]]:
    """Give a list that gets the seconds of processor time that each callback of the event loop takes."""
    turns: list[float] = []
    run = asyncio.Handle._run

    def noted(handle: asyncio.Handle) -> None:
        began = thread_time()
        run(handle)
        turns.append(thread_time() - began)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(asyncio.Handle, "_run", noted)
        yield turns
