"""What the handlers of the admin API share: what a request is about and says, and how a record is answered."""

from collections.abc import Sequence
from urllib.parse import quote

from aiohttp import web
from pydantic import BaseModel

from feedproxy.admin import accounts, calendars
from feedproxy.admin.fields import Model, ShownModel, read
from feedproxy.errors import BadRequest
from feedproxy.model import Account, Calendar
from feedproxy.web import keys
from feedproxy.web.admin.operator import ROOT
from feedproxy.web.bodies import read_octets


async def account_of(request: web.Request) -> Account:
    """Return the account that the path names. Raises NotFound."""
    return await accounts.wanted(request.app[keys.STORE], request.match_info["account_code"])


async def calendar_of(request: web.Request) -> Calendar:
    """Return the calendar that the path names. Raises NotFound."""
    account = await account_of(request)
    return await calendars.wanted(request.app[keys.STORE], account, request.match_info["calendar_code"])


async def read_body(request: web.Request, model: type[Model]) -> Model:
    """Read a JSON body. Raises BadRequest that names the first field which is wrong, or TooLarge."""
    return read(model, await read_octets(request))


def flag(request: web.Request, name: str) -> bool:
    """Read a member of the query that is `true` or `false`; absent, it is false. Raises BadRequest."""
    value = request.query.get(name, "false")
    if value not in {"true", "false"}:
        raise BadRequest(f"{name}: true or false is wanted in the query, not {value[:20]!r}")
    return value == "true"


def answer(shown: BaseModel, *, status: int = 200) -> web.Response:
    """Answer with a record."""
    return web.json_response(text=shown.model_dump_json(by_alias=True), status=status)


def answer_list(shown: Sequence[ShownModel]) -> web.Response:
    """Answer with records, as a JSON array."""
    return web.json_response([each.model_dump(mode="json", by_alias=True) for each in shown])


def answer_added(shown: BaseModel, *path: str) -> web.Response:
    """Answer 201 with a record that is new, and where it is."""
    response = answer(shown, status=201)
    response.headers["Location"] = "/".join((ROOT, *(quote(part, safe="") for part in path)))
    return response
