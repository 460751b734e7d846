"""`kill -9` right after the 202 loses nothing that was acknowledged."""

import os
import signal

from aiohttp import ClientConnectionError, ClientSession, encode_basic_auth

from tests.cli.program import serving
from tests.servers.service import PUBLIC, Service

ROUNDS = 5


async def bearer(session: ClientSession, url: str, service: Service) -> dict[str, str]:
    login = {"Authorization": encode_basic_auth(service.client_id, service.client_secret)}
    grant = {"grant_type": "client_credentials"}
    async with session.post(f"{url}/oauth2/token", data=grant, headers=login, raise_for_status=True) as answer:
        return {"Authorization": f"Bearer {(await answer.json())['access_token']}"}


async def post_events_until_killed(
    session: ClientSession, url: str, pid: int, service: Service, round_: int
) -> list[str]:
    """Post events one after the other and kill the service behind the third 202. Return what was acknowledged."""
    headers = await bearer(session, url, service)
    acknowledged: list[str] = []
    for n in range(10):
        name = f"event-{round_}-{n}"
        event = {
            "eventId": name,
            "title": name,
            "start": "2026-12-01T09:00:00",
            "timezone": "AUS Eastern Standard Time",
        }
        body = {"event": event, "subscriptionIds": [str(PUBLIC)]}
        try:
            async with session.post(f"{url}/v1/subscriptionevent/BEARS", json=body, headers=headers) as answer:
                assert answer.status == 202
                assert await answer.read() == b""
        except ClientConnectionError:
            return acknowledged
        acknowledged.append(name)
        if n == 2:
            os.kill(pid, signal.SIGKILL)
    raise AssertionError("the service outlived SIGKILL")


async def test_kill_9_behind_the_202_loses_nothing(service: Service) -> None:
    acknowledged: list[str] = []
    async with ClientSession() as session:
        acknowledged += await post_events_until_killed(session, service.url, service.pid, service, 0)
        for round_ in range(1, ROUNDS):
            async with serving(service.folder, extra=service.settings) as (process, url):
                acknowledged += await post_events_until_killed(session, url, process.pid, service, round_)
        async with serving(service.folder, extra=service.settings) as (_, url):
            body = await (await session.get(f"{url}/v1/webcal/{PUBLIC}")).text()
    assert len(acknowledged) >= 3 * ROUNDS
    assert [name for name in acknowledged if f"SUMMARY:{name}\r\n" not in body] == []
