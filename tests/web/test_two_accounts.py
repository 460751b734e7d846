"""Two accounts with everything alike but the account: what is one's is not there, or forbidden, for the other.

The route table is walked, so a new route is covered as it is; a new parameter of paths has to be given a value here.
"""

import re
from collections.abc import AsyncIterator
from urllib.parse import quote
from uuid import UUID, uuid4

import pytest
import pytest_asyncio

from feedproxy.model import Account
from feedproxy.web.operations import OPERATIONS
from feedproxy.web.routes import ADMIN, API, Row
from tests.web.subscribers import Service, running_service

OPERATOR = "not-a-secret-of-the-administrator"
OPERATION_OF = {(each.method, each.template): each for each in OPERATIONS}
BOUND = [row for row in (*API, *ADMIN) if "{" in row.template and OPERATION_OF[row.method, row.template].auth != "feed"]
"""The routes with something in their paths, but for feeds: there the id itself is the secret."""

EVENT = {"title": "Your table", "start": "2026-12-06T12:00:00Z"}


pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def service(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Service]:
    """One for all routes: what is refused changes nothing."""
    async with running_service(tmp_path_factory.mktemp("two"), admin_token=OPERATOR) as service:
        yield service


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def things(service: Service) -> tuple[dict[str, str], dict[str, str]]:
    return await things_of(service, "acme"), await things_of(service, "Other")


async def things_of(service: Service, code: str) -> dict[str, str]:
    """Give an account one of everything; return its ids by parameter."""
    authorization = {"Authorization": f"Bearer {service.tokens[code]}"}
    _, made = await service.ask("POST", f"/subscribe/{code}/games", {"subscriptionMethod": "webcal"}, account=code)
    event = EVENT | {"eventId": f"event of {code}"}
    both = {"event": event, "subscriptionIds": [made["subscriptionId"]]}
    async with service.client.post(f"/subscriptionevent/{code}", json=both, headers=authorization) as answer:
        job_id = answer.headers["X-Job-Id"]
    account = service.mine if code == "acme" else service.other
    [source] = await service.store.sources(account)
    calendar = await service.store.calendar(account, "games")
    assert calendar is not None
    tag = await service.store.add_tag(calendar, id=uuid4(), text="Own", external_id=None, now=service.clock())
    return {
        "account_code": code,
        "calendar_code": "games",
        "subscription_id": made["subscriptionId"],
        "subscription": made["subscriptionId"],
        "event_id": f"event of {code}",
        "job_id": job_id,
        "client_id": f"app-of-{code}",
        "source_id": str(source.id),
        "tag_id": str(tag.id),
    }


async def state_of(service: Service, account: Account, subscription_id: UUID) -> tuple[object, ...]:
    """Everything of an account that a route could change."""
    store = service.store
    return (
        await store.account(account.code),
        await store.applications(account),
        await store.sources(account),
        await store.calendars(account),
        await store.subscriptions(account, after=None, limit=100),
        await store.events_of(subscription_id),
    )


@pytest.mark.parametrize("row", BOUND, ids=lambda row: f"{row.method} {row.template}")
async def test_what_is_anothers_is_not_there_or_forbidden(
    service: Service, things: tuple[dict[str, str], dict[str, str]], row: Row
) -> None:
    mine, theirs = things
    names = re.findall(r"\{(\w+)\}", row.template)
    assert set(names) <= set(mine), "things_of has to say what an account's thing of this name is"
    of_operator = row in ADMIN

    async def ask(values: dict[str, str]) -> tuple[int, object]:
        path = row.template.format_map({name: quote(value, safe="") for name, value in values.items()})
        body = OPERATION_OF[row.method, row.template].example.body
        headers = {"Authorization": f"Bearer {OPERATOR}"} if of_operator else {}
        return await service.ask(row.method, path, body, account=None if of_operator else "acme", headers=headers)

    before = await state_of(service, service.other, UUID(theirs["subscription_id"]))
    for name in names:
        if name == "calendar_code" or (of_operator and name == "account_code"):
            continue  # both have games; the operator may see both
        status, said = await ask(mine | {name: theirs[name]})
        if row.method == "GET" and name == "subscription":
            assert (status, said) == (200, []), "nobody of that name subscribes to mine"
        else:
            assert status in ((400,) if name == "event_id" else (403, 404)), said
    assert await state_of(service, service.other, UUID(theirs["subscription_id"])) == before
    if row.method == "GET":
        assert (await ask(mine))[0] == 200
