"""What a request gathers on its way to the answer and the log."""

from uuid import UUID

from aiohttp import web

from feedproxy.model import Preferences

CACHE_STATUS = web.RequestKey("cache_status", str)
"""How a feed was come by: hit, stale, miss."""

PREFERENCES = web.RequestKey("preferences", Preferences)
"""How the application wants to be answered, once its token is known."""

REQUEST_ID = web.RequestKey("request_id", str)

SUBSCRIPTION_ID = web.RequestKey("subscription_id", UUID)
"""Whose feed was asked for; logs call it by `feedproxy.policy.secrets.log_name`."""
