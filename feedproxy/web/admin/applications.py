"""/admin/accounts/{accountCode}/applications: an account's OAuth2 clients."""

from aiohttp import web

from feedproxy.admin import applications
from feedproxy.admin.applications import (
    AddedApplication,
    ApplicationChange,
    NewApplication,
    ShownApplication,
    ShownSecret,
)
from feedproxy.model import Application
from feedproxy.web import keys
from feedproxy.web.admin.exchange import account_of, answer, answer_added, answer_list, read_body


async def list_applications(request: web.Request) -> web.Response:
    """GET .../applications."""
    every = await request.app[keys.STORE].applications(await account_of(request))
    return answer_list([ShownApplication.of(each) for each in every])


async def add_application(request: web.Request) -> web.Response:
    """POST .../applications; the answer has the secret, this once."""
    owner, new = await account_of(request), await read_body(request, NewApplication)
    app = request.app
    added, secret = await applications.add(app[keys.STORE], owner, new, key=app[keys.SECRET_KEY], now=app[keys.CLOCK]())
    shown = AddedApplication.with_secret(added, secret)
    return answer_added(shown, "accounts", owner.code, "applications", added.client_id)


async def application(request: web.Request) -> web.Response:
    """GET .../applications/{clientId}."""
    return answer(ShownApplication.of(await _application_of(request)))


async def change_application(request: web.Request) -> web.Response:
    """PUT .../applications/{clientId}: what is absent stays."""
    found, change = await _application_of(request), await read_body(request, ApplicationChange)
    return answer(ShownApplication.of(await applications.change(request.app[keys.STORE], found, change)))


async def renew_secret(request: web.Request) -> web.Response:
    """POST .../applications/{clientId}/secret: another secret, shown this once; the tokens end."""
    found = await _application_of(request)
    secret = await applications.rotate(request.app[keys.STORE], found, key=request.app[keys.SECRET_KEY])
    return answer(ShownSecret(client_id=found.client_id, client_secret=secret))


async def remove_application(request: web.Request) -> web.Response:
    """DELETE .../applications/{clientId}."""
    await applications.remove(request.app[keys.STORE], await _application_of(request))
    return web.Response(status=204)


async def _application_of(request: web.Request) -> Application:
    owner = await account_of(request)
    return await applications.wanted(request.app[keys.STORE], owner, request.match_info["client_id"])
