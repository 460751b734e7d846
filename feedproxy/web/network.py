"""From which network somebody asks."""

from aiohttp import web

from feedproxy.policy.client_network import client_network
from feedproxy.web import keys


def network_of(request: web.Request) -> str:
    """Return the network that a request came from, also behind the operator's own proxies."""
    forwarded_for = request.headers.getall("X-Forwarded-For", [])
    return client_network(request.remote, forwarded_for, request.app[keys.SETTINGS].trusted_proxies)
