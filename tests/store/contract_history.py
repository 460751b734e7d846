"""What every store promises of the history of looks upstream, and of how feeds are doing."""

import asyncio
import hashlib
import zlib
from dataclasses import replace
from datetime import datetime

from feedproxy.model import FeedHealth, Health, PastFetch
from feedproxy.store import HealthChange, PastLook, Store
from tests.store.contract import MINUTE, NOW

FEED, OTHER = "0123456789abcdef" * 2, "f" * 32
FETCH = PastFetch(
    source=FEED,
    ended_at=NOW,
    seconds=0.125,
    result="fetched",
    decision="kept",
    reason="sharply-shrunk",
    status=200,
    etag='W/"1"',
    last_modified="yesterday",
    octets=4,
    events=7,
)


def a_look(
    body: bytes | None = None, *, source: str = FEED, at: datetime = NOW, health: Health = "ok", kept: bool = True
) -> PastLook:
    """Return a look at that time, with this body."""
    digest = hashlib.sha256(body).digest() if body is not None else None
    fetch = replace(FETCH, source=source, ended_at=at, digest=digest)
    deflated = zlib.compress(body) if body is not None and kept else None
    return PastLook(fetch, deflated, FeedHealth(source, health, at, at, None, at, 7))


async def note(store: Store, *looks: PastLook, fetches: int = 100, bodies: int = 100) -> tuple[HealthChange, ...]:
    return await store.note_looks(looks, fetches_kept=fetches, bodies_kept=bodies)


async def bodies_of(store: Store, *bodies: bytes) -> list[bytes | None]:
    """Look for bodies of FEED by their digests."""
    return [await store.past_body(FEED[:16], hashlib.sha256(body).digest()) for body in bodies]


class HistoryContract:
    """Beside `StoreContract`, whose fixtures it uses."""

    async def test_looks_come_back_as_they_were_the_newest_first(self, store: Store) -> None:
        first, second = a_look(b"one"), a_look(at=NOW + MINUTE)
        bare = PastFetch(FEED, NOW + 2 * MINUTE, 20.0, "timeout", "nothing")
        await note(store, first, second, replace(second, fetch=bare), a_look(source=OTHER))
        assert await store.past_fetches(FEED[:16], limit=9) == (bare, second.fetch, first.fetch)
        assert await store.past_fetches(FEED, limit=1) == (bare,)
        assert await store.past_fetches("0" * 16, limit=9) == ()

    async def test_so_many_fetches_of_each_source_stay(self, store: Store) -> None:
        looks = [a_look(at=NOW + n * MINUTE) for n in range(4)]
        await note(store, a_look(source=OTHER), *looks, fetches=3)
        assert await store.past_fetches(FEED, limit=9) == tuple(look.fetch for look in reversed(looks[1:]))
        assert len(await store.past_fetches(OTHER, limit=9)) == 1
        await note(store, a_look(source="e" * 32), fetches=0)
        assert await store.past_fetches("e" * 32, limit=9) == ()

    async def test_so_many_bodies_of_each_source_stay_and_one_that_comes_again_is_new(self, store: Store) -> None:
        looks = [a_look(body, at=NOW + n * MINUTE) for n, body in enumerate([b"one", b"two", b"one", b"three"])]
        await note(store, a_look(b"other", source=OTHER), *looks, bodies=2)
        assert await bodies_of(store, b"one", b"two", b"three", b"other") == [b"one", None, b"three", None]
        assert len(await store.kept_bodies(FEED[:16])) == 2
        assert len(await store.kept_bodies(OTHER)) == 1

    async def test_a_body_that_is_not_to_be_kept_is_not(self, store: Store) -> None:
        await note(store, a_look(b"secret", kept=False))
        assert await bodies_of(store, b"secret") == [None]
        (fetch,) = await store.past_fetches(FEED, limit=9)
        assert fetch.digest == hashlib.sha256(b"secret").digest()

    async def test_what_is_old_is_forgotten_and_the_oldest_bodies_beyond_the_room(self, store: Store) -> None:
        big = [bytes([n]) * 30 + hashlib.sha512(bytes([n])).digest() for n in range(4)]
        looks = [a_look(body, at=NOW + n * MINUTE, source=OTHER[:n] + FEED) for n, body in enumerate(big)]
        await note(store, *looks)
        room = sum(len(look.deflated_body or b"") for look in looks[2:])
        await store.forget_history(before=NOW + MINUTE, octets=room)
        found = [await store.kept_bodies(look.fetch.source) for look in looks]
        assert [len(each) for each in found] == [0, 0, 1, 1]
        assert [len(await store.past_fetches(look.fetch.source, limit=9)) for look in looks] == [0, 1, 1, 1]
        assert len(await store.feed_healths()) == 3

    async def test_a_change_of_health_is_told_once(self, store: Store) -> None:
        well, ill = a_look(), a_look(at=NOW + MINUTE, health="stale")
        assert await note(store, well) == (HealthChange(None, well.health),)
        assert await note(store, a_look(at=NOW + MINUTE)) == ()
        assert await note(store, ill) == (HealthChange("ok", ill.health),)
        assert await note(store, a_look(at=NOW + 2 * MINUTE, health="stale")) == ()
        (now,) = await store.feed_healths()
        assert (now.health, now.since, now.looked_at) == ("stale", NOW + MINUTE, NOW + 2 * MINUTE)

    async def test_of_many_who_see_a_change_at_once_one_is_told(self, store: Store) -> None:
        await note(store, a_look())
        told = await asyncio.gather(*(note(store, a_look(health="blocked")) for _ in range(8)))
        assert sum(map(len, told)) == 1

    async def test_feeds_are_counted_by_health_with_the_oldest_time_that_one_was_good(self, store: Store) -> None:
        old = a_look(source=OTHER, at=NOW - 60 * MINUTE, health="stale")
        never = a_look(source="e" * 32, health="stale")
        gone = a_look(source="d" * 32, at=NOW - 120 * MINUTE, health="blocked")
        await note(store, a_look(), old, replace(never, health=replace(never.health, last_good_at=None)), gone)
        since = NOW - 90 * MINUTE
        counted = await store.count_healths(looked_since=since)
        assert counted == {"ok": (1, NOW), "stale": (2, NOW - 60 * MINUTE)}
        assert len(await store.feed_healths(looked_since=since)) == 3
        (one,) = await store.feed_healths(feed=OTHER[:16])
        assert one == old.health

    async def test_feeds_are_listed_in_pages_those_first_that_have_been_so_for_longest(self, store: Store) -> None:
        names = [f"{n:x}" * 32 for n in range(10, 15)]
        looks = [a_look(source=name, at=NOW + (n // 2) * MINUTE) for n, name in enumerate(reversed(names))]
        await note(
            store, *looks[:3], *(replace(each, health=replace(each.health, health="stale")) for each in looks[3:])
        )
        every = await store.feed_healths()
        first = await store.healths_page(limit=2)
        second = await store.healths_page(after=(first[-1].since, first[-1].source), limit=9)
        assert (*first, *second) == every
        assert {each.health for each in await store.healths_page(health="stale", limit=9)} == {"stale"}
        assert len(await store.healths_page(health="stale", limit=9)) == 2
        assert [each.source for each in await store.healths_page(feed=names[0][:16], limit=9)] == names[:1]
