"""Rendered feeds, ready to be sent: in this process's memory, and behind it in Redis where processes share them."""

from feedproxy.cache.cache import Cache, open_cache
from feedproxy.cache.landing import Landed, Landing

__all__ = ["Cache", "Landed", "Landing", "open_cache"]
