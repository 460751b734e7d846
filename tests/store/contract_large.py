"""What every store promises of values that are large: whole or not at all, and the event loop turns meanwhile."""

import asyncio
import random
from dataclasses import replace
from itertools import pairwise

import pytest

from feedproxy.model import Calendar, Frozen, LastGood
from feedproxy.store import PastLook, Store, pieces
from tests.store.contract import GOOD, MINUTE, NOW, opened
from tests.store.contract_history import FEED, a_look, bodies_of, note
from tests.store.contract_subscriptions import subscribe
from tests.turns import LONGEST, noted_turns


def noise(octets: int, seed: int = 0) -> bytes:
    """Return octets that deflating makes no fewer."""
    return random.Random(seed).randbytes(octets)


def good(body: bytes) -> LastGood:
    return replace(GOOD, body=body, digest=body[:9])


class LargeContract:
    """Beside `StoreContract`, whose fixtures it uses."""

    @pytest.mark.parametrize("octets", [0, 1, pieces.PIECE, pieces.PIECE + 1, 3 * pieces.PIECE + 7])
    async def test_a_body_of_any_length_comes_back_as_it_was(self, store: Store, other: Store, octets: int) -> None:
        """It is stored deflated; noise is some octets longer then."""
        small, large = replace(good(b"small"), digest=b"small"), good(noise(octets))
        assert await store.save_last_good(large, after=None) == 0
        assert await other.last_good("source") == large
        assert await store.save_last_good(small, after=large.digest) == 0
        assert await other.last_good("source") == small
        assert await store.save_last_good(large, after=small.digest, renew=True) == 1
        assert await other.last_good("source") == replace(large, generation=1)

    async def test_a_value_of_exactly_some_pieces_comes_back_as_it_was(self, store: Store, calendar: Calendar) -> None:
        for number in (1, 2):
            was = Frozen(noise(number * pieces.PIECE, number), NOW)
            subscription = (await subscribe(store, calendar)).subscription
            await store.deactivate({subscription.id: was}, by="", now=NOW)
            assert await store.frozen(subscription.id) == was

    async def test_a_large_body_that_comes_too_late_leaves_all_as_it_was(self, store: Store) -> None:
        first, second = good(noise(2 * pieces.PIECE, 1)), good(noise(3 * pieces.PIECE, 2))
        await store.save_last_good(first, after=None)
        assert await store.save_last_good(second, after=None) is None
        assert await store.save_last_good(second, after=b"another") is None
        assert await store.last_good("source") == first

    async def test_whoever_reads_meanwhile_reads_one_body_or_the_other(self, store: Store, other: Store) -> None:
        bodies = [good(noise((2 + n % 3) * pieces.PIECE, n)) for n in range(6)]
        await store.save_last_good(bodies[0], after=None)

        async def write() -> None:
            for before, after in pairwise(bodies):
                await store.save_last_good(after, after=before.digest)

        writing, read = asyncio.ensure_future(write()), []
        while not writing.done():
            read.append(await other.last_good("source"))
        await writing
        assert [each for each in read if each not in bodies] == []
        assert await other.last_good("source") == bodies[-1]

    async def test_large_bodies_of_the_past_come_back_however_many_are_noted_at_once(self, store: Store) -> None:
        bodies = [noise(2 * pieces.PIECE + n, n) for n in range(3)]
        await note(store, *(a_look(body, at=NOW + n * MINUTE) for n, body in enumerate(bodies)), a_look(b"small"))
        assert await bodies_of(store, *bodies, b"small", b"none") == [*bodies, b"small", None]

    async def test_large_feeds_are_frozen_however_many_end_at_once(self, store: Store, calendar: Calendar) -> None:
        ids = [(await subscribe(store, calendar)).subscription.id for _ in range(3)]
        feeds = {each: Frozen(noise(2 * pieces.PIECE, n), NOW) for n, each in enumerate(ids[:2])}
        await store.deactivate({**feeds, ids[2]: None}, by="", now=NOW)
        late = Frozen(noise(3 * pieces.PIECE, 9), NOW)
        for each in ids:
            await store.keep_frozen(each, late)
        assert [await store.frozen(each) for each in ids] == [*feeds.values(), late]

    async def test_the_first_feed_of_a_process_does_not_wait_for_its_statement_to_be_made(self, url: str) -> None:
        longest = []
        for _ in range(3):
            async with opened(url) as store:
                with noted_turns() as turns:
                    assert await store.last_good("source") is None
            longest.append(max(turns))
        assert min(longest) < LONGEST / 4

    async def test_nothing_holds_the_event_loop_for_long_while_15_megabytes_go_in_and_out(self, store: Store) -> None:
        """The driver of PostgreSQL takes 100 ms to send them at once, and 16 ms to read them."""
        bodies = [good(noise(15_000_000, n)) for n in range(2)]
        looks = [a_look(each.body) for each in bodies]
        before = replace(good(b"small"), digest=b"small")
        await store.save_last_good(before, after=None)

        async def go(after: LastGood, look: PastLook) -> None:
            assert look.fetch.digest is not None
            await store.save_last_good(after, after=before.digest)
            await note(store, look)
            assert await store.past_body(FEED, look.fetch.digest) is not None
            assert await store.last_good("source") is not None

        longest = []
        for n in range(4):  # in the first of them statements are made
            with noted_turns() as turns:
                await go(bodies[n % 2], looks[n % 2])
            longest.append(max(turns))
            before = bodies[n % 2]
        assert min(longest) < LONGEST
