"""Pages of other origins: those that the settings list may call the API and read feeds, and no other."""

import json

import pytest
from aiohttp import encode_basic_auth

from feedproxy.policy.oauth import secret_digest
from feedproxy.web import keys
from tests.web.browser import Blocked, Page
from tests.web.stage import PATH, Stage

SHOP = "https://shop.example.com"
OTHER_SHOP = "http://localhost:3000"
STRANGER = "https://shop.example.com.evil.example"
JSON = {"Content-Type": "application/json"}
EVENT = json.dumps({"eventId": "e", "title": "T", "start": "2018-10-24T16:33:00Z"}).encode()
GRANT = b"grant_type=client_credentials"


async def logged_in(stage: Stage, page: Page) -> dict[str, str]:
    """Get a token as a page gets one; return the field that it is sent in."""
    app = stage.client.app
    assert app is not None
    store = app[keys.STORE]
    account = await store.account("CAL") or await store.add_account("CAL", now=stage.clock())
    digest = secret_digest(app[keys.SECRET_KEY], "secret")
    await store.add_application(account, client_id="page", name="", secret_digest=digest, now=stage.clock())
    basic = {"Authorization": encode_basic_auth("page", "secret")}
    seen = await page.fetch("/oauth2/token", method="POST", headers=basic, body=GRANT)
    assert seen.status == 200
    return {"Authorization": f"Bearer {json.loads(seen.body)['access_token']}"}


class TestAPageThatIsListed:
    @pytest.mark.parametrize("origins", [["*"], [SHOP], [OTHER_SHOP, SHOP], f"{OTHER_SHOP}, {SHOP.upper()}:443"])
    async def test_calls_the_api_and_reads_what_comes_back(self, stage: Stage, origins: object) -> None:
        await stage.restart(cors_origins=origins)
        page = Page(stage.client, SHOP)
        token = await logged_in(stage, page)
        made = await page.fetch("/v1/subscriptionevent/cal", method="POST", headers=JSON | token, body=EVENT)
        assert made.status == 202
        asked = await page.fetch(f"/jobs/{made.headers['X-Job-Id']}", headers=token | {"Cache-Control": "no-cache"})
        assert asked.status == 200
        assert len(page.preflights) == 3
        for preflight in page.preflights:
            assert (preflight.status, await preflight.read()) == (204, b"")
            assert int(preflight.headers["Access-Control-Max-Age"]) > 0

    async def test_reads_errors_too(self, stage: Stage) -> None:
        await stage.restart(cors_origins=[SHOP])
        page = Page(stage.client, SHOP)
        refused = await page.fetch("/subscriptionevent/cal", method="POST", headers=JSON, body=b"{}")
        assert refused.status == 401
        assert refused.headers["WWW-Authenticate"].startswith("Bearer ")
        assert json.loads(refused.body)["statusCode"] == 401
        assert (await page.fetch("/nowhere")).status == 404
        assert (await page.fetch("/jobs/x", method="POST")).status == 405

    @pytest.mark.parametrize("origins", [["*"], [SHOP, OTHER_SHOP]])
    async def test_reads_feeds_also_when_they_are_warm_and_asks_whether_they_changed(
        self, stage: Stage, origins: list[str]
    ) -> None:
        await stage.restart(cors_origins=origins)
        await stage.get()
        for origin in SHOP, OTHER_SHOP, SHOP, SHOP:
            page = Page(stage.client, origin)
            seen = await page.fetch(PATH)
            assert (seen.status, seen.body[:15]) == (200, b"BEGIN:VCALENDAR")
            again = await page.fetch(PATH, headers={"If-None-Match": seen.headers["ETag"]})
            assert (again.status, again.headers["ETag"]) == (304, seen.headers["ETag"])
        assert (await page.fetch("/v1/webcal/00000000-0000-0000-0000-000000000000")).status == 404

    async def test_is_told_which_methods_a_path_takes(self, stage: Stage) -> None:
        await stage.restart(cors_origins=[SHOP])
        question = {"Origin": SHOP, "Access-Control-Request-Method": "GET"}
        for path, methods in (PATH, "GET, HEAD"), ("/timezones", "GET, HEAD"):
            answer = await stage.client.options(path, headers=question)
            assert (answer.status, answer.headers["Access-Control-Allow-Methods"]) == (204, methods)
        answer = await stage.client.options("/oauth2/token", headers=question)
        assert (answer.status, answer.headers["Allow"]) == (405, "POST")
        assert (await stage.client.options("/nowhere", headers=question)).status == 404

    async def test_is_never_sent_with_the_passwords_of_the_browser(self, stage: Stage) -> None:
        for origins in ["*"], [SHOP]:
            await stage.restart(cors_origins=origins)
            for headers in {}, {"Access-Control-Request-Method": "GET"}:
                for method in "GET", "OPTIONS":
                    answer = await stage.client.request(method, PATH, headers={"Origin": SHOP, **headers})
                    assert "Access-Control-Allow-Credentials" not in answer.headers


