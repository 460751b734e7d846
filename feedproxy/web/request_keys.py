"""What a request gathers on its way to the log."""

from aiohttp import web

CACHE_STATUS = web.RequestKey("cache_status", str)
"""How a feed was come by: hit, stale, miss."""

REQUEST_ID = web.RequestKey("request_id", str)
