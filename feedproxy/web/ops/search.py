"""/ops/search: from what somebody has at hand to the page about it. It is posted, so that no URL has a GUID."""

import re
from collections.abc import Mapping
from urllib.parse import quote

from aiohttp import web

from feedproxy.errors import BadRequest, NotFound
from feedproxy.sealing import mask_id
from feedproxy.web import keys
from feedproxy.web.field_types import read_guid
from feedproxy.web.ops.desk import Values

_GUID = re.compile(r"[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}", re.IGNORECASE)
_HEAD = re.compile(r"[0-9a-f]{4,64}")


async def search(request: web.Request, fields: Mapping[str, object]) -> tuple[str, Values]:
    """Find the page of a subscription (by its GUID or its feed's URL), a feed, an account, or `ACCOUNT/CALENDAR`."""
    text = str(fields.get("q", "")).strip()
    guid = _GUID.search(text)
    subscription_id = read_guid(guid[0]) if guid else None
    if subscription_id is not None:
        return f"/subscriptions/{mask_id(request.app[keys.SECRET_KEY], subscription_id)}", {}
    if not text:
        raise BadRequest("q: a subscription id, the name of a feed, an account, or ACCOUNT/CALENDAR is wanted")
    store = request.app[keys.STORE]
    code, _, calendar_code = text.partition("/")
    account = await store.account(code.strip())
    if account is not None and calendar_code:
        calendar = await store.calendar(account, calendar_code.strip())
        if calendar is not None:
            return f"/calendars/{quote(account.code, safe='')}/{quote(calendar.code, safe='')}", {}
    elif account is not None:
        return f"/accounts/{quote(account.code, safe='')}", {}
    name = text.lower()
    if _HEAD.fullmatch(name):
        return (f"/feeds/{name}" if len(name) == 16 else f"/feeds?feed={name}"), {}
    raise NotFound("nothing is called so: no subscription, feed, account or calendar")