class TestAPageThatIsNot:
    @pytest.mark.parametrize("origin", [STRANGER, "http://shop.example.com", "null", "https://shop.example.com:444"])
    async def test_is_blocked_before_and_after(self, stage: Stage, origin: str) -> None:
        await stage.restart(cors_origins=[SHOP])
        page = Page(stage.client, origin)
        for path, headers in (PATH, {}), ("/timezones", {}), (PATH, {"If-None-Match": "*"}):
            with pytest.raises(Blocked):
                await page.fetch(path, headers=headers)
        [preflight] = page.preflights
        assert preflight.status == 403
        assert "cors_origins" in await preflight.text()

    async def test_is_none_at_all_unless_the_settings_list_one(self, stage: Stage) -> None:
        for path in PATH, "/timezones", "/jobs/x", "/nowhere":
            answer = await stage.get(path, {"Origin": SHOP})
            assert not [name for name in answer.headers if name.lower().startswith("access-control-")]
            assert "Origin" not in answer.headers.get("Vary", "")
        question = {"Origin": SHOP, "Access-Control-Request-Method": "GET"}
        assert (await stage.client.options(PATH, headers=question)).status == 405

    async def test_reads_nothing_of_the_operators(self, stage: Stage) -> None:
        await stage.restart(cors_origins=["*"])
        for path in "/healthz", "/readyz", "/metrics":
            with pytest.raises(Blocked):
                await Page(stage.client, SHOP).fetch(path)
            with pytest.raises(Blocked, match="answered 405"):
                await Page(stage.client, SHOP).fetch(path, headers={"X-Requested-With": "x"})


class TestCachesOnTheWay:
    async def test_may_give_any_answer_to_any_page_when_all_may_call(self, stage: Stage) -> None:
        await stage.restart(cors_origins=["*"])
        for _ in "cold", "warm", "again":
            for path, vary in (PATH, "Accept-Encoding"), ("/timezones", None):
                answer = await stage.get(path)
                assert answer.headers["Access-Control-Allow-Origin"] == "*"
                assert answer.headers.get("Vary") == vary
                assert answer.headers["Cache-Control"].startswith("max-age=")

    async def test_keep_answers_apart_when_some_may(self, stage: Stage) -> None:
        await stage.restart(cors_origins=[SHOP])
        for headers in {}, {}, {"Origin": SHOP}, {"Origin": SHOP}, {"Origin": STRANGER}, {}:
            for path, vary in (PATH, "Accept-Encoding, Origin"), ("/timezones", "Origin"):
                answer = await stage.get(path, headers)
                assert answer.headers["Vary"] == vary
                assert answer.headers["Cache-Control"].startswith("max-age=")
                granted = answer.headers.get("Access-Control-Allow-Origin")
                assert granted == (SHOP if headers.get("Origin") == SHOP else None)
