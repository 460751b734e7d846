"""The polite client: one conditional GET, bounded in time and octets, to nowhere that it may not go.

`client` asks, hop by hop; `dial` checks each address as it is dialled; `redirects` decides where to go next; `body`
undoes the content coding within bounds; `failures` gives everything that can go wrong its name.
"""

from feedproxy.upstream.client import Limits, UpstreamClient
from feedproxy.upstream.exchange import Fetched, FetchRequest, Hop, NotModified

__all__ = ["FetchRequest", "Fetched", "Hop", "Limits", "NotModified", "UpstreamClient"]
