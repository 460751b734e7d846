"""Subscription events in the feeds of subscriptions that were made here: private ones too."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.web.subscribers import Service, running_service

EVENT = {"eventId": "booking", "title": "Table", "start": "2026-12-06T12:00:00", "timezone": "Eastern Standard Time"}


@pytest.fixture
async def service(tmp_path: Path) -> AsyncIterator[Service]:
    async with running_service(tmp_path) as service:
        yield service


async def test_an_event_comes_changes_and_goes(service: Service) -> None:
    ours = await service.subscribe()
    games = await service.titles(ours)
    body = {"event": EVENT, "subscriptionIds": [str(ours)]}
    assert (await service.ask("POST", "/subscriptionevent/acme", body))[0] == 202
    assert await service.titles(ours) == games | {"Table"}
    assert (await service.ask("POST", "/subscriptionevent/acme/update", EVENT | {"title": "Window"}))[0] == 202
    assert await service.titles(ours) == games | {"Window"}
    assert (await service.feed(ours))[1].count("SEQUENCE:1\r\n") == 1
    assert (await service.ask("DELETE", "/subscriptionevent/acme/booking"))[0] == 202
    assert await service.titles(ours) == games


async def test_a_private_event_stands_beside_the_accounts_of_the_same_id_and_goes_first(service: Service) -> None:
    ours = await service.subscribe(events=[EVENT | {"title": "Private"}])
    games = await service.titles(await service.subscribe())
    body = {"event": EVENT, "subscriptionIds": [str(ours)]}
    assert (await service.ask("POST", "/subscriptionevent/acme", body))[0] == 202
    assert await service.titles(ours) == games | {"Private", "Table"}
    path = f"/subscription/acme/{ours}/subscriptionevent/booking"
    assert (await service.ask("DELETE", path))[0] == 202
    assert await service.titles(ours) == games | {"Table"}
    assert (await service.ask("DELETE", path))[0] == 202
    assert await service.titles(ours) == games
    assert (await service.ask("DELETE", path))[0] == 400
