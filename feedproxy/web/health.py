"""Is this process alive, and may it be given work? A dead upstream is no reason to take it out of service."""

from aiohttp import web

from feedproxy.cache import Cache
from feedproxy.web import keys

CACHE: web.AppKey[Cache] = web.AppKey("cache")


async def healthz(_: web.Request) -> web.Response:
    """Answer as long as the event loop turns."""
    return web.json_response({"status": "alive"}, headers={"Cache-Control": "no-store"})


async def readyz(request: web.Request) -> web.Response:
    """Answer 200 if the store can be used, else 503. Trouble with the cache is told, but costs speed only."""
    store = await _store_trouble(request)
    cache = await request.app[CACHE].ping()
    status = {"status": "ready" if store is None else "not ready", "store": store or "ok", "cache": cache or "ok"}
    return web.json_response(status, status=200 if store is None else 503, headers={"Cache-Control": "no-store"})


async def _store_trouble(request: web.Request) -> str | None:
    try:
        await request.app[keys.STORE].ping()
    except Exception as error:  # noqa: BLE001 # whatever its driver raises, the store is of no use
        return type(error).__name__
    return None
