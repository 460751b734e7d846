"""The list of time zones that the API's clients choose from."""

import json
from hashlib import blake2b

from aiohttp import hdrs, web

from feedproxy.policy.validators import matches
from feedproxy.web.published_zones import PUBLISHED_ZONES

MAX_AGE = 86_400

_BODY = json.dumps(
    [{"id": zone, "displayName": name, "baseUtcOffset": offset} for zone, name, offset in PUBLISHED_ZONES]
).encode()
_FIELDS = {
    hdrs.CACHE_CONTROL: f"max-age={MAX_AGE}",
    hdrs.ETAG: f'"{blake2b(_BODY, digest_size=16).hexdigest()}"',
}


async def timezones(request: web.Request) -> web.Response:
    """GET /timezones: every zone that the reference lists, for anybody."""
    asked = ", ".join(request.headers.getall(hdrs.IF_NONE_MATCH, []))
    if asked and matches(asked, _FIELDS[hdrs.ETAG]):
        return web.Response(status=304, headers=_FIELDS)
    return web.Response(body=_BODY, content_type="application/json", charset="utf-8", headers=_FIELDS)
