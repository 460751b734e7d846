"""What comes while a transaction is under way goes into the next, and nobody pays for another's mistake."""

import asyncio
from collections.abc import Sequence

import pytest

from feedproxy.errors import Unavailable
from feedproxy.store.together import MOST, Together


class Writer:
    """Writes numbers, as soon as the gate is open; a negative one cannot be written."""

    def __init__(self) -> None:
        self.gate = asyncio.Event()
        self.under_way = asyncio.Event()
        self.batches: list[list[int]] = []
        self.outage = False

    async def write(self, items: Sequence[int]) -> None:
        self.under_way.set()
        await self.gate.wait()
        self.batches.append(list(items))
        if self.outage:
            raise Unavailable("the database cannot be reached", retry_after=5)
        if min(items) < 0:
            raise ValueError(str(min(items)))


async def under_way(writer: Writer, items: Sequence[int]) -> list[asyncio.Task[None]]:
    """Begin to add the first item, and add the others once it is being written."""
    together = Together(writer.write)
    tasks = [asyncio.create_task(together.add(items[0]))]
    await writer.under_way.wait()
    tasks += [asyncio.create_task(together.add(item)) for item in items[1:]]
    await asyncio.sleep(0)
    writer.gate.set()
    return tasks


async def test_what_comes_meanwhile_is_written_together_and_in_order() -> None:
    writer = Writer()
    await asyncio.gather(*await under_way(writer, range(20)))
    assert writer.batches == [[0], [*range(1, 20)]]


async def test_no_transaction_grows_without_end() -> None:
    writer = Writer()
    await asyncio.gather(*await under_way(writer, range(2 * MOST + 2)))
    assert list(map(len, writer.batches)) == [1, MOST, MOST, 1]


async def test_one_that_cannot_be_written_spoils_no_other() -> None:
    writer = Writer()
    results = await asyncio.gather(*await under_way(writer, [0, 1, -2, 3]), return_exceptions=True)
    assert [type(result) for result in results] == [type(None), type(None), ValueError, type(None)]
    assert writer.batches == [[0], [1, -2, 3], [1], [-2], [3]]


async def test_an_outage_is_told_to_all_and_tried_once() -> None:
    writer = Writer()
    writer.outage = True
    results = await asyncio.gather(*await under_way(writer, [0, 1, 2]), return_exceptions=True)
    assert {type(result) for result in results} == {Unavailable}
    assert writer.batches == [[0], [1, 2]]


async def test_a_caller_that_leaves_keeps_nothing_from_being_written() -> None:
    writer = Writer()
    together = Together(writer.write)
    first = asyncio.create_task(together.add(0))
    await writer.under_way.wait()
    second = asyncio.create_task(together.add(1))
    await asyncio.sleep(0)
    for task in first, second:
        task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first
    writer.gate.set()
    await together.close()
    assert writer.batches == [[0], [1]]
    await together.add(2)
    assert writer.batches[2:] == [[2]]
