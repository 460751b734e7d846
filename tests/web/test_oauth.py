"""Tokens through the front door: as the CalReply reference shows them, and as OAuth2 libraries ask for them."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from authlib.integrations.requests_client import OAuth2Session as AuthlibSession  # type: ignore[import-untyped]
from oauthlib.oauth2 import BackendApplicationClient  # type: ignore[import-untyped]
from requests_oauthlib import OAuth2Session  # type: ignore[import-untyped]

from feedproxy.model import Application
from feedproxy.policy import oauth as policy
from feedproxy.store import migrate
from tests.servers.postgres import running_postgres
from tests.web.calreply import KEY, SECRET, START, Api, basic, running_api

ID = "johnsmithmedia"
ME = ID.encode()
EVENT = {"eventId": "e", "title": "T", "start": "2018-10-24T16:33:00Z"}
GRANT = {"grant_type": "client_credentials"}


@pytest.fixture
async def api(tmp_path: Path) -> AsyncIterator[Api]:
    async with running_api(tmp_path) as running:
        yield running


async def ask(api: Api, body: Any, headers: dict[str, str] | None = None, path: str = "token") -> tuple[int, Any]:
    data = json.dumps(body).encode() if isinstance(body, dict) else body
    answer = await api.client.post(f"/oauth2/{path}", data=data, headers=basic(ME) if headers is None else headers)
    text = await answer.text()
    return answer.status, json.loads(text) if text else None


async def refresh(api: Api, refresh_token: str, headers: dict[str, str] | None = None) -> tuple[int, Any]:
    return await ask(api, {"grant_type": "refresh_token", "refresh_token": refresh_token}, headers)


async def refreshed_at_once(one: Api, other: Api) -> None:
    """Refresh one token at two workers at once; all get one pair, which is good at both."""
    old = await one.tokens()
    answers = await asyncio.gather(*(refresh(worker, old["refresh_token"]) for worker in [one, other] * 4))
    assert {status for status, _ in answers} == {200}
    pairs = {(said["access_token"], said["refresh_token"]) for _, said in answers}
    assert len(pairs) == 1
    [(access_token, refresh_token)] = pairs
    assert await is_active(one, access_token)
    assert await is_active(other, access_token)
    assert (await refresh(other, refresh_token))[0] == 200


def octets_in(folder: Path) -> bytes:
    return b"".join(file.read_bytes() for file in folder.glob("api.db*"))


async def is_active(api: Api, token: str) -> bool:
    status, said = await ask(api, {"token": token}, path="introspect")
    assert status == 200
    return bool(said["active"])


class TestThePublishedExamples:
    @pytest.mark.parametrize(
        ("body", "with_basic"),
        [
            pytest.param('{\n\t"grant_type": "client_credentials"\n}', True, id="with Authorization header"),
            pytest.param(
                f'{{\n\t"grant_type": "client_credentials",\n\t"client_id": "{ID}",\n\t"client_secret": "{SECRET}"\n}}',
                False,
                id="without Authorization header",
            ),
            pytest.param("grant_type=client_credentials", True, id="as the form that the text asks for"),
            pytest.param(f"grant_type=client_credentials&client_id={ID}&client_secret={SECRET}", False, id="all form"),
        ],
    )
    async def test_get_the_published_answer(self, api: Api, body: str, with_basic: bool) -> None:
        answer = await api.client.post(
            "/oauth2/token",
            data=body,
            headers={"Content-Type": "application/json", **(basic(ME) if with_basic else {})},
        )
        assert answer.status == 200
        assert answer.content_type == "application/json"
        assert (answer.headers["Cache-Control"], answer.headers["Pragma"]) == ("no-store", "no-cache")
        said = await answer.json()
        assert list(said) == [
            "access_token", "token_type", "expires_in", "refresh_token", "as:client_id", ".issued", ".expires",
        ]  # fmt: skip
        assert said | {"access_token": "", "refresh_token": ""} == {
            "access_token": "",
            "token_type": "bearer",
            "expires_in": 299,
            "refresh_token": "",
            "as:client_id": ID,
            ".issued": "Sun, 06 Dec 2015 23:53:00 GMT",
            ".expires": "Sun, 06 Dec 2015 23:58:00 GMT",
        }

    async def test_the_refresh_example_with_the_wrong_grant_type_gets_a_pair_and_uses_its_token_up(
        self, api: Api
    ) -> None:
        old = await api.tokens()
        body = {"grant_type": "client_credentials", "refresh_token": old["refresh_token"], "client_id": ID}
        status, new = await ask(api, body)
        assert status == 200
        assert new["refresh_token"] != old["refresh_token"]
        assert (await refresh(api, old["refresh_token"]))[1]["error"] == "invalid_grant"
        assert (await refresh(api, new["refresh_token"]))[0] == 200, "the new pair is of another family"

    async def test_a_bad_refresh_token_in_that_example_is_no_error(self, api: Api) -> None:
        others = await api.tokens(api.other)
        for token in "xxxxxxxxxxxxxxx", others["refresh_token"], "\ud800":
            assert (await ask(api, {**GRANT, "refresh_token": token}))[0] == 200
        assert (await refresh(api, others["refresh_token"], basic(b"another-client")))[0] == 200

    async def test_lifetimes_are_settings(self, tmp_path: Path) -> None:
        async with running_api(tmp_path, access_token_seconds=3600) as api:
            said = await api.tokens()
            assert said["expires_in"] == 3599
            assert said[".expires"] == "Mon, 07 Dec 2015 00:53:00 GMT"


class TestClientCredentials:
    @pytest.mark.parametrize("stray", ["Bearer None", "Bearer undefined", "Digest x", "Bearer"])
    async def test_in_the_body_count_whatever_else_is_in_the_header(self, api: Api, stray: str) -> None:
        body = {**GRANT, "client_id": ID, "client_secret": SECRET}
        assert (await ask(api, body, {"Authorization": stray}))[0] == 200

    @pytest.mark.parametrize("user", ["jöhnsmith", "a b+c/%"])
    async def test_are_known_in_every_encoding_of_the_basic_header(self, api: Api, user: str) -> None:
        secret = "s:ec/+ü"
        digest = policy.secret_digest(KEY, secret)
        await api.store.add_application(api.mine.account, client_id=user, name="", secret_digest=digest, now=START)
        quoted = (
            user.replace("%", "%25").replace("+", "%2B").replace("/", "%2F").replace(" ", "+").replace("ö", "%C3%B6")
        )
        for header in (
            basic(user.encode(), secret.encode()),
            basic(user.encode("latin-1"), secret.encode("latin-1")),
            basic(quoted.encode(), b"s%3Aec%2F%2B%C3%BC"),
        ):
            assert (await ask(api, GRANT, header))[0] == 200, header

    async def test_in_both_places_must_be_the_same(self, api: Api) -> None:
        assert (await ask(api, {**GRANT, "client_id": ID, "client_secret": SECRET}))[0] == 200
        for body in {"client_id": "another-client"}, {"client_id": ID, "client_secret": "other"}:
            status, said = await ask(api, {**GRANT, **body})
            assert (status, said["error"]) == (400, "invalid_request")

    @pytest.mark.parametrize(
        "headers",
        [basic(ME, b"wrong"), basic(b"nobody"), basic(b"\0"), basic(b"\xff\xfe"), basic(b"", b"")]
        + [{"Authorization": f"Basic {garbage}"} for garbage in ("", "!", "ab", "=" * 9, "x" * 4_000, "\u00fc")],
    )
    async def test_that_are_bad_basic_ones_get_401_and_the_challenge(self, api: Api, headers: dict[str, str]) -> None:
        answer = await api.client.post("/oauth2/token", data=GRANT, headers=headers)
        assert answer.status == 401
        assert answer.headers["WWW-Authenticate"].startswith("Basic ")
        assert answer.headers["Cache-Control"] == "no-store"
        assert (await answer.json())["error"] == "invalid_client"

    @pytest.mark.parametrize(
        "fields",
        [
            {},
            {"client_id": ID},
            {"client_secret": SECRET},
            {"client_id": ID, "client_secret": "wrong"},
            {"client_id": "\0", "client_secret": SECRET},
            {"client_id": "\ud800", "client_secret": "\udfff"},
        ],
    )
    async def test_that_are_bad_or_missing_without_basic_get_400(self, api: Api, fields: dict[str, str]) -> None:
        for headers in {}, {"Authorization": "Bearer undefined"}:
            status, said = await ask(api, {**GRANT, **fields}, headers)
            assert (status, said["error"]) == (400, "invalid_client")

    @pytest.mark.parametrize(("end", "after"), [("change_secret", (b"another",)), ("remove_application", ())])
    async def test_that_end_while_a_token_is_issued_get_none(
        self, api: Api, monkeypatch: pytest.MonkeyPatch, end: str, after: tuple[bytes, ...]
    ) -> None:
        look_up = api.store.application

        async def look_up_and_end(client_id: str) -> Application | None:
            found = await look_up(client_id)
            if found is not None:
                await getattr(api.store, end)(client_id, *after)
            return found

        monkeypatch.setattr(api.store, "application", look_up_and_end)
        status, said = await ask(api, GRANT)
        assert (status, said["error"]) == (401, "invalid_client")

    @pytest.mark.parametrize(("end", "after"), [("change_secret", (b"another",)), ("remove_application", ())])
    async def test_that_have_ended_get_nothing_although_they_got_a_token(
        self, api: Api, end: str, after: tuple[bytes, ...]
    ) -> None:
        status, pair = await ask(api, GRANT)
        assert status == 200
        await getattr(api.store, end)(ID, *after)
        for body in GRANT, {"grant_type": "refresh_token", "refresh_token": pair["refresh_token"]}:
            status, said = await ask(api, body)
            assert (status, said["error"]) in {(401, "invalid_client"), (400, "invalid_grant")}


class TestWhatIsNoGrant:
    @pytest.mark.parametrize(
        ("body", "error"),
        [
            ({}, "invalid_request"),
            ({"grant_type": ""}, "invalid_request"),
            ({"grant_type": "refresh_token"}, "invalid_request"),
            ({"grant_type": ["client_credentials"]}, "invalid_request"),
            ({"grant_type": True}, "invalid_request"),
            ({"grant_type": "password", "username": "a", "password": "b"}, "unsupported_grant_type"),
            ({"grant_type": "refresh_token", "refresh_token": "unknown"}, "invalid_grant"),
            ({"grant_type": "refresh_token", "refresh_token": "\ud800\0"}, "invalid_grant"),
            ("{ grant_type: client_credentials }", "invalid_request"),
            ("[]", "invalid_request"),
            (b"\xff", "invalid_request"),
        ],
    )
    async def test_gets_the_error_that_rfc_6749_names(self, api: Api, body: Any, error: str) -> None:
        status, said = await ask(api, body)
        assert (status, said["error"]) == (400, error)
        assert set(said) == {"error", "error_description"}
        assert said["error_description"].isascii()


class TestRefresh:
    async def test_swaps_a_token_once_for_a_new_pair(self, api: Api) -> None:
        old = await api.tokens()
        status, new = await refresh(api, old["refresh_token"])
        assert (status, new["expires_in"]) == (200, 299)
        assert {old["access_token"], old["refresh_token"]}.isdisjoint({new["access_token"], new["refresh_token"]})
        assert await is_active(api, new["access_token"])

    async def test_within_the_grace_gives_the_same_pair_again(self, api: Api) -> None:
        old = await api.tokens()
        _, first = await refresh(api, old["refresh_token"])
        api.pass_seconds(9)
        status, second = await refresh(api, old["refresh_token"])
        assert status == 200
        assert second == first | {"expires_in": 290}
        assert await is_active(api, second["access_token"])

    async def test_after_the_grace_is_refused_and_revokes_the_family(self, api: Api) -> None:
        old, unrelated = await api.tokens(), await api.tokens()
        _, new = await refresh(api, old["refresh_token"])
        _, newer = await refresh(api, new["refresh_token"])
        api.pass_seconds(11)
        status, said = await refresh(api, old["refresh_token"])
        assert (status, said["error"]) == (400, "invalid_grant")
        for token in old, new, newer:
            assert not await is_active(api, token["access_token"])
            assert (await refresh(api, token["refresh_token"]))[0] == 400
        assert (await refresh(api, unrelated["refresh_token"]))[0] == 200

    async def test_of_another_clients_token_is_refused_and_costs_it_nothing(self, api: Api) -> None:
        mine = await api.tokens()
        status, said = await refresh(api, mine["refresh_token"], basic(b"another-client"))
        assert (status, said["error"]) == (400, "invalid_grant")
        assert (await refresh(api, mine["refresh_token"]))[0] == 200
        assert (await refresh(api, mine["refresh_token"], basic(b"another-client")))[0] == 400
        assert (await refresh(api, mine["refresh_token"]))[0] == 200

    async def test_needs_the_clients_credentials(self, api: Api) -> None:
        mine = await api.tokens()
        assert (await refresh(api, mine["refresh_token"], {}))[1]["error"] == "invalid_client"

    async def test_ends_with_the_tokens_life(self, api: Api) -> None:
        mine = await api.tokens()
        api.pass_seconds(3600)
        assert (await refresh(api, mine["refresh_token"]))[1]["error"] == "invalid_grant"

    async def test_without_a_grace_works_strictly_once(self, tmp_path: Path) -> None:
        async with running_api(tmp_path, refresh_grace_seconds=0) as api:
            old = await api.tokens()
            _, new = await refresh(api, old["refresh_token"])
            assert (await refresh(api, old["refresh_token"]))[0] == 400
            assert not await is_active(api, new["access_token"])

    async def test_by_two_workers_at_once_ends_with_one_usable_pair_for_all(self, api: Api, tmp_path: Path) -> None:
        async with running_api(tmp_path) as other_worker:
            await refreshed_at_once(api, other_worker)

    @pytest.mark.service("postgres")
    async def test_by_two_workers_at_once_does_so_on_postgresql(
        self, tmp_path: Path, service_program: Callable[[str], Path]
    ) -> None:
        with running_postgres(service_program("postgres")) as server:
            url = await server.new_database()
            await migrate(url)
            async with (
                running_api(tmp_path, database_url=url) as one,
                running_api(tmp_path, database_url=url) as other,
            ):
                for _ in range(10):
                    await refreshed_at_once(one, other)

    async def test_stores_no_token_in_clear(self, api: Api, tmp_path: Path) -> None:
        old = await api.tokens()
        _, new = await refresh(api, old["refresh_token"])
        stored = octets_in(tmp_path)
        assert policy.refresh_digest(KEY, new["refresh_token"]) in stored
        for token in old, new:
            assert token["access_token"].encode() not in stored
            assert token["refresh_token"].encode() not in stored
        assert SECRET.encode() not in stored


class TestRevocation:
    async def test_of_an_access_token_ends_it_alone(self, api: Api) -> None:
        mine = await api.tokens()
        assert await ask(api, {"token": mine["access_token"]}, path="revoke") == (200, None)
        assert not await is_active(api, mine["access_token"])
        assert await is_active(api, mine["refresh_token"])

    async def test_of_a_refresh_token_ends_its_family(self, api: Api) -> None:
        mine = await api.tokens()
        _, new = await refresh(api, mine["refresh_token"])
        assert await ask(api, {"token": mine["refresh_token"]}, path="revoke") == (200, None)
        for token in new["access_token"], new["refresh_token"]:
            assert not await is_active(api, token)
        assert (await refresh(api, mine["refresh_token"]))[0] == 400, "not even within the grace"

    async def test_of_an_unknown_token_is_no_error_and_of_none_is_one(self, api: Api) -> None:
        assert await ask(api, {"token": "unknown", "token_type_hint": "x"}, path="revoke") == (200, None)
        assert (await ask(api, {}, path="revoke"))[1]["error"] == "invalid_request"

    async def test_is_for_the_tokens_own_client(self, api: Api) -> None:
        mine = await api.tokens()
        for token in mine["access_token"], mine["refresh_token"]:
            status, said = await ask(api, {"token": token}, basic(b"another-client"), path="revoke")
            assert (status, said["error"]) == (400, "invalid_grant")
            assert await is_active(api, token)
        assert (await ask(api, {"token": mine["access_token"]}, {}, path="revoke"))[0] == 400


class TestIntrospection:
    async def test_tells_a_client_what_its_tokens_are_good_for(self, api: Api) -> None:
        mine = await api.tokens()
        issued = int(START.timestamp())
        assert await ask(api, {"token": mine["access_token"]}, path="introspect") == (
            200,
            {"active": True, "client_id": ID, "token_type": "bearer", "exp": issued + 300},
        )
        assert await ask(api, {"token": mine["refresh_token"]}, path="introspect") == (
            200,
            {"active": True, "client_id": ID, "exp": issued + 3600},
        )

    async def test_tells_nobody_else_and_nothing_of_dead_tokens(self, api: Api) -> None:
        mine = await api.tokens()
        inactive = (200, {"active": False})
        assert await ask(api, {"token": mine["access_token"]}, basic(b"another-client"), path="introspect") == inactive
        assert await ask(api, {"token": "unknown"}, path="introspect") == inactive
        await refresh(api, mine["refresh_token"])
        assert await ask(api, {"token": mine["refresh_token"]}, path="introspect") == inactive
        api.pass_seconds(300)
        assert await ask(api, {"token": mine["access_token"]}, path="introspect") == inactive
        assert (await ask(api, {"token": "unknown"}, basic(b"nobody"), path="introspect"))[0] == 401


class TestMetadata:
    async def test_names_the_endpoints_where_the_client_reached_us(self, api: Api) -> None:
        said = await (await api.client.get("/.well-known/oauth-authorization-server")).json()
        assert said["issuer"] == api.url
        for name, path in ("token", "token"), ("revocation", "revoke"), ("introspection", "introspect"):
            url = said[f"{name}_endpoint"]
            assert url == f"{api.url}/oauth2/{path}"
            assert (await ask(api, b"", path=path))[0] == 400, "it is there"
            assert said[f"{name}_endpoint_auth_methods_supported"] == ["client_secret_basic", "client_secret_post"]
        assert said["grant_types_supported"] == ["client_credentials", "refresh_token"]
        assert said["response_types_supported"] == []

    async def test_names_the_public_url_where_one_is_set(self, tmp_path: Path) -> None:
        async with running_api(tmp_path, public_url="https://feeds.example.com") as api:
            said = await (await api.client.get("/.well-known/oauth-authorization-server")).json()
            assert said["token_endpoint"] == "https://feeds.example.com/oauth2/token"


class TestLibraries:
    """Independent clients, over HTTP, in a thread: each gets a token, uses it and refreshes it."""

    @pytest.fixture(autouse=True)
    def plain_http(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")
        monkeypatch.setenv("AUTHLIB_INSECURE_TRANSPORT", "1")

    @pytest.mark.parametrize("method", ["client_secret_basic", "client_secret_post"])
    async def test_authlib(self, api: Api, method: str) -> None:
        def use() -> tuple[list[int], dict[str, Any], dict[str, Any]]:
            with AuthlibSession(ID, SECRET, token_endpoint_auth_method=method) as session:
                first = session.fetch_token(f"{api.url}/oauth2/token", grant_type="client_credentials")
                statuses = [session.post(f"{api.url}/subscriptionevent/johnsmith", json=EVENT).status_code]
                second = session.refresh_token(f"{api.url}/oauth2/token", refresh_token=first["refresh_token"])
                statuses.append(session.post(f"{api.url}/subscriptionevent/johnsmith", json=EVENT).status_code)
                return statuses, dict(first), dict(second)

        statuses, first, second = await asyncio.to_thread(use)
        assert statuses == [202, 202]
        assert first["access_token"] != second["access_token"]

    async def test_requests_oauthlib(self, api: Api) -> None:
        def use() -> tuple[list[int], dict[str, Any], dict[str, Any]]:
            with OAuth2Session(client=BackendApplicationClient(client_id=ID)) as session:
                url = f"{api.url}/oauth2/token"
                first = dict(session.fetch_token(url, client_id=ID, client_secret=SECRET))
                statuses = [session.post(f"{api.url}/subscriptionevent/johnsmith", json=EVENT).status_code]
                second = dict(session.refresh_token(url, auth=(ID, SECRET)))
                statuses.append(session.post(f"{api.url}/subscriptionevent/johnsmith", json=EVENT).status_code)
                return statuses, first, second

        statuses, first, second = await asyncio.to_thread(use)
        assert statuses == [202, 202]
        assert first["access_token"] != second["access_token"]
