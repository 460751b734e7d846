"""What the application holds while it runs: one typed key each."""

from collections.abc import Callable
from datetime import datetime

from aiohttp import web

from feedproxy.config import Settings
from feedproxy.feeds import Feeds
from feedproxy.store import Store

Clock = Callable[[], datetime]

CLOCK: web.AppKey[Clock] = web.AppKey("clock")
FEEDS = web.AppKey("feeds", Feeds)
SECRET_KEY = web.AppKey("secret_key", bytes)
SETTINGS = web.AppKey("settings", Settings)
STORE = web.AppKey("store", Store)
