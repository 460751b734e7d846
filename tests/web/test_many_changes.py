"""Ten thousand feeds that change at once are told of in turns: whoever asks for another meanwhile is answered."""

import asyncio
from uuid import UUID

from feedproxy.web import keys
from tests.web.stage import Stage

IDS = [UUID(int=number) for number in range(10_000)]


class Turns:
    """Counts how often others had their turn."""

    def __init__(self) -> None:
        self.taken = 0
        self._task = asyncio.create_task(self._take())

    async def _take(self) -> None:
        while True:
            self.taken += 1
            await asyncio.sleep(0)

    def end(self) -> int:
        self._task.cancel()
        return self.taken


async def test_others_have_their_turn_while_feeds_are_told(stage: Stage) -> None:
    app = stage.client.app
    assert app is not None
    turns = Turns()
    await app[keys.FEEDS].changed(IDS)
    assert turns.end() >= len(IDS) // 250


async def test_a_feed_that_is_warm_is_served_meanwhile(stage: Stage) -> None:
    app = stage.client.app
    assert app is not None
    await stage.get()
    told = asyncio.create_task(app[keys.FEEDS].changed(IDS))
    answer = await stage.get()
    assert (answer.status, answer.headers["Cache-Status"].split(";")[1]) == (200, " hit")
    assert not told.done()
    await told
