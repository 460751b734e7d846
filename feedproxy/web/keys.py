"""What the application holds while it runs: one typed key each."""

from collections.abc import Callable
from datetime import datetime

from aiohttp import web
from cachetools import LRUCache

from feedproxy.config import Settings
from feedproxy.feeds import Feeds
from feedproxy.history import History
from feedproxy.model import Application
from feedproxy.policy.cors import Origins
from feedproxy.policy.feed_response import Rules
from feedproxy.store import Store
from feedproxy.upstream import GuardedSession
from feedproxy.web.coded_bodies import CodedBodies
from feedproxy.web.login_limits import LoginLimits
from feedproxy.web.request_rates import RequestRates
from feedproxy.web.warm_feeds import WarmFeeds

Clock = Callable[[], datetime]

APPLICATIONS: web.AppKey[LRUCache[str, Application]] = web.AppKey("applications")
"""Those that asked for tokens last, as they were then, by client id."""
CLOCK: web.AppKey[Clock] = web.AppKey("clock")
CODED_BODIES = web.AppKey("coded_bodies", CodedBodies)
FEEDS = web.AppKey("feeds", Feeds)
GOOGLE = web.AppKey("google", GuardedSession)
HISTORY = web.AppKey("history", History)
LOGIN_LIMITS = web.AppKey("login_limits", LoginLimits)
ORIGINS = web.AppKey("origins", Origins)
REQUEST_RATES = web.AppKey("request_rates", RequestRates)
RULES = web.AppKey("rules", Rules)
SECRET_KEY = web.AppKey("secret_key", bytes)
SECRET_LIMITS = web.AppKey("secret_limits", LoginLimits)
"""Of what opens the API; apart from the feeds', so that the ones cannot crowd out the others."""
SETTINGS = web.AppKey("settings", Settings)
STORE = web.AppKey("store", Store)
WARM_FEEDS = web.AppKey("warm_feeds", WarmFeeds)
