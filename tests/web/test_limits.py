"""Who asks too often, or with too many wrong secrets, is told so, and when to come back; nobody else notices."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientResponse

from tests.web.calreply import basic
from tests.web.subscribers import SECRET, Service, prefer, running_service

ACME = b"app-of-acme"
RIGHT = basic(ACME)
GRANT = {"grant_type": "client_credentials"}
ADMIN_TOKEN = "not-a-secret-of-the-administrator"
TOO_OFTEN = "this application may ask 2 times a minute"
ENDPOINTS = ("/oauth2/token", "/oauth2/revoke", "/oauth2/introspect")
SHARED = {"X-Forwarded-For": "192.0.2.7"}
ELSEWHERE = {"X-Forwarded-For": "198.51.100.7"}


@pytest.fixture
async def service(tmp_path: Path) -> AsyncIterator[Service]:
    settings = {"login_attempts": 2, "admin_token": ADMIN_TOKEN, "trusted_proxies": ["127.0.0.0/8"]}
    async with running_service(tmp_path, **settings) as service:
        yield service


async def post(service: Service, path: str, body: Any, headers: dict[str, str]) -> ClientResponse:
    answer = await service.client.post(path, data=body, headers={**SHARED, **headers})
    await answer.read()
    return answer


def wrong(number: int) -> dict[str, str]:
    return basic(ACME, b"guess-%d" % number)


class TestWrongSecretsOfApplications:
    @pytest.mark.parametrize("path", ENDPOINTS)
    async def test_are_429_after_some(self, service: Service, path: str) -> None:
        answers = [await post(service, path, GRANT, wrong(number)) for number in range(3)]
        assert [answer.status for answer in answers] == [401, 401, 429]
        assert answers[2].headers["Retry-After"] == "300"
        assert answers[2].headers["Cache-Control"] == "no-store"
        said = await answers[2].json()
        assert (list(said), said["error"]) == (["error", "error_description"], "invalid_client")

    async def test_count_in_a_body_too(self, service: Service) -> None:
        bodies = [{**GRANT, "client_id": ACME.decode(), "client_secret": f"guess-{number}"} for number in range(3)]
        assert [(await post(service, ENDPOINTS[0], body, {})).status for body in bodies] == [400, 400, 429]

    async def test_hinder_no_right_one(self, service: Service) -> None:
        for number in range(3):
            last = await post(service, ENDPOINTS[0], GRANT, wrong(number))
        assert last.status == 429
        assert (await post(service, ENDPOINTS[0], GRANT, RIGHT)).status == 200
        by_body = {**GRANT, "client_id": ACME.decode(), "client_secret": SECRET}
        assert (await post(service, ENDPOINTS[0], by_body, {})).status == 200

    async def test_that_stay_the_same_are_one(self, service: Service) -> None:
        answers = [await post(service, path, GRANT, wrong(0)) for path in ENDPOINTS * 2]
        assert {answer.status for answer in answers} == {401}

    async def test_count_for_that_network_that_application_and_a_while_only(self, service: Service) -> None:
        for number in range(3):
            last = await post(service, ENDPOINTS[0], GRANT, wrong(number))
        assert last.status == 429
        assert (await post(service, ENDPOINTS[0], GRANT, {**wrong(3), **ELSEWHERE})).status == 401
        assert (await post(service, ENDPOINTS[0], GRANT, basic(b"app-of-Other", b"guess"))).status == 401
        service.clock.wind(seconds=299)
        assert (await post(service, ENDPOINTS[0], GRANT, wrong(4))).headers["Retry-After"] == "1"
        service.clock.wind(seconds=1)
        assert (await post(service, ENDPOINTS[0], GRANT, wrong(4))).status == 401


class TestTheAdministratorsToken:
    @staticmethod
    async def ask(service: Service, *headers: tuple[str, str]) -> ClientResponse:
        return await service.client.get("/admin/accounts", headers={**SHARED, **dict(headers)})

    async def test_may_be_guessed_a_few_times_and_the_right_one_always_passes(self, service: Service) -> None:
        answers = [await self.ask(service, ("Authorization", f"Bearer guess-{number}")) for number in (0, 0, 1, 2)]
        assert [answer.status for answer in answers] == [401, 401, 401, 429]
        assert answers[3].headers["Retry-After"] == "300"
        said = await answers[3].json()
        assert (said["statusCode"], said["errors"][0]["code"]) == (429, "TooManyRequests")
        assert (await self.ask(service, ("Authorization", f"Bearer {ADMIN_TOKEN}"))).status == 200
        service.clock.wind(seconds=300)
        assert (await self.ask(service, ("Authorization", "Bearer guess-3"))).status == 401

    async def test_is_not_guessed_by_who_sends_none(self, service: Service) -> None:
        for headers in ((), (("Authorization", "Basic eDp5"),), (("Authorization", "Bearer "),)) * 2:
            assert (await self.ask(service, *headers)).status == 401
        answers = [await self.ask(service, ("Authorization", f"Bearer guess-{number}")) for number in range(3)]
        assert [answer.status for answer in answers] == [401, 401, 429]


class TestAnApplicationsRequests:
    @pytest.mark.parametrize(
        ("method", "path", "error"),
        [
            ("GET", "/subscription/11111111-2222-4333-8444-555555555555", ["tooManyRequests", TOO_OFTEN]),
            ("PUT", "/subscription/acme/games/x", {"Code": "TooManyRequests", "Reason": TOO_OFTEN}),
            ("POST", "/subscriptionevent/acme", {"code": "TooManyRequests", "reason": TOO_OFTEN}),
        ],
    )
    async def test_have_a_rate_and_are_refused_beyond_it_in_the_shape_of_the_route(
        self, tmp_path: Path, method: str, path: str, error: object
    ) -> None:
        async with running_service(tmp_path, api_requests_per_minute=2) as service:
            for _ in range(2):
                assert (await service.ask(method, path))[0] in (400, 404)
            headers = {"Authorization": f"Bearer {service.tokens['acme']}"}
            answer = await service.client.request(method, path, headers=headers)
            assert (answer.status, answer.headers["Retry-After"]) == (429, "30")
            assert await answer.json() == {"success": False, "statusCode": 429, "errors": [error]}
            assert (await service.ask(method, path, account="Other"))[0] != 429, "another application's are its own"
            service.clock.wind(seconds=30)
            assert (await service.ask(method, path))[0] in (400, 404)
            assert (await service.ask(method, path))[0] == 429

    async def test_count_those_for_tokens_too(self, tmp_path: Path) -> None:
        async with running_service(tmp_path, api_requests_per_minute=2) as service:
            assert (await post(service, ENDPOINTS[0], GRANT, RIGHT)).status == 200
            assert (await service.ask("GET", "/subscription/acme/games/jsmith"))[0] == 200
            for path in ENDPOINTS:
                answer = await post(service, path, GRANT, RIGHT)
                assert (answer.status, answer.headers["Retry-After"]) == (429, "30")
                assert (await answer.json())["error"] == "temporarily_unavailable"

    async def test_are_refused_as_the_application_prefers(self, tmp_path: Path) -> None:
        async with running_service(tmp_path, api_requests_per_minute=1) as service:
            await prefer(service, error_style="B")
            assert (await service.ask("GET", "/subscription/acme/games/jsmith"))[0] == 200
            _, said = await service.ask("GET", "/subscription/acme/games/jsmith")
            assert list(said["errors"][0]) == ["Code", "Reason"]

    async def test_have_no_limit_unless_one_is_set(self, service: Service) -> None:
        statuses = [(await service.ask("GET", "/subscription/acme/games/jsmith"))[0] for _ in range(100)]
        assert set(statuses) == {200}
