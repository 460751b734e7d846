"""What another process has accepted is in the next feed within two seconds, also when nobody could announce it."""

import asyncio
from datetime import timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from feedproxy.store import Store
from feedproxy.store.changes import Change
from feedproxy.web import heard_changes, keys
from feedproxy.web.heard_changes import SEQUENCES_KEPT, ChangeReader
from tests.store.contract import DENTIST
from tests.web.running import running, utc_now
from tests.web.stage import GAME, Stage, details_of


class Written:
    """Stands in for the store: changes by number, as they become visible."""

    def __init__(self) -> None:
        self.visible: dict[int, UUID] = {}

    def add(self, number: int) -> UUID:
        self.visible[number] = uuid4()
        return self.visible[number]

    async def newest_change(self) -> int:
        return max(self.visible, default=0)

    async def changes(self, after: int, missing: tuple[int, ...]) -> tuple[Change, ...]:
        found = sorted(number for number in self.visible if number > after or number in missing)
        return tuple(Change(number, frozenset({self.visible[number]})) for number in found)


def reader(written: Written) -> ChangeReader:
    return ChangeReader(written)  # type: ignore[arg-type]


async def test_each_change_is_read_once() -> None:
    written = Written()
    reading = reader(written)
    assert await reading.read() == frozenset()
    one, two = written.add(1), written.add(2)
    assert await reading.read() == {one, two}
    assert await reading.read() == frozenset()
    three = written.add(3)
    assert await reading.read() == {three}


async def test_a_number_that_others_have_overtaken_is_read_when_it_is_there() -> None:
    written = Written()
    reading = reader(written)
    for numbers in ([], [4], [2], [3, 6], [1, 5], []):
        added = {written.add(number) for number in numbers}
        assert await reading.read() == added


async def test_what_was_under_way_when_the_process_started_is_read() -> None:
    written = Written()
    written.add(1_000)
    reading = reader(written)
    await reading.read()
    late = written.add(999)
    assert await reading.read() == {late}


async def test_an_event_that_another_process_accepted_is_in_the_feed_within_two_seconds(stage: Stage) -> None:
    assert (await stage.get()).status == 200
    assert stage.client.app is not None
    store: Store = stage.client.app[keys.STORE]
    account = await store.add_account("CAL", now=stage.clock())
    await asyncio.sleep(0.1)
    await store.put_event(account, "booking", details_of("Your table"), [GAME], now=stage.clock())
    async with asyncio.timeout(2):
        while "SUMMARY:Your table\r\n" not in await (await stage.get()).text():  # noqa: ASYNC110 # nothing announces it
            await asyncio.sleep(0.05)


async def test_what_nobody_needs_any_more_is_forgotten(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What SEQUENCE an event had that was deleted long ago; not of one that was deleted just now."""
    monkeypatch.setattr(heard_changes, "FORGET_SECONDS", 0.01)
    long_ago = utc_now() - SEQUENCES_KEPT - timedelta(minutes=1)
    async with running(tmp_path) as service, asyncio.timeout(10):
        store = service.app[keys.STORE]
        account = await store.add_account("acme", now=long_ago)
        for event_id, deleted in ("new", utc_now()), ("old", long_ago):
            await store.put_event(account, event_id, DENTIST, [uuid4()], now=long_ago)
            await store.delete_event(account, event_id, now=deleted)
        for _ in range(500):
            if (await store.put_event(account, "old", DENTIST, [], now=long_ago)).event.sequence == 0:
                break
            await store.delete_event(account, "old", now=long_ago)
            await asyncio.sleep(0.01)
        else:
            raise AssertionError("what was deleted long ago is still known")
        assert (await store.put_event(account, "new", DENTIST, [], now=utc_now())).event.sequence == 1
