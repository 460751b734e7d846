"""The pages for operators come at once to people, and at a bounded pace to programs that poll them."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from feedproxy.errors import Unavailable
from feedproxy.web.ops.pace import AT_ONCE, MOST, WITHIN, Pace


class Time:
    """A time that passes only while somebody waits."""

    def __init__(self) -> None:
        self.began = self.now = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)

    async def sleep(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)
        await asyncio.sleep(0)

    @property
    def passed(self) -> timedelta:
        return self.now - self.began


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def pace(time: Time) -> Pace:
    return Pace(clock=lambda: time.now, sleep=time.sleep)


async def ask(pace: Pace, times: int) -> None:
    for _ in range(times):
        async with pace.turn():
            pass


async def test_a_persons_pages_come_at_once(pace: Pace, time: Time) -> None:
    await ask(pace, AT_ONCE)
    assert not time.passed
    time.now += WITHIN
    await ask(pace, AT_ONCE)
    assert time.passed == WITHIN


@pytest.mark.parametrize("programs", [1, 7])
async def test_programs_that_poll_without_a_pause_get_so_many_pages_and_no_more(
    pace: Pace, time: Time, programs: int
) -> None:
    await asyncio.gather(*(ask(pace, 10 * AT_ONCE) for _ in range(programs)))
    assert time.passed == (10 * programs - 1) * WITHIN


async def test_they_are_let_through_in_order_of_arrival(pace: Pace) -> None:
    let_through: list[int] = []

    async def ask_once(number: int) -> None:
        async with pace.turn():
            let_through.append(number)

    await asyncio.gather(*map(ask_once, range(2 * AT_ONCE)))
    assert let_through == list(range(2 * AT_ONCE))


async def test_when_too_many_wait_the_last_are_told_to_come_again(pace: Pace) -> None:
    answers = await asyncio.gather(*(ask(pace, 1) for _ in range(AT_ONCE + MOST + 3)), return_exceptions=True)
    assert [type(answer) for answer in answers] == [type(None)] * (AT_ONCE + MOST) + [Unavailable] * 3
    await ask(pace, 1)
