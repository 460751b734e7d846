"""A large body reaches the client whole, and is never written as a whole."""

import asyncio
from unittest.mock import create_autospec

import pytest
from aiohttp import web
from aiohttp.http_writer import StreamWriter
from aiohttp.payload import Payload
from pytest_aiohttp.plugin import AiohttpClient

from feedproxy.web.sliced_body import SLICE, sliced

BODY = bytes(range(256)) * (SLICE // 64 + 1)


async def test_it_arrives_whole_with_its_length_in_slices(
    aiohttp_client: AiohttpClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    written: list[int] = []
    write = StreamWriter.write

    async def noted(self: StreamWriter, chunk: memoryview) -> None:
        written.append(len(chunk))
        await write(self, chunk)

    monkeypatch.setattr(StreamWriter, "write", noted)

    async def answer(_: web.Request) -> web.Response:
        return web.Response(body=sliced(BODY), content_type="text/calendar")

    app = web.Application()
    app.router.add_get("/", answer)
    client = await aiohttp_client(app)
    async with client.get("/") as got:
        assert await got.read() == BODY
        assert (got.headers["Content-Length"], got.content_type) == (str(len(BODY)), "text/calendar")
        assert "Content-Disposition" not in got.headers
    assert (sum(written), max(written)) == (len(BODY), SLICE)
    async with client.head("/") as told:
        assert told.headers["Content-Length"] == str(len(BODY))


async def test_others_have_their_turn_between_slices_however_fast_the_client_takes_them() -> None:
    turns: list[str] = []

    writer = create_autospec(StreamWriter, instance=True)
    writer.write.side_effect = lambda _: turns.append("slice")

    async def another() -> None:
        for _ in range(3):
            turns.append("another")
            await asyncio.sleep(0)

    body = sliced(bytes(3 * SLICE))
    assert isinstance(body, Payload)
    await asyncio.gather(body.write(writer), another())
    assert turns == ["slice", "another"] * 3


@pytest.mark.parametrize("octets", [0, 1, SLICE])
def test_what_is_no_longer_than_a_slice_is_left_as_it_is(octets: int) -> None:
    assert sliced(BODY[:octets]) == BODY[:octets]
