"""What outlives the process: accounts, applications, tokens, subscriptions, events, last good answers, keys.

SQLite or PostgreSQL, by URL. `Store` is the whole interface; each noun's statements are in the module of its name
(`tokens`, `events`, ...), the tables in `schema`, their history in `migrations`.
"""

from feedproxy.store.events import Attached
from feedproxy.store.history import HealthChange, PastLook
from feedproxy.store.migration import migrate
from feedproxy.store.store import Store, open_store
from feedproxy.store.subscribing import Subscribed

__all__ = ["Attached", "HealthChange", "PastLook", "Store", "Subscribed", "migrate", "open_store"]
