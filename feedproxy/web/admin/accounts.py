"""/admin/accounts: the tenants."""

from aiohttp import web

from feedproxy.admin import accounts
from feedproxy.admin.accounts import AccountChange, NewAccount, ShownAccount
from feedproxy.web import keys
from feedproxy.web.admin.exchange import account_of, answer, answer_added, answer_list, flag, read_body


async def list_accounts(request: web.Request) -> web.Response:
    """GET /admin/accounts."""
    return answer_list([ShownAccount.of(each) for each in await request.app[keys.STORE].accounts()])


async def add_account(request: web.Request) -> web.Response:
    """POST /admin/accounts."""
    new = await read_body(request, NewAccount)
    added = await accounts.add(request.app[keys.STORE], new, now=request.app[keys.CLOCK]())
    return answer_added(ShownAccount.of(added), "accounts", added.code)


async def account(request: web.Request) -> web.Response:
    """GET /admin/accounts/{accountCode}."""
    return answer(ShownAccount.of(await account_of(request)))


async def change_account(request: web.Request) -> web.Response:
    """PUT /admin/accounts/{accountCode}: what is absent stays."""
    found, change = await account_of(request), await read_body(request, AccountChange)
    return answer(ShownAccount.of(await accounts.change(request.app[keys.STORE], found, change)))


async def remove_account(request: web.Request) -> web.Response:
    """DELETE /admin/accounts/{accountCode}."""
    found, force = await account_of(request), flag(request, "force")
    ids = await accounts.remove(request.app[keys.STORE], found, force=force, now=request.app[keys.CLOCK]())
    await request.app[keys.FEEDS].changed(ids)
    return web.Response(status=204)
