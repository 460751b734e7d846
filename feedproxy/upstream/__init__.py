"""The polite client: one conditional GET, bounded in time and octets, to nowhere that it may not go.

`session` is the one way out, for everything that is sent to another host; `dial` checks each address as it is dialled.
`client` fetches feeds through it, hop by hop; `redirects` decides where to go next; `body` undoes the content coding
within bounds; `failures` gives everything that can go wrong its name.
"""

from feedproxy.upstream.client import HostProfile, Limits, UpstreamClient
from feedproxy.upstream.exchange import Fetched, FetchRequest, Hop, NotModified, Validators, Way
from feedproxy.upstream.route import Route
from feedproxy.upstream.session import GuardedSession, Reply

__all__ = [
    "FetchRequest",
    "Fetched",
    "GuardedSession",
    "Hop",
    "HostProfile",
    "Limits",
    "NotModified",
    "Reply",
    "Route",
    "UpstreamClient",
    "Validators",
    "Way",
]
